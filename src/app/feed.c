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
#include "listeners.h"

enum {
    PIECES = 128,       /* events of one timeline entry; a place is sequence * PIECES + which */
    PAGE_ROWS = 64,     /* timeline entries read at once */
    LOOK_MS = 1000,     /* what nobody has announced, and whose time is over */
    LAGGING_MS = 10000, /* how long one may be behind because it reads too slowly */
    SLOW_LOOK_MS = 20,  /* while somebody who catches up has not taken what it was sent */
    FAREWELLS = 8,      /* so that not all come back in the same moment */
    FULL_RETRY_S = 5,
};

_Static_assert((int)FEED_ID_BYTES == (int)SEALED_NUMBER_BYTES, "ids are sealed numbers");
_Static_assert((int)STORE_EVENT_KEY_BYTES == (int)SEALED_NUMBER_KEY_BYTES,
               "the database's secret seals them");

struct feed {
    struct feed_settings with;
    unsigned char key[STORE_EVENT_KEY_BYTES];
    struct stream_text *heartbeat;
    struct stream_text *farewells[FAREWELLS];
    struct stream_text *last_words[FEED_END_COUNT];
    pthread_t thread;
    bool started;

    _Atomic(unsigned) listening; /* who is in the inbox or in the list */
    pthread_mutex_t lock;        /* of these: */
    pthread_cond_t changed;
    struct listener *inbox;
    bool pending; /* something was committed, somebody came or went */
    bool stop;

    /* of the thread: */
    struct listener **list;
    size_t count;
    size_t cap;
    int64_t head; /* those who are live have been told everything up to this entry */
    uint64_t keys_generation;
    bool unreadable; /* said once, until it is over */

    struct metric *listeners_gauge;
    struct metric *sent;
    struct metric *rendered;
    struct metric *resumed;
    struct metric *ended[FEED_END_COUNT];
    struct histogram *lag;
};

/* ---- places ---- */

int64_t feed_place_after(int64_t sequence)
{
    return sequence * PIECES + PIECES - 1;
}

int64_t feed_sequence_of(int64_t place)
{
    return place / PIECES;
}

/* Reading after this entry finds everything that comes after the place. */
static int64_t sequence_before(int64_t place)
{
    return place % PIECES == PIECES - 1 ? place / PIECES : place / PIECES - 1;
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
        .farewell = feed->farewells[random_below(FAREWELLS)],
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

/* ---- one page ---- */

struct told_call {
    struct call_row call;
    struct leg_rows legs;
    struct recording_rows recordings;
};

struct page {
    struct feed *feed;
    bool live;      /* for those who are live; else for those who catch up */
    int64_t after;  /* read what comes after this entry */
    int64_t before; /* ... up to this one; 0: all */
    int64_t last;   /* the last entry that was read, if any was */
    struct arena *arena;
    struct news_rows rows;
    struct interest interests[PAGE_ROWS];
    const struct told_call *calls[PAGE_ROWS]; /* NULL: nobody listens */
};

static bool takes_part(const struct page *page, const struct listener *listener)
{
    return listener->live == page->live && !listener->stuck &&
           !atomic_load_explicit(&listener->closed, memory_order_relaxed);
}

static bool is_wanted(const struct page *page, size_t index)
{
    const struct feed *feed = page->feed;
    const struct news_row *row = &page->rows.items[index];
    for (size_t i = 0; i < feed->count; i++)
        if (takes_part(page, feed->list[i]) &&
            feed->list[i]->place < feed_place_after(row->sequence) &&
            listener_sees(feed->list[i], row, &page->interests[index]))
            return true;
    return false;
}

static const struct told_call *known_call(const struct page *page, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (page->calls[i] != NULL &&
            page->rows.items[i].call_number == page->rows.items[index].call_number)
            return page->calls[i];
    return NULL;
}

static int read_call(struct store_rx *rx, struct page *page, size_t index, struct error *err)
{
    int64_t number = page->rows.items[index].call_number;
    page->calls[index] = known_call(page, index);
    if (page->calls[index] != NULL)
        return 0;
    struct told_call *told = arena_alloc(page->arena, sizeof(*told));
    if (store_get_call_by_number(rx, number, page->arena, &told->call, err) < 0 ||
        store_list_legs(rx, number, page->arena, &told->legs, err) < 0 ||
        store_list_recordings(rx, number, page->arena, &told->recordings, err) < 0)
        return -1;
    page->calls[index] = told;
    return 0;
}

/* A reader's thread; the feed's waits for it, so the list stands still. */
static int read_page(struct store_rx *rx, void *work, struct error *err)
{
    struct page *page = work;
    if (store_list_news(rx, page->after, PAGE_ROWS, page->arena, &page->rows, err) < 0)
        return -1;
    for (size_t i = 0; i < page->rows.count; i++) {
        const struct news_row *row = &page->rows.items[i];
        if (page->before != 0 && row->sequence > page->before) {
            page->rows.count = i;
            return 0;
        }
        if (row->news == NULL || row->call_number == 0)
            continue;
        page->interests[i] = interest_of(row->owner, row->identity, row->group);
        if (is_wanted(page, i) && read_call(rx, page, i, err) < 0)
            return -1;
    }
    return 0;
}

static struct stream_text *render(const struct page *page,
                                  size_t index,
                                  const struct news_piece *piece,
                                  int64_t at,
                                  bool with_recordings)
{
    struct feed *feed = page->feed;
    const struct told_call *told = page->calls[index];
    char id[FEED_ID_BYTES];
    feed_write_id(feed, at, id);
    const struct feed_event event = {
        .id = id,
        .kind = piece->kind,
        .at_ms = page->rows.items[index].at_ms,
        .call = &told->call,
        .legs = &told->legs,
        .recordings = with_recordings ? &told->recordings : NULL,
        .leg_sid = piece->leg_sid == NULL
                       ? NULL
                       : arena_copy(page->arena, piece->leg_sid, piece->leg_sid_len),
    };
    struct stream_text *text = NULL;
    metric_add(feed->rendered, 1);
    feed->with.render(&event, &text);
    return text;
}

static void
hand_to(const struct page *page, struct listener *listener, struct stream_text *text, int64_t at)
{
    switch (stream_send(listener->stream, text)) {
    case STREAM_TAKEN:
        listener->place = at;
        metric_add(page->feed->sent, 1);
        break;
    case STREAM_FULL:
        /* More came at once than waits: it is told the rest in pages, at its own pace. */
        if (page->live)
            listener->behind_since_ms = monotonic_ms();
        listener->live = false;
        listener->stuck = true;
        break;
    case STREAM_OVER:
        break; /* it is closed, or about to be */
    }
}

static bool wants(const struct page *page,
                  size_t index,
                  enum news_kind kind,
                  int64_t at,
                  const struct listener *listener)
{
    bool may = kind != NEWS_CALL_RECORDING || caller_has(&listener->caller, SCOPE_RECORDINGS_READ);
    return may && takes_part(page, listener) && listener->place < at &&
           (listener->kinds & 1u << kind) != 0 &&
           listener_sees(listener, &page->rows.items[index], &page->interests[index]);
}

/* One event to everybody; rendered for the first who wants it, without and with the call's recordings. */
static void
tell_piece(const struct page *page, size_t index, const struct news_piece *piece, int64_t at)
{
    const struct feed *feed = page->feed;
    struct stream_text *texts[2] = {NULL, NULL};
    for (size_t i = 0; i < feed->count; i++) {
        struct listener *listener = feed->list[i];
        if (!wants(page, index, piece->kind, at, listener))
            continue;
        bool recordings = caller_has(&listener->caller, SCOPE_RECORDINGS_READ);
        if (texts[recordings] == NULL)
            texts[recordings] = render(page, index, piece, at, recordings);
        hand_to(page, listener, texts[recordings], at);
    }
    stream_text_unref(texts[0]);
    stream_text_unref(texts[1]);
}

static void tell_row(const struct page *page, size_t index)
{
    const struct news_row *row = &page->rows.items[index];
    const char *rest = row->news;
    struct news_piece piece;
    for (int64_t i = 0; i < PIECES && news_next(&rest, &piece); i++)
        tell_piece(page, index, &piece, row->sequence * PIECES + i);
    if (page->live)
        histogram_observe(page->feed->lag,
                          (double)(wall_clock_now_ms(page->feed->with.clock) - row->at_ms) / 1e3);
}

/* Everybody who took part and was not stuck has heard all of it. */
static void move_on(const struct page *page, int64_t upto)
{
    struct feed *feed = page->feed;
    for (size_t i = 0; i < feed->count; i++) {
        struct listener *listener = feed->list[i];
        if (takes_part(page, listener) && listener->place < feed_place_after(upto))
            listener->place = feed_place_after(upto);
    }
}

/* @return how many entries were read; -1 if the store cannot be read now */
static int tell_page(struct page *page)
{
    struct error err = {0};
    auto_arena struct arena *arena = arena_create();
    page->arena = arena;
    if (store_run_read(page->feed->with.store, read_page, page, &err) < 0) {
        if (!page->feed->unreadable)
            log_warning("feed.unreadable", LOG_TEXT("error", err.message));
        page->feed->unreadable = true;
        return -1;
    }
    page->feed->unreadable = false;
    for (size_t i = 0; i < page->rows.count; i++)
        if (page->calls[i] != NULL)
            tell_row(page, i);
    if (page->rows.count > 0) {
        page->last = page->rows.items[page->rows.count - 1].sequence;
        move_on(page, page->last);
    }
    return (int)page->rows.count;
}

/* ---- going on, and catching up ---- */

/* @return is there more to do at once? */
static bool go_on(struct feed *feed)
{
    struct page page = {.feed = feed, .live = true, .after = feed->head};
    if (!is_anybody_live(feed))
        return false;
    int count = tell_page(&page);
    if (count <= 0)
        return false;
    feed->head = page.last;
    return count == PAGE_ROWS;
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
    int count = tell_page(&page);
    if (count == 0)
        move_on(&page, feed->head);
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
    for (int64_t i = 0; i < FAREWELLS; i++)
        feed->with.farewell(FEED_END_SHUTDOWN, retry_ms + retry_ms * i / FAREWELLS,
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
    for (size_t i = 0; i < FAREWELLS; i++)
        stream_text_unref(feed->farewells[i]);
    for (size_t i = 0; i < FEED_END_COUNT; i++)
        stream_text_unref(feed->last_words[i]);
    (void)pthread_cond_destroy(&feed->changed);
    (void)pthread_mutex_destroy(&feed->lock);
    free(feed);
}
