#include "support/fault_steps.h"

#include <pthread.h>
#include <sqlite3.h>

#include "core/hash.h"
#include "core/lock.h"
#include "core/text.h"
#include "support/cmocka_all.h"

static struct {
    pthread_mutex_t lock;
    enum fault_where where;
    long left; /* 0: nothing is to fail */
    bool fired;
} fault = {.lock = PTHREAD_MUTEX_INITIALIZER};

void fault_steps_arm(enum fault_where where, long n)
{
    auto_unlock pthread_mutex_t *held = lock(&fault.lock);
    fault.where = where;
    fault.left = n;
    fault.fired = false;
}

bool fault_steps_disarm(void)
{
    auto_unlock pthread_mutex_t *held = lock(&fault.lock);
    fault.left = 0;
    return fault.fired;
}

static bool fails_now(sqlite3_stmt *statement)
{
    sqlite3 *db = sqlite3_db_handle(statement);
    enum fault_where where = sqlite3_db_readonly(db, "main") == 1 ? FAULT_READERS : FAULT_WRITER;
    auto_unlock pthread_mutex_t *held = lock(&fault.lock);
    if (fault.left == 0 || where != fault.where || --fault.left > 0)
        return false;
    fault.fired = true;
    return true;
}

/* Undoing must always work, as it does in the library. */
static bool is_undoing(sqlite3_stmt *statement)
{
    return text_starts_with(sqlite3_sql(statement), "ROLLBACK");
}

int __real_sqlite3_step(sqlite3_stmt *statement);
int __wrap_sqlite3_step(sqlite3_stmt *statement);

int __wrap_sqlite3_step(sqlite3_stmt *statement)
{
    if (!is_undoing(statement) && fails_now(statement))
        return SQLITE_FULL;
    return __real_sqlite3_step(statement);
}

/* ---- what is there ------------------------------------------------------------------------------------------- */

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    return statement;
}

static uint64_t hash_rows(sqlite3 *db, const char *table, uint64_t hash)
{
    char *sql = sqlite3_mprintf("SELECT * FROM %Q", table);
    sqlite3_stmt *rows = prepare(db, sql);
    hash = hash_text(hash, table);
    while (__real_sqlite3_step(rows) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(rows); i++)
            hash = hash_text(hash, (const char *)sqlite3_column_text(rows, i));
    }
    sqlite3_finalize(rows);
    sqlite3_free(sql);
    return hash;
}

uint64_t fault_steps_hash(const char *path)
{
    sqlite3 *db = NULL;
    uint64_t hash = HASH_START;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    sqlite3_stmt *tables = prepare(
        db, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
    while (__real_sqlite3_step(tables) == SQLITE_ROW)
        hash = hash_rows(db, (const char *)sqlite3_column_text(tables, 0), hash);
    sqlite3_finalize(tables);
    sqlite3_close(db);
    return hash_finish(hash);
}
