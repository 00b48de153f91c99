/* Webhooks on their way: faults, signing, sending, following redirections, repeating, remembering.
 */
#include "delivery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "core/text.h"
#include "core/xmalloc.h"
#include "faults.h"
#include "leg.h"
#include "pending.h"
#include "recording.h"
#include "sign.h"
#include "url.h"

enum {
    EXCERPT_BYTES = 4096,
    BODY_BYTES = 256 * 1024,
    REDIRECTS_MAX = 10, /* Twilio's error 11215 beyond */
    ERROR_FETCH = 11200,
    ERROR_CONNECT = 11205,
    ERROR_REDIRECTS = 11215,
    ERROR_CALLBACK = 15003,
    ERROR_CALLBACK_SLOW = 15002,
};

/* ---- the list ---- */

static void append(struct leg *leg, struct delivery *delivery)
{
    delivery->previous = leg->deliveries_last;
    if (leg->deliveries_last)
        leg->deliveries_last->next = delivery;
    else
        leg->deliveries = delivery;
    leg->deliveries_last = delivery;
}

static struct delivery *allocate(struct sim *sim, struct leg *leg)
{
    struct arena *arena = arena_create();
    struct delivery *delivery = arena_alloc(arena, sizeof(*delivery));
    delivery->arena = arena;
    delivery->leg = leg;
    delivery->problem = "";
    delivery->answer_excerpt = "";
    delivery->attempt_log = json_array();
    delivery->created = sim->now;
    append(leg, delivery);
    return delivery;
}

static void delivery_free(struct delivery *delivery)
{
    json_decref(delivery->attempt_log);
    arena_free(delivery->arena);
}

struct delivery *delivery_create(struct sim *sim,
                                 struct leg *leg,
                                 enum delivery_kind kind,
                                 const char *purpose,
                                 const char *method,
                                 const char *url)
{
    struct delivery *delivery = allocate(sim, leg);
    delivery->kind = kind;
    delivery->purpose = purpose;
    delivery->method = arena_strdup(delivery->arena, method);
    delivery->url = arena_strdup(delivery->arena, url);
    world_uuid(sim, delivery->token);
    int bad = overrides_parse(url, &delivery->overrides);
    if (bad)
        leg_warn(sim, leg, bad, "bad connection override in %s", url);
    return delivery;
}

static struct delivery *twin_of(struct sim *sim, const struct delivery *original)
{
    struct delivery *twin = allocate(sim, original->leg);
    twin->kind = original->kind;
    twin->purpose = original->purpose;
    twin->method = arena_strdup(twin->arena, original->method);
    twin->url = arena_strdup(twin->arena, original->url);
    twin->overrides = original->overrides;
    twin->twin = true;
    memcpy(twin->token, original->token, sizeof(twin->token));
    for (size_t i = 0; i < original->params.count; i++)
        fields_add(&twin->params, twin->arena,
                   arena_strdup(twin->arena, original->params.items[i].name),
                   arena_strdup(twin->arena, original->params.items[i].value));
    return twin;
}

static void orphan(struct sim *sim, struct delivery *delivery)
{
    delivery->leg = NULL;
    delivery->done = NULL;
    delivery->next = sim->orphans;
    delivery->previous = NULL;
    if (sim->orphans)
        sim->orphans->previous = delivery;
    sim->orphans = delivery;
}

static void orphan_free(struct sim *sim, struct delivery *delivery)
{
    if (delivery->previous)
        delivery->previous->next = delivery->next;
    else
        sim->orphans = delivery->next;
    if (delivery->next)
        delivery->next->previous = delivery->previous;
    delivery_free(delivery);
}

void deliveries_free_orphans(struct sim *sim)
{
    while (sim->orphans)
        orphan_free(sim, sim->orphans);
}

void deliveries_forget(struct sim *sim, struct leg *leg)
{
    for (struct delivery *delivery = leg->deliveries; delivery;) {
        struct delivery *next = delivery->next;
        timer_cancel(&sim->timers, &delivery->timer);
        if (delivery->in_flight) {
            orphan(sim, delivery);
        } else {
            if (!delivery->finished)
                sim->delivering--;
            delivery_free(delivery);
        }
        delivery = next;
    }
    leg->deliveries = leg->deliveries_last = leg->held = NULL;
}

/* ---- sending ---- */

/* Where to connect: URLs below the public base are called at --deliver-to. */
static const char *connect_url(const struct sim *sim, struct arena *arena, const char *url)
{
    const char *base = sim->settings->public_base;
    size_t len = strlen(base);
    if (len == 0 || strncmp(url, base, len) != 0 || (url[len] && strchr("/?#", url[len]) == NULL))
        return url;
    return arena_printf(arena, "%s%s", sim->settings->deliver_to, url + len);
}

static void add_header(struct sim_outgoing *outgoing, const char *name, const char *value)
{
    ASSERT(outgoing->header_count < SIM_HEADERS_MAX);
    outgoing->headers[outgoing->header_count++] = (struct sim_header){name, value};
}

static void add_headers(const struct delivery *delivery,
                        const char *signed_url,
                        struct arena *arena,
                        struct sim_outgoing *outgoing)
{
    const char *origin = url_origin(arena, signed_url);
    const char *host = strstr(origin, "://") + 3;
    const char *at = strrchr(host, '@');
    add_header(outgoing, "Host", at ? at + 1 : host);
    add_header(outgoing, "X-Twilio-Signature", delivery->signature);
    add_header(outgoing, "I-Twilio-Idempotency-Token", delivery->token);
    add_header(outgoing, "X-Home-Region", "us1");
    add_header(outgoing, "Accept", "*/*");
    add_header(outgoing, "Cache-Control", "max-age=259200");
    if (delivery->leg && delivery->leg->cookies)
        add_header(outgoing, "Cookie", delivery->leg->cookies);
}

static int64_t time_left_ms(const struct sim *sim, const struct delivery *delivery)
{
    int64_t used = sim->now.wall_ms - delivery->first_sent.wall_ms;
    return delivery->overrides.total_ms - (delivery->attempts > 0 ? used : 0);
}

static int64_t attempt_timeout_ms(const struct sim *sim, const struct delivery *delivery)
{
    int64_t left = time_left_ms(sim, delivery);
    int64_t one = delivery->overrides.connect_ms + delivery->overrides.read_ms;
    int64_t timeout = one < left ? one : left;
    if (timeout > delivery->overrides.read_ms)
        timeout = delivery->overrides.read_ms;
    return timeout > 0 ? timeout : 1;
}

static void send_now(struct sim *sim, struct delivery *delivery)
{
    struct arena *arena = delivery->arena;
    auto_buf struct buf form;
    buf_init(&form, BODY_BYTES);
    int full = fields_encode(&form, &delivery->params);
    ASSERT(full == 0); /* Twilio's parameters and a bounded number of a browser's */
    const char *encoded = form.data ? form.data : "";
    bool get = strcmp(delivery->method, "GET") == 0;
    const char *url = url_without_fragment(arena, delivery->url);
    if (get && *encoded)
        url = arena_printf(arena, "%s%c%s", url, strchr(url, '?') ? '&' : '?', encoded);
    const struct fields none = {0};
    delivery->signature =
        sign(sim->settings->auth_token, url, get ? &none : &delivery->params, arena);
    struct sim_outgoing outgoing = {
        .delivery = delivery,
        .method = delivery->method,
        .url = connect_url(sim, arena, url),
        .content_type = get ? NULL : "application/x-www-form-urlencoded; charset=UTF-8",
        .body = get ? "" : encoded,
        .body_len = get ? 0 : form.len,
        .timeout_ms = attempt_timeout_ms(sim, delivery),
    };
    add_headers(delivery, url, arena, &outgoing);
    if (delivery->attempts++ == 0)
        delivery->first_sent = sim->now;
    delivery->in_flight = true;
    sim->in_flight++;
    sim->ports.send(sim->ports.context, &outgoing);
}

static void on_delayed(struct sim *sim, void *context)
{
    struct delivery *delivery = context;
    if (delivery->leg->held == delivery)
        delivery->leg->held = NULL;
    send_now(sim, delivery);
}

static void finish(struct sim *sim, struct delivery *delivery, const struct sim_answer *answer);

static void on_lost(struct sim *sim, void *context)
{
    struct delivery *delivery = context;
    static const struct sim_answer nothing = {.kind = SIM_NOT_CONNECTED,
                                              .content_type = "",
                                              .body = "",
                                              .location = "",
                                              .set_cookie = "",
                                              .problem = "lost by a fault"};
    delivery->lost = true;
    finish(sim, delivery, &nothing);
}

static void send_later(struct sim *sim, struct delivery *delivery, int64_t delay_ms, timer_fn *then)
{
    timer_arm(&sim->timers, &delivery->timer, sim->now.sim_ms + delay_ms, then, delivery);
}

static void send_twice(struct sim *sim, struct delivery *delivery, int64_t delay_ms)
{
    struct delivery *twin = twin_of(sim, delivery);
    sim->delivering++;
    send_now(sim, delivery);
    if (delay_ms > 0)
        send_later(sim, twin, delay_ms, on_delayed);
    else
        send_now(sim, twin);
}

static struct fault_effect fault_of(struct sim *sim, const struct delivery *delivery)
{
    const struct fault_subject subject = {
        .target = delivery->kind == DELIVERY_TWIML ? FAULT_TWIML : FAULT_CALLBACK,
        .method = delivery->method,
        .url = delivery->url,
        .fields = &delivery->params,
    };
    return faults_take(sim, &subject, delivery->arena);
}

static void delete_recording(struct sim *sim, const struct delivery *delivery)
{
    struct recording *recording =
        recording_find(sim, fields_text(&delivery->params, "RecordingSid"));
    if (recording)
        recording_delete(sim, recording);
}

void delivery_start(struct sim *sim,
                    struct delivery *delivery,
                    delivery_done_fn *done,
                    void *context)
{
    delivery->done = done;
    delivery->context = context;
    sim->delivering++;
    struct fault_effect effect = fault_of(sim, delivery);
    switch ((int)effect.kind) {
    case FAULT_DUPLICATE:
        send_twice(sim, delivery, effect.delay_ms);
        return;
    case FAULT_DELAY:
        send_later(sim, delivery, effect.delay_ms, on_delayed);
        return;
    case FAULT_LOSE:
        send_later(sim, delivery, 0, on_lost);
        return;
    case FAULT_REORDER:
        if (delivery->leg->held == NULL) {
            delivery->leg->held = delivery;
            send_later(sim, delivery, effect.delay_ms, on_delayed);
            return;
        }
        break;
    case FAULT_DELETED:
        delete_recording(sim, delivery);
        break;
    default:
        break;
    }
    send_now(sim, delivery);
}

/* ---- answers ---- */

int delivery_error_code(const struct sim_answer *answer)
{
    if (answer->kind == SIM_NOT_CONNECTED)
        return ERROR_CONNECT;
    if (answer->kind == SIM_NO_ANSWER)
        return ERROR_FETCH;
    if (answer->status >= 300 && answer->status < 400)
        return ERROR_REDIRECTS;
    return answer->status >= 400 || answer->status < 200 ? ERROR_FETCH : 0;
}

static unsigned failure_of(const struct sim_answer *answer)
{
    if (answer->kind == SIM_NOT_CONNECTED)
        return FAILURE_CONNECT;
    if (answer->kind == SIM_NO_ANSWER)
        return FAILURE_READ;
    if (answer->status >= 500)
        return FAILURE_5XX;
    return answer->status >= 400 ? FAILURE_4XX : 0;
}

static void log_attempt(struct sim *sim, struct delivery *delivery, const struct sim_answer *answer)
{
    delivery->status = answer->kind == SIM_ANSWERED ? answer->status : 0;
    delivery->problem = arena_strdup(delivery->arena, answer->problem);
    json_t *attempt = json_object();
    world_stamp(sim, sim->now, attempt);
    json_object_set_new(attempt, "status", json_integer(delivery->status));
    if (*answer->problem)
        json_object_set_new(attempt, "problem", json_string(answer->problem));
    json_array_append_new(delivery->attempt_log, attempt);
}

/* Text of the answer for people: cut, and only if it is text. */
static const char *excerpt(struct arena *arena, const char *body, size_t len)
{
    size_t cut = len < EXCERPT_BYTES ? len : EXCERPT_BYTES;
    while (cut < len && cut > 0 && ((unsigned char)body[cut] & 0xc0) == 0x80)
        cut--;
    bool text = text_is_utf8(body, cut) && memchr(body, '\0', cut) == NULL;
    return text ? arena_copy(arena, body, cut) : "(not text)";
}

static void
warn_of_callback(struct sim *sim, struct delivery *delivery, const struct sim_answer *answer)
{
    int code = delivery_error_code(answer);
    if (code == 0 || delivery->lost)
        return;
    leg_warn(sim, delivery->leg,
             answer->kind == SIM_ANSWERED ? ERROR_CALLBACK : ERROR_CALLBACK_SLOW,
             "%s callback to %s: %s%d", delivery->purpose, delivery->url,
             answer->kind == SIM_ANSWERED ? "HTTP " : answer->problem,
             answer->kind == SIM_ANSWERED ? answer->status : code);
}

static void release_held(struct sim *sim, struct leg *leg)
{
    struct delivery *held = leg->held;
    leg->held = NULL;
    timer_cancel(&sim->timers, &held->timer);
    send_now(sim, held);
}

static void tell_end(struct sim *sim, struct delivery *delivery)
{
    leg_note(sim, delivery->leg, "webhook", "%s %s %s%s%s -> %s%d%s", delivery->purpose,
             delivery->method, delivery->url,
             fields_get(&delivery->params, "CallStatus") ? " CallStatus=" : "",
             fields_text(&delivery->params, "CallStatus"), delivery->lost ? "lost " : "",
             delivery->status, delivery->twin ? " (sent twice)" : "");
}

static void finish(struct sim *sim, struct delivery *delivery, const struct sim_answer *answer)
{
    struct leg *leg = delivery->leg;
    delivery->finished = true;
    sim->delivering--;
    delivery->answer_excerpt = excerpt(delivery->arena, answer->body, answer->body_len);
    tell_end(sim, delivery);
    if (delivery->kind == DELIVERY_CALLBACK) {
        warn_of_callback(sim, delivery, answer);
        if (leg->held && leg->held != delivery)
            release_held(sim, leg);
        pending_callback_answered(sim, leg);
    }
    if (delivery->done)
        delivery->done(sim, delivery, answer);
}

static bool follow(struct sim *sim, struct delivery *delivery, const struct sim_answer *answer)
{
    if (answer->kind != SIM_ANSWERED || answer->status < 300 || answer->status > 399 ||
        delivery->redirects >= REDIRECTS_MAX || *answer->location == '\0')
        return false;
    const char *url = url_resolve(delivery->arena, delivery->url, answer->location);
    if (url == NULL)
        return false;
    delivery->redirects++;
    delivery->url = url;
    if (answer->status != 307 && answer->status != 308)
        delivery->method = "GET";
    send_now(sim, delivery);
    return true;
}

static bool retry(struct sim *sim, struct delivery *delivery, const struct sim_answer *answer)
{
    unsigned failure = failure_of(answer);
    if ((failure & delivery->overrides.retry_on) == 0 ||
        delivery->attempts > delivery->overrides.retries + delivery->redirects ||
        time_left_ms(sim, delivery) <= 0)
        return false;
    send_now(sim, delivery);
    return true;
}

static void keep_cookie(struct leg *leg, const char *set_cookie)
{
    size_t len = strcspn(set_cookie, ";");
    if (len > 0)
        leg->cookies = arena_copy(leg->arena, set_cookie, len);
}

void delivery_answered(struct sim *sim, struct delivery *delivery, const struct sim_answer *answer)
{
    ASSERT(delivery->in_flight);
    delivery->in_flight = false;
    sim->in_flight--;
    if (delivery->leg == NULL) {
        sim->delivering--;
        orphan_free(sim, delivery);
        return;
    }
    log_attempt(sim, delivery, answer);
    keep_cookie(delivery->leg, answer->set_cookie);
    if (!follow(sim, delivery, answer) && !retry(sim, delivery, answer))
        finish(sim, delivery, answer);
}
