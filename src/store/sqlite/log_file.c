/*
 * The write-ahead log still has old pages after they were copied to the database. Emptying it is for whoever has erased
 * something: everybody else writes over it.
 */
#include <sqlite3.h>

#include "store_sqlite/store_sqlite.h"

enum { PATIENCE_MS = 10000 };

int store_sqlite_empty_log(const char *path, struct error *err)
{
    sqlite3 *db = NULL;
    int code = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK) {
        sqlite3_busy_timeout(db, PATIENCE_MS);
        /* Who has not read yet does not know that there is a log. */
        code = sqlite3_exec(db, "SELECT 1 FROM sqlite_schema LIMIT 1", NULL, NULL, NULL);
    }
    if (code == SQLITE_OK)
        code = sqlite3_wal_checkpoint_v2(db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    int failed = code == SQLITE_OK
                     ? 0
                     : error_set(err, ERROR_UNAVAILABLE, "database: %s", sqlite3_errstr(code));
    sqlite3_close(db);
    return failed;
}
