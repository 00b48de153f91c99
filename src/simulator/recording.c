/* Recordings without sound. */
#include "recording.h"

#include <string.h>

#include "callbacks.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "leg.h"
#include "url.h"

enum { READY_MS = 1000, ERROR_URL = 11100 };

struct recording {
    char sid[SID_BYTES];
    struct leg *leg;
    const char *url;
    const char *source;
    int channels;
    struct recording_plan plan;
    bool ended;
    bool absent;
    bool ready;
    struct sim_time started;
    int64_t duration_s;
    struct timer timer;
    struct recording *next;
};

struct recording_plan
recording_plan_of(struct arena *arena, const char *url, const char *method, const char *events)
{
    return (struct recording_plan){
        .url = url,
        .method = arena_strdup(arena, method),
        .in_progress = strstr(events, "in-progress") != NULL,
        .completed = strstr(events, "completed") != NULL,
        .absent = strstr(events, "absent") != NULL,
    };
}

struct recording_plan
recording_plan(struct sim *sim, struct leg *leg, const struct twiml_node *node)
{
    const char *given = node_attribute_or(node, "recordingStatusCallback", "");
    const char *url = *given ? url_resolve(leg->arena, leg->run.url, given) : NULL;
    if (*given && url == NULL)
        leg_warn(sim, leg, ERROR_URL, "not a URL: %s", given);
    return recording_plan_of(leg->arena, url,
                             node_attribute_or(node, "recordingStatusCallbackMethod", "POST"),
                             node_attribute_or(node, "recordingStatusCallbackEvent", "completed"));
}

static void tell(struct sim *sim, struct recording *recording, const char *status)
{
    struct leg *leg = recording->leg;
    const struct recording_plan *plan = &recording->plan;
    struct delivery *delivery =
        delivery_create(sim, leg, DELIVERY_CALLBACK, "recording-status", plan->method, plan->url);
    char started[TIME_TEXT_BYTES];
    time_to_rfc2822(recording->started.wall_ms, started);
    callback_add(delivery, "AccountSid", sim->settings->account_sid);
    callback_add(delivery, "CallSid", leg->sid);
    callback_add(delivery, "RecordingSid", recording->sid);
    callback_add(delivery, "RecordingUrl", recording->url);
    callback_add(delivery, "RecordingStatus", status);
    callback_add_int(delivery, "RecordingChannels", recording->channels);
    callback_add(delivery, "RecordingStartTime", started);
    callback_add(delivery, "RecordingSource", recording->source);
    callback_add(delivery, "RecordingTrack", "both");
    if (strcmp(status, "completed") == 0)
        callback_add_int(delivery, "RecordingDuration", recording->duration_s);
    if (strcmp(status, "absent") == 0)
        callback_add(delivery, "ErrorCode", "16101");
    delivery_start(sim, delivery, NULL, NULL);
}

struct recording *recording_start(struct sim *sim,
                                  struct leg *leg,
                                  const char *source,
                                  int channels,
                                  const struct recording_plan *plan)
{
    struct recording *recording = arena_alloc(leg->arena, sizeof(*recording));
    recording->leg = leg;
    recording->source = source;
    recording->channels = channels;
    recording->plan = *plan;
    recording->started = sim->now;
    world_sid(sim, "RE", recording->sid);
    recording->url =
        arena_printf(leg->arena, "https://api.twilio.com/2010-04-01/Accounts/%s/Recordings/%s",
                     sim->settings->account_sid, recording->sid);
    recording->next = leg->recordings;
    leg->recordings = recording;
    leg_note(sim, leg, "recording", "%s by %s", recording->sid, source);
    if (plan->url && plan->in_progress)
        tell(sim, recording, "in-progress");
    return recording;
}

static void on_ready(struct sim *sim, void *context)
{
    struct recording *recording = context;
    recording->ready = true;
    const struct recording_plan *plan = &recording->plan;
    leg_note(sim, recording->leg, "recording ready", "%s, %lld s%s", recording->sid,
             (long long)recording->duration_s, recording->absent ? ", absent" : "");
    if (plan->url && (recording->absent ? plan->absent : plan->completed))
        tell(sim, recording, recording->absent ? "absent" : "completed");
}

void recording_stop_trimmed(struct sim *sim, struct recording *recording, int64_t silence_ms)
{
    if (recording->ended)
        return;
    recording->ended = true;
    recording->duration_s = (since_ms(sim, recording->started) - silence_ms + 500) / 1000;
    timer_arm(&sim->timers, &recording->timer, sim->now.sim_ms + READY_MS, on_ready, recording);
}

void recording_stop(struct sim *sim, struct recording *recording)
{
    recording_stop_trimmed(sim, recording, 0);
}

void recording_absent(struct sim *sim, struct recording *recording)
{
    recording->absent = true;
    recording_stop(sim, recording);
    recording->duration_s = 0;
}

void recording_fields(const struct recording *recording, struct arena *arena, struct fields *out)
{
    fields_add(out, arena, "RecordingSid", arena_strdup(arena, recording->sid));
    fields_add(out, arena, "RecordingUrl", recording->url);
    fields_add(out, arena, "RecordingDuration",
               arena_printf(arena, "%lld", (long long)recording->duration_s));
}

void recordings_end(struct sim *sim, struct leg *leg)
{
    for (struct recording *one = leg->recordings; one; one = one->next)
        recording_stop(sim, one);
}

void recordings_forget(struct sim *sim, struct leg *leg)
{
    for (struct recording *one = leg->recordings; one; one = one->next)
        timer_cancel(&sim->timers, &one->timer);
    leg->recordings = NULL;
}

void recording_add_to_end(struct delivery *delivery)
{
    for (struct recording *one = delivery->leg->recordings; one; one = one->next)
        if (strcmp(one->source, "OutboundAPI") == 0)
            recording_fields(one, delivery->arena, &delivery->params);
}

json_t *recordings_json(const struct sim *sim, const struct leg *leg)
{
    json_t *list = json_array();
    for (const struct recording *one = leg->recordings; one; one = one->next) {
        json_t *json = json_pack("{s:s, s:s, s:s, s:i, s:I, s:s}", "sid", one->sid, "url", one->url,
                                 "source", one->source, "channels", one->channels, "duration",
                                 (json_int_t)one->duration_s, "status",
                                 one->absent  ? "absent"
                                 : one->ready ? "completed"
                                 : one->ended ? "processing"
                                              : "in-progress");
        world_stamp(sim, one->started, json);
        json_array_insert_new(list, 0, json);
    }
    return list;
}
