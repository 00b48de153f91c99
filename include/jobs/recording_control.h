/*
 * Recording a call that is going on: what is asked of Twilio in mid-call, by jobs, and how whoever waits learns what came of it.
 *
 * What came of it is the timeline entry of the exchange: it is there also when nobody waited. Starting is never repeated blindly,
 * because a second recording would be the result; if Twilio did not answer, its callback tells.
 */
#ifndef JOBS_RECORDING_CONTROL_H
#define JOBS_RECORDING_CONTROL_H

#include "store/store.h"

/** How the timeline names the wishes and the exchanges. */
#define ROUTE_START_RECORDING "POST /calls/{id}/recordings"
#define ROUTE_CONTROL_RECORDING "POST /recordings/{id}/..."
#define EXCHANGE_START_RECORDING "POST /Calls/{sid}/Recordings.json"
#define EXCHANGE_CONTROL_RECORDING "POST /Calls/{sid}/Recordings/{sid}.json"

/** What a recording is asked to become. */
struct recording_control {
    enum job_kind kind;
    const char *word;   /**< "pause", ... */
    const char *status; /**< Twilio's, that it then has */
};

/** Of JOB_PAUSE_RECORDING, JOB_RESUME_RECORDING, JOB_STOP_RECORDING. */
const struct recording_control *recording_control_of(enum job_kind kind);

/** Is it like that already? */
bool recording_control_is_done(const struct recording_control *control, const char *status);

/**
 * What came of a job whose wish was written down as the entry `after_sequence`: 1 done, 0 not known yet, -1 with `err`.
 *
 * @param exchange       one of the above
 * @param wanted_sid     of the recording that it is about, or NULL for a start
 * @param recording_sid  of the recording that it was about, in `arena`
 */
int recording_outcome(struct store_rx *rx,
                      int64_t call_number,
                      int64_t after_sequence,
                      const char *exchange,
                      const char *wanted_sid,
                      struct arena *arena,
                      const char **recording_sid,
                      struct error *err) MUST_USE;

#endif
