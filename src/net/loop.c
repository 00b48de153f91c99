/*
 * The net thread: takes transfers out of the queue as places become free, lets curl run them,
 * answers.
 */
#include <string.h>

#include "core/lock.h"
#include "core/wall_clock.h"
#include "internal.h"
#include "stream.h"

/* Upper bound of one sleep; every event wakes the thread earlier. */
enum { SLEEP_MAX_MS = 60 * 1000 };

/* The caller is told last: it may start the next request from there, and finds the place free. */
static void finish(struct net *net, struct transfer *transfer, CURLcode code)
{
    struct net_answer answer;
    transfer_answer(transfer, code, &answer);
    {
        auto_unlock pthread_mutex_t *held = lock(&net->mutex);
        net->outstanding--;
    }
    metric_add(net->outcomes[answer.result], 1);
    histogram_observe(net->seconds, (double)(monotonic_us() - transfer->started_us) / 1e6);
    transfer->done(transfer->context, &answer);
    transfer_free(transfer);
}

/* Whatever has waited longer than it may, or everybody: a list linked by `next`. */
static struct transfer *take_overdue(struct net *net, int64_t now_ms)
{
    struct transfer *overdue = NULL;
    struct transfer **end = &overdue;
    auto_unlock pthread_mutex_t *held = lock(&net->mutex);
    if (now_ms < net->wake_ms)
        return NULL;
    net->wake_ms = INT64_MAX;
    struct transfer **link = &net->first;
    while (*link != NULL) {
        struct transfer *transfer = *link;
        if (transfer->deadline_ms > now_ms) {
            if (transfer->deadline_ms < net->wake_ms)
                net->wake_ms = transfer->deadline_ms;
            link = &transfer->next;
            continue;
        }
        *link = transfer->next;
        transfer->next = NULL;
        *end = transfer;
        end = &transfer->next;
    }
    net->last = link;
    return overdue;
}

static void refuse(struct net *net, struct transfer *list, const char *why)
{
    while (list != NULL) {
        struct transfer *transfer = list;
        list = transfer->next;
        metric_add(net->queued, -1);
        transfer->own_problem = why;
        finish(net, transfer, CURLE_OPERATION_TIMEDOUT);
    }
}

static struct transfer *take_first(struct net *net)
{
    auto_unlock pthread_mutex_t *held = lock(&net->mutex);
    struct transfer *transfer = net->first;
    if (transfer == NULL || net->running_count == net->settings.in_flight_max)
        return NULL;
    net->first = transfer->next;
    if (net->first == NULL)
        net->last = &net->first;
    return transfer;
}

static void run(struct net *net, struct transfer *transfer, int64_t now_ms)
{
    CURL *easy = net->idle_count > 0 ? net->idle[--net->idle_count] : curl_easy_init();
    ASSERT(easy != NULL); /* out of memory */
    transfer_arm(transfer, net, easy, transfer->deadline_ms - now_ms);
    transfer->prev = NULL;
    transfer->next = net->running;
    if (net->running != NULL)
        net->running->prev = transfer;
    net->running = transfer;
    net->running_count++;
    metric_add(net->queued, -1);
    metric_add(net->in_flight, 1);
    CURLMcode code = curl_multi_add_handle(net->multi, easy);
    ASSERT(code == CURLM_OK);
}

/* The handle is reset at once, so that no credential waits in it for its next use. */
static void end(struct net *net, struct transfer *transfer, CURLcode code)
{
    CURL *easy = transfer->easy;
    (void)curl_multi_remove_handle(net->multi, easy);
    if (transfer->prev != NULL)
        transfer->prev->next = transfer->next;
    else
        net->running = transfer->next;
    if (transfer->next != NULL)
        transfer->next->prev = transfer->prev;
    net->running_count--;
    metric_add(net->in_flight, -1);
    finish(net, transfer, code);
    curl_easy_reset(easy);
    net->idle[net->idle_count++] = easy;
}

static void admit(struct net *net)
{
    int64_t now_ms = monotonic_ms();
    refuse(net, take_overdue(net, now_ms), "no place became free in time");
    struct transfer *transfer = NULL;
    while ((transfer = take_first(net)) != NULL)
        run(net, transfer, now_ms);
}

static void collect(struct net *net)
{
    int left = 0;
    const CURLMsg *message = NULL;
    while ((message = curl_multi_info_read(net->multi, &left)) != NULL) {
        struct transfer *transfer = NULL;
        CURLcode code = message->data.result;
        CURLcode known = curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        ASSERT(message->msg == CURLMSG_DONE && known == CURLE_OK && transfer != NULL);
        end(net, transfer, code);
    }
}

/* Takers of streams have made room, or had enough. */
static void serve_streams(struct net *net)
{
    {
        auto_unlock pthread_mutex_t *held = lock(&net->mutex);
        if (!net->poked)
            return;
        net->poked = false;
    }
    for (struct transfer *transfer = net->running, *next = NULL; transfer != NULL;
         transfer = next) {
        next = transfer->next;
        if (transfer->stream != NULL && !stream_serve(transfer))
            end(net, transfer, CURLE_ABORTED_BY_CALLBACK);
    }
}

/* How long to sleep at most, or -1: the end. */
static int sleep_ms(struct net *net)
{
    auto_unlock pthread_mutex_t *held = lock(&net->mutex);
    if (net->stopping)
        return -1;
    int64_t left_ms = net->wake_ms == INT64_MAX ? SLEEP_MAX_MS : net->wake_ms - monotonic_ms();
    return left_ms < 0 ? 0 : left_ms > SLEEP_MAX_MS ? SLEEP_MAX_MS : (int)left_ms;
}

/* `stopping` is set, so the queue does not grow any more. */
static void abandon(struct net *net)
{
    static const char why[] = "shutting down";
    while (net->running != NULL) {
        net->running->own_problem = why;
        end(net, net->running, CURLE_ABORTED_BY_CALLBACK);
    }
    struct transfer *waiting = NULL;
    {
        auto_unlock pthread_mutex_t *held = lock(&net->mutex);
        waiting = steal(&net->first);
        net->last = &net->first;
    }
    refuse(net, waiting, why);
}

/* Transfers admitted just now have a timer that is due, so the poll behind them returns at once. */
void *loop_run(void *context)
{
    struct net *net = context;
    for (;;) {
        admit(net);
        int longest_ms = sleep_ms(net);
        if (longest_ms < 0)
            break;
        int running = 0;
        CURLMcode code = curl_multi_poll(net->multi, NULL, 0, longest_ms, NULL);
        ASSERT(code == CURLM_OK);
        code = curl_multi_perform(net->multi, &running);
        ASSERT(code == CURLM_OK);
        collect(net);
        serve_streams(net);
    }
    abandon(net);
    return NULL;
}
