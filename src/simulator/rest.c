/*
 * The REST API of 2010-04-01: authentication, routing, errors, lists, and the faults that hit a
 * request.
 */
#include "rest.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "faults.h"
#include "leg.h"
#include "pending.h"
#include "rest_auth.h"
#include "rest_media.h"

enum {
    PAGE_SIZE = 50,
    PAGE_SIZE_MAX = 1000,
    SLOWEST_MS = 60 * 1000,
    CODE_AUTH = 20003,
    CODE_METHOD = 20004,
    CODE_PARAMETER = 20001,
    CODE_NOT_FOUND = 20404,
    CODE_TOO_MANY = 20429,
    CODE_INTERNAL = 20500,
};

static const char prefix[] = "/2010-04-01/Accounts/";

/* `{}` stands for a SID. */
static const struct {
    const char *method;
    const char *path;
    rest_fn *handle;
} routes[] = {
    {"POST",   "/Calls.json",                   rest_calls_create   },
    {"GET",    "/Calls.json",                   rest_calls_list     },
    {"POST",   "/Calls/{}.json",                rest_calls_update   },
    {"GET",    "/Calls/{}.json",                rest_calls_fetch    },
    {"DELETE", "/Calls/{}.json",                rest_calls_delete   },
    {"GET",    "/Recordings/{}.wav",            rest_media_wav      },
    {"GET",    "/Recordings/{}.mp3",            rest_media_mp3      },
    {"GET",    "/Recordings/{}",                rest_media_wav      },
    {"GET",    ".json",                         rest_account_fetch  },
    {"GET",    "/Applications.json",            rest_apps_list      },
    {"GET",    "/Applications/{}.json",         rest_apps_fetch     },
    {"POST",   "/Applications/{}.json",         rest_apps_update    },
    {"GET",    "/IncomingPhoneNumbers.json",    rest_numbers_list   },
    {"GET",    "/IncomingPhoneNumbers/{}.json", rest_numbers_fetch  },
    {"POST",   "/IncomingPhoneNumbers/{}.json", rest_numbers_update },
    {"GET",    "/OutgoingCallerIds.json",       rest_caller_ids_list},
};

/* ---- answers ---- */

int rest_answer(struct rest *rest, int status, json_t *json)
{
    rest->reply.status = status;
    rest->reply.json = json;
    return 0;
}

int rest_refuse(struct rest *rest, int status, int code, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    const char *message = arena_vprintf(rest->arena, format, values);
    va_end(values);
    rest->code = code;
    rest->reply.status = status;
    rest->reply.xml = rest_is_media(rest->request->path);
    rest->reply.json = json_pack(
        "{s:i, s:s, s:s, s:i}", "code", code, "message", message, "more_info",
        arena_printf(rest->arena, "https://www.twilio.com/docs/errors/%d", code), "status", status);
    return -1;
}

/* ---- lists ---- */

/* The query of a page: the filters as they were, then where it is. */
static const char *page_uri(const struct sim *sim,
                            const struct rest *rest,
                            const char *resource,
                            size_t page_size,
                            size_t page,
                            const char *token)
{
    auto_buf struct buf query;
    buf_init(&query, KiB(8));
    const struct fields *given = rest->request->query;
    struct fields kept = {0};
    for (size_t i = 0; i < given->count; i++)
        if (strcmp(given->items[i].name, "Page") != 0 &&
            strcmp(given->items[i].name, "PageToken") != 0 &&
            strcmp(given->items[i].name, "PageSize") != 0)
            fields_add(&kept, rest->arena, given->items[i].name, given->items[i].value);
    fields_add(&kept, rest->arena, "PageSize", arena_printf(rest->arena, "%zu", page_size));
    fields_add(&kept, rest->arena, "Page", arena_printf(rest->arena, "%zu", page));
    if (token)
        fields_add(&kept, rest->arena, "PageToken", token);
    if (fields_encode(&query, &kept) < 0)
        return "";
    return arena_printf(rest->arena, "%s%s/%s.json?%s", prefix, sim->settings->account_sid,
                        resource, query.data);
}

static size_t find_token(const json_t *all, const char *token)
{
    for (size_t i = 0; i < json_array_size(all); i++) {
        const char *sid = json_string_value(json_object_get(json_array_get(all, i), "sid"));
        if (sid && strcmp(sid, token + 2) == 0)
            return i + 1;
    }
    return json_array_size(all);
}

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

int rest_list(
    struct sim *sim, struct rest *rest, const char *resource, const char *name, json_t *all)
{
    json_auto_t *items = all;
    int64_t size = PAGE_SIZE;
    int64_t page = 0;
    const char *given = fields_get(rest->request->query, "PageSize");
    if (given && !text_to_int64(given, 1, PAGE_SIZE_MAX, &size))
        return rest_refuse(rest, 400, 20007, "Page size must be 1 to %d", PAGE_SIZE_MAX);
    given = fields_get(rest->request->query, "Page");
    if (given && !text_to_int64(given, 0, INT32_MAX, &page))
        return rest_refuse(rest, 400, CODE_PARAMETER, "Page is not a number");
    const char *token = fields_get(rest->request->query, "PageToken");
    if (page > 0 && (token == NULL || !text_starts_with(token, "PA")))
        return rest_refuse(rest, 400, CODE_PARAMETER, "Page without PageToken");
    size_t begin = page > 0 ? find_token(items, token) : 0;
    size_t total = json_array_size(items);
    json_t *some = json_array();
    for (size_t i = begin; i < total && i < begin + (size_t)size; i++)
        json_array_append(some, json_array_get(items, i));
    size_t end = begin + json_array_size(some);
    const char *next = NULL;
    if (end < total) {
        const json_t *last = json_array_get(some, json_array_size(some) - 1);
        next = page_uri(
            sim, rest, resource, (size_t)size, (size_t)page + 1,
            arena_printf(rest->arena, "PA%s", json_string_value(json_object_get(last, "sid"))));
    }
    return rest_answer(
        rest, 200,
        json_pack("{s:o, s:I, s:I, s:I, s:I, s:s, s:s, s:o, s:n}", name, some, "page",
                  (json_int_t)page, "page_size", (json_int_t)size, "start", (json_int_t)begin,
                  "end", (json_int_t)(end > 0 ? end - 1 : 0), "uri",
                  page_uri(sim, rest, resource, (size_t)size, (size_t)page, token),
                  "first_page_uri", page_uri(sim, rest, resource, (size_t)size, 0, NULL),
                  "next_page_uri", text_or_null(next), "previous_page_uri"));
}

/* ---- routing ---- */

/* Does `rest_of_path` match `pattern`? The SID is copied out. */
static bool matches(const char *pattern, const char *path, struct arena *arena, const char **sid)
{
    const char *hole = strstr(pattern, "{}");
    if (hole == NULL)
        return strcmp(pattern, path) == 0;
    size_t before = (size_t)(hole - pattern);
    size_t after = strlen(hole + 2);
    size_t len = strlen(path);
    if (len <= before + after || strncmp(pattern, path, before) != 0 ||
        strcmp(path + len - after, hole + 2) != 0 ||
        memchr(path + before, '/', len - before - after))
        return false;
    *sid = arena_copy(arena, path + before, len - before - after);
    return true;
}

static int no_such_resource(struct rest *rest)
{
    return rest_refuse(rest, 404, CODE_NOT_FOUND, "The requested resource %s was not found",
                       rest->request->path);
}

static int process(struct sim *sim, struct rest *rest)
{
    const struct sim_request *request = rest->request;
    const char *path = request->path;
    if (!rest_auth_ok(sim, request->authorization))
        return rest_refuse(rest, 401, CODE_AUTH, "Authenticate");
    if (!text_starts_with(path, prefix))
        return no_such_resource(rest);
    path += strlen(prefix);
    size_t account = strcspn(path, "/.");
    if (account != strlen(sim->settings->account_sid) ||
        strncmp(path, sim->settings->account_sid, account) != 0)
        return rest_refuse(rest, 401, CODE_AUTH, "Authenticate");
    path += account;
    bool known = false;
    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        if (!matches(routes[i].path, path, rest->arena, &rest->sid))
            continue;
        known = true;
        if (strcmp(routes[i].method, request->method) == 0)
            return routes[i].handle(sim, rest);
    }
    return known ? rest_refuse(rest, 405, CODE_METHOD, "Method not allowed")
                 : no_such_resource(rest);
}

/* ---- what was asked ---- */

static json_t *form_json(const struct fields *form)
{
    json_t *json = json_object();
    for (size_t i = 0; i < form->count; i++) {
        json_t *value = json_string(form->items[i].value);
        json_t *first = json_object_get(json, form->items[i].name);
        if (json_is_array(first))
            json_array_append_new(first, value);
        else if (first)
            json_object_set_new(json, form->items[i].name, json_pack("[O, o]", first, value));
        else
            json_object_set_new(json, form->items[i].name, value);
    }
    return json;
}

static void remember(struct sim *sim, const struct rest *rest, int status)
{
    const struct fault_effect *effect = &rest->effect;
    json_t *entry = json_pack("{s:s, s:s, s:s, s:o, s:i, s:i}", "method", rest->request->method,
                              "target", rest->request->target, "user",
                              rest_auth_user(rest->arena, rest->request->authorization), "form",
                              form_json(rest->request->form), "status", status, "code", rest->code);
    world_stamp(sim, sim->now, entry);
    if (effect->kind != FAULT_NONE)
        json_object_set_new(entry, "fault", json_string(fault_name(effect->kind)));
    if (rest->created)
        json_object_set_new(entry, "call_sid", json_string(rest->created->sid));
    json_array_append_new(sim->requests, entry);
    if (json_array_size(sim->requests) > REQUESTS_MAX)
        json_array_remove(sim->requests, 0);
}

static bool refused_by_fault(struct rest *rest)
{
    const struct fault_effect *effect = &rest->effect;
    if (effect->kind == FAULT_RATE_LIMIT) {
        rest_refuse(rest, 429, CODE_TOO_MANY, "Too Many Requests");
        rest->reply.retry_after_s = effect->retry_after_s;
        return true;
    }
    if (effect->processed)
        return false;
    if (effect->kind == FAULT_SERVER_ERROR)
        rest_refuse(rest, effect->status, CODE_INTERNAL, "An internal server error has occurred");
    if (effect->kind == FAULT_RESET)
        rest->reply.abort = true;
    rest->reply.html = effect->html;
    return effect->kind == FAULT_SERVER_ERROR || effect->kind == FAULT_RESET;
}

static void spoil(struct rest *rest)
{
    const struct fault_effect *effect = &rest->effect;
    if (effect->kind == FAULT_RESET)
        rest->reply.abort = true;
    if (effect->kind != FAULT_SERVER_ERROR)
        return;
    json_decref(rest->reply.json);
    rest_refuse(rest, effect->status, CODE_INTERNAL, "An internal server error has occurred");
    rest->reply.html = effect->html;
}

static void take_fault(struct sim *sim, struct rest *rest)
{
    const struct sim_request *request = rest->request;
    const struct fault_subject subject = {
        .target = FAULT_REST,
        .method = request->method,
        .url = request->target,
        .fields = strcmp(request->method, "POST") == 0 ? request->form : request->query,
    };
    rest->effect = faults_take(sim, &subject, rest->arena);
    rest->unseen_ms = rest->effect.kind == FAULT_STALE ? rest->effect.delay_ms : 0;
}

void rest_handle(struct sim *sim,
                 const struct sim_request *request,
                 sim_reply_fn *reply,
                 void *context)
{
    auto_arena struct arena *arena = arena_create();
    struct rest rest = {.request = request, .arena = arena};
    bool media = rest_is_media(request->path); /* has faults of its own */
    world_sid(sim, "RQ", rest.reply.request_id);
    if (!media)
        take_fault(sim, &rest);
    if (media) {
        process(sim, &rest);
    } else if (!refused_by_fault(&rest)) {
        process(sim, &rest);
        spoil(&rest);
    }
    remember(sim, &rest, rest.reply.abort ? 0 : rest.reply.status);
    if (rest.effect.kind == FAULT_SLOW)
        pending_delay(sim, &rest.reply, rest.effect.delay_ms, reply, context);
    else if (rest.effect.kind == FAULT_CALLBACK_FIRST && rest.created)
        pending_after_callback(sim, &rest.reply, rest.created, SLOWEST_MS, reply, context);
    else
        reply(context, &rest.reply);
}
