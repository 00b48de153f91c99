/*
 * Transactions. A writer's begins IMMEDIATE: one that read first and then writes would be refused
 * as soon as another process wrote in between, and waiting would not help.
 */
#include "engine.h"
#include "statement.h"

#include "core/macros.h"

static const char begin_sql[] = "BEGIN IMMEDIATE";
static const char commit_sql[] = "COMMIT";
static const char rollback_sql[] = "ROLLBACK";
static const char unit_begin_sql[] = "SAVEPOINT unit";
static const char unit_keep_sql[] = "RELEASE unit";
static const char unit_undo_sql[] = "ROLLBACK TO unit";
static const char read_begin_sql[] = "BEGIN";
static const char touch_sql[] = "UPDATE probe SET count = count + 1";

static int run(struct store_session *session, const char *sql, struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(session, sql, &statement, err) < 0)
        return -1;
    return statement_run(&statement, NULL, err);
}

int sqlite_begin(struct store_session *session, struct error *err)
{
    if (session_ready(session, err) < 0 || session_in_place(session, err) < 0 ||
        run(session, begin_sql, err) < 0)
        return -1;
    session->broken = false;
    session->wrote = false;
    session->in_transaction = true;
    return 0;
}

/* What failed below the rows must not be committed, even if the unit of work did not mind. */
int sqlite_check(struct store_session *session, struct error *err)
{
    if (!session->broken && session->db && !sqlite3_get_autocommit(session->db))
        return 0;
    session->broken = true;
    return error_set(err, ERROR_UNAVAILABLE, "database: %s", session->trouble);
}

int sqlite_commit(struct store_session *session, struct error *err)
{
    if (sqlite_check(session, err) < 0 || run(session, commit_sql, err) < 0)
        return -1;
    session->in_transaction = false;
    return 0;
}

bool sqlite_wrote(const struct store_session *session)
{
    return session->wrote;
}

void sqlite_rollback(struct store_session *session)
{
    struct error ignored = {0};
    /* The library may have rolled back by itself; if it cannot, closing the connection does it. */
    if (session->db && !sqlite3_get_autocommit(session->db) &&
        run(session, rollback_sql, &ignored) < 0)
        session->reconnect = true;
    session->in_transaction = false;
    session->broken = false;
}

int sqlite_unit_begin(struct store_session *session, struct error *err)
{
    if (sqlite_check(session, err) < 0)
        return -1;
    return run(session, unit_begin_sql, err);
}

int sqlite_unit_keep(struct store_session *session, struct error *err)
{
    if (sqlite_check(session, err) < 0)
        return -1;
    return run(session, unit_keep_sql, err);
}

int sqlite_unit_drop(struct store_session *session, struct error *err)
{
    if (sqlite_check(session, err) < 0 || run(session, unit_undo_sql, err) < 0)
        return -1;
    return run(session, unit_keep_sql, err);
}

int sqlite_touch(struct store_session *session, struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_write_statement(session, touch_sql, &statement, err) < 0)
        return -1;
    return statement_run(&statement, NULL, err);
}

int sqlite_read_begin(struct store_session *session, struct error *err)
{
    if (session_ready(session, err) < 0 || run(session, read_begin_sql, err) < 0)
        return -1;
    session->in_transaction = true;
    return 0;
}

void sqlite_read_end(struct store_session *session)
{
    sqlite_rollback(session);
}
