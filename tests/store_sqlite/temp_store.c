#include "temp_store.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/macros.h"
#include "core/xmalloc.h"

char *temp_path(const char *folder, const char *name)
{
    struct buf path;
    buf_init(&path, 4096);
    ASSERT(buf_printf(&path, "%s/%s", folder, name) == 0);
    return buf_steal(&path, NULL);
}

char *temp_folder(void)
{
    const char *base = getenv("TMPDIR"); /* NOLINT(concurrency-mt-unsafe): no other thread yet */
    if (!base)
        base = access("/dev/shm", W_OK) == 0 ? "/dev/shm"
                                             : "/tmp"; /* what is tested is not the disk */
    char *folder = temp_path(base, "switchhook-store-XXXXXX");
    ASSERT(mkdtemp(folder) != NULL);
    return folder;
}

void temp_folder_remove(char *folder)
{
    if (!folder)
        return;
    DIR *dir = opendir(folder);
    ASSERT(dir != NULL);
    struct dirent *entry = NULL;
    while ((entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe): its own directory stream */
        auto_free char *path = temp_path(folder, entry->d_name);
        unlink(path);
    }
    closedir(dir);
    rmdir(folder);
    free(folder);
}

/* ---- files ----------------------------------------------------------------------------------- */

char *temp_read(const char *path, size_t *bytes)
{
    FILE *file = fopen(path, "rb");
    ASSERT(file && fseek(file, 0, SEEK_END) == 0);
    long length = ftell(file);
    ASSERT(length >= 0 && fseek(file, 0, SEEK_SET) == 0);
    *bytes = (size_t)length;
    char *data = xcalloc(1, *bytes);
    ASSERT(fread(data, 1, *bytes, file) == *bytes);
    ASSERT(fclose(file) == 0);
    return data;
}

void temp_write(const char *path, const void *data, size_t bytes)
{
    FILE *file = fopen(path, "wb");
    ASSERT(file && fwrite(data, 1, bytes, file) == bytes);
    ASSERT(fclose(file) == 0);
}

int64_t temp_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    int64_t number = 0;
    ASSERT(sqlite3_open(path, &db) == SQLITE_OK);
    for (const char *rest = sql; *rest;) {
        ASSERT(sqlite3_prepare_v2(db, rest, -1, &statement, &rest) == SQLITE_OK);
        int code = SQLITE_DONE;
        while (statement && (code = sqlite3_step(statement)) == SQLITE_ROW)
            number = sqlite3_column_int64(statement, 0);
        ASSERT(code == SQLITE_DONE);
        sqlite3_finalize(statement);
    }
    ASSERT(sqlite3_close(db) == SQLITE_OK);
    return number;
}

/* ---- calls ----------------------------------------------------------------------------------- */

static void id_of(int64_t number, char *out)
{
    resource_id_format(RESOURCE_CALL, number, (uint64_t)number * 0x9e3779b97f4a7c15U, out);
}

static int put(struct store_tx *tx, void *work, struct error *err)
{
    int64_t number = *(const int64_t *)work;
    char id[RESOURCE_ID_BYTES];
    char sid[40];
    id_of(number, id);
    ASSERT(snprintf(sid, sizeof sid, "CA%032llx", (unsigned long long)number) == 34);
    struct call_row call = {.number = number,
                            .id = id,
                            .account_sid = "AC00000000000000000000000000000001",
                            .root_sid = sid,
                            .direction = CALL_DIRECTION_INBOUND,
                            .placement = CALL_PLACEMENT_PLACED,
                            .root = leg_state_new(),
                            .due_at_ms = 1000};
    struct timeline_row entry = {.call_number = number,
                                 .account_sid = call.account_sid,
                                 .kind = TIMELINE_INSTRUCTION,
                                 .repeat_key = (uint64_t)number,
                                 .raw = "CallStatus=ringing"};
    if (store_insert_call(tx, &call, err) < 0)
        return -1;
    return store_append_timeline(tx, &entry, err);
}

int put_call(struct store *store, int64_t number, struct error *err)
{
    return store_apply(store, put, &number, err);
}

struct look {
    int64_t number;
    int rows;
};

static int look_for(struct store_rx *rx, void *work, struct error *err)
{
    struct look *look = work;
    auto_arena struct arena *arena = arena_create();
    struct call_row call = {0};
    struct timeline_rows entries = {0};
    struct error missing = {0};
    char id[RESOURCE_ID_BYTES];
    id_of(look->number, id);
    if (store_list_timeline(rx, look->number, 0, 10, arena, &entries, err) < 0)
        return -1;
    look->rows = (int)entries.count;
    if (store_get_call(rx, id, arena, &call, &missing) == 0)
        look->rows++;
    else if (missing.kind != ERROR_NOT_FOUND)
        return error_set(err, missing.kind, "%s", missing.message);
    return 0;
}

int rows_of_call(struct store *store, int64_t number, struct error *err)
{
    struct look look = {.number = number};
    return store_run_read(store, look_for, &look, err) < 0 ? -1 : look.rows;
}
