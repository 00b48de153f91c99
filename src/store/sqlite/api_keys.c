/*
 * API keys: few rows, read as a whole and kept in memory by whoever checks them.
 */
#include "engine.h"
#include "row.h"

#include "core/macros.h"

static const struct column columns[] = {
    COLUMN(TEXT, api_key_row, id),
    COLUMN(TEXT, api_key_row, account_sid),
    COLUMN(TEXT, api_key_row, name),
    COLUMN(TEXT, api_key_row, scopes),
    COLUMN(SHA256, api_key_row, secret_sha256),
    COLUMN(INT64, api_key_row, created_at_ms),
    COLUMN(INT64, api_key_row, revoked_at_ms),
};
#define COLUMNS "id, account_sid, name, scopes, secret_sha256, created_at, revoked_at"

static int read_key(struct statement *statement, struct arena *arena, void *row, struct error *err)
{
    return row_read(statement, 0, columns, ARRAY_LEN(columns), arena, row, err);
}

static const char insert_sql[] = "INSERT INTO api_keys (" COLUMNS ") VALUES (?,?,?,?,?,?,?)";

int sqlite_insert_api_key(struct store_session *s, const struct api_key_row *row, struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_write_statement(s, insert_sql, &statement, err) < 0)
        return -1;
    row_bind(&statement, 1, columns, ARRAY_LEN(columns), row);
    return statement_run(&statement, NULL, err);
}

static const char revoke_sql[] = "UPDATE api_keys SET revoked_at = CASE revoked_at WHEN 0 THEN ?2 "
                                 "ELSE revoked_at END WHERE id = ?1";

int sqlite_revoke_api_key(struct store_session *s,
                          const char *id,
                          int64_t now_ms,
                          struct error *err)
{
    auto_statement struct statement statement = {0};
    int64_t changes = 0;

    if (session_write_statement(s, revoke_sql, &statement, err) < 0)
        return -1;
    bind_text(&statement, 1, id);
    bind_int64(&statement, 2, now_ms);
    if (statement_run(&statement, &changes, err) < 0)
        return -1;
    return changes > 0 ? 0 : error_set(err, ERROR_NOT_FOUND, "there is no key %s", id);
}

static const char list_sql[] = "SELECT " COLUMNS " FROM api_keys ORDER BY created_at, id";

int sqlite_list_api_keys(struct store_session *s,
                         struct arena *arena,
                         struct api_key_rows *out,
                         struct error *err)
{
    auto_statement struct statement statement = {0};
    void *items = NULL;

    if (session_statement(s, list_sql, &statement, err) < 0 ||
        rows_collect(&statement, read_key, sizeof *out->items, arena, &items, &out->count, err) < 0)
        return -1;
    out->items = items;
    return 0;
}
