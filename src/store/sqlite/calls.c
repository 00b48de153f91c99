/*
 * Calls, and lists of calls.
 */
#include "call_columns.h"
#include "engine.h"
#include "words.h"

#include "core/macros.h"
#include "voice/resource_id.h"

/* What an update writes besides the columns that have an index. */
static const struct column changing[] = {
    COLUMN_OF_WORDS(placement_words, call_row, placement),
    COLUMN_OF_WORDS(status_words, call_row, root.status),
    COLUMN(INT64, call_row, root.sequence),
    COLUMN(INT64, call_row, root.answered_at_ms),
    COLUMN(INT64, call_row, root.ended_at_ms),
    COLUMN(INT64, call_row, root.duration_s),
    COLUMN(INT, call_row, root.sip_code),
    COLUMN_OF_WORDS(outcome_words, call_row, outcome),
    COLUMN(TEXT, call_row, from),
    COLUMN(TEXT, call_row, to),
    COLUMN(INT64, call_row, heard_at_ms),
    COLUMN(INT64, call_row, due_at_ms),
    COLUMN(BOOL, call_row, hangup_wanted),
    COLUMN(INT, call_row, refusal_code),
    COLUMN(TEXT, call_row, refusal),
    COLUMN(TEXT, call_row, price),
    COLUMN(TEXT, call_row, price_unit),
    COLUMN(TEXT, call_row, plan),
    COLUMN(TEXT, call_row, metadata),
    COLUMN(INT64, call_row, hangup_asked_at_ms),
    COLUMN(INT64, call_row, voicemail_at_ms),
    COLUMN(TEXT, call_row, consent_text),
    COLUMN(TEXT, call_row, consent_wish),
    COLUMN(INT64, call_row, consent_caller_heard_ms),
    COLUMN(INT64, call_row, consent_callee_heard_ms),
};

static const struct column names[] = {
    COLUMN(TEXT, call_row, root_sid),
    COLUMN(TEXT, call_row, identity),
    COLUMN(TEXT, call_row, owner),
    COLUMN(TEXT, call_row, group),
};

static const struct column fixed[] = {
    COLUMN(INT64, call_row, number),
    COLUMN(TEXT, call_row, account_sid),
    COLUMN_OF_WORDS(direction_words, call_row, direction),
    COLUMN(INT64, call_row, created_at_ms),
};

/* Where each group begins among the columns of CALL_SELECT, counted from 0. */
enum {
    FIXED_AT = 0,
    NAMES_AT = FIXED_AT + ARRAY_LEN(fixed),
    CHANGING_AT = NAMES_AT + ARRAY_LEN(names),
    ID_AT = CHANGING_AT + ARRAY_LEN(changing),
    COUNT_AT,
};

int call_read(struct statement *statement, struct arena *arena, void *out, struct error *err)
{
    struct call_row *row = out;
    if (row_read(statement, FIXED_AT, fixed, ARRAY_LEN(fixed), arena, row, err) < 0 ||
        row_read(statement, NAMES_AT, names, ARRAY_LEN(names), arena, row, err) < 0 ||
        row_read(statement, CHANGING_AT, changing, ARRAY_LEN(changing), arena, row, err) < 0)
        return -1;
    char *id = arena_alloc(arena, RESOURCE_ID_BYTES);
    resource_id_format(RESOURCE_CALL, row->number,
                       (uint64_t)sqlite3_column_int64(statement->raw, ID_AT), id);
    row->id = id;
    row->timeline_count = sqlite3_column_int64(statement->raw, COUNT_AT);
    return 0;
}

/* ---- writing ---- */

static const char insert_sql[] =
    "INSERT INTO calls (" CALL_FIXED ", " CALL_NAMES ", " CALL_CHANGING ", id_random) "
    "VALUES (?,?,?,?, ?,?,?,?, ?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?, ?)";

int sqlite_insert_call(struct store_session *s, const struct call_row *row, struct error *err)
{
    auto_statement struct statement statement = {0};
    int64_t number = 0;
    uint64_t random = 0;

    if (!resource_id_parse(RESOURCE_CALL, row->id, &number, &random) || number != row->number)
        return error_set(err, ERROR_INTERNAL, "a call's id does not belong to its number");
    if (session_write_statement(s, insert_sql, &statement, err) < 0)
        return -1;
    row_bind(&statement, FIXED_AT + 1, fixed, ARRAY_LEN(fixed), row);
    row_bind(&statement, NAMES_AT + 1, names, ARRAY_LEN(names), row);
    row_bind(&statement, CHANGING_AT + 1, changing, ARRAY_LEN(changing), row);
    bind_int64(&statement, ID_AT + 1, (int64_t)random);
    return statement_run(&statement, NULL, err);
}

static const char update_sql[] =
    "UPDATE calls SET (" CALL_CHANGING ") = "
    "(?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23,?24,?25,?26) "
    "WHERE number = ?1";

/*
 * An UPDATE that names an indexed column rewrites its index entry even if the value stays, and
 * these seldom change; the SID's entry is on a random page. So they have a statement that finds
 * nothing to do.
 */
static const char rename_sql[] =
    "UPDATE calls SET root_sid = ?2, identity = ?3, owner = ?4, call_group = ?5 WHERE number = ?1 "
    "AND (root_sid IS NOT ?2 OR identity IS NOT ?3 OR owner IS NOT ?4 OR call_group IS NOT ?5)";

/* Whose the call is, its recordings are (0006_recordings.sql). */
static const char recordings_sql[] =
    "UPDATE recordings SET identity = ?2, owner = ?3, call_group = ?4 WHERE call_number = ?1";

static int hand_on_names(struct store_session *s, const struct call_row *row, struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_write_statement(s, recordings_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, row->number);
    bind_text(&statement, 2, row->identity);
    bind_text(&statement, 3, row->owner);
    bind_text(&statement, 4, row->group);
    return statement_run(&statement, NULL, err);
}

/* The one that can meet another call's SID comes first, so that a refusal leaves nothing changed. */
int sqlite_update_call(struct store_session *s, const struct call_row *row, struct error *err)
{
    auto_statement struct statement update = {0};
    auto_statement struct statement rename = {0};
    int64_t changes = 0;
    int64_t renames = 0;

    if (session_write_statement(s, rename_sql, &rename, err) < 0 ||
        session_write_statement(s, update_sql, &update, err) < 0)
        return -1;
    bind_int64(&rename, 1, row->number);
    row_bind(&rename, 2, names, ARRAY_LEN(names), row);
    if (statement_run(&rename, &renames, err) < 0 ||
        (renames > 0 && hand_on_names(s, row, err) < 0))
        return -1;
    bind_int64(&update, 1, row->number);
    row_bind(&update, 2, changing, ARRAY_LEN(changing), row);
    if (statement_run(&update, &changes, err) < 0)
        return -1;
    return changes > 0 ? 0 : error_set(err, ERROR_NOT_FOUND, "there is no such call");
}

/* ---- one call ---- */

static int find_call(struct statement *statement,
                     const char *name,
                     struct arena *arena,
                     struct call_row *out,
                     struct error *err)
{
    int step = statement_step(statement, err);
    if (step < 0)
        return -1;
    if (step == 0)
        return error_set(err, ERROR_NOT_FOUND, "there is no call %s", name);
    struct call_row row = {0};
    if (call_read(statement, arena, &row, err) < 0)
        return -1;
    *out = row;
    return 0;
}

static const char get_sql[] = CALL_SELECT "WHERE number = ? AND id_random = ?";

int sqlite_get_call(struct store_session *s,
                    const char *id,
                    struct arena *arena,
                    struct call_row *out,
                    struct error *err)
{
    auto_statement struct statement statement = {0};
    int64_t number = 0;
    uint64_t random = 0;

    if (!resource_id_parse(RESOURCE_CALL, id, &number, &random))
        return error_set(err, ERROR_NOT_FOUND, "there is no such call");
    if (session_statement(s, get_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, number);
    bind_int64(&statement, 2, (int64_t)random);
    return find_call(&statement, id, arena, out, err);
}

static const char by_number_sql[] = CALL_SELECT "WHERE number = ?";

int sqlite_get_call_by_number(struct store_session *s,
                              int64_t number,
                              struct arena *arena,
                              struct call_row *out,
                              struct error *err)
{
    auto_statement struct statement statement = {0};

    if (session_statement(s, by_number_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, number);
    return find_call(&statement, "of that number", arena, out, err);
}

static const char by_root_sql[] = CALL_SELECT "WHERE root_sid = ?";
static const char by_leg_sql[] =
    CALL_SELECT "WHERE number = (SELECT call_number FROM legs WHERE sid = ?)";

int sqlite_get_call_by_sid(struct store_session *s,
                           const char *sid,
                           struct arena *arena,
                           struct call_row *out,
                           struct error *err)
{
    auto_statement struct statement root = {0};
    auto_statement struct statement leg = {0};
    struct error missing = {0};

    if (session_statement(s, by_root_sql, &root, err) < 0)
        return -1;
    bind_text(&root, 1, sid);
    if (find_call(&root, sid, arena, out, &missing) == 0)
        return 0;
    if (missing.kind != ERROR_NOT_FOUND) {
        *err = missing;
        return -1;
    }
    if (session_statement(s, by_leg_sql, &leg, err) < 0)
        return -1;
    bind_text(&leg, 1, sid);
    return find_call(&leg, sid, arena, out, err);
}

/* ---- the silent and the open ---- */

static const char due_sql[] =
    CALL_SELECT "WHERE due_at > 0 AND due_at <= ? ORDER BY due_at LIMIT ?";

int sqlite_list_due_calls(struct store_session *s,
                          int64_t now_ms,
                          size_t limit,
                          struct arena *arena,
                          struct call_rows *out,
                          struct error *err)
{
    auto_statement struct statement statement = {0};
    struct call_rows rows = {0};
    void *items = NULL;

    if (session_statement(s, due_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, now_ms);
    bind_int64(&statement, 2, (int64_t)limit + 1);
    if (rows_collect(&statement, call_read, sizeof *rows.items, arena, &items, &rows.count, err) <
        0)
        return -1;
    rows.items = items;
    rows.more = rows.count > limit;
    if (rows.more)
        rows.count = limit;
    *out = rows;
    return 0;
}

static const char count_open_sql[] = "SELECT count(*) FROM calls WHERE due_at > 0";

int sqlite_count_open_calls(struct store_session *s, int64_t *out, struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(s, count_open_sql, &statement, err) < 0 ||
        statement_step(&statement, err) < 0)
        return -1;
    *out = sqlite3_column_int64(statement.raw, 0);
    return 0;
}
