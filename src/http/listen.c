/*
 *   word = host ":" port | "[" IPv6 "]:" port | "unix:" path | "systemd"
 *   host = name | IPv4 | "*" (all IPv4 addresses);  port = 0 (any) to 65535
 */
#include "listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/notify.h"
#include "core/text.h"
#include "core/xmalloc.h"

enum { BACKLOG = 1024, SOCKET_MODE = 0660 };

static void auto_close_release(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}
#define auto_close __attribute__((cleanup(auto_close_release)))

/* Hand a descriptor on: it is not closed at the end of the scope. */
static int keep(int *fd)
{
    int kept = *fd;
    *fd = -1;
    return kept;
}

static int fail(struct error *err, const char *word, const char *what)
{
    int number = errno;
    char text[128];
    enum error_kind kind = number == EADDRINUSE ? ERROR_CONFLICT : ERROR_INVALID;
    return error_set(err, kind, "listen address %.128s: %s: %s", word, what,
                     strerror_r(number, text, sizeof text));
}

static int refuse(struct error *err, const char *word, const char *why)
{
    return error_set(err, ERROR_INVALID, "listen address %.128s: %s", word, why);
}

static struct listener *add(struct listeners *listeners)
{
    listeners->items =
        xrealloc(listeners->items, (listeners->count + 1) * sizeof *listeners->items);
    struct listener *listener = &listeners->items[listeners->count++];
    *listener = (struct listener){.fd = -1};
    return listener;
}

static int open_socket(int family)
{
    return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* ---- TCP ---- */

static unsigned bound_port(int fd)
{
    struct sockaddr_storage bound = {0};
    socklen_t len = sizeof bound;
    if (getsockname(fd, (struct sockaddr *)&bound, &len) < 0)
        return 0;
    if (bound.ss_family == AF_INET)
        return ntohs(((const struct sockaddr_in *)&bound)->sin_port);
    if (bound.ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)&bound)->sin6_port);
    return 0;
}

/* "host:port" and "[v6]:port" into their halves; `copy` is changed. */
static int split(char *copy, const char **host, const char **port)
{
    char *colon = strrchr(copy, ':');
    if (colon == NULL || colon == copy)
        return -1;
    *colon = '\0';
    *port = colon + 1;
    size_t len = strlen(copy);
    if (copy[0] == '[') {
        if (len < 3 || copy[len - 1] != ']')
            return -1;
        copy[len - 1] = '\0';
        *host = copy + 1;
    } else {
        if (strchr(copy, ':') != NULL)
            return -1;
        *host = text_equal(copy, "*") ? "0.0.0.0" : copy;
    }
    int64_t number;
    return text_to_int64(*port, 0, 65535, &number) ? 0 : -1;
}

static int listen_at(const struct addrinfo *address,
                     const char *word,
                     struct listeners *out,
                     struct error *err)
{
    static const int on = 1;
    auto_close int fd = open_socket(address->ai_family);
    if (fd < 0)
        return fail(err, word, "socket");
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    /* What is said is what is served: [::] leaves IPv4 to 0.0.0.0, so both can be asked for. */
    if (address->ai_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, address->ai_addr, address->ai_addrlen) < 0)
        return fail(err, word, "bind");
    if (listen(fd, BACKLOG) < 0)
        return fail(err, word, "listen");
    struct listener *listener = add(out);
    listener->port = bound_port(fd);
    listener->fd = keep(&fd);
    return 0;
}

static int open_tcp(const char *word, struct listeners *out, struct error *err)
{
    auto_free char *copy = xstrdup(word);
    const char *host;
    const char *port;
    if (split(copy, &host, &port) < 0)
        return refuse(err, word, "neither host:port, [v6]:port, unix:path nor systemd");
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    int failed = getaddrinfo(host, port, &hints, &found);
    if (failed != 0)
        return refuse(err, word, gai_strerror(failed));
    int result = listen_at(found, word, out, err);
    freeaddrinfo(found);
    return result;
}

/* ---- Unix ---- */

/* A socket file that nobody listens on was left behind by a crash. */
static int remove_stale(const struct sockaddr_un *address, const char *word, struct error *err)
{
    struct stat status;
    if (lstat(address->sun_path, &status) < 0)
        return errno == ENOENT ? 0 : fail(err, word, "stat");
    if (!S_ISSOCK(status.st_mode))
        return refuse(err, word, "there is a file of that name");
    auto_close int fd = open_socket(AF_UNIX);
    if (fd < 0)
        return fail(err, word, "socket");
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ||
        errno != ECONNREFUSED)
        return error_set(err, ERROR_CONFLICT,
                         "listen address %.128s: another process listens there", word);
    return unlink(address->sun_path) < 0 && errno != ENOENT ? fail(err, word, "unlink") : 0;
}

static int open_unix(const char *word, struct listeners *out, struct error *err)
{
    const char *path = word + strlen("unix:");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (path[0] == '\0' || !text_copy(address.sun_path, sizeof address.sun_path, path))
        return refuse(err, word, "the path is empty or too long for a socket");
    if (remove_stale(&address, word, err) < 0)
        return -1;
    auto_close int fd = open_socket(AF_UNIX);
    if (fd < 0)
        return fail(err, word, "socket");
    /* Nobody but us until the mode is set: on Linux the file inherits the socket's mode. */
    (void)fchmod(fd, 0600);
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) < 0)
        return fail(err, word, "bind");
    struct stat status;
    if (chmod(path, SOCKET_MODE) < 0 || stat(path, &status) < 0 || listen(fd, BACKLOG) < 0) {
        (void)fail(err, word, "listen");
        (void)unlink(path);
        return -1;
    }
    struct listener *listener = add(out);
    listener->fd = keep(&fd);
    listener->path = xstrdup(path);
    listener->device = status.st_dev;
    listener->inode = status.st_ino;
    return 0;
}

/* ---- systemd ---- */

static int take_passed(const char *word, struct listeners *out, struct error *err)
{
    struct service_sockets passed;
    if (service_listen_fds(&passed, err) < 0)
        return -1;
    if (passed.count == 0)
        return refuse(err, word, "no sockets were passed to us");
    for (size_t i = 0; i < passed.count; i++) {
        struct listener *listener = add(out);
        listener->fd = passed.fds[i];
        listener->port = bound_port(listener->fd);
        listener->inherited = true;
    }
    return 0;
}

/* ---- all ---- */

static int open_word(const char *word, struct listeners *out, struct error *err)
{
    if (text_equal(word, "systemd"))
        return take_passed(word, out, err);
    if (text_starts_with(word, "unix:"))
        return open_unix(word, out, err);
    return open_tcp(word, out, err);
}

int listeners_open(const char *const *words, size_t count, struct listeners *out, struct error *err)
{
    struct listeners listeners = {0};
    for (size_t i = 0; i < count; i++) {
        if (open_word(words[i], &listeners, err) < 0) {
            listeners_close(&listeners);
            return -1;
        }
    }
    *out = listeners;
    return 0;
}

static void close_one(struct listener *listener)
{
    struct stat status;
    /* A later instance may have put its own socket there; while ours is open its inode is not used
     * again. */
    if (listener->path != NULL && lstat(listener->path, &status) == 0 &&
        status.st_dev == listener->device && status.st_ino == listener->inode)
        (void)unlink(listener->path);
    (void)close(listener->fd);
    free(listener->path);
}

void listeners_close(struct listeners *listeners)
{
    for (size_t i = 0; i < listeners->count; i++)
        close_one(&listeners->items[i]);
    free(listeners->items);
    *listeners = (struct listeners){0};
}
