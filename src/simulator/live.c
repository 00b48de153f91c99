/* Words of a call, one after another, to whoever wants them while they are said. */
#include "live.h"

#include <stdlib.h>
#include <string.h>

#include "callbacks.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "dial.h"
#include "faults.h"
#include "leg.h"
#include "url.h"

enum { ERROR_URL = 11100, ERROR_ENGINE = 32650 };

enum { INBOUND, OUTBOUND, TRACKS };

static const char *const track_names[TRACKS] = {"inbound_track", "outbound_track"};

/* One side: whom it hears is asked for anew each time. */
struct track {
    struct live *live;
    int side;
    size_t used;     /* texts of that person that were said */
    bool is_partial; /* the first half of the next one has been told */
    struct timer timer;
};

struct said {
    int side;
    unsigned sequence;
    const char *text;
    struct said *next;
};

struct live {
    char sid[SID_BYTES];
    struct leg *leg;
    struct live_plan plan;
    bool open;
    bool failed;
    unsigned sequence; /* of the last event */
    struct sim_time updated;
    struct track tracks[TRACKS];
    struct said *first;
    struct said **end;
    struct live *next; /* older */
};

/* ---- telling ---- */

static struct delivery *event(struct sim *sim, struct live *live, const char *what)
{
    char stamp[TIME_TEXT_BYTES];
    live->sequence++;
    live->updated = sim->now;
    if (live->plan.url == NULL)
        return NULL;
    struct delivery *delivery = delivery_create(sim, live->leg, DELIVERY_CALLBACK, "transcription",
                                                live->plan.method, live->plan.url);
    time_to_rfc3339(sim->now.wall_ms, stamp);
    callback_add(delivery, "AccountSid", sim->settings->account_sid);
    callback_add(delivery, "CallSid", live->leg->sid);
    callback_add(delivery, "TranscriptionSid", live->sid);
    callback_add(delivery, "Timestamp", stamp);
    callback_add_int(delivery, "SequenceId", live->sequence);
    callback_add(delivery, "TranscriptionEvent", what);
    callback_add(delivery, "LanguageCode", live->plan.language);
    return delivery;
}

static void send_event(struct sim *sim, struct delivery *delivery)
{
    if (delivery)
        delivery_start(sim, delivery, NULL, NULL);
}

static void add_if(struct delivery *delivery, const char *name, const char *value)
{
    if (value)
        callback_add(delivery, name, value);
}

static void tell_started(struct sim *sim, struct live *live)
{
    const struct live_plan *plan = &live->plan;
    struct delivery *delivery = event(sim, live, "transcription-started");
    if (delivery == NULL)
        return;
    callback_add(delivery, "Track", plan->track);
    callback_add(delivery, "TranscriptionEngine", plan->engine);
    add_if(delivery, "Name", plan->name);
    callback_add(delivery, "PartialResults", plan->partials ? "true" : "false");
    add_if(delivery, "InboundTrackLabel", plan->inbound_label);
    add_if(delivery, "OutboundTrackLabel", plan->outbound_label);
    callback_add(delivery, "ProviderConfiguration", "{\"speechModel\":\"telephony\"}");
    send_event(sim, delivery);
}

static void tell_error(struct sim *sim, struct live *live)
{
    struct delivery *delivery = event(sim, live, "transcription-error");
    if (delivery == NULL)
        return;
    callback_add_int(delivery, "TranscriptionErrorCode", ERROR_ENGINE);
    callback_add(delivery, "TranscriptionError", "The transcription engine does not answer");
    send_event(sim, delivery);
}

/* `{"transcript":"...","confidence":0.93}`; half of it has no confidence yet. */
static void tell_content(struct sim *sim, struct live *live, int side, const char *text, bool final)
{
    struct delivery *delivery = event(sim, live, "transcription-content");
    if (delivery == NULL)
        return;
    json_auto_t *data = json_pack("{s:s}", "transcript", text);
    if (final)
        json_object_set_new(data, "confidence", json_real(0.93));
    char *json = json_dumps(data, JSON_COMPACT | JSON_REAL_PRECISION(4));
    callback_add(delivery, "Track", track_names[side]);
    callback_add(delivery, "TranscriptionData", json ? json : "{}");
    callback_add(delivery, "Final", final ? "true" : "false");
    if (!final)
        callback_add(delivery, "Stability", "0.8");
    free(json);
    send_event(sim, delivery);
}

/* ---- what is said ---- */

static const struct leg *person_of(const struct track *track)
{
    const struct leg *leg = track->live->leg;
    return track->side == INBOUND ? leg : dial_partner(leg);
}

static void on_talk(struct sim *sim, void *context);

/* The other side begins half a turn later, so they take turns. */
static void arm(struct sim *sim, struct track *track, int64_t turns_in_halves)
{
    const struct leg *person = person_of(track);
    if (person == NULL || track->used >= person->script.talk_count || !track->live->open)
        return;
    timer_arm(&sim->timers, &track->timer,
              sim->now.sim_ms + person->script.talk_every_ms * turns_in_halves / 2, on_talk, track);
}

/* The words up to the middle. */
static const char *first_half(struct arena *arena, const char *text)
{
    size_t len = strlen(text) / 2;
    while (len > 0 && text[len] != ' ')
        len--;
    return len > 0 ? arena_copy(arena, text, len) : text;
}

static void keep(struct live *live, int side, const char *text)
{
    struct said *said = arena_alloc(live->leg->arena, sizeof(*said));
    *said = (struct said){.side = side, .sequence = live->sequence, .text = text};
    *live->end = said;
    live->end = &said->next;
}

static void on_talk(struct sim *sim, void *context)
{
    struct track *track = context;
    struct live *live = track->live;
    const struct leg *person = person_of(track);
    if (person == NULL || track->used >= person->script.talk_count)
        return;
    const char *text = arena_strdup(live->leg->arena, person->script.talk[track->used]);
    if (live->plan.partials && !track->is_partial) {
        track->is_partial = true;
        tell_content(sim, live, track->side, first_half(live->leg->arena, text), false);
        arm(sim, track, 1);
        return;
    }
    bool was_partial = track->is_partial;
    track->is_partial = false;
    track->used++;
    leg_note(sim, live->leg, "transcribed", "%s \"%s\"", track_names[track->side], text);
    tell_content(sim, live, track->side, text, true);
    keep(live, track->side, text);
    arm(sim, track, was_partial ? 1 : 2);
}

static bool hears(const struct live *live, int side)
{
    return strcmp(live->plan.track, "both_tracks") == 0 ||
           strcmp(live->plan.track, track_names[side]) == 0;
}

/* ---- its life ---- */

struct live_plan live_plan(struct sim *sim, struct leg *leg, const struct twiml_node *node)
{
    struct arena *arena = leg->arena;
    const char *given = node_attribute_or(node, "statusCallbackUrl", "");
    const char *url = *given ? url_resolve(arena, leg->run.url, given) : NULL;
    if (*given && url == NULL)
        leg_warn(sim, leg, ERROR_URL, "not a URL: %s", given);
    const char *name = node_attribute(node, "name");
    const char *inbound = node_attribute(node, "inboundTrackLabel");
    const char *outbound = node_attribute(node, "outboundTrackLabel");
    return (struct live_plan){
        .name = name ? arena_strdup(arena, name) : NULL,
        .track = arena_strdup(arena, node_attribute_or(node, "track", "both_tracks")),
        .url = url,
        .method = arena_strdup(arena, node_attribute_or(node, "statusCallbackMethod", "POST")),
        .language = arena_strdup(arena, node_attribute_or(node, "languageCode", "en-US")),
        .engine = arena_strdup(arena, node_attribute_or(node, "transcriptionEngine", "google")),
        .inbound_label = inbound ? arena_strdup(arena, inbound) : NULL,
        .outbound_label = outbound ? arena_strdup(arena, outbound) : NULL,
        .partials = node_flag(node, "partialResults", false),
    };
}

static bool breaks_down(struct sim *sim, const struct live *live)
{
    auto_arena struct arena *arena = arena_create();
    struct fields facts = {0};
    fields_add(&facts, arena, "CallSid", live->leg->sid);
    const struct fault_subject subject = {
        .target = FAULT_TRANSCRIPTION, .method = "live", .url = "", .fields = &facts};
    return faults_take(sim, &subject, arena).kind == FAULT_FAILED;
}

struct live *live_start(struct sim *sim, struct leg *leg, const struct live_plan *plan)
{
    struct live *live = arena_alloc(leg->arena, sizeof(*live));
    *live = (struct live){.leg = leg, .plan = *plan, .open = true, .next = leg->lives};
    live->end = &live->first;
    leg->lives = live;
    world_sid(sim, "GT", live->sid);
    leg_note(sim, leg, "transcription", "%s, %s", live->sid, plan->track);
    tell_started(sim, live);
    if (breaks_down(sim, live)) {
        live->open = false;
        live->failed = true;
        tell_error(sim, live);
        return live;
    }
    for (int side = INBOUND; side < TRACKS; side++) {
        live->tracks[side] = (struct track){.live = live, .side = side};
        if (hears(live, side))
            arm(sim, &live->tracks[side], side == INBOUND ? 1 : 2);
    }
    return live;
}

void live_stop(struct sim *sim, struct live *live)
{
    if (!live->open)
        return;
    live->open = false;
    for (int side = INBOUND; side < TRACKS; side++)
        timer_cancel(&sim->timers, &live->tracks[side].timer);
    leg_note(sim, live->leg, "transcription over", "%s", live->sid);
    send_event(sim, event(sim, live, "transcription-stopped"));
}

struct live *live_find(const struct leg *leg, const char *sid_or_name)
{
    for (struct live *live = leg->lives; live; live = live->next)
        if (strcmp(live->sid, sid_or_name) == 0 || text_equal(live->plan.name, sid_or_name))
            return live;
    return NULL;
}

void lives_stop(struct sim *sim, struct leg *leg, const char *name)
{
    for (struct live *live = leg->lives; live; live = live->next)
        if (name == NULL || text_equal(live->plan.name, name))
            live_stop(sim, live);
}

void lives_bridged(struct sim *sim, struct leg *leg)
{
    for (struct live *live = leg->lives; live; live = live->next) {
        struct track *track = &live->tracks[OUTBOUND];
        if (!live->open || !hears(live, OUTBOUND))
            continue;
        track->used = 0; /* it is another person */
        track->is_partial = false;
        arm(sim, track, 2);
    }
}

void lives_forget(struct sim *sim, struct leg *leg)
{
    for (struct live *live = leg->lives; live; live = live->next)
        for (int side = INBOUND; side < TRACKS; side++)
            timer_cancel(&sim->timers, &live->tracks[side].timer);
    leg->lives = NULL;
}

/* ---- how it looks ---- */

json_t *live_rest_json(const struct sim *sim, const struct live *live)
{
    char updated[TIME_TEXT_BYTES];
    time_to_rfc2822(live->updated.wall_ms, updated);
    return json_pack("{s:s, s:s, s:s, s:s?, s:s, s:s, s:o}", "sid", live->sid, "account_sid",
                     sim->settings->account_sid, "call_sid", live->leg->sid, "name",
                     live->plan.name, "status", live->open ? "in-progress" : "stopped",
                     "date_updated", updated, "uri",
                     json_sprintf("/2010-04-01/Accounts/%s/Calls/%s/Transcriptions/%s.json",
                                  sim->settings->account_sid, live->leg->sid, live->sid));
}

static json_t *said_json(const struct live *live)
{
    json_t *list = json_array();
    for (const struct said *said = live->first; said; said = said->next)
        json_array_append_new(list, json_pack("{s:s, s:i, s:s}", "track", track_names[said->side],
                                              "sequence", (int)said->sequence, "text", said->text));
    return list;
}

json_t *lives_json(const struct leg *leg)
{
    json_t *list = json_array();
    for (const struct live *live = leg->lives; live; live = live->next)
        json_array_insert_new(list, 0,
                              json_pack("{s:s, s:s?, s:s, s:b, s:b, s:i, s:o}", "sid", live->sid,
                                        "name", live->plan.name, "track", live->plan.track,
                                        "running", live->open, "failed", live->failed, "events",
                                        (int)live->sequence, "said", said_json(live)));
    return list;
}
