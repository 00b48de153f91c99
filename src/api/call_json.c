#include "call_json.h"

#include <string.h>

#include "app/identity.h"
#include "core/text.h"
#include "json_values.h"
#include "parameters_json.h"
#include "recording_json.h"
#include "voice/outcome.h"
#include "voice/plan.h"
#include "voice/ring.h"

const char call_schema[] =
    "{\"type\":\"object\",\"required\":[\"id\",\"sid\",\"account_sid\",\"direction\",\"placement\","
    "\"status\","
    "\"outcome\",\"from\",\"to\",\"created_at\"],\"properties\":{"
    "\"id\":{\"type\":\"string\",\"pattern\":\"^call_[0-9a-z]{26}$\"},"
    "\"sid\":{\"type\":[\"string\",\"null\"],\"description\":\"Twilio's CallSid of the root leg\"},"
    "\"account_sid\":{\"type\":\"string\"},"
    "\"direction\":{\"enum\":[\"outbound-browser\",\"outbound-api\",\"inbound\"]},"
    "\"placement\":{\"enum\":[\"intended\",\"sending\",\"placed\",\"refused\",\"unknown\","
    "\"canceled\"]},"
    "\"status\":{\"enum\":[null,\"queued\",\"initiated\",\"ringing\",\"in-progress\",\"completed\","
    "\"busy\",\"failed\","
    "\"no-answer\",\"canceled\"]},"
    "\"outcome\":{\"enum\":[null,\"answered\",\"busy\",\"no-answer\",\"failed\",\"canceled\","
    "\"voicemail\",\"refused\"]},"
    "\"from\":{\"type\":[\"string\",\"null\"]},\"to\":{\"type\":[\"string\",\"null\"]},"
    "\"identity\":{\"type\":[\"string\",\"null\"]},\"group\":{\"type\":[\"string\",\"null\"],"
    "\"description\":\"the one its identity was in when it "
    "began\"},\"flow\":{\"type\":[\"string\",\"null\"]},"
    "\"reason\":{\"type\":[\"string\",\"null\"],\"description\":\"why nobody was dialled, or why "
    "Twilio refused\"},"
    "\"twilio_code\":{\"type\":[\"integer\",\"null\"]},"
    "\"created_at\":{\"type\":\"string\",\"format\":\"date-time\"},"
    "\"answered_at\":{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"},"
    "\"ended_at\":{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"},"
    "\"duration\":{\"type\":[\"integer\",\"null\"],\"description\":\"seconds\"},"
    "\"sip_code\":{\"type\":[\"integer\",\"null\"]},"
    "\"price\":{\"type\":[\"string\",\"null\"]},\"price_unit\":{\"type\":[\"string\",\"null\"]},"
    "\"metadata\":{\"type\":[\"object\",\"null\"]},"
    "\"recording_consent\":{\"type\":[\"object\",\"null\"],\"description\":\"what was said before "
    "it was recorded, and when each side had heard it\",\"required\":[\"text\",\"caller_heard_at\","
    "\"callee_heard_at\"]},"
    "\"ring_ended_because\":{\"type\":[\"string\",\"null\"],\"description\":\"answered, "
    "caller-gave-up, timeout, rejected, busy, canceled-by-us or failed; of a leg also "
    "answered-elsewhere\"},"
    "\"answered_by\":{\"type\":[\"object\",\"null\"],\"required\":[\"leg_sid\",\"identity\","
    "\"number\"]},"
    "\"legs\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"sid\",\"status\"]}"
    "},"
    "\"recordings\":{\"type\":\"array\",\"description\":\"with the scope "
    "recordings:read\",\"items\":{\"type\":\"object\",\"required\":[\"sid\","
    "\"status\"]}},"
    "\"timeline\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"at\",\"kind\"]"
    "}},\"timeline_more\":{\"type\":\"boolean\"}}}";

static json_t *flow_or_null(const struct call_row *call)
{
    if (call->plan == NULL)
        return json_null();
    auto_arena struct arena *arena = arena_create();
    struct call_plan plan;
    struct error ignored = {0};
    if (plan_from_text(call->plan, arena, &plan, &ignored) < 0)
        return json_null();
    return json_string(call_flow_text(plan.flow));
}

static json_t *metadata_or_null(const struct call_row *call)
{
    if (call->metadata == NULL)
        return json_null();
    json_t *metadata = json_loads(call->metadata, 0, NULL);
    return metadata != NULL ? metadata : json_null();
}

static json_t *consent_or_null(const struct call_row *call)
{
    if (call->consent_text == NULL)
        return json_null();
    return json_pack("{s:s, s:o, s:o}", "text", call->consent_text, "caller_heard_at",
                     time_or_null(call->consent_caller_heard_ms), "callee_heard_at",
                     time_or_null(call->consent_callee_heard_ms));
}

static void put_state(json_t *object, const struct leg_state *state)
{
    json_object_set_new(object, "status", text_or_null(call_status_text(state->status)));
    json_object_set_new(object, "answered_at", time_or_null(leg_answered_at_ms(state)));
    json_object_set_new(object, "ended_at", time_or_null(state->ended_at_ms));
    json_object_set_new(object, "duration", int_or_null(state->duration_s, state->duration_s >= 0));
    json_object_set_new(object, "sip_code", int_or_null(state->sip_code, state->sip_code > 0));
}

/* ---- who answered, and why it stopped ringing ---- */

static struct ring_leg ring_leg_of(const struct leg_row *leg)
{
    return (struct ring_leg){.sid = leg->sid, .to = leg->to, .state = leg->state};
}

static struct ring_facts
ring_facts_of(const struct call_row *call, const struct leg_rows *rows, struct arena *arena)
{
    size_t count = rows == NULL ? 0 : rows->count;
    struct ring_leg *legs = arena_alloc(arena, count * sizeof(*legs));
    for (size_t i = 0; i < count; i++)
        legs[i] = ring_leg_of(&rows->items[i]);
    return (struct ring_facts){
        .direction = call->direction,
        .flow = plan_flow(call->plan),
        .root = {.sid = call->root_sid, .to = call->to, .state = call->root},
        .legs = legs,
        .count = count,
        .hangup_asked_at_ms = call->hangup_asked_at_ms,
    };
}

static json_t *answerer_or_null(const struct ring_facts *facts, struct arena *arena)
{
    static const char scheme[] = "client:";
    const struct ring_leg *leg = ring_answerer(facts);
    if (leg == NULL)
        return json_null();
    bool browser = text_starts_with(leg->to, scheme);
    const char *identity = browser ? identity_of_client(leg->to + sizeof(scheme) - 1, arena) : NULL;
    return json_pack("{s:o, s:o, s:o}", "leg_sid", text_or_null(leg->sid), "identity",
                     text_or_null(identity), "number", text_or_null(browser ? NULL : leg->to));
}

static json_t *leg_to_json(const struct leg_row *leg, const struct ring_facts *facts)
{
    struct ring_leg rung = ring_leg_of(leg);
    json_t *object =
        json_pack("{s:s, s:o, s:o, s:o, s:o}", "sid", leg->sid, "parent_sid",
                  text_or_null(leg->parent_sid), "from", text_or_null(leg->from), "to",
                  text_or_null(leg->to), "created_at", time_or_null(leg->created_at_ms));
    put_state(object, &leg->state);
    json_object_set_new(object, "ring_ended_because",
                        text_or_null(ring_end_text(ring_end_of_leg(facts, &rung))));
    return object;
}

static void put_legs(json_t *object, const struct call_row *call, const struct leg_rows *rows)
{
    auto_arena struct arena *arena = arena_create();
    struct ring_facts facts = ring_facts_of(call, rows, arena);
    json_t *legs = json_array();
    for (size_t i = 0; i < facts.count; i++)
        json_array_append_new(legs, leg_to_json(&rows->items[i], &facts));
    json_object_set_new(object, "ring_ended_because",
                        text_or_null(ring_end_text(ring_end_of_call(&facts))));
    json_object_set_new(object, "answered_by", answerer_or_null(&facts, arena));
    json_object_set_new(object, "legs", legs);
}

static json_t *entry_to_json(const struct timeline_row *row, bool with_recordings)
{
    json_t *parameters = json_of_parameters(row->raw);
    if (!with_recordings)
        json_without_recordings(parameters);
    return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o}", "at", time_or_null(row->at_ms), "kind",
                     timeline_kind_text(row->kind), "route", text_or_null(row->route), "leg_sid",
                     text_or_null(row->leg_sid), "effect", text_or_null(row->effect), "answer",
                     json_of_parameters(row->answer), "parameters", parameters);
}

static json_t *recordings_to_json(const struct recording_rows *rows)
{
    json_t *list = json_array();
    for (size_t i = 0; i < rows->count; i++)
        json_array_append_new(list, recording_to_json(&rows->items[i]));
    return list;
}

/* Who may not know of recordings is not told of them by what Twilio said either. */
static void put_timeline(json_t *object, const struct call_details *details)
{
    bool recordings = details->recordings != NULL;
    json_t *timeline = json_array();
    for (size_t i = 0; i < details->timeline->count; i++) {
        const struct timeline_row *entry = &details->timeline->items[i];
        if (recordings || entry->kind != TIMELINE_RECORDING)
            json_array_append_new(timeline, entry_to_json(entry, recordings));
    }
    json_object_set_new(object, "timeline", timeline);
    json_object_set_new(object, "timeline_more", json_boolean(details->timeline_more));
}

json_t *call_to_json(const struct call_row *call, const struct call_details *details)
{
    json_t *object = json_pack(
        "{s:s, s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", call->id, "sid",
        text_or_null(call->root_sid), "account_sid", call->account_sid, "direction",
        call_direction_text(call->direction), "placement", call_placement_text(call->placement),
        "outcome", text_or_null(call_outcome_text(call->outcome)), "from", text_or_null(call->from),
        "to", text_or_null(call->to), "identity", text_or_null(call->identity), "flow",
        flow_or_null(call), "reason", text_or_null(call->refusal), "twilio_code",
        int_or_null(call->refusal_code, call->refusal_code > 0), "created_at",
        time_or_null(call->created_at_ms));
    put_state(object, &call->root);
    json_object_set_new(object, "price", text_or_null(call->price));
    json_object_set_new(object, "price_unit", text_or_null(call->price_unit));
    json_object_set_new(object, "group", text_or_null(call->group));
    json_object_set_new(object, "metadata", metadata_or_null(call));
    json_object_set_new(object, "recording_consent", consent_or_null(call));
    if (details == NULL)
        return object;
    put_legs(object, call, details->legs);
    if (details->recordings != NULL)
        json_object_set_new(object, "recordings", recordings_to_json(details->recordings));
    if (details->timeline != NULL)
        put_timeline(object, details);
    return object;
}
