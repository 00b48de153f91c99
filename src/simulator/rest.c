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
#include "rest_recordings.h"
#include "rest_transcriptions.h"

enum {
    HOLES_MAX = 2,
    SLOWEST_MS = 60 * 1000,
    CODE_AUTH = 20003,
    CODE_METHOD = 20004,
    CODE_PARAMETER = 20001,
    CODE_NOT_FOUND = 20404,
    CODE_TOO_MANY = 20429,
    CODE_INTERNAL = 20500,
};

static const char prefix[] = REST_PREFIX;

/* `{}` stands for a SID; the first that fits counts. */
static const struct {
    const char *method;
    const char *path;
    rest_fn *handle;
} routes[] = {
    {"POST",   "/Calls.json",                           rest_calls_create                   },
    {"GET",    "/Calls.json",                           rest_calls_list                     },
    {"POST",   "/Calls/{}.json",                        rest_calls_update                   },
    {"GET",    "/Calls/{}.json",                        rest_calls_fetch                    },
    {"DELETE", "/Calls/{}.json",                        rest_calls_delete                   },
    {"POST",   "/Calls/{}/Recordings.json",             rest_recordings_start               },
    {"GET",    "/Calls/{}/Recordings.json",             rest_call_recordings_list           },
    {"POST",   "/Calls/{}/Recordings/{}.json",          rest_recordings_update              },
    {"GET",    "/Calls/{}/Recordings/{}.json",          rest_call_recordings_fetch          },
    {"DELETE", "/Calls/{}/Recordings/{}.json",          rest_call_recordings_delete         },
    {"GET",    "/Recordings.json",                      rest_recordings_list                },
    {"GET",    "/Recordings/{}.json",                   rest_recordings_fetch               },
    {"DELETE", "/Recordings/{}.json",                   rest_recordings_delete              },
    {"GET",    "/Recordings/{}/Transcriptions.json",    rest_recording_transcriptions_list  },
    {"GET",    "/Recordings/{}/Transcriptions/{}.json", rest_recording_transcriptions_fetch },
    {"DELETE", "/Recordings/{}/Transcriptions/{}.json", rest_recording_transcriptions_delete},
    {"GET",    "/Transcriptions.json",                  rest_transcriptions_list            },
    {"GET",    "/Transcriptions/{}.json",               rest_transcriptions_fetch           },
    {"DELETE", "/Transcriptions/{}.json",               rest_transcriptions_delete          },
    {"POST",   "/Calls/{}/Transcriptions.json",         rest_live_start                     },
    {"POST",   "/Calls/{}/Transcriptions/{}.json",      rest_live_update                    },
    {"GET",    "/Recordings/{}.wav",                    rest_media_wav                      },
    {"GET",    "/Recordings/{}.mp3",                    rest_media_mp3                      },
    {"GET",    "/Recordings/{}",                        rest_media_wav                      },
    {"GET",    ".json",                                 rest_account_fetch                  },
    {"GET",    "/Applications.json",                    rest_apps_list                      },
    {"GET",    "/Applications/{}.json",                 rest_apps_fetch                     },
    {"POST",   "/Applications/{}.json",                 rest_apps_update                    },
    {"GET",    "/IncomingPhoneNumbers.json",            rest_numbers_list                   },
    {"GET",    "/IncomingPhoneNumbers/{}.json",         rest_numbers_fetch                  },
    {"POST",   "/IncomingPhoneNumbers/{}.json",         rest_numbers_update                 },
    {"GET",    "/OutgoingCallerIds.json",               rest_caller_ids_list                },
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

int rest_no_such(struct rest *rest)
{
    return rest_refuse(rest, 404, CODE_NOT_FOUND, "The requested resource %s was not found",
                       rest->request->path);
}

bool rest_is_seen(const struct sim *sim, const struct rest *rest, struct sim_time created)
{
    return rest->unseen_ms == 0 || since_ms(sim, created) >= rest->unseen_ms;
}

/* ---- routing ---- */

/* Does `path` match `pattern`? What stands for its holes is copied out; a hole takes no slash, and not nothing. */
static bool
matches(const char *pattern, const char *path, struct arena *arena, const char *sids[HOLES_MAX])
{
    size_t holes = 0;
    while (*pattern) {
        if (strncmp(pattern, "{}", 2) != 0) {
            if (*pattern++ != *path++)
                return false;
            continue;
        }
        pattern += 2;
        size_t len = strcspn(path, "/");
        const char *end = strchr(pattern, '/');
        size_t behind = end ? (size_t)(end - pattern) : strlen(pattern); /* of the same segment */
        if (len <= behind || strncmp(path + len - behind, pattern, behind) != 0)
            return false;
        sids[holes++] = arena_copy(arena, path, len - behind);
        path += len - behind;
    }
    return *path == '\0';
}

static int process(struct sim *sim, struct rest *rest)
{
    const struct sim_request *request = rest->request;
    const char *path = request->path;
    if (!rest_auth_ok(sim, request->authorization))
        return rest_refuse(rest, 401, CODE_AUTH, "Authenticate");
    if (!text_starts_with(path, prefix))
        return rest_no_such(rest);
    path += strlen(prefix);
    size_t account = strcspn(path, "/.");
    if (account != strlen(sim->settings->account_sid) ||
        strncmp(path, sim->settings->account_sid, account) != 0)
        return rest_refuse(rest, 401, CODE_AUTH, "Authenticate");
    path += account;
    bool known = false;
    const char *sids[HOLES_MAX] = {NULL};
    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        if (!matches(routes[i].path, path, rest->arena, sids))
            continue;
        known = true;
        rest->sid = sids[0];
        rest->sub_sid = sids[1];
        if (strcmp(routes[i].method, request->method) == 0)
            return routes[i].handle(sim, rest);
    }
    return known ? rest_refuse(rest, 405, CODE_METHOD, "Method not allowed") : rest_no_such(rest);
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
