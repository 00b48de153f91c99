#include "temp_store.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/macros.h"

char *temp_path(const char *folder, const char *name)
{
    struct buf path;
    buf_init(&path, 4096);
    ASSERT(buf_printf(&path, "%s/%s", folder, name) == 0);
    return buf_steal(&path, NULL);
}

char *temp_folder(void)
{
    const char *base = getenv("TMPDIR");
    char *folder = temp_path(base ? base : "/tmp", "switchhook-store-XXXXXX");
    ASSERT(mkdtemp(folder) != NULL);
    return folder;
}

void temp_folder_remove(char *folder)
{
    if (!folder)
        return;
    DIR *dir = opendir(folder);
    ASSERT(dir != NULL);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        auto_free char *path = temp_path(folder, entry->d_name);
        unlink(path);
    }
    closedir(dir);
    rmdir(folder);
    free(folder);
}
