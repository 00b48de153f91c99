/*
 * A thread that accepts and one per connection, blocking; everything shared is under one lock.
 */
#include "net/peer.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/lock.h"
#include "core/macros.h"
#include "core/text.h"
#include "core/xmalloc.h"

enum { CONNECTIONS_MAX = 128, REQUEST_MAX = 256 * 1024, LONG_BODY = 64 * 1024 };

/* What is done to the connection behind the answer. */
enum then {
    KEEP,
    CLOSE,
    RESET,           /* RST instead of FIN */
    RESET_NEXT,      /* wait for the next request, RST without reading it */
    READ_NEXT_CLOSE, /* read the next request to its end, close without an answer */
};

struct behaviour {
    const char *path;
    const char *answer; /* "" is none */
    size_t answer_len;  /* it may hold NUL */
    enum then then;
};

/* A literal and its length. */
#define BYTES(literal) literal, sizeof(literal) - 1

#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
#define OK OK_HEAD "Content-Length: 2\r\n\r\nok"

/* clang-format off */
static const struct behaviour behaviours[] = {
    {"/ok", BYTES(OK), KEEP},
    {"/hold", BYTES(OK), KEEP}, /* once released */
    {"/head", BYTES(OK_HEAD "Content-Length: 2\r\n\r\n"), KEEP},
    {"/empty", BYTES("HTTP/1.1 204 No Content\r\n\r\n"), KEEP},
    {"/nul", BYTES(OK_HEAD "Content-Length: 3\r\n\r\na\0b"), KEEP},
    {"/reset", BYTES(""), RESET},
    {"/close", BYTES(""), CLOSE},
    {"/then-reset-next", BYTES(OK), RESET_NEXT},
    {"/then-read-next-and-close", BYTES(OK), READ_NEXT_CLOSE},
    {"/truncated", BYTES("HTTP/1.1 201 Created\r\nContent-Length: 10\r\n\r\nhalf"), CLOSE},
    {"/broken-headers", BYTES("HTTP/1.1 201 Created\r\nContent-Le"), CLOSE},
    {"/no-http", BYTES("220 mail.example.com ESMTP\r\n"), CLOSE},
    {"/html", BYTES("HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 17\r\n\r\n<html>oops</html>"), KEEP},
    {"/unmarked", BYTES(OK_HEAD "Connection: close\r\n\r\nabc"), CLOSE},
    {"/cut-chunk", BYTES(OK_HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"), CLOSE},
    {"/busy", BYTES("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n"), KEEP},
    {"/busy-until", BYTES("HTTP/1.1 503 Unavailable\r\nRetry-After: Fri, 01 Jan 2100 00:00:00 GMT\r\nContent-Length: 0\r\n\r\n"), KEEP},
    {"/redirect", BYTES("HTTP/1.1 307 Elsewhere\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n"), KEEP},
    {"/unauthorized", BYTES("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n"), KEEP},
    {"/headers", BYTES("HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\n" OK_HEAD
        "X-One:  1 \t\r\nX-Folded: a\r\n  b\r\nx-ONE: 2\r\nX-Empty:\r\nContent-Length: 0\r\n\r\n"), KEEP},
};
/* clang-format on */

struct connection {
    struct peer *peer;
    int fd;
    pthread_t thread;
    char *text; /* the request being read, NUL-terminated */
    size_t len;
};

struct peer {
    int fd;
    unsigned port;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct connection connections[CONNECTIONS_MAX];
    unsigned connection_count;
    unsigned requests;
    unsigned by_method[3]; /* GET, POST, others */
    char *last;
    bool released;
    bool stopping;
};

static unsigned method_index(const char *method)
{
    if (text_starts_with(method, "GET"))
        return 0;
    return text_starts_with(method, "POST") ? 1 : 2;
}

static bool send_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, data, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        data += sent;
        len -= (size_t)sent;
    }
    return true;
}

static size_t content_length(const char *headers)
{
    const char *found = strcasestr(headers, "\r\nContent-Length: ");
    return found == NULL ? 0 : (size_t)strtoul(found + 18, NULL, 10);
}

/* One whole request into `text`; false at the end of the connection. Nobody pipelines here. */
static bool read_request(struct connection *connection)
{
    size_t wanted = 0;
    connection->len = 0;
    for (;;) {
        ssize_t got = recv(connection->fd, connection->text + connection->len,
                           REQUEST_MAX - connection->len, 0);
        if (got <= 0)
            return false;
        connection->len += (size_t)got;
        connection->text[connection->len] = '\0';
        const char *end = strstr(connection->text, "\r\n\r\n");
        if (wanted == 0 && end != NULL)
            wanted = (size_t)(end + 4 - connection->text) + content_length(connection->text);
        if (wanted > 0 && connection->len >= wanted)
            return true;
    }
}

static void note_request(struct connection *connection)
{
    struct peer *peer = connection->peer;
    auto_unlock pthread_mutex_t *held = lock(&peer->mutex);
    peer->requests++;
    peer->by_method[method_index(connection->text)]++;
    free(peer->last);
    peer->last = xmemdup(connection->text, connection->len);
    (void)pthread_cond_broadcast(&peer->changed);
}

static void reset(int fd)
{
    struct linger now = {.l_onoff = 1};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static bool path_is(const struct connection *connection, const char *path)
{
    const char *target = strchr(connection->text, ' ');
    size_t len = strlen(path);
    return target != NULL && strncmp(target + 1, path, len) == 0 &&
           strchr(" ?", target[1 + len]) != NULL;
}

static void wait_for_release(struct peer *peer)
{
    auto_unlock pthread_mutex_t *held = lock(&peer->mutex);
    while (!peer->released && !peer->stopping)
        (void)pthread_cond_wait(&peer->changed, &peer->mutex);
}

/* A body over the limit of the tests, with or without its length said beforehand. */
static bool answer_long(const struct connection *connection, bool chunked)
{
    auto_free char *body = xcalloc(LONG_BODY + 64, 1);
    char head[256];
    memset(body, 'x', LONG_BODY);
    (void)snprintf(head, sizeof head,
                   chunked ? OK_HEAD "Transfer-Encoding: chunked\r\n\r\n%x\r\n"
                           : OK_HEAD "Content-Length: %d\r\n\r\n",
                   (unsigned)LONG_BODY);
    return send_all(connection->fd, head, strlen(head)) &&
           send_all(connection->fd, body, LONG_BODY) &&
           (!chunked || send_all(connection->fd, "\r\n0\r\n\r\n", 7));
}

/* /bytes?N: that many, each the lowest byte of its place. */
static bool answer_bytes(const struct connection *connection)
{
    size_t len = strtoul(strchr(connection->text, '?') + 1, NULL, 10);
    char block[4096];
    (void)snprintf(block, sizeof block, OK_HEAD "Content-Length: %zu\r\n\r\n", len);
    bool ok = send_all(connection->fd, block, strlen(block));
    for (size_t at = 0; ok && at < len; at += sizeof block) {
        for (size_t i = 0; i < sizeof block; i++)
            block[i] = (char)(at + i + (at >> 12));
        ok = send_all(connection->fd, block, len - at < sizeof block ? len - at : sizeof block);
    }
    return ok;
}

/* A head and half of a body; the other half once released. */
static bool answer_halves(const struct connection *connection)
{
    static const char half[] = OK_HEAD "Content-Length: 4\r\n\r\nab";
    if (!send_all(connection->fd, half, strlen(half)))
        return false;
    wait_for_release(connection->peer);
    return send_all(connection->fd, "cd", 2);
}

static bool answer_many_headers(const struct connection *connection)
{
    bool ok = send_all(connection->fd, OK_HEAD, strlen(OK_HEAD));
    for (int i = 0; ok && i < 200; i++)
        ok = send_all(connection->fd, "X-H: 1\r\n", 8);
    return ok && send_all(connection->fd, "Content-Length: 0\r\n\r\n", 21);
}

static bool leave(struct connection *connection, enum then then)
{
    struct pollfd readable = {.fd = connection->fd, .events = POLLIN};
    switch (then) {
    case KEEP:
        return true;
    case RESET_NEXT:
        (void)poll(&readable, 1, -1);
        reset(connection->fd);
        return false;
    case READ_NEXT_CLOSE:
        if (read_request(connection))
            note_request(connection);
        return false;
    case RESET:
        reset(connection->fd);
        return false;
    case CLOSE:
        return false;
    }
    return false;
}

/* Returns whether the connection goes on. */
static bool act(struct connection *connection)
{
    if (path_is(connection, "/hold"))
        wait_for_release(connection->peer);
    if (path_is(connection, "/long") || path_is(connection, "/long-chunked"))
        return answer_long(connection, path_is(connection, "/long-chunked"));
    if (path_is(connection, "/many-headers"))
        return answer_many_headers(connection);
    if (path_is(connection, "/bytes"))
        return answer_bytes(connection);
    if (path_is(connection, "/halves"))
        return answer_halves(connection);
    for (size_t i = 0; i < ARRAY_LEN(behaviours); i++) {
        const struct behaviour *behaviour = &behaviours[i];
        if (path_is(connection, behaviour->path))
            return send_all(connection->fd, behaviour->answer, behaviour->answer_len) &&
                   leave(connection, behaviour->then);
    }
    return send_all(connection->fd, OK, strlen(OK));
}

static void *serve(void *context)
{
    struct connection *connection = context;
    connection->text = xcalloc(REQUEST_MAX + 1, 1);
    while (read_request(connection)) {
        note_request(connection);
        if (!act(connection))
            break;
    }
    free(connection->text);
    auto_unlock pthread_mutex_t *held = lock(&connection->peer->mutex);
    (void)close(connection->fd);
    connection->fd = -1;
    return NULL;
}

static void *accept_all(void *context)
{
    struct peer *peer = context;
    for (;;) {
        int fd = accept(peer->fd, NULL, NULL);
        auto_unlock pthread_mutex_t *held = lock(&peer->mutex);
        if (fd < 0 || peer->stopping) {
            if (fd >= 0)
                (void)close(fd);
            return NULL;
        }
        ASSERT(peer->connection_count < CONNECTIONS_MAX);
        struct connection *connection = &peer->connections[peer->connection_count++];
        connection->peer = peer;
        connection->fd = fd;
        int failed = pthread_create(&connection->thread, NULL, serve, connection);
        ASSERT(failed == 0);
    }
}

static int bind_loopback(unsigned *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT(fd >= 0 && bind(fd, (struct sockaddr *)&address, len) == 0);
    ASSERT(getsockname(fd, (struct sockaddr *)&address, &len) == 0);
    *port = ntohs(address.sin_port);
    return fd;
}

unsigned peer_dead_port(int *fd)
{
    unsigned port = 0;
    *fd = bind_loopback(&port);
    return port;
}

unsigned peer_silent_port(int *fd)
{
    unsigned port = peer_dead_port(fd);
    ASSERT(listen(*fd, 8) == 0);
    return port;
}

struct peer *peer_start(void)
{
    struct peer *peer = xcalloc(1, sizeof *peer);
    peer->fd = bind_loopback(&peer->port);
    ASSERT(listen(peer->fd, 128) == 0);
    (void)pthread_mutex_init(&peer->mutex, NULL);
    (void)pthread_cond_init(&peer->changed, NULL);
    int failed = pthread_create(&peer->thread, NULL, accept_all, peer);
    ASSERT(failed == 0);
    return peer;
}

void peer_stop(struct peer *peer)
{
    {
        auto_unlock pthread_mutex_t *held = lock(&peer->mutex);
        peer->stopping = true;
        (void)pthread_cond_broadcast(&peer->changed);
        for (unsigned i = 0; i < peer->connection_count; i++) {
            if (peer->connections[i].fd >= 0)
                (void)shutdown(peer->connections[i].fd, SHUT_RDWR);
        }
    }
    (void)shutdown(peer->fd, SHUT_RDWR);
    (void)pthread_join(peer->thread, NULL);
    for (unsigned i = 0; i < peer->connection_count; i++)
        (void)pthread_join(peer->connections[i].thread, NULL);
    (void)close(peer->fd);
    (void)pthread_cond_destroy(&peer->changed);
    (void)pthread_mutex_destroy(&peer->mutex);
    free(peer->last);
    free(peer);
}

unsigned peer_port(const struct peer *peer)
{
    return peer->port;
}

unsigned peer_requests(struct peer *peer, const char *method)
{
    auto_unlock pthread_mutex_t *held = lock(&peer->mutex);
    return method == NULL ? peer->requests : peer->by_method[method_index(method)];
}

unsigned peer_connections(struct peer *peer)
{
    auto_unlock pthread_mutex_t *held = lock(&peer->mutex);
    return peer->connection_count;
}

void peer_await(struct peer *peer, unsigned requests)
{
    auto_unlock pthread_mutex_t *held = lock(&peer->mutex);
    while (peer->requests < requests)
        (void)pthread_cond_wait(&peer->changed, &peer->mutex);
}

void peer_release(struct peer *peer)
{
    auto_unlock pthread_mutex_t *held = lock(&peer->mutex);
    peer->released = true;
    (void)pthread_cond_broadcast(&peer->changed);
}

char *peer_last(struct peer *peer)
{
    auto_unlock pthread_mutex_t *held = lock(&peer->mutex);
    return xstrdup(peer->last);
}
