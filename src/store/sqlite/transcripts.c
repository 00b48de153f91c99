/*
 * What Twilio transcribes, and the lines of it. Lines are final and only added; what may still change is a partial.
 */
#include "engine.h"
#include "row.h"

#include "core/macros.h"
#include "numbers.h"

/* ---- transcriptions ---- */

static const struct column names[] = {
    COLUMN(TEXT, transcription_row, sid),
    COLUMN(TEXT, transcription_row, account_sid),
    COLUMN(INT64, transcription_row, call_number),
};
static const struct column changing[] = {
    COLUMN(TEXT, transcription_row, leg_sid),
    COLUMN(TEXT, transcription_row, recording_sid),
    COLUMN(TEXT, transcription_row, status),
    COLUMN(TEXT, transcription_row, language),
    COLUMN(TEXT, transcription_row, inbound_label),
    COLUMN(TEXT, transcription_row, outbound_label),
    COLUMN(INT, transcription_row, error_code),
    COLUMN(TEXT, transcription_row, error),
    COLUMN(INT64, transcription_row, started_at_ms),
    COLUMN(INT64, transcription_row, ended_at_ms),
};
#define NAMES "sid, account_sid, call_number"
#define CHANGING                                                                                   \
    "leg_sid, recording_sid, status, language, inbound_label, outbound_label, error_code, error, " \
    "started_at, ended_at"
#define SELECT "SELECT " NAMES ", " CHANGING ", number, lines FROM transcriptions "
enum { CHANGING_AT = ARRAY_LEN(names), NUMBER_AT = CHANGING_AT + ARRAY_LEN(changing), LINES_AT };

static int
read_transcription(struct statement *statement, struct arena *arena, void *out, struct error *err)
{
    struct transcription_row *row = out;
    row->number = sqlite3_column_int64(statement->raw, NUMBER_AT);
    row->lines = sqlite3_column_int64(statement->raw, LINES_AT);
    return row_read(statement, 0, names, ARRAY_LEN(names), arena, row, err) < 0
               ? -1
               : row_read(statement, CHANGING_AT, changing, ARRAY_LEN(changing), arena, row, err);
}

static const char put_sql[] =
    "INSERT INTO transcriptions (" NAMES ", " CHANGING ", lines) "
    "VALUES (?1,?2,?3, ?4,?5,?6,?7,?8,?9,?10,?11,?12,?13, 0) ON CONFLICT (sid) DO UPDATE SET "
    "(" CHANGING ") = (?4,?5,?6,?7,?8,?9,?10,?11,?12,?13) RETURNING number";

int sqlite_put_transcription(struct store_session *s,
                             struct transcription_row *row,
                             struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_write_statement(s, put_sql, &statement, err) < 0)
        return -1;
    row_bind(&statement, 1, names, ARRAY_LEN(names), row);
    row_bind(&statement, CHANGING_AT + 1, changing, ARRAY_LEN(changing), row);
    if (statement_step(&statement, err) < 0)
        return -1;
    row->number = sqlite3_column_int64(statement.raw, 0);
    return statement_step(&statement, err) < 0 ? -1 : 0;
}

static const char get_sql[] = SELECT "WHERE sid = ?";

int sqlite_get_transcription(struct store_session *s,
                             const char *sid,
                             struct arena *arena,
                             struct transcription_row *out,
                             struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(s, get_sql, &statement, err) < 0)
        return -1;
    bind_text(&statement, 1, sid);
    return row_find(&statement, read_transcription, sizeof *out, arena, out, err);
}

static const char get_of_recording_sql[] =
    SELECT "WHERE recording_sid = ? ORDER BY lines > 0 DESC, number LIMIT 1";

int sqlite_get_transcription_of_recording(struct store_session *s,
                                          const char *recording_sid,
                                          struct arena *arena,
                                          struct transcription_row *out,
                                          struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(s, get_of_recording_sql, &statement, err) < 0)
        return -1;
    bind_text(&statement, 1, recording_sid);
    return row_find(&statement, read_transcription, sizeof *out, arena, out, err);
}

static const char list_sql[] = SELECT "WHERE call_number = ? ORDER BY number";

int sqlite_list_transcriptions(struct store_session *s,
                               int64_t call_number,
                               struct arena *arena,
                               struct transcription_rows *out,
                               struct error *err)
{
    auto_statement struct statement statement = {0};
    void *items = NULL;
    if (session_statement(s, list_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, call_number);
    if (rows_collect(&statement, read_transcription, sizeof *out->items, arena, &items, &out->count,
                     err) < 0)
        return -1;
    out->items = items;
    return 0;
}

static const char clear_lines_sql[] =
    "DELETE FROM transcript_lines WHERE transcription_number = ?1 AND call_number = "
    "(SELECT call_number FROM transcriptions WHERE number = ?1)";
static const char clear_partials_sql[] =
    "DELETE FROM transcript_partials WHERE transcription_number = ?";
static const char clear_count_sql[] = "UPDATE transcriptions SET lines = 0 WHERE number = ?";

int sqlite_clear_transcription(struct store_session *s, int64_t number, struct error *err)
{
    static const char *const statements[] = {clear_lines_sql, clear_partials_sql, clear_count_sql};
    for (size_t i = 0; i < ARRAY_LEN(statements); i++) {
        auto_statement struct statement statement = {0};
        if (session_write_statement(s, statements[i], &statement, err) < 0)
            return -1;
        bind_int64(&statement, 1, number);
        if (statement_run(&statement, NULL, err) < 0)
            return -1;
    }
    return 0;
}

/* ---- lines ---- */

static const struct column line_columns[] = {
    COLUMN(INT64, transcript_line_row, call_number),
    COLUMN(INT64, transcript_line_row, transcription_number),
    COLUMN(INT64, transcript_line_row, sequence),
    COLUMN(TEXT, transcript_line_row, track),
    COLUMN(INT64, transcript_line_row, at_ms),
    COLUMN(INT, transcript_line_row, confidence),
    COLUMN(TEXT, transcript_line_row, text),
};
#define LINE_COLUMNS "call_number, transcription_number, sequence, track, at, confidence, text"
enum { LINE_NUMBER_AT = ARRAY_LEN(line_columns) };

static int
read_partial(struct statement *statement, struct arena *arena, void *out, struct error *err)
{
    return row_read(statement, 0, line_columns, ARRAY_LEN(line_columns), arena, out, err);
}

static int read_line(struct statement *statement, struct arena *arena, void *out, struct error *err)
{
    struct transcript_line_row *row = out;
    row->number = sqlite3_column_int64(statement->raw, LINE_NUMBER_AT);
    return read_partial(statement, arena, row, err);
}

/* The scope as the trigger calls_change_hands writes it. */
static const char insert_line_sql[] =
    "INSERT INTO transcript_lines (" LINE_COLUMNS ", number, scope) "
    "SELECT ?1,?2,?3,?4,?5,?6,?7, "
    "max(?8, coalesce((SELECT max(number) FROM transcript_lines), 0) + 1), "
    "'d' || hex(direction) || coalesce(' i' || hex(identity), '') || "
    "coalesce(' o' || hex(owner), '') || coalesce(' g' || hex(call_group), '') "
    "FROM calls WHERE number = ?1";
static const char count_line_sql[] = "UPDATE transcriptions SET lines = lines + 1 WHERE number = ?";

int sqlite_insert_transcript_line(struct store_session *s,
                                  struct transcript_line_row *row,
                                  struct error *err)
{
    auto_statement struct statement insert = {0};
    auto_statement struct statement count = {0};
    int64_t changes = 0;
    if (session_write_statement(s, insert_line_sql, &insert, err) < 0 ||
        session_write_statement(s, count_line_sql, &count, err) < 0)
        return -1;
    row_bind(&insert, 1, line_columns, ARRAY_LEN(line_columns), row);
    bind_int64(&insert, LINE_NUMBER_AT + 1, number_of_ms(row->at_ms));
    if (statement_run(&insert, &changes, err) < 0)
        return -1;
    if (changes == 0)
        return error_set(err, ERROR_NOT_FOUND, "there is no such call");
    row->number = sqlite3_last_insert_rowid(s->db);
    bind_int64(&count, 1, row->transcription_number);
    return statement_run(&count, NULL, err);
}

static const char get_line_sql[] =
    "SELECT " LINE_COLUMNS ", number FROM transcript_lines WHERE number = ?";

int sqlite_get_transcript_line(struct store_session *s,
                               int64_t number,
                               struct arena *arena,
                               struct transcript_line_row *out,
                               struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(s, get_line_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, number);
    return row_find(&statement, read_line, sizeof *out, arena, out, err);
}

/* From the end; the tracks take turns, so it is found soon. */
static const char last_sql[] =
    "SELECT sequence FROM transcript_lines WHERE call_number = ? AND transcription_number = ? "
    "AND track = ? ORDER BY sequence DESC LIMIT 1";

int sqlite_last_transcript_sequence(struct store_session *s,
                                    int64_t call_number,
                                    int64_t transcription_number,
                                    const char *track,
                                    int64_t *out,
                                    struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(s, last_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, call_number);
    bind_int64(&statement, 2, transcription_number);
    bind_text(&statement, 3, track);
    int step = statement_step(&statement, err);
    *out = step > 0 ? sqlite3_column_int64(statement.raw, 0) : -1;
    return step < 0 ? -1 : 0;
}

static const char list_transcript_sql[] =
    "SELECT " LINE_COLUMNS ", number FROM transcript_lines WHERE call_number = ?1 "
    "AND (transcription_number, sequence, track) > (?2, ?3, ?4) "
    "ORDER BY transcription_number, sequence, track LIMIT ?5";

int sqlite_list_transcript(struct store_session *s,
                           int64_t call_number,
                           const struct transcript_place *after,
                           size_t limit,
                           struct arena *arena,
                           struct transcript_line_rows *out,
                           struct error *err)
{
    auto_statement struct statement statement = {0};
    struct transcript_line_rows rows = {0};
    void *items = NULL;
    if (session_statement(s, list_transcript_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, call_number);
    bind_int64(&statement, 2, after->transcription_number);
    bind_int64(&statement, 3, after->sequence);
    bind_text(&statement, 4, after->track != NULL ? after->track : "");
    bind_int64(&statement, 5, (int64_t)limit + 1);
    if (rows_collect(&statement, read_line, sizeof *rows.items, arena, &items, &rows.count, err) <
        0)
        return -1;
    rows.items = items;
    rows.more = rows.count > limit;
    if (rows.more)
        rows.count = limit;
    *out = rows;
    return 0;
}

/* ---- partials ---- */

static const char put_partial_sql[] =
    "INSERT INTO transcript_partials (" LINE_COLUMNS ") VALUES (?1,?2,?3,?4,?5,?6,?7) "
    "ON CONFLICT (transcription_number, track) DO UPDATE SET "
    "(sequence, at, confidence, text) = (?3,?5,?6,?7) WHERE sequence <= ?3";

int sqlite_put_transcript_partial(struct store_session *s,
                                  const struct transcript_line_row *row,
                                  struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_write_statement(s, put_partial_sql, &statement, err) < 0)
        return -1;
    row_bind(&statement, 1, line_columns, ARRAY_LEN(line_columns), row);
    return statement_run(&statement, NULL, err);
}

static const char drop_partial_sql[] = "DELETE FROM transcript_partials WHERE transcription_number "
                                       "= ?1 AND (?2 IS NULL OR track = ?2) AND sequence <= ?3";

int sqlite_drop_transcript_partial(struct store_session *s,
                                   int64_t transcription_number,
                                   const char *track,
                                   int64_t sequence,
                                   struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_write_statement(s, drop_partial_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, transcription_number);
    bind_text(&statement, 2, track);
    bind_int64(&statement, 3, sequence);
    return statement_run(&statement, NULL, err);
}

static const char list_partials_sql[] =
    "SELECT " LINE_COLUMNS " FROM transcript_partials WHERE call_number = ? "
    "ORDER BY transcription_number, sequence, track";

int sqlite_list_transcript_partials(struct store_session *s,
                                    int64_t call_number,
                                    struct arena *arena,
                                    struct transcript_line_rows *out,
                                    struct error *err)
{
    auto_statement struct statement statement = {0};
    void *items = NULL;
    size_t count = 0;
    if (session_statement(s, list_partials_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, call_number);
    if (rows_collect(&statement, read_partial, sizeof *out->items, arena, &items, &count, err) < 0)
        return -1;
    *out = (struct transcript_line_rows){.items = items, .count = count};
    return 0;
}
