#include "statement.h"

#include "core/macros.h"

static struct kept_statement *slot_of(struct store_session *session, const char *sql)
{
    size_t slot = ((uintptr_t)sql >> 4) % STATEMENT_SLOTS;
    while (session->kept[slot].sql && session->kept[slot].sql != sql)
        slot = (slot + 1) % STATEMENT_SLOTS;
    return &session->kept[slot];
}

int session_statement(struct store_session *session,
                      const char *sql,
                      struct statement *out,
                      struct error *err)
{
    struct kept_statement *kept = slot_of(session, sql);
    if (!kept->statement) {
        int code = sqlite3_prepare_v3(session->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                      &kept->statement, NULL);
        if (code != SQLITE_OK)
            return session_fail(session, code, err);
        kept->sql = sql;
    }
    *out = (struct statement){session, kept->statement, true};
    return 0;
}

int session_write_statement(struct store_session *session,
                            const char *sql,
                            struct statement *out,
                            struct error *err)
{
    ASSERT(session->in_transaction);
    if (session->broken)
        return error_set(err, ERROR_UNAVAILABLE, "database: this transaction has failed already");
    return session_statement(session, sql, out, err);
}

int session_prepare(struct store_session *session,
                    const char *sql,
                    struct statement *out,
                    struct error *err)
{
    sqlite3_stmt *raw = NULL;
    int code = sqlite3_prepare_v2(session->db, sql, -1, &raw, NULL);
    if (code != SQLITE_OK)
        return session_fail(session, code, err);
    *out = (struct statement){session, raw, false};
    return 0;
}

void statement_release(struct statement *statement)
{
    if (!statement->raw)
        return;
    if (!statement->kept) {
        sqlite3_finalize(statement->raw);
        return;
    }
    sqlite3_reset(statement->raw);
    sqlite3_clear_bindings(statement->raw);
}

int statement_step(struct statement *statement, struct error *err)
{
    int code = sqlite3_step(statement->raw);
    if (code == SQLITE_ROW)
        return 1;
    if (code == SQLITE_DONE)
        return 0;
    return session_fail(statement->session, code, err);
}

int statement_run(struct statement *statement, int64_t *changes, struct error *err)
{
    int step = 0;
    do
        step = statement_step(statement, err);
    while (step > 0);
    if (step == 0 && changes)
        *changes = sqlite3_changes64(statement->session->db);
    return step;
}

int session_prune(struct store_session *session,
                  const char *sql,
                  int64_t before,
                  size_t limit,
                  int64_t *removed,
                  struct error *err)
{
    auto_statement struct statement statement = {0};
    int64_t changes = 0;
    if (session_write_statement(session, sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, before);
    bind_int64(&statement, 2, (int64_t)limit);
    if (statement_run(&statement, &changes, err) < 0)
        return -1;
    *removed += changes;
    return 0;
}

void bind_text(struct statement *statement, int index, const char *text)
{
    int code = text ? sqlite3_bind_text(statement->raw, index, text, -1, SQLITE_STATIC)
                    : sqlite3_bind_null(statement->raw, index);
    ASSERT(code == SQLITE_OK);
}

void bind_int64(struct statement *statement, int index, int64_t value)
{
    ASSERT(sqlite3_bind_int64(statement->raw, index, value) == SQLITE_OK);
}
