/*
 * How many webhooks per second does the store take?
 *
 *   store_sqlite_bench_tool [FILE [UNITS [IN_FLIGHT [CALLS [metrics]]]]]
 *
 * Each unit is what a first webhook of a call costs: one call row with its unique SID and its entry
 * among the silent ones, and one timeline row with the parameters as they came. IN_FLIGHT units
 * wait at any time, like so many connections. CALLS > 0 first fills the file up to that many calls.
 * Prints units per second and latencies.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "core/arena.h"
#include "core/macros.h"
#include "core/metrics.h"
#include "core/random.h"
#include "core/wall_clock.h"
#include "core/xmalloc.h"
#include "store_sqlite/store_sqlite.h"
#include "voice/resource_id.h"

#define ACCOUNT "AC00000000000000000000000000000001"

static const char raw[] =
    "AccountSid=AC00000000000000000000000000000001&ApiVersion=2010-04-01&CallSid="
    "CA00000000000000000000000000000001"
    "&CallStatus=ringing&Called=%2B15005550006&CalledCity=&CalledCountry=US&CalledState=&CalledZip="
    "&Caller=%2B14155550100&CallerCity=SAN+FRANCISCO&CallerCountry=US&CallerState=CA&CallerZip="
    "94105"
    "&Direction=inbound&From=%2B14155550100&FromCity=SAN+FRANCISCO&FromCountry=US&FromState=CA&"
    "FromZip=94105"
    "&To=%2B15005550006&ToCity=&ToCountry=US&ToState=&ToZip=";

struct bench {
    struct store *store;
    atomic_long left;
    long units;
    long done;
    long failed;
    int64_t *latencies_us;
    pthread_mutex_t lock;
    pthread_cond_t finished;
    long in_flight;
    double writer_start_s; /* processor time of the writer thread at the first and last unit */
    double writer_end_s;
};

static double processor_s(int who)
{
    struct rusage usage;
    getrusage(who, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static _Atomic int64_t last_number;

struct webhook {
    struct store_unit unit;
    struct bench *bench;
    char sid[40];
    char id[RESOURCE_ID_BYTES];
    int64_t number;
    int64_t submitted_us;
    int64_t sequence;
};

static int apply(struct store_tx *tx, void *work, struct error *err)
{
    struct webhook *hook = work;
    struct call_row call = {.number = hook->number,
                            .id = hook->id,
                            .account_sid = ACCOUNT,
                            .root_sid = hook->sid,
                            .direction = CALL_DIRECTION_INBOUND,
                            .placement = CALL_PLACEMENT_PLACED,
                            .root = leg_state_new(),
                            .from = "+14155550100",
                            .to = "+15005550006",
                            .created_at_ms = hook->number >> 20,
                            .heard_at_ms = hook->number >> 20,
                            .due_at_ms = (hook->number >> 20) + 60000};
    struct timeline_row entry = {.call_number = hook->number,
                                 .account_sid = ACCOUNT,
                                 .at_ms = hook->number >> 20,
                                 .kind = TIMELINE_INSTRUCTION,
                                 .route = "/twiml",
                                 .leg_sid = hook->sid,
                                 .repeat_key = (uint64_t)hook->number * 0x9e3779b97f4a7c15U,
                                 .effect = "advances",
                                 .answer = "dial +14155550101",
                                 .raw = raw};
    call.root.status = CALL_STATUS_RINGING;
    if (store_insert_call(tx, &call, err) < 0 || store_append_timeline(tx, &entry, err) < 0)
        return -1;
    hook->sequence = entry.sequence;
    return 0;
}

static void done(void *work, const struct error *err);

/* False when there is nothing left to do. */
static bool submit(struct webhook *hook)
{
    struct error err = {0};
    if (atomic_fetch_sub(&hook->bench->left, 1) <= 0)
        return false;
    hook->number = resource_number_next(&last_number, wall_clock_now_ms(wall_clock_real()));
    resource_id_format(RESOURCE_CALL, hook->number, (uint64_t)hook->number * 0x9e3779b97f4a7c15U,
                       hook->id);
    memcpy(hook->sid, "CA", 2);
    random_hex(hook->sid + 2, 16);
    hook->unit = (struct store_unit){.apply = apply,
                                     .done = done,
                                     .work = hook,
                                     .result = &hook->sequence,
                                     .result_bytes = sizeof hook->sequence};
    hook->submitted_us = monotonic_us();
    ASSERT(store_submit(hook->bench->store, &hook->unit, &err) == 0);
    return true;
}

static void done(void *work, const struct error *err)
{
    struct webhook *hook = work;
    struct bench *bench = hook->bench;
    bench->latencies_us[bench->done++] = monotonic_us() - hook->submitted_us;
    if (bench->done == 1)
        bench->writer_start_s = processor_s(RUSAGE_THREAD);
    if (bench->done == bench->units)
        bench->writer_end_s = processor_s(RUSAGE_THREAD);
    bench->failed += err->kind != ERROR_NONE;
    if (submit(hook))
        return;
    pthread_mutex_lock(&bench->lock);
    bench->in_flight--;
    pthread_cond_signal(&bench->finished);
    pthread_mutex_unlock(&bench->lock);
}

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* Once they are sorted. */
static double latency_ms(const struct bench *bench, long percent)
{
    long place = bench->units * percent / 100;
    return (double)bench->latencies_us[place < bench->units ? place : bench->units - 1] / 1e3;
}

static void run(struct store *store, long units, long in_flight, const char *what)
{
    struct bench bench = {.store = store, .left = units, .units = units, .in_flight = in_flight};
    struct webhook *hooks = xcalloc((size_t)in_flight, sizeof *hooks);
    bench.latencies_us = xcalloc((size_t)units, sizeof *bench.latencies_us);
    pthread_mutex_init(&bench.lock, NULL);
    pthread_cond_init(&bench.finished, NULL);
    double start_s = processor_s(RUSAGE_SELF);
    int64_t start_us = monotonic_us();
    for (long i = 0; i < in_flight; i++) {
        hooks[i].bench = &bench;
        ASSERT(submit(&hooks[i]));
    }
    pthread_mutex_lock(&bench.lock);
    while (bench.in_flight > 0)
        pthread_cond_wait(&bench.finished, &bench.lock);
    pthread_mutex_unlock(&bench.lock);
    double seconds = (double)(monotonic_us() - start_us) / 1e6;
    qsort(bench.latencies_us, (size_t)units, sizeof *bench.latencies_us, compare);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%-8s %8ld units %4ld in flight %8.0f/s  p50 %.2f  p99 %.2f  max %.2f ms  "
           "cpu/unit: writer %.1f all %.1f us  failed %ld  "
           "rss %ld MiB\n",
           what, units, in_flight, (double)units / seconds, latency_ms(&bench, 50),
           latency_ms(&bench, 99), latency_ms(&bench, 100),
           (bench.writer_end_s - bench.writer_start_s) * 1e6 / (double)units,
           (processor_s(RUSAGE_SELF) - start_s) * 1e6 / (double)units, bench.failed,
           usage.ru_maxrss / 1024);
    free(bench.latencies_us);
    free(hooks);
}

static long argument(int argc, char **argv, int i, long otherwise)
{
    return i < argc ? strtol(argv[i], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "/tmp/switchhook-bench.db";
    long units = argument(argc, argv, 2, 100000);
    long in_flight = argument(argc, argv, 3, 64);
    long calls = argument(argc, argv, 4, 0);
    struct error err = {0};
    struct store *store = NULL;
    struct metrics *metrics = metrics_create();
    struct store_sqlite_settings settings = {.path = path, .metrics = metrics};
    int64_t start_us = monotonic_us();

    if (store_sqlite_open(&settings, &store, &err) < 0) {
        (void)fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    printf("open %.2f ms\n", (double)(monotonic_us() - start_us) / 1e3);
    if (calls > 0)
        run(store, calls, 512, "fill");
    run(store, units, in_flight, "measure");
    start_us = monotonic_us();
    store_close(store);
    printf("close %.2f ms\n", (double)(monotonic_us() - start_us) / 1e3);
    auto_buf struct buf text;
    buf_init(&text, MiB(1));
    if (argc > 5 && metrics_render(metrics, &text) == 0)
        (void)fputs(text.data, stdout);
    metrics_free(metrics);
    return 0;
}
