#include "http/body.h"

#include "core/text.h"

static bool is_json_type(const char *media_type)
{
    return text_equal(media_type, "application/json");
}

json_t *request_json(const struct request *request, struct error *err)
{
    if (request->body_len == 0 &&
        (request->media_type[0] == '\0' || is_json_type(request->media_type)))
        return json_object();
    if (!is_json_type(request->media_type)) {
        (void)error_set(err, ERROR_UNSUPPORTED_TYPE, "the body must be application/json, not %.64s",
                        request->media_type[0] == '\0' ? "without a type" : request->media_type);
        return NULL;
    }
    json_error_t reason;
    json_t *json = json_loadb(request->body, request->body_len,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &reason);
    if (json == NULL) {
        bool nul = json_error_code(&reason) == json_error_null_character;
        (void)error_set(err, ERROR_MALFORMED, "the body is not JSON%s: line %d column %d: %.100s",
                        nul ? " that is taken here" : "", reason.line, reason.column,
                        nul ? "a NUL character (\\u0000)" : reason.text);
        return NULL;
    }
    if (!json_is_object(json)) {
        json_decref(json);
        (void)error_set(err, ERROR_INVALID, "the body must be a JSON object");
        return NULL;
    }
    return json;
}

const struct fields *request_fields(const struct request *request)
{
    return request->method == HTTP_GET || request->method == HTTP_HEAD ? &request->query
                                                                       : &request->form;
}
