/*
 * The first 100 bytes of a SQLite database; big-endian. Source: sqlite.org, "Database File
 * Format", 1.3.
 *
 *    0  16 bytes "SQLite format 3\0"
 *   16   2 bytes page size, 1 means 65536
 *   24   4 bytes change counter
 *   28   4 bytes pages, to be believed if the number at 92 equals the change counter
 *   60   4 bytes user_version
 *   68   4 bytes application_id
 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/xmalloc.h"

enum { HEADER_BYTES = 100 };

static int fail(struct error *err, enum error_kind kind, const char *doing, const char *path)
{
    auto_arena struct arena *arena = arena_create();
    return error_errno(err, kind, arena_printf(arena, "%s %s", doing, path));
}

/* ---- making ---- */

/* Make each missing folder above `path`. */
static int make_folders(const char *path, struct error *err)
{
    auto_free char *folder = xstrdup(path);
    if (!*folder)
        return error_set(err, ERROR_INVALID, "the path of the database is empty");
    for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(folder, 0700) < 0 && errno != EEXIST)
            return fail(err, ERROR_INVALID, "making folder", folder);
        *slash = '/';
    }
    return 0;
}

/* SQLite itself would let the group read it; the log and its index inherit the mode of the file. */
int file_make(const char *path, struct error *err)
{
    if (make_folders(path, err) < 0)
        return -1;
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        return fail(err, ERROR_INVALID, "opening database", path);
    close(file);
    return 0;
}

int file_hold(const char *path, int *out, struct error *err)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return fail(err, ERROR_INVALID, "opening database", path);
    if (flock(file, LOCK_EX | LOCK_NB) == 0) {
        *out = file;
        return 0;
    }
    int number = errno;
    close(file);
    if (number == EWOULDBLOCK)
        return error_set(err, ERROR_CONFLICT, "another server has it open");
    errno = number;
    return fail(err, ERROR_UNAVAILABLE, "locking", path);
}

/* ---- looking ---- */

static uint32_t big_endian(const unsigned char *bytes, size_t count)
{
    uint32_t number = 0;
    for (size_t i = 0; i < count; i++)
        number = number << 8 | bytes[i];
    return number;
}

static bool has_log(const char *path)
{
    auto_arena struct arena *arena = arena_create();
    struct stat log;
    return stat(arena_printf(arena, "%s-wal", path), &log) == 0 && log.st_size > 0;
}

/* Only without a log: pages that are missing from the file may be in there. */
static bool is_cut_off(const unsigned char *header, off_t bytes)
{
    uint32_t page_bytes = big_endian(header + 16, 2);
    if (big_endian(header + 24, 4) != big_endian(header + 92, 4))
        return false;
    return bytes < (off_t)big_endian(header + 28, 4) * (page_bytes == 1 ? 65536 : page_bytes);
}

static int look_at(int file, const char *path, struct file_facts *out, struct error *err)
{
    unsigned char header[HEADER_BYTES] = {0};
    struct stat facts;

    if (fstat(file, &facts) < 0)
        return fail(err, ERROR_INVALID, "looking at", path);
    if (!S_ISREG(facts.st_mode))
        return error_set(err, ERROR_INVALID, "%s is no file", path);
    out->device = facts.st_dev;
    out->inode = facts.st_ino;
    out->empty = facts.st_size == 0;
    out->has_log = has_log(path);
    if (out->empty)
        return 0;
    if (pread(file, header, sizeof header, 0) != (ssize_t)sizeof header ||
        memcmp(header, "SQLite format 3", 16) != 0)
        return error_set(err, ERROR_INVALID, "%s is not a database", path);
    if (!out->has_log && is_cut_off(header, facts.st_size))
        return error_set(err, ERROR_INVALID, "%s is corrupt: it is shorter than its header says",
                         path);
    out->version = (int)big_endian(header + 60, 4);
    out->application = (int)big_endian(header + 68, 4);
    return 0;
}

int file_look(const char *path, struct file_facts *out, struct error *err)
{
    struct file_facts facts = {0};
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return fail(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_INVALID, "opening database",
                    path);
    int result = look_at(file, path, &facts, err);
    close(file);
    if (result == 0)
        *out = facts;
    return result;
}
