/*
 * The library's callbacks for one request, in the order in which it calls them:
 *
 *   request_begin      the request line is here; the target is still as it was sent
 *   request_continue   once for the head, once for each piece of body, once at the end; again after
 * each sleep request_end        the answer is sent, or the connection is gone
 *
 * An answer given in the call for the head makes the library close the connection and read no body:
 * right for a body that is refused, a waste without one. So an answer to a request without a body
 * waits for the last call, which comes at once.
 */
#include <string.h>

#include "core/log.h"
#include "core/wall_clock.h"
#include "router.h"
#include "server_internal.h"
#include "server_stream.h"

/* A bijection (splitmix64): different numbers stay different, and the next id cannot be guessed at
 * a glance. */
static uint64_t mix(uint64_t x)
{
    x ^= x >> 30;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static void make_id(struct worker *worker, char out[REQUEST_ID_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    uint64_t number = (uint64_t)(worker - worker->server->workers) << 48 | worker->requests++;
    uint64_t id = mix(worker->server->id_seed + number);
    for (size_t i = 0; i < REQUEST_ID_BYTES - 1; i++, id >>= 4)
        out[i] = digits[id & 15];
    out[REQUEST_ID_BYTES - 1] = '\0';
}

/* Arenas are used again: their first chunk is warm, and the allocator is left alone. */
static struct arena *take_arena(struct worker *worker)
{
    return worker->spare_count > 0 ? worker->spare[--worker->spare_count] : arena_create();
}

static void put_arena(struct worker *worker, struct arena *arena)
{
    if (arena == NULL)
        return;
    if (worker->spare_count == SPARE_ARENAS) {
        arena_free(arena);
        return;
    }
    arena_reset(arena);
    worker->spare[worker->spare_count++] = arena;
}

void *request_begin(void *cls, const char *target, struct MHD_Connection *library)
{
    struct worker *worker = cls;
    struct http_server *server = worker->server;
    struct connection *connection = connection_of(library);
    if (connection == NULL)
        return NULL;
    struct exchange *exchange =
        exchange_create(take_arena(worker), target == NULL ? "" : target, connection->peer);
    exchange->settings = &server->settings;
    exchange->router = server->router;
    exchange->app = server->app;
    exchange->connection = connection;
    exchange->library = library;
    exchange->head.target_place = target;
    exchange->request.arrived_ms = wall_clock_now_ms(server->settings.clock);
    make_id(worker, exchange->id);

    /* The first request counts from the connection's begin, later ones from here. */
    int64_t deadline_ms = exchange->started_us / 1000 + server->settings.header_deadline_ms;
    int64_t earlier_ms = atomic_load_explicit(&connection->deadline_ms, memory_order_relaxed);
    connection_enter(connection, PHASE_HEAD, earlier_ms < deadline_ms ? earlier_ms : deadline_ms);
    return exchange;
}

/* ---- the head ---- */

struct header_list {
    struct raw_header *items;
    size_t count;
};

static enum MHD_Result take_header(void *cls,
                                   enum MHD_ValueKind kind,
                                   const char *name,
                                   size_t name_len,
                                   const char *value,
                                   size_t value_len)
{
    (void)kind;
    struct header_list *list = cls;
    list->items[list->count++] = (struct raw_header){
        .name = name, .name_len = name_len, .value = value, .value_len = value_len};
    return MHD_YES;
}

static void read_head(struct exchange *exchange, const char *method, const char *version)
{
    struct request *request = &exchange->request;
    struct raw_head *head = &exchange->head;
    int count = MHD_get_connection_values_n(exchange->library, MHD_HEADER_KIND, NULL, NULL);
    struct header_list list = {
        .items = arena_alloc(request->arena, (size_t)(count < 0 ? 0 : count) * sizeof *list.items)};
    (void)MHD_get_connection_values_n(exchange->library, MHD_HEADER_KIND, take_header, &list);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->library, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

    head->method = method;
    head->version = version;
    head->target = request->target;
    head->headers = list.items;
    head->header_count = list.count;
    head->bytes = info == NULL ? 0 : info->header_size;
    request->method = http_method_of(method);
    exchange->method_name = arena_copy(request->arena, method, strnlen(method, 16));
}

/* ---- the middle ---- */

static enum MHD_Result take_body(struct exchange *exchange, const char *piece, size_t bytes)
{
    return collect_take(&exchange->body, exchange->request.arena, piece, bytes) < 0 ? MHD_NO
                                                                                    : MHD_YES;
}

/* The call for the head is over; the library goes on to the body. */
static enum MHD_Result to_body(struct exchange *exchange)
{
    exchange->head_done = true;
    if (exchange_has_body(exchange))
        connection_enter(exchange->connection, PHASE_BODY,
                         monotonic_ms() + exchange->settings->body_deadline_ms);
    else
        connection_enter(exchange->connection, PHASE_HANDLING, DEADLINE_NEVER);
    return MHD_YES;
}

static enum MHD_Result go_on(struct exchange *exchange)
{
    switch (exchange_advance(exchange)) {
    case PROGRESS_ASLEEP:
        return MHD_YES;
    case PROGRESS_BODY:
        return to_body(exchange);
    case PROGRESS_ANSWER:
        if (!exchange->head_done && !exchange->close && !exchange_has_body(exchange))
            return to_body(exchange);
        return answer_send(exchange);
    }
    return MHD_NO;
}

enum MHD_Result request_continue(void *worker,
                                 struct MHD_Connection *library,
                                 const char *url,
                                 const char *method,
                                 const char *version,
                                 const char *upload,
                                 size_t *upload_bytes,
                                 void **context)
{
    (void)worker;
    (void)library;
    (void)url; /* decoded by the library, and cut at a NUL: not to be trusted */
    struct exchange *exchange = *context;
    if (exchange == NULL)
        return MHD_NO;
    if (*upload_bytes > 0) {
        size_t bytes = *upload_bytes;
        *upload_bytes = 0;
        return take_body(exchange, upload, bytes);
    }
    if (exchange->stage == STAGE_CHECK)
        read_head(exchange, method, version);
    /* First no deadline, then no sleeper: without one, a deadline cuts the connection. */
    connection_enter(exchange->connection, PHASE_HANDLING, DEADLINE_NEVER);
    if (exchange->awaiting)
        connection_forget_sleeper(exchange->connection);
    return go_on(exchange);
}

/* ---- the end ---- */

static const char *end_name(enum MHD_RequestTerminationCode code)
{
    switch (code) {
    case MHD_REQUEST_TERMINATED_COMPLETED_OK:
        return NULL;
    case MHD_REQUEST_TERMINATED_TIMEOUT_REACHED:
        return "timeout";
    case MHD_REQUEST_TERMINATED_DAEMON_SHUTDOWN:
        return "shutdown";
    case MHD_REQUEST_TERMINATED_CLIENT_ABORT:
    case MHD_REQUEST_TERMINATED_READ_ERROR:
        return "closed";
    case MHD_REQUEST_TERMINATED_WITH_ERROR:
        return "error";
    }
    return "error";
}

/* What was sent: ours, or the library's own (431 and the like), or nothing. */
static int answered_status(struct MHD_Connection *library, enum MHD_RequestTerminationCode code)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(library, MHD_CONNECTION_INFO_HTTP_STATUS);
    if (info == NULL || code == MHD_REQUEST_TERMINATED_DAEMON_SHUTDOWN)
        return 0;
    return (int)info->http_status;
}

void request_end(void *cls,
                 struct MHD_Connection *library,
                 void **context,
                 enum MHD_RequestTerminationCode code)
{
    struct worker *worker = cls;
    struct http_server *server = worker->server;
    struct exchange *exchange = *context;
    if (exchange == NULL)
        return;
    *context = NULL;
    struct connection *connection = exchange->connection;
    if (exchange->awaiting) { /* it was left, or the server was stopped, before it could go on */
        connection_enter(connection, PHASE_HANDLING, DEADLINE_NEVER);
        connection_forget_sleeper(connection);
    }

    int64_t now_us = monotonic_us();
    int64_t us = now_us - exchange->started_us;
    int64_t latency_us = us;
    if (exchange->stream != NULL) { /* how long somebody listens says nothing of how quick we are */
        latency_us = exchange->answered_us == 0 ? us : exchange->answered_us - exchange->started_us;
        exchange->sent_bytes = stream_close(steal(&exchange->stream));
    }
    int status = answered_status(library, code);
    const struct request *request = &exchange->request;
    if (exchange->refused_by_screen || (status != 0 && !exchange->answered))
        metric_add(server->screened_counter, 1);
    route_stats_count(server->stats, request->route, exchange->route_index, request->method, status,
                      latency_us);
    if (!server->settings.no_access_log)
        access_log(exchange, status, end_name(code), us);

    if (exchange->at_end != NULL)
        exchange->at_end(exchange->at_end_context);
    exchange->library = NULL;
    /* The first byte of the next request comes within the idle time, or the library closes. */
    connection_enter(connection, PHASE_IDLE,
                     now_us / 1000 + server->settings.idle_timeout_ms +
                         server->settings.header_deadline_ms);
    put_arena(worker, exchange_end(exchange));
}
