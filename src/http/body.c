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

/* A member's value as a field's: a text itself, anything else as JSON. */
static const char *field_text(const json_t *value, struct arena *arena)
{
    if (json_is_string(value))
        return arena_strdup(arena, json_string_value(value));
    size_t len = json_dumpb(value, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
    char *text = arena_alloc(arena, len + 1);
    (void)json_dumpb(value, text, len, JSON_COMPACT | JSON_ENCODE_ANY);
    return text;
}

int request_form_of_json(struct request *request, struct error *err)
{
    if (!is_json_type(request->media_type))
        return 0;
    json_auto_t *json = json_loadb(request->body, request->body_len, JSON_REJECT_DUPLICATES, NULL);
    const char *name;
    json_t *value;
    if (json_object_size(json) > LIMIT_FORM_PAIRS)
        return error_set(err, ERROR_TOO_LARGE, "the body has more than %d members",
                         LIMIT_FORM_PAIRS);
    json_object_foreach(json, name, value)
    {
        if (json_is_null(value))
            continue;
        fields_add(&request->form, request->arena, arena_strdup(request->arena, name),
                   field_text(value, request->arena));
    }
    return 0;
}

const struct fields *request_fields(const struct request *request)
{
    return request->method == HTTP_GET || request->method == HTTP_HEAD ? &request->query
                                                                       : &request->form;
}
