#include "event_json.h"

#include <string.h>

#include "core/buf.h"
#include "core/text.h"
#include "transcript_json.h"
#include "voice/outcome.h"
#include "voicemail_json.h"

enum { EVENT_MAX_BYTES = 16 * 1024 * 1024 };

/* `prefix`, then `data: {...}` and the empty line. JSON on one line has no line breaks. Takes `data` over. */
static struct stream_text *with_data(const char *prefix, json_t *data)
{
    auto_buf struct buf out;
    buf_init(&out, EVENT_MAX_BYTES);
    char *text = data == NULL ? NULL : json_dumps(data, JSON_COMPACT | JSON_REAL_PRECISION(15));
    json_decref(data);
    /* Texts that are not UTF-8 never get into the store as such; if one did, the event still has its name and id. */
    if (buf_puts(&out, prefix) < 0 ||
        buf_printf(&out, "data: %s\n\n", text == NULL ? "{}" : text) < 0) {
        buf_clear(&out);
        (void)buf_printf(&out, "%sdata: {}\n\n", prefix);
    }
    free(text);
    return stream_text_create(out.data, out.len);
}

static json_t *time_of(int64_t ms)
{
    char text[TIME_TEXT_BYTES];
    time_to_rfc3339(ms, text);
    return json_string(text);
}

/* The leg as it stands in the call, borrowed; NULL if it is none of its legs. */
static json_t *find_leg(json_t *call, const char *sid)
{
    json_t *legs = json_object_get(call, "legs");
    for (size_t i = 0; sid != NULL && i < json_array_size(legs); i++) {
        json_t *leg = json_array_get(legs, i);
        if (text_equal(json_string_value(json_object_get(leg, "sid")), sid))
            return leg;
    }
    return NULL;
}

/* What is copied out of the call, for who wants no more. */
static void copy_members(json_t *data, json_t *call)
{
    static const char *const names[] = {"sid",       "direction", "identity",
                                        "placement", "status",    "outcome"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        json_object_set(data, names[i], json_object_get(call, names[i]));
}

/* Beside the call: the voicemail, of which the id alone is left once it is gone; the line that was said. */
static void put_subject(json_t *data, const struct feed_event *event)
{
    const struct told_subject *subject = event->subject;
    if (subject == NULL)
        return;
    if (subject->voicemail != NULL)
        json_object_set_new(data, "voicemail", voicemail_to_json(subject->voicemail));
    else if (subject->voicemail_id != NULL)
        json_object_set_new(data, "voicemail", json_pack("{s:s}", "id", subject->voicemail_id));
    if (subject->line != NULL)
        json_object_set_new(
            data, "line",
            transcript_line_to_json(subject->line, transcript_speaker(event->call->direction,
                                                                      plan_flow(event->call->plan),
                                                                      subject->line->track)));
}

static json_t *data_of(const struct feed_event *event)
{
    const struct call_details details = {.legs = event->legs, .recordings = event->recordings};
    json_t *call = call_to_json(event->call, &details);
    json_t *leg = find_leg(call, event->leg_sid);
    json_t *ended = json_object_get(leg != NULL ? leg : call, "ring_ended_because");
    json_t *data = json_pack("{s:s, s:o, s:s}", "type", news_kind_text(event->kind), "at",
                             time_of(event->at_ms), "call_id", event->call->id);
    copy_members(data, call);
    json_object_set_new(data, "leg", leg != NULL ? json_incref(leg) : json_null());
    json_object_set(data, "ring_ended_because", ended);
    json_object_set(data, "answered_by", json_object_get(call, "answered_by"));
    put_subject(data, event);
    json_object_set_new(data, "call", call);
    return data;
}

void event_render(const struct feed_event *event, struct stream_text **out)
{
    char prefix[128];
    (void)snprintf(prefix, sizeof prefix, "id: %s\nevent: %s\n", event->id,
                   news_kind_text(event->kind));
    *out = with_data(prefix, data_of(event));
}

void event_write_body(const struct feed_event *event, struct buf *out)
{
    json_t *body = json_pack("{s:s, s:o, s:o}", "type", news_kind_text(event->kind), "timestamp",
                             time_of(event->at_ms), "data", data_of(event));
    auto_free char *text = json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(15));
    json_decref(body);
    (void)buf_puts(out, text == NULL ? "{}" : text);
}

void event_farewell(enum feed_end end, int64_t retry_ms, struct stream_text **out)
{
    char prefix[128];
    int len = 0;
    if (retry_ms > 0)
        len = snprintf(prefix, sizeof prefix, "retry: %lld\n\n", (long long)retry_ms);
    (void)snprintf(prefix + len, sizeof prefix - (size_t)len, "event: bye\n");
    *out = with_data(prefix, json_pack("{s:s}", "reason", feed_end_text(end)));
}

struct stream_text *event_hello(const struct hello *hello)
{
    char prefix[256];
    int len = snprintf(prefix, sizeof prefix, "retry: %lld\n\nevent: hello\n",
                       (long long)hello->retry_ms);
    if (hello->id != NULL)
        (void)snprintf(prefix + len, sizeof prefix - (size_t)len, "id: %s\n", hello->id);
    json_t *calls = json_array();
    for (size_t i = 0; i < hello->count; i++)
        json_array_append_new(calls, call_to_json(&hello->calls[i], &hello->details[i]));
    return with_data(prefix, json_pack("{s:b, s:s?, s:o, s:o, s:b, s:I}", "resumed", hello->resumed,
                                       "reason", hello->reason, "at", time_of(hello->now_ms),
                                       "calls", calls, "calls_more", hello->more, "heartbeat_ms",
                                       (json_int_t)hello->heartbeat_ms));
}
