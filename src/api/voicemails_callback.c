/*
 * POST /voicemails/{id}/callback: the flow bridge of POST /calls, to whoever left the message. What may be asked for, and
 * everything that is checked, is that of POST /calls; only whom to dial is known already.
 */
#include <stdlib.h>
#include <string.h>

#include "calls_internal.h"
#include "core/text.h"
#include "http/body.h"
#include "voicemails_internal.h"

const char voicemail_callback_schema[] =
    "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
    "\"identity\":{\"type\":\"string\",\"description\":\"who is rung first; the caller's own "
    "identity if it is left out\"},"
    "\"from\":{\"type\":\"string\",\"description\":\"E.164, one of the configured numbers\"},"
    "\"caller_id\":{\"type\":\"string\"},"
    "\"record\":{\"type\":\"boolean\"},\"recording_channels\":{\"enum\":[\"mono\",\"dual\"]},"
    "\"timeout\":{\"type\":\"integer\",\"minimum\":5,\"maximum\":600},"
    "\"time_limit\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":86400},"
    "\"metadata\":{\"type\":\"object\"}}}";

struct callback_work {
    const struct caller *caller;
    const char *id;
    struct voicemail_row row;
};

static int callback_read(struct store_rx *rx, void *data, struct arena *arena, struct error *err)
{
    struct callback_work *work = data;
    return find_visible_voicemail(rx, work->caller, work->id, arena, &work->row, err);
}

/* What is known already cannot be asked for. */
static int check_members(json_t *body, struct error *err)
{
    static const char *const known[] = {"to", "flow", "twiml_url", "send_digits",
                                        "machine_detection"};
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (json_object_get(body, known[i]) != NULL)
            return error_field(err, known[i], "a call back has no %s: it goes to whoever left it",
                               known[i]);
    }
    return 0;
}

static int name_identity(const struct request *request, json_t *body, struct error *err)
{
    if (json_object_get(body, "identity") != NULL)
        return 0;
    if (request->caller->identity == NULL)
        return error_field(err, "identity",
                           "whose browser is to be rung? This caller has no identity of its own");
    json_object_set_new(body, "identity", json_string(request->caller->identity));
    return 0;
}

/* The body that POST /calls would have been sent, in the request's arena. */
static int write_wish(struct request *request, const struct callback_work *work, struct error *err)
{
    json_auto_t *body = request_json(request, err);
    if (body == NULL || check_members(body, err) < 0 || name_identity(request, body, err) < 0)
        return -1;
    if (!text_is_e164(work->row.from))
        return error_set(err, ERROR_CONFLICT,
                         "whoever left this voicemail hid the number: nobody can be called back");
    json_object_set_new(body, "to", json_string(work->row.from));
    json_object_set_new(body, "flow", json_string("bridge"));
    auto_free char *text = json_dumps(body, JSON_COMPACT);
    request->body = arena_strdup(request->arena, text);
    request->body_len = strlen(text);
    return 0;
}

static int callback_reply(struct app *app,
                          struct request *request,
                          struct response *response,
                          struct error *err)
{
    if (hand_over_result(request, err) < 0)
        return -1;
    const struct callback_work *work = request->work;
    if (write_wish(request, work, err) < 0)
        return -1;
    return calls_create_about(app, request, response, work->row.id, err);
}

int voicemails_callback(struct app *app,
                        struct request *request,
                        struct response *response,
                        struct error *err)
{
    (void)response;
    if (caller_needs(request->caller, SCOPE_VOICEMAILS_MANAGE, err) < 0 ||
        caller_needs(request->caller, SCOPE_CALLS_PLACE, err) < 0)
        return -1;
    struct callback_work *work = arena_alloc(request->arena, sizeof(*work));
    work->caller = request->caller;
    work->id = request_param(request, "id");
    struct hand_over what = {.read = callback_read,
                             .work = work,
                             .reply = callback_reply,
                             .deadline_ms = VOICEMAILS_READ_DEADLINE_MS};
    return hand_over(app, request, &what, err);
}
