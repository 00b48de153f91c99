/*
 * What two browsers say, as any bytes: each line of the input is a frame of one of them (its first byte says whose, or
 * that time passes, or that a connection breaks). %T is a token that is taken, %S the SID of the last call. The engine must
 * come through, and whatever it says is a JSON message or a beat.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/macros.h"
#include "simulator/engine.h"
#include "twilio/access_token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PEERS = 3, FRAME_BYTES = 64 * 1024, DELIVERIES_MAX = 64 };

struct world {
    struct arena *arena;
    struct sim *sim;
    struct sim_time now;
    struct device *devices[PEERS];
    bool closing[PEERS];
    struct delivery *waiting[DELIVERIES_MAX];
    size_t waiting_count;
    char call_sid[64];
};

static void send(void *context, const struct sim_outgoing *outgoing)
{
    struct world *world = context;
    ASSERT(world->waiting_count < DELIVERIES_MAX);
    world->waiting[world->waiting_count++] = outgoing->delivery;
}

static void say(void *context, void *peer, const char *text, size_t len)
{
    struct world *world = context;
    (void)peer;
    if (len == 1 && *text == '\n')
        return;
    json_auto_t *message = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    const json_t *payload = json_object_get(message, "payload");
    ASSERT(json_is_string(json_object_get(message, "type")) && json_is_object(payload));
    const char *sid = json_string_value(json_object_get(payload, "callsid"));
    if (sid && strlen(sid) < sizeof(world->call_sid))
        (void)snprintf(world->call_sid, sizeof(world->call_sid), "%s", sid);
}

static void hang_up(void *context, void *peer, int code)
{
    struct world *world = context;
    (void)code;
    world->closing[(bool *)peer - world->closing] = true;
}

/* Whatever was asked is answered: the first document rings bob. */
static void answer_all(struct world *world)
{
    static const char document[] = "<Response><Dial answerOnBridge=\"true\"><Client>bob</Client>"
                                   "</Dial><Gather><Say>Keys</Say></Gather></Response>";
    const struct sim_answer answer = {.kind = SIM_ANSWERED,
                                      .status = 200,
                                      .content_type = "text/xml",
                                      .body = document,
                                      .body_len = sizeof(document) - 1,
                                      .location = "",
                                      .set_cookie = "",
                                      .problem = ""};
    while (world->waiting_count > 0)
        sim_answered(world->sim, world->now, world->waiting[--world->waiting_count], &answer);
}

static void pass(struct world *world, int64_t ms)
{
    world->now.sim_ms += ms;
    world->now.real_ms += ms;
    world->now.wall_ms += ms;
    sim_advance(world->sim, world->now);
    answer_all(world);
}

static void leave(struct world *world, size_t i, enum sim_goodbye goodbye)
{
    struct device *device = world->devices[i];
    world->devices[i] = NULL;
    if (device)
        sim_disconnected(world->sim, world->now, device, goodbye);
}

static void come(struct world *world, size_t i)
{
    world->closing[i] = false;
    world->devices[i] = sim_connected(world->sim, world->now, &world->closing[i]);
    ASSERT(world->devices[i] != NULL);
}

/* %T and %S become what they stand for; everything else stays. */
static void
expand(const struct world *world, const char *token, const char *text, size_t len, struct buf *out)
{
    for (size_t i = 0; i < len; i++) {
        bool mark = text[i] == '%' && i + 1 < len;
        if (mark && text[i + 1] == 'T')
            (void)buf_puts(out, token), i++;
        else if (mark && text[i + 1] == 'S')
            (void)buf_puts(out, world->call_sid), i++;
        else
            (void)buf_append(out, &text[i], 1);
    }
}

static void hear(struct world *world, size_t i, const char *token, const char *text, size_t len)
{
    auto_buf struct buf frame;
    buf_init(&frame, FRAME_BYTES);
    expand(world, token, text, len, &frame);
    if (world->devices[i] == NULL)
        come(world, i);
    sim_heard(world->sim, world->now, world->devices[i], frame.data ? frame.data : "", frame.len);
    answer_all(world);
    if (world->closing[i])
        leave(world, i, SIM_SOCKET_BROKE);
}

static void play(struct world *world, const char *const tokens[PEERS], const char *line, size_t len)
{
    if (len == 0)
        return;
    unsigned what = (unsigned char)line[0];
    size_t i = what % PEERS;
    if (what == 't')
        pass(world, 1000);
    else if (what == 'T')
        pass(world, 20 * 1000);
    else if (what == 'b' || what == 'g')
        leave(world, len % PEERS, what == 'b' ? SIM_SOCKET_BROKE : SIM_PAGE_LEFT);
    else
        hear(world, i, tokens[i], line + 1, len - 1);
}

static const char *
token_of(struct world *world, const struct sim_settings *settings, const char *identity)
{
    const struct voice_grant voice = {.incoming_allow = true,
                                      .outgoing_application_sid = settings->app_sid};
    const struct access_token token = {.account_sid = settings->account_sid,
                                       .key_sid = settings->api_key_sid,
                                       .key_secret = settings->api_key_secret,
                                       .identity = identity,
                                       .now_s = world->now.wall_ms / 1000,
                                       .ttl_s = 60,
                                       .voice = &voice};
    struct error err = {0};
    const char *text = access_token_mint(&token, world->arena, &err);
    ASSERT(text != NULL);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_arena struct arena *arena = arena_create();
    struct world world = {.arena = arena, .now.wall_ms = INT64_C(1795202520000)};
    struct sim_settings settings;
    const struct sim_ports ports = {
        .context = &world, .send = send, .say = say, .hang_up = hang_up};
    sim_settings_default(arena, &settings);
    settings.voice_url = "https://phone.example.com/voice";
    settings.seed = 1;
    world.sim = sim_create(&settings, &ports, world.now);
    const char *const tokens[PEERS] = {token_of(&world, &settings, "alice"),
                                       token_of(&world, &settings, "bob"),
                                       token_of(&world, &settings, "bob")};
    for (const char *at = (const char *)data, *end = at + size; at < end;) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((line_end ? line_end : end) - at);
        play(&world, tokens, at, len);
        at += len + 1;
    }
    for (size_t i = 0; i < PEERS; i++)
        leave(&world, i, SIM_PAGE_LEFT);
    pass(&world, 3600 * 1000);
    ASSERT(sim_browser_calls(world.sim) == 0);
    sim_free(world.sim);
    return 0;
}
