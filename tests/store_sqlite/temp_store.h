/* A folder of its own for each test, with a store in it, and calls to put into the store. */
#ifndef STORE_SQLITE_TEMP_STORE_H
#define STORE_SQLITE_TEMP_STORE_H

#include "store/store.h"
#include "voice/resource_id.h"

/** A new empty folder below $TMPDIR, or in memory; the name is on the heap. */
char *temp_folder(void);

/** Remove a folder and the files in it, free the name. Takes NULL. */
void temp_folder_remove(char *folder);

/** FOLDER/NAME on the heap. */
char *temp_path(const char *folder, const char *name);

/** The bytes of a file, on the heap. */
char *temp_read(const char *path, size_t *bytes);
void temp_write(const char *path, const void *data, size_t bytes);

/** Run SQL on the file, apart from any store; the first column of the first row as a number. Ends
 * the test on errors. */
int64_t temp_sql(const char *path, const char *sql);

/** A call and the webhook that told of it, as one unit: two rows that belong together. */
int put_call(struct store *store, int64_t number, struct error *err);

/** What there is of it: 2 rows, or 0, or, if a unit was cut in half, 1. */
int rows_of_call(struct store *store, int64_t number, struct error *err);

#endif
