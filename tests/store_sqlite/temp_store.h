/* A folder of its own for each test, with a store in it. */
#ifndef STORE_SQLITE_TEMP_STORE_H
#define STORE_SQLITE_TEMP_STORE_H

/** A new empty folder below $TMPDIR; on the heap. */
char *temp_folder(void);

/** Remove a folder and the files in it, free the name. Takes NULL. */
void temp_folder_remove(char *folder);

/** FOLDER/NAME on the heap. */
char *temp_path(const char *folder, const char *name);

#endif
