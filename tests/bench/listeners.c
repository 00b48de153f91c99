/*
 * Listeners of GET /events by the thousand, and who makes the events; as little of a client as can
 * be, because it shares the machine with the server. Prints `RESULT` and numbers.
 *
 *   listeners told PORT LISTENERS STALLED QUERY EVENTS REQUESTS RATE
 *       sends the lines of the file REQUESTS (sign_requests status) to /webhooks/call-status, RATE
 * in a second, or 0: as quickly as they are taken. Each must make EVENTS events for each listener;
 * QUERY is put behind /events. STALLED more listen and never read.
 *       -> deliveries missing seconds bytes-of-one p50-ms p99-ms webhooks' p50-ms p99-ms refused
 *
 *   listeners idle PORT LISTENERS SECONDS PID
 *       -> KiB of resident memory of process PID for each: when all have come, and after that time
 *
 * The key comes from the environment, BENCH_KEY. Latency is counted from when the webhook was due
 * to be sent: a server that holds the sender up is not forgiven for what waits behind.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/macros.h"
#include "core/wall_clock.h"
#include "core/xmalloc.h"
#include "reader.h"

enum {
    SENDERS = 8,
    STALLED_BYTES = 4096, /* what the kernel takes for one that stalls */
    PATIENCE_US = 20 * 1000 * 1000,
};

struct run {
    struct reader reader;
    uint16_t port;
    int64_t last_us; /* when an event came */
    int64_t *latency_us;

    /* those who send */
    const char **requests;
    size_t request_count;
    size_t events;   /* of each request, for each listener */
    size_t expected; /* deliveries */
    unsigned long rate;
    int64_t start_us;
    _Atomic(int64_t) *sent_us;
    int64_t *hook_us;
    _Atomic(size_t) next;
    _Atomic(size_t) refused;
    _Atomic(bool) over;
};

/* ---- listening ---- */

/* One event has come. */
static void note(void *context, const char *data, int64_t now_us)
{
    struct run *run = context;
    static const char member[] = "\"sid\":\"CA";
    const char *sid = memmem(data, HEAD_BYTES, member, sizeof(member) - 1);
    char number[17] = "";
    if (sid == NULL || sid + sizeof(member) - 1 + 32 > data + HEAD_BYTES)
        die("an event without a CallSid");
    memcpy(number, sid + sizeof(member) - 1 + 16, 16);
    unsigned long which = strtoul(number, NULL, 16);
    run->last_us = now_us;
    uint64_t before = run->reader.deliveries - 1;
    if (which < run->request_count && before < run->expected)
        run->latency_us[before] = now_us - atomic_load(&run->sent_us[which]);
}

static int ask(const struct run *run, struct arena *arena, const char *query, int receive_bytes)
{
    const char *key = getenv("BENCH_KEY"); /* NOLINT(concurrency-mt-unsafe): one thread yet */
    const char *request = arena_printf(arena,
                                       "GET /events%s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                                       "Authorization: Bearer %s\r\n\r\n",
                                       query, key == NULL ? "" : key);
    int fd = connect_to(run->port, receive_bytes);
    send_all(fd, request, strlen(request));
    return fd;
}

static void listen_all(struct run *run, struct arena *arena, const char *query)
{
    for (size_t i = 0; i < run->reader.count; i++)
        reader_add(&run->reader, i, ask(run, arena, query, 0));
    int64_t until_us = monotonic_us() + PATIENCE_US;
    while (run->reader.greeted < run->reader.count && monotonic_us() < until_us)
        reader_take(&run->reader, 20);
    if (run->reader.greeted < run->reader.count)
        die("not all listeners were let in");
    run->reader.bytes = 0;
}

/* One that listens, for sure, and reads nothing. */
static void stall(const struct run *run, struct arena *arena, const char *query)
{
    struct pollfd hello = {.fd = ask(run, arena, query, STALLED_BYTES), .events = POLLIN};
    if (poll(&hello, 1, PATIENCE_US / 1000) != 1)
        die("a listener that is to stall was not let in");
}

/* ---- sending ---- */

static void read_requests(struct run *run, struct arena *arena, const char *path)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t cap = 0;
    if (file == NULL)
        die("cannot read the requests");
    for (ssize_t len; (len = getline(&line, &cap, file)) > 0; run->request_count++) {
        line[len - 1] = '\0';
        char *token = strchr(line, ' ');
        char *body = token == NULL ? NULL : strchr(token + 1, ' ');
        if (body == NULL)
            die("a request must be SIGNATURE TOKEN BODY");
        *token++ = '\0';
        *body++ = '\0';
        run->requests = xrealloc(run->requests, (run->request_count + 1) * sizeof(char *));
        run->requests[run->request_count] = arena_printf(
            arena,
            "POST /webhooks/call-status HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Twilio-Signature: %s\r\n"
            "I-Twilio-Idempotency-Token: %s\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n%s",
            line, token, strlen(body), body);
    }
    free(line);
    (void)fclose(file);
}

static bool is_taken(int fd)
{
    char answer[4096];
    size_t len = 0;
    do {
        ssize_t got = recv(fd, answer + len, sizeof(answer) - 1 - len, 0);
        if (got <= 0)
            return false;
        len += (size_t)got;
        answer[len] = '\0';
    } while (strstr(answer, "\r\n\r\n") == NULL && len < sizeof(answer) - 1);
    return strncmp(answer, "HTTP/1.1 204", 12) == 0; /* which has no body */
}

/* When the next one is due: at its time, or now. */
static int64_t wait_turn(const struct run *run, size_t which)
{
    if (run->rate == 0)
        return monotonic_us();
    int64_t due_us = run->start_us + (int64_t)which * 1000000 / (int64_t)run->rate;
    struct timespec due = {.tv_sec = due_us / 1000000, .tv_nsec = due_us % 1000000 * 1000};
    (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
    return due_us;
}

static void *send_webhooks(void *context)
{
    struct run *run = context;
    int fd = connect_to(run->port, 0);
    for (size_t i; (i = atomic_fetch_add(&run->next, 1)) < run->request_count;) {
        int64_t due_us = wait_turn(run, i);
        atomic_store(&run->sent_us[i], due_us);
        send_all(fd, run->requests[i], strlen(run->requests[i]));
        if (!is_taken(fd)) {
            atomic_fetch_add(&run->refused, 1);
            break;
        }
        run->hook_us[i] = monotonic_us() - due_us;
    }
    (void)close(fd);
    return NULL;
}

static void *send_all_webhooks(void *context)
{
    struct run *run = context;
    pthread_t senders[SENDERS];
    for (size_t i = 0; i < SENDERS; i++)
        if (pthread_create(&senders[i], NULL, send_webhooks, run) != 0)
            die("cannot start a thread");
    for (size_t i = 0; i < SENDERS; i++)
        (void)pthread_join(senders[i], NULL);
    atomic_store(&run->over, true);
    return NULL;
}

/* ---- told ---- */

static int by_size(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static double percentile_ms(int64_t *values, size_t count, size_t percent)
{
    if (count == 0)
        return 0;
    qsort(values, count, sizeof(*values), by_size);
    size_t which = (count - 1) * percent / 100;
    return (double)values[which] / 1e3;
}

static void print_told(struct run *run)
{
    size_t got = run->reader.deliveries < run->expected ? run->reader.deliveries : run->expected;
    double hook_p50 = percentile_ms(run->hook_us, run->request_count, 50);
    double hook_p99 = percentile_ms(run->hook_us, run->request_count, 99);
    printf("RESULT %llu %lld %.4f %.0f %.2f %.2f %.2f %.2f %zu\n",
           (unsigned long long)run->reader.deliveries,
           (long long)run->expected - (long long)run->reader.deliveries,
           (double)(run->last_us - run->start_us) / 1e6,
           got > 0 ? (double)run->reader.bytes / (double)got : 0,
           percentile_ms(run->latency_us, got, 50), percentile_ms(run->latency_us, got, 99),
           hook_p50, hook_p99, atomic_load(&run->refused));
}

/* Until all has come; what has not come in good time is missing. */
static void take_until(struct run *run, size_t expected)
{
    int64_t heard_us = monotonic_us();
    uint64_t heard = 0;
    while (!atomic_load(&run->over) || run->reader.deliveries < expected) {
        reader_take(&run->reader, 5);
        if (!atomic_load(&run->over) || run->reader.deliveries != heard)
            heard_us = monotonic_us();
        heard = run->reader.deliveries;
        if (monotonic_us() - heard_us > PATIENCE_US / 4)
            return;
    }
}

static void told(struct run *run, char **argv)
{
    auto_arena struct arena *arena = arena_create();
    pthread_t sending;
    run->port = (uint16_t)strtoul(argv[1], NULL, 10);
    reader_prepare(&run->reader, argv[2]);
    run->events = strtoul(argv[5], NULL, 10);
    read_requests(run, arena, argv[6]);
    run->rate = strtoul(argv[7], NULL, 10);
    run->expected = run->reader.count * run->request_count * run->events;
    run->sent_us = xcalloc(run->request_count, sizeof(*run->sent_us));
    run->hook_us = xcalloc(run->request_count, sizeof(*run->hook_us));
    run->latency_us = xcalloc(run->expected, sizeof(*run->latency_us));
    for (unsigned long stalled = strtoul(argv[3], NULL, 10); stalled > 0; stalled--)
        stall(run, arena, argv[4]);
    listen_all(run, arena, argv[4]);
    run->start_us = run->last_us = monotonic_us();
    if (pthread_create(&sending, NULL, send_all_webhooks, run) != 0)
        die("cannot start a thread");
    take_until(run, run->expected);
    (void)pthread_join(sending, NULL);
    print_told(run);
}

/* ---- idle ---- */

static double resident_kib(const char *pid)
{
    char path[64];
    char line[256];
    double kib = -1;
    (void)snprintf(path, sizeof(path), "/proc/%s/status", pid);
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = strtod(line + 6, NULL);
    if (file == NULL || kib < 0)
        die("cannot read the memory of the process");
    (void)fclose(file);
    return kib;
}

static void idle(struct run *run, char **argv)
{
    auto_arena struct arena *arena = arena_create();
    run->port = (uint16_t)strtoul(argv[1], NULL, 10);
    reader_prepare(&run->reader, argv[2]);
    double before = resident_kib(argv[4]);
    listen_all(run, arena, "");
    double fresh = resident_kib(argv[4]);
    int64_t until_us = monotonic_us() + (int64_t)(strtod(argv[3], NULL) * 1e6);
    while (monotonic_us() < until_us)
        reader_take(&run->reader, 20);
    printf("RESULT %.1f %.1f\n", (fresh - before) / (double)run->reader.count,
           (resident_kib(argv[4]) - before) / (double)run->reader.count);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int argc;
        void (*go)(struct run *run, char **argv);
    } ways[] = {
        {"told", 9, told},
        {"idle", 6, idle},
    };
    struct run *run = xcalloc(1, sizeof(*run));
    run->reader.on_event = note;
    run->reader.context = run;
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        if (argc == ways[i].argc && strcmp(argv[1], ways[i].name) == 0) {
            ways[i].go(run, argv + 1);
            return 0;
        }
    }
    (void)fprintf(stderr,
                  "usage: listeners told PORT LISTENERS STALLED QUERY EVENTS REQUESTS RATE\n"
                  "       listeners idle PORT LISTENERS SECONDS PID\n");
    return 2;
}
