/* Subscriptions and deliveries as clients see them, and what clients may say of them. */
#include <string.h>

#include "app/subscriptions_file.h"
#include "core/text.h"
#include "http/body.h"
#include "input.h"
#include "subscriptions_internal.h"

/* ---- out ---- */

static json_t *time_or_null(int64_t ms)
{
    char text[TIME_TEXT_BYTES];
    if (ms == 0)
        return json_null();
    time_to_rfc3339(ms, text);
    return json_string(text);
}

static json_t *words_to_json(const char *words)
{
    json_t *list = json_array();
    for (const char *word = words; *word != '\0';) {
        size_t len = strcspn(word, " ");
        json_array_append_new(list, json_stringn(word, len));
        word += len;
        word += strspn(word, " ");
    }
    return list;
}

json_t *subscription_to_json(const struct dispatch *dispatch,
                             const struct subscription_row *row,
                             const char *secret)
{
    char id[DISPATCH_ID_BYTES];
    dispatch_write_id(dispatch, DISPATCH_ID_SUBSCRIPTION, row->number, id);
    json_t *json = json_pack(
        "{s:s, s:s, s:o, s:s?, s:s?, s:s?, s:s, s:s?, s:o, s:s, s:s?, s:s, s:o, s:s?, s:I, s:o, "
        "s:o, s:s?, s:o, s:o, s:o}",
        "id", id, "url", row->url, "events", words_to_json(row->events), "identity", row->identity,
        "group", row->group, "description", row->description, "state",
        subscription_state_text(row->state), "disabled_because", row->disabled_because,
        "disabled_at", time_or_null(row->disabled_at_ms), "source",
        row->name != NULL ? "file" : "api", "name", row->name, "scopes", row->scopes,
        "old_secret_until", time_or_null(row->old_secret != NULL ? row->old_secret_until_ms : 0),
        "created_by", row->created_by, "open_deliveries", (json_int_t)row->open_count,
        "failing_since", time_or_null(row->failing_since_ms), "last_failure_at",
        time_or_null(row->failed_at_ms), "last_failure", row->failure, "last_delivered_at",
        time_or_null(row->delivered_at_ms), "created_at", time_or_null(row->created_at_ms),
        "updated_at", time_or_null(row->updated_at_ms));
    if (secret != NULL)
        json_object_set_new(json, "secret", json_string(secret));
    return json;
}

static json_t *attempt_to_json(const struct delivery_attempt *attempt)
{
    if (attempt->at_ms == 0)
        return json_null();
    return json_pack("{s:o, s:o, s:I, s:s?, s:s?}", "at", time_or_null(attempt->at_ms), "status",
                     attempt->status != 0 ? json_integer(attempt->status) : json_null(),
                     "latency_ms", (json_int_t)attempt->latency_ms, "error", attempt->error,
                     "answer", attempt->answer);
}

json_t *delivery_to_json(const struct dispatch *dispatch,
                         const struct delivery_row *row,
                         const char *call_id,
                         const struct delivery_attempts *former)
{
    char id[DISPATCH_ID_BYTES];
    char subscription[DISPATCH_ID_BYTES];
    bool open = row->state == DELIVERY_PENDING || row->state == DELIVERY_WAITING;
    dispatch_write_id(dispatch, DISPATCH_ID_DELIVERY, row->number, id);
    dispatch_write_id(dispatch, DISPATCH_ID_SUBSCRIPTION, row->subscription, subscription);
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:s?, s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "id", id,
        "subscription_id", subscription, "type", row->kind, "call_id", call_id, "state",
        delivery_state_text(row->state), "attempts", (json_int_t)row->attempts, "next_attempt_at",
        time_or_null(row->state == DELIVERY_PENDING ? row->due_at_ms : 0), "give_up_at",
        time_or_null(open ? row->give_up_at_ms : 0), "at", time_or_null(row->happened_at_ms),
        "created_at", time_or_null(row->created_at_ms), "ended_at", time_or_null(row->ended_at_ms),
        "last", attempt_to_json(&row->last));
    if (former == NULL)
        return json;
    json_t *log = json_array();
    for (size_t i = 0; i < former->count; i++)
        json_array_append_new(log, attempt_to_json(&former->items[i]));
    if (row->last.at_ms != 0)
        json_array_append_new(log, attempt_to_json(&row->last));
    json_object_set_new(json, "log", log);
    return json;
}

/* ---- in ---- */

static int read_events(json_t *list, struct arena *arena, const char **out, struct error *err)
{
    const char *words = "";
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (!subscription_is_event(text))
            return error_field(err, "events", "events[%zu] must be " SUBSCRIPTION_EVENT_EXPECTED,
                               i);
        words = arena_printf(arena, "%s%s%s", words, *words ? " " : "", text);
    }
    *out = words;
    return 0;
}

static int check_plain(const char *field, const char *text, struct error *err)
{
    for (const unsigned char *c = (const unsigned char *)text; text != NULL && *c != '\0'; c++)
        if (*c < ' ' || *c == 0x7f)
            return error_field(err, field, "%s must have no control characters", field);
    return 0;
}

static int read_times(struct subscription_wish *wish, struct error *err)
{
    if (wish->since != NULL && !time_from_rfc3339(wish->since, &wish->since_ms))
        return error_field(err, "since", "since must be a time such as 2026-01-31T12:00:00Z");
    if (wish->until != NULL && !time_from_rfc3339(wish->until, &wish->until_ms))
        return error_field(err, "until", "until must be a time such as 2026-01-31T12:00:00Z");
    return 0;
}

/* Whoever tries it with an endpoint of his own machine is told how. */
static int check_url(const struct app *app, const char *url, struct error *err)
{
    struct error why = {0};
    if (net_check_url(url, dispatch_addresses(app->dispatch), &why) == 0)
        return 0;
    return error_field(err, "url",
                       "url %s; what is not public must be in SWITCHHOOK_WEBHOOK_NETWORKS, such as "
                       "127.0.0.1 for this machine",
                       why.message);
}

static int check_wish(const struct app *app, struct subscription_wish *wish, struct error *err)
{
    if (wish->url != NULL && check_url(app, wish->url, err) < 0)
        return -1;
    if (wish->secret != NULL && signing_secret_check(wish->secret, err) < 0)
        return -1;
    if (check_plain("identity", wish->identity, err) < 0 ||
        check_plain("group", wish->group, err) < 0 ||
        check_plain("description", wish->description, err) < 0)
        return -1;
    return read_times(wish, err);
}

static void keep_texts(struct subscription_wish *wish, struct arena *arena)
{
    wish->url = arena_strdup(arena, wish->url);
    wish->identity = arena_strdup(arena, wish->identity);
    wish->group = arena_strdup(arena, wish->group);
    wish->description = arena_strdup(arena, wish->description);
    wish->secret = arena_strdup(arena, wish->secret);
    wish->since = wish->until = NULL;
    wish->event_list = NULL;
}

int subscription_wish_read(const struct app *app,
                           struct request *request,
                           const struct input_field *fields,
                           size_t count,
                           struct subscription_wish *out,
                           struct error *err)
{
    struct subscription_wish wish = *out;
    json_auto_t *body = request->body_len > 0 ? request_json(request, err) : json_object();
    if (body == NULL || input_read(body, fields, count, &wish, err) < 0 ||
        check_wish(app, &wish, err) < 0)
        return -1;
    if (wish.event_list != NULL &&
        read_events(wish.event_list, request->arena, &wish.events, err) < 0)
        return -1;
    wish.clears_identity = json_is_null(json_object_get(body, "identity"));
    wish.clears_group = json_is_null(json_object_get(body, "group"));
    wish.clears_description = json_is_null(json_object_get(body, "description"));
    keep_texts(&wish, request->arena);
    *out = wish;
    return 0;
}
