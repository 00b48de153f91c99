/*
 * Connections, tokens and registrations.
 *
 * Frames both ways are JSON texts, {"type": "...", "version": "1.6", "payload": {...}}, but for the
 * beat, which is a line feed: ours is answered by the browser's, and whoever has said nothing for
 * three beats is gone.
 */
#include "device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "core/xmalloc.h"
#include "device_call.h"

enum {
    SILENT_BEATS = 3,
    USER_AGENT_BYTES = 256,
    CLOSE_NORMAL = 1000,
    CLOSE_SILENT = 1001,
};

/* ---- saying ---- */

void device_say(struct sim *sim, struct device *device, const char *type, json_t *payload)
{
    ASSERT(payload != NULL);
    json_auto_t *message =
        json_pack("{s:s, s:s, s:o}", "type", type, "version", "1.6", "payload", payload);
    if (device->leaving)
        return;
    auto_free char *text = json_dumps(message, JSON_COMPACT);
    ASSERT(text != NULL);
    sim->ports.say(sim->ports.context, device->peer, text, strlen(text));
}

void device_say_error(struct sim *sim, struct device *device, int code, const char *message)
{
    device_tell(sim, device, "is told: error %d, %s", code, message);
    device_say(sim, device, "error",
               json_pack("{s:{s:i, s:s}}", "error", "code", code, "message", message));
}

void device_close(struct sim *sim, struct device *device, int code)
{
    if (device->leaving)
        return;
    device->leaving = true;
    device->registered = false;
    sim->ports.hang_up(sim->ports.context, device->peer, code);
}

void device_tell(struct sim *sim, const struct device *device, const char *format, ...)
{
    if (sim->ports.tell == NULL)
        return;
    char what[512];
    char line[768];
    va_list values;
    va_start(values, format);
    (void)vsnprintf(what, sizeof(what), format, values);
    va_end(values);
    int64_t ms = since_ms(sim, sim->started);
    (void)snprintf(line, sizeof(line), "%7lld.%03lld  browser %llu (%s)  %s",
                   (long long)(ms / 1000), (long long)(ms % 1000),
                   (unsigned long long)device->number,
                   device->listens ? device->grant.identity : "nobody yet", what);
    sim->ports.tell(sim->ports.context, line);
}

/* ---- living ---- */

static void on_beat(struct sim *sim, void *context)
{
    struct device *device = context;
    int64_t beat_ms = sim->settings->heartbeat_ms;
    int64_t silent_ms = sim->now.real_ms - device->heard_ms;
    int64_t unknown_ms = device->listens ? 0 : sim->now.real_ms - device->since.real_ms;
    if (silent_ms >= SILENT_BEATS * beat_ms || unknown_ms >= SILENT_BEATS * beat_ms) {
        device_tell(sim, device, "%s for three beats, and is cut off",
                    device->listens ? "has been silent" : "has not said who it is");
        device_close(sim, device, CLOSE_SILENT);
        return;
    }
    sim->ports.say(sim->ports.context, device->peer, "\n", 1);
    timer_arm(&sim->real_timers, &device->beat, sim->now.real_ms + beat_ms, on_beat, device);
}

struct device *device_create(struct sim *sim, void *peer)
{
    if (sim->device_count >= DEVICES_MAX)
        return NULL;
    struct device *device = xcalloc(1, sizeof(*device));
    device->peer = peer;
    device->number = ++sim->devices_ever;
    device->since = sim->now;
    device->heard_ms = sim->now.real_ms;
    device->next = sim->devices;
    if (sim->devices)
        sim->devices->previous = device;
    sim->devices = device;
    sim->device_count++;
    timer_arm(&sim->real_timers, &device->beat, sim->now.real_ms + sim->settings->heartbeat_ms,
              on_beat, device);
    return device;
}

static void device_free(struct sim *sim, struct device *device)
{
    if (device->previous)
        device->previous->next = device->next;
    else
        sim->devices = device->next;
    if (device->next)
        device->next->previous = device->previous;
    sim->device_count--;
    timer_cancel(&sim->real_timers, &device->beat);
    timer_cancel(&sim->real_timers, &device->expiry);
    device_grant_release(&device->grant);
    free(device->user_agent);
    free(device);
}

void device_gone(struct sim *sim, struct device *device, bool for_good)
{
    device->registered = false;
    device->leaving = true;
    device_tell(sim, device, "%s", for_good ? "has left" : "is gone");
    device_call_lose(sim, device, for_good);
    device_free(sim, device);
}

void devices_free(struct sim *sim)
{
    while (sim->devices)
        device_free(sim, sim->devices);
}

/* ---- tokens ---- */

/* Twilio leaves an established call alone; only nothing new can be done with the token. */
static void on_expiry(struct sim *sim, void *context)
{
    struct device *device = context;
    device->expired = true;
    device_say_error(sim, device, SIGNAL_EXPIRED, "AccessTokenExpired: the token has expired");
    if (!device->registered)
        return;
    device->registered = false;
    device_say(sim, device, "offline", json_object());
}

/* The SDK gives up after `close`, and its register() is rejected; without it, it would come again for ever. */
static void turn_away(struct sim *sim, struct device *device, const struct error *err)
{
    device_say_error(sim, device, err->twilio_code, err->message);
    device_say(sim, device, "close", json_object());
    device_close(sim, device, CLOSE_NORMAL);
}

static void introduce(struct device *device, const json_t *payload)
{
    const json_t *browser = json_object_get(json_object_get(payload, "browserinfo"), "browser");
    const char *agent = json_string_value(json_object_get(browser, "userAgent"));
    size_t len = agent ? strlen(agent) : 0;
    if (device->user_agent || len == 0 || len > USER_AGENT_BYTES)
        return;
    device->user_agent = xstrdup(agent);
}

static void greet(struct sim *sim, struct device *device)
{
    json_int_t ttl_s = (device->grant.expires_ms - sim->now.wall_ms + 500) / 1000;
    device_say(sim, device, "connected",
               json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:I}}", "region", "US_EAST_VIRGINIA", "edge",
                         "ashburn", "home", "us1", "gateway", "switchhook-sim", "token", "identity",
                         device->grant.identity, "ttl", ttl_s > 0 ? ttl_s : 0));
}

static void on_listen(struct sim *sim, struct device *device, const json_t *payload)
{
    struct error err = {0};
    struct device_grant grant = {0};
    const char *token = json_string_value(json_object_get(payload, "token"));
    introduce(device, payload);
    if (device_token_read(sim, token ? token : "", &grant, &err) < 0) {
        turn_away(sim, device, &err);
        return;
    }
    bool another = device->listens && strcmp(device->grant.identity, grant.identity) != 0;
    if (another || !grant.incoming)
        device->registered = false; /* it registered as somebody else, or was allowed to */
    device_grant_release(&device->grant);
    device->grant = grant;
    device->listens = true;
    device->expired = false;
    timer_arm(&sim->real_timers, &device->expiry,
              sim->now.real_ms + grant.expires_ms - sim->now.wall_ms, on_expiry, device);
    device_tell(sim, device, "shows a token that lives for %lld s more",
                (long long)(grant.expires_ms - sim->now.wall_ms) / 1000);
    greet(sim, device);
}

/* ---- registrations ---- */

bool device_answers_to(const struct device *device, const char *address)
{
    return device->registered && text_starts_with(address, "client:") &&
           strcmp(address + strlen("client:"), device->grant.identity) == 0;
}

bool device_is_registered(const struct sim *sim, const char *address)
{
    for (const struct device *device = sim->devices; device; device = device->next)
        if (device_answers_to(device, address))
            return true;
    return false;
}

/* Twilio rings ten at most; who registered longest ago is dropped. */
static void make_room(struct sim *sim, const struct device *newest)
{
    size_t count = 0;
    struct device *oldest = NULL;
    for (struct device *other = sim->devices; other; other = other->next) {
        if (!other->registered || strcmp(other->grant.identity, newest->grant.identity) != 0)
            continue;
        count++;
        if (oldest == NULL || other->registered_as < oldest->registered_as)
            oldest = other;
    }
    if (count <= REGISTERED_MAX)
        return;
    oldest->registered = false;
    device_tell(sim, oldest, "is no longer registered: %d newer ones are", REGISTERED_MAX);
    device_say(sim, oldest, "offline", json_object());
}

static void unregister(struct sim *sim, struct device *device)
{
    if (device->registered)
        device_tell(sim, device, "%s", "unregisters");
    device->registered = false;
    device_say(sim, device, "offline", json_object());
}

static void on_register(struct sim *sim, struct device *device, const json_t *payload)
{
    const json_t *audio = json_object_get(json_object_get(payload, "media"), "audio");
    if (!json_is_true(audio)) {
        unregister(sim, device);
        return;
    }
    if (!device->grant.incoming) {
        device_say_error(sim, device, SIGNAL_NOT_AUTHORIZED,
                         "the token does not allow incoming calls");
        return;
    }
    if (!device->registered) {
        device->registered = true;
        device->registered_as = ++sim->registrations_ever;
        device_tell(sim, device, "%s", "registers");
        make_room(sim, device);
    }
    device_say(sim, device, "ready", json_object());
}

/* ---- hearing ---- */

/* What each message needs: nothing, or a token that was taken, or one that has not expired either. */
enum need { NEEDS_NOTHING, NEEDS_IDENTITY, NEEDS_VALID_TOKEN };

static const struct {
    const char *type;
    enum need need;
    device_message_fn *hear;
} messages[] = {
    {"listen",   NEEDS_NOTHING,     on_listen         },
    {"register", NEEDS_VALID_TOKEN, on_register       },
    {"invite",   NEEDS_IDENTITY,    device_on_invite  },
    {"answer",   NEEDS_IDENTITY,    device_on_answer  },
    {"hangup",   NEEDS_IDENTITY,    device_on_hangup  },
    {"reject",   NEEDS_IDENTITY,    device_on_reject  },
    {"dtmf",     NEEDS_IDENTITY,    device_on_dtmf    },
    {"reinvite", NEEDS_IDENTITY,    device_on_reinvite},
    {"message",  NEEDS_IDENTITY,    device_on_message },
};

/* Established calls outlive their token, so what is said about calls needs none that is valid. */
static bool may(struct sim *sim, struct device *device, enum need need)
{
    if (need == NEEDS_NOTHING)
        return true;
    if (!device->listens)
        device_say_error(sim, device, SIGNAL_BAD_TOKEN, "the first message must be listen");
    else if (device->expired && need == NEEDS_VALID_TOKEN)
        device_say_error(sim, device, SIGNAL_EXPIRED, "the token has expired");
    else
        return true;
    return false;
}

static void hear(struct sim *sim, struct device *device, const json_t *message)
{
    const char *type = json_string_value(json_object_get(message, "type"));
    const json_t *payload = json_object_get(message, "payload");
    if (type == NULL || (payload && !json_is_object(payload))) {
        device_say_error(sim, device, SIGNAL_MALFORMED, "a message has a type and a payload");
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(messages); i++)
        if (strcmp(messages[i].type, type) == 0) {
            if (may(sim, device, messages[i].need))
                messages[i].hear(sim, device, payload);
            return;
        }
    device_say_error(sim, device, SIGNAL_MALFORMED, "no message has this type");
}

void device_heard(struct sim *sim, struct device *device, const char *text, size_t len)
{
    if (device->leaving)
        return;
    device->heard_ms = sim->now.real_ms;
    if (len == 1 && *text == '\n')
        return;
    json_auto_t *message = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(message))
        hear(sim, device, message);
    else
        device_say_error(sim, device, SIGNAL_MALFORMED, "a message is a JSON object");
}

size_t devices_break(struct sim *sim, const char *identity)
{
    size_t count = 0;
    for (struct device *device = sim->devices; device; device = device->next)
        if (device->listens && !device->leaving && strcmp(device->grant.identity, identity) == 0) {
            device_tell(sim, device, "%s", "loses its connection");
            device_close(sim, device, 0);
            count++;
        }
    return count;
}

/* ---- the truth ---- */

static json_t *device_json(const struct sim *sim, const struct device *device)
{
    json_t *json = json_object();
    world_stamp(sim, device->since, json);
    json_object_set_new(json, "browser", json_integer((json_int_t)device->number));
    json_object_set_new(json, "identity",
                        device->listens ? json_string(device->grant.identity) : json_null());
    json_object_set_new(json, "registered", json_boolean(device->registered));
    json_object_set_new(json, "expired", json_boolean(device->expired));
    json_object_set_new(json, "calls", device_call_list(device));
    json_object_set_new(json, "user_agent",
                        device->user_agent ? json_string(device->user_agent) : json_null());
    return json;
}

json_t *devices_json(const struct sim *sim)
{
    json_t *list = json_array();
    for (const struct device *device = sim->devices; device; device = device->next)
        json_array_append_new(list, device_json(sim, device));
    return list;
}
