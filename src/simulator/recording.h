/* Recordings without sound: they have a SID, a length and callbacks. */
#ifndef SIMULATOR_RECORDING_H
#define SIMULATOR_RECORDING_H

#include "document.h"
#include "world.h"

/** Who is told of a recording, and of what. */
struct recording_plan {
    const char *url; /**< NULL: nobody */
    const char *method;
    bool in_progress;
    bool completed;
    bool absent;
};

struct recording;

/** From the words of an event list ("in-progress completed"). */
struct recording_plan
recording_plan_of(struct arena *arena, const char *url, const char *method, const char *events);

/** From the recordingStatusCallback attributes of a verb. */
struct recording_plan
recording_plan(struct sim *sim, struct leg *leg, const struct twiml_node *node);

/** Start one for `leg`; `source` as Twilio names it: RecordVerb, DialVerb, OutboundAPI. */
struct recording *recording_start(struct sim *sim,
                                  struct leg *leg,
                                  const char *source,
                                  int channels,
                                  const struct recording_plan *plan);

/** It ends now; the callback follows when it is ready. Harmless if it has ended. */
void recording_stop(struct sim *sim, struct recording *recording);

/** The same, with the silence at its end cut off. */
void recording_stop_trimmed(struct sim *sim, struct recording *recording, int64_t silence_ms);

/** It ends, and nothing was heard. */
void recording_absent(struct sim *sim, struct recording *recording);

/** RecordingSid, RecordingUrl, RecordingDuration. */
void recording_fields(const struct recording *recording, struct arena *arena, struct fields *out);

/** The leg ends: stop what runs. */
void recordings_end(struct sim *sim, struct leg *leg);

void recordings_forget(struct sim *sim, struct leg *leg);

/** The recording parameters of a terminal status callback: those of Record=true. */
void recording_add_to_end(struct delivery *delivery);

json_t *recordings_json(const struct sim *sim, const struct leg *leg);

#endif
