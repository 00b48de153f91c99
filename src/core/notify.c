/*
 * The service manager's protocol: see the door.
 */
#include "core/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/text.h"

enum { FIRST_FD = 3 }; /* where passed descriptors begin */

/* "" if it is not set. */
static const char *variable(const char *name)
{
    const char *value =
        getenv(name); // NOLINT(concurrency-mt-unsafe): nobody changes the environment
    return value == NULL ? "" : value;
}

/* A variable that names a process must name this one; children inherit the others'. */
static bool is_for_us(const char *name)
{
    int64_t pid = 0;
    return text_to_int64(variable(name), 1, INT32_MAX, &pid) && pid == getpid();
}

static int
read_address(const char *text, struct sockaddr_un *out, socklen_t *len, struct error *err)
{
    size_t bytes = strlen(text);
    if ((text[0] != '/' && text[0] != '@') || bytes < 2 || bytes >= sizeof out->sun_path)
        return error_set(err, ERROR_INVALID, "NOTIFY_SOCKET is no address of a socket");
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(out->sun_path, text, bytes);
    if (text[0] ==
        '@') /* abstract: without a place in the file system, and without a NUL at its end */
        out->sun_path[0] = '\0';
    *len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + bytes + (text[0] == '/' ? 1 : 0));
    return 0;
}

int service_notify(const char *state, struct error *err)
{
    struct sockaddr_un address;
    socklen_t len = 0;
    const char *where = variable("NOTIFY_SOCKET");
    if (where[0] == '\0')
        return 0;
    if (read_address(where, &address, &len, err) < 0)
        return -1;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return error_errno(err, ERROR_UNAVAILABLE, "cannot speak to the service manager");
    ssize_t sent = -1;
    do
        sent =
            sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address, len);
    while (sent < 0 && errno == EINTR);
    int failed =
        sent < 0 ? error_errno(err, ERROR_UNAVAILABLE, "cannot speak to the service manager") : 0;
    (void)close(fd);
    return failed;
}

int64_t service_watchdog_ms(void)
{
    int64_t us = 0;
    if (!text_to_int64(variable("WATCHDOG_USEC"), 1, INT64_MAX, &us))
        return 0;
    if (variable("WATCHDOG_PID")[0] != '\0' && !is_for_us("WATCHDOG_PID"))
        return 0;
    int64_t half_ms = us / 2000;
    return half_ms > 0 ? half_ms : 1;
}

static int prepare_listener(int fd, struct error *err)
{
    int type = 0;
    int listens = 0;
    socklen_t len = sizeof type;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0)
        return error_errno(err, ERROR_INVALID, "a descriptor that was passed is no socket");
    len = sizeof listens;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) < 0 || !listens ||
        type != SOCK_STREAM)
        return error_set(err, ERROR_INVALID, "passed descriptor %d is no listening socket", fd);
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
        return error_errno(err, ERROR_INVALID, "a socket that was passed cannot be used");
    return 0;
}

int service_listen_fds(struct service_sockets *out, struct error *err)
{
    struct service_sockets sockets = {0};
    int64_t count = 0;
    if (is_for_us("LISTEN_PID") &&
        !text_to_int64(variable("LISTEN_FDS"), 0, SERVICE_SOCKETS_MAX, &count))
        return error_set(err, ERROR_INVALID, "LISTEN_FDS is not a number from 0 to %d",
                         (int)SERVICE_SOCKETS_MAX);
    for (int64_t i = 0; i < count; i++) {
        int fd = FIRST_FD + (int)i;
        if (prepare_listener(fd, err) < 0)
            return -1;
        sockets.fds[sockets.count++] = fd;
    }
    *out = sockets;
    return 0;
}
