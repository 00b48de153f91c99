/* How recordings begin, end and are told. */
#include "recording.h"

#include <stdlib.h>
#include <string.h>

#include "callbacks.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "core/xmalloc.h"
#include "faults.h"
#include "leg.h"
#include "script.h"
#include "transcribe.h"
#include "url.h"

enum { READY_MS = 1000, ERROR_URL = 11100, ERROR_SILENT = 16101, ERROR_FAILED = 16102 };

/* ---- telling ---- */

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

const char *recording_track(const char *word)
{
    static const char *const tracks[] = {"inbound", "outbound"};
    for (size_t i = 0; i < ARRAY_LEN(tracks); i++)
        if (strcmp(tracks[i], word) == 0)
            return tracks[i];
    return "both";
}

static const char *
url_of(const struct sim *sim, const struct recording *recording, struct arena *arena)
{
    return arena_printf(arena, "%s/2010-04-01/Accounts/%s/Recordings/%s", sim->api_base,
                        sim->settings->account_sid, recording->sid);
}

int recording_error_code(const struct recording *recording)
{
    return recording->state == RECORDING_ABSENT   ? ERROR_SILENT
           : recording->state == RECORDING_FAILED ? ERROR_FAILED
                                                  : 0;
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
    callback_add(delivery, "RecordingUrl", url_of(sim, recording, delivery->arena));
    callback_add(delivery, "RecordingStatus", status);
    callback_add_int(delivery, "RecordingChannels", recording->way.channels);
    callback_add(delivery, "RecordingStartTime", started);
    callback_add(delivery, "RecordingSource", recording->way.source);
    callback_add(delivery, "RecordingTrack", recording->way.track);
    if (recording->state == RECORDING_COMPLETED)
        callback_add_int(delivery, "RecordingDuration", recording->duration_s);
    if (recording_error_code(recording))
        callback_add_int(delivery, "ErrorCode", recording_error_code(recording));
    delivery_start(sim, delivery, NULL, NULL);
}

/* ---- its life ---- */

struct recording *recording_start(struct sim *sim,
                                  struct leg *leg,
                                  const struct recording_way *way,
                                  const struct recording_plan *plan)
{
    struct recording *recording = xcalloc(1, sizeof(*recording));
    world_sid(sim, "RE", recording->sid);
    (void)text_copy(recording->call_sid, sizeof(recording->call_sid), leg->sid);
    recording->leg = leg;
    recording->way = *way;
    recording->plan = *plan;
    recording->started = recording->updated = sim->now;
    recording->sound_s = sim->media.sound_s;
    recording->media_delay_ms = sim->media.delay_ms;
    recording_follow(recording, &leg->script);
    recording->next_of_leg = leg->recordings;
    leg->recordings = recording;
    recordings_add(sim, recording);
    leg_note(sim, leg, "recording", "%s by %s", recording->sid, way->source);
    if (plan->url && plan->in_progress)
        tell(sim, recording, "in-progress");
    return recording;
}

void recording_follow(struct recording *recording, const struct script *script)
{
    if (script->media_delay_ms != SCRIPT_UNSET)
        recording->media_delay_ms = script->media_delay_ms;
    if (script->media_s != SCRIPT_UNSET)
        recording->sound_s = script->media_s;
}

static bool is_wanted(const struct recording *recording)
{
    const struct recording_plan *plan = &recording->plan;
    if (recording->leg == NULL || plan->url == NULL)
        return false;
    if (recording->state == RECORDING_FAILED)
        return plan->completed || plan->absent; /* there is no event of that name */
    return recording->state == RECORDING_COMPLETED ? plan->completed : plan->absent;
}

static const char *const words[] = {
    [RECORDING_RUNS] = "in-progress",      [RECORDING_PAUSED] = "paused",
    [RECORDING_PROCESSING] = "processing", [RECORDING_COMPLETED] = "completed",
    [RECORDING_ABSENT] = "absent",         [RECORDING_FAILED] = "failed",
};

static enum recording_state state_at_last(struct sim *sim, const struct recording *recording)
{
    auto_arena struct arena *arena = arena_create();
    struct fields facts = {0};
    fields_add(&facts, arena, "CallSid", recording->call_sid);
    fields_add(&facts, arena, "RecordingSid", recording->sid);
    fields_add(&facts, arena, "RecordingSource", recording->way.source);
    const struct fault_subject subject = {
        .target = FAULT_RECORDING, .method = "", .url = "", .fields = &facts};
    switch ((int)faults_take(sim, &subject, arena).kind) {
    case FAULT_FAILED:
        return RECORDING_FAILED;
    case FAULT_ABSENT:
        return RECORDING_ABSENT;
    default:
        return recording->silent ? RECORDING_ABSENT : RECORDING_COMPLETED;
    }
}

static void on_ready(struct sim *sim, void *context)
{
    struct recording *recording = context;
    recording->state = state_at_last(sim, recording);
    recording->updated = sim->now;
    recording->media_ready_ms = sim->now.real_ms + recording->media_delay_ms;
    if (recording->state == RECORDING_COMPLETED)
        sim->recordings.completed++;
    else
        recording->duration_s = 0;
    if (recording->leg)
        leg_note(sim, recording->leg, "recording ready", "%s, %lld s, %s", recording->sid,
                 (long long)recording->duration_s, words[recording->state]);
    if (is_wanted(recording))
        tell(sim, recording, words[recording->state]);
    if (recording->state == RECORDING_COMPLETED)
        transcribe_begin(sim, recording);
}

void recording_stop_trimmed(struct sim *sim, struct recording *recording, int64_t silence_ms)
{
    if (!recording_is_open(recording))
        return;
    recording_resume(sim, recording);
    int64_t heard_ms = since_ms(sim, recording->started) - recording->skipped_ms - silence_ms;
    recording->state = RECORDING_PROCESSING;
    recording->updated = sim->now;
    recording->duration_s = recording->silent ? 0 : (heard_ms + 500) / 1000;
    timer_arm(&sim->timers, &recording->timer, sim->now.sim_ms + READY_MS, on_ready, recording);
}

void recording_stop(struct sim *sim, struct recording *recording)
{
    recording_stop_trimmed(sim, recording, 0);
}

void recording_absent(struct sim *sim, struct recording *recording)
{
    recording->silent = true;
    recording_stop(sim, recording);
}

void recording_pause(struct sim *sim, struct recording *recording, bool skips)
{
    if (recording->state != RECORDING_RUNS)
        return;
    recording->state = RECORDING_PAUSED;
    recording->updated = sim->now;
    recording->skips = skips;
    recording->paused_at_ms = sim->now.sim_ms;
    if (recording->leg)
        leg_note(sim, recording->leg, "recording paused", "%s", recording->sid);
}

void recording_resume(struct sim *sim, struct recording *recording)
{
    if (recording->state != RECORDING_PAUSED)
        return;
    recording->state = RECORDING_RUNS;
    recording->updated = sim->now;
    if (recording->skips)
        recording->skipped_ms += sim->now.sim_ms - recording->paused_at_ms;
    if (recording->leg)
        leg_note(sim, recording->leg, "recording resumed", "%s", recording->sid);
}

void recording_delete(struct sim *sim, struct recording *recording)
{
    recording->deleted = true;
    recording->updated = sim->now;
    if (recording->leg)
        leg_note(sim, recording->leg, "recording deleted", "%s", recording->sid);
}

const char *recording_status(const struct recording *recording)
{
    if (recording->deleted)
        return "deleted";
    if (recording->state == RECORDING_PROCESSING && recording->by_request)
        return "stopped";
    /* "failed" is a word of callbacks; what REST publishes has none for it. */
    return words[recording->state == RECORDING_FAILED ? RECORDING_ABSENT : recording->state];
}

const char *recording_word(const struct recording *recording)
{
    return words[recording->state];
}

void recording_fields(const struct sim *sim,
                      const struct recording *recording,
                      struct arena *arena,
                      struct fields *out)
{
    fields_add(out, arena, "RecordingSid", arena_strdup(arena, recording->sid));
    fields_add(out, arena, "RecordingUrl", url_of(sim, recording, arena));
    fields_add(out, arena, "RecordingDuration",
               arena_printf(arena, "%lld", (long long)recording->duration_s));
}

void recordings_end(struct sim *sim, struct leg *leg)
{
    for (struct recording *one = leg->recordings; one; one = one->next_of_leg)
        recording_stop(sim, one);
}

void recording_add_to_end(const struct sim *sim, struct delivery *delivery)
{
    for (struct recording *one = delivery->leg->recordings; one; one = one->next_of_leg)
        if (strcmp(one->way.source, "OutboundAPI") == 0)
            recording_fields(sim, one, delivery->arena, &delivery->params);
}

/* ---- its sound ---- */

bool recording_has_media(const struct sim *sim, const struct recording *recording)
{
    return recording->state == RECORDING_COMPLETED && !recording->deleted &&
           recording->media_delay_ms >= 0 && sim->now.real_ms >= recording->media_ready_ms;
}

struct sim_media recording_media(const struct sim *sim,
                                 const struct recording *recording,
                                 enum sim_media_format format,
                                 int channels)
{
    int64_t seconds = recording->sound_s;
    if (seconds < 0)
        seconds =
            recording->duration_s < sim->media.max_s ? recording->duration_s : sim->media.max_s;
    return sim_media_of(recording->sid, format, channels, (uint64_t)seconds * SIM_MEDIA_RATE);
}
