/*
 * Subscriptions: a few rows, read whole.
 */
#include "engine.h"
#include "row.h"
#include "words.h"

#include "core/macros.h"

enum { NUMBER_SHIFT = 20 }; /* a number is milliseconds shifted by this */

static const struct column columns[] = {
    COLUMN(TEXT, subscription_row, account_sid),
    COLUMN(INT64, subscription_row, created_at_ms),
    COLUMN(TEXT, subscription_row, created_by),
    COLUMN(TEXT, subscription_row, name),
    COLUMN(TEXT, subscription_row, url),
    COLUMN(TEXT, subscription_row, events),
    COLUMN(TEXT, subscription_row, identity),
    COLUMN(TEXT, subscription_row, group),
    COLUMN(TEXT, subscription_row, description),
    COLUMN(TEXT, subscription_row, scopes),
    COLUMN(TEXT, subscription_row, secret),
    COLUMN(TEXT, subscription_row, old_secret),
    COLUMN(INT64, subscription_row, old_secret_until_ms),
    COLUMN_OF_WORDS(subscription_state_words, subscription_row, state),
    COLUMN(TEXT, subscription_row, disabled_because),
    COLUMN(INT64, subscription_row, disabled_at_ms),
    COLUMN(INT64, subscription_row, updated_at_ms),
    COLUMN(INT64, subscription_row, cursor),
    COLUMN(INT64, subscription_row, open_count),
    COLUMN(INT64, subscription_row, failing_since_ms),
    COLUMN(INT64, subscription_row, failed_at_ms),
    COLUMN(TEXT, subscription_row, failure),
    COLUMN(INT64, subscription_row, delivered_at_ms),
};
#define CHANGING                                                                                   \
    "name, url, events, identity, call_group, description, scopes, secret, old_secret, "           \
    "old_secret_until, state, disabled_because, disabled_at, updated_at, cursor, open_count, "     \
    "failing_since, failed_at, failure, delivered_at"
#define COLUMNS "account_sid, created_at, created_by, " CHANGING
enum {
    NUMBER_AT = ARRAY_LEN(columns),
    FIRST_CHANGING = 3, /* the columns before it stay as they are */
};

static int
read_subscription(struct statement *statement, struct arena *arena, void *out, struct error *err)
{
    struct subscription_row *row = out;
    row->number = sqlite3_column_int64(statement->raw, NUMBER_AT);
    return row_read(statement, 0, columns, ARRAY_LEN(columns), arena, row, err);
}

static const char insert_sql[] =
    "INSERT INTO subscriptions (" COLUMNS ", number) VALUES "
    "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?, "
    "max(?24, coalesce((SELECT max(number) FROM subscriptions), 0) + 1))";

int sqlite_insert_subscription(struct store_session *s,
                               struct subscription_row *row,
                               struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_write_statement(s, insert_sql, &statement, err) < 0)
        return -1;
    row_bind(&statement, 1, columns, ARRAY_LEN(columns), row);
    bind_int64(&statement, NUMBER_AT + 1, row->created_at_ms << NUMBER_SHIFT);
    if (statement_run(&statement, NULL, err) < 0)
        return -1;
    row->number = sqlite3_last_insert_rowid(s->db);
    return 0;
}

static const char update_sql[] = "UPDATE subscriptions SET (" CHANGING ") = "
                                 "(?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,"
                                 "?19,?20,?21) WHERE number = ?1";

int sqlite_update_subscription(struct store_session *s,
                               const struct subscription_row *row,
                               struct error *err)
{
    auto_statement struct statement statement = {0};
    int64_t changes = 0;
    if (session_write_statement(s, update_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, row->number);
    row_bind(&statement, 2, columns + FIRST_CHANGING, ARRAY_LEN(columns) - FIRST_CHANGING, row);
    if (statement_run(&statement, &changes, err) < 0)
        return -1;
    return changes > 0 ? 0 : error_set(err, ERROR_NOT_FOUND, "there is no such subscription");
}

static const char get_sql[] =
    "SELECT " COLUMNS ", number FROM subscriptions WHERE number = ? AND state <> 'deleted'";

int sqlite_get_subscription(struct store_session *s,
                            int64_t number,
                            struct arena *arena,
                            struct subscription_row *out,
                            struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(s, get_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, number);
    if (row_find(&statement, read_subscription, sizeof *out, arena, out, err) == 0)
        return 0;
    if (err == NULL || err->kind != ERROR_NOT_FOUND)
        return -1;
    error_clear(err); /* not a row, to whoever asked */
    return error_set(err, ERROR_NOT_FOUND, "there is no such subscription");
}

static const char list_sql[] = "SELECT " COLUMNS ", number FROM subscriptions ORDER BY number";

int sqlite_list_subscriptions(struct store_session *s,
                              struct arena *arena,
                              struct subscription_rows *out,
                              struct error *err)
{
    auto_statement struct statement statement = {0};
    void *items = NULL;
    if (session_statement(s, list_sql, &statement, err) < 0 ||
        rows_collect(&statement, read_subscription, sizeof *out->items, arena, &items, &out->count,
                     err) < 0)
        return -1;
    out->items = items;
    return 0;
}

/* ---- removing ---- */

static const char clear_attempts_sql[] =
    "DELETE FROM delivery_attempts WHERE delivery IN (SELECT number FROM deliveries "
    "WHERE subscription = ?1 AND (state = 'pending' OR state = 'waiting') LIMIT ?2)";
static const char clear_open_sql[] =
    "DELETE FROM deliveries WHERE number IN (SELECT number FROM deliveries "
    "WHERE subscription = ?1 AND (state = 'pending' OR state = 'waiting') LIMIT ?2)";
static const char clear_dead_attempts_sql[] =
    "DELETE FROM delivery_attempts WHERE delivery IN (SELECT number FROM deliveries "
    "WHERE subscription = ?1 AND state = 'dead' LIMIT ?2)";
static const char clear_dead_sql[] =
    "DELETE FROM deliveries WHERE number IN (SELECT number FROM deliveries "
    "WHERE subscription = ?1 AND state = 'dead' LIMIT ?2)";
static const char clear_self_sql[] =
    "DELETE FROM subscriptions WHERE number = ?1 AND state = 'deleted' AND ?2 > 0";

static int remove_some(struct store_session *s,
                       const char *sql,
                       int64_t number,
                       size_t limit,
                       int64_t *removed,
                       struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_write_statement(s, sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, number);
    bind_int64(&statement, 2, (int64_t)limit);
    return statement_run(&statement, removed, err);
}

/* A limit's rows are the same for its attempts and for the deliveries: both are found by the same index. */
int sqlite_clear_subscription(
    struct store_session *s, int64_t number, size_t limit, int64_t *removed, struct error *err)
{
    int64_t open = 0;
    int64_t dead = 0;
    *removed = 0;
    if (remove_some(s, clear_attempts_sql, number, limit, NULL, err) < 0 ||
        remove_some(s, clear_open_sql, number, limit, &open, err) < 0 ||
        remove_some(s, clear_dead_attempts_sql, number, limit, NULL, err) < 0 ||
        remove_some(s, clear_dead_sql, number, limit, &dead, err) < 0)
        return -1;
    *removed = open + dead;
    return *removed > 0 ? 0 : remove_some(s, clear_self_sql, number, limit, removed, err);
}
