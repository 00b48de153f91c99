/*
 * Connections: their places, and what happens to one that is too slow.
 *
 * The library only sees inactivity: a byte every few seconds keeps a connection for ever. So each
 * phase has a deadline of its own, and a connection that misses it is shut down, which the library
 * then notices.
 */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "core/lock.h"
#include "core/log.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "server_internal.h"
#include "server_stream.h"

static const char *const phase_names[PHASES] = {
    [PHASE_CLOSED] = "closed",       [PHASE_FRESH] = "fresh",         [PHASE_IDLE] = "idle",
    [PHASE_HEAD] = "head",           [PHASE_BODY] = "body",           [PHASE_HANDLING] = "handling",
    [PHASE_ANSWERING] = "answering", [PHASE_STREAMING] = "streaming",
};

void worker_init(struct worker *worker, struct http_server *server)
{
    worker->server = server;
    for (size_t i = WORKER_CONNECTIONS_MAX; i-- > 0;) {
        struct connection *connection = &worker->connections[i];
        atomic_init(&connection->deadline_ms, DEADLINE_NEVER);
        atomic_init(&connection->phase, PHASE_CLOSED);
        (void)pthread_mutex_init(&connection->mutex, NULL);
        connection->worker = worker;
        connection->fd = -1;
        connection->next_free = worker->free;
        worker->free = connection;
    }
}

void worker_release(struct worker *worker)
{
    for (size_t i = 0; i < worker->spare_count; i++)
        arena_free(worker->spare[i]);
    for (size_t i = 0; i < WORKER_CONNECTIONS_MAX; i++)
        (void)pthread_mutex_destroy(&worker->connections[i].mutex);
}

struct connection *connection_of(struct MHD_Connection *library)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(library, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == NULL ? NULL : info->socket_context;
}

void connection_enter(struct connection *connection, enum phase phase, int64_t deadline_ms)
{
    atomic_store_explicit(&connection->phase, phase, memory_order_relaxed);
    deadline_set(&connection->worker->server->deadlines, &connection->deadline_ms, deadline_ms);
}

/* "127.0.0.1", also when it came in through an IPv6 socket; "unix". */
static void name_peer(struct MHD_Connection *library, char out[PEER_BYTES])
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(library, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info == NULL ? NULL : info->client_addr;
    const void *bytes = NULL;
    int family = address == NULL ? AF_UNSPEC : address->sa_family;
    if (family == AF_INET) {
        bytes = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
    } else if (family == AF_INET6) {
        const struct in6_addr *v6 =
            &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
        bytes = v6;
        if (IN6_IS_ADDR_V4MAPPED(v6)) {
            family = AF_INET;
            bytes = &v6->s6_addr[12];
        }
    }
    if (bytes == NULL || inet_ntop(family, bytes, out, PEER_BYTES) == NULL)
        (void)text_copy(out, PEER_BYTES, "unix");
}

static int library_fd(struct MHD_Connection *library)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(library, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info == NULL ? -1 : info->connect_fd;
}

static void opened(struct worker *worker, struct MHD_Connection *library, void **context)
{
    struct connection *connection = worker->free;
    if (connection == NULL) { /* the acceptor never gives a worker more than it has places */
        (void)shutdown(library_fd(library), SHUT_RDWR);
        return;
    }
    worker->free = connection->next_free;
    name_peer(library, connection->peer);
    {
        auto_unlock pthread_mutex_t *held = lock(&connection->mutex);
        connection->fd = library_fd(library);
    }
    *context = connection;
    connection_enter(connection, PHASE_FRESH,
                     monotonic_ms() + worker->server->settings.header_deadline_ms);
    metric_add(worker->server->connections_gauge, 1);
}

/*
 * The library shuts a connection down before it closes it, which would be a polite end. Dissolving
 * the association (connect(2)) sends RST at once; where that is not possible the end is polite.
 */
bool connection_reset(struct MHD_Connection *library)
{
    const struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
    int fd = library_fd(library);
    return fd >= 0 && connect(fd, &nowhere, sizeof nowhere) == 0;
}

/* The library closes the descriptor after this. */
static void closed(struct worker *worker, void **context)
{
    struct http_server *server = worker->server;
    struct connection *connection = *context;
    if (connection != NULL) {
        {
            auto_unlock pthread_mutex_t *held = lock(&connection->mutex);
            connection->fd = -1;
        }
        connection_enter(connection, PHASE_CLOSED, DEADLINE_NEVER);
        connection->next_free = worker->free;
        worker->free = connection;
        metric_add(server->connections_gauge, -1);
    }
    atomic_fetch_sub(&worker->assigned, 1);
    atomic_fetch_sub(&server->connections, 1);
    acceptor_wake(&server->acceptor);
}

void connection_notify(void *worker,
                       struct MHD_Connection *library,
                       void **context,
                       enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        opened(worker, library, context);
    else
        closed(worker, context);
}

/* Under the connection's lock: the worker cannot close the descriptor meanwhile. */
static void cut(struct connection *connection)
{
    struct http_server *server = connection->worker->server;
    enum phase phase = atomic_load_explicit(&connection->phase, memory_order_relaxed);
    if (connection->fd < 0)
        return;
    metric_add(server->cut_counters[phase], 1);
    log_debug("http.cut", LOG_TEXT("server", server->settings.name),
              LOG_TEXT("phase", phase_names[phase]));
    (void)shutdown(connection->fd, SHUT_RDWR);
}

/* Under the connection's lock, so a sleep does not end meanwhile either. A stream is given back with a reference: it
 * has a lock of its own. */
static struct stream *act_on_deadline(struct connection *connection, int64_t now_ms)
{
    auto_unlock pthread_mutex_t *held = lock(&connection->mutex);
    int64_t deadline_ms = atomic_load(&connection->deadline_ms);
    if (deadline_ms > now_ms ||
        !atomic_compare_exchange_strong(&connection->deadline_ms, &deadline_ms, DEADLINE_NEVER))
        return NULL;
    if (connection->stream != NULL)
        return stream_ref(connection->stream);
    if (connection->sleeper != NULL)
        (void)exchange_wake(connection->sleeper, connection->ticket, WOKEN_BY_DEADLINE);
    else
        cut(connection);
    return NULL;
}

static void look_after_stream(struct connection *connection, struct stream *stream, int64_t now_ms)
{
    if (stream == NULL)
        return;
    if (stream_is_stalled(stream, now_ms)) {
        auto_unlock pthread_mutex_t *held = lock(&connection->mutex);
        if (connection->stream == stream)
            cut(connection);
    }
    stream_unref(stream);
}

void connection_farewell(struct connection *connection)
{
    struct stream *stream = NULL;
    {
        auto_unlock pthread_mutex_t *held = lock(&connection->mutex);
        if (connection->stream != NULL)
            stream = stream_ref(connection->stream);
    }
    if (stream == NULL)
        return;
    stream_farewell(stream);
    stream_unref(stream);
}

int64_t server_scan(void *context, int64_t now_ms)
{
    struct http_server *server = context;
    int64_t next_ms = DEADLINE_NEVER;
    for (unsigned i = 0; i < server->worker_count; i++) {
        for (size_t j = 0; j < WORKER_CONNECTIONS_MAX; j++) {
            struct connection *connection = &server->workers[i].connections[j];
            int64_t deadline_ms = atomic_load(&connection->deadline_ms);
            if (deadline_ms <= now_ms)
                look_after_stream(connection, act_on_deadline(connection, now_ms), now_ms);
            else if (deadline_ms < next_ms)
                next_ms = deadline_ms;
        }
    }
    return next_ms;
}
