/*
 * Rows as tables: which member of a struct is which kind of column, in the order of the statement.
 * One table serves binding and reading, so the two cannot drift apart.
 */
#ifndef STORE_SQLITE_ROW_H
#define STORE_SQLITE_ROW_H

#include "statement.h"

enum column_type {
    COLUMN_TEXT,      /* const char *, NULL is NULL */
    COLUMN_INT64,     /* int64_t */
    COLUMN_INT64_SET, /* int64_t, 0 is NULL */
    COLUMN_KEY,       /* uint64_t, 0 is NULL; stored as the signed number of the same bits */
    COLUMN_INT,       /* int */
    COLUMN_BOOL,      /* bool */
    COLUMN_SHA256,    /* unsigned char[32] */
    COLUMN_WORD,      /* an enum, stored as its word */
};

struct words {
    const char *const *texts; /* by the enum's value; "" is stored as it is */
    unsigned count;
};

struct column {
    enum column_type type;
    size_t offset;
    const struct words *words; /* COLUMN_WORD */
};

/* Entries of a column table: COLUMN(TEXT, call_row, from) */
#define COLUMN(type, row, member)                                                                  \
    {                                                                                              \
        COLUMN_##type, offsetof(struct row, member), NULL                                          \
    }
#define COLUMN_OF_WORDS(words, row, member)                                                        \
    {                                                                                              \
        COLUMN_WORD, offsetof(struct row, member), &(words)                                        \
    }

/** Bind parameters `first`.. from the row. Texts are borrowed until the statement is released. */
void row_bind(struct statement *statement,
              int first,
              const struct column *columns,
              size_t count,
              const void *row);

/** Fill the row from result columns `first`.. ; texts go to the arena. INTERNAL for a word nobody knows. */
int row_read(struct statement *statement,
             int first,
             const struct column *columns,
             size_t count,
             struct arena *arena,
             void *row,
             struct error *err) MUST_USE;

/** A result column as text in the arena, NULL for NULL. */
char *column_text(struct statement *statement, int index, struct arena *arena);

/** Reads one row of a list into `row`. */
typedef int
row_read_fn(struct statement *statement, struct arena *arena, void *row, struct error *err);

/**
 * Step to the end and collect the rows in the arena.
 * @param items  written on success: an array of rows of `row_bytes`, NULL if there are none
 */
int rows_collect(struct statement *statement,
                 row_read_fn *read,
                 size_t row_bytes,
                 struct arena *arena,
                 void **items,
                 size_t *count,
                 struct error *err) MUST_USE;

/** Step once and read. NOT_FOUND with "no WHAT NAME" if there is no row. `out` is written on success only. */
int row_find(struct statement *statement,
             row_read_fn *read,
             size_t row_bytes,
             struct arena *arena,
             void *out,
             struct error *err) MUST_USE;

#endif
