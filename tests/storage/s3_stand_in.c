#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/lock.h"
#include "core/wall_clock.h"
#include "core/xmalloc.h"
#include "s3_stand_in_parts.h"

/* ---- trouble ------------------------------------------------------------------------------------------------- */

static bool is_troubled(struct stand_in *stand_in, const char *line)
{
    if (stand_in->trouble_left == 0 ||
        strncmp(line, stand_in->trouble_at, strlen(stand_in->trouble_at)) != 0)
        return false;
    stand_in->trouble_left--;
    return true;
}

static struct answer skewed(const struct request *request)
{
    char time[TIME_TEXT_BYTES];
    time_to_rfc3339(wall_clock_now_ms(wall_clock_real()) - 3600 * 1000, time);
    struct answer answer = refuse(403, NULL);
    const char *text = arena_printf(
        request->arena,
        "<Error><Code>RequestTimeTooSkewed</Code><Message>The difference is too large.</Message>"
        "<ServerTime>%s</ServerTime></Error>",
        time);
    answer.body = (struct bytes){(unsigned char *)(uintptr_t)text, strlen(text)};
    return answer;
}

static struct answer make_trouble(struct stand_in *stand_in, const struct request *request)
{
    struct answer answer;
    switch (stand_in->trouble) {
    case TROUBLE_SLOW_DOWN:
        return refuse(503, "SlowDown");
    case TROUBLE_INTERNAL:
        return refuse(500, "InternalError");
    case TROUBLE_LOST_ANSWER:
    case TROUBLE_RESET:
        answer = act(stand_in, request);
        answer.close = true;
        return answer;
    case TROUBLE_ERROR_IN_200:
        return text_answer("<Error><Code>InternalError</Code></Error>");
    case TROUBLE_SKEWED:
        return skewed(request);
    case TROUBLE_DENIED:
        return refuse(403, "AccessDenied");
    case TROUBLE_NO_BUCKET:
        return refuse(404, "NoSuchBucket");
    case TROUBLE_WRONG_LENGTH:
        answer = act(stand_in, request);
        answer.body.len--;
        return answer;
    case TROUBLE_SHORT_RANGE:
        answer = act(stand_in, request);
        answer.body.len /= 2;
        return answer;
    case TROUBLE_OTHER_DIGEST:
        answer = act(stand_in, request);
        answer.headers =
            arena_printf(request->arena, "%sx-amz-checksum-sha256: %s\r\n", answer.headers,
                         "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        return answer;
    case TROUBLE_HTML:
        answer = text_answer("<html><Code>Bad Gateway</Code></html>");
        answer.status = 502;
        return answer;
    case TROUBLE_COUNT:
        break;
    }
    return refuse(500, "InternalError");
}

/* ---- the wire ------------------------------------------------------------------------------------------------ */

static bool send_all(int fd, const void *data, size_t len)
{
    const char *at = data;
    while (len > 0) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        at += sent;
        len -= (size_t)sent;
    }
    return true;
}

static bool send_answer(int fd, const struct request *request, const struct answer *answer)
{
    struct bytes body = answer->body;
    if (answer->code != NULL) {
        const char *text = arena_printf(
            request->arena,
            "<?xml version=\"1.0\"?>\n<Error><Code>%s</Code><Message>no</Message></Error>",
            answer->code);
        body = (struct bytes){(unsigned char *)(uintptr_t)text, strlen(text)};
    }
    const char *head = arena_printf(request->arena, "HTTP/1.1 %d X\r\n%s", answer->status,
                                    answer->headers == NULL ? "" : answer->headers);
    if (answer->status != 204)
        head = arena_printf(request->arena, "%sContent-Length: %zu\r\n", head, body.len);
    head = arena_printf(request->arena, "%s\r\n", head);
    const bool has_body = strcmp(request->method, "HEAD") != 0 && answer->status != 204;
    return send_all(fd, head, strlen(head)) && (!has_body || send_all(fd, body.data, body.len));
}

static void reset(int fd)
{
    struct linger now = {.l_onoff = 1};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static bool will_reset(struct stand_in *stand_in, const char *line)
{
    auto_unlock pthread_mutex_t *held = lock(&stand_in->mutex);
    return stand_in->trouble == TROUBLE_RESET && is_troubled(stand_in, line);
}

/* Header lines into `head`, what came behind them into `body`. False at the end of the connection. */
static bool read_head(int fd, char *head, struct buf *body)
{
    size_t len = 0;
    for (;;) {
        ssize_t got = recv(fd, head + len, HEAD_BYTES_MAX - len, 0);
        if (got <= 0)
            return false;
        len += (size_t)got;
        head[len] = '\0';
        char *end = memmem(head, len, "\r\n\r\n", 4);
        if (end == NULL)
            continue;
        ASSERT(buf_append(body, end + 4, len - (size_t)(end + 4 - head)) == 0);
        end[2] = '\0';
        return true;
    }
}

static bool read_body(struct connection *connection,
                      const struct request *request,
                      const char *line,
                      struct buf *body)
{
    const char *length = request_header(request, "content-length");
    const size_t wanted = length == NULL ? 0 : strtoul(length, NULL, 10);
    char piece[16 * 1024];
    const bool resets = will_reset(connection->owner, line);
    while (body->len < wanted || resets) {
        if (resets && (body->len >= RESET_AFTER_BYTES || body->len >= wanted)) {
            reset(connection->fd);
            return false;
        }
        ssize_t got = recv(connection->fd, piece, sizeof piece, 0);
        if (got <= 0)
            return false;
        ASSERT(buf_append(body, piece, (size_t)got) == 0);
    }
    return true;
}

static void parse_target(struct request *request, char *line)
{
    static const char bucket[] = "/" STAND_IN_BUCKET;
    char *rest = NULL;
    request->method = strtok_r(line, " ", &rest);
    char *target = strtok_r(NULL, " ", &rest);
    char *query = strchr(target, '?');
    request->query = query == NULL ? "" : query + 1;
    if (query != NULL)
        *query = '\0';
    request->path = target;
    const char *host = request_header(request, "host");
    const bool in_host =
        host != NULL && strncmp(host, STAND_IN_BUCKET ".", sizeof STAND_IN_BUCKET) == 0;
    const size_t len = in_host ? 0 : sizeof bucket - 1;
    if (strncmp(target, bucket, len) == 0 && target[len] == '/' && target[len + 1] != '\0')
        request->key = percent_decoded(request->arena, target + len + 1, strlen(target + len + 1));
}

static struct answer
answer_to(struct stand_in *stand_in, const struct request *request, const char *line)
{
    ASSERT(stand_in->logged < THINGS_MAX * 8);
    stand_in->log[stand_in->logged++] = xmemdup(line, strlen(line) + 1);
    return is_troubled(stand_in, line) ? make_trouble(stand_in, request) : act(stand_in, request);
}

static bool serve_one(struct connection *connection)
{
    struct stand_in *stand_in = connection->owner;
    auto_arena struct arena *arena = arena_create();
    auto_buf struct buf body;
    char *head = arena_alloc(arena, HEAD_BYTES_MAX + 1);
    buf_init(&body, BODY_BYTES_MAX);
    if (!read_head(connection->fd, head, &body))
        return false;
    struct request request = {.arena = arena, .head = strstr(head, "\r\n") + 2};
    char *line = arena_copy(arena, head, strcspn(head, "\r"));
    *strrchr(line, ' ') = '\0'; /* HTTP/1.1 */
    if (!read_body(connection, &request, line, &body))
        return false;
    parse_target(&request, arena_strdup(arena, line));
    request.body = (struct bytes){(unsigned char *)body.data, body.len};
    auto_unlock pthread_mutex_t *held = lock(&stand_in->mutex);
    const struct answer answer = answer_to(stand_in, &request, line);
    return !answer.close && send_answer(connection->fd, &request, &answer);
}

static void *serve(void *context)
{
    struct connection *connection = context;
    while (serve_one(connection))
        continue;
    auto_unlock pthread_mutex_t *held = lock(&connection->owner->mutex);
    (void)close(connection->fd);
    connection->fd = -1;
    return NULL;
}

static void *accept_all(void *context)
{
    struct stand_in *stand_in = context;
    for (;;) {
        int fd = accept(stand_in->fd, NULL, NULL);
        auto_unlock pthread_mutex_t *held = lock(&stand_in->mutex);
        if (fd < 0 || stand_in->stopping) {
            if (fd >= 0)
                (void)close(fd);
            return NULL;
        }
        ASSERT(stand_in->connection_count < CONNECTIONS_MAX);
        struct connection *connection = &stand_in->connections[stand_in->connection_count++];
        int now = 1;
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &now, sizeof now);
        connection->owner = stand_in;
        connection->fd = fd;
        ASSERT(pthread_create(&connection->thread, NULL, serve, connection) == 0);
    }
}

/* ---- for tests ----------------------------------------------------------------------------------------------- */

struct stand_in *stand_in_start(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    struct stand_in *stand_in = xcalloc(1, sizeof *stand_in);
    stand_in->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT(stand_in->fd >= 0 && bind(stand_in->fd, (struct sockaddr *)&address, len) == 0);
    ASSERT(getsockname(stand_in->fd, (struct sockaddr *)&address, &len) == 0);
    stand_in->port = ntohs(address.sin_port);
    ASSERT(listen(stand_in->fd, 64) == 0);
    (void)pthread_mutex_init(&stand_in->mutex, NULL);
    ASSERT(pthread_create(&stand_in->thread, NULL, accept_all, stand_in) == 0);
    return stand_in;
}

void stand_in_stop(struct stand_in *stand_in)
{
    {
        auto_unlock pthread_mutex_t *held = lock(&stand_in->mutex);
        stand_in->stopping = true;
        for (unsigned i = 0; i < stand_in->connection_count; i++)
            if (stand_in->connections[i].fd >= 0)
                (void)shutdown(stand_in->connections[i].fd, SHUT_RDWR);
    }
    (void)shutdown(stand_in->fd, SHUT_RDWR);
    (void)pthread_join(stand_in->thread, NULL);
    for (unsigned i = 0; i < stand_in->connection_count; i++)
        (void)pthread_join(stand_in->connections[i].thread, NULL);
    (void)close(stand_in->fd);
    for (size_t i = 0; i < THINGS_MAX; i++) {
        drop_object(&stand_in->objects[i]);
        drop_upload(&stand_in->uploads[i]);
    }
    for (unsigned i = 0; i < stand_in->logged; i++)
        free(stand_in->log[i]);
    (void)pthread_mutex_destroy(&stand_in->mutex);
    free(stand_in);
}

unsigned stand_in_port(const struct stand_in *stand_in)
{
    return stand_in->port;
}

void stand_in_trouble(struct stand_in *stand_in,
                      enum trouble trouble,
                      const char *method_and_target,
                      unsigned count)
{
    auto_unlock pthread_mutex_t *held = lock(&stand_in->mutex);
    stand_in->trouble = trouble;
    (void)snprintf(stand_in->trouble_at, sizeof stand_in->trouble_at, "%s", method_and_target);
    stand_in->trouble_left = count;
}

bool stand_in_trouble_is_over(struct stand_in *stand_in)
{
    auto_unlock pthread_mutex_t *held = lock(&stand_in->mutex);
    return stand_in->trouble_left == 0;
}

unsigned stand_in_requests(struct stand_in *stand_in, const char *method_and_target)
{
    unsigned count = 0;
    auto_unlock pthread_mutex_t *held = lock(&stand_in->mutex);
    for (unsigned i = 0; i < stand_in->logged; i++)
        count += strncmp(stand_in->log[i], method_and_target, strlen(method_and_target)) == 0;
    return count;
}

unsigned stand_in_objects(struct stand_in *stand_in)
{
    unsigned count = 0;
    auto_unlock pthread_mutex_t *held = lock(&stand_in->mutex);
    for (size_t i = 0; i < THINGS_MAX; i++)
        count += stand_in->objects[i] != NULL;
    return count;
}

unsigned stand_in_uploads(struct stand_in *stand_in)
{
    unsigned count = 0;
    auto_unlock pthread_mutex_t *held = lock(&stand_in->mutex);
    for (size_t i = 0; i < THINGS_MAX; i++)
        count += stand_in->uploads[i] != NULL;
    return count;
}

unsigned char *stand_in_object(struct stand_in *stand_in, const char *key, size_t *bytes)
{
    auto_unlock pthread_mutex_t *held = lock(&stand_in->mutex);
    const struct object *object = *find_object(stand_in, key);
    if (object == NULL)
        return NULL;
    *bytes = object->content.len;
    return (unsigned char *)xmemdup(object->content.data, object->content.len + 1);
}

void stand_in_put(struct stand_in *stand_in, const char *key, const void *data, size_t bytes)
{
    auto_unlock pthread_mutex_t *held = lock(&stand_in->mutex);
    (void)keep_object(stand_in, key, data, bytes);
}

void stand_in_leave_upload(struct stand_in *stand_in, const char *key, int64_t begun_ms)
{
    auto_unlock pthread_mutex_t *held = lock(&stand_in->mutex);
    (void)begin_upload(stand_in, key, begun_ms);
}
