/*
 * application/problem+json. Source: RFC 9457; the members code, request_id, field, limit, retry_after, twilio_code,
 * twilio_more_info and twilio_message are ours.
 */
#include "http/problem.h"

/* Adds "name": value where there is a value. A value that cannot be one (not UTF-8) is left out. */
static void add_text(json_t *problem, const char *name, const char *value)
{
    if (value[0] != '\0')
        (void)json_object_set_new(problem, name, json_string(value));
}

void problem_add_facts(json_t *problem, const struct request *request, const struct error *err)
{
    add_text(problem, "code", error_info(err->kind)->code);
    add_text(problem, "request_id", request->id);
    add_text(problem, "field", err->field);
    if (err->limit != 0)
        (void)json_object_set_new(problem, "limit", json_integer(err->limit));
    if (err->retry_after_s != 0)
        (void)json_object_set_new(problem, "retry_after", json_integer(err->retry_after_s));
    if (err->twilio_code == 0)
        return;
    (void)json_object_set_new(problem, "twilio_code", json_integer(err->twilio_code));
    (void)json_object_set_new(
        problem, "twilio_more_info",
        json_sprintf("https://www.twilio.com/docs/errors/%d", err->twilio_code));
    add_text(problem, "twilio_message", err->twilio_message);
}

void problem_render(struct app *app,
                    const struct request *request,
                    const struct error *err,
                    struct response *response)
{
    (void)app;
    const struct error_kind_info *info = error_info(err->kind);
    json_t *problem =
        json_pack("{s:o, s:s, s:i}", "type", json_sprintf("urn:switchhook:problem:%s", info->code),
                  "title", info->title, "status", info->http_status);
    /* Our own troubles are for the log. What Twilio refuses is told in words that are meant to be read. */
    if (info->http_status < 500 || err->twilio_code != 0)
        add_text(problem, "detail", err->message);
    problem_add_facts(problem, request, err);
    response_json(request, response, info->http_status, problem);
    response->content_type = "application/problem+json";
}

const struct dialect http_dialect_native = {.name = "native", .render_error = problem_render};
