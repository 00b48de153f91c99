#include "dispatch/dispatch.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "core/lock.h"
#include "core/log.h"
#include "core/text.h"
#include "core/xmalloc.h"
#include "internal.h"

enum {
    LOOK_MS = 1000,        /* what nobody has announced */
    STORE_RETRY_MS = 1000, /* after the store could not be read or written */
    GOODBYE_MS = 5000,     /* how long the end of the process waits for answers */
    CONNECTION_AGE_MS = 20000,
    SWEEP_ROWS = 1000, /* in one unit of work */
};

/* ---- waking; any thread ---- */

static void on_event(void *context, const struct event *event)
{
    (void)event;
    struct dispatch *dispatch = context;
    if (atomic_load_explicit(&dispatch->subscribed, memory_order_relaxed) == 0)
        return;
    auto_unlock pthread_mutex_t *held = lock(&dispatch->lock);
    dispatch->news = true;
    (void)pthread_cond_signal(&dispatch->changed);
}

void dispatch_look_again(struct dispatch *dispatch)
{
    auto_unlock pthread_mutex_t *held = lock(&dispatch->lock);
    dispatch->look_again = true;
    (void)pthread_cond_signal(&dispatch->changed);
}

/* ---- one round ---- */

/* In the order of their ends, behind those that could not be written down yet. */
static void collect(struct dispatch *dispatch)
{
    struct attempt *finished;
    struct attempt *in_order = NULL;
    {
        auto_unlock pthread_mutex_t *held = lock(&dispatch->lock);
        finished = steal(&dispatch->finished);
    }
    while (finished != NULL) {
        struct attempt *attempt = finished;
        finished = attempt->next;
        if (attempt->broken_off) {
            attempt_land(attempt);
            continue;
        }
        attempt->next = in_order;
        in_order = attempt;
    }
    struct attempt **end = &dispatch->unsettled;
    while (*end != NULL)
        end = &(*end)->next;
    *end = in_order;
}

static bool take_flag(struct dispatch *dispatch, bool *flag)
{
    auto_unlock pthread_mutex_t *held = lock(&dispatch->lock);
    bool set = *flag;
    *flag = false;
    return set;
}

static void store_failed(struct dispatch *dispatch, const struct error *err)
{
    if (dispatch->store_at_ms == 0)
        log_warning("dispatch.waits", LOG_TEXT("error", err->message));
    dispatch->store_at_ms = monotonic_ms() + STORE_RETRY_MS;
}

/* What is made is written before more is read, so that nothing is made twice or lost while the store cannot write. */
static int go_on(struct dispatch *dispatch, struct error *err)
{
    if (dispatch->busy && dispatch->made.count == 0) {
        dispatch->pumped_ms = monotonic_ms();
        dispatch->busy = false;
        if (pump_read(dispatch, err) < 0)
            return -1;
    }
    if (step_write(dispatch, err) < 0)
        return -1;
    return send_due(dispatch, err);
}

static void round_of_work(struct dispatch *dispatch)
{
    struct error err = {0};
    collect(dispatch);
    if (monotonic_ms() < dispatch->store_at_ms)
        return;
    bool looked_again = take_flag(dispatch, &dispatch->look_again);
    if (looked_again && subscribers_load(dispatch) < 0) {
        dispatch_look_again(dispatch);
        dispatch->store_at_ms = monotonic_ms() + STORE_RETRY_MS;
        return;
    }
    dispatch->busy |= take_flag(dispatch, &dispatch->news) || looked_again ||
                      monotonic_ms() - dispatch->pumped_ms >= LOOK_MS;
    if (go_on(dispatch, &err) < 0) {
        store_failed(dispatch, &err);
        dispatch->busy = true;
        return;
    }
    dispatch->store_at_ms = 0;
    subscribers_drop(dispatch);
}

/* ---- sleeping ---- */

static int64_t min64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* In how many milliseconds is there something to do that nobody announces? -1: never. */
static int64_t idle_ms(const struct dispatch *dispatch)
{
    int64_t now_ms = wall_clock_now_ms(dispatch->with.clock);
    int64_t in_ms = atomic_load(&dispatch->subscribed) > 0 ? LOOK_MS : -1;
    if (dispatch->store_at_ms != 0)
        return dispatch->store_at_ms - monotonic_ms();
    if (dispatch->busy)
        return 0;
    for (const struct subscriber *s = dispatch->subscribers; s != NULL; s = s->next) {
        bool waits = dispatch->in_flight >= dispatch->config->in_flight ||
                     (s->in_flight > 0 && (s->failures > 0 || s->look_at_ms == 0));
        int64_t at_ms = s->look_at_ms > s->not_before_ms ? s->look_at_ms : s->not_before_ms;
        if (subscriber_is_open(s) && !waits)
            in_ms = min64(in_ms, at_ms > now_ms ? min64(at_ms - now_ms, LOOK_MS) : 1);
    }
    return in_ms;
}

static void wait(struct dispatch *dispatch, int64_t in_ms)
{
    int64_t at_ms = monotonic_ms() + in_ms;
    struct timespec until = {.tv_sec = at_ms / 1000, .tv_nsec = at_ms % 1000 * 1000000};
    auto_unlock pthread_mutex_t *held = lock(&dispatch->lock);
    bool called =
        dispatch->finished != NULL || dispatch->news || dispatch->look_again || dispatch->stop;
    if (in_ms == 0 || (called && dispatch->store_at_ms == 0))
        return;
    if (in_ms < 0)
        (void)pthread_cond_wait(&dispatch->changed, &dispatch->lock);
    else
        (void)pthread_cond_timedwait(&dispatch->changed, &dispatch->lock, &until);
}

static bool is_stopping(struct dispatch *dispatch)
{
    auto_unlock pthread_mutex_t *held = lock(&dispatch->lock);
    return dispatch->stop;
}

/* ---- the end ---- */

static void settle_last(struct dispatch *dispatch)
{
    struct error err = {0};
    collect(dispatch);
    if (step_write(dispatch, &err) < 0)
        log_warning("dispatch.unsettled", LOG_TEXT("error", err.message));
}

/* Answers that come now spare a second delivery after the next start. */
static void say_goodbye(struct dispatch *dispatch)
{
    int64_t until_ms = monotonic_ms() + min64(GOODBYE_MS, dispatch->config->timeout_ms);
    settle_last(dispatch);
    while (dispatch->in_flight > 0 && dispatch->unsettled == NULL) {
        int64_t left_ms = until_ms - monotonic_ms();
        struct timespec until = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};
        if (left_ms <= 0)
            break;
        {
            auto_unlock pthread_mutex_t *held = lock(&dispatch->lock);
            if (dispatch->finished == NULL)
                (void)pthread_cond_timedwait(&dispatch->changed, &dispatch->lock, &until);
        }
        settle_last(dispatch);
    }
    atomic_store(&dispatch->closing, true);
    net_stop(dispatch->net);
    settle_last(dispatch);
}

static void *run(void *argument)
{
    struct dispatch *dispatch = argument;
    while (!is_stopping(dispatch)) {
        round_of_work(dispatch);
        wait(dispatch, idle_ms(dispatch));
    }
    say_goodbye(dispatch);
    return NULL;
}

/* ---- sweeping; the ticker's thread ---- */

struct sweep {
    struct dispatch *dispatch;
    int64_t now_ms;
    int64_t subscription;
    int64_t removed;
    int64_t dead;
    struct arena *arena;
};

static int prune(struct store_tx *tx, void *work, struct error *err)
{
    struct sweep *sweep = work;
    const struct config_dispatch *config = sweep->dispatch->config;
    sweep->removed = 0;
    return store_prune_deliveries(tx, sweep->now_ms - config->delivered_ttl_ms,
                                  sweep->now_ms - config->dead_ttl_ms, SWEEP_ROWS, &sweep->removed,
                                  err);
}

static int clear(struct store_tx *tx, void *work, struct error *err)
{
    struct sweep *sweep = work;
    return store_clear_subscription(tx, sweep->subscription, SWEEP_ROWS, &sweep->removed, err);
}

/* Those that are under way are left to their own end. */
static int give_up(struct store_tx *tx, void *work, struct error *err)
{
    struct sweep *sweep = work;
    struct subscription_row row;
    struct delivery_rows rows;
    struct store_rx *rx = store_tx_reader(tx);
    int64_t slack_ms = 2 * sweep->dispatch->config->timeout_ms;
    sweep->removed = sweep->dead = 0;
    if (store_get_subscription(rx, sweep->subscription, sweep->arena, &row, err) < 0 ||
        store_list_overdue_deliveries(rx, sweep->subscription, sweep->now_ms - slack_ms, SWEEP_ROWS,
                                      sweep->arena, &rows, err) < 0)
        return -1;
    for (size_t i = 0; i < rows.count; i++) {
        rows.items[i].state = DELIVERY_DEAD;
        rows.items[i].ended_at_ms = sweep->now_ms;
        if (store_settle_delivery(tx, &rows.items[i], sweep->now_ms, err) < 0)
            return -1;
    }
    sweep->removed = sweep->dead = (int64_t)rows.count;
    row.open_count -= row.open_count < sweep->dead ? row.open_count : sweep->dead;
    return rows.count == 0 ? 0 : store_update_subscription(tx, &row, err);
}

static void tell_dead(const struct sweep *sweep)
{
    char id[DISPATCH_ID_BYTES];
    dispatch_write_id(sweep->dispatch, DISPATCH_ID_SUBSCRIPTION, sweep->subscription, id);
    log_warning("delivery.dead", LOG_TEXT("subscription", id), LOG_INT("count", sweep->dead));
}

/* As many units as it takes; each is short. */
static int in_units(struct sweep *sweep,
                    int (*unit)(struct store_tx *, void *, struct error *),
                    struct error *err)
{
    do {
        if (store_apply(sweep->dispatch->with.store, unit, sweep, err) < 0)
            return -1;
        metric_add(sweep->dispatch->count.dead, sweep->dead);
        if (sweep->dead > 0)
            tell_dead(sweep);
    } while (sweep->removed >= SWEEP_ROWS);
    return 0;
}

struct listing {
    struct arena *arena;
    struct subscription_rows rows;
};

static int read_subscriptions(struct store_rx *rx, void *work, struct error *err)
{
    struct listing *listing = work;
    return store_list_subscriptions(rx, listing->arena, &listing->rows, err);
}

static int sweep_all(struct dispatch *dispatch, struct arena *arena, struct error *err)
{
    struct listing listing = {.arena = arena};
    struct sweep sweep = {
        .dispatch = dispatch, .now_ms = wall_clock_now_ms(dispatch->with.clock), .arena = arena};
    if (in_units(&sweep, prune, err) < 0 ||
        store_run_read(dispatch->with.store, read_subscriptions, &listing, err) < 0)
        return -1;
    for (size_t i = 0; i < listing.rows.count; i++) {
        const struct subscription_row *row = &listing.rows.items[i];
        sweep.subscription = row->number;
        if (row->state == SUBSCRIPTION_DELETED && in_units(&sweep, clear, err) < 0)
            return -1;
        if (row->state == SUBSCRIPTION_ENABLED && row->open_count > 0 &&
            in_units(&sweep, give_up, err) < 0 && err->kind != ERROR_NOT_FOUND)
            return -1;
        error_clear(err);
    }
    return 0;
}

void dispatch_sweep(struct dispatch *dispatch)
{
    auto_arena struct arena *arena = arena_create();
    struct error err = {0};
    int64_t dead = metric_value(dispatch->count.dead);
    if (sweep_all(dispatch, arena, &err) < 0)
        log_warning("dispatch.unswept", LOG_TEXT("error", err.message));
    if (metric_value(dispatch->count.dead) != dead)
        dispatch_look_again(dispatch);
}

/* ---- making ---- */

static void find_metrics(struct dispatch *dispatch)
{
    struct metrics *metrics = dispatch->with.metrics;
    struct dispatch_metrics *count = &dispatch->count;
    static const char outcomes[] = "switchhook_dispatch_deliveries_total";
    static const char subscriptions[] = "switchhook_dispatch_subscriptions";
    count->delivered = metrics_counter(metrics, outcomes, "outcome=\"delivered\"",
                                       "Webhooks of the application: attempts that were taken, "
                                       "attempts that were not, deliveries given up.");
    count->failed = metrics_counter(metrics, outcomes, "outcome=\"failed\"", "");
    count->dead = metrics_counter(metrics, outcomes, "outcome=\"dead\"", "");
    count->made = metrics_counter(metrics, "switchhook_dispatch_made_total", "",
                                  "Deliveries made out of the timeline.");
    count->in_flight = metrics_gauge(metrics, "switchhook_dispatch_in_flight", "",
                                     "Attempts to deliver that are under way.");
    count->open = metrics_gauge(metrics, "switchhook_dispatch_open", "",
                                "Deliveries that are made and have not ended.");
    count->enabled = metrics_gauge(metrics, subscriptions, "state=\"enabled\"",
                                   "Subscriptions of the application.");
    count->disabled = metrics_gauge(metrics, subscriptions, "state=\"disabled\"", "");
    count->seconds =
        metrics_histogram(metrics, "switchhook_dispatch_seconds", "", "One attempt to deliver.",
                          metrics_latency_bounds, metrics_latency_bounds_count);
    count->delay = metrics_histogram(metrics, "switchhook_dispatch_delay_seconds", "",
                                     "From an event to its delivery.", metrics_latency_bounds,
                                     metrics_latency_bounds_count);
}

static int read_key(struct store_rx *rx, void *work, struct error *err)
{
    return store_get_event_key(rx, work, err);
}

static int make_net(struct dispatch *dispatch, struct error *err)
{
    const struct config_dispatch *config = dispatch->config;
    const struct net_settings settings = {
        .user_agent = "switchhook/" SWITCHHOOK_VERSION,
        .ca_file = config->ca_file,
        .connect_timeout_ms = config->connect_timeout_ms,
        .total_timeout_ms = config->timeout_ms,
        .in_flight_max = config->in_flight,
        .queue_max = config->in_flight,
        .reply_max_bytes = ANSWER_MAX_BYTES,
        .connection_age_max_ms = CONNECTION_AGE_MS,
    };
    return net_create(&settings, NULL, &dispatch->net, err);
}

static void init_lock(struct dispatch *dispatch)
{
    pthread_condattr_t monotonic;
    (void)pthread_mutex_init(&dispatch->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&dispatch->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
}

int dispatch_create(const struct dispatch_settings *settings,
                    struct dispatch **out,
                    struct error *err)
{
    struct dispatch *dispatch = xcalloc(1, sizeof *dispatch);
    dispatch->with = *settings;
    dispatch->config = &settings->config->dispatch;
    dispatch->look_again = true;
    dispatch->made.arena = arena_create();
    init_lock(dispatch);
    dispatch->arena = arena_create();
    dispatch->addresses = subscription_addresses(settings->config, dispatch->arena);
    find_metrics(dispatch);
    if (store_run_read(settings->store, read_key, dispatch->key, err) < 0 ||
        make_net(dispatch, err) < 0) {
        dispatch_free(dispatch);
        return -1;
    }
    bus_subscribe(settings->bus, on_event, dispatch);
    *out = dispatch;
    return 0;
}

void dispatch_start(struct dispatch *dispatch)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all); /* signals belong to main */
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&dispatch->thread, NULL, run, dispatch);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    ASSERT(!failed);
    (void)pthread_setname_np(dispatch->thread, "dispatch");
    dispatch->started = true;
}

void dispatch_stop(struct dispatch *dispatch)
{
    if (dispatch == NULL || !dispatch->started)
        return;
    {
        auto_unlock pthread_mutex_t *held = lock(&dispatch->lock);
        dispatch->stop = true;
        (void)pthread_cond_signal(&dispatch->changed);
    }
    (void)pthread_join(dispatch->thread, NULL);
    dispatch->started = false;
}

void dispatch_free(struct dispatch *dispatch)
{
    if (dispatch == NULL)
        return;
    dispatch_stop(dispatch);
    net_free(dispatch->net);
    while (dispatch->flying != NULL)
        attempt_land(dispatch->flying);
    subscribers_free(dispatch);
    free(dispatch->made.items);
    arena_free(dispatch->made.arena);
    arena_free(dispatch->arena);
    (void)pthread_cond_destroy(&dispatch->changed);
    (void)pthread_mutex_destroy(&dispatch->lock);
    free(dispatch);
}

/* ---- what the API asks for ---- */

const struct net_addresses *dispatch_addresses(const struct dispatch *dispatch)
{
    return &dispatch->addresses;
}

static const char *const id_prefixes[] = {
#define X(name, prefix) [DISPATCH_ID_##name] = (prefix),
    DISPATCH_IDS(X)
#undef X
};

enum { ID_PREFIX_CHARS = 4 };

void dispatch_write_id(const struct dispatch *dispatch,
                       enum dispatch_id kind,
                       int64_t number,
                       char out[DISPATCH_ID_BYTES])
{
    (void)text_copy(out, DISPATCH_ID_BYTES, id_prefixes[kind]);
    sealed_number_write(dispatch->key, number, out + ID_PREFIX_CHARS);
}

bool dispatch_read_id(const struct dispatch *dispatch,
                      enum dispatch_id kind,
                      const char *id,
                      int64_t *number)
{
    return text_starts_with(id, id_prefixes[kind]) &&
           sealed_number_read(dispatch->key, id + ID_PREFIX_CHARS, number);
}
