/*
 * Connecting, and telling the library's results apart.
 */
#include "session.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/macros.h"
#include "core/xmalloc.h"
#include "schema.h"
#include "statement.h"

enum {
    BUSY_TIMEOUT_MS = 2000, /* another process writes: a key is created, a backup taken */
};

/* ---- results of the library ---- */

struct meaning {
    int code;
    enum error_kind at_open;
    enum error_kind later;
    bool reconnect; /* what the connection has in memory can no longer be trusted */
};

/* Primary result codes. What is not listed is a mistake of ours. */
static const struct meaning meanings[] = {
    {SQLITE_FULL,      ERROR_UNAVAILABLE, ERROR_UNAVAILABLE, false},
    {SQLITE_BUSY,      ERROR_UNAVAILABLE, ERROR_UNAVAILABLE, false},
    {SQLITE_LOCKED,    ERROR_UNAVAILABLE, ERROR_UNAVAILABLE, false},
    {SQLITE_PROTOCOL,  ERROR_UNAVAILABLE, ERROR_UNAVAILABLE, false},
    {SQLITE_INTERRUPT, ERROR_UNAVAILABLE, ERROR_UNAVAILABLE, false},
    {SQLITE_NOMEM,     ERROR_UNAVAILABLE, ERROR_UNAVAILABLE, true },
    {SQLITE_IOERR,     ERROR_UNAVAILABLE, ERROR_UNAVAILABLE, true },
    {SQLITE_CANTOPEN,  ERROR_INVALID,     ERROR_UNAVAILABLE, true },
    {SQLITE_READONLY,  ERROR_INVALID,     ERROR_UNAVAILABLE, true },
    {SQLITE_PERM,      ERROR_INVALID,     ERROR_UNAVAILABLE, true },
    {SQLITE_CORRUPT,   ERROR_INVALID,     ERROR_UNAVAILABLE, true },
    {SQLITE_NOTADB,    ERROR_INVALID,     ERROR_UNAVAILABLE, true },
};

static const struct meaning *meaning_of(int code)
{
    static const struct meaning ours = {0, ERROR_INTERNAL, ERROR_INTERNAL, false};
    for (size_t i = 0; i < ARRAY_LEN(meanings); i++)
        if (meanings[i].code == (code & 0xff))
            return &meanings[i];
    return &ours;
}

int session_fail(struct store_session *session, int code, struct error *err)
{
    const char *text = session->db ? sqlite3_errmsg(session->db) : sqlite3_errstr(code);
    int extended = session->db ? sqlite3_extended_errcode(session->db) : code;
    if (extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY)
        return error_set(err, ERROR_CONFLICT, "exists already: %s", text);

    const struct meaning *meaning = meaning_of(code);
    (void)snprintf(session->trouble, sizeof session->trouble, "%s (%d)", text, extended);
    session->broken = session->broken || meaning->later == ERROR_UNAVAILABLE;
    session->reconnect = session->reconnect || meaning->reconnect;
    return error_set(err, session->context->schema_version == 0 ? meaning->at_open : meaning->later,
                     "database: %s", session->trouble);
}

int session_exec(struct store_session *session, const char *sql, struct error *err)
{
    int code = sqlite3_exec(session->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? 0 : session_fail(session, code, err);
}

/* ---- connecting ---- */

static const char every_setup[] = "PRAGMA foreign_keys = ON;"
                                  "PRAGMA temp_store = MEMORY;";

/*
 * FULL: a commit that returned survives a power cut. The log is checkpointed by plan
 * (checkpoint.c), not by chance; it may stay 64 MiB long, because writing over it is cheaper than
 * growing it again.
 */
#define LOG_SETUP "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;"

/*
 * The writer's triggers keep the full-text index in step, and this version of SQLite lets triggers use an FTS5 table in a
 * trusted schema only. Nobody else needs one.
 */
#define DISTRUST "PRAGMA trusted_schema = OFF;"
#define TRUST "PRAGMA trusted_schema = ON;"

static const char *const role_setup[] = {
    [SESSION_READER] = DISTRUST "PRAGMA cache_size = -2048;",
    [SESSION_WRITER] = TRUST "PRAGMA journal_mode = WAL;"
                             "PRAGMA journal_size_limit = 67108864;"
                             "PRAGMA secure_delete = FAST;"
                             "PRAGMA cache_size = -8192;" LOG_SETUP,
    [SESSION_CHECKPOINTER] = DISTRUST LOG_SETUP,
};

static int note_log_pages(void *context, sqlite3 *db, const char *name, int pages)
{
    struct store_session *session = context;
    (void)db;
    (void)name;
    session->log_pages = pages;
    session->wrote = true;
    return SQLITE_OK;
}

static int set_up(struct store_session *session, struct error *err)
{
    sqlite3_extended_result_codes(session->db, 1);
    sqlite3_busy_timeout(session->db, BUSY_TIMEOUT_MS);
    sqlite3_db_config(session->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(session->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_db_config(session->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    int code = erase_add_functions(session->db);
    return code != SQLITE_OK ? session_fail(session, code, err)
                             : session_exec(session, every_setup, err);
}

/* Before the first thing that could change the file: it has to be ours, and writable. */
static int recognise(struct store_session *session, struct error *err)
{
    int expected = session->context->schema_version;
    int version = 0;

    if (schema_version_of(session, &version, err) < 0)
        return -1;
    if (expected > 0 && version != expected)
        return error_set(err, ERROR_UNAVAILABLE, "database: its version is %d and no longer %d",
                         version, expected);
    if (session->role != SESSION_READER && sqlite3_db_readonly(session->db, "main") == 1)
        return session_fail(session, SQLITE_READONLY, err);
    return 0;
}

/* Where memory cannot be shared (network file systems) SQLite keeps its old journal, and says so only if asked. */
static int check_log_mode(struct store_session *session, struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_prepare(session, "PRAGMA journal_mode", &statement, err) < 0 ||
        statement_step(&statement, err) < 0)
        return -1;
    const char *mode = (const char *)sqlite3_column_text(statement.raw, 0);
    if (mode && strcmp(mode, "wal") == 0)
        return 0;
    return error_set(err, session->context->schema_version == 0 ? ERROR_INVALID : ERROR_UNAVAILABLE,
                     "database: its file system has no shared memory, a local one is needed");
}

/* Never creates the file: that is done once, on purpose, before the first session. */
static int connect_session(struct store_session *session, struct error *err)
{
    int flags = SQLITE_OPEN_NOMUTEX |
                (session->role == SESSION_READER ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
    if (session_in_place(session, err) < 0)
        return -1;
    int code = sqlite3_open_v2(session->context->path, &session->db, flags, session->context->vfs);
    if (code != SQLITE_OK)
        return session_fail(session, code, err);
    if (set_up(session, err) < 0 || recognise(session, err) < 0 ||
        session_exec(session, role_setup[session->role], err) < 0)
        return -1;
    if (session->role != SESSION_WRITER)
        return 0;
    sqlite3_wal_hook(session->db, note_log_pages, session);
    return check_log_mode(session, err);
}

/* A file that is no longer at its path: its log must not be removed by name, it may be another's.
 */
static void disconnect(struct store_session *session)
{
    for (size_t i = 0; i < STATEMENT_SLOTS; i++)
        sqlite3_finalize(session->kept[i].statement);
    memset(session->kept, 0, sizeof session->kept);
    if (session->db && session_in_place(session, NULL) < 0)
        sqlite3_db_config(session->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_close(session->db);
    session->db = NULL;
    session->in_transaction = false;
}

static int reconnect(struct store_session *session, struct error *err)
{
    disconnect(session);
    session->reconnect = false;
    session->broken = false;
    if (connect_session(session, err) == 0)
        return 0;
    disconnect(session);
    session->reconnect = true;
    return -1;
}

int session_ready(struct store_session *session, struct error *err)
{
    return session->reconnect ? reconnect(session, err) : 0;
}

int session_in_place(const struct store_session *session, struct error *err)
{
    struct stat now;
    if (stat(session->context->path, &now) < 0)
        return error_errno(err, ERROR_UNAVAILABLE, "database");
    if (now.st_dev != session->context->device || now.st_ino != session->context->inode)
        return error_set(err, ERROR_UNAVAILABLE,
                         "database: the file was replaced while it was open");
    return 0;
}

/* For the whole process; without effect if somebody has started the library already. */
static void configure_library(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* a lock around every allocation, to count them */
    sqlite3_config(SQLITE_CONFIG_URI, 0);       /* a path is a path */
}

int session_open(struct sqlite_context *context,
                 enum session_role role,
                 struct store_session **out,
                 struct error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, configure_library);

    struct store_session *session = xcalloc(1, sizeof *session);
    session->context = context;
    session->role = role;
    session->checkpoint_at = context->checkpoint_pages;
    if (reconnect(session, err) < 0) {
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
