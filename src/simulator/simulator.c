/*
 * Threads around the engine: request threads of the HTTP server, the network's thread and the
 * clock's come in through one lock. The engine is quick and never waits, so one lock is enough, and
 * everything happens in one order.
 */
#include "simulator/simulator.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/lock.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "core/xmalloc.h"
#include "download.h"
#include "running.h"

enum {
    IN_FLIGHT_MAX = 256,
    QUEUE_MAX = 100 * 1000,
    CONNECT_TIMEOUT_MS = 5000,
    TOTAL_TIMEOUT_MS = 15000,
    ANSWER_MAX_BYTES = 256 * 1024,
    CONNECTION_AGE_MS = 5000,
    SCRIPT_MAX_BYTES = 1024 * 1024,
};

/* A webhook whose answer is outstanding. */
struct sending {
    struct simulator *simulator;
    struct delivery *delivery;
    struct sending *next;
    char problem[ERROR_MESSAGE_BYTES];
};

/* ---- time ---- */

/* People in browsers live in real time: while a call is with one of them, everybody does. */
static double wanted_speed(const struct simulator *simulator)
{
    bool people = simulator->sim && sim_browser_calls(simulator->sim) > 0;
    return people ? simulator->settings->browser_speed : simulator->settings->speed;
}

static void pace_reach(struct pace *pace, int64_t real_us)
{
    pace->sim_us += (int64_t)((double)(real_us - pace->real_us) * pace->speed);
    pace->real_us = real_us;
}

struct sim_time simulator_now(struct simulator *simulator)
{
    struct pace *pace = &simulator->pace;
    double speed = wanted_speed(simulator);
    int64_t real_us = monotonic_us() - simulator->began_us;
    if (speed != pace->speed) {
        pace_reach(pace, real_us);
        pace->speed = speed;
    }
    return (struct sim_time){
        .sim_ms = (pace->sim_us + (int64_t)((double)(real_us - pace->real_us) * speed)) / 1000,
        .wall_ms = wall_clock_now_ms(wall_clock_real()),
        .real_ms = real_us / 1000,
    };
}

/* Real milliseconds until something is due in simulated time; -1: nothing is. At speed max time jumps
 * there instead. */
static int64_t next_simulated_ms(struct simulator *simulator)
{
    int64_t due_ms = 0;
    if (!sim_next_due(simulator->sim, &due_ms))
        return -1;
    double speed = wanted_speed(simulator);
    if (speed > 0) {
        double wait_ms = (double)(due_ms - simulator_now(simulator).sim_ms) / speed;
        return wait_ms > 0 ? (int64_t)wait_ms + 1 : 0;
    }
    if (sim_in_flight(simulator->sim) > 0 || sim_at_rest(simulator->sim))
        return -1;
    if (due_ms * 1000 > simulator->pace.sim_us)
        simulator->pace.sim_us = due_ms * 1000;
    return 0;
}

/* The earlier of two waits, of which the first may be -1. */
static int64_t earlier(int64_t wait_ms, int64_t other_ms)
{
    if (other_ms < 0)
        other_ms = 0;
    return wait_ms < 0 || other_ms < wait_ms ? other_ms : wait_ms;
}

/* The same for whatever is due, in simulated or in real time. */
static int64_t next_wait_ms(struct simulator *simulator)
{
    int64_t due_ms = 0;
    int64_t wait_ms = next_simulated_ms(simulator);
    int64_t slow_ms = downloads_go_on(simulator);
    if (slow_ms >= 0)
        wait_ms = earlier(wait_ms, slow_ms - monotonic_ms());
    if (sim_next_real_due(simulator->sim, &due_ms))
        wait_ms = earlier(wait_ms, due_ms - simulator_now(simulator).real_ms);
    return wait_ms;
}

static void wait_for_change(struct simulator *simulator, int64_t wait_ms)
{
    if (wait_ms < 0) {
        (void)pthread_cond_wait(&simulator->changed, &simulator->mutex);
        return;
    }
    int64_t until_us = monotonic_us() + wait_ms * 1000;
    struct timespec until = {.tv_sec = until_us / 1000000, .tv_nsec = until_us % 1000000 * 1000};
    (void)pthread_cond_timedwait(&simulator->changed, &simulator->mutex, &until);
}

static void answer_refused(struct simulator *simulator)
{
    while (simulator->refused) {
        struct sending *sending = simulator->refused;
        simulator->refused = sending->next;
        const struct sim_answer answer = {.kind = SIM_NOT_CONNECTED,
                                          .content_type = "",
                                          .body = "",
                                          .location = "",
                                          .set_cookie = "",
                                          .problem = sending->problem};
        sim_answered(simulator->sim, simulator_now(simulator), sending->delivery, &answer);
        free(sending);
    }
}

static void *clock_run(void *context)
{
    struct simulator *simulator = context;
    auto_unlock pthread_mutex_t *held = lock(&simulator->mutex);
    while (!simulator->stopping) {
        answer_refused(simulator);
        sim_advance(simulator->sim, simulator_now(simulator));
        if (simulator->refused)
            continue;
        int64_t wait_ms = next_wait_ms(simulator);
        if (wait_ms != 0)
            wait_for_change(simulator, wait_ms);
    }
    return NULL;
}

/* ---- webhooks ---- */

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static void on_answer(void *context, const struct net_answer *from)
{
    struct sending *sending = context;
    struct simulator *simulator = sending->simulator;
    static const enum sim_answer_kind kinds[] = {[NET_ANSWERED] = SIM_ANSWERED,
                                                 [NET_NEVER_SENT] = SIM_NOT_CONNECTED,
                                                 [NET_UNKNOWN] = SIM_NO_ANSWER};
    const struct sim_answer answer = {
        .kind = kinds[from->result],
        .status = from->status,
        .content_type = from->content_type,
        .body = from->body,
        .body_len = from->body_len,
        .location = or_empty(net_answer_header(from, "location")),
        .set_cookie = or_empty(net_answer_header(from, "set-cookie")),
        .problem = from->problem,
    };
    auto_unlock pthread_mutex_t *held = lock(&simulator->mutex);
    sim_answered(simulator->sim, simulator_now(simulator), sending->delivery, &answer);
    (void)pthread_cond_signal(&simulator->changed);
    free(sending);
}

static void send_webhook(void *context, const struct sim_outgoing *outgoing)
{
    struct simulator *simulator = context;
    struct net_header headers[SIM_HEADERS_MAX];
    for (size_t i = 0; i < outgoing->header_count; i++)
        headers[i] = (struct net_header){outgoing->headers[i].name, outgoing->headers[i].value};
    const struct net_request request = {
        .method = outgoing->method,
        .url = outgoing->url,
        .content_type = outgoing->content_type,
        .body = outgoing->body,
        .body_len = outgoing->body_len,
        .headers = headers,
        .header_count = outgoing->header_count,
        .timeout_ms = outgoing->timeout_ms,
    };
    struct sending *sending = xcalloc(1, sizeof(*sending));
    sending->simulator = simulator;
    sending->delivery = outgoing->delivery;
    struct error err = {0};
    if (net_start(simulator->net, &request, on_answer, sending, &err) == 0)
        return;
    (void)text_copy(sending->problem, sizeof(sending->problem), err.message);
    sending->next = simulator->refused; /* the engine must not be called back from here */
    simulator->refused = sending;
    (void)pthread_cond_signal(&simulator->changed);
}

static void tell(void *context, const char *line)
{
    struct simulator *simulator = context;
    teller_tell(simulator->teller, line);
}

/* ---- browsers ---- */

static void say(void *context, void *peer, const char *text, size_t len)
{
    struct simulator *simulator = context;
    signalling_say(simulator->signalling, peer, text, len);
}

static void hang_up(void *context, void *peer, int code)
{
    struct simulator *simulator = context;
    signalling_hang_up(simulator->signalling, peer, code);
}

/* ---- the whole ---- */

static int read_file(const char *path, struct buf *out, struct error *err)
{
    char piece[4096];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(err, ERROR_INVALID, path);
    ssize_t got = 0;
    int full = 0;
    while (full == 0 && (got = read(fd, piece, sizeof(piece))) > 0)
        full = buf_append(out, piece, (size_t)got);
    (void)close(fd);
    if (full < 0)
        return error_set(err, ERROR_TOO_LARGE, "%s is larger than a script may be", path);
    return got < 0 ? error_errno(err, ERROR_INVALID, path) : 0;
}

static int load_script(struct simulator *simulator, struct error *err)
{
    const char *path = simulator->settings->script_file;
    if (*path == '\0')
        return 0;
    auto_buf struct buf text;
    buf_init(&text, SCRIPT_MAX_BYTES);
    if (read_file(path, &text, err) < 0)
        return -1;
    return sim_load_script(simulator->sim, or_empty(text.data), text.len, err);
}

static int open_net(struct simulator *simulator, struct error *err)
{
    const struct net_settings settings = {
        .user_agent = "TwilioProxy/1.1",
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
        .total_timeout_ms = TOTAL_TIMEOUT_MS,
        .in_flight_max = IN_FLIGHT_MAX,
        .queue_max = QUEUE_MAX,
        .reply_max_bytes = ANSWER_MAX_BYTES,
        .connection_age_max_ms = CONNECTION_AGE_MS,
    };
    return net_create(&settings, simulator->metrics, &simulator->net, err);
}

static void init_lock(struct simulator *simulator)
{
    pthread_condattr_t attributes;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&simulator->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    (void)pthread_mutex_init(&simulator->mutex, NULL);
}

/* Where RecordingUrl points, if at us: known when the port is. */
static void serve_api(struct simulator *simulator)
{
    char base[128];
    const char *listen = simulator->settings->listen;
    if (strcmp(simulator->settings->api_base, "self") != 0)
        return;
    (void)snprintf(base, sizeof(base), "http://%.*s:%u", (int)(strrchr(listen, ':') - listen),
                   listen, http_server_port(simulator->http));
    sim_serve_at(simulator->sim, base);
}

int simulator_create(const struct sim_settings *settings, struct simulator **out, struct error *err)
{
    struct simulator *simulator = xcalloc(1, sizeof(*simulator));
    simulator->app.simulator = simulator;
    simulator->settings = settings;
    simulator->metrics = metrics_create();
    simulator->began_us = monotonic_us();
    init_lock(simulator);
    if (!settings->quiet)
        simulator->teller = teller_create(STDOUT_FILENO);
    const struct sim_ports ports = {
        .context = simulator,
        .send = send_webhook,
        .tell = settings->quiet ? NULL : tell,
        .say = say,
        .hang_up = hang_up,
    };
    simulator->sim = sim_create(settings, &ports, simulator_now(simulator));
    if (load_script(simulator, err) < 0 || open_net(simulator, err) < 0 ||
        front_open(simulator, err) < 0 ||
        signalling_open(simulator, &simulator->signalling, err) < 0) {
        simulator_free(simulator);
        return -1;
    }
    serve_api(simulator);
    *out = simulator;
    return 0;
}

int simulator_start(struct simulator *simulator, struct error *err)
{
    if (pthread_create(&simulator->clock, NULL, clock_run, simulator) != 0)
        return error_set(err, ERROR_UNAVAILABLE, "no thread for the clock");
    simulator->ticking = true;
    return signalling_start(simulator->signalling, err) < 0
               ? -1
               : http_server_start(simulator->http, err);
}

unsigned simulator_port(const struct simulator *simulator)
{
    return http_server_port(simulator->http);
}

unsigned simulator_signal_port(const struct simulator *simulator)
{
    return signalling_port(simulator->signalling);
}

static void stop_clock(struct simulator *simulator)
{
    if (!simulator->ticking)
        return;
    {
        auto_unlock pthread_mutex_t *held = lock(&simulator->mutex);
        simulator->stopping = true;
        (void)pthread_cond_signal(&simulator->changed);
    }
    (void)pthread_join(simulator->clock, NULL);
}

void simulator_free(struct simulator *simulator)
{
    if (simulator == NULL)
        return;
    http_server_free(simulator->http); /* wakes whoever waits */
    stop_clock(simulator);
    signalling_free(simulator->signalling);
    net_free(simulator->net); /* answers whatever is under way */
    while (simulator->refused) {
        struct sending *sending = simulator->refused;
        simulator->refused = sending->next;
        free(sending);
    }
    sim_free(simulator->sim);
    teller_free(simulator->teller);
    router_free(simulator->router);
    metrics_free(simulator->metrics);
    (void)pthread_cond_destroy(&simulator->changed);
    (void)pthread_mutex_destroy(&simulator->mutex);
    free(simulator);
}
