#include "app/feed.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/lock.h"
#include "core/log.h"
#include "core/random.h"
#include "core/text.h"
#include "core/xmalloc.h"
#include "crypto/sealed_number.h"
#include "feed_page.h"

enum {
    LOOK_MS = 1000,     /* what nobody has announced, and whose time is over */
    LAGGING_MS = 10000, /* how long one may be behind because it reads too slowly */
    SLOW_LOOK_MS = 20,  /* while somebody who catches up has not taken what it was sent */
    FULL_RETRY_S = 5,
};

_Static_assert((int)FEED_ID_BYTES == (int)SEALED_NUMBER_BYTES, "ids are sealed numbers");
_Static_assert((int)STORE_EVENT_KEY_BYTES == (int)SEALED_NUMBER_KEY_BYTES,
               "the database's secret seals them");

/* ---- places ---- */

int64_t feed_place_after(int64_t sequence)
{
    return sequence * FEED_PIECES + FEED_PIECES - 1;
}

int64_t feed_sequence_of(int64_t place)
{
    return place / FEED_PIECES;
}

/* Reading after this entry finds everything that comes after the place. */
static int64_t sequence_before(int64_t place)
{
    return place % FEED_PIECES == FEED_PIECES - 1 ? place / FEED_PIECES : place / FEED_PIECES - 1;
}

void feed_write_id(const struct feed *feed, int64_t place, char out[FEED_ID_BYTES])
{
    sealed_number_write(feed->key, place, out);
}

bool feed_read_id(const struct feed *feed, const char *id, int64_t *place)
{
    return sealed_number_read(feed->key, id, place) && *place >= 0;
}

const char *feed_end_text(enum feed_end end)
{
    static const char *const texts[] = {
#define X(name, text) [FEED_END_##name] = (text),
        FEED_ENDS(X)
#undef X
    };
    return texts[end];
}

/* ---- waking ---- */

static void wake(struct feed *feed)
{
    auto_unlock pthread_mutex_t *held = lock(&feed->lock);
    feed->pending = true;
    (void)pthread_cond_signal(&feed->changed);
}

/* The publisher's thread, after the commit: with nobody listening one look is all it costs. */
static void on_event(void *context, const struct event *event)
{
    (void)event;
    struct feed *feed = context;
    if (atomic_load_explicit(&feed->listening, memory_order_relaxed) > 0)
        wake(feed);
}

/* ---- listening ---- */

static void on_closed(void *context)
{
    struct listener *listener = context;
    atomic_store(&listener->closed, true);
    wake(listener->feed);
    listener_unref(listener);
}

static int64_t until_of(const struct feed *feed, const struct caller *caller)
{
    int64_t lifetime_ms = feed->with.events->lifetime_ms;
    /* Those who came together do not leave together. */
    int64_t spread_ms = (int64_t)random_below((uint64_t)lifetime_ms / 10 + 1);
    int64_t until_ms = wall_clock_now_ms(feed->with.clock) + lifetime_ms - spread_ms;
    return caller->until_ms != 0 && caller->until_ms < until_ms ? caller->until_ms : until_ms;
}

int feed_listen(struct feed *feed,
                struct request *request,
                struct response *response,
                const struct listening *listening,
                struct error *err)
{
    struct listener *listener = listener_create(feed, listening, until_of(feed, listening->caller));
    const struct stream_settings settings = {
        .content_type = "text/event-stream",
        .queue_max_bytes = feed->with.events->queue_bytes,
        .heartbeat_ms = feed->with.events->heartbeat_ms,
        .heartbeat = feed->heartbeat,
        .farewell = feed->farewells[random_below(FEED_FAREWELLS)],
        .closed = on_closed,
        .context = listener,
    };
    if (stream_open(request, response, &settings, &listener->stream, err) < 0) {
        listener_unref(listener);
        listener_unref(listener);
        return error_retry_after(err, FULL_RETRY_S);
    }
    (void)stream_send(listener->stream, listening->first);
    if (listening->resumes)
        metric_add(feed->resumed, 1);
    metric_add(feed->listeners_gauge, 1);
    (void)atomic_fetch_add(&feed->listening, 1);
    auto_unlock pthread_mutex_t *held = lock(&feed->lock);
    listener->next = feed->inbox;
    feed->inbox = listener;
    feed->pending = true;
    (void)pthread_cond_signal(&feed->changed);
    return 0;
}

/* ---- the list; the feed's thread ---- */

static void end(struct feed *feed, struct listener *listener, enum feed_end reason)
{
    metric_add(feed->ended[reason], 1);
    stream_end(listener->stream, feed->last_words[reason]);
    atomic_store(&listener->closed, true); /* nothing more is told */
}

static bool is_anybody_live(const struct feed *feed)
{
    for (size_t i = 0; i < feed->count; i++)
        if (feed->list[i]->live)
            return true;
    return false;
}

/* Where nobody stands the feed may stand anywhere: with the first one, nothing is read that nobody asked for. */
static void place(struct feed *feed, struct listener *listener)
{
    int64_t sequence = sequence_before(listener->place);
    if (!is_anybody_live(feed))
        feed->head = sequence;
    listener->live = sequence >= feed->head;
}

static bool is_allowed(const struct feed *feed, const struct listener *listener)
{
    return listener->caller.kind != CALLER_KEY ||
           keys_hold(feed->with.keys, listener->caller.owner);
}

static void take_in(struct feed *feed, struct listener *listener)
{
    if (feed->count == feed->cap) {
        feed->cap = feed->cap == 0 ? 16 : 2 * feed->cap;
        feed->list = xrealloc(feed->list, feed->cap * sizeof(struct listener *));
    }
    if (is_allowed(feed, listener))
        place(feed, listener);
    else
        end(feed, listener, FEED_END_REVOKED);
    feed->list[feed->count++] = listener;
}

static void take_inbox(struct feed *feed)
{
    struct listener *inbox;
    {
        auto_unlock pthread_mutex_t *held = lock(&feed->lock);
        inbox = steal(&feed->inbox);
        feed->pending = false;
    }
    while (inbox != NULL) {
        struct listener *listener = inbox;
        inbox = listener->next;
        take_in(feed, listener);
    }
}

static void drop_closed(struct feed *feed)
{
    size_t kept = 0;
    for (size_t i = 0; i < feed->count; i++) {
        struct listener *listener = feed->list[i];
        if (!atomic_load(&listener->closed)) {
            feed->list[kept++] = listener;
            continue;
        }
        listener_unref(listener);
        metric_add(feed->listeners_gauge, -1);
        (void)atomic_fetch_sub(&feed->listening, 1);
    }
    feed->count = kept;
}

/* Rights that have ended: keys when they were read anew, tokens by the clock. */
static void end_those_without_rights(struct feed *feed)
{
    int64_t now_ms = wall_clock_now_ms(feed->with.clock);
    uint64_t generation = keys_generation(feed->with.keys);
    bool keys_changed = generation != feed->keys_generation;
    feed->keys_generation = generation;
    for (size_t i = 0; i < feed->count; i++) {
        struct listener *listener = feed->list[i];
        if (listener->until_ms <= now_ms)
            end(feed, listener, FEED_END_EXPIRED);
        else if (keys_changed && !is_allowed(feed, listener))
            end(feed, listener, FEED_END_REVOKED);
    }
}

static void end_those_who_lag(struct feed *feed)
{
    int64_t now_ms = monotonic_ms();
    for (size_t i = 0; i < feed->count; i++) {
        struct listener *listener = feed->list[i];
        if (listener->behind_since_ms != 0 && now_ms - listener->behind_since_ms > LAGGING_MS &&
            !atomic_load(&listener->closed))
            end(feed, listener, FEED_END_LAGGING);
    }
}

/* ---- going on, and catching up ---- */

/* @return is there more to do at once? */
static bool go_on(struct feed *feed)
{
    struct page page = {.feed = feed, .live = true, .after = feed->head};
    if (!is_anybody_live(feed))
        return false;
    int count = page_tell(&page);
    if (count <= 0)
        return false;
    feed->head = page.last;
    return count == FEED_PAGE_ROWS;
}

/* Who has taken what it was sent, or most of it. */
static bool is_ready(const struct feed *feed, const struct listener *listener)
{
    return stream_waiting(listener->stream) < feed->with.events->queue_bytes / 4;
}

/* Of those who catch up, where does the last one stand? Those who have not taken what they were sent are left out. */
static struct page next_page(struct feed *feed, bool *somebody, bool *slow)
{
    struct page page = {.feed = feed, .before = feed->head};
    for (size_t i = 0; i < feed->count; i++) {
        struct listener *listener = feed->list[i];
        listener->stuck = false;
        if (listener->live || atomic_load(&listener->closed))
            continue;
        listener->stuck = !is_ready(feed, listener);
        *slow |= listener->stuck;
        int64_t after = sequence_before(listener->place);
        if (listener->stuck || (*somebody && after >= page.after))
            continue;
        *somebody = true;
        page.after = after;
    }
    return page;
}

static void join_those_who_have_caught_up(struct feed *feed)
{
    for (size_t i = 0; i < feed->count; i++)
        if (sequence_before(feed->list[i]->place) >= feed->head) {
            feed->list[i]->live = true;
            feed->list[i]->behind_since_ms = 0;
        }
}

/* @return is there more to do at once? */
static bool catch_up(struct feed *feed, bool *slow)
{
    bool somebody = false;
    if (!is_anybody_live(feed)) { /* then whoever is furthest shows where the feed is */
        for (size_t i = 0; i < feed->count; i++)
            if (sequence_before(feed->list[i]->place) > feed->head)
                feed->head = sequence_before(feed->list[i]->place);
    }
    struct page page = next_page(feed, &somebody, slow);
    if (!somebody)
        return false;
    int count = page_tell(&page);
    if (count == 0)
        page_move_on(&page, feed->head);
    join_those_who_have_caught_up(feed);
    return count > 0;
}

/* ---- the thread ---- */

static int64_t next_expiry_in_ms(const struct feed *feed)
{
    int64_t now_ms = wall_clock_now_ms(feed->with.clock);
    int64_t in_ms = LOOK_MS;
    for (size_t i = 0; i < feed->count; i++)
        if (feed->list[i]->until_ms - now_ms < in_ms)
            in_ms = feed->list[i]->until_ms - now_ms;
    return in_ms < 1 ? 1 : in_ms;
}

static void wait(struct feed *feed, bool slow)
{
    int64_t in_ms = slow ? SLOW_LOOK_MS : next_expiry_in_ms(feed);
    int64_t at_ms = monotonic_ms() + in_ms;
    struct timespec until = {.tv_sec = at_ms / 1000, .tv_nsec = at_ms % 1000 * 1000000};
    auto_unlock pthread_mutex_t *held = lock(&feed->lock);
    if (feed->pending || feed->stop)
        return;
    if (feed->count == 0)
        (void)pthread_cond_wait(&feed->changed, &feed->lock);
    else
        (void)pthread_cond_timedwait(&feed->changed, &feed->lock, &until);
}

static bool is_stopping(struct feed *feed)
{
    auto_unlock pthread_mutex_t *held = lock(&feed->lock);
    return feed->stop;
}

static void *run(void *argument)
{
    struct feed *feed = argument;
    while (!is_stopping(feed)) {
        bool slow = false;
        take_inbox(feed);
        end_those_without_rights(feed);
        end_those_who_lag(feed);
        drop_closed(feed);
        bool busy = catch_up(feed, &slow);
        busy |= go_on(feed);
        if (!busy)
            wait(feed, slow);
    }
    return NULL;
}

/* ---- making ---- */

static void find_metrics(struct feed *feed)
{
    struct metrics *metrics = feed->with.metrics;
    char labels[64];
    feed->listeners_gauge =
        metrics_gauge(metrics, "switchhook_events_listeners", "", "Streams of events now.");
    feed->sent = metrics_counter(metrics, "switchhook_events_sent_total", "",
                                 "Events given to listeners, each counted for each listener.");
    feed->rendered =
        metrics_counter(metrics, "switchhook_events_rendered_total", "", "Events rendered.");
    feed->resumed = metrics_counter(metrics, "switchhook_events_resumed_total", "",
                                    "Listeners that came back and went on where they were.");
    for (size_t i = 0; i < FEED_END_COUNT; i++) {
        (void)snprintf(labels, sizeof labels, "reason=\"%s\"", feed_end_text((enum feed_end)i));
        feed->ended[i] = metrics_counter(metrics, "switchhook_events_ended_total", labels,
                                         "Streams of events that the server ended.");
    }
    feed->lag = metrics_histogram(metrics, "switchhook_events_lag_seconds", "",
                                  "From when something arrived to when listeners were told.",
                                  metrics_latency_bounds, metrics_latency_bounds_count);
}

static void make_texts(struct feed *feed)
{
    int64_t retry_ms = feed->with.events->retry_ms;
    feed->heartbeat = stream_text_create(":\n\n", 3);
    for (int64_t i = 0; i < FEED_FAREWELLS; i++)
        feed->with.farewell(FEED_END_SHUTDOWN, retry_ms + retry_ms * i / FEED_FAREWELLS,
                            &feed->farewells[i]);
    for (size_t i = 0; i < FEED_END_COUNT; i++)
        feed->with.farewell((enum feed_end)i, 0, &feed->last_words[i]);
}

static int read_key(struct store_rx *rx, void *work, struct error *err)
{
    return store_get_event_key(rx, work, err);
}

int feed_create(const struct feed_settings *settings, struct feed **out, struct error *err)
{
    struct feed *feed = xcalloc(1, sizeof(*feed));
    pthread_condattr_t monotonic;
    feed->with = *settings;
    if (store_run_read(settings->store, read_key, feed->key, err) < 0) {
        free(feed);
        return -1;
    }
    (void)pthread_mutex_init(&feed->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&feed->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    find_metrics(feed);
    make_texts(feed);
    bus_subscribe(settings->bus, on_event, feed);
    *out = feed;
    return 0;
}

void feed_start(struct feed *feed)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all); /* signals belong to main */
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&feed->thread, NULL, run, feed);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    ASSERT(!failed);
    (void)pthread_setname_np(feed->thread, "feed");
    feed->started = true;
}

void feed_stop(struct feed *feed)
{
    if (feed == NULL || !feed->started)
        return;
    {
        auto_unlock pthread_mutex_t *held = lock(&feed->lock);
        feed->stop = true;
        (void)pthread_cond_signal(&feed->changed);
    }
    (void)pthread_join(feed->thread, NULL);
    feed->started = false;
}

void feed_free(struct feed *feed)
{
    if (feed == NULL)
        return;
    feed_stop(feed);
    take_inbox(feed);
    for (size_t i = 0; i < feed->count; i++)
        listener_unref(feed->list[i]);
    free(feed->list);
    stream_text_unref(feed->heartbeat);
    for (size_t i = 0; i < FEED_FAREWELLS; i++)
        stream_text_unref(feed->farewells[i]);
    for (size_t i = 0; i < FEED_END_COUNT; i++)
        stream_text_unref(feed->last_words[i]);
    (void)pthread_cond_destroy(&feed->changed);
    (void)pthread_mutex_destroy(&feed->lock);
    free(feed);
}
