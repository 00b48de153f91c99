/*
 * What we ask Twilio's REST API about recordings, and what it answers. The rules of rest.h hold for
 * requests, those of rest_answer.h for answers.
 *
 * Source: Twilio, "Recordings resource" and the OpenAPI document of api.twilio.com.
 */
#ifndef TWILIO_REST_RECORDINGS_H
#define TWILIO_REST_RECORDINGS_H

#include "twilio/rest.h"

/** The one recording of a call that runs, where its SID is not known; 16108 if several do. */
#define REST_RECORDING_CURRENT "Twilio.CURRENT"

/** Recording a call that is in progress. Texts are NULL where Twilio's default shall hold. */
struct rest_recording_start {
    const char *channels; /**< mono, dual: channel 1 is the leg that is named, 2 the other party */
    const char *track;    /**< inbound, outbound, both */
    const char *trim;     /**< trim-silence, do-not-trim (the default here, unlike with a call) */
    const char *status_callback;
    const char *status_callback_method;
    const char *status_callback_events; /**< of: in-progress completed absent */
};

/** POST .../Calls/{sid}/Recordings.json. Not repeatable. 21220 if the call is not in progress. */
int rest_start_recording(const struct rest_account *account,
                         const char *call_sid,
                         const struct rest_recording_start *start,
                         struct arena *arena,
                         struct rest_request *out,
                         struct error *err) MUST_USE;

/** What becomes of a recording that runs. */
struct rest_recording_update {
    const char *status;         /**< paused, in-progress (go on), stopped; never NULL */
    const char *pause_behavior; /**< with paused: silence (the default) or skip; or NULL */
};

/**
 * POST .../Calls/{sid}/Recordings/{sid}.json. Repeatable. 408 if Twilio's media server does not
 * answer.
 * @param recording_sid  RE..., or REST_RECORDING_CURRENT
 */
int rest_update_recording(const struct rest_account *account,
                          const char *call_sid,
                          const char *recording_sid,
                          const struct rest_recording_update *update,
                          struct arena *arena,
                          struct rest_request *out,
                          struct error *err) MUST_USE;

/** GET .../Recordings/{sid}.json */
int rest_fetch_recording(const struct rest_account *account,
                         const char *recording_sid,
                         struct arena *arena,
                         struct rest_request *out,
                         struct error *err) MUST_USE;

/**
 * Which recordings. Times are milliseconds since 1970, sent in whole seconds (rounded away from the
 * range); 0 for open.
 */
struct rest_recording_query {
    const char *call_sid; /**< of this leg, or NULL */
    int64_t created_from_ms;
    int64_t created_until_ms;
    enum rest_choice include_deleted; /**< Twilio remembers for 40 days what it deleted */
    int page_size;                    /**< 0: Twilio's 50 */
};

/** GET .../Recordings.json. The next page: rest_next_page. */
int rest_list_recordings(const struct rest_account *account,
                         const struct rest_recording_query *query,
                         struct arena *arena,
                         struct rest_request *out,
                         struct error *err) MUST_USE;

/** GET .../Calls/{sid}/Recordings.json: those of one leg. Its filters know days only, so there are none. */
int rest_list_call_recordings(const struct rest_account *account,
                              const char *call_sid,
                              int page_size,
                              struct arena *arena,
                              struct rest_request *out,
                              struct error *err) MUST_USE;

/** DELETE .../Recordings/{sid}.json. 204 without a body; 404 if it is not there (any more). */
int rest_delete_recording(const struct rest_account *account,
                          const char *recording_sid,
                          struct arena *arena,
                          struct rest_request *out,
                          struct error *err) MUST_USE;

/** DELETE .../Transcriptions/{sid}.json: of a recording. 204 without a body; 404 if it is not there (any more). */
int rest_delete_transcription(const struct rest_account *account,
                              const char *transcription_sid,
                              struct arena *arena,
                              struct rest_request *out,
                              struct error *err) MUST_USE;

/** One recording, as Twilio sees it now. */
struct rest_recording {
    const char *sid; /**< always an RE... */
    const char *account_sid;
    const char *call_sid;
    const char *conference_sid;
    const char *status;    /**< in-progress paused stopped processing completed absent deleted */
    const char *source;    /**< DialVerb RecordVerb OutboundAPI StartCallRecordingAPI ... */
    const char *track;     /**< "" in answers that are not about a call's recordings */
    const char *media_url; /**< the same */
    const char *price;
    const char *price_unit;
    int64_t created_at_ms; /**< 0: not known */
    int64_t updated_at_ms;
    int64_t started_at_ms;
    int64_t duration_s; /**< -1: not known (yet) */
    int64_t channels;   /**< -1: not known */
    int64_t error_code; /**< -1: none */
};

/** One page of a list. Ask for the next with rest_next_page unless `next_page_uri` is "". */
struct rest_recording_page {
    const struct rest_recording *items;
    size_t count;
    const char *next_page_uri;
};

/** Read the body of a 2xx answer. @param err  UPSTREAM: no JSON, or not that resource */
int rest_read_recording(const char *body,
                        size_t len,
                        struct arena *arena,
                        struct rest_recording *out,
                        struct error *err) MUST_USE;
int rest_read_recordings(const char *body,
                         size_t len,
                         struct arena *arena,
                         struct rest_recording_page *out,
                         struct error *err) MUST_USE;

#endif
