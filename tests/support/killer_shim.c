/*
 * A process that is killed at a chosen step of keeping a file, put in front of the C library with LD_PRELOAD.
 *
 * Counting begins when a file is made in a folder whose path contains KILLER_BEGIN. From then on each call that changes a
 * file or folder whose path contains KILLER_MATCH (one or more texts, separated by `:`) is a step; before step KILLER_STEP
 * (from 1) the process gets SIGKILL. What was done by then is done, and nothing else: as when the power goes, except that
 * the kernel still writes what it was given.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static const char *begin;
static const char *match;
static long last;
static atomic_long steps;
static atomic_bool counting;

__attribute__((constructor)) static void start(void)
{
    const char *step = secure_getenv("KILLER_STEP");
    begin = secure_getenv("KILLER_BEGIN");
    match = secure_getenv("KILLER_MATCH");
    last = step == NULL ? 0 : strtol(step, NULL, 10);
    if (begin == NULL || match == NULL || last < 1) {
        (void)fputs("killer: KILLER_BEGIN, KILLER_MATCH or KILLER_STEP is missing\n", stderr);
        abort();
    }
}

static bool path_of(int fd, char *out, size_t bytes)
{
    char link[64];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, out, bytes - 1);
    if (len < 0)
        return false;
    out[len] = '\0';
    return true;
}

static bool is_meant(const char *path)
{
    for (const char *text = match; *text != '\0';) {
        size_t len = strcspn(text, ":");
        if (len > 0 && memmem(path, strlen(path), text, len) != NULL)
            return true;
        text += len + (text[len] == ':');
    }
    return false;
}

static void step_at(int fd)
{
    char path[4096];
    if (!atomic_load(&counting) || !path_of(fd, path, sizeof path) || !is_meant(path))
        return;
    if (atomic_fetch_add(&steps, 1) + 1 == last)
        (void)kill(getpid(), SIGKILL);
}

/* The library's own function of that name. */
static void (*next(const char *name))(void)
{
    void *found = dlsym(RTLD_NEXT, name);
    void (*function)(void);
    if (found == NULL)
        abort();
    memcpy(&function, &found, sizeof function);
    return function;
}
#define NEXT(name) ((__typeof__(&(name)))next(#name))

int openat(int folder, const char *name, int flags, ...)
{
    mode_t mode = 0;
    char path[4096];
    if ((flags & O_CREAT) != 0) {
        va_list more;
        va_start(more, flags);
        mode = va_arg(more, mode_t);
        va_end(more);
        if (path_of(folder, path, sizeof path) && strstr(path, begin) != NULL)
            atomic_store(&counting, true);
        step_at(folder);
    }
    return NEXT(openat)(folder, name, flags, mode);
}

ssize_t write(int fd, const void *data, size_t bytes)
{
    step_at(fd);
    return NEXT(write)(fd, data, bytes);
}

ssize_t pwrite64(int fd, const void *data, size_t bytes, off64_t at)
{
    step_at(fd);
    return NEXT(pwrite64)(fd, data, bytes, at);
}

int fsync(int fd)
{
    step_at(fd);
    return NEXT(fsync)(fd);
}

int fdatasync(int fd)
{
    step_at(fd);
    return NEXT(fdatasync)(fd);
}

int flock(int fd, int operation)
{
    step_at(fd);
    return NEXT(flock)(fd, operation);
}

int mkdirat(int folder, const char *name, mode_t mode)
{
    step_at(folder);
    return NEXT(mkdirat)(folder, name, mode);
}

int renameat(int from, const char *name, int to, const char *new_name)
{
    step_at(to);
    return NEXT(renameat)(from, name, to, new_name);
}

int unlinkat(int folder, const char *name, int flags)
{
    step_at(folder);
    return NEXT(unlinkat)(folder, name, flags);
}
