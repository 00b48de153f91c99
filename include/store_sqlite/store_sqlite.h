/*
 * The SQLite backend of the store: one file, WAL, synchronous=FULL, one writer thread with group commit, read-only
 * connections on reader threads. Only main.c, the command line and tests know this door.
 */
#ifndef STORE_SQLITE_STORE_SQLITE_H
#define STORE_SQLITE_STORE_SQLITE_H

#include <stdbool.h>

#include "core/metrics.h"
#include "store/store.h"

struct store_sqlite_settings {
    const char *path;        /**< created with mode 0600, and its directory with 0700, if missing */
    unsigned readers;        /**< reader threads and connections; 0 = 2 */
    size_t queue_max;        /**< units that may wait; 0 = 8192 */
    int checkpoint_pages;    /**< planned checkpoint size; 0 = 4000 */
    size_t group_max;        /**< most units in one transaction; 0 = 512 */
    struct metrics *metrics; /**< commit sizes and times, log size, queue length; NULL: none */
    bool
        alone; /**< a server: only one at a time, because what is half done at start would be another's work. Command
                     lines open the file beside it */
    const char
        *vfs; /**< name of a registered VFS, for fault injection in tests; NULL: the default */
};

/**
 * Open, and bring the schema up to date (numbered migrations, each in its own transaction with its version).
 * @param err  INVALID with a clear text: not a database, corrupt (quick check), newer than this program, or not
 *             writable; nothing is changed then. CONFLICT: another process has it open `alone`
 */
int store_sqlite_open(const struct store_sqlite_settings *settings,
                      struct store **out,
                      struct error *err) MUST_USE;

/**
 * Copy the whole log to the database and empty it, so that pages as they were before are in no file any more. Beside a
 * server is fine. UNAVAILABLE if somebody has been reading all the time.
 */
int store_sqlite_empty_log(const char *path, struct error *err) MUST_USE;

/**
 * Open a file of this program's schema to look at it, beside a server or without one: nothing is created, migrated or written;
 * every unit of work is UNAVAILABLE. Of the settings `path`, `readers` and `vfs` count.
 * @param err  INVALID: there is no such file, it belongs to another program, or its schema is another version's
 */
int store_sqlite_open_to_read(const struct store_sqlite_settings *settings,
                              struct store **out,
                              struct error *err) MUST_USE;

/** The schema version this program brings, and the one a file has (0: empty). For `switchhook check`; changes nothing. */
int store_sqlite_schema_version(void);
int store_sqlite_file_version(const char *path, int *out, struct error *err) MUST_USE;

#endif
