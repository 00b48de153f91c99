/*
 * Binding and reading by table.
 */
#include "row.h"

#include <string.h>

#include "core/macros.h"

enum { SHA256_BYTES = 32 };

static void bind_set_int64(struct statement *statement, int index, int64_t value)
{
    if (value != 0)
        bind_int64(statement, index, value);
    else
        ASSERT(sqlite3_bind_null(statement->raw, index) == SQLITE_OK);
}

static void
bind_column(struct statement *statement, int index, const struct column *column, const void *row)
{
    const void *member = (const char *)row + column->offset;
    switch (column->type) {
    case COLUMN_TEXT:
        bind_text(statement, index, *(const char *const *)member);
        break;
    case COLUMN_INT64:
        bind_int64(statement, index, *(const int64_t *)member);
        break;
    case COLUMN_INT64_SET:
        bind_set_int64(statement, index, *(const int64_t *)member);
        break;
    case COLUMN_KEY:
        bind_set_int64(statement, index, (int64_t) * (const uint64_t *)member);
        break;
    case COLUMN_INT:
        bind_int64(statement, index, *(const int *)member);
        break;
    case COLUMN_BOOL:
        bind_int64(statement, index, *(const bool *)member);
        break;
    case COLUMN_SHA256:
        ASSERT(sqlite3_bind_blob(statement->raw, index, member, SHA256_BYTES, SQLITE_STATIC) ==
               SQLITE_OK);
        break;
    case COLUMN_WORD: {
        unsigned value = *(const unsigned *)member;
        ASSERT(value < column->words->count);
        bind_text(statement, index, column->words->texts[value]);
        break;
    }
    }
}

void row_bind(struct statement *statement,
              int first,
              const struct column *columns,
              size_t count,
              const void *row)
{
    for (size_t i = 0; i < count; i++)
        bind_column(statement, first + (int)i, &columns[i], row);
}

char *column_text(struct statement *statement, int index, struct arena *arena)
{
    const unsigned char *text = sqlite3_column_text(statement->raw, index);
    if (!text)
        return NULL;
    return arena_copy(arena, text, (size_t)sqlite3_column_bytes(statement->raw, index));
}

static int read_word(struct statement *statement,
                     int index,
                     const struct words *words,
                     unsigned *out,
                     struct error *err)
{
    const char *text = (const char *)sqlite3_column_text(statement->raw, index);
    for (unsigned i = 0; text && i < words->count; i++) {
        if (strcmp(words->texts[i], text) == 0) {
            *out = i;
            return 0;
        }
    }
    return error_set(err, ERROR_INTERNAL, "database: \"%s\" is no %s", text ? text : "NULL",
                     sqlite3_column_name(statement->raw, index));
}

static int
read_sha256(struct statement *statement, int index, unsigned char *out, struct error *err)
{
    const void *blob = sqlite3_column_blob(statement->raw, index);
    if (!blob || sqlite3_column_bytes(statement->raw, index) != SHA256_BYTES)
        return error_set(err, ERROR_INTERNAL, "database: a digest has the wrong length");
    memcpy(out, blob, SHA256_BYTES);
    return 0;
}

static int read_column(struct statement *statement,
                       int index,
                       const struct column *column,
                       struct arena *arena,
                       void *row,
                       struct error *err)
{
    void *member = (char *)row + column->offset;
    switch (column->type) {
    case COLUMN_TEXT:
        *(const char **)member = column_text(statement, index, arena);
        break;
    case COLUMN_INT64:
    case COLUMN_INT64_SET:
        *(int64_t *)member = sqlite3_column_int64(statement->raw, index);
        break;
    case COLUMN_KEY:
        *(uint64_t *)member = (uint64_t)sqlite3_column_int64(statement->raw, index);
        break;
    case COLUMN_INT:
        *(int *)member = sqlite3_column_int(statement->raw, index);
        break;
    case COLUMN_BOOL:
        *(bool *)member = sqlite3_column_int(statement->raw, index) != 0;
        break;
    case COLUMN_SHA256:
        return read_sha256(statement, index, member, err);
    case COLUMN_WORD:
        return read_word(statement, index, column->words, member, err);
    }
    return 0;
}

int row_read(struct statement *statement,
             int first,
             const struct column *columns,
             size_t count,
             struct arena *arena,
             void *row,
             struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (read_column(statement, first + (int)i, &columns[i], arena, row, err) < 0)
            return -1;
    return 0;
}

int rows_collect(struct statement *statement,
                 row_read_fn *read,
                 size_t row_bytes,
                 struct arena *arena,
                 void **items,
                 size_t *count,
                 struct error *err)
{
    char *rows = NULL;
    size_t used = 0;
    size_t room = 0;
    int step = 0;
    while ((step = statement_step(statement, err)) > 0) {
        if (used == room) {
            room = room ? room * 2 : 8;
            char *larger = arena_alloc(arena, room * row_bytes);
            if (used > 0)
                memcpy(larger, rows, used * row_bytes);
            rows = larger;
        }
        if (read(statement, arena, rows + used * row_bytes, err) < 0)
            return -1;
        used++;
    }
    if (step < 0)
        return -1;
    *items = rows;
    *count = used;
    return 0;
}

int row_find(struct statement *statement,
             row_read_fn *read,
             size_t row_bytes,
             struct arena *arena,
             void *out,
             struct error *err)
{
    int step = statement_step(statement, err);
    if (step < 0)
        return -1;
    if (step == 0)
        return error_set(err, ERROR_NOT_FOUND, "there is no such row");
    void *row = arena_alloc(arena, row_bytes);
    if (read(statement, arena, row, err) < 0)
        return -1;
    memcpy(out, row, row_bytes);
    return 0;
}
