/*
 * A connection to the database file: how it is set up, how statements are kept, how the library's
 * results become errors of ours. Everything in this room goes through it.
 */
#ifndef STORE_SQLITE_SESSION_H
#define STORE_SQLITE_SESSION_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/arena.h"
#include "core/error.h"
#include "core/metrics.h"
#include "store/backend.h"

/** What all sessions of one store share. Immutable once the writer's session is open. */
struct sqlite_context {
    char *path;
    char *vfs;    /* or NULL */
    dev_t device; /* which file it is: a path can be given to another one */
    ino_t inode;
    int hold;           /* file_hold's; -1: others may be there as well */
    int schema_version; /* 0 while the store is being opened */
    int checkpoint_pages;
    struct metric *log_bytes; /* or NULL */
    struct metric *checkpoints;
    struct version_watch *watch;
    struct checkpointer *checkpointer;
};

enum { STATEMENT_SLOTS = 256 }; /* a power of two, more than twice the statements of this room */

struct kept_statement {
    const char *sql; /* compared by address: every statement of this room is one static text */
    sqlite3_stmt *statement;
};

enum session_role { SESSION_READER, SESSION_WRITER, SESSION_CHECKPOINTER };

struct store_session {
    struct sqlite_context *context;
    sqlite3 *db; /* NULL after a failed reconnect */
    enum session_role role;
    bool in_transaction;
    bool broken; /* something failed below the rows in this transaction: it must not be committed */
    bool reconnect;    /* the connection itself is suspect */
    char trouble[160]; /* what failed last, for whoever asks about a broken transaction */
    bool wrote;        /* the last commit changed something (writer) */
    int log_pages;     /* the log's length after the last commit (writer) */
    int checkpoint_at; /* do it when the log has this many pages (writer) */
    struct kept_statement kept[STATEMENT_SLOTS];
};

/** What erase.c asks of texts, as functions of SQL (voice/person.h). Answers a code of the library. */
int erase_add_functions(sqlite3 *db);

/**
 * A new session, connected.
 * @param err  UNAVAILABLE; while the store is being opened INVALID for what waiting does not mend:
 * no database, corrupt, another program's, no permission
 */
int session_open(struct sqlite_context *context,
                 enum session_role role,
                 struct store_session **out,
                 struct error *err) MUST_USE;
void session_close(struct store_session *session);

/**
 * Whether the path still leads to the file that was opened. If not, what we write would go to a
 * file that nobody finds again, and the log beside the new one would be ours. UNAVAILABLE.
 */
int session_in_place(const struct store_session *session, struct error *err) MUST_USE;

/** Connect again if the last failure made the connection suspect. UNAVAILABLE. */
int session_ready(struct store_session *session, struct error *err) MUST_USE;

/** Run a text without results. */
int session_exec(struct store_session *session, const char *sql, struct error *err) MUST_USE;

/** Make an error of the library's result, remember what it means for the session, return -1. */
int session_fail(struct store_session *session, int code, struct error *err);

#endif
