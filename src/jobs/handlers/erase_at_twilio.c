/*
 * erase_at_twilio: delete what Twilio keeps of somebody who was erased here: a recording, the record of a leg, the transcript
 * of a recording. Which, says the SID that is the job's subject. It may run twice: what is not there any more is deleted.
 */
#include "../internal.h"
#include "../talk.h"

#include <string.h>

#include "core/text.h"
#include "twilio/rest_recordings.h"

enum { HTTP_NOT_FOUND = 404, TWILIO_STILL_RUNNING = 20009 };

typedef int build_fn(const struct rest_account *account,
                     const char *sid,
                     struct arena *arena,
                     struct rest_request *out,
                     struct error *err);

static const struct {
    const char *prefix;
    build_fn *build;
    const char *route;
} resources[] = {
    {"CA", rest_delete_call,          "DELETE /Calls/{sid}.json"         },
    {"RE", rest_delete_recording,     "DELETE /Recordings/{sid}.json"    },
    {"TR", rest_delete_transcription, "DELETE /Transcriptions/{sid}.json"},
};

struct erasing {
    struct attempt *attempt;
    const struct talk *said;
    const char *route;
};

/* A recording that is still known here was deleted there, too. */
static int note_recording(struct store_tx *tx, const struct erasing *erasing, struct error *err)
{
    const struct attempt *attempt = erasing->attempt;
    struct recording_row row;
    struct error none = {0};
    if (!text_starts_with(attempt->job.subject, "RE") ||
        store_get_recording(store_tx_reader(tx), attempt->job.subject, attempt->arena, &row,
                            &none) < 0)
        return 0;
    if (row.remote_deleted_at_ms == 0)
        row.remote_deleted_at_ms = attempt_now_ms(attempt);
    return store_put_recording(tx, &row, err);
}

static int settle(struct store_tx *tx, void *work, struct error *err)
{
    const struct erasing *erasing = work;
    const struct attempt *attempt = erasing->attempt;
    struct timeline_row entry = talk_entry(attempt, erasing->said, TIMELINE_REST, erasing->route);
    entry.leg_sid = text_starts_with(attempt->job.subject, "CA") ? attempt->job.subject : NULL;
    if (note_recording(tx, erasing, err) < 0 || store_append_timeline(tx, &entry, err) < 0)
        return -1;
    return attempt_finish(tx, attempt, err);
}

int erase_at_twilio(struct attempt *attempt, struct error *err)
{
    struct talk said;
    struct erasing erasing = {.attempt = attempt, .said = &said};
    struct rest_request request;
    for (size_t i = 0; i < ARRAY_LEN(resources); i++) {
        if (!text_starts_with(attempt->job.subject, resources[i].prefix))
            continue;
        erasing.route = resources[i].route;
        if (resources[i].build(attempt->with->account, attempt->job.subject, attempt->arena,
                               &request, err) < 0 ||
            talk(attempt, &request, &said, err) < 0)
            return -1;
        if (said.result == TALK_REFUSED && said.refusal.code == TWILIO_STILL_RUNNING)
            return error_set(err, ERROR_UPSTREAM, "Twilio takes it for running still");
        if (said.http_status != HTTP_NOT_FOUND && talk_must_be_done(&said, err) < 0)
            return -1;
        if (store_apply(attempt->with->store, settle, &erasing, err) < 0)
            return -1;
        attempt_count(attempt, "done");
        return 0;
    }
    return error_set(err, ERROR_INVALID, "nothing at Twilio is called %s", attempt->job.subject);
}
