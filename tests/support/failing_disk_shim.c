/*
 * A disk that fails on request, put in front of the C library with LD_PRELOAD. Only files whose path contains
 * FAILING_DISK_MATCH are on it.
 *
 * The first byte of the file FAILING_DISK_CONTROL says what is wrong, and may change at any moment:
 *
 *   '-'  nothing                'f'  writing: no space left      'q'  writing: over quota
 *   'i'  writing: broken        'r'  writing: mounted read-only  'h'  half of each write, then no space left
 *   's'  syncing: broken
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

static const volatile char *control = "-";
static const char *match;

__attribute__((constructor)) static void start(void)
{
    const char *path = secure_getenv("FAILING_DISK_CONTROL");
    match = secure_getenv("FAILING_DISK_MATCH");
    int fd = path == NULL || match == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        (void)fputs("failing_disk: FAILING_DISK_CONTROL or FAILING_DISK_MATCH is missing\n",
                    stderr);
        abort();
    }
    const void *page = mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED)
        abort();
    control = page;
    (void)close(fd);
}

static bool on_the_disk(int fd)
{
    char link[64];
    char path[4096];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, sizeof path - 1);
    if (len < 0)
        return false;
    path[len] = '\0';
    return strstr(path, match) != NULL;
}

/* What writing to `fd` meets; 0 if nothing. `*bytes` is how much of it is done first. */
static int trouble(int fd, size_t *bytes)
{
    static const struct {
        char mode;
        int number;
    } modes[] = {
        {'f', ENOSPC},
        {'q', EDQUOT},
        {'i', EIO   },
        {'r', EROFS },
        {'h', ENOSPC}
    };
    char mode = *control;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (modes[i].mode == mode && on_the_disk(fd)) {
            *bytes = mode == 'h' ? *bytes / 2 : 0;
            return modes[i].number;
        }
    }
    return 0;
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

ssize_t pwrite64(int fd, const void *data, size_t bytes, off64_t at)
{
    int number = trouble(fd, &bytes);
    if (number == 0 || bytes > 0)
        return NEXT(pwrite64)(fd, data, bytes, at);
    errno = number;
    return -1;
}

ssize_t write(int fd, const void *data, size_t bytes)
{
    int number = *control == '-' ? 0 : trouble(fd, &bytes);
    if (number == 0 || bytes > 0)
        return NEXT(write)(fd, data, bytes);
    errno = number;
    return -1;
}

int ftruncate64(int fd, off64_t bytes)
{
    size_t none = 0;
    int number = trouble(fd, &none);
    if (number != EIO && number != EROFS)
        return NEXT(ftruncate64)(fd, bytes);
    errno = number;
    return -1;
}

int fdatasync(int fd)
{
    if (*control != 's' || !on_the_disk(fd))
        return NEXT(fdatasync)(fd);
    errno = EIO;
    return -1;
}

int fsync(int fd)
{
    if (*control != 's' || !on_the_disk(fd))
        return NEXT(fsync)(fd);
    errno = EIO;
    return -1;
}
