#include "app/fetched_keys.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/limits.h"
#include "core/lock.h"
#include "core/log.h"
#include "core/wall_clock.h"
#include "core/xmalloc.h"
#include "net/net.h"

enum { CONNECT_TIMEOUT_MS = 3000, TOTAL_TIMEOUT_MS = 5000, SLEEP_MS = TOTAL_TIMEOUT_MS + 1000 };

/* A request that sleeps until the fetch has ended; in its arena. As many as there are connections. */
struct sleeper {
    struct sleeper *next;
    struct request *request;
    uint32_t ticket;
};

struct fetched_keys {
    struct net *net;
    char *url;
    int64_t age_ms;
    int64_t refetch_ms;
    struct metric *fetches_good;
    struct metric *fetches_failed;
    struct metric *count;

    pthread_mutex_t lock; /* guards the rest */
    struct token_keys *keys;
    bool fetching;
    bool fresh;         /* the last fetch brought keys */
    int64_t started_ms; /* monotonic, of the last fetch */
    struct sleeper *sleepers;
};

/* ---- the end of a fetch ---- */

static int read_keys(const struct net_answer *answer, struct token_keys *keys, struct error *err)
{
    if (answer->result != NET_ANSWERED)
        return error_set(err, ERROR_UPSTREAM, "%.200s", answer->problem);
    if (answer->status != 200)
        return error_set(err, ERROR_UPSTREAM, "the answer has the status %d", answer->status);
    return token_keys_add_jwks(keys, answer->body, answer->body_len, err);
}

static void wake_all(struct sleeper *sleeper)
{
    while (sleeper != NULL) {
        struct sleeper *next = sleeper->next;
        struct request *request = sleeper->request;
        request_wake(request, sleeper->ticket);
        request_unref(request);
        sleeper = next;
    }
}

/* `fresh` NULL: the fetch has failed, and the old keys stay. */
static void end_fetch(struct fetched_keys *keys, struct token_keys *fresh)
{
    pthread_mutex_lock(&keys->lock);
    struct token_keys *old = fresh != NULL ? keys->keys : NULL;
    if (fresh != NULL)
        keys->keys = fresh;
    keys->fresh = fresh != NULL;
    keys->fetching = false;
    struct sleeper *sleepers = keys->sleepers;
    keys->sleepers = NULL;
    pthread_mutex_unlock(&keys->lock);
    token_keys_unref(old);
    wake_all(sleepers);
}

static void fail(struct fetched_keys *keys, const struct error *err)
{
    metric_add(keys->fetches_failed, 1);
    log_warning("jwks.failed", LOG_TEXT("error", err->message));
    end_fetch(keys, NULL);
}

static void on_answer(void *context, const struct net_answer *answer)
{
    struct fetched_keys *keys = context;
    auto_token_keys struct token_keys *fresh = token_keys_create();
    struct error err = {0};
    if (read_keys(answer, fresh, &err) < 0) {
        fail(keys, &err);
        return;
    }
    size_t count = token_keys_count(fresh);
    metric_add(keys->fetches_good, 1);
    metric_set(keys->count, (int64_t)count);
    log_info("jwks.fetched", LOG_INT("keys", (int64_t)count));
    end_fetch(keys, steal(&fresh));
}

/* ---- its beginning ---- */

/* `fetching` is set already: nobody else begins one. */
static void begin_fetch(struct fetched_keys *keys)
{
    static const struct net_header accept = {"Accept",
                                             "application/jwk-set+json, application/json"};
    const struct net_request request = {
        .method = "GET", .url = keys->url, .headers = &accept, .header_count = 1};
    struct error err = {0};
    if (net_start(keys->net, &request, on_answer, keys, &err) < 0)
        fail(keys, &err);
}

/* With the lock held: is it this caller who begins a fetch? */
static bool claim_fetch(struct fetched_keys *keys, int64_t now_ms)
{
    if (keys->fetching)
        return false;
    keys->fetching = true;
    keys->started_ms = now_ms;
    return true;
}

static bool is_early(const struct fetched_keys *keys, int64_t now_ms)
{
    return !keys->fetching && now_ms - keys->started_ms < keys->refetch_ms;
}

bool fetched_keys_await(struct fetched_keys *keys, struct request *request, handler_fn *reply)
{
    int64_t now_ms = monotonic_ms();
    pthread_mutex_lock(&keys->lock);
    if (is_early(keys, now_ms)) {
        pthread_mutex_unlock(&keys->lock);
        return false;
    }
    struct sleeper *sleeper = arena_alloc(request->arena, sizeof(*sleeper));
    *sleeper = (struct sleeper){.next = keys->sleepers,
                                .request = request_ref(request),
                                .ticket = request_await(request, reply, SLEEP_MS)};
    keys->sleepers = sleeper;
    bool mine = claim_fetch(keys, now_ms);
    pthread_mutex_unlock(&keys->lock);
    if (mine)
        begin_fetch(keys);
    return true;
}

void fetched_keys_tick(struct fetched_keys *keys)
{
    int64_t now_ms = monotonic_ms();
    pthread_mutex_lock(&keys->lock);
    int64_t wait_ms = keys->fresh ? keys->age_ms : keys->refetch_ms;
    bool mine = now_ms - keys->started_ms >= wait_ms && claim_fetch(keys, now_ms);
    pthread_mutex_unlock(&keys->lock);
    if (mine)
        begin_fetch(keys);
}

/* ---- the keys ---- */

struct token_keys *fetched_keys_get(struct fetched_keys *keys)
{
    auto_unlock pthread_mutex_t *held = lock(&keys->lock);
    return keys->keys == NULL ? NULL : token_keys_ref(keys->keys);
}

bool fetched_keys_are_fresh(struct fetched_keys *keys)
{
    auto_unlock pthread_mutex_t *held = lock(&keys->lock);
    return keys->fresh;
}

/* ---- life ---- */

static void register_metrics(struct fetched_keys *keys, struct metrics *metrics)
{
    static const char name[] = "switchhook_jwks_fetches_total";
    static const char help[] = "Fetches of the keys of users' tokens.";
    keys->fetches_good = metrics_counter(metrics, name, "outcome=\"fetched\"", help);
    keys->fetches_failed = metrics_counter(metrics, name, "outcome=\"failed\"", help);
    keys->count =
        metrics_gauge(metrics, "switchhook_jwks_keys", "", "Fetched keys that are in use.");
}

int fetched_keys_create(const struct fetched_keys_settings *settings,
                        struct metrics *metrics,
                        struct fetched_keys **out,
                        struct error *err)
{
    const struct net_settings net = {
        .user_agent = settings->user_agent,
        .ca_file = settings->ca_file,
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
        .total_timeout_ms = TOTAL_TIMEOUT_MS,
        .in_flight_max = 1,
        .queue_max = 1,
        .reply_max_bytes = LIMIT_JWKS_BYTES,
        .connection_age_max_ms = 0,
    };
    struct fetched_keys *keys = xcalloc(1, sizeof(*keys));
    pthread_mutex_init(&keys->lock, NULL);
    keys->url = xstrdup(settings->url);
    keys->age_ms = settings->age_ms;
    keys->refetch_ms = settings->refetch_ms;
    register_metrics(keys, metrics);
    if (net_create(&net, NULL, &keys->net, err) < 0) {
        fetched_keys_free(keys);
        return -1;
    }
    (void)claim_fetch(keys, monotonic_ms());
    begin_fetch(keys);
    *out = keys;
    return 0;
}

void fetched_keys_stop(struct fetched_keys *keys)
{
    if (keys != NULL)
        net_stop(keys->net);
}

void fetched_keys_free(struct fetched_keys *keys)
{
    if (keys == NULL)
        return;
    net_free(keys->net);
    token_keys_unref(keys->keys);
    free(keys->url);
    pthread_mutex_destroy(&keys->lock);
    free(keys);
}
