/*
 * A client that sends bytes as they are and reads answers one by one, and a server on an ephemeral
 * port to talk to. For tests; every failure is an assertion. A read waits at most RAW_PATIENCE_MS,
 * which only a broken server needs.
 */
#ifndef SUPPORT_RAW_HTTP_H
#define SUPPORT_RAW_HTTP_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "http/server.h"
#include "support/cmocka_all.h"

enum { RAW_PATIENCE_MS = 20 * 1000, RAW_RESPONSE_BYTES = 256 * 1024 };

/* A connection, with what was read beyond the last answer. */
struct raw_connection {
    int fd;
    char *data;
    size_t len;
};

struct raw_response {
    int status;
    char head[8 * 1024];
    char body[192 * 1024];
    size_t body_len;
};

static inline struct raw_connection raw_open_fd(int fd)
{
    struct raw_connection connection = {.fd = fd, .data = calloc(1, RAW_RESPONSE_BYTES + 1)};
    assert_non_null(connection.data);
    return connection;
}

static inline struct raw_connection raw_open(unsigned port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return raw_open_fd(fd);
}

static inline struct raw_connection raw_open_unix(const char *path)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return raw_open_fd(fd);
}

static inline void raw_close(struct raw_connection *connection)
{
    (void)close(connection->fd);
    free(connection->data);
    *connection = (struct raw_connection){.fd = -1};
}

/* A peer that has closed already is no failure: the answer is what is looked at. */
static inline void raw_send_bytes(struct raw_connection *connection, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(connection->fd, bytes, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        bytes += sent;
        len -= (size_t)sent;
    }
}

static inline void raw_send(struct raw_connection *connection, const char *text)
{
    raw_send_bytes(connection, text, strlen(text));
}

/* More bytes; false at the end of the connection. */
static inline bool raw_more(struct raw_connection *connection)
{
    struct pollfd polled = {.fd = connection->fd, .events = POLLIN};
    if (poll(&polled, 1, RAW_PATIENCE_MS) != 1)
        fail_msg("no answer; so far: %s", connection->data);
    assert_true(connection->len < RAW_RESPONSE_BYTES);
    ssize_t got = recv(connection->fd, connection->data + connection->len,
                       RAW_RESPONSE_BYTES - connection->len, 0);
    if (got <= 0)
        return false;
    connection->len += (size_t)got;
    connection->data[connection->len] = '\0';
    return true;
}

/* Is there nothing more to come? */
static inline bool raw_at_end(struct raw_connection *connection)
{
    return connection->len == 0 && !raw_more(connection);
}

/* Value of a header in the head of an answer, or NULL. Good until the next call of this thread. */
static inline const char *raw_header(const struct raw_response *response, const char *name)
{
    static _Thread_local char value[1024];
    size_t name_len = strlen(name);
    for (const char *line = strstr(response->head, "\r\n"); line != NULL;
         line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, name_len) != 0 || line[name_len] != ':')
            continue;
        const char *start = line + name_len + 1 + strspn(line + name_len + 1, " ");
        (void)snprintf(value, sizeof value, "%.*s", (int)strcspn(start, "\r\n"), start);
        return value;
    }
    return NULL;
}

static inline void raw_drop(struct raw_connection *connection, size_t len)
{
    connection->len -= len;
    memmove(connection->data, connection->data + len, connection->len);
    connection->data[connection->len] = '\0';
}

/* The next answer; `expect_body` is false for HEAD. status 0: the connection ended instead. */
static inline struct raw_response raw_read_as(struct raw_connection *connection, bool expect_body)
{
    struct raw_response response = {0};
    char *end;
    while ((end = strstr(connection->data, "\r\n\r\n")) == NULL)
        if (!raw_more(connection))
            return response;
    size_t head_len = (size_t)(end - connection->data) + 4;
    assert_true(head_len < sizeof response.head);
    memcpy(response.head, connection->data, head_len);
    assert_int_equal(strncmp(response.head, "HTTP/1.", 7), 0);
    response.status = (int)strtol(response.head + 9, NULL, 10);
    raw_drop(connection, head_len);
    const char *length = raw_header(&response, "Content-Length");
    if (response.status < 200 || !expect_body || length == NULL)
        return response;
    response.body_len = strtoul(length, NULL, 10);
    assert_true(response.body_len < sizeof response.body);
    while (connection->len < response.body_len)
        if (!raw_more(connection))
            fail_msg("the body ends early");
    memcpy(response.body, connection->data, response.body_len);
    raw_drop(connection, response.body_len);
    return response;
}

static inline struct raw_response raw_read(struct raw_connection *connection)
{
    return raw_read_as(connection, true);
}

/* One request on a connection of its own. */
static inline struct raw_response raw_ask(unsigned port, const char *request)
{
    struct raw_connection connection = raw_open(port);
    raw_send(&connection, request);
    struct raw_response response = raw_read_as(&connection, strncmp(request, "HEAD", 4) != 0);
    raw_close(&connection);
    return response;
}

/* ---- a server ---- */

struct raw_server {
    struct router *router;
    struct metrics *metrics;
    struct http_server *server;
    unsigned port;
};

/* `settings` says what differs from the defaults; it listens on loopback unless it says otherwise.
 */
static inline struct raw_server raw_server_start(const struct route_table *table,
                                                 const struct http_settings *settings,
                                                 struct app *app)
{
    static const char *const loopback[] = {"127.0.0.1:0"};
    struct raw_server out = {.metrics = metrics_create()};
    struct http_settings own = {0};
    if (settings != NULL)
        own = *settings;
    if (own.listen_count == 0) {
        own.listen = loopback;
        own.listen_count = 1;
    }
    if (own.workers == 0)
        own.workers = 2;
    own.name = "test";
    struct error err = {0};
    const struct route_table *const tables[] = {table};
    if (router_create(tables, 1, &out.router, &err) < 0 ||
        http_server_create(&own, out.router, app, out.metrics, &out.server, &err) < 0 ||
        http_server_start(out.server, &err) < 0)
        fail_msg("%s", err.message);
    out.port = http_server_port(out.server);
    return out;
}

static inline void raw_server_stop(struct raw_server *server)
{
    http_server_free(server->server);
    router_free(server->router);
    metrics_free(server->metrics);
    *server = (struct raw_server){0};
}

#endif
