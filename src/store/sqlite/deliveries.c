/*
 * Deliveries: made in the order of events, taken by when they are due, one of a call at a time.
 */
#include "engine.h"
#include "row.h"
#include "words.h"

#include "core/macros.h"
#include "core/text.h"

enum {
    SCAN_ROWS = 50000, /* rows looked at per page */
    NUMBER_SHIFT = 20, /* a number is milliseconds shifted by this */
};

static const struct column columns[] = {
    COLUMN(INT64, delivery_row, subscription),
    COLUMN(TEXT, delivery_row, kind),
    COLUMN(INT64_SET, delivery_row, call_number),
    COLUMN(TEXT, delivery_row, subject),
    COLUMN(INT64, delivery_row, happened_at_ms),
    COLUMN(INT64, delivery_row, created_at_ms),
    COLUMN(INT64, delivery_row, attempts_base),
    COLUMN_OF_WORDS(delivery_state_words, delivery_row, state),
    COLUMN(INT64, delivery_row, attempts),
    COLUMN(INT64, delivery_row, due_at_ms),
    COLUMN(INT64, delivery_row, give_up_at_ms),
    COLUMN(INT64, delivery_row, ended_at_ms),
    COLUMN(INT64, delivery_row, last.at_ms),
    COLUMN(INT, delivery_row, last.status),
    COLUMN(INT64, delivery_row, last.latency_ms),
    COLUMN(TEXT, delivery_row, last.error),
    COLUMN(TEXT, delivery_row, last.answer),
};
#define SETTLED                                                                                    \
    "state, attempts, due_at, give_up_at, ended_at, last_at, last_status, last_latency, "          \
    "last_error, last_answer"
#define COLUMNS                                                                                    \
    "subscription, kind, call_number, subject, happened_at, created_at, attempts_base, " SETTLED
enum {
    NUMBER_AT = ARRAY_LEN(columns),
    STATE_AT = 7, /* and from here on, what is settled */
};

/* The words of the partial indexes deliveries_due and deliveries_open: without them they are not used. */
#define PENDING "state = 'pending'"
#define OPEN "(state = 'pending' OR state = 'waiting')"

static int
read_delivery(struct statement *statement, struct arena *arena, void *out, struct error *err)
{
    struct delivery_row *row = out;
    row->number = sqlite3_column_int64(statement->raw, NUMBER_AT);
    return row_read(statement, 0, columns, ARRAY_LEN(columns), arena, row, err);
}

static int64_t shifted(int64_t ms)
{
    if (ms <= 0)
        return 0;
    return ms > (INT64_MAX >> NUMBER_SHIFT) ? INT64_MAX : ms << NUMBER_SHIFT;
}

/* ---- making ---- */

static const char turn_sql[] =
    "SELECT 1 FROM deliveries WHERE subscription = ?1 AND call_number = ?2 AND " OPEN
    " AND number < ?3 LIMIT 1";

/* Is one of the same call open that is older? Deliveries about no call wait for nothing. */
static int has_former(struct store_session *s,
                      int64_t subscription,
                      int64_t call_number,
                      int64_t before,
                      bool *out,
                      struct error *err)
{
    auto_statement struct statement statement = {0};
    *out = false;
    if (call_number == 0)
        return 0;
    if (session_statement(s, turn_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, subscription);
    bind_int64(&statement, 2, call_number);
    bind_int64(&statement, 3, before);
    int step = statement_step(&statement, err);
    *out = step > 0;
    return step < 0 ? -1 : 0;
}

static const char insert_sql[] =
    "INSERT INTO deliveries (" COLUMNS ", number) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?, "
    "max(?18, coalesce((SELECT max(number) FROM deliveries), 0) + 1))";

int sqlite_insert_delivery(struct store_session *s, struct delivery_row *row, struct error *err)
{
    auto_statement struct statement statement = {0};
    struct delivery_row fresh = *row;
    bool waits = false;
    if (has_former(s, row->subscription, row->call_number, INT64_MAX, &waits, err) < 0 ||
        session_write_statement(s, insert_sql, &statement, err) < 0)
        return -1;
    fresh.state = waits ? DELIVERY_WAITING : DELIVERY_PENDING;
    row_bind(&statement, 1, columns, ARRAY_LEN(columns), &fresh);
    bind_int64(&statement, NUMBER_AT + 1, shifted(fresh.created_at_ms));
    if (statement_run(&statement, NULL, err) < 0)
        return -1;
    fresh.number = sqlite3_last_insert_rowid(s->db);
    *row = fresh;
    return 0;
}

/* ---- finding ---- */

static const char get_sql[] = "SELECT " COLUMNS ", number FROM deliveries WHERE number = ?";

int sqlite_get_delivery(struct store_session *s,
                        int64_t number,
                        struct arena *arena,
                        struct delivery_row *out,
                        struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(s, get_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, number);
    if (row_find(&statement, read_delivery, sizeof *out, arena, out, err) == 0)
        return 0;
    if (err == NULL || err->kind != ERROR_NOT_FOUND)
        return -1;
    error_clear(err); /* not a row, to whoever asked */
    return error_set(err, ERROR_NOT_FOUND, "there is no such delivery");
}

static int collect(struct statement *statement,
                   struct arena *arena,
                   struct delivery_rows *out,
                   struct error *err)
{
    void *items = NULL;
    *out = (struct delivery_rows){0};
    if (rows_collect(statement, read_delivery, sizeof *out->items, arena, &items, &out->count,
                     err) < 0)
        return -1;
    out->items = items;
    return 0;
}

static const char due_sql[] = "SELECT " COLUMNS ", number FROM deliveries WHERE subscription = ? "
                              "AND " PENDING " ORDER BY due_at, number LIMIT ?";

int sqlite_list_due_deliveries(struct store_session *s,
                               int64_t subscription,
                               size_t limit,
                               struct arena *arena,
                               struct delivery_rows *out,
                               struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(s, due_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, subscription);
    bind_int64(&statement, 2, (int64_t)limit);
    return collect(&statement, arena, out, err);
}

static const char overdue_sql[] =
    "SELECT " COLUMNS ", number FROM deliveries WHERE subscription = ? AND " OPEN
    " AND give_up_at <= ? ORDER BY number LIMIT ?";

int sqlite_list_overdue_deliveries(struct store_session *s,
                                   int64_t subscription,
                                   int64_t now_ms,
                                   size_t limit,
                                   struct arena *arena,
                                   struct delivery_rows *out,
                                   struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(s, overdue_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, subscription);
    bind_int64(&statement, 2, now_ms);
    bind_int64(&statement, 3, (int64_t)limit);
    return collect(&statement, arena, out, err);
}

/* ---- listing ---- */

/* The parameters of all lists, bound whether they are used or not. */
#define BEFORE "?1"
#define LOWEST "?2"
#define SUBSCRIPTION "?3"
#define STATE "?4"
#define SCAN "?5"
#define LIMIT "?6"
#define RANGE "number < " BEFORE " AND number >= " LOWEST
#define ALL_USED "(" SCAN " > 0 OR " STATE " IS NULL)"

static const char list_sql[] =
    "SELECT " COLUMNS ", number FROM (SELECT " COLUMNS ", number FROM deliveries WHERE " RANGE
    " ORDER BY number DESC LIMIT " SCAN ") WHERE subscription = " SUBSCRIPTION " AND (" STATE
    " IS NULL OR state = " STATE ") ORDER BY number DESC LIMIT " LIMIT;
static const char list_dead_sql[] =
    "SELECT " COLUMNS ", number FROM deliveries WHERE subscription = " SUBSCRIPTION
    " AND state = 'dead' AND " RANGE " AND " ALL_USED " ORDER BY number DESC LIMIT " LIMIT;
static const char list_open_sql[] =
    "SELECT " COLUMNS ", number FROM deliveries WHERE subscription = " SUBSCRIPTION " AND " OPEN
    " AND state = " STATE " AND " RANGE " AND " ALL_USED " ORDER BY number DESC LIMIT " LIMIT;
/* The first row within the range that was not looked at. */
static const char floor_sql[] =
    "SELECT number FROM deliveries WHERE " RANGE " AND (" SUBSCRIPTION " > 0 OR " STATE
    " IS NULL) AND " LIMIT " > 0 ORDER BY number DESC LIMIT 1 OFFSET " SCAN;

static void bind_filter(struct statement *statement, const struct delivery_filter *filter)
{
    int64_t before = filter->until_ms > 0 ? shifted(filter->until_ms) : INT64_MAX;
    if (filter->before_number > 0 && filter->before_number < before)
        before = filter->before_number;
    bind_int64(statement, 1, before);
    bind_int64(statement, 2, shifted(filter->since_ms));
    bind_int64(statement, 3, filter->subscription);
    bind_text(statement, 4, filter->state);
    bind_int64(statement, 5, SCAN_ROWS);
    bind_int64(statement, 6, (int64_t)filter->limit + 1);
}

static const char *sql_of(const struct delivery_filter *filter)
{
    if (filter->state == NULL || text_equal(filter->state, "delivered"))
        return list_sql;
    return text_equal(filter->state, "dead") ? list_dead_sql : list_open_sql;
}

static int find_floor(struct store_session *s,
                      const struct delivery_filter *filter,
                      int64_t *floor,
                      struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(s, floor_sql, &statement, err) < 0)
        return -1;
    bind_filter(&statement, filter);
    int step = statement_step(&statement, err);
    *floor = step > 0 ? sqlite3_column_int64(statement.raw, 0) : 0;
    return step < 0 ? -1 : 0;
}

int sqlite_list_deliveries(struct store_session *s,
                           const struct delivery_filter *filter,
                           struct arena *arena,
                           struct delivery_rows *out,
                           struct error *err)
{
    auto_statement struct statement statement = {0};
    struct delivery_rows rows = {0};
    int64_t floor = 0;
    const char *sql = sql_of(filter);
    if (session_statement(s, sql, &statement, err) < 0)
        return -1;
    bind_filter(&statement, filter);
    if (collect(&statement, arena, &rows, err) < 0)
        return -1;
    if (rows.count > filter->limit) {
        rows.count = filter->limit;
        rows.next_before = rows.items[rows.count - 1].number;
    } else if (sql == list_sql && find_floor(s, filter, &floor, err) < 0) {
        return -1;
    } else if (floor > 0) {
        rows.next_before = floor + 1;
    }
    rows.more = rows.next_before > 0;
    *out = rows;
    return 0;
}

/* ---- settling ---- */

static const char keep_attempt_sql[] =
    "INSERT INTO delivery_attempts (delivery, attempt, at, status, latency, error, answer) "
    "SELECT number, attempts, last_at, last_status, last_latency, last_error, last_answer "
    "FROM deliveries WHERE number = ?1 AND attempts > 0 AND attempts < ?2";
/* One that is not over stays what it is: meanwhile an older one may have been opened again, and then it waits. */
static const char settle_sql[] =
    "UPDATE deliveries SET (" SETTLED ") = (CASE ?2 WHEN 'pending' THEN state ELSE ?2 END,"
    "?3,?4,?5,?6,?7,?8,?9,?10,?11) WHERE number = ?1 AND " OPEN;
static const char next_sql[] =
    "UPDATE deliveries SET state = 'pending', due_at = ?3 WHERE number = (SELECT number FROM "
    "deliveries WHERE subscription = ?1 AND call_number = ?2 AND " OPEN " ORDER BY number LIMIT 1)";

static int keep_attempt(struct store_session *s, const struct delivery_row *row, struct error *err)
{
    auto_statement struct statement statement = {0};
    if (row->attempts < 2)
        return 0;
    if (session_write_statement(s, keep_attempt_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, row->number);
    bind_int64(&statement, 2, row->attempts);
    return statement_run(&statement, NULL, err);
}

static int next_takes_its_turn(struct store_session *s,
                               const struct delivery_row *row,
                               int64_t now_ms,
                               struct error *err)
{
    auto_statement struct statement statement = {0};
    if (row->call_number == 0)
        return 0;
    if (session_write_statement(s, next_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, row->subscription);
    bind_int64(&statement, 2, row->call_number);
    bind_int64(&statement, 3, now_ms);
    return statement_run(&statement, NULL, err);
}

int sqlite_settle_delivery(struct store_session *s,
                           const struct delivery_row *row,
                           int64_t now_ms,
                           struct error *err)
{
    auto_statement struct statement statement = {0};
    int64_t changes = 0;
    if (keep_attempt(s, row, err) < 0 ||
        session_write_statement(s, settle_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, row->number);
    row_bind(&statement, 2, columns + STATE_AT, ARRAY_LEN(columns) - STATE_AT, row);
    if (statement_run(&statement, &changes, err) < 0)
        return -1;
    if (changes == 0)
        return error_set(err, ERROR_NOT_FOUND, "there is no such open delivery");
    bool ended = row->state == DELIVERY_DELIVERED || row->state == DELIVERY_DEAD;
    return ended ? next_takes_its_turn(s, row, now_ms, err) : 0;
}

/* ---- sending again ---- */

/* A younger one that is pending goes back behind it. */
static const char step_back_sql[] = "UPDATE deliveries SET state = 'waiting' WHERE subscription = "
                                    "?1 AND call_number = ?2 AND " PENDING " AND number > ?3";
static const char reopen_sql[] =
    "UPDATE deliveries SET state = ?2, due_at = ?3, give_up_at = ?4, ended_at = 0, "
    "attempts_base = attempts WHERE number = ?1";

static int
let_older_go_first(struct store_session *s, const struct delivery_row *row, struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_write_statement(s, step_back_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, row->subscription);
    bind_int64(&statement, 2, row->call_number);
    bind_int64(&statement, 3, row->number);
    return statement_run(&statement, NULL, err);
}

int sqlite_reopen_delivery(struct store_session *s,
                           int64_t number,
                           int64_t now_ms,
                           int64_t give_up_at_ms,
                           struct error *err)
{
    auto_arena struct arena *arena = arena_create();
    auto_statement struct statement statement = {0};
    struct delivery_row row;
    bool waits = false;
    if (sqlite_get_delivery(s, number, arena, &row, err) < 0)
        return -1;
    if (row.state == DELIVERY_PENDING || row.state == DELIVERY_WAITING)
        return error_set(err, ERROR_CONFLICT, "it is under way already");
    if (has_former(s, row.subscription, row.call_number, number, &waits, err) < 0 ||
        (!waits && let_older_go_first(s, &row, err) < 0) ||
        session_write_statement(s, reopen_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, number);
    bind_text(&statement, 2, waits ? "waiting" : "pending");
    bind_int64(&statement, 3, now_ms);
    bind_int64(&statement, 4, give_up_at_ms);
    return statement_run(&statement, NULL, err);
}

static const char renew_sql[] =
    "UPDATE deliveries SET due_at = CASE state WHEN 'pending' THEN ?2 ELSE due_at END, "
    "give_up_at = ?3, attempts_base = attempts WHERE subscription = ?1 AND " OPEN;

int sqlite_renew_deliveries(struct store_session *s,
                            int64_t subscription,
                            int64_t now_ms,
                            int64_t give_up_at_ms,
                            struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_write_statement(s, renew_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, subscription);
    bind_int64(&statement, 2, now_ms);
    bind_int64(&statement, 3, give_up_at_ms);
    return statement_run(&statement, NULL, err);
}

/* ---- former attempts ---- */

static const struct column attempt_columns[] = {
    COLUMN(INT64, delivery_attempt, at_ms),      COLUMN(INT, delivery_attempt, status),
    COLUMN(INT64, delivery_attempt, latency_ms), COLUMN(TEXT, delivery_attempt, error),
    COLUMN(TEXT, delivery_attempt, answer),
};

static int
read_attempt(struct statement *statement, struct arena *arena, void *row, struct error *err)
{
    return row_read(statement, 0, attempt_columns, ARRAY_LEN(attempt_columns), arena, row, err);
}

static const char attempts_sql[] = "SELECT at, status, latency, error, answer FROM "
                                   "delivery_attempts WHERE delivery = ? ORDER BY attempt";

int sqlite_list_former_attempts(struct store_session *s,
                                int64_t delivery,
                                struct arena *arena,
                                struct delivery_attempts *out,
                                struct error *err)
{
    auto_statement struct statement statement = {0};
    void *items = NULL;
    if (session_statement(s, attempts_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, delivery);
    if (rows_collect(&statement, read_attempt, sizeof *out->items, arena, &items, &out->count,
                     err) < 0)
        return -1;
    out->items = items;
    return 0;
}

/* ---- pruning ---- */

/* A row is created no later than its place in the table says, so everything below the shifted time is older. */
#define OLD(state)                                                                                 \
    "(SELECT number FROM deliveries WHERE number < ?1 AND state = '" state                         \
    "' ORDER BY number LIMIT ?2)"
static const char prune_delivered_attempts_sql[] =
    "DELETE FROM delivery_attempts WHERE delivery IN " OLD("delivered");
static const char prune_delivered_sql[] =
    "DELETE FROM deliveries WHERE number IN " OLD("delivered");
static const char prune_dead_attempts_sql[] =
    "DELETE FROM delivery_attempts WHERE delivery IN " OLD("dead");
static const char prune_dead_sql[] = "DELETE FROM deliveries WHERE number IN " OLD("dead");

int sqlite_prune_deliveries(struct store_session *s,
                            int64_t delivered_before_ms,
                            int64_t dead_before_ms,
                            size_t limit,
                            int64_t *removed,
                            struct error *err)
{
    int64_t delivered = shifted(delivered_before_ms);
    int64_t dead = shifted(dead_before_ms);
    int64_t attempts = 0;
    if (session_prune(s, prune_delivered_attempts_sql, delivered, limit, &attempts, err) < 0 ||
        session_prune(s, prune_delivered_sql, delivered, limit, removed, err) < 0 ||
        session_prune(s, prune_dead_attempts_sql, dead, limit, &attempts, err) < 0)
        return -1;
    return session_prune(s, prune_dead_sql, dead, limit, removed, err);
}
