#include "jobs/recording_control.h"

#include <string.h>

#include "core/fields.h"
#include "core/limits.h"
#include "core/macros.h"
#include "core/text.h"
#include "twilio/rest_refusal.h"

enum { ENTRIES_LOOKED_AT = 200 };

const struct recording_control *recording_control_of(enum job_kind kind)
{
    static const struct recording_control controls[] = {
        {JOB_PAUSE_RECORDING,  "pause",  "paused"     },
        {JOB_RESUME_RECORDING, "resume", "in-progress"},
        {JOB_STOP_RECORDING,   "stop",   "stopped"    },
    };
    for (size_t i = 0; i < ARRAY_LEN(controls); i++)
        if (controls[i].kind == kind)
            return &controls[i];
    return NULL;
}

/* Whatever comes after "stopped" is stopped as well. */
bool recording_control_is_done(const struct recording_control *control, const char *status)
{
    if (text_equal(control->status, "stopped"))
        return recording_status_rank(status) >= recording_status_rank("stopped");
    return text_equal(control->status, status);
}

static int refused(const struct fields *fields, struct error *err)
{
    int64_t code = 0;
    int64_t status = 400;
    (void)text_to_int64(fields_text(fields, "code"), 1, 999999, &code);
    (void)text_to_int64(fields_text(fields, "status"), 100, 599, &status);
    const struct rest_refusal refusal = {
        .http_status = (int)status,
        .code = (int)code,
        .message = fields_text(fields, "problem"),
        .more_info = "",
    };
    return rest_refusal_error(&refusal, err);
}

static int
read_outcome(const struct timeline_row *entry, const struct fields *fields, struct error *err)
{
    if (text_equal(entry->effect, "done"))
        return 1;
    if (text_equal(entry->effect, "refused"))
        return refused(fields, err);
    return error_set(err, ERROR_UNKNOWN_OUTCOME,
                     "Twilio did not answer; if it has done it, its callback will tell");
}

int recording_outcome(struct store_rx *rx,
                      int64_t call_number,
                      int64_t after_sequence,
                      const char *exchange,
                      const char *wanted_sid,
                      struct arena *arena,
                      const char **recording_sid,
                      struct error *err)
{
    struct timeline_rows rows;
    if (store_list_timeline(rx, call_number, after_sequence, ENTRIES_LOOKED_AT, arena, &rows, err) <
        0)
        return -1;
    for (size_t i = 0; i < rows.count; i++) {
        const struct timeline_row *entry = &rows.items[i];
        struct fields fields = {0};
        if (!text_equal(entry->route, exchange) || entry->raw == NULL ||
            fields_decode(entry->raw, strlen(entry->raw), LIMIT_FORM_PAIRS, arena, &fields, err) <
                0)
            continue;
        const char *sid = fields_get(&fields, "recording_sid");
        if (wanted_sid != NULL && !text_equal(sid, wanted_sid))
            continue;
        *recording_sid = sid;
        return read_outcome(entry, &fields, err);
    }
    return 0;
}
