#include "small_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/macros.h"

static void close_fd(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}
#define auto_close __attribute__((cleanup(close_fd)))

static int
read_all(int fd, size_t bytes_max, struct arena *arena, struct small_file *out, struct error *err)
{
    char *text = arena_alloc(arena, bytes_max + 2);
    size_t len = 0;
    while (len <= bytes_max) { /* one byte more than allowed shows that there is too much */
        const ssize_t got = read(fd, text + len, bytes_max + 1 - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_errno(err, ERROR_INVALID, "cannot be read");
        if (got == 0)
            break;
        len += (size_t)got;
    }
    if (len > bytes_max)
        return error_set(err, ERROR_INVALID, "is larger than %zu bytes", bytes_max);
    text[len] = '\0';
    out->text = text;
    out->len = len;
    return 0;
}

int small_file_read(const char *path,
                    size_t bytes_max,
                    struct arena *arena,
                    struct small_file *out,
                    struct error *err)
{
    struct stat info;
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return error_errno(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_INVALID,
                           "cannot be opened");
    if (fstat(fd, &info) < 0)
        return error_errno(err, ERROR_INVALID, "cannot be read");
    if (S_ISDIR(info.st_mode))
        return error_set(err, ERROR_INVALID, "is a directory");
    struct small_file file = {.world_readable =
                                  S_ISREG(info.st_mode) && (info.st_mode & S_IROTH) != 0};
    if (read_all(fd, bytes_max, arena, &file, err) < 0)
        return -1;
    *out = file;
    return 0;
}
