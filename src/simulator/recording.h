/*
 * Recordings: how they begin, pause, end and are told; and the list of all of them, which outlives the calls.
 *
 * A recording belongs to a leg while that one is remembered. Its sound is simulator/media.h's, as long as its duration says;
 * it can be fetched some time after the completed callback, as at Twilio.
 */
#ifndef SIMULATOR_RECORDING_H
#define SIMULATOR_RECORDING_H

#include "document.h"
#include "simulator/media.h"
#include "world.h"

enum recording_state {
    RECORDING_RUNS,
    RECORDING_PAUSED,
    RECORDING_PROCESSING, /**< it has ended, and is not ready yet */
    RECORDING_COMPLETED,
    RECORDING_ABSENT, /**< nothing was heard */
    RECORDING_FAILED, /**< Twilio lost it */
};

/** Who is told of a recording, and of what. Texts are the leg's. */
struct recording_plan {
    const char *url; /**< NULL: nobody */
    const char *method;
    bool in_progress;
    bool completed;
    bool absent;
    bool transcribe;            /**< of <Record> */
    const char *transcribe_url; /**< who is told of the text; NULL: nobody */
};

enum transcription_state {
    TRANSCRIPTION_NONE,
    TRANSCRIPTION_RUNS,
    TRANSCRIPTION_COMPLETED,
    TRANSCRIPTION_FAILED,
};

/** What was said, as text (transcribe.h). */
struct transcription {
    char sid[SID_BYTES];
    enum transcription_state state;
    char *text; /**< NULL until it is completed */
    struct sim_time created;
    struct sim_time updated;
    struct timer timer;
};

struct recording {
    char sid[SID_BYTES];
    char call_sid[SID_BYTES];
    struct leg *leg; /**< NULL: forgotten meanwhile */
    struct recording_way way;
    struct recording_plan plan; /**< only to be used while there is a leg */
    enum recording_state state;
    bool silent;     /**< nothing was heard: it will be absent */
    bool by_request; /**< it was stopped by REST */
    bool skips;      /**< what is said while it pauses is left out */
    bool deleted;
    struct sim_time started;
    struct sim_time updated;
    int64_t skipped_ms; /**< of pauses */
    int64_t paused_at_ms;
    int64_t duration_s;
    int64_t sound_s;        /**< how long the sound is; -1: as the duration says */
    int64_t media_delay_ms; /**< real, from being ready to being there; -1: never */
    int64_t media_ready_ms; /**< real; counts once it is completed */
    struct timer timer;     /**< of getting ready */
    struct transcription transcription;
    uint64_t downloads;       /**< that were begun */
    uint64_t downloads_whole; /**< and all of which was sent */
    json_t *download_log;     /**< the last ones */
    char *hashes[2];          /**< SHA-256 of the WAV, mono and dual; NULL: not computed yet */
    struct recording *next_of_leg;
    struct recording *next;
    struct recording *previous;
    struct recording *hash_next;
};

/* ---- how it is told ---- */

/** From the words of an event list ("in-progress completed"). */
struct recording_plan
recording_plan_of(struct arena *arena, const char *url, const char *method, const char *events);

/** From the recordingStatusCallback attributes of a verb. */
struct recording_plan
recording_plan(struct sim *sim, struct leg *leg, const struct twiml_node *node);

/** The word of a track, as a literal: both, unless it is inbound or outbound. */
const char *recording_track(const char *word);

/* ---- its life ---- */

struct recording *recording_start(struct sim *sim,
                                  struct leg *leg,
                                  const struct recording_way *way,
                                  const struct recording_plan *plan);

/** What this person's script says of its sound counts. */
void recording_follow(struct recording *recording, const struct script *script);

/** It ends now; the callback follows when it is ready. Harmless if it has ended. */
void recording_stop(struct sim *sim, struct recording *recording);

/** The same, with the silence at its end cut off. */
void recording_stop_trimmed(struct sim *sim, struct recording *recording, int64_t silence_ms);

/** It ends, and nothing was heard. */
void recording_absent(struct sim *sim, struct recording *recording);

/** What is heard from now on is silence, or left out if it `skips`; and goes on. Harmless if it does not run (or pause). */
void recording_pause(struct sim *sim, struct recording *recording, bool skips);
void recording_resume(struct sim *sim, struct recording *recording);

/** Sound and text are gone; the facts stay for a while, as Twilio keeps them. */
void recording_delete(struct sim *sim, struct recording *recording);

static inline bool recording_is_open(const struct recording *recording)
{
    return recording->state == RECORDING_RUNS || recording->state == RECORDING_PAUSED;
}

/** RecordingSid, RecordingUrl, RecordingDuration. */
void recording_fields(const struct sim *sim,
                      const struct recording *recording,
                      struct arena *arena,
                      struct fields *out);

/** The leg ends: stop what runs. */
void recordings_end(struct sim *sim, struct leg *leg);

/** The recording parameters of a terminal status callback: those of Record=true. */
void recording_add_to_end(const struct sim *sim, struct delivery *delivery);

/* ---- its sound ---- */

/** Can it be fetched? */
bool recording_has_media(const struct sim *sim, const struct recording *recording);

/** What a download of it gives, in that many channels. */
struct sim_media recording_media(const struct sim *sim,
                                 const struct recording *recording,
                                 enum sim_media_format format,
                                 int channels);

/** A download of it begins, by this REST user; `fault` (or NULL) is what happens to it. */
void recording_download_begins(struct sim *sim,
                               struct recording *recording,
                               const char *user,
                               const char *format,
                               const char *fault);

/** So many bytes of a download were sent. */
void recording_downloaded(struct sim *sim, const struct sim_media *media, uint64_t bytes);

/* ---- all of them ---- */

struct recording *recording_find(const struct sim *sim, const char *sid);

/** Take it into the list; the oldest that are through are forgotten if there are too many. */
void recordings_add(struct sim *sim, struct recording *recording);

/** The leg is forgotten: its recordings stay. */
void recordings_leave(struct leg *leg);

void recordings_forget_all(struct sim *sim);

/** Of one leg, oldest first. */
json_t *recordings_json(const struct sim *sim, const struct leg *leg);

/** One as the truth shows it; `hashes`: with the SHA-256 of its sound, which takes its time. */
json_t *recording_json(const struct sim *sim, struct recording *recording, bool hashes);

/** As the REST API names its state, and as it really is. */
const char *recording_status(const struct recording *recording);
const char *recording_word(const struct recording *recording);

/** Twilio's code of what went wrong; 0: nothing. */
int recording_error_code(const struct recording *recording);

#endif
