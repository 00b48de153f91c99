/*
 * Statements. One costs more to prepare than to run, so each session keeps those it has used, found
 * by the address of their text.
 */
#ifndef STORE_SQLITE_STATEMENT_H
#define STORE_SQLITE_STATEMENT_H

#include "session.h"

/** A statement in use, {0} before; goes back reset, and with its bindings forgotten, when the scope ends. */
struct statement {
    struct store_session *session;
    sqlite3_stmt *raw;
    bool kept; /* else finalized instead of reset */
};

void statement_release(struct statement *statement);
#define auto_statement __attribute__((cleanup(statement_release)))

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

/** Run a DELETE whose parameters are a bound and how many rows at most; adds to `*removed` how many went. */
int session_prune(struct store_session *session,
                  const char *sql,
                  int64_t before,
                  size_t limit,
                  int64_t *removed,
                  struct error *err) MUST_USE;

/** `text` is borrowed until the statement is released; NULL binds NULL. */
void bind_text(struct statement *statement, int index, const char *text);
void bind_int64(struct statement *statement, int index, int64_t value);

#endif
