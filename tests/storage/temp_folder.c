#include "temp_folder.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/macros.h"
#include "core/xmalloc.h"

char *storage_temp_folder(void)
{
    const char *base = getenv("TMPDIR");
    char path[512];
    if (!base)
        base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    (void)snprintf(path, sizeof path, "%s/switchhook-storage-XXXXXX", base);
    ASSERT(mkdtemp(path) != NULL);
    return xstrdup(path);
}

static int remove_one(const char *path, const struct stat *facts, int type, struct FTW *place)
{
    (void)facts;
    (void)type;
    (void)place;
    return remove(path);
}

void storage_temp_folder_remove(char *folder)
{
    ASSERT(nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);
    free(folder);
}
