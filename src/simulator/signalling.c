/*
 * One thread runs libwebsockets' loop; all its callbacks happen there. Other threads put frames into a
 * peer's queue, under the simulator's lock, and wake the loop.
 *
 * A page of somebody else's site must not drive the simulator, so a browser's Origin has to be this
 * machine; who sends none is no browser. All that a client can make us keep is bounded: connections,
 * the size of its messages, what waits for it.
 */
#include "signalling.h"

#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/buf.h"
#include "core/lock.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "core/xmalloc.h"
#include "running.h"

enum {
    FRAME_MAX_BYTES = 64 * 1024, /* an SDP is a few KiB */
    READ_BYTES = 4096,
    QUEUE_MAX_FRAMES = 256,
    QUEUE_MAX_BYTES = 1024 * 1024,
    SOCKET_BUFFER_BYTES = 64 * 1024, /* what the kernel keeps for one who does not read */
    PEERS_MAX = 1200,                /* a few more than the engine takes: those hear why not */
    HEADER_BYTES = 512,
    SOCKETS_MAX = 1500, /* with those that have not said yet that they are WebSockets */
    HANDSHAKE_S = 10,
    GOODBYE_MS = 1000,
    CLOSE_TRY_LATER = 1013, /* of RFC 6455's registry; the library has no name for it */
    STATUS_UPGRADE_REQUIRED = 426,
};

/* A frame that waits. The library writes its own header into the room in front of the text. */
struct frame {
    struct frame *next;
    size_t len;
    unsigned char text[]; /* LWS_PRE bytes of room, then `len` */
};

/* One socket. The library makes it and frees it. */
struct peer {
    struct lws *wsi;
    struct device *device; /* NULL: the engine does not know it (any more) */
    struct frame *first;
    struct frame *last;
    size_t queued;
    size_t queued_bytes;
    int close_code; /* 0: stays */
    bool cut;       /* does not read what it is told, or shall break */
    bool left;      /* its page said goodbye */
    bool due;       /* in the list of those whom the loop has to look at */
    struct peer *next_due;
    struct buf heard; /* the message that is coming in */
    struct peer *next;
    struct peer *previous;
};

struct signalling {
    struct simulator *simulator;
    struct lws_context *context;
    unsigned port;
    pthread_t thread;
    bool running;
    size_t sockets; /* of the loop alone */
    /* under the simulator's lock */
    bool stopping;
    struct peer *peers;
    struct peer *due;
    size_t peer_count;
};

/* ---- from the engine ---- */

/* The loop is not in the middle of this peer's callback, or is and finds the list afterwards. */
static void need_attention(struct signalling *signalling, struct peer *peer)
{
    if (peer->due)
        return;
    peer->due = true;
    peer->next_due = signalling->due;
    signalling->due = peer;
    lws_cancel_service(signalling->context);
}

void signalling_say(struct signalling *signalling, void *context, const char *text, size_t len)
{
    struct peer *peer = context;
    if (peer->cut || peer->close_code)
        return;
    peer->cut = peer->queued >= QUEUE_MAX_FRAMES || peer->queued_bytes + len > QUEUE_MAX_BYTES;
    if (!peer->cut) {
        struct frame *frame = xcalloc(1, sizeof(*frame) + LWS_PRE + len);
        frame->len = len;
        memcpy(frame->text + LWS_PRE, text, len);
        if (peer->last)
            peer->last->next = frame;
        else
            peer->first = frame;
        peer->last = frame;
        peer->queued++;
        peer->queued_bytes += len;
    }
    need_attention(signalling, peer);
}

void signalling_hang_up(struct signalling *signalling, void *context, int code)
{
    struct peer *peer = context;
    if (code == 0)
        peer->cut = true;
    else if (peer->close_code == 0)
        peer->close_code = code;
    need_attention(signalling, peer);
}

static struct frame *take_frame(struct peer *peer)
{
    struct frame *frame = peer->first;
    if (frame == NULL)
        return NULL;
    peer->first = frame->next;
    if (peer->first == NULL)
        peer->last = NULL;
    peer->queued--;
    peer->queued_bytes -= frame->len;
    return frame;
}

/* ---- the loop ---- */

static void remove_due(struct signalling *signalling, const struct peer *peer)
{
    struct peer **link = &signalling->due;
    while (*link && *link != peer)
        link = &(*link)->next_due;
    if (*link)
        *link = peer->next_due;
}

static void look_at_due(struct signalling *signalling)
{
    auto_unlock pthread_mutex_t *held = lock(&signalling->simulator->mutex);
    while (signalling->due) {
        struct peer *peer = signalling->due;
        signalling->due = peer->next_due;
        peer->due = false;
        if (peer->cut) /* it never becomes writable */
            lws_set_timeout(peer->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
        else
            (void)lws_callback_on_writable(peer->wsi);
    }
}

static int close_with(struct lws *wsi, int code)
{
    lws_close_reason(wsi, (enum lws_close_status)code, NULL, 0);
    return -1;
}

static int write_one(struct signalling *signalling, struct peer *peer)
{
    auto_free struct frame *frame = NULL;
    bool more = false;
    int close_code = 0;
    {
        auto_unlock pthread_mutex_t *held = lock(&signalling->simulator->mutex);
        frame = take_frame(peer);
        more = peer->first != NULL || (frame && peer->close_code);
        close_code = frame ? 0 : peer->close_code;
    }
    if (frame && lws_write(peer->wsi, frame->text + LWS_PRE, frame->len, LWS_WRITE_TEXT) < 0)
        return -1;
    if (more)
        (void)lws_callback_on_writable(peer->wsi);
    return close_code ? close_with(peer->wsi, close_code) : 0;
}

/* ---- to the engine ---- */

static int hear(struct signalling *signalling, struct peer *peer, const char *text, size_t len)
{
    struct lws *wsi = peer->wsi;
    if (lws_frame_is_binary(wsi))
        return close_with(wsi, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE);
    if (buf_append(&peer->heard, text, len) < 0)
        return close_with(wsi, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE);
    if (!lws_is_final_fragment(wsi) || lws_remaining_packet_payload(wsi) > 0)
        return 0;
    struct simulator *simulator = signalling->simulator;
    {
        auto_unlock pthread_mutex_t *held = lock(&simulator->mutex);
        if (peer->device && !peer->cut)
            sim_heard(simulator->sim, simulator_now(simulator), peer->device,
                      peer->heard.data ? peer->heard.data : "", peer->heard.len);
        (void)pthread_cond_signal(&simulator->changed);
    }
    buf_release(&peer->heard);
    buf_init(&peer->heard, FRAME_MAX_BYTES);
    return 0;
}

/* 1001, "going away", is what a page says that is closed. The SDK itself closes otherwise, and comes back. */
static void hear_goodbye(struct peer *peer, const unsigned char *code, size_t len)
{
    peer->left = len >= 2 && (code[0] << 8 | code[1]) == LWS_CLOSE_STATUS_GOINGAWAY;
}

static void let_in(struct signalling *signalling, struct peer *peer, struct lws *wsi)
{
    int bytes = SOCKET_BUFFER_BYTES;
    struct simulator *simulator = signalling->simulator;
    *peer = (struct peer){.wsi = wsi};
    buf_init(&peer->heard, FRAME_MAX_BYTES);
    (void)setsockopt(lws_get_socket_fd(wsi), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
    auto_unlock pthread_mutex_t *held = lock(&simulator->mutex);
    peer->next = signalling->peers;
    if (signalling->peers)
        signalling->peers->previous = peer;
    signalling->peers = peer;
    signalling->peer_count++;
    if (!signalling->stopping)
        peer->device = sim_connected(simulator->sim, simulator_now(simulator), peer);
    if (peer->device == NULL)
        signalling_hang_up(signalling, peer, CLOSE_TRY_LATER);
    (void)pthread_cond_signal(&simulator->changed);
}

static void see_off(struct signalling *signalling, struct peer *peer)
{
    struct simulator *simulator = signalling->simulator;
    if (peer == NULL || peer->wsi == NULL)
        return; /* it was never let in */
    auto_unlock pthread_mutex_t *held = lock(&simulator->mutex);
    if (peer->device)
        sim_disconnected(simulator->sim, simulator_now(simulator), peer->device,
                         peer->left ? SIM_PAGE_LEFT : SIM_SOCKET_BROKE);
    peer->device = NULL;
    remove_due(signalling, peer);
    if (peer->previous)
        peer->previous->next = peer->next;
    else
        signalling->peers = peer->next;
    if (peer->next)
        peer->next->previous = peer->previous;
    signalling->peer_count--;
    for (struct frame *frame = take_frame(peer); frame; frame = take_frame(peer))
        free(frame);
    buf_release(&peer->heard);
    (void)pthread_cond_signal(&simulator->changed);
}

/* ---- who may come in ---- */

/* A page of this machine: any port, http or https. */
static bool is_loopback_origin(const char *origin)
{
    static const char *const hosts[] = {"localhost", "127.0.0.1", "[::1]"};
    const char *host = strstr(origin, "://");
    int64_t port = 0;
    if (host == NULL ||
        (!text_starts_with(origin, "http://") && !text_starts_with(origin, "https://")))
        return false;
    host += strlen("://");
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        const char *rest = host + strlen(hosts[i]);
        if (text_starts_with(host, hosts[i]) &&
            (*rest == '\0' || (*rest == ':' && text_to_int64(rest + 1, 1, 65535, &port))))
            return true;
    }
    return false;
}

static bool origin_is_ours(struct lws *wsi)
{
    char origin[HEADER_BYTES];
    if (lws_hdr_total_length(wsi, WSI_TOKEN_ORIGIN) == 0)
        return true;
    return lws_hdr_copy(wsi, origin, sizeof(origin), WSI_TOKEN_ORIGIN) > 0 &&
           is_loopback_origin(origin);
}

static bool path_is_ours(struct lws *wsi)
{
    char path[HEADER_BYTES];
    return lws_hdr_copy(wsi, path, sizeof(path), WSI_TOKEN_GET_URI) > 0 &&
           strcmp(path, "/signal") == 0;
}

static bool has_room(struct signalling *signalling)
{
    auto_unlock pthread_mutex_t *held = lock(&signalling->simulator->mutex);
    return signalling->peer_count < PEERS_MAX && !signalling->stopping;
}

/* Refuse before there is a WebSocket. */
static int screen(struct signalling *signalling, struct lws *wsi)
{
    unsigned status = 0;
    if (!path_is_ours(wsi))
        status = HTTP_STATUS_NOT_FOUND;
    else if (!origin_is_ours(wsi))
        status = HTTP_STATUS_FORBIDDEN;
    else if (!has_room(signalling))
        status = HTTP_STATUS_SERVICE_UNAVAILABLE;
    if (status == 0)
        return 0;
    (void)lws_return_http_status(wsi, status, NULL);
    return -1;
}

static int
on_event(struct lws *wsi, enum lws_callback_reasons reason, void *session, void *data, size_t len)
{
    struct signalling *signalling = lws_context_user(lws_get_context(wsi));
    switch ((int)reason) {
    case LWS_CALLBACK_WSI_CREATE:
        signalling->sockets++;
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        signalling->sockets--;
        return 0;
    case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
        return signalling->sockets >= SOCKETS_MAX ? -1 : 0;
    case LWS_CALLBACK_HTTP: /* no WebSocket, so nothing that we serve */
        (void)lws_return_http_status(wsi, STATUS_UPGRADE_REQUIRED, NULL);
        return -1;
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return screen(signalling, wsi);
    case LWS_CALLBACK_ESTABLISHED:
        let_in(signalling, session, wsi);
        return 0;
    case LWS_CALLBACK_RECEIVE:
        return hear(signalling, session, data, len);
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return write_one(signalling, session);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        hear_goodbye(session, data, len);
        return 0;
    case LWS_CALLBACK_CLOSED:
        see_off(signalling, session);
        return 0;
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
        look_at_due(signalling);
        return 0;
    default:
        return 0;
    }
}

/* ---- the whole ---- */

static void *run(void *context)
{
    struct signalling *signalling = context;
    bool over = false;
    while (!over && lws_service(signalling->context, 0) >= 0) {
        auto_unlock pthread_mutex_t *held = lock(&signalling->simulator->mutex);
        over = signalling->stopping && signalling->peers == NULL;
    }
    return NULL;
}

/* host:port of loopback, as the settings were checked for. */
static void read_listen(const char *listen, char host[HEADER_BYTES], int *port)
{
    const char *colon = strrchr(listen, ':');
    int64_t number = 0;
    bool known = text_to_int64(colon + 1, 0, 65535, &number);
    ASSERT(known);
    *port = (int)number;
    if (text_starts_with(listen, "["))
        (void)text_copy(host, HEADER_BYTES, "::1");
    else
        (void)text_copy(host, HEADER_BYTES, "127.0.0.1");
}

int signalling_open(struct simulator *simulator, struct signalling **out, struct error *err)
{
    static const struct lws_protocols protocols[] = {
        {"signal", on_event, sizeof(struct peer), READ_BYTES, 0, NULL, 0},
        {NULL,     NULL,     0,                   0,          0, NULL, 0},
    };
    const char *listen = simulator->settings->signal_listen;
    char host[HEADER_BYTES];
    struct lws_context_creation_info info = {0};
    *out = NULL;
    if (strcmp(listen, "none") == 0)
        return 0;
    struct signalling *signalling = xcalloc(1, sizeof(*signalling));
    signalling->simulator = simulator;
    read_listen(listen, host, &info.port);
    info.iface = host;
    info.protocols = protocols;
    info.user = signalling;
    info.timeout_secs = HANDSHAKE_S;
    info.gid = -1;
    info.uid = -1;
    info.server_string = "switchhook-sim";
    info.options = LWS_SERVER_OPTION_VALIDATE_UTF8 | LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND |
                   LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
    lws_set_log_level(0, NULL);
    signalling->context = lws_create_context(&info);
    struct lws_vhost *vhost =
        signalling->context ? lws_create_vhost(signalling->context, &info) : NULL;
    if (vhost == NULL) {
        signalling_free(signalling);
        return error_set(err, ERROR_CONFLICT, "cannot listen on %s for browsers", listen);
    }
    signalling->port = (unsigned)lws_get_vhost_listen_port(vhost);
    *out = signalling;
    return 0;
}

int signalling_start(struct signalling *signalling, struct error *err)
{
    if (signalling == NULL)
        return 0;
    if (pthread_create(&signalling->thread, NULL, run, signalling) != 0)
        return error_set(err, ERROR_UNAVAILABLE, "no thread for browsers");
    signalling->running = true;
    return 0;
}

unsigned signalling_port(const struct signalling *signalling)
{
    return signalling ? signalling->port : 0;
}

/* Everybody is told that we go; who does not listen within a second is not waited for. */
static void say_goodbye(struct signalling *signalling)
{
    struct simulator *simulator = signalling->simulator;
    int64_t until_us = monotonic_us() + GOODBYE_MS * INT64_C(1000);
    struct timespec until = {.tv_sec = until_us / 1000000, .tv_nsec = until_us % 1000000 * 1000};
    auto_unlock pthread_mutex_t *held = lock(&simulator->mutex);
    signalling->stopping = true;
    for (struct peer *peer = signalling->peers; peer; peer = peer->next)
        signalling_hang_up(signalling, peer, LWS_CLOSE_STATUS_GOINGAWAY);
    while (signalling->peers &&
           pthread_cond_timedwait(&simulator->changed, &simulator->mutex, &until) == 0)
        ;
    for (struct peer *peer = signalling->peers; peer; peer = peer->next) {
        peer->cut = true;
        need_attention(signalling, peer);
    }
    lws_cancel_service(signalling->context);
}

void signalling_free(struct signalling *signalling)
{
    if (signalling == NULL)
        return;
    if (signalling->running) {
        say_goodbye(signalling);
        (void)pthread_join(signalling->thread, NULL);
    }
    if (signalling->context)
        lws_context_destroy(signalling->context);
    free(signalling);
}
