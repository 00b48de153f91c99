/*
 * Idempotency keys, and the answers that were given under them.
 */
#include "engine.h"
#include "row.h"

#include "core/macros.h"

static const struct column columns[] = {
    COLUMN(TEXT, idempotency_row, caller),
    COLUMN(TEXT, idempotency_row, key),
    COLUMN(TEXT, idempotency_row, account_sid),
    COLUMN(SHA256, idempotency_row, request_sha256),
    COLUMN(INT64_SET, idempotency_row, call_number),
    COLUMN(INT, idempotency_row, status),
    COLUMN(TEXT, idempotency_row, content_type),
    COLUMN(TEXT, idempotency_row, body),
    COLUMN(TEXT, idempotency_row, location),
    COLUMN(INT64, idempotency_row, created_at_ms),
};
#define COLUMNS                                                                                    \
    "caller, key, account_sid, request_sha256, call_number, status, content_type, body, "          \
    "location, "                                                                                   \
    "created_at"

static int read_key(struct statement *statement, struct arena *arena, void *row, struct error *err)
{
    return row_read(statement, 0, columns, ARRAY_LEN(columns), arena, row, err);
}

static const char insert_sql[] =
    "INSERT INTO idempotency (" COLUMNS ") VALUES (?,?,?,?,?,?,?,?,?,?)";

int sqlite_insert_idempotency(struct store_session *s,
                              const struct idempotency_row *row,
                              struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_write_statement(s, insert_sql, &statement, err) < 0)
        return -1;
    row_bind(&statement, 1, columns, ARRAY_LEN(columns), row);
    return statement_run(&statement, NULL, err);
}

static const char get_sql[] = "SELECT " COLUMNS " FROM idempotency WHERE caller = ? AND key = ?";

int sqlite_get_idempotency(struct store_session *s,
                           const char *caller,
                           const char *key,
                           struct arena *arena,
                           struct idempotency_row *out,
                           struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(s, get_sql, &statement, err) < 0)
        return -1;
    bind_text(&statement, 1, caller);
    bind_text(&statement, 2, key);
    return row_find(&statement, read_key, sizeof *out, arena, out, err);
}

static const struct column answer[] = {
    COLUMN(TEXT, idempotency_row, caller), COLUMN(TEXT, idempotency_row, key),
    COLUMN(INT, idempotency_row, status),  COLUMN(TEXT, idempotency_row, content_type),
    COLUMN(TEXT, idempotency_row, body),   COLUMN(TEXT, idempotency_row, location),
};
static const char answer_sql[] =
    "UPDATE idempotency SET (status, content_type, body, location) = (?3,?4,?5,?6) "
    "WHERE caller = ?1 AND key = ?2 AND status = 0";

int sqlite_answer_idempotency(struct store_session *s,
                              const struct idempotency_row *row,
                              struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_write_statement(s, answer_sql, &statement, err) < 0)
        return -1;
    row_bind(&statement, 1, answer, ARRAY_LEN(answer), row);
    return statement_run(&statement, NULL, err);
}

static const char prune_sql[] =
    "DELETE FROM idempotency WHERE number IN "
    "(SELECT number FROM idempotency WHERE created_at < ? ORDER BY created_at LIMIT ?)";

int sqlite_prune_idempotency(
    struct store_session *s, int64_t before_ms, size_t limit, int64_t *removed, struct error *err)
{
    return session_prune(s, prune_sql, before_ms, limit, removed, err);
}
