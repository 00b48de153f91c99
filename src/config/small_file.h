/* Reading a whole small file: settings and secrets. */
#ifndef CONFIG_SRC_SMALL_FILE_H
#define CONFIG_SRC_SMALL_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/error.h"

struct small_file {
    const char *text; /**< NUL-terminated; may hold NUL bytes */
    size_t len;
    bool world_readable;
};

/**
 * Read at most `bytes_max` bytes. Pipes are read too (`<(...)` of a shell).
 * @param err  NOT_FOUND if there is no such file; INVALID if it cannot be read or is larger
 */
int small_file_read(const char *path,
                    size_t bytes_max,
                    struct arena *arena,
                    struct small_file *out,
                    struct error *err);

#endif
