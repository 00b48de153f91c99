/* What is due is begun: read, written out with its call as it is now, signed, handed to net. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "app/told_call.h"
#include "app/webhook_signing.h"
#include "core/lock.h"
#include "core/log.h"
#include "core/text.h"
#include "internal.h"

void attempt_land(struct attempt *attempt)
{
    struct dispatch *dispatch = attempt->dispatch;
    struct attempt **link = &dispatch->flying;
    while (*link != attempt)
        link = &(*link)->next_flying;
    *link = attempt->next_flying;
    attempt->subscriber->in_flight--;
    attempt->subscriber->look_at_ms = 0;
    dispatch->in_flight--;
    metric_add(dispatch->count.in_flight, -1);
    arena_free(attempt->arena);
}

/* ---- places ---- */

/* Each that has nothing under way keeps the right to one place. */
static unsigned reserved(const struct dispatch *dispatch, const struct subscriber *but)
{
    unsigned count = 0;
    for (const struct subscriber *s = dispatch->subscribers; s != NULL; s = s->next)
        count += s != but && subscriber_is_open(s) && s->in_flight == 0;
    return count;
}

static unsigned places_of(const struct dispatch *dispatch, const struct subscriber *subscriber)
{
    const struct config_dispatch *config = dispatch->config;
    unsigned most = subscriber->failures > 0 ? 1 : config->in_flight_each;
    unsigned free_places =
        config->in_flight > dispatch->in_flight ? config->in_flight - dispatch->in_flight : 0;
    unsigned kept = reserved(dispatch, subscriber);
    unsigned own = most > subscriber->in_flight ? most - subscriber->in_flight : 0;
    unsigned shared = free_places > kept ? free_places - kept : 0;
    if (shared == 0 && subscriber->in_flight == 0 && free_places > 0)
        shared = 1;
    return own < shared ? own : shared;
}

/* ---- reading what is due ---- */

struct search {
    struct dispatch *dispatch;
    struct subscriber *subscriber;
    int64_t now_ms;
    unsigned places;
    struct attempt *found; /* the last first */
    struct attempt **end;
    struct arena *arena;
};

static bool is_flying(const struct dispatch *dispatch, int64_t number)
{
    for (const struct attempt *a = dispatch->flying; a != NULL; a = a->next_flying)
        if (a->row.number == number)
            return true;
    return false;
}

static void write_test(const struct attempt *attempt, struct buf *out)
{
    char at[TIME_TEXT_BYTES];
    time_to_rfc3339(attempt->row.happened_at_ms, at);
    json_t *body = json_pack("{s:s, s:s, s:{s:s, s:s, s:s}}", "type", DISPATCH_TEST_KIND,
                             "timestamp", at, "data", "type", DISPATCH_TEST_KIND, "at", at,
                             "subscription_id", attempt->subscriber->id);
    auto_free char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    (void)buf_puts(out, text);
}

static void write_event(const struct attempt *attempt,
                        enum news_kind kind,
                        const struct told_call *told,
                        const struct told_subject *subject,
                        struct buf *out)
{
    bool recordings = caller_may_know_recordings(&attempt->subscriber->may);
    const struct feed_event event = {
        .id = "",
        .kind = kind,
        .at_ms = attempt->row.happened_at_ms,
        .call = &told->call,
        .legs = &told->legs,
        .recordings = recordings ? &told->recordings : NULL,
        .leg_sid = attempt->row.subject,
        .subject = subject,
    };
    attempt->dispatch->with.write(&event, out);
}

/* Why there is nothing to be sent, or NULL. A call that is gone was erased: there is nothing to tell of it. */
static const char *hopeless(struct attempt *attempt, const char *why)
{
    attempt->outcome.hopeless = true;
    attempt->outcome.problem = why;
    return why;
}

static int write_body(struct store_rx *rx, struct attempt *attempt, struct error *err)
{
    auto_buf struct buf body;
    struct told_call told;
    struct told_subject subject;
    enum news_kind kind;
    const char *name = attempt->row.kind;
    buf_init(&body, BODY_MAX_BYTES);
    if (text_equal(name, DISPATCH_TEST_KIND)) {
        write_test(attempt, &body);
    } else if (!news_kind_from_text(name, strlen(name), &kind)) {
        (void)hopeless(attempt, "this version knows no such event");
    } else if (told_call_read(rx, attempt->row.call_number, attempt->arena, &told, err) < 0) {
        if (err->kind != ERROR_NOT_FOUND)
            return -1;
        error_clear(err);
        (void)hopeless(attempt, "its call is not kept any more");
    } else if (told_subject_read(rx, kind, attempt->row.subject, attempt->arena, &subject, err) <
               0) {
        return -1;
    } else {
        write_event(attempt, kind, &told, &subject, &body);
    }
    if (body.overflowed)
        (void)hopeless(attempt, "it is longer than 1 MiB");
    attempt->body = arena_copy(attempt->arena, body.data, body.len);
    attempt->body_len = body.len;
    return 0;
}

/* The row's texts are in an arena for the whole list. */
static struct attempt *begin_attempt(const struct search *search, const struct delivery_row *row)
{
    struct arena *arena = arena_create();
    struct attempt *attempt = arena_alloc(arena, sizeof *attempt);
    attempt->arena = arena;
    attempt->dispatch = search->dispatch;
    attempt->subscriber = search->subscriber;
    attempt->row = *row;
    attempt->row.kind = arena_strdup(arena, row->kind);
    attempt->row.subject = arena_strdup(arena, row->subject);
    attempt->row.last = (struct delivery_attempt){0};
    return attempt;
}

static int take_due(struct search *search,
                    struct store_rx *rx,
                    const struct delivery_row *row,
                    struct error *err)
{
    struct attempt *attempt = begin_attempt(search, row);
    if (write_body(rx, attempt, err) < 0) {
        arena_free(attempt->arena);
        return -1;
    }
    *search->end = attempt;
    search->end = &attempt->next;
    search->places--;
    return 0;
}

/* A reader's thread; the dispatch thread waits for it. */
static int read_due(struct store_rx *rx, void *work, struct error *err)
{
    struct search *search = work;
    struct subscriber *subscriber = search->subscriber;
    struct delivery_rows rows;
    size_t limit = search->places + subscriber->in_flight;
    if (store_list_due_deliveries(rx, subscriber->row.number, limit, search->arena, &rows, err) < 0)
        return -1;
    subscriber->look_at_ms = rows.count < limit ? INT64_MAX : 0;
    for (size_t i = 0; i < rows.count && search->places > 0; i++) {
        if (is_flying(search->dispatch, rows.items[i].number))
            continue;
        if (rows.items[i].due_at_ms > search->now_ms) {
            subscriber->look_at_ms = rows.items[i].due_at_ms;
            return 0;
        }
        if (take_due(search, rx, &rows.items[i], err) < 0)
            return -1;
    }
    return 0;
}

/* ---- the end of an attempt ---- */

static const char *first_bytes(struct arena *arena, const struct net_answer *answer)
{
    if (answer->body_len == 0)
        return NULL;
    size_t len = answer->body_len < ANSWER_BYTES ? answer->body_len : ANSWER_BYTES;
    char *text = arena_copy(arena, answer->body, len);
    while (len > 0 && !text_is_utf8(text, len) && answer->body_len - len < 4)
        text[--len] = '\0'; /* a character that was cut through */
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < ' ' && text[i] != '\n' && text[i] != '\t')
            text[i] = '?';
    return text_is_utf8(text, strlen(text)) ? text : "(not UTF-8)";
}

static void hand_in(struct attempt *attempt)
{
    struct dispatch *dispatch = attempt->dispatch;
    attempt->outcome.ended_at_ms = wall_clock_now_ms(dispatch->with.clock);
    auto_unlock pthread_mutex_t *held = lock(&dispatch->lock);
    attempt->next = dispatch->finished;
    dispatch->finished = attempt;
    (void)pthread_cond_signal(&dispatch->changed);
}

/* Status alone counts: who has said 2xx has it, even if the rest of the answer was too long or broke off. The net thread. */
static void on_answer(void *context, const struct net_answer *answer)
{
    struct attempt *attempt = context;
    struct outcome *outcome = &attempt->outcome;
    outcome->latency_ms = (monotonic_us() - attempt->started_us) / 1000;
    outcome->status = answer->status;
    outcome->retry_after_ms = answer->retry_after_ms;
    outcome->problem = arena_strdup(attempt->arena, answer->problem);
    outcome->answer = first_bytes(attempt->arena, answer);
    attempt->broken_off = answer->result != NET_ANSWERED && answer->status == 0 &&
                          atomic_load(&attempt->dispatch->closing);
    hand_in(attempt);
}

/* ---- beginning ---- */

static int sign(const struct attempt *attempt,
                const char *id,
                int64_t timestamp_s,
                struct buf *out,
                struct error *err)
{
    const struct subscriber *subscriber = attempt->subscriber;
    if (signing_append(subscriber->secret, id, timestamp_s, attempt->body, attempt->body_len, out,
                       err) < 0)
        return -1;
    if (subscriber->old_secret == NULL || subscriber->old_secret_until_ms <= timestamp_s * 1000)
        return 0;
    return signing_append(subscriber->old_secret, id, timestamp_s, attempt->body, attempt->body_len,
                          out, err);
}

static int start(struct attempt *attempt, struct error *err)
{
    struct dispatch *dispatch = attempt->dispatch;
    char id[DISPATCH_ID_BYTES];
    char timestamp[24];
    auto_buf struct buf signature;
    int64_t now_s = attempt->outcome.at_ms / 1000;
    buf_init(&signature, 256);
    dispatch_write_id(dispatch, DISPATCH_ID_DELIVERY, attempt->row.number, id);
    (void)snprintf(timestamp, sizeof timestamp, "%" PRId64, now_s);
    if (sign(attempt, id, now_s, &signature, err) < 0)
        return -1;
    const struct net_header headers[] = {
        {"webhook-id",        id            },
        {"webhook-timestamp", timestamp     },
        {"webhook-signature", signature.data},
    };
    const struct net_request request = {
        .method = "POST",
        .url = attempt->subscriber->row.url,
        .content_type = "application/json",
        .body = attempt->body,
        .body_len = attempt->body_len,
        .headers = headers,
        .header_count = ARRAY_LEN(headers),
        .addresses = &dispatch->addresses,
    };
    return net_start(dispatch->net, &request, on_answer, attempt, err);
}

/* It is under way from now on, whatever becomes of it: its end is handed in like that of any other. */
static void launch(struct attempt *attempt)
{
    struct dispatch *dispatch = attempt->dispatch;
    struct error err = {0};
    attempt->outcome.at_ms = wall_clock_now_ms(dispatch->with.clock);
    attempt->outcome.retry_after_ms = -1;
    attempt->started_us = monotonic_us();
    attempt->next_flying = dispatch->flying;
    dispatch->flying = attempt;
    attempt->subscriber->in_flight++;
    dispatch->in_flight++;
    metric_add(dispatch->count.in_flight, 1);
    if (!attempt->outcome.hopeless && start(attempt, &err) == 0)
        return;
    if (!attempt->outcome.hopeless) {
        attempt->outcome.problem = arena_strdup(attempt->arena, err.message);
        attempt->broken_off = err.kind == ERROR_UNAVAILABLE;
    }
    hand_in(attempt);
}

static int send_some(struct dispatch *dispatch, struct subscriber *subscriber, struct error *err)
{
    auto_arena struct arena *arena = arena_create();
    struct search search = {
        .dispatch = dispatch,
        .subscriber = subscriber,
        .now_ms = wall_clock_now_ms(dispatch->with.clock),
        .places = places_of(dispatch, subscriber),
        .arena = arena,
    };
    search.end = &search.found;
    if (search.places == 0 || subscriber->not_before_ms > search.now_ms ||
        subscriber->look_at_ms > search.now_ms)
        return 0;
    int failed = store_run_read(dispatch->with.store, read_due, &search, err);
    while (search.found != NULL) {
        struct attempt *attempt = search.found;
        search.found = attempt->next;
        if (failed < 0) {
            arena_free(attempt->arena);
            continue;
        }
        launch(attempt);
    }
    return failed;
}

int send_due(struct dispatch *dispatch, struct error *err)
{
    for (struct subscriber *s = dispatch->subscribers; s != NULL; s = s->next)
        if (subscriber_is_open(s) && send_some(dispatch, s, err) < 0)
            return -1;
    return 0;
}
