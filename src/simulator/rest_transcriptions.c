#include "rest_transcriptions.h"

#include <string.h>

#include "leg.h"
#include "live.h"
#include "rest_check.h"
#include "rest_form.h"
#include "rest_list.h"
#include "transcribe.h"

enum { WRONG_STATE = 21220 };

/* ---- of recordings ---- */

static json_t *item_json(const struct sim *sim, const struct rest *rest, const void *item)
{
    (void)rest;
    const struct recording *recording = item;
    const struct transcription *transcription = &recording->transcription;
    const char *text = transcription->text;
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:n, s:s, s:s, s:s, s:s?, s:s, s:o}", "sid",
                     transcription->sid, "account_sid", sim->settings->account_sid, "api_version",
                     "2010-04-01", "date_created", rest_time_json(true, transcription->created),
                     "date_updated", rest_time_json(true, transcription->updated), "duration",
                     json_sprintf("%lld", (long long)recording->duration_s), "price", "price_unit",
                     "USD", "recording_sid", recording->sid, "status",
                     transcription_status(transcription), "transcription_text", text, "type",
                     "fast", "uri",
                     json_sprintf(REST_PREFIX "%s/Transcriptions/%s.json",
                                  sim->settings->account_sid, transcription->sid));
}

static bool is_listed(const struct sim *sim, const struct rest *rest, const void *item)
{
    const struct transcription *transcription = &((const struct recording *)item)->transcription;
    return transcription->state != TRANSCRIPTION_NONE &&
           rest_is_seen(sim, rest, transcription->created);
}

static const void *newest(const struct sim *sim)
{
    return sim->recordings.last;
}

static const void *older(const void *item)
{
    return ((const struct recording *)item)->previous;
}

static const void *find_item(const struct sim *sim, const char *sid)
{
    return transcription_find(sim, sid);
}

static const char *sid_of(const void *item)
{
    return ((const struct recording *)item)->transcription.sid;
}

int rest_transcriptions_list(struct sim *sim, struct rest *rest)
{
    static const struct rest_items items = {
        .first = newest,
        .next = older,
        .find = find_item,
        .sid = sid_of,
        .wanted = is_listed,
        .json = item_json,
    };
    if (rest_check(sim, rest, SHAPE_PAGE) < 0)
        return -1;
    return rest_page(sim, rest, "Transcriptions", "transcriptions", &items);
}

static int show(struct sim *sim, struct rest *rest, const struct recording *recording)
{
    if (recording == NULL || !is_listed(sim, rest, recording))
        return rest_no_such(rest);
    return rest_answer(rest, 200, item_json(sim, rest, recording));
}

static int remove_it(struct sim *sim, struct rest *rest, struct recording *recording)
{
    if (recording == NULL || !is_listed(sim, rest, recording))
        return rest_no_such(rest);
    transcription_forget(sim, recording);
    return rest_answer(rest, 204, NULL);
}

int rest_transcriptions_fetch(struct sim *sim, struct rest *rest)
{
    return show(sim, rest, transcription_find(sim, rest->sid));
}

int rest_transcriptions_delete(struct sim *sim, struct rest *rest)
{
    return remove_it(sim, rest, transcription_find(sim, rest->sid));
}

static struct recording *find_recording(struct sim *sim, struct rest *rest)
{
    struct recording *recording = recording_find(sim, rest->sid);
    return recording && !recording->deleted ? recording : NULL;
}

static struct recording *find_of_recording(struct sim *sim, struct rest *rest)
{
    struct recording *recording = find_recording(sim, rest);
    return recording && strcmp(recording->transcription.sid, rest->sub_sid) == 0 ? recording : NULL;
}

int rest_recording_transcriptions_list(struct sim *sim, struct rest *rest)
{
    const struct recording *recording = find_recording(sim, rest);
    if (recording == NULL)
        return rest_no_such(rest);
    if (rest_check(sim, rest, SHAPE_PAGE) < 0)
        return -1;
    json_t *all = json_array();
    if (is_listed(sim, rest, recording))
        json_array_append_new(all, item_json(sim, rest, recording));
    return rest_list(sim, rest,
                     arena_printf(rest->arena, "Recordings/%s/Transcriptions", recording->sid),
                     "transcriptions", all);
}

int rest_recording_transcriptions_fetch(struct sim *sim, struct rest *rest)
{
    return show(sim, rest, find_of_recording(sim, rest));
}

int rest_recording_transcriptions_delete(struct sim *sim, struct rest *rest)
{
    return remove_it(sim, rest, find_of_recording(sim, rest));
}

/* ---- of calls ---- */

static const char *or_text(const char *text, const char *otherwise)
{
    return *text ? text : otherwise;
}

static struct live_plan plan_of(const struct rest *rest, struct leg *leg)
{
    bool partials = false;
    return (struct live_plan){
        .name = keep_text(leg, form_value(rest, "Name")),
        .track = arena_strdup(leg->arena, or_text(form_value(rest, "Track"), "both_tracks")),
        .url = keep_text(leg, form_value(rest, "StatusCallbackUrl")),
        .method = arena_strdup(leg->arena, or_post(form_value(rest, "StatusCallbackMethod"))),
        .language = arena_strdup(leg->arena, or_text(form_value(rest, "LanguageCode"), "en-US")),
        .engine =
            arena_strdup(leg->arena, or_text(form_value(rest, "TranscriptionEngine"), "google")),
        .inbound_label = keep_text(leg, form_value(rest, "InboundTrackLabel")),
        .outbound_label = keep_text(leg, form_value(rest, "OutboundTrackLabel")),
        .partials = text_to_bool(form_value(rest, "PartialResults"), &partials) && partials,
    };
}

int rest_live_start(struct sim *sim, struct rest *rest)
{
    struct leg *leg = leg_find(sim, rest->sid);
    if (leg == NULL)
        return rest_no_such(rest);
    if (rest_check(sim, rest, SHAPE_LIVE_START) < 0)
        return -1;
    if (leg->status != LEG_IN_PROGRESS)
        return rest_refuse(rest, 400, WRONG_STATE, "Call %s is not in progress", leg->sid);
    const struct live_plan plan = plan_of(rest, leg);
    const struct live *live = live_start(sim, leg, &plan);
    return rest_answer(rest, 200, live_rest_json(sim, live));
}

int rest_live_update(struct sim *sim, struct rest *rest)
{
    const struct leg *leg = leg_find(sim, rest->sid);
    struct live *live = leg ? live_find(leg, rest->sub_sid) : NULL;
    if (live == NULL)
        return rest_no_such(rest);
    if (rest_check(sim, rest, SHAPE_LIVE_UPDATE) < 0)
        return -1;
    live_stop(sim, live);
    return rest_answer(rest, 200, live_rest_json(sim, live));
}
