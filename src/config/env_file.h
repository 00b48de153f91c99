/*
 * The format of `.env` files, as we read it:
 *
 *   # a comment                  blank lines and lines that begin with # say nothing
 *   NAME=value                   spaces around both are dropped; ` #` begins a comment
 *   export NAME=value            the same, so that a shell can read the file too
 *   NAME='as it is'              nothing is special until the next '
 *   NAME="line\nline"            \n \r \t \" \\ \$ are what they are in C or a shell; other
 * backslashes stay
 *
 * Quoted values may go over several lines. Nothing is interpolated: $X and ${X} stay as they are.
 * Names are letters, digits, `_`, `.` and `-`. Lines may end in CR LF; a byte order mark is
 * skipped. Other people's variables may stand in the same file, so what is ours is decided by the
 * reader.
 */
#ifndef CONFIG_SRC_ENV_FILE_H
#define CONFIG_SRC_ENV_FILE_H

#include <stddef.h>

#include "core/arena.h"

enum {
    ENV_FILE_BYTES_MAX = 256 * 1024,
    ENV_FILE_ENTRIES_MAX = 2000,
    ENV_FILE_VALUE_BYTES_MAX = 32 * 1024,
    ENV_FILE_PROBLEMS_MAX = 20,
};

struct env_entry {
    const char *name;
    const char *value;
    unsigned line; /**< the first line is 1 */
};

struct env_file {
    struct env_entry *entries;
    size_t count;
};

/** Told once for each line that cannot be read, up to ENV_FILE_PROBLEMS_MAX; never shown what the line holds. */
typedef void env_problem_fn(void *context, unsigned line, const char *problem);

/** Parse; lines with problems are left out. Entries live in `arena`, in the order of the file. */
void env_file_parse(const char *text,
                    size_t len,
                    struct arena *arena,
                    env_problem_fn *problem,
                    void *context,
                    struct env_file *out);

#endif
