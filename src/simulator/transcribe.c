/* Transcriptions of recordings: an engine that needs its time and only takes what is neither too short nor too long. */
#include "transcribe.h"

#include <stdlib.h>
#include <string.h>

#include "callbacks.h"
#include "core/xmalloc.h"
#include "faults.h"
#include "leg.h"

enum { SHORTEST_S = 2, LONGEST_S = 120, AFTER_MS = 3000 };

static const char message_by_default[] = "This is a message for you. Please call me back.";

static bool breaks_down(struct sim *sim, const struct recording *recording)
{
    auto_arena struct arena *arena = arena_create();
    struct fields facts = {0};
    fields_add(&facts, arena, "CallSid", recording->call_sid);
    fields_add(&facts, arena, "RecordingSid", recording->sid);
    const struct fault_subject subject = {
        .target = FAULT_TRANSCRIPTION, .method = "record", .url = "", .fields = &facts};
    return faults_take(sim, &subject, arena).kind == FAULT_FAILED;
}

const char *transcription_status(const struct transcription *transcription)
{
    static const char *const words[] = {[TRANSCRIPTION_NONE] = "",
                                        [TRANSCRIPTION_RUNS] = "in-progress",
                                        [TRANSCRIPTION_COMPLETED] = "completed",
                                        [TRANSCRIPTION_FAILED] = "failed"};
    return words[transcription->state];
}

static void tell(struct sim *sim, struct recording *recording)
{
    const struct transcription *transcription = &recording->transcription;
    struct delivery *delivery =
        delivery_create(sim, recording->leg, DELIVERY_CALLBACK, "transcription", "POST",
                        recording->plan.transcribe_url);
    struct fields of_recording = {0};
    callback_common(sim, delivery);
    callback_add(delivery, "TranscriptionSid", transcription->sid);
    callback_add(delivery, "TranscriptionStatus", transcription_status(transcription));
    callback_add(delivery, "TranscriptionType", "fast");
    if (transcription->text)
        callback_add(delivery, "TranscriptionText", transcription->text);
    callback_add(delivery, "TranscriptionUrl",
                 arena_printf(delivery->arena, "%s/2010-04-01/Accounts/%s/Transcriptions/%s",
                              sim->api_base, sim->settings->account_sid, transcription->sid));
    recording_fields(sim, recording, delivery->arena, &of_recording);
    for (size_t i = 0; i < of_recording.count; i++)
        if (strcmp(of_recording.items[i].name, "RecordingDuration") != 0)
            callback_add(delivery, of_recording.items[i].name, of_recording.items[i].value);
    delivery_start(sim, delivery, NULL, NULL);
}

static void on_done(struct sim *sim, void *context)
{
    struct recording *recording = context;
    struct transcription *transcription = &recording->transcription;
    bool fits = recording->duration_s >= SHORTEST_S && recording->duration_s <= LONGEST_S;
    bool broke = breaks_down(sim, recording);
    transcription->updated = sim->now;
    transcription->state = fits && !broke ? TRANSCRIPTION_COMPLETED : TRANSCRIPTION_FAILED;
    if (recording->leg == NULL)
        return;
    if (transcription->state == TRANSCRIPTION_COMPLETED) {
        const char *text = recording->leg->script.message;
        transcription->text = xstrdup(text ? text : message_by_default);
    }
    leg_note(sim, recording->leg, "transcribed", "%s %s", recording->sid,
             transcription->text ? transcription->text : "failed");
    if (recording->plan.transcribe_url)
        tell(sim, recording);
}

void transcribe_begin(struct sim *sim, struct recording *recording)
{
    struct transcription *transcription = &recording->transcription;
    const struct leg *leg = recording->leg;
    if (!recording->plan.transcribe || leg == NULL)
        return;
    world_sid(sim, "TR", transcription->sid);
    transcription->state = TRANSCRIPTION_RUNS;
    transcription->created = transcription->updated = sim->now;
    int64_t after_ms = leg->script.transcribe_after_ms;
    timer_arm(&sim->timers, &transcription->timer,
              sim->now.sim_ms + (after_ms == SCRIPT_UNSET ? AFTER_MS : after_ms), on_done,
              recording);
}

struct recording *transcription_find(const struct sim *sim, const char *sid)
{
    for (struct recording *one = sim->recordings.last; one; one = one->previous)
        if (one->transcription.state != TRANSCRIPTION_NONE &&
            strcmp(one->transcription.sid, sid) == 0)
            return one;
    return NULL;
}

void transcription_forget(struct sim *sim, struct recording *recording)
{
    struct transcription *transcription = &recording->transcription;
    timer_cancel(&sim->timers, &transcription->timer);
    free(transcription->text);
    *transcription = (struct transcription){.state = TRANSCRIPTION_NONE};
}
