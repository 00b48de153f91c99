/*
 * Numbered migrations: NNNN_name.sql in the folder migrations/, built into the program by CMake, in
 * order.
 */
#ifndef STORE_SQLITE_SCHEMA_H
#define STORE_SQLITE_SCHEMA_H

#include "session.h"

struct migration {
    int version; /* 1, 2, ... without a gap */
    const char *name;
    const char *sql;
};

/** What this program brings. */
extern const struct migration store_sqlite_migrations[];
extern const size_t store_sqlite_migration_count;

/** PRAGMA application_id of our files: "SwHk". */
enum { APPLICATION_ID = 0x5377486b };

/** The version of the database this session is connected to; 0 is empty. INVALID if it is another program's. */
int schema_version_of(struct store_session *session, int *out, struct error *err) MUST_USE;

/**
 * Look through a database that is small enough for it not to be noticed at start (a fraction of a
 * millisecond per 100 pages). In a larger one a broken page is found when it is read, and answers
 * UNAVAILABLE then. INVALID.
 */
int schema_check_small(struct store_session *session, struct error *err) MUST_USE;

/** INVALID if a table is missing: the number is right, and yet somebody has been here. */
int schema_check_tables(struct store_session *session, struct error *err) MUST_USE;

/**
 * Bring the schema up to the last of `migrations`. Each one is a transaction together with its
 * number, so a crash leaves a whole version. A database with data is copied to PATH.bak-vN first, N
 * being the version it has.
 * @param err  INVALID if the database is newer than the last migration
 */
int schema_migrate(struct store_session *session,
                   const struct migration *migrations,
                   size_t count,
                   struct error *err) MUST_USE;

#endif
