/*
 * Bytes on a connection to a real server, as any peer may send them: it answers in HTTP or closes, and lives on. The
 * handler sees only what screen.c lets through, and checks that.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/log.h"
#include "core/text.h"
#include "http/request.h"
#include "http/response.h"
#include "http/server.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned port;

static int yes(struct app *app, struct request *request, struct error *err)
{
    (void)app;
    (void)request;
    (void)err;
    return 0;
}

static int
handle(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)app;
    (void)err;
    ASSERT(request->target[0] == '/' && strchr(request->target, '#') == NULL);
    ASSERT(text_is_utf8(request->path, strlen(request->path)));
    ASSERT(strlen(request->body) <= request->body_len && request->body_len <= 512);
    ASSERT(request_header_count(request, "host") <= 1);
    ASSERT(request_header(request, "content-length") == NULL ||
           request_header(request, "transfer-encoding") == NULL);
    for (size_t i = 0; i < request->headers.count; i++)
        ASSERT(strpbrk(request->headers.items[i].name, " \t\r\n:") == NULL &&
               strpbrk(request->headers.items[i].value, "\r\n") == NULL);
    response_text(response, 200, "text/plain", request->path);
    return 0;
}

static const struct guard guard = {.name = "open", .head = yes, .body = yes};
static const struct route rows[] = {
    {HTTP_GET | HTTP_POST, "/*", &guard, 512, NULL, handle, NULL},
};
static const struct route_table table = {"fuzz", rows, ARRAY_LEN(rows)};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    const struct route_table *const tables[] = {&table};
    static const char *const words[] = {"127.0.0.1:0"};
    const struct http_settings settings = {
        .name = "fuzz", .listen = words, .listen_count = 1, .workers = 1, .no_access_log = 1};
    struct router *router = NULL;
    struct http_server *server = NULL; /* until the process ends */
    struct error err = {0};
    log_set_threshold(LOG_LEVEL_ERROR);
    ASSERT(router_create(tables, 1, &router, &err) == 0);
    ASSERT(http_server_create(&settings, router, NULL, metrics_create(), &server, &err) == 0);
    ASSERT(http_server_start(server, &err) == 0);
    port = http_server_port(server);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT(fd >= 0);
    /* No TIME_WAIT: a fuzzer would run out of ports. */
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ASSERT(connect(fd, (const struct sockaddr *)&address, sizeof address) == 0);
    ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);
    (void)sent;
    /* A complete request is answered long before this; nothing follows an incomplete one. */
    enum { PATIENCE_MS = 1 };
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    char answer[4096];
    bool first = true;
    while (poll(&polled, 1, PATIENCE_MS) == 1) {
        ssize_t got = recv(fd, answer, sizeof answer, 0);
        if (got <= 0)
            break;
        if (first && got >= 7)
            ASSERT(strncmp(answer, "HTTP/1.", 7) == 0);
        first = false;
    }
    (void)close(fd);
    return 0;
}
