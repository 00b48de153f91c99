/*
 * The Recordings resources: those of a call can be started, paused and stopped; those of the account are what a reconciler lists.
 * What was deleted stays known for a while, for whoever asks with IncludeSoftDeleted.
 */
#include "rest_recordings.h"

#include <stdio.h>
#include <string.h>

#include "leg.h"
#include "recording.h"
#include "rest_check.h"
#include "rest_form.h"
#include "rest_list.h"

enum {
    WRONG_STATE = 21220,
    SEVERAL_RUN = 16108,
    STILL_RUNNING = 20009,
    MILS_PER_MINUTE = 25, /* hundredths of a cent */
    PATH_BYTES = 160,
    URI_BYTES = 192,
};

static const char current[] = "Twilio.CURRENT";

/* ---- how it looks ---- */

static json_t *duration(const struct recording *recording)
{
    if (recording->state != RECORDING_COMPLETED)
        return json_null();
    return json_sprintf("%lld", (long long)recording->duration_s);
}

/* A number with the call's, a text with the account's, as published. */
static json_t *price(const struct sim *sim, const struct recording *recording, bool of_call)
{
    if (recording->state != RECORDING_COMPLETED || !rest_price_is_known(sim, recording->updated))
        return json_null();
    long long cost = (recording->duration_s + 59) / 60 * MILS_PER_MINUTE;
    return of_call
               ? json_real(-(double)cost / 10000)
               : json_sprintf("%s%lld.%05lld", cost ? "-" : "", cost / 10000, cost % 10000 * 10);
}

/* REST's own word for what a <Start> began is the API's. */
static const char *source_of(const struct recording *recording)
{
    return strcmp(recording->way.source, "StartCallRecordingTwiML") == 0 ? "StartCallRecordingAPI"
                                                                         : recording->way.source;
}

static json_t *
common_json(const struct sim *sim, const struct recording *recording, const char *uri, bool of_call)
{
    int code = recording_error_code(recording);
    json_t *json = json_object();
    json_object_set_new(json, "sid", json_string(recording->sid));
    json_object_set_new(json, "account_sid", json_string(sim->settings->account_sid));
    json_object_set_new(json, "api_version", json_string("2010-04-01"));
    json_object_set_new(json, "call_sid", json_string(recording->call_sid));
    json_object_set_new(json, "conference_sid", json_null());
    json_object_set_new(json, "date_created", rest_time_json(true, recording->started));
    json_object_set_new(json, "date_updated", rest_time_json(true, recording->updated));
    json_object_set_new(json, "start_time", rest_time_json(true, recording->started));
    json_object_set_new(json, "duration", duration(recording));
    json_object_set_new(json, "price", price(sim, recording, of_call));
    json_object_set_new(json, "price_unit", json_string("USD"));
    json_object_set_new(json, "status", json_string(recording_status(recording)));
    json_object_set_new(json, "channels", json_integer(recording->way.channels));
    json_object_set_new(json, "source", json_string(source_of(recording)));
    json_object_set_new(json, "error_code", code ? json_integer(code) : json_null());
    json_object_set_new(json, "encryption_details", json_null());
    json_object_set_new(json, "uri", json_string(uri));
    return json;
}

static json_t *call_json(const struct sim *sim, const struct recording *recording)
{
    char uri[URI_BYTES];
    (void)snprintf(uri, sizeof(uri), REST_PREFIX "%s/Calls/%s/Recordings/%s.json",
                   sim->settings->account_sid, recording->call_sid, recording->sid);
    json_t *json = common_json(sim, recording, uri, true);
    json_object_set_new(json, "track", json_string(recording->way.track));
    return json;
}

static json_t *account_json(const struct sim *sim, const struct recording *recording)
{
    char path[PATH_BYTES];
    char uri[URI_BYTES];
    (void)snprintf(path, sizeof(path), REST_PREFIX "%s/Recordings/%s", sim->settings->account_sid,
                   recording->sid);
    (void)snprintf(uri, sizeof(uri), "%s.json", path);
    json_t *json = common_json(sim, recording, uri, false);
    json_object_set_new(json, "media_url", json_sprintf("%s%s", sim->api_base, path));
    json_object_set_new(json, "subresource_uris",
                        json_pack("{s:o, s:o}", "add_on_results",
                                  json_sprintf("%s/AddOnResults.json", path), "transcriptions",
                                  json_sprintf("%s/Transcriptions.json", path)));
    return json;
}

/* ---- of a call ---- */

static struct leg *find_leg(struct sim *sim, struct rest *rest)
{
    struct leg *leg = leg_find(sim, rest->sid);
    if (leg == NULL || !rest_is_seen(sim, rest, leg->created)) {
        rest_no_such(rest);
        return NULL;
    }
    return leg;
}

static const char *events_of(struct rest *rest)
{
    const struct fields *form = rest->request->form;
    const char *all = "";
    for (size_t i = 0; i < form->count; i++)
        if (strcmp(form->items[i].name, "RecordingStatusCallbackEvent") == 0)
            all = arena_printf(rest->arena, "%s %s", all, form->items[i].value);
    return *all ? all : "completed";
}

int rest_recordings_start(struct sim *sim, struct rest *rest)
{
    struct leg *leg = find_leg(sim, rest);
    if (leg == NULL || rest_check(sim, rest, SHAPE_RECORDING_START) < 0)
        return -1;
    if (leg->status != LEG_IN_PROGRESS)
        return rest_refuse(rest, 400, WRONG_STATE,
                           "Requested resource is not eligible for recording");
    const struct recording_plan plan = recording_plan_of(
        leg->arena, keep_text(leg, form_value(rest, "RecordingStatusCallback")),
        or_post(form_value(rest, "RecordingStatusCallbackMethod")), events_of(rest));
    const struct recording_way way = {
        .source = "StartCallRecordingAPI",
        .track = recording_track(form_value(rest, "RecordingTrack")),
        .channels = strcmp(form_value(rest, "RecordingChannels"), "dual") == 0 ? 2 : 1,
    };
    const struct recording *recording = recording_start(sim, leg, &way, &plan);
    return rest_answer(rest, 201, call_json(sim, recording));
}

/* The only one that runs. */
static struct recording *find_current(struct rest *rest, const struct leg *leg)
{
    struct recording *found = NULL;
    for (struct recording *one = leg->recordings; one; one = one->next_of_leg) {
        if (!recording_is_open(one))
            continue;
        if (found) {
            rest_refuse(rest, 400, SEVERAL_RUN, "Several recordings of call %s are in progress",
                        leg->sid);
            return NULL;
        }
        found = one;
    }
    if (found == NULL)
        rest_no_such(rest);
    return found;
}

static struct recording *find_of_call(struct sim *sim, struct rest *rest)
{
    const struct leg *leg = leg_find(sim, rest->sid);
    if (leg && strcmp(rest->sub_sid, current) == 0)
        return find_current(rest, leg);
    struct recording *recording = recording_find(sim, rest->sub_sid);
    if (recording && !recording->deleted && strcmp(recording->call_sid, rest->sid) == 0 &&
        rest_is_seen(sim, rest, recording->started))
        return recording;
    rest_no_such(rest);
    return NULL;
}

int rest_recordings_update(struct sim *sim, struct rest *rest)
{
    struct recording *recording = find_of_call(sim, rest);
    if (recording == NULL || rest_check(sim, rest, SHAPE_RECORDING_UPDATE) < 0)
        return -1;
    if (!recording_is_open(recording))
        return rest_refuse(rest, 400, WRONG_STATE, "Recording %s is not in progress",
                           recording->sid);
    const char *status = form_value(rest, "Status");
    if (strcmp(status, "paused") == 0) {
        recording_pause(sim, recording, strcmp(form_value(rest, "PauseBehavior"), "skip") == 0);
    } else if (strcmp(status, "in-progress") == 0) {
        recording_resume(sim, recording);
    } else {
        recording->by_request = true;
        recording_stop(sim, recording);
    }
    return rest_answer(rest, 200, call_json(sim, recording));
}

int rest_call_recordings_fetch(struct sim *sim, struct rest *rest)
{
    const struct recording *recording = find_of_call(sim, rest);
    return recording ? rest_answer(rest, 200, call_json(sim, recording)) : -1;
}

static int remove_it(struct sim *sim, struct rest *rest, struct recording *recording)
{
    if (recording->state < RECORDING_COMPLETED)
        return rest_refuse(rest, 409, STILL_RUNNING, "Recording %s is not complete",
                           recording->sid);
    recording_delete(sim, recording);
    return rest_answer(rest, 204, NULL);
}

int rest_call_recordings_delete(struct sim *sim, struct rest *rest)
{
    struct recording *recording = find_of_call(sim, rest);
    return recording ? remove_it(sim, rest, recording) : -1;
}

/* ---- lists ---- */

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
    return recording_find(sim, sid);
}

static const char *sid_of(const void *item)
{
    return ((const struct recording *)item)->sid;
}

static bool includes_deleted(const struct rest *rest)
{
    bool truth = false;
    const char *text = fields_get(rest->request->query, "IncludeSoftDeleted");
    return text && text_to_bool(text, &truth) && truth;
}

static bool is_listed(const struct sim *sim, const struct rest *rest, const void *item)
{
    const struct recording *recording = item;
    const struct fields *query = rest->request->query;
    const char *call = fields_get(query, "CallSid");
    if (recording->deleted && !includes_deleted(rest))
        return false;
    return (text_is_empty(call) || strcmp(call, recording->call_sid) == 0) &&
           text_is_empty(fields_get(query, "ConferenceSid")) &&
           rest_is_seen(sim, rest, recording->started) &&
           rest_time_matches(rest, "DateCreated", true, recording->started.wall_ms);
}

static json_t *item_json(const struct sim *sim, const struct rest *rest, const void *item)
{
    (void)rest;
    return account_json(sim, item);
}

int rest_recordings_list(struct sim *sim, struct rest *rest)
{
    static const struct rest_items items = {
        .first = newest,
        .next = older,
        .find = find_item,
        .sid = sid_of,
        .wanted = is_listed,
        .json = item_json,
    };
    if (rest_check(sim, rest, SHAPE_RECORDING_LIST) < 0)
        return -1;
    return rest_page(sim, rest, "Recordings", "recordings", &items);
}

int rest_call_recordings_list(struct sim *sim, struct rest *rest)
{
    const struct leg *leg = find_leg(sim, rest);
    if (leg == NULL || rest_check(sim, rest, SHAPE_CALL_RECORDING_LIST) < 0)
        return -1;
    json_t *all = json_array();
    for (const struct recording *one = leg->recordings; one; one = one->next_of_leg)
        if (is_listed(sim, rest, one))
            json_array_append_new(all, call_json(sim, one));
    return rest_list(sim, rest, arena_printf(rest->arena, "Calls/%s/Recordings", leg->sid),
                     "recordings", all);
}

/* ---- of the account ---- */

static struct recording *find_of_account(struct sim *sim, struct rest *rest, bool even_deleted)
{
    struct recording *recording = recording_find(sim, rest->sid);
    if (recording && (even_deleted || !recording->deleted) &&
        rest_is_seen(sim, rest, recording->started))
        return recording;
    rest_no_such(rest);
    return NULL;
}

int rest_recordings_fetch(struct sim *sim, struct rest *rest)
{
    if (rest_check(sim, rest, SHAPE_RECORDING_FETCH) < 0)
        return -1;
    const struct recording *recording = find_of_account(sim, rest, includes_deleted(rest));
    return recording ? rest_answer(rest, 200, account_json(sim, recording)) : -1;
}

int rest_recordings_delete(struct sim *sim, struct rest *rest)
{
    struct recording *recording = find_of_account(sim, rest, false);
    return recording ? remove_it(sim, rest, recording) : -1;
}
