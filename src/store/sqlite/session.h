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

#include "core/arena.h"
#include "core/error.h"
#include "core/metrics.h"
#include "store/backend.h"

/** What all sessions of one store share. Immutable after opening, the watch apart. */
struct sqlite_context {
    char *path;
    char *vfs; /* or NULL */
    int checkpoint_pages;
    struct metric *log_bytes; /* or NULL */
    struct metric *checkpoints;
    struct version_watch *watch;
};

enum { STATEMENT_SLOTS = 128 }; /* a power of two, more than twice the statements of this room */

struct kept_statement {
    const char *sql; /* compared by address: every statement of this room is one static text */
    sqlite3_stmt *statement;
};

enum session_role { SESSION_READER, SESSION_WRITER };

struct store_session {
    struct sqlite_context *context;
    sqlite3 *db; /* NULL after a failed reconnect */
    enum session_role role;
    bool in_transaction;
    bool broken; /* something failed below the rows in this transaction: it must not be committed */
    bool reconnect;    /* the connection itself is suspect */
    int log_pages;     /* the log's length after the last commit (writer) */
    int checkpoint_at; /* do it when the log has this many pages (writer) */
    struct kept_statement kept[STATEMENT_SLOTS];
};

/** A statement in use, {0} before; goes back reset, and with its bindings forgotten, when the scope
 * ends. */
struct statement {
    struct store_session *session;
    sqlite3_stmt *raw;
    bool kept; /* else finalized instead of reset */
};

void statement_release(struct statement *statement);
#define auto_statement __attribute__((cleanup(statement_release)))

/** A new session, connected. UNAVAILABLE, or INVALID if the file is no database. */
int session_open(struct sqlite_context *context,
                 enum session_role role,
                 struct store_session **out,
                 struct error *err) MUST_USE;
void session_close(struct store_session *session);

/** Connect again if the last failure made the connection suspect. UNAVAILABLE. */
int session_ready(struct store_session *session, struct error *err) MUST_USE;

/** The kept statement of that text, prepared on first use. `sql` must be a static text. */
int session_statement(struct store_session *session,
                      const char *sql,
                      struct statement *out,
                      struct error *err) MUST_USE;

/** A statement that is written at run time, and finalized at the end of the scope. */
int session_prepare(struct store_session *session,
                    const char *sql,
                    struct statement *out,
                    struct error *err) MUST_USE;

/** The same for statements that write: refused once the transaction is broken. */
int session_write_statement(struct store_session *session,
                            const char *sql,
                            struct statement *out,
                            struct error *err) MUST_USE;

/** 1: a row, 0: the end, -1: an error. */
int statement_step(struct statement *statement, struct error *err) MUST_USE;

/** Run to the end. `*changes` (or NULL): rows changed. */
int statement_run(struct statement *statement, int64_t *changes, struct error *err) MUST_USE;

/** Run a text without results. */
int session_exec(struct store_session *session, const char *sql, struct error *err) MUST_USE;

/** Make an error of the library's result, remember what it means for the session, return -1. */
int session_fail(struct store_session *session, int code, struct error *err);

/** `text` is borrowed until the statement is released; NULL binds NULL. */
void bind_text(struct statement *statement, int index, const char *text);
void bind_int64(struct statement *statement, int index, int64_t value);

#endif
