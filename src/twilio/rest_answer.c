/*
 * Answers of Twilio's REST API: a row for each member of the JSON that we keep.
 *
 * Twilio adds members without notice, so unknown ones are passed over; members are null until they
 * are known.
 */
#include "twilio/rest_answer.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include "core/limits.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "twilio/rest_recordings.h"

/* What becomes of a member. */
enum member_form {
    MEMBER_TEXT,   /* const char * */
    MEMBER_TIME,   /* int64_t ms, from RFC 2822 */
    MEMBER_NUMBER, /* int64_t, from a string or a number; -1 for null */
};

struct member {
    const char *name;
    enum member_form form;
    size_t offset;
};

/* clang-format off */
#define TEXT(name) {#name, MEMBER_TEXT, offsetof(struct OUTPUT, name)}
#define TIME(name, member) {#name, MEMBER_TIME, offsetof(struct OUTPUT, member)}
#define NUMBER(name, member) {#name, MEMBER_NUMBER, offsetof(struct OUTPUT, member)}

#define OUTPUT rest_call
static const struct member call_members[] = {
    TEXT(sid),
    TEXT(parent_call_sid),
    TEXT(account_sid),
    TEXT(phone_number_sid),
    TEXT(status),
    TEXT(direction),
    TEXT(from),
    TEXT(to),
    TEXT(forwarded_from),
    TEXT(caller_name),
    TEXT(answered_by),
    TEXT(price),
    TEXT(price_unit),
    TIME(date_created, created_at_ms),
    TIME(date_updated, updated_at_ms),
    TIME(start_time, started_at_ms),
    TIME(end_time, ended_at_ms),
    NUMBER(duration, duration_s),
    NUMBER(queue_time, queue_time_ms),
};
#undef OUTPUT

#define OUTPUT rest_recording
static const struct member recording_members[] = {
    TEXT(sid),
    TEXT(account_sid),
    TEXT(call_sid),
    TEXT(conference_sid),
    TEXT(status),
    TEXT(source),
    TEXT(track),
    TEXT(media_url),
    TEXT(price),
    TEXT(price_unit),
    TIME(date_created, created_at_ms),
    TIME(date_updated, updated_at_ms),
    TIME(start_time, started_at_ms),
    NUMBER(duration, duration_s),
    NUMBER(channels, channels),
    NUMBER(error_code, error_code),
};
#undef OUTPUT

#define OUTPUT rest_account_info
static const struct member account_members[] = {
    TEXT(sid),
    TEXT(status),
    TEXT(type),
    TEXT(friendly_name),
};
#undef OUTPUT

#define OUTPUT rest_application
static const struct member application_members[] = {
    TEXT(sid),
    TEXT(friendly_name),
    TEXT(voice_url),
    TEXT(voice_method),
    TEXT(voice_fallback_url),
    TEXT(voice_fallback_method),
    TEXT(status_callback),
    TEXT(status_callback_method),
};
#undef OUTPUT

#define OUTPUT rest_number
static const struct member number_members[] = {
    TEXT(sid),
    TEXT(phone_number),
    TEXT(friendly_name),
    TEXT(voice_application_sid),
    TEXT(voice_url),
    TEXT(voice_method),
    TEXT(voice_fallback_url),
    TEXT(voice_fallback_method),
    TEXT(status_callback),
    TEXT(status_callback_method),
};
#undef OUTPUT
/* clang-format on */

/* One kind of resource. Every struct above begins with its SID. */
struct resource {
    const char *what; /* for messages */
    const char *sid_prefix;
    const struct member *members;
    size_t member_count;
    size_t bytes;
};

static const struct resource call_resource = {"call", "CA", call_members, ARRAY_LEN(call_members),
                                              sizeof(struct rest_call)};
static const struct resource recording_resource = {"recording", "RE", recording_members,
                                                   ARRAY_LEN(recording_members),
                                                   sizeof(struct rest_recording)};
static const struct resource account_resource = {
    "account", "AC", account_members, ARRAY_LEN(account_members), sizeof(struct rest_account_info)};
static const struct resource application_resource = {"application", "AP", application_members,
                                                     ARRAY_LEN(application_members),
                                                     sizeof(struct rest_application)};
static const struct resource number_resource = {
    "phone number", "PN", number_members, ARRAY_LEN(number_members), sizeof(struct rest_number)};

/* Null and absent are ""; Twilio writes some numbers as strings, its imitators do not. */
static const char *member_text(const json_t *value, struct arena *arena)
{
    if (json_is_string(value))
        return arena_copy(arena, json_string_value(value), json_string_length(value));
    if (json_is_integer(value))
        return arena_printf(arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    if (json_is_real(value)) /* the price of a recording, which is described as a number */
        return arena_printf(arena, "%.10g", json_real_value(value));
    return "";
}

static void
read_member(const struct member *member, const json_t *value, struct arena *arena, char *out)
{
    const char *text = member_text(value, arena);
    int64_t number = member->form == MEMBER_NUMBER ? -1 : 0;
    switch (member->form) {
    case MEMBER_TEXT:
        memcpy(out + member->offset, &text, sizeof text);
        return;
    case MEMBER_TIME:
        (void)time_from_rfc2822(text, &number);
        break;
    case MEMBER_NUMBER:
        (void)text_to_int64(text, 0, INT64_MAX, &number);
        break;
    }
    memcpy(out + member->offset, &number, sizeof number);
}

static int read_resource(const struct resource *resource,
                         const json_t *json,
                         struct arena *arena,
                         void *out,
                         struct error *err)
{
    const char *sid = json_string_value(json_object_get(json, "sid"));
    if (!text_is_sid(sid, resource->sid_prefix))
        return error_set(err, ERROR_UPSTREAM, "Twilio's answer is no %s", resource->what);
    for (size_t i = 0; i < resource->member_count; i++) {
        const struct member *member = &resource->members[i];
        read_member(member, json_object_get(json, member->name), arena, out);
    }
    return 0;
}

/* Ends as a reference of the caller's, or NULL with err set. */
static json_t *parse(const char *body, size_t len, struct error *err)
{
    json_error_t problem;
    json_t *json = NULL;
    if (len <= LIMIT_REST_REPLY_BYTES)
        json = json_loadb(body, len, JSON_REJECT_DUPLICATES, &problem);
    if (json == NULL)
        (void)error_set(err, ERROR_UPSTREAM, "Twilio's answer of %zu bytes is no JSON", len);
    return json;
}

static int read_one(const struct resource *resource,
                    const char *body,
                    size_t len,
                    struct arena *arena,
                    void *out,
                    struct error *err)
{
    json_auto_t *json = parse(body, len, err);
    if (json == NULL)
        return -1;
    void *whole = arena_alloc(arena, resource->bytes);
    if (read_resource(resource, json, arena, whole, err) < 0)
        return -1;
    memcpy(out, whole, resource->bytes);
    return 0;
}

/* A list: the array under one of two names, and where it goes on. */
struct page {
    void *items;
    size_t count;
    const char *next_page_uri;
};

static int read_page(const struct resource *resource,
                     const json_t *json,
                     const json_t *array,
                     struct arena *arena,
                     struct page *out,
                     struct error *err)
{
    if (!json_is_array(array))
        return error_set(err, ERROR_UPSTREAM, "Twilio's answer is no list of %ss", resource->what);
    size_t count = json_array_size(array);
    char *items = arena_alloc(arena, count * resource->bytes);
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(array, i);
        if (read_resource(resource, item, arena, items + i * resource->bytes, err) < 0)
            return -1;
    }
    const char *next = member_text(json_object_get(json, "next_page_uri"), arena);
    *out = (struct page){items, count, next};
    return 0;
}

int rest_read_call(
    const char *body, size_t len, struct arena *arena, struct rest_call *out, struct error *err)
{
    return read_one(&call_resource, body, len, arena, out, err);
}

int rest_read_calls(const char *body,
                    size_t len,
                    struct arena *arena,
                    struct rest_call_page *out,
                    struct error *err)
{
    struct page page = {0};
    json_auto_t *json = parse(body, len, err);
    const json_t *array = json_object_get(json, "calls");
    if (json == NULL || read_page(&call_resource, json, array, arena, &page, err) < 0)
        return -1;
    *out = (struct rest_call_page){page.items, page.count, page.next_page_uri};
    return 0;
}

int rest_read_recording(const char *body,
                        size_t len,
                        struct arena *arena,
                        struct rest_recording *out,
                        struct error *err)
{
    return read_one(&recording_resource, body, len, arena, out, err);
}

int rest_read_recordings(const char *body,
                         size_t len,
                         struct arena *arena,
                         struct rest_recording_page *out,
                         struct error *err)
{
    struct page page = {0};
    json_auto_t *json = parse(body, len, err);
    const json_t *array = json_object_get(json, "recordings");
    if (json == NULL || read_page(&recording_resource, json, array, arena, &page, err) < 0)
        return -1;
    *out = (struct rest_recording_page){page.items, page.count, page.next_page_uri};
    return 0;
}

int rest_read_account(const char *body,
                      size_t len,
                      struct arena *arena,
                      struct rest_account_info *out,
                      struct error *err)
{
    return read_one(&account_resource, body, len, arena, out, err);
}

int rest_read_application(const char *body,
                          size_t len,
                          struct arena *arena,
                          struct rest_application *out,
                          struct error *err)
{
    return read_one(&application_resource, body, len, arena, out, err);
}

int rest_read_numbers(const char *body,
                      size_t len,
                      struct arena *arena,
                      struct rest_number_page *out,
                      struct error *err)
{
    struct page page = {0};
    json_auto_t *json = parse(body, len, err);
    const json_t *array = json_object_get(json, "incoming_phone_numbers");
    if (array == NULL)
        array = json_object_get(json, "outgoing_caller_ids");
    if (json == NULL || read_page(&number_resource, json, array, arena, &page, err) < 0)
        return -1;
    *out = (struct rest_number_page){page.items, page.count, page.next_page_uri};
    return 0;
}
