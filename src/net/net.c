/*
 * The door: create, start, wait, free. What runs on the net thread is in loop.c.
 */
#include "net/net.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "core/lock.h"
#include "core/wall_clock.h"
#include "core/xmalloc.h"
#include "internal.h"

static struct metric *outcome(struct metrics *metrics, const char *labels)
{
    return metrics_counter(metrics, "switchhook_net_requests_total", labels,
                           "Outgoing HTTP requests by what became of them.");
}

static void register_metrics(struct net *net, struct metrics *metrics)
{
    if (metrics == NULL)
        metrics = net->own_metrics = metrics_create();
    net->outcomes[NET_ANSWERED] = outcome(metrics, "outcome=\"answered\"");
    net->outcomes[NET_NEVER_SENT] = outcome(metrics, "outcome=\"never_sent\"");
    net->outcomes[NET_UNKNOWN] = outcome(metrics, "outcome=\"unknown\"");
    net->refused = outcome(metrics, "outcome=\"refused\"");
    net->in_flight =
        metrics_gauge(metrics, "switchhook_net_in_flight", "", "Outgoing HTTP requests under way.");
    net->queued = metrics_gauge(metrics, "switchhook_net_queue", "",
                                "Outgoing HTTP requests waiting for a place.");
    net->seconds = metrics_histogram(metrics, "switchhook_net_request_seconds", "",
                                     "Outgoing HTTP requests, from being asked for to the answer.",
                                     metrics_latency_bounds, metrics_latency_bounds_count);
}

static int check_ca_file(const char *path, struct error *err)
{
    if (path == NULL)
        return 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(err, ERROR_INVALID, "cannot read the CA file");
    (void)close(fd);
    return 0;
}

static int open_multi(struct net *net, struct error *err)
{
    long most = (long)net->settings.in_flight_max;
    net->multi = curl_multi_init();
    ASSERT(net->multi != NULL); /* out of memory */
    (void)curl_multi_setopt(net->multi, CURLMOPT_MAX_HOST_CONNECTIONS, most);
    (void)curl_multi_setopt(net->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, most);
    (void)curl_multi_setopt(net->multi, CURLMOPT_MAXCONNECTS, most);
    /* A multi handle without its socket pair works, but cannot be woken. */
    if (curl_multi_wakeup(net->multi) != CURLM_OK)
        return error_set(err, ERROR_UNAVAILABLE, "no descriptor left for outgoing requests");
    return 0;
}

/* Signals are main's. SIGPIPE too: a peer that hangs up is an error code here. */
static int start_thread(struct net *net, struct error *err)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&net->thread, NULL, loop_run, net);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0)
        return error_set(err, ERROR_UNAVAILABLE, "no thread left for outgoing requests");
    (void)pthread_setname_np(net->thread, "net");
    return 0;
}

static struct net *make(const struct net_settings *settings)
{
    ASSERT(settings->connect_timeout_ms > 0 && settings->connect_timeout_ms <= INT32_MAX);
    ASSERT(settings->total_timeout_ms > 0 && settings->total_timeout_ms <= INT32_MAX);
    ASSERT(settings->in_flight_max > 0 && settings->reply_max_bytes > 0);
    ASSERT(settings->connection_age_max_ms >= 0 && settings->connection_age_max_ms <= INT32_MAX);
    struct net *net = xcalloc(1, sizeof *net);
    net->settings = *settings;
    net->user_agent = xstrdup(settings->user_agent);
    net->ca_file = xstrdup(settings->ca_file);
    if (settings->connect_to != NULL) {
        net->connect_to = curl_slist_append(NULL, settings->connect_to);
        ASSERT(net->connect_to != NULL); /* out of memory */
    }
    net->idle = xcalloc(settings->in_flight_max, sizeof *net->idle);
    net->last = &net->first;
    net->wake_ms = INT64_MAX;
    (void)pthread_mutex_init(&net->mutex, NULL);
    return net;
}

/* Everything but the thread. */
static void unmake(struct net *net)
{
    while (net->idle_count > 0)
        curl_easy_cleanup(net->idle[--net->idle_count]);
    (void)curl_multi_cleanup(net->multi);
    curl_slist_free_all(net->connect_to);
    metrics_free(net->own_metrics);
    (void)pthread_mutex_destroy(&net->mutex);
    free(net->idle);
    free(net->user_agent);
    free(net->ca_file);
    free(net);
    curl_global_cleanup();
}

int net_create(const struct net_settings *settings,
               struct metrics *metrics,
               struct net **out,
               struct error *err)
{
    if (check_ca_file(settings->ca_file, err) < 0)
        return -1;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return error_set(err, ERROR_UNAVAILABLE, "libcurl cannot be initialised");
    struct net *net = make(settings);
    register_metrics(net, metrics);
    if (open_multi(net, err) < 0 || start_thread(net, err) < 0) {
        unmake(net);
        return -1;
    }
    *out = net;
    return 0;
}

void net_stop(struct net *net)
{
    if (net == NULL)
        return;
    ASSERT(!pthread_equal(net->thread, pthread_self()));
    {
        auto_unlock pthread_mutex_t *held = lock(&net->mutex);
        if (net->stopping)
            return;
        net->stopping = true;
    }
    (void)curl_multi_wakeup(net->multi);
    (void)pthread_join(net->thread, NULL);
}

void net_free(struct net *net)
{
    if (net == NULL)
        return;
    net_stop(net);
    unmake(net);
}

/* Returns whether the thread must be woken: it sleeps over a queue that it knows, until the first
 * deadline in it. */
static int enqueue(struct net *net, struct transfer *transfer, bool *wake, struct error *err)
{
    auto_unlock pthread_mutex_t *held = lock(&net->mutex);
    if (net->stopping)
        return error_set(err, ERROR_UNAVAILABLE, "shutting down");
    if (net->outstanding >= (size_t)net->settings.in_flight_max + net->settings.queue_max)
        return error_set(err, ERROR_UNAVAILABLE, "too many requests are waiting to be sent");
    *wake = net->first == NULL || transfer->deadline_ms < net->wake_ms;
    if (transfer->deadline_ms < net->wake_ms)
        net->wake_ms = transfer->deadline_ms;
    *net->last = transfer;
    net->last = &transfer->next;
    net->outstanding++;
    metric_add(net->queued, 1);
    return 0;
}

static int start(struct net *net,
                 const struct net_request *request,
                 struct stream *stream,
                 net_done_fn *done,
                 void *context,
                 struct error *err)
{
    ASSERT(request->timeout_ms >= 0 && request->timeout_ms <= INT32_MAX);
    struct transfer *transfer = NULL;
    bool wake = false;
    if (transfer_create(request, &transfer, err) < 0) {
        metric_add(net->refused, 1);
        return -1;
    }
    int64_t timeout_ms =
        request->timeout_ms > 0 ? request->timeout_ms : net->settings.total_timeout_ms;
    transfer->deadline_ms = monotonic_ms() + timeout_ms;
    transfer->stream = stream;
    transfer->done = done;
    transfer->context = context;
    if (enqueue(net, transfer, &wake, err) < 0) {
        transfer_free(transfer);
        metric_add(net->refused, 1);
        return -1;
    }
    if (wake)
        (void)curl_multi_wakeup(net->multi);
    return 0;
}

int net_start(struct net *net,
              const struct net_request *request,
              net_done_fn *done,
              void *context,
              struct error *err)
{
    return start(net, request, NULL, done, context, err);
}

int net_start_stream(struct net *net,
                     const struct net_request *request,
                     struct stream *stream,
                     net_done_fn *done,
                     struct error *err)
{
    return start(net, request, stream, done, stream, err);
}

/* Somebody who waits for an answer. */
struct waiter {
    pthread_mutex_t mutex;
    pthread_cond_t answered;
    bool is_answered;
    struct arena *arena;
    struct net_answer *answer;
};

void answer_copy(struct net_answer *out, const struct net_answer *answer, struct arena *arena)
{
    *out = *answer;
    out->body = arena_copy(arena, answer->body, answer->body_len);
    out->content_type = arena_strdup(arena, answer->content_type);
    out->headers = arena_alloc(arena, answer->header_count * sizeof *out->headers);
    for (size_t i = 0; i < answer->header_count; i++) {
        out->headers[i].name = arena_strdup(arena, answer->headers[i].name);
        out->headers[i].value = arena_strdup(arena, answer->headers[i].value);
    }
}

/* On the net thread; the arena's owner sleeps. */
static void wake_waiter(void *context, const struct net_answer *answer)
{
    struct waiter *waiter = context;
    auto_unlock pthread_mutex_t *held = lock(&waiter->mutex);
    answer_copy(waiter->answer, answer, waiter->arena);
    waiter->is_answered = true;
    (void)pthread_cond_signal(&waiter->answered);
}

int net_fetch(struct net *net,
              const struct net_request *request,
              struct arena *arena,
              struct net_answer *out,
              struct error *err)
{
    ASSERT(!pthread_equal(net->thread, pthread_self()));
    struct waiter waiter = {
        .mutex = PTHREAD_MUTEX_INITIALIZER,
        .answered = PTHREAD_COND_INITIALIZER,
        .arena = arena,
        .answer = out,
    };
    if (net_start(net, request, wake_waiter, &waiter, err) < 0)
        return -1;
    {
        auto_unlock pthread_mutex_t *held = lock(&waiter.mutex);
        while (!waiter.is_answered)
            (void)pthread_cond_wait(&waiter.answered, &waiter.mutex);
    }
    (void)pthread_cond_destroy(&waiter.answered);
    (void)pthread_mutex_destroy(&waiter.mutex);
    return 0;
}
