/*
 * GET /events: Server-Sent Events of the calls that the caller may see. First where it stands is looked up in the store,
 * together with the calls going on, in one snapshot; then the feed takes over from there.
 *
 * POST /events/tickets: what an EventSource, which can send no header, shows in the address instead.
 */
#include <string.h>

#include "api/api.h"
#include "app/hand_over.h"
#include "app/open_door.h"
#include "app/tickets.h"
#include "calls_internal.h"
#include "core/text.h"
#include "crypto/sealed_number.h"
#include "event_json.h"
#include "store/retention.h"

enum { READ_DEADLINE_MS = 15000, CALLS_SHOWN = 200 };

struct events_work {
    struct app *app;
    const struct caller *caller;
    const char *call_key; /* of this call alone, or NULL */
    const char *last_id;  /* or NULL */
    uint64_t kinds;

    /* what is found */
    int64_t newest; /* timeline entry */
    struct retention_mark gone;
    int64_t place;
    int64_t call_number;
    bool resumed;
    const char *reason;
    struct call_rows calls;
    struct call_details *details;
};

/* ---- what is asked for ---- */

static const char events_parameters[] =
    "[{\"name\":\"call\",\"in\":\"query\",\"schema\":{\"type\":\"string\"},\"description\":"
    "\"events of this call alone: an id or a CallSid\"},"
    "{\"name\":\"types\",\"in\":\"query\",\"schema\":{\"type\":\"string\"},\"description\":"
    "\"these events alone, separated by commas: call.ended, leg.*\"},"
    "{\"name\":\"last_event_id\",\"in\":\"query\",\"schema\":{\"type\":\"string\"},"
    "\"description\":\"as the header Last-Event-ID, which wins\"},"
    "{\"name\":\"ticket\",\"in\":\"query\",\"schema\":{\"type\":\"string\"},\"description\":"
    "\"instead of a credential: from POST /events/tickets\"},"
    "{\"name\":\"Last-Event-ID\",\"in\":\"header\",\"schema\":{\"type\":\"string\"},"
    "\"description\":\"go on after this event\"}]";

static int read_kinds(const char *list, uint64_t *kinds, struct error *err)
{
    *kinds = 0;
    for (const char *word = list; *word != '\0';) {
        size_t len = strcspn(word, ",");
        if (!news_kinds_add(word, len, kinds))
            return error_field(err, "types", "there is no event \"%.*s\"",
                               (int)(len > 40 ? 40 : len), word);
        word += len + (word[len] == ',');
    }
    return *kinds != 0 ? 0 : error_field(err, "types", "types must name at least one event");
}

static int check_names(const struct fields *query, struct error *err)
{
    static const char *const names[] = {"call", "types", "last_event_id", "ticket"};
    for (size_t i = 0; i < query->count; i++) {
        bool known = false;
        for (size_t j = 0; j < ARRAY_LEN(names); j++)
            known |= strcmp(query->items[i].name, names[j]) == 0;
        if (!known)
            return error_field(err, query->items[i].name, "there is no parameter %.40s here",
                               query->items[i].name);
    }
    return 0;
}

/* The header is what the browser sends by itself, so it is the newer one. */
static int read_last_id(const struct request *request, const char **out, struct error *err)
{
    const char *name = "Last-Event-ID";
    const char *id = request_header(request, name);
    if (text_is_empty(id)) {
        name = "last_event_id";
        id = fields_get(&request->query, name);
    }
    *out = text_is_empty(id) ? NULL : id;
    if (*out != NULL && !sealed_number_has_form(id))
        return error_field(err, name, "%s must be the id of an event, as it was sent", name);
    return 0;
}

static int read_wish(const struct request *request, struct events_work *work, struct error *err)
{
    const char *types = fields_get(&request->query, "types");
    work->call_key = fields_get(&request->query, "call");
    work->kinds = UINT64_MAX;
    if (check_names(&request->query, err) < 0 || read_last_id(request, &work->last_id, err) < 0)
        return -1;
    return types == NULL ? 0 : read_kinds(types, &work->kinds, err);
}

/* ---- where it stands ---- */

/* Does the listener go on where it was? If not, it begins with what is now. */
static void find_place(struct events_work *work)
{
    const struct app *app = work->app;
    int64_t place;
    work->place = feed_place_after(work->newest);
    if (work->last_id == NULL)
        return;
    if (!feed_read_id(app->feed, work->last_id, &place) || feed_sequence_of(place) > work->newest) {
        work->reason = "unknown-id";
    } else if (work->newest - feed_sequence_of(place) > (int64_t)app->config->events.replay_max ||
               feed_sequence_of(place) < work->gone.removed_upto) {
        work->reason = "too-old";
    } else {
        work->place = place;
        work->resumed = true;
    }
}

static int
read_details(struct store_rx *rx, struct events_work *work, struct arena *arena, struct error *err)
{
    work->details = arena_alloc(arena, work->calls.count * sizeof(*work->details));
    for (size_t i = 0; i < work->calls.count; i++) {
        struct leg_rows *legs = arena_alloc(arena, sizeof(*legs));
        struct recording_rows *recordings = arena_alloc(arena, sizeof(*recordings));
        int64_t number = work->calls.items[i].number;
        if (store_list_legs(rx, number, arena, legs, err) < 0 ||
            store_list_call_recordings(rx, number, arena, recordings, err) < 0)
            return -1;
        bool may = caller_may_know_recordings(work->caller);
        work->details[i] =
            (struct call_details){.legs = legs, .recordings = may ? recordings : NULL};
    }
    return 0;
}

static int
read_calls(struct store_rx *rx, struct events_work *work, struct arena *arena, struct error *err)
{
    struct viewer viewer = caller_viewer(work->caller);
    struct call_row *one = arena_alloc(arena, sizeof(*one));
    if (work->call_key == NULL)
        return store_list_calls_going_on(rx, &viewer, CALLS_SHOWN, arena, &work->calls, err);
    if (find_visible_call(rx, work->caller, work->call_key, arena, one, err) < 0)
        return -1;
    work->call_number = one->number;
    work->calls = (struct call_rows){.items = one, .count = 1};
    return 0;
}

static int look(struct store_rx *rx, void *data, struct arena *arena, struct error *err)
{
    struct events_work *work = data;
    if (store_newest_sequence(rx, &work->newest, err) < 0 ||
        store_get_retention_mark(rx, RETENTION_TIMELINE, &work->gone, err) < 0)
        return -1;
    find_place(work);
    if (work->resumed && work->call_key == NULL)
        return 0;
    if (read_calls(rx, work, arena, err) < 0)
        return -1;
    if (work->resumed)
        work->calls.count = 0;
    return read_details(rx, work, arena, err);
}

/* ---- the answer ---- */

static struct stream_text *hello_of(const struct app *app, const struct events_work *work)
{
    char id[FEED_ID_BYTES];
    feed_write_id(app->feed, work->place, id);
    const struct hello hello = {
        .id = work->resumed ? NULL : id,
        .resumed = work->resumed,
        .reason = work->reason,
        .now_ms = app_now_ms(app),
        .retry_ms = app->config->events.retry_ms,
        .heartbeat_ms = app->config->events.heartbeat_ms,
        .calls = work->calls.items,
        .details = work->details,
        .count = work->calls.count,
        .more = work->calls.more,
    };
    return event_hello(&hello);
}

static int
events_reply(struct app *app, struct request *request, struct response *response, struct error *err)
{
    if (hand_over_result(request, err) < 0)
        return -1;
    const struct events_work *work = request->work;
    struct stream_text *hello = hello_of(app, work);
    const struct listening listening = {
        .caller = work->caller,
        .place = work->place,
        .call_number = work->call_number,
        .kinds = work->kinds,
        .resumes = work->resumed,
        .first = hello,
    };
    int failed = feed_listen(app->feed, request, response, &listening, err);
    stream_text_unref(hello);
    if (!failed)
        response_header(response, "X-Accel-Buffering", "no"); /* nginx would hold events back */
    return failed;
}

static int
events_get(struct app *app, struct request *request, struct response *response, struct error *err)
{
    struct events_work *work = arena_alloc(request->arena, sizeof(*work));
    if (caller_needs_reading(request->caller, err) < 0 || read_wish(request, work, err) < 0)
        return -1;
    if (request->method == HTTP_HEAD) {
        response_body(response, 200, "text/event-stream", NULL, 0);
        return 0;
    }
    work->app = app;
    work->caller = request->caller;
    struct hand_over what = {
        .read = look, .work = work, .reply = events_reply, .deadline_ms = READ_DEADLINE_MS};
    return hand_over(app, request, &what, err);
}

/* ---- tickets ---- */

static int
tickets_post(struct app *app, struct request *request, struct response *response, struct error *err)
{
    struct ticket ticket;
    char expires_at[TIME_TEXT_BYTES];
    if (caller_needs_reading(request->caller, err) < 0 ||
        tickets_issue(app->tickets, request->caller, app_now_ms(app), request->arena, &ticket,
                      err) < 0)
        return -1;
    time_to_rfc3339(ticket.expires_at_ms, expires_at);
    response_json(request, response, 201,
                  json_pack("{s:s, s:s}", "ticket", ticket.text, "expires_at", expires_at));
    response_header(response, "Cache-Control", "no-store");
    return 0;
}

/* A ticket, if one is shown: a wrong one is not made good by a cookie. Else whoever the frontend's guard knows. */
static int guard_head(struct app *app, struct request *request, struct error *err)
{
    const char *ticket = fields_get(&request->query, "ticket");
    if (ticket == NULL)
        return guard_frontend.head(app, request, err);
    if (config_has_auth(app->config, CONFIG_AUTH_NONE) && open_door_check(request, err) < 0)
        return -1;
    if (tickets_use(app->tickets, ticket, app_now_ms(app), request->arena, &request->caller, err) <
        0)
        return -1;
    request_note(request, "by", "ticket");
    return 0;
}

static int guard_body(struct app *app, struct request *request, struct error *err)
{
    bool by_ticket = fields_get(&request->query, "ticket") != NULL;
    return by_ticket || guard_frontend.body == NULL ? 0 : guard_frontend.body(app, request, err);
}

const struct guard guard_listener = {"listener", guard_head, guard_body};

/* ---- the routes ---- */

static const struct route_doc events_doc = {
    .summary =
        "Changes of calls as they happen: Server-Sent Events, resumable by Last-Event-ID. Each "
        "has a name (event:), an opaque id, and JSON on one data: line, which holds the call.",
    .parameters = events_parameters,
    .response_type = "text/event-stream",
    .response_schema = "{\"type\":\"string\"}",
};

static const struct route_doc tickets_doc = {
    .summary = "A ticket for one stream of events, for an EventSource that can send no header.",
    .response_type = "application/json",
    .response_schema =
        "{\"type\":\"object\",\"required\":[\"ticket\",\"expires_at\"],\"properties\":{"
        "\"ticket\":{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9_-]{43}$\"},"
        "\"expires_at\":{\"type\":\"string\",\"format\":\"date-time\"}}}",
    .success_status = 201,
};

static const struct route rows[] = {
    {HTTP_GET,  "/events",         &guard_listener, 0,      NULL, events_get,   &events_doc },
    {HTTP_POST, "/events/tickets", &guard_frontend, KiB(4), NULL, tickets_post, &tickets_doc},
};

const struct route_table api_event_routes = {"api/events", rows, ARRAY_LEN(rows)};
