/*
 * What somebody types to search: whatever it is, it is words. The query that is made of it is one that the full-text index
 * takes, and it finds nothing that the viewer may not see.
 */
#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../../src/store/sqlite/search_query.h"
#include "core/limits.h"
#include "core/macros.h"
#include "voice/search.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static sqlite3_stmt *search;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const char setup[] =
        "CREATE VIRTUAL TABLE lines USING fts5 (text, scope, "
        "tokenize = 'unicode61 remove_diacritics 2');"
        "INSERT INTO lines VALUES ('the invoice is late, a b c 1 2 3', 'd696E626F756E64 "
        "i616C696365');"
        "INSERT INTO lines VALUES ('the invoice is late, a b c 1 2 3', 'd696E626F756E64 i626F62');";
    sqlite3 *db = NULL;
    (void)argc;
    (void)argv;
    ASSERT(sqlite3_open(":memory:", &db) == SQLITE_OK);
    ASSERT(sqlite3_exec(db, setup, NULL, NULL, NULL) == SQLITE_OK);
    ASSERT(sqlite3_prepare_v2(db, "SELECT rowid FROM lines WHERE lines MATCH ?", -1, &search,
                              NULL) == SQLITE_OK);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_arena struct arena *arena = arena_create();
    auto_buf struct buf query;
    struct search_terms terms;
    struct error err = {0};
    buf_init(&query, SEARCH_QUERY_MAX_BYTES);
    if (size > 2 * LIMIT_SEARCH_BYTES ||
        search_terms_read(arena_copy(arena, (const char *)data, size), arena, &terms, &err) < 0)
        return 0;
    const struct search_filter filter = {.terms = &terms, .owned_by_identity = "alice"};
    search_query_write(&query, &filter);
    ASSERT(!query.overflowed);
    ASSERT(sqlite3_bind_text(search, 1, query.data, -1, SQLITE_STATIC) == SQLITE_OK);
    int step;
    while ((step = sqlite3_step(search)) == SQLITE_ROW)
        ASSERT(sqlite3_column_int64(search, 0) == 1);
    ASSERT(step == SQLITE_DONE);
    ASSERT(sqlite3_reset(search) == SQLITE_OK);
    return 0;
}
