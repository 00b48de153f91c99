/*
 * Requests about recordings.
 */
#include "twilio/rest_recordings.h"

#include "core/text.h"
#include "rest_parameters.h"
#include "rest_resource.h"

/* clang-format off */
#define INPUT rest_recording_start
static const struct parameter start_parameters[] = {
    LIST("RecordingStatusCallbackEvent", status_callback_events, "in-progress completed absent"),
    URL("RecordingStatusCallback", status_callback),
    METHOD("RecordingStatusCallbackMethod", status_callback_method),
    ONE_OF("Trim", trim, "trim-silence do-not-trim"),
    ONE_OF("RecordingChannels", channels, "mono dual"),
    ONE_OF("RecordingTrack", track, "inbound outbound both"),
};
#undef INPUT

#define INPUT rest_recording_update
static const struct parameter update_parameters[] = {
    ONE_OF("Status", status, "paused in-progress stopped"),
    ONE_OF("PauseBehavior", pause_behavior, "skip silence"),
};
#undef INPUT

#define INPUT rest_recording_query
static const struct parameter query_parameters[] = {
    SID("CallSid", call_sid, "CA"),
    SINCE("DateCreated>", created_from_ms),
    UNTIL("DateCreated<", created_until_ms),
    CHOICE("IncludeSoftDeleted", include_deleted),
    NUMBER("PageSize", page_size, 1, REST_PAGE_SIZE_MAX),
};
#undef INPUT

struct call_recordings_query { int page_size; };
#define INPUT call_recordings_query
static const struct parameter call_query_parameters[] = {
    NUMBER("PageSize", page_size, 1, REST_PAGE_SIZE_MAX),
};
#undef INPUT
/* clang-format on */

/* The recordings of one leg. */
static int
resource_of_call(const char *call_sid, struct arena *arena, const char **out, struct error *err)
{
    if (rest_check_sid(call_sid, "CA", "CallSid", err) < 0)
        return -1;
    *out = arena_printf(arena, "/Calls/%s/Recordings", call_sid);
    return 0;
}

int rest_start_recording(const struct rest_account *account,
                         const char *call_sid,
                         const struct rest_recording_start *start,
                         struct arena *arena,
                         struct rest_request *out,
                         struct error *err)
{
    struct fields form = {0};
    const char *resource = NULL;
    if (resource_of_call(call_sid, arena, &resource, err) < 0 ||
        parameters_collect(start_parameters, ARRAY_LEN(start_parameters), start, arena, &form,
                           err) < 0)
        return -1;
    return rest_post(account, resource, NULL, &form, arena, out, err);
}

/* What Twilio would ignore or guess about is refused instead. */
static int check_update(const char *recording_sid,
                        const struct rest_recording_update *update,
                        struct error *err)
{
    if (!text_equal(recording_sid, REST_RECORDING_CURRENT) &&
        rest_check_sid(recording_sid, "RE", "Sid", err) < 0)
        return -1;
    if (update->status == NULL)
        return error_field(err, "Status", "there is nothing to change");
    if (update->pause_behavior != NULL && !text_equal(update->status, "paused"))
        return error_field(err, "PauseBehavior", "PauseBehavior goes with paused alone");
    return 0;
}

int rest_update_recording(const struct rest_account *account,
                          const char *call_sid,
                          const char *recording_sid,
                          const struct rest_recording_update *update,
                          struct arena *arena,
                          struct rest_request *out,
                          struct error *err)
{
    struct fields form = {0};
    const char *resource = NULL;
    if (resource_of_call(call_sid, arena, &resource, err) < 0 ||
        check_update(recording_sid, update, err) < 0 ||
        parameters_collect(update_parameters, ARRAY_LEN(update_parameters), update, arena, &form,
                           err) < 0)
        return -1;
    return rest_post(account, resource, recording_sid, &form, arena, out, err);
}

int rest_fetch_recording(const struct rest_account *account,
                         const char *recording_sid,
                         struct arena *arena,
                         struct rest_request *out,
                         struct error *err)
{
    if (rest_check_sid(recording_sid, "RE", "Sid", err) < 0)
        return -1;
    return rest_get(account, "/Recordings", recording_sid, NULL, arena, out, err);
}

int rest_list_recordings(const struct rest_account *account,
                         const struct rest_recording_query *query,
                         struct arena *arena,
                         struct rest_request *out,
                         struct error *err)
{
    struct fields filters = {0};
    if (parameters_collect(query_parameters, ARRAY_LEN(query_parameters), query, arena, &filters,
                           err) < 0)
        return -1;
    return rest_get(account, "/Recordings", NULL, &filters, arena, out, err);
}

int rest_list_call_recordings(const struct rest_account *account,
                              const char *call_sid,
                              int page_size,
                              struct arena *arena,
                              struct rest_request *out,
                              struct error *err)
{
    const struct call_recordings_query query = {page_size};
    struct fields filters = {0};
    const char *resource = NULL;
    if (resource_of_call(call_sid, arena, &resource, err) < 0 ||
        parameters_collect(call_query_parameters, ARRAY_LEN(call_query_parameters), &query, arena,
                           &filters, err) < 0)
        return -1;
    return rest_get(account, resource, NULL, &filters, arena, out, err);
}

int rest_delete_recording(const struct rest_account *account,
                          const char *recording_sid,
                          struct arena *arena,
                          struct rest_request *out,
                          struct error *err)
{
    if (rest_check_sid(recording_sid, "RE", "Sid", err) < 0)
        return -1;
    return rest_delete(account, "/Recordings", recording_sid, arena, out, err);
}

int rest_delete_transcription(const struct rest_account *account,
                              const char *transcription_sid,
                              struct arena *arena,
                              struct rest_request *out,
                              struct error *err)
{
    if (rest_check_sid(transcription_sid, "TR", "Sid", err) < 0)
        return -1;
    return rest_delete(account, "/Transcriptions", transcription_sid, arena, out, err);
}
