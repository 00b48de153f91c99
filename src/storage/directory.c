/*
 * Objects as files.
 *
 *   ROOT/2026/11/26/rec_....wav      an object: whole, or not there
 *   ROOT/.unfinished/RANDOM          one being written; locked (flock) by its writer for as long as it lives
 *
 * To write: make the file in .unfinished, write, fsync, make the folders of its key, rename, fsync the folder. Killed at any
 * point, either the object is there, whole and durable, or a leftover in .unfinished is not locked any more, and goes at
 * the next start. One folder for all leftovers, because there may be a million objects to look through otherwise; no key
 * begins with a dot, so it is nobody's.
 */
#include "storage/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/limits.h"
#include "core/random.h"
#include "core/xmalloc.h"
#include "storage/backend.h"

#define UNFINISHED ".unfinished"
enum { TEMP_NAME_BYTES = 17, FOLDER_MODE = 0700, FILE_MODE = 0600 };

struct directory {
    int root;
    int unfinished;
};

struct file_writer {
    const struct directory *directory;
    int file;
    char temp[TEMP_NAME_BYTES];
    char key[LIMIT_STORAGE_KEY_BYTES + 1];
};

static int fail(struct error *err, const char *what)
{
    bool full = errno == ENOSPC || errno == EDQUOT;
    return error_errno(err, full ? ERROR_NO_SPACE : ERROR_UNAVAILABLE, what);
}

static int sync_folder(int folder, struct error *err)
{
    return fsync(folder) < 0 ? fail(err, "syncing a folder of recordings") : 0;
}

/* ---- folders ---- */

/* Open a folder below `parent`, made if it is not there, and then known to the disk. */
static int open_folder(int parent, const char *name, int *out, struct error *err)
{
    if (mkdirat(parent, name, FOLDER_MODE) == 0) {
        if (sync_folder(parent, err) < 0)
            return -1;
    } else if (errno != EEXIST) {
        return fail(err, "making a folder of recordings");
    }
    *out = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *out < 0 ? fail(err, "opening a folder of recordings") : 0;
}

/* The folder that a key's last segment is in, and that segment. The caller closes it. */
static int open_folder_of(const struct directory *directory,
                          const char *key,
                          int *out,
                          const char **name,
                          struct error *err)
{
    char segment[LIMIT_STORAGE_KEY_BYTES + 1];
    int folder = fcntl(directory->root, F_DUPFD_CLOEXEC, 0);
    if (folder < 0)
        return fail(err, "opening a folder of recordings");
    for (const char *slash = strchr(key, '/'); slash != NULL; slash = strchr(key, '/')) {
        int next = -1;
        memcpy(segment, key, (size_t)(slash - key));
        segment[slash - key] = '\0';
        int failed = open_folder(folder, segment, &next, err);
        close(folder);
        if (failed < 0)
            return -1;
        folder = next;
        key = slash + 1;
    }
    *out = folder;
    *name = key;
    return 0;
}

/* ---- writing ---- */

static void name_temp(char out[TEMP_NAME_BYTES])
{
    (void)snprintf(out, TEMP_NAME_BYTES, "%016llx", (unsigned long long)random_u64());
}

static int make_temp(struct file_writer *writer, struct error *err)
{
    int unfinished = writer->directory->unfinished;
    name_temp(writer->temp);
    writer->file =
        openat(unfinished, writer->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
    if (writer->file < 0)
        return fail(err, "making a file for a recording");
    /* A sweep that was quicker has the lock, and takes the file away. */
    if (flock(writer->file, LOCK_EX | LOCK_NB) == 0)
        return 0;
    (void)fail(err, "locking the file of a recording");
    (void)unlinkat(unfinished, writer->temp, 0);
    close(writer->file);
    return -1;
}

static int
directory_begin(void *context, const struct storage_object *object, void **out, struct error *err)
{
    struct file_writer *writer = xcalloc(1, sizeof *writer);
    writer->directory = context;
    memcpy(writer->key, object->key, strlen(object->key) + 1);
    if (make_temp(writer, err) < 0) {
        free(writer);
        return -1;
    }
    *out = writer;
    return 0;
}

static int directory_write(void *state, const void *data, size_t len, struct error *err)
{
    const struct file_writer *writer = state;
    const char *rest = data;
    while (len > 0) {
        ssize_t written = write(writer->file, rest, len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return fail(err, "writing a recording");
        rest += written;
        len -= (size_t)written;
    }
    return 0;
}

static void drop(struct file_writer *writer)
{
    if (writer->temp[0] != '\0')
        (void)unlinkat(writer->directory->unfinished, writer->temp, 0);
    close(writer->file);
    free(writer);
}

static int move(struct file_writer *writer, struct error *err)
{
    const char *name = NULL;
    int folder = -1;
    if (open_folder_of(writer->directory, writer->key, &folder, &name, err) < 0)
        return -1;
    int result = renameat(writer->directory->unfinished, writer->temp, folder, name);
    if (result < 0) {
        (void)fail(err, "naming the file of a recording");
    } else {
        writer->temp[0] = '\0';
        result = sync_folder(folder, err);
    }
    close(folder);
    return result;
}

static int directory_commit(void *state, struct error *err)
{
    struct file_writer *writer = state;
    int result = fsync(writer->file) < 0 ? fail(err, "syncing a recording") : move(writer, err);
    drop(writer);
    return result;
}

static void directory_abort(void *state)
{
    drop(state);
}

/* ---- reading ---- */

struct file_reader {
    int file;
};

static int
directory_open(void *context, const char *key, void **out, int64_t *size, struct error *err)
{
    const struct directory *directory = context;
    struct stat facts;
    int file = openat(directory->root, key, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0 && (errno == ENOENT || errno == ENOTDIR))
        return error_set(err, ERROR_NOT_FOUND, "there is no such recording in the directory");
    if (file < 0)
        return fail(err, "opening a recording");
    if (fstat(file, &facts) < 0 || !S_ISREG(facts.st_mode)) {
        close(file);
        return error_set(err, ERROR_NOT_FOUND, "what has a recording's name is no file");
    }
    struct file_reader *reader = xcalloc(1, sizeof *reader);
    reader->file = file;
    *size = facts.st_size;
    *out = reader;
    return 0;
}

static int directory_read(void *state, int64_t offset, void *buffer, size_t len, struct error *err)
{
    const struct file_reader *reader = state;
    char *rest = buffer;
    while (len > 0) {
        ssize_t got = pread(reader->file, rest, len, offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(err, "reading a recording");
        if (got == 0)
            return error_set(err, ERROR_INTERNAL, "a recording is shorter than it was");
        rest += got;
        offset += got;
        len -= (size_t)got;
    }
    return 0;
}

static void directory_close(void *state)
{
    struct file_reader *reader = state;
    close(reader->file);
    free(reader);
}

/* ---- the rest ---- */

static int sync_folder_of(const struct directory *directory, const char *key, struct error *err)
{
    char path[LIMIT_STORAGE_KEY_BYTES + 1] = ".";
    const char *slash = strrchr(key, '/');
    if (slash != NULL) {
        memcpy(path, key, (size_t)(slash - key));
        path[slash - key] = '\0';
    }
    int folder = openat(directory->root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return fail(err, "opening a folder of recordings");
    int result = sync_folder(folder, err);
    close(folder);
    return result;
}

static int directory_remove(void *context, const char *key, struct error *err)
{
    const struct directory *directory = context;
    if (unlinkat(directory->root, key, 0) == 0)
        return sync_folder_of(directory, key, err);
    return errno == ENOENT || errno == ENOTDIR ? 0 : fail(err, "removing a recording");
}

static int directory_free_bytes(void *context, int64_t *out, struct error *err)
{
    const struct directory *directory = context;
    struct statvfs facts;
    if (fstatvfs(directory->root, &facts) < 0)
        return fail(err, "asking for the room that is left for recordings");
    *out = (int64_t)facts.f_bavail * (int64_t)facts.f_frsize;
    return 0;
}

/* True if it was nobody's and is gone. One that is being written has a lock. */
static bool remove_leftover(const struct directory *directory, const char *name)
{
    int file = openat(directory->unfinished, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0)
        return false;
    bool gone =
        flock(file, LOCK_EX | LOCK_NB) == 0 && unlinkat(directory->unfinished, name, 0) == 0;
    close(file);
    return gone;
}

static int directory_sweep(void *context, int64_t *removed, struct error *err)
{
    const struct directory *directory = context;
    int copy = openat(directory->unfinished, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = copy < 0 ? NULL : fdopendir(copy);
    if (entries == NULL) {
        (void)fail(err, "looking for unfinished recordings");
        if (copy >= 0)
            close(copy);
        return -1;
    }
    const struct dirent *entry;
    while ((entry = readdir(entries)) != NULL)
        if (entry->d_name[0] != '.' && remove_leftover(directory, entry->d_name))
            (*removed)++;
    closedir(entries);
    return 0;
}

static void directory_destroy(void *context)
{
    struct directory *directory = context;
    if (directory->unfinished >= 0)
        close(directory->unfinished);
    if (directory->root >= 0)
        close(directory->root);
    free(directory);
}

static const struct storage_backend backend = {
    .name = "directory",
    .begin = directory_begin,
    .write = directory_write,
    .commit = directory_commit,
    .abort = directory_abort,
    .open = directory_open,
    .read = directory_read,
    .close = directory_close,
    .remove = directory_remove,
    .free_bytes = directory_free_bytes,
    .sweep = directory_sweep,
    .destroy = directory_destroy,
};

static int open_root(struct directory *directory, const char *path, struct error *err)
{
    char what[ERROR_MESSAGE_BYTES / 2];
    (void)snprintf(what, sizeof what, "the directory of recordings %.90s", path);
    if (mkdir(path, FOLDER_MODE) < 0 && errno != EEXIST)
        return error_errno(err, ERROR_INVALID, what);
    directory->root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory->root < 0 || faccessat(directory->root, ".", W_OK | X_OK, 0) < 0)
        return error_errno(err, ERROR_INVALID, what);
    struct error failure = {0};
    if (open_folder(directory->root, UNFINISHED, &directory->unfinished, &failure) < 0)
        return error_set(err, ERROR_INVALID, "%s: %s", what, failure.message);
    return 0;
}

int storage_directory_open(const char *path, struct storage **out, struct error *err)
{
    struct directory *directory = xcalloc(1, sizeof *directory);
    *directory = (struct directory){-1, -1};
    if (open_root(directory, path, err) < 0) {
        directory_destroy(directory);
        return -1;
    }
    *out = storage_create(&backend, directory);
    return 0;
}
