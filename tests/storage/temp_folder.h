/* A folder that is there for one test. */
#ifndef STORAGE_TEMP_FOLDER_H
#define STORAGE_TEMP_FOLDER_H

char *storage_temp_folder(void);

/** With everything in it; frees the name. */
void storage_temp_folder_remove(char *folder);

#endif
