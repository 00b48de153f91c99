#include "config/directory.h"

#include <sys/stat.h>

#include "small_file.h"

int config_file_read(const char *path,
                     size_t bytes_max,
                     struct arena *arena,
                     struct config_document *out,
                     struct error *err)
{
    struct small_file file;
    *out = (struct config_document){.path = path};
    if (small_file_read(path, bytes_max, arena, &file, err) < 0)
        return -1;
    out->text = file.text;
    out->len = file.len;
    return 0;
}

int config_document_read(const struct config *config,
                         const char *name,
                         size_t bytes_max,
                         struct arena *arena,
                         struct config_document *out,
                         struct error *err)
{
    const char *directory = config->files.directory;
    struct stat found;
    *out = (struct config_document){0};
    if (directory == NULL)
        return error_set(err, ERROR_NOT_FOUND, "there is no folder of documents");
    out->path = arena_printf(arena, "%s/%s", directory, name);
    /* A folder that was named and is missing is a mistake; with it a policy would be missing that somebody relies on. */
    if (stat(directory, &found) < 0 || !S_ISDIR(found.st_mode))
        return error_set(err, ERROR_INVALID, "SWITCHHOOK_CONFIG_DIR is no folder: %.160s",
                         directory);
    return config_file_read(out->path, bytes_max, arena, out, err);
}
