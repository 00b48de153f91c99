/*
 * Sessions: connecting, keeping statements, and telling the library's results apart. A statement
 * costs more to prepare than to run, so each session keeps the ones it has used, found by the
 * address of their text.
 */
#include "session.h"

#include <stdlib.h>
#include <string.h>

#include "core/macros.h"
#include "core/xmalloc.h"

enum {
    BUSY_TIMEOUT_MS = 2000, /* another process writes: a key is created, a backup taken */
};

/* ---- results of the library
 * ---------------------------------------------------------------------------------- */

struct meaning {
    int code;
    enum error_kind kind;
    bool reconnect; /* what the connection has in memory can no longer be trusted */
};

/* Primary result codes. What is not listed is a mistake of ours. */
static const struct meaning meanings[] = {
    {SQLITE_FULL,      ERROR_UNAVAILABLE, false},
    {SQLITE_BUSY,      ERROR_UNAVAILABLE, false},
    {SQLITE_LOCKED,    ERROR_UNAVAILABLE, false},
    {SQLITE_PROTOCOL,  ERROR_UNAVAILABLE, false},
    {SQLITE_INTERRUPT, ERROR_UNAVAILABLE, false},
    {SQLITE_NOMEM,     ERROR_UNAVAILABLE, true },
    {SQLITE_IOERR,     ERROR_UNAVAILABLE, true },
    {SQLITE_CANTOPEN,  ERROR_UNAVAILABLE, true },
    {SQLITE_READONLY,  ERROR_UNAVAILABLE, true },
    {SQLITE_PERM,      ERROR_UNAVAILABLE, true },
    {SQLITE_CORRUPT,   ERROR_UNAVAILABLE, true },
    {SQLITE_NOTADB,    ERROR_UNAVAILABLE, true },
};

static const struct meaning *meaning_of(int code)
{
    static const struct meaning ours = {0, ERROR_INTERNAL, false};
    for (size_t i = 0; i < ARRAY_LEN(meanings); i++)
        if (meanings[i].code == (code & 0xff))
            return &meanings[i];
    return &ours;
}

int session_fail(struct store_session *session, int code, struct error *err)
{
    int extended = session->db ? sqlite3_extended_errcode(session->db) : code;
    if (extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY)
        return error_set(err, ERROR_CONFLICT, "exists already: %s", sqlite3_errmsg(session->db));

    const struct meaning *meaning = meaning_of(code);
    if (meaning->kind == ERROR_UNAVAILABLE)
        session->broken = true;
    if (meaning->reconnect)
        session->reconnect = true;
    return error_set(err, meaning->kind, "database: %s (%d)",
                     session->db ? sqlite3_errmsg(session->db) : sqlite3_errstr(code), extended);
}

/* ---- connecting
 * ---------------------------------------------------------------------------------------------- */

static const char both_setup[] = "PRAGMA foreign_keys = ON;"
                                 "PRAGMA trusted_schema = OFF;"
                                 "PRAGMA temp_store = MEMORY;";

/* FULL: a commit that returned survives a power cut. The log is checkpointed by plan
 * (checkpoint.c), not by chance. */
static const char writer_setup[] = "PRAGMA journal_mode = WAL;"
                                   "PRAGMA synchronous = FULL;"
                                   "PRAGMA wal_autocheckpoint = 0;"
                                   "PRAGMA secure_delete = FAST;"
                                   "PRAGMA cache_size = -8192;";

static const char reader_setup[] = "PRAGMA cache_size = -2048;";

static int set_up(struct store_session *session, struct error *err)
{
    sqlite3_extended_result_codes(session->db, 1);
    sqlite3_busy_timeout(session->db, BUSY_TIMEOUT_MS);
    sqlite3_db_config(session->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(session->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_db_config(session->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    if (session->role == SESSION_WRITER && sqlite3_db_readonly(session->db, "main") == 1)
        return error_set(err, ERROR_UNAVAILABLE, "database: the file is not writable");
    if (session_exec(session, both_setup, err) < 0)
        return -1;
    return session_exec(session, session->role == SESSION_WRITER ? writer_setup : reader_setup,
                        err);
}

static void disconnect(struct store_session *session)
{
    for (size_t i = 0; i < STATEMENT_SLOTS; i++)
        sqlite3_finalize(session->kept[i].statement);
    memset(session->kept, 0, sizeof session->kept);
    sqlite3_close(session->db);
    session->db = NULL;
    session->in_transaction = false;
}

/* Never creates the file: that is done once, on purpose, before the first session. */
static int connect_session(struct store_session *session, struct error *err)
{
    int flags = SQLITE_OPEN_NOMUTEX |
                (session->role == SESSION_WRITER ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
    int code = sqlite3_open_v2(session->context->path, &session->db, flags, session->context->vfs);
    if (code == SQLITE_OK && set_up(session, err) == 0) {
        session->reconnect = false;
        session->broken = false;
        return 0;
    }
    if (code != SQLITE_OK)
        session_fail(session, code, err);
    disconnect(session);
    session->reconnect = true;
    return -1;
}

int session_open(struct sqlite_context *context,
                 enum session_role role,
                 struct store_session **out,
                 struct error *err)
{
    struct store_session *session = xcalloc(1, sizeof *session);
    session->context = context;
    session->role = role;
    session->checkpoint_at = context->checkpoint_pages;
    if (connect_session(session, err) < 0) {
        free(session);
        return -1;
    }
    *out = session;
    return 0;
}

void session_close(struct store_session *session)
{
    disconnect(session);
    free(session);
}

int session_ready(struct store_session *session, struct error *err)
{
    if (!session->reconnect)
        return 0;
    disconnect(session);
    return connect_session(session, err);
}

/* ---- statements
 * ---------------------------------------------------------------------------------------------- */

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

int session_exec(struct store_session *session, const char *sql, struct error *err)
{
    int code = sqlite3_exec(session->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? 0 : session_fail(session, code, err);
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
