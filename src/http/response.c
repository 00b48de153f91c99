#include "http/response.h"

#include <string.h>

#include "core/text.h"

void response_header(struct response *response, const char *name, const char *value)
{
    ASSERT(response->header_count < RESPONSE_HEADERS_MAX);
    response->headers[response->header_count++] =
        (struct response_header){.name = name, .value = value};
}

bool response_has_header(const struct response *response, const char *name)
{
    for (size_t i = 0; i < response->header_count; i++)
        if (text_equal_nocase(response->headers[i].name, name))
            return true;
    return false;
}

void response_body(
    struct response *response, int status, const char *content_type, const char *body, size_t len)
{
    response->status = status;
    response->content_type = content_type;
    response->body = body;
    response->body_len = len;
}

void response_text(struct response *response,
                   int status,
                   const char *content_type,
                   const char *text)
{
    response_body(response, status, content_type, text, strlen(text));
}

void response_length(struct response *response, int status, const char *content_type, size_t len)
{
    response_body(response, status, content_type, NULL, len);
}

void response_empty(struct response *response, int status)
{
    response_body(response, status, NULL, NULL, 0);
}

void response_abort(struct response *response)
{
    response->abort = true;
}

/* json_dumpb wants the room first: one guess for most answers, the exact size for the others. */
static const char *dump(struct arena *arena, json_t *json, size_t *len)
{
    enum { USUAL_BYTES = 1024, FLAGS = JSON_COMPACT | JSON_REAL_PRECISION(15) };
    size_t room = USUAL_BYTES;
    for (;;) {
        char *text = arena_alloc(arena, room + 1);
        *len = json_dumpb(json, text, room, FLAGS);
        if (*len == 0)
            return NULL;
        if (*len <= room)
            return text;
        room = *len;
    }
}

void response_json(const struct request *request,
                   struct response *response,
                   int status,
                   json_t *json)
{
    const char *text = NULL;
    size_t len = 0;
    if (json != NULL)
        text = dump(request->arena, json, &len);
    json_decref(json);
    if (text == NULL) /* no memory is ended elsewhere: this is text that is not UTF-8 */
        response_text(response, 500, "application/json", "{}");
    else
        response_body(response, status, "application/json", text, len);
}
