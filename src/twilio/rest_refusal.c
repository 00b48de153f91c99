/*
 * Refusals: three shapes of body, one meaning.
 */
#include "twilio/rest_refusal.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/limits.h"
#include "core/text.h"

/* Twilio's media server did not answer: as good as a 5xx, though it is spelt as the client's. */
enum { STATUS_TIMEOUT = 408 };

enum { CODE_MAX = 999999, CODE_CREDENTIALS = 20003, CODE_STATE = 21220, CODE_NOT_FOUND = 20404 };

/* A number, or (by imitators) its text. */
static int read_code(const json_t *value)
{
    int64_t code = json_is_integer(value) ? json_integer_value(value) : 0;
    if (json_is_string(value))
        (void)text_to_int64(json_string_value(value), 1, CODE_MAX, &code);
    return code > 0 && code <= CODE_MAX ? (int)code : 0;
}

/* The first of the members that is a text with something in it. */
static const char *read_text(const json_t *json, struct arena *arena, const char *const *names)
{
    for (; *names != NULL; names++) {
        const char *text = json_string_value(json_object_get(json, *names));
        if (!text_is_empty(text))
            return arena_strdup(arena, text);
    }
    return "";
}

static enum rest_retry retry_of(int http_status)
{
    if (http_status == 429)
        return REST_RETRY_SAFE;
    return http_status >= 500 || http_status == STATUS_TIMEOUT ? REST_RETRY_IF_IDEMPOTENT
                                                               : REST_RETRY_NEVER;
}

void rest_read_refusal(
    int http_status, const char *body, size_t len, struct arena *arena, struct rest_refusal *out)
{
    static const char *const message_names[] = {"message", "detail", "title", NULL};
    static const char *const info_names[] = {"more_info", "type", NULL};

    json_auto_t *json = NULL;
    if (len > 0 && len <= LIMIT_REST_REPLY_BYTES)
        json = json_loadb(body, len, 0, NULL);
    const char *message = read_text(json, arena, message_names);
    if (*message == '\0')
        message = arena_printf(arena, "HTTP status %d without an explanation", http_status);
    *out = (struct rest_refusal){
        .http_status = http_status,
        .code = read_code(json_object_get(json, "code")),
        .message = message,
        .more_info = read_text(json, arena, info_names),
        .retry = retry_of(http_status),
    };
}

/* The codes of a wrong number, URL or permission to call, whatever their status. */
static bool is_about_parameters(int code)
{
    return code >= 21000 && code < 22000;
}

enum error_kind rest_refusal_kind(const struct rest_refusal *refusal)
{
    int status = refusal->http_status;
    if (status < 400 || status >= 500 || status == STATUS_TIMEOUT ||
        refusal->code == CODE_CREDENTIALS)
        return ERROR_UPSTREAM;
    if (refusal->code == CODE_STATE || status == 409)
        return ERROR_CONFLICT;
    if (status == 429)
        return ERROR_RATE_LIMITED;
    if (is_about_parameters(refusal->code))
        return ERROR_REFUSED;
    if (status == 401 || status == 403)
        return ERROR_UPSTREAM;
    if (status == 404 || refusal->code == CODE_NOT_FOUND)
        return ERROR_NOT_FOUND;
    return ERROR_REFUSED;
}

int rest_refusal_error(const struct rest_refusal *refusal, struct error *err)
{
    const struct rest_explanation *known = rest_explain(refusal->code);
    enum error_kind kind = rest_refusal_kind(refusal);
    bool first = err != NULL && err->kind == ERROR_NONE;
    if (known != NULL)
        (void)error_set(err, kind, "%s %s (Twilio %d)", known->meaning, known->advice, known->code);
    else
        (void)error_set(err, kind, "Twilio (%d): %s", refusal->code, refusal->message);
    if (first && refusal->code != 0)
        error_add_twilio(err, refusal->code, refusal->message);
    return -1;
}
