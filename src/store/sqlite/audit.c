/*
 * The audit log: rows are appended, listed newest first, and the oldest go when they are too old.
 *
 * A sequence is milliseconds shifted, like a call's number (voice/resource_id.h), so a time is a place in the table. A clock
 * that was set back puts rows behind where they belong, never before it; lists look a day further because of that.
 */
#include "engine.h"
#include "row.h"

#include "core/macros.h"

enum {
    SCAN_ROWS = 50000,        /* rows looked at per page; 20 ms */
    NUMBER_SHIFT = 20,        /* a sequence is milliseconds shifted by this */
    CLOCK_SLACK_MS = 86400000 /* how far sequences may run ahead of a clock that was set back */
};

static const struct column columns[] = {
    COLUMN(TEXT, audit_row, account_sid),      COLUMN(INT64, audit_row, at_ms),
    COLUMN(TEXT, audit_row, action),           COLUMN(BOOL, audit_row, allowed),
    COLUMN(TEXT, audit_row, actor_kind),       COLUMN(TEXT, audit_row, actor),
    COLUMN(TEXT, audit_row, actor_name),       COLUMN(TEXT, audit_row, identity),
    COLUMN(TEXT, audit_row, address),          COLUMN(TEXT, audit_row, request_id),
    COLUMN(INT64_SET, audit_row, call_number), COLUMN(TEXT, audit_row, call_id),
    COLUMN(TEXT, audit_row, subject),          COLUMN(TEXT, audit_row, number),
    COLUMN(TEXT, audit_row, reason),           COLUMN(TEXT, audit_row, detail),
    COLUMN(INT64, audit_row, times),
};
#define COLUMNS                                                                                    \
    "account_sid, at, action, allowed, actor_kind, actor, actor_name, identity, address, "         \
    "request_id, call_number, call_id, subject, number, reason, detail, times"
enum { SEQUENCE_AT = ARRAY_LEN(columns) };

static int
read_audit(struct statement *statement, struct arena *arena, void *out, struct error *err)
{
    struct audit_row *row = out;
    row->sequence = sqlite3_column_int64(statement->raw, SEQUENCE_AT);
    return row_read(statement, 0, columns, ARRAY_LEN(columns), arena, row, err);
}

static int64_t shifted(int64_t ms)
{
    if (ms <= 0)
        return 0;
    return ms > (INT64_MAX >> NUMBER_SHIFT) ? INT64_MAX : ms << NUMBER_SHIFT;
}

/* ---- appending ---- */

static const char append_sql[] =
    "INSERT INTO audit (" COLUMNS ", sequence) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?, "
    "max(?18, coalesce((SELECT max(sequence) FROM audit), 0) + 1))";

int sqlite_append_audit(struct store_session *s, struct audit_row *row, struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_write_statement(s, append_sql, &statement, err) < 0)
        return -1;
    row_bind(&statement, 1, columns, ARRAY_LEN(columns), row);
    bind_int64(&statement, SEQUENCE_AT + 1, shifted(row->at_ms));
    if (statement_run(&statement, NULL, err) < 0)
        return -1;
    row->sequence = sqlite3_last_insert_rowid(s->db);
    return 0;
}

/* ---- listing ---- */

/* The parameters of the two lists and of what finds their floor; bound whether they are used or not. */
#define BEFORE "?1"
#define LOWEST "?2"
#define SCAN "?3"
#define LIMIT "?4"
#define CALL "?5"
#define CONDITIONS                                                                                 \
    "(?6 IS NULL OR account_sid = ?6 OR account_sid = '') "                                        \
    "AND (?7 IS NULL OR actor = ?7 OR identity = ?7) AND (?8 IS NULL OR action = ?8) "             \
    "AND (?9 IS NULL OR call_id = ?9) AND (?10 = 0 OR allowed = (?10 > 0)) "                       \
    "AND (?11 = 0 OR at >= ?11) AND (?12 = 0 OR at < ?12)"
enum {
    PARAMETER_BEFORE = 1,
    PARAMETER_LOWEST,
    PARAMETER_SCAN,
    PARAMETER_LIMIT,
    PARAMETER_CALL,
    PARAMETER_ACCOUNT,
    PARAMETER_ACTOR,
    PARAMETER_ACTION,
    PARAMETER_CALL_ID,
    PARAMETER_ALLOWED,
    PARAMETER_SINCE,
    PARAMETER_UNTIL,
};

#define RANGE "sequence < " BEFORE " AND sequence >= " LOWEST
#define LIST(source)                                                                               \
    "SELECT " COLUMNS ", sequence FROM (SELECT " COLUMNS ", sequence FROM audit WHERE " source     \
    " AND " RANGE " ORDER BY sequence DESC LIMIT " SCAN ") WHERE " CONDITIONS " AND (" CALL        \
    " IS NOT NULL OR 1) ORDER BY sequence DESC LIMIT " LIMIT
/* The first row within the range that was not looked at; the last terms make it have all parameters. */
#define FLOOR(source)                                                                              \
    "SELECT sequence FROM audit WHERE " source " AND " RANGE " AND (" CALL                         \
    " IS NOT NULL OR ?12 IS NOT NULL OR 1) ORDER BY sequence DESC LIMIT 1 OFFSET " SCAN

static const char list_sql[] = LIST("1");
static const char list_call_sql[] = LIST("call_number = " CALL);
static const char floor_sql[] = FLOOR("1");
static const char floor_call_sql[] = FLOOR("call_number = " CALL);

static void bind_filter(struct statement *statement, const struct audit_filter *filter)
{
    int64_t before = INT64_MAX;
    if (filter->until_ms > 0 && filter->until_ms < INT64_MAX - CLOCK_SLACK_MS)
        before = shifted(filter->until_ms + CLOCK_SLACK_MS);
    if (filter->before_sequence > 0 && filter->before_sequence < before)
        before = filter->before_sequence;
    bind_int64(statement, PARAMETER_BEFORE, before);
    bind_int64(statement, PARAMETER_LOWEST, shifted(filter->since_ms));
    bind_int64(statement, PARAMETER_SCAN, SCAN_ROWS);
    bind_int64(statement, PARAMETER_LIMIT, (int64_t)filter->limit + 1);
    bind_int64(statement, PARAMETER_CALL, filter->call_number);
    bind_text(statement, PARAMETER_ACCOUNT, filter->account_sid);
    bind_text(statement, PARAMETER_ACTOR, filter->actor);
    bind_text(statement, PARAMETER_ACTION, filter->action);
    bind_text(statement, PARAMETER_CALL_ID, filter->call_id);
    bind_int64(statement, PARAMETER_ALLOWED, filter->allowed);
    bind_int64(statement, PARAMETER_SINCE, filter->since_ms);
    bind_int64(statement, PARAMETER_UNTIL, filter->until_ms);
}

static int find_floor(struct store_session *s,
                      const struct audit_filter *filter,
                      int64_t *floor,
                      struct error *err)
{
    auto_statement struct statement statement = {0};
    const char *sql = filter->call_number != 0 ? floor_call_sql : floor_sql;
    if (session_statement(s, sql, &statement, err) < 0)
        return -1;
    bind_filter(&statement, filter);
    int step = statement_step(&statement, err);
    *floor = step > 0 ? sqlite3_column_int64(statement.raw, 0) : 0;
    return step < 0 ? -1 : 0;
}

static int run_list(struct store_session *s,
                    const struct audit_filter *filter,
                    struct arena *arena,
                    struct audit_rows *out,
                    struct error *err)
{
    auto_statement struct statement statement = {0};
    void *items = NULL;
    const char *sql = filter->call_number != 0 ? list_call_sql : list_sql;
    if (session_statement(s, sql, &statement, err) < 0)
        return -1;
    bind_filter(&statement, filter);
    if (rows_collect(&statement, read_audit, sizeof *out->items, arena, &items, &out->count, err) <
        0)
        return -1;
    out->items = items;
    return 0;
}

int sqlite_list_audit(struct store_session *s,
                      const struct audit_filter *filter,
                      struct arena *arena,
                      struct audit_rows *out,
                      struct error *err)
{
    struct audit_rows rows = {0};
    int64_t floor = 0;
    if (run_list(s, filter, arena, &rows, err) < 0)
        return -1;
    if (rows.count > filter->limit) {
        rows.count = filter->limit;
        rows.next_before = rows.items[rows.count - 1].sequence;
    } else if (find_floor(s, filter, &floor, err) < 0) {
        return -1;
    } else if (floor > 0) {
        rows.next_before = floor + 1;
    }
    rows.more = rows.next_before > 0;
    *out = rows;
    return 0;
}

/* ---- pruning ---- */

/* A row's time is not after its place in the table, so everything below the shifted time is older. */
static const char prune_sql[] = "DELETE FROM audit WHERE sequence IN "
                                "(SELECT sequence FROM audit WHERE sequence < ? ORDER BY sequence "
                                "LIMIT ?)";

int sqlite_prune_audit(
    struct store_session *s, int64_t before_ms, size_t limit, int64_t *removed, struct error *err)
{
    return session_prune(s, prune_sql, shifted(before_ms), limit, removed, err);
}
