/*
 * The timeline. One index, (call_number, repeat_key), answers all three questions: which entries a
 * call has, how many, and whether one is a repeat; see docs/decisions for what was measured.
 */
#include "engine.h"
#include "words.h"

#include "core/macros.h"

static const struct column columns[] = {
    COLUMN(INT64_SET, timeline_row, call_number),
    COLUMN(TEXT, timeline_row, account_sid),
    COLUMN(INT64, timeline_row, at_ms),
    COLUMN_OF_WORDS(timeline_words, timeline_row, kind),
    COLUMN(KEY, timeline_row, repeat_key),
    COLUMN(TEXT, timeline_row, route),
    COLUMN(TEXT, timeline_row, leg_sid),
    COLUMN(TEXT, timeline_row, effect),
    COLUMN(TEXT, timeline_row, answer),
    COLUMN(TEXT, timeline_row, raw),
    COLUMN(TEXT, timeline_row, news),
};
#define COLUMNS                                                                                    \
    "call_number, account_sid, at, kind, repeat_key, route, leg_sid, effect, answer, raw, news"
enum { SEQUENCE_AT = ARRAY_LEN(columns), REPEATS_AT };

static int
read_entry(struct statement *statement, struct arena *arena, void *out, struct error *err)
{
    struct timeline_row *row = out;
    row->sequence = sqlite3_column_int64(statement->raw, SEQUENCE_AT);
    row->repeats = sqlite3_column_int64(statement->raw, REPEATS_AT);
    return row_read(statement, 0, columns, ARRAY_LEN(columns), arena, row, err);
}

/* Without a value SQLite takes the largest sequence + 1; the newest row is never deleted (retention.c), so it only grows. */
/* Of a call that was erased, what Twilio goes on telling of it is noted without what it says. */
#define UNLESS_ERASED(parameter)                                                                   \
    "CASE WHEN EXISTS (SELECT 1 FROM calls WHERE number = ?1 AND erased_at <> 0) THEN NULL "       \
    "ELSE " parameter " END"
static const char append_sql[] =
    "INSERT INTO timeline (" COLUMNS
    ") VALUES (?1,?2,?3,?4,?5,?6,?7,?8," UNLESS_ERASED("?9") "," UNLESS_ERASED("?10") ",?11)";

int sqlite_append_timeline(struct store_session *s, struct timeline_row *row, struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_write_statement(s, append_sql, &statement, err) < 0)
        return -1;
    row_bind(&statement, 1, columns, ARRAY_LEN(columns), row);
    if (statement_run(&statement, NULL, err) < 0)
        return -1;
    row->sequence = sqlite3_last_insert_rowid(s->db);
    return 0;
}

static const char repeat_sql[] =
    "SELECT " COLUMNS ", sequence, repeats FROM timeline "
    "WHERE call_number IS ? AND repeat_key = ? ORDER BY sequence LIMIT 1";

int sqlite_find_repeat(struct store_session *s,
                       int64_t call_number,
                       uint64_t repeat_key,
                       struct arena *arena,
                       struct timeline_row *out,
                       struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(s, repeat_sql, &statement, err) < 0)
        return -1;
    if (call_number != 0) /* unbound is NULL: the entries of no call */
        bind_int64(&statement, 1, call_number);
    bind_int64(&statement, 2, (int64_t)repeat_key);
    return row_find(&statement, read_entry, sizeof *out, arena, out, err);
}

static const char again_sql[] = "UPDATE timeline SET repeats = repeats + 1 WHERE sequence = ?";

int sqlite_count_repeat(struct store_session *s, int64_t sequence, struct error *err)
{
    auto_statement struct statement statement = {0};
    int64_t changes = 0;
    if (session_write_statement(s, again_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, sequence);
    if (statement_run(&statement, &changes, err) < 0)
        return -1;
    return changes > 0 ? 0 : error_set(err, ERROR_NOT_FOUND, "there is no such entry");
}

/* The sequences are sorted first, in the index alone; only the page's rows are fetched. */
static const char list_sql[] =
    "SELECT " COLUMNS ", sequence, repeats FROM timeline WHERE sequence IN "
    "(SELECT sequence FROM timeline WHERE call_number = ? AND sequence "
    "> ? ORDER BY sequence LIMIT ?) "
    "ORDER BY sequence";

int sqlite_list_timeline(struct store_session *s,
                         int64_t call_number,
                         int64_t after_sequence,
                         size_t limit,
                         struct arena *arena,
                         struct timeline_rows *out,
                         struct error *err)
{
    auto_statement struct statement statement = {0};
    void *items = NULL;

    if (session_statement(s, list_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, call_number);
    bind_int64(&statement, 2, after_sequence);
    bind_int64(&statement, 3, (int64_t)limit);
    if (rows_collect(&statement, read_entry, sizeof *out->items, arena, &items, &out->count, err) <
        0)
        return -1;
    out->items = items;
    return 0;
}
