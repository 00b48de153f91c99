/*
 * The schema: which version a file has, whether it looks whole, and the way to the newest version.
 */
#include "schema.h"
#include "statement.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/macros.h"

static int pragma_int(struct store_session *session, const char *sql, int *out, struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_prepare(session, sql, &statement, err) < 0)
        return -1;
    int step = statement_step(&statement, err);
    if (step < 0)
        return -1;
    *out = step > 0 ? sqlite3_column_int(statement.raw, 0) : 0;
    return 0;
}

int schema_version_of(struct store_session *session, int *out, struct error *err)
{
    int application = 0;
    int version = 0;
    int tables = 0;

    if (pragma_int(session, "PRAGMA application_id", &application, err) < 0 ||
        pragma_int(session, "PRAGMA user_version", &version, err) < 0 ||
        pragma_int(session, "SELECT count(*) FROM sqlite_schema", &tables, err) < 0)
        return -1;
    bool empty = application == 0 && version == 0 && tables == 0;
    if (!empty && (application != APPLICATION_ID || version < 1))
        return error_set(err, ERROR_INVALID, "the database belongs to another program");
    *out = version;
    return 0;
}

/* ---- is it whole? ---- */

enum { SMALL_PAGES = 256 };

int schema_check_small(struct store_session *session, struct error *err)
{
    auto_statement struct statement statement = {0};
    int pages = 0;

    if (pragma_int(session, "PRAGMA page_count", &pages, err) < 0)
        return -1;
    if (pages > SMALL_PAGES)
        return 0;
    if (session_prepare(session, "PRAGMA quick_check(1)", &statement, err) < 0 ||
        statement_step(&statement, err) < 0)
        return -1;
    const char *verdict = (const char *)sqlite3_column_text(statement.raw, 0);
    if (verdict && strcmp(verdict, "ok") != 0)
        return error_set(err, ERROR_INVALID, "the database is corrupt: %.160s", verdict);
    return 0;
}

static const char missing_sql[] =
    "WITH wanted(name) AS (VALUES ('calls'), ('legs'), ('timeline'), ('recordings'), ('jobs'), "
    "('api_keys'), ('identity_groups'), ('idempotency'), ('audit'), ('probe')) "
    "SELECT name FROM wanted WHERE name NOT IN (SELECT name FROM sqlite_schema WHERE type = "
    "'table')";

int schema_check_tables(struct store_session *session, struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_prepare(session, missing_sql, &statement, err) < 0)
        return -1;
    int step = statement_step(&statement, err);
    if (step > 0)
        return error_set(err, ERROR_INVALID, "the database has no table %s",
                         (const char *)sqlite3_column_text(statement.raw, 0));
    return step;
}

/* ---- the copy that is made before anything is changed ---- */

/* SQLite takes an empty file for the copy, and would make one that everybody can read. */
static int make_private(const char *path, struct error *err)
{
    if (unlink(path) < 0 && errno != ENOENT)
        return error_errno(err, ERROR_UNAVAILABLE, "removing an unfinished copy of the database");
    int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return error_errno(err, ERROR_UNAVAILABLE, "making a copy of the database");
    close(file);
    return 0;
}

static int sync_path(const char *path, struct error *err)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return error_errno(err, ERROR_UNAVAILABLE, "opening the copy of the database");
    int result = fsync(file);
    if (result < 0)
        error_errno(err, ERROR_UNAVAILABLE, "syncing the copy of the database");
    close(file);
    return result;
}

static int back_up(struct store_session *session, int version, struct error *err)
{
    auto_arena struct arena *arena = arena_create();
    auto_statement struct statement statement = {0};
    char *copy = arena_printf(arena, "%s.bak-v%d", session->context->path, version);
    char *part = arena_printf(arena, "%s.part", copy);

    if (make_private(part, err) < 0 ||
        session_prepare(session, "VACUUM INTO ?", &statement, err) < 0)
        return -1;
    bind_text(&statement, 1, part);
    if (statement_run(&statement, NULL, err) < 0 || sync_path(part, err) < 0)
        return -1;
    if (rename(part, copy) < 0)
        return error_errno(err, ERROR_UNAVAILABLE, "naming the copy of the database");
    return 0;
}

/* ---- one step ---- */

static int set_numbers(struct store_session *session, int version, struct error *err)
{
    char sql[128];
    (void)snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d",
                   (int)APPLICATION_ID, version);
    return session_exec(session, sql, err);
}

/* Another process may have been faster: then there is nothing to do. */
static int
step_locked(struct store_session *session, const struct migration *migration, struct error *err)
{
    int version = 0;
    if (schema_version_of(session, &version, err) < 0)
        return -1;
    if (version >= migration->version)
        return 0;
    if (session_exec(session, migration->sql, err) < 0)
        return -1;
    return set_numbers(session, migration->version, err);
}

static int
run_step(struct store_session *session, const struct migration *migration, struct error *err)
{
    if (session_exec(session, "BEGIN IMMEDIATE", err) < 0)
        return -1;
    if (step_locked(session, migration, err) == 0 && session_exec(session, "COMMIT", err) == 0)
        return 0;
    sqlite3_exec(session->db, "ROLLBACK", NULL, NULL, NULL);
    return -1;
}

int schema_migrate(struct store_session *session,
                   const struct migration *migrations,
                   size_t count,
                   struct error *err)
{
    int version = 0;
    int newest = count > 0 ? migrations[count - 1].version : 0;

    if (schema_version_of(session, &version, err) < 0)
        return -1;
    if (version > newest)
        return error_set(err, ERROR_INVALID,
                         "the database has version %d, this program knows up to %d: it was "
                         "written by a newer one",
                         version, newest);
    if (version > 0 && version < newest && back_up(session, version, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (migrations[i].version > version && run_step(session, &migrations[i], err) < 0)
            return -1;
    return 0;
}
