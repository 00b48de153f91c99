/*
 * POST /calls: what may be asked for. Whatever would spend money or speak for somebody is checked against the
 * configuration here, before anything is stored.
 */
#include <string.h>

#include "app/identity.h"
#include "calls_internal.h"
#include "core/text.h"
#include "http/body.h"
#include "input.h"

const char call_wish_schema[] =
    "{\"type\":\"object\",\"required\":[\"to\"],\"additionalProperties\":false,\"properties\":{"
    "\"to\":{\"type\":\"string\",\"description\":\"E.164, or client:NAME where the flow rings a "
    "browser\"},"
    "\"from\":{\"type\":\"string\",\"description\":\"E.164, one of the configured numbers\"},"
    "\"flow\":{\"enum\":[\"greeting\",\"menu\",\"bridge\"],\"default\":\"greeting\"},"
    "\"identity\":{\"type\":\"string\",\"description\":\"bridge: who is rung first\"},"
    "\"caller_id\":{\"type\":\"string\",\"description\":\"shown to whoever is dialled from the "
    "call\"},"
    "\"record\":{\"type\":\"boolean\"},\"recording_channels\":{\"enum\":[\"mono\",\"dual\"]},"
    "\"trim\":{\"enum\":[\"trim-silence\",\"do-not-trim\"],\"description\":\"silence at "
    "the ends of the recording\"},"
    "\"timeout\":{\"type\":\"integer\",\"minimum\":5,\"maximum\":600,\"description\":\"seconds of "
    "ringing\"},"
    "\"time_limit\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":86400,\"description\":"
    "\"seconds\"},"
    "\"machine_detection\":{\"enum\":[\"Enable\",\"DetectMessageEnd\"]},"
    "\"send_digits\":{\"type\":\"string\",\"pattern\":\"^[0-9*#wW]{1,32}$\"},"
    "\"twiml_url\":{\"type\":\"string\",\"description\":\"needs the scope calls:twiml and a "
    "configured host\"},"
    "\"metadata\":{\"type\":\"object\"}}}";

struct body {
    const char *to;
    const char *from;
    const char *flow;
    const char *identity;
    const char *caller_id;
    bool record;
    const char *recording_channels;
    const char *trim;
    int64_t timeout;
    int64_t time_limit;
    const char *machine_detection;
    const char *send_digits;
    const char *twiml_url;
    json_t *metadata;
};

enum { ADDRESS_BYTES = 256, URL_BYTES = 2048 };

/* clang-format off */
static const struct input_field members[] = {
    {"to",                 INPUT_TEXT,   offsetof(struct body, to),                 0, ADDRESS_BYTES},
    {"from",               INPUT_TEXT,   offsetof(struct body, from),               1, ADDRESS_BYTES},
    {"flow",               INPUT_TEXT,   offsetof(struct body, flow),               1, 32},
    {"identity",           INPUT_TEXT,   offsetof(struct body, identity),           1, ADDRESS_BYTES},
    {"caller_id",          INPUT_TEXT,   offsetof(struct body, caller_id),          1, ADDRESS_BYTES},
    {"record",             INPUT_BOOL,   offsetof(struct body, record),             0, 0},
    {"recording_channels", INPUT_TEXT,   offsetof(struct body, recording_channels), 1, 32},
    {"trim",               INPUT_TEXT,   offsetof(struct body, trim),               1, 32},
    {"timeout",            INPUT_INT,    offsetof(struct body, timeout),            5, 600},
    {"time_limit",         INPUT_INT,    offsetof(struct body, time_limit),         1, 86400},
    {"machine_detection",  INPUT_TEXT,   offsetof(struct body, machine_detection),  1, 32},
    {"send_digits",        INPUT_TEXT,   offsetof(struct body, send_digits),        1, 32},
    {"twiml_url",          INPUT_TEXT,   offsetof(struct body, twiml_url),          1, URL_BYTES},
    {"metadata",           INPUT_OBJECT, offsetof(struct body, metadata),           0, 0},
};
/* clang-format on */

/* ---- single fields ---- */

/* A number of ours that calls may show. NULL stays NULL. */
static int
check_own_number(const struct app *app, const char *field, const char *number, struct error *err)
{
    const struct config *config = app->config;
    if (number == NULL || text_equal(number, config->twilio.phone_number) ||
        text_list_has(&config->calls.caller_ids, number))
        return 0;
    if (!text_is_e164(number))
        return error_field(err, field, "%s must be E.164: + and 7 to 15 digits", field);
    return error_field(err, field,
                       "%s must be the configured number or one of SWITCHHOOK_CALLER_IDS", field);
}

static int
check_word(const char *field, const char *value, const char *const *words, struct error *err)
{
    if (value == NULL)
        return 0;
    for (; *words != NULL; words++) {
        if (text_equal(value, *words))
            return 0;
    }
    return error_field(err, field, "%s is none of the words it may be", field);
}

static int check_words(const struct body *body, struct error *err)
{
    static const char *const channels[] = {"mono", "dual", NULL};
    static const char *const trims[] = {"trim-silence", "do-not-trim", NULL};
    static const char *const detections[] = {"Enable", "DetectMessageEnd", NULL};
    if (check_word("recording_channels", body->recording_channels, channels, err) < 0 ||
        check_word("trim", body->trim, trims, err) < 0 ||
        check_word("machine_detection", body->machine_detection, detections, err) < 0)
        return -1;
    if (body->send_digits != NULL &&
        strspn(body->send_digits, "0123456789*#wW") != strlen(body->send_digits))
        return error_field(err, "send_digits", "send_digits may hold digits, *, # and w (a pause)");
    return 0;
}

/* Whom Twilio rings, as it wants to hear it. */
static int read_to(
    const struct app *app, const char *to, struct arena *arena, const char **out, struct error *err)
{
    struct target target = target_of(to, &app->routing->emergency_numbers);
    const char *client = NULL;
    switch (target.kind) {
    case TARGET_NUMBER:
        *out = to;
        return 0;
    case TARGET_CLIENT:
        client = target.text;
        break;
    case TARGET_IDENTITY:
        client = client_of_identity(target.text, arena);
        break;
    case TARGET_NOBODY:
        return error_field(err, "to", "to is missing: whom shall Twilio call?");
    case TARGET_EMERGENCY:
        return error_field(err, "to", "emergency numbers cannot be reached through this server");
    case TARGET_NOT_A_NUMBER:
        return error_field(err, "to", "to must be E.164: + and 7 to 15 digits, the first not 0");
    case TARGET_NOT_ALLOWED:
        break;
    }
    if (client == NULL)
        return error_field(err, "to", "to is no number and no identity");
    *out = arena_printf(arena, "client:%s", client);
    return 0;
}

/* host[:port] of an http(s) URL, as it is compared with the configured hosts; NULL if it is no such URL. */
static const char *host_of(const char *url, struct arena *arena)
{
    const char *start = text_starts_with_nocase(url, "https://")  ? url + strlen("https://")
                        : text_starts_with_nocase(url, "http://") ? url + strlen("http://")
                                                                  : NULL;
    if (start == NULL || strpbrk(start, "@\\ \t\r\n") != NULL)
        return NULL;
    size_t len = strcspn(start, "/?#");
    char *host = arena_copy(arena, start, len);
    for (char *c = host; *c != '\0'; c++) {
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    }
    return len == 0 ? NULL : host;
}

/* The document decides whom the call dials, so it takes a scope of its own and a host the operator has named. */
static int
check_twiml_url(const struct app *app, struct request *request, const char *url, struct error *err)
{
    if (caller_needs(request->caller, SCOPE_CALLS_TWIML, err) < 0)
        return -1;
    const char *host = host_of(url, request->arena);
    if (host == NULL)
        return error_field(err, "twiml_url",
                           "twiml_url must be an http or https URL without a user");
    if (!text_list_has(&app->config->calls.twiml_url_hosts, host))
        return error_field(err, "twiml_url", "its host is not in SWITCHHOOK_TWIML_URL_HOSTS");
    return 0;
}

static int
read_metadata(const struct body *body, struct arena *arena, const char **out, struct error *err)
{
    if (body->metadata == NULL)
        return 0;
    size_t len = json_dumpb(body->metadata, NULL, 0, JSON_COMPACT);
    if (len > LIMIT_METADATA_BYTES)
        return error_field(err, "metadata", "metadata has %zu bytes as JSON; at most %d are kept",
                           len, LIMIT_METADATA_BYTES);
    char *text = arena_alloc(arena, len + 1);
    (void)json_dumpb(body->metadata, text, len, JSON_COMPACT);
    *out = text;
    return 0;
}

/* ---- the whole ---- */

static int read_flow(const struct body *body, struct call_plan *plan, struct error *err)
{
    plan->flow = body->twiml_url != NULL ? CALL_FLOW_TWIML_URL : CALL_FLOW_GREETING;
    if (body->flow == NULL)
        return 0;
    if (body->twiml_url != NULL)
        return error_field(err, "flow", "flow and twiml_url exclude each other");
    if (!call_flow_from_text(body->flow, &plan->flow) || plan->flow == CALL_FLOW_TWIML_URL)
        return error_field(err, "flow", "flow must be greeting, menu or bridge");
    return 0;
}

/* bridge: our identity is rung first, then the number that was asked for is dialled. */
static int
read_bridge(const struct body *body, struct arena *arena, struct call_plan *plan, struct error *err)
{
    if (plan->flow != CALL_FLOW_BRIDGE) {
        if (body->identity != NULL)
            return error_field(err, "identity", "identity belongs to the flow bridge");
        return 0;
    }
    if (body->identity == NULL)
        return error_field(err, "identity",
                           "the flow bridge needs the identity that is rung first");
    if (!text_is_e164(plan->to))
        return error_field(err, "to", "the flow bridge dials a number: to must be E.164");
    plan->identity = client_of_identity(body->identity, arena);
    if (plan->identity == NULL)
        return error_field(err, "identity", "this identity is too long for Twilio, or not UTF-8");
    plan->number = plan->to;
    plan->to = arena_printf(arena, "client:%s", plan->identity);
    return 0;
}

/* A greeting dials nobody, so no dial can record it as the configuration says: the call is recorded as a whole. */
static void plan_recording(const struct app *app, const struct body *body, struct call_plan *plan)
{
    const char *configured = route_record(app->routing, CALL_DIRECTION_OUTBOUND_API);
    plan->record = body->record;
    plan->recording_channels = body->recording_channels;
    plan->trim = body->trim;
    if (plan->record || configured == NULL || plan->flow != CALL_FLOW_GREETING)
        return;
    plan->record = true;
    if (plan->recording_channels == NULL && record_is_dual(configured))
        plan->recording_channels = "dual";
}

/* It is told before, or not recorded at all. */
static int plan_announcement(const struct app *app,
                             const struct body *body,
                             struct call_plan *plan,
                             struct error *err)
{
    const char *announcement = app->config->calls.recording_announcement;
    if (!plan->record || text_is_empty(announcement))
        return 0;
    if (body->twiml_url != NULL)
        return error_field(err, "record",
                           "with twiml_url nobody can be told of the recording before it begins, "
                           "as SWITCHHOOK_RECORDING_ANNOUNCEMENT wants");
    plan->announcement = announcement;
    return 0;
}

static int make_plan(const struct app *app,
                     struct request *request,
                     const struct body *body,
                     struct call_plan *plan,
                     struct error *err)
{
    if (read_to(app, body->to, request->arena, &plan->to, err) < 0 ||
        read_flow(body, plan, err) < 0 || read_bridge(body, request->arena, plan, err) < 0 ||
        check_words(body, err) < 0 || check_own_number(app, "from", body->from, err) < 0 ||
        check_own_number(app, "caller_id", body->caller_id, err) < 0)
        return -1;
    if (body->twiml_url != NULL && check_twiml_url(app, request, body->twiml_url, err) < 0)
        return -1;
    plan->from = body->from != NULL ? body->from : app->config->twilio.phone_number;
    if (text_equal(plan->from, plan->to))
        return error_field(err, "to", "a number cannot call itself");
    plan->caller_id = body->caller_id;
    plan->twiml_url = body->twiml_url;
    plan_recording(app, body, plan);
    if (plan_announcement(app, body, plan, err) < 0)
        return -1;
    plan->timeout_s = (int)body->timeout;
    plan->time_limit_s = (int)body->time_limit;
    plan->machine_detection = body->machine_detection;
    plan->send_digits = body->send_digits;
    return 0;
}

/* The JSON document goes when this returns; what is kept of it moves to the arena. */
static void keep_texts(struct call_plan *plan, struct arena *arena)
{
    const char **const texts[] = {&plan->to,         &plan->from,         &plan->number,
                                  &plan->caller_id,  &plan->twiml_url,    &plan->recording_channels,
                                  &plan->trim,       &plan->announcement, &plan->machine_detection,
                                  &plan->send_digits};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        *texts[i] = arena_strdup(arena, *texts[i]);
}

static bool is_member(const char *name)
{
    return input_knows(members, ARRAY_LEN(members), name);
}

/* What the dialect insists on, although we could do without. */
static int check_required(const struct dialect_shape *shape, const json_t *json, struct error *err)
{
    for (const char *const *name = shape->call_requires; name != NULL && *name != NULL; name++) {
        const json_t *value = json_object_get(json, *name);
        if (value == NULL || json_is_null(value) ||
            (json_is_string(value) && json_string_length(value) == 0))
            return error_field(err, *name, "%s", shape->call_requires_text);
    }
    return 0;
}

static json_t *read_json(const struct request *request, struct error *err)
{
    const struct dialect_shape *shape = dialect_shape(request);
    json_auto_t *body = request_json(request, err);
    if (body == NULL)
        return NULL;
    json_t *json = dialect_input(body, shape->call_inputs, is_member, err);
    if (json == NULL || check_required(shape, json, err) == 0)
        return json;
    json_decref(json);
    return NULL;
}

/* A user's calls are the user's own: whoever may not speak for others rings its own browser, and need not name itself. */
static int choose_identity(const struct caller *caller, struct body *body, struct error *err)
{
    bool bridges = text_equal(body->flow, call_flow_text(CALL_FLOW_BRIDGE));
    if (caller->identity == NULL)
        return 0;
    if (bridges && body->identity == NULL)
        body->identity = caller->identity;
    if (body->identity == NULL || text_equal(body->identity, caller->identity))
        return 0;
    return caller_needs(caller, SCOPE_TOKENS_MINT_ANY, err);
}

int call_wish_read(const struct app *app,
                   struct request *request,
                   struct call_wish *out,
                   struct error *err)
{
    json_auto_t *json = read_json(request, err);
    struct body body = {0};
    struct call_wish wish = {0};
    if (json == NULL || input_read(json, members, ARRAY_LEN(members), &body, err) < 0 ||
        choose_identity(request->caller, &body, err) < 0 ||
        make_plan(app, request, &body, &wish.plan, err) < 0 ||
        read_metadata(&body, request->arena, &wish.metadata, err) < 0)
        return -1;
    keep_texts(&wish.plan, request->arena);
    wish.chose_from = body.from != NULL;
    wish.identity =
        wish.plan.flow == CALL_FLOW_BRIDGE ? arena_strdup(request->arena, body.identity) : NULL;
    *out = wish;
    return 0;
}
