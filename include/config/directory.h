/*
 * Settings that are documents of their own, side by side in one folder (SWITCHHOOK_CONFIG_DIR). Each may be left out.
 */
#ifndef CONFIG_DIRECTORY_H
#define CONFIG_DIRECTORY_H

#include <stddef.h>

#include "config/config.h"
#include "core/arena.h"
#include "core/error.h"

struct config_document {
    const char *path; /**< for messages */
    const char *text; /**< NUL-terminated; may hold NUL bytes */
    size_t len;
};

/**
 * Read the document of that name, at most `bytes_max` bytes. Blocks on the disk.
 * @param err  NOT_FOUND if there is no folder, or no such file in it (then out->path is set all the same); INVALID if
 *             the folder that is named is none, or the file cannot be read or is larger
 */
int config_document_read(const struct config *config,
                         const char *name,
                         size_t bytes_max,
                         struct arena *arena,
                         struct config_document *out,
                         struct error *err) MUST_USE;

/** The same for a file of any path that is named in the settings; NOT_FOUND if there is none. */
int config_file_read(const char *path,
                     size_t bytes_max,
                     struct arena *arena,
                     struct config_document *out,
                     struct error *err) MUST_USE;

#endif
