/*
 * What is asked of the simulator, as any bytes: each line of the input is a request to the REST or control API, its first byte the
 * method (G, H for HEAD, P, U for PUT, D), then the target, a tab, the body, a tab, a Range header. `t` lets time pass. %A is the
 * account, %C a call that talks and is recorded, %R its recording. The engine must come through; what it answers is JSON or sound
 * that can be read from any place; and nobody waits for ever.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/macros.h"
#include "crypto/base64.h"
#include "simulator/engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINE_BYTES = 64 * 1024, DELIVERIES_MAX = 4096, PAIRS_MAX = 512 };

struct world {
    struct arena *arena;
    struct sim *sim;
    struct sim_time now;
    const struct sim_settings *settings;
    struct delivery *waiting[DELIVERIES_MAX];
    size_t waiting_count;
    size_t asked;
    size_t answered;
    char call_sid[64];
    char recording_sid[64];
};

static void send(void *context, const struct sim_outgoing *outgoing)
{
    struct world *world = context;
    ASSERT(world->waiting_count < DELIVERIES_MAX);
    world->waiting[world->waiting_count++] = outgoing->delivery;
}

static void answer_all(struct world *world)
{
    static const char document[] =
        "<Response><Start><Transcription statusCallbackUrl=\"/t\" partialResults=\"true\"/></Start>"
        "<Record maxLength=\"9\" transcribe=\"true\" transcribeCallback=\"/t\" "
        "recordingStatusCallback=\"/r\" action=\"/x\"/></Response>";
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

static void keep_sid(const json_t *json, char out[64])
{
    const char *sid = json_string_value(json_object_get(json, "sid"));
    if (sid && strlen(sid) < 64 && (sid[0] == 'C' || sid[0] == 'R'))
        (void)snprintf(out, 64, "%s", sid);
}

/* Sound that is promised can be read, at both ends. */
static void look_at_sound(const struct sim_media *media)
{
    char piece[64];
    ASSERT(media->cut_after <= media->length || media->length == 0);
    ASSERT(media->begin + media->length <= sim_media_bytes(media));
    sim_media_read(media, media->begin, piece, sizeof(piece));
    sim_media_read(media, media->begin + media->length, piece, sizeof(piece));
}

static void on_reply(void *context, const struct sim_reply *reply)
{
    struct world *world = context;
    world->answered++;
    if (reply->has_media) {
        look_at_sound(&reply->media);
        sim_downloaded(world->sim, world->now, &reply->media, reply->media.cut_after);
    }
    ASSERT(reply->abort || (reply->status >= 200 && reply->status <= 599));
    if (reply->json && reply->status == 201)
        keep_sid(reply->json, *json_string_value(json_object_get(reply->json, "sid")) == 'R'
                                  ? world->recording_sid
                                  : world->call_sid);
    char *text = reply->json ? json_dumps(reply->json, JSON_ENCODE_ANY) : NULL;
    ASSERT(reply->json == NULL || text != NULL);
    free(text);
    json_decref(reply->json);
}

static const char *authorization(struct world *world)
{
    const char *pair = arena_printf(world->arena, "%s:%s", world->settings->account_sid,
                                    world->settings->auth_token);
    char *encoded = arena_alloc(world->arena, BASE64_BYTES(strlen(pair)));
    (void)base64_encode(encoded, pair, strlen(pair));
    return arena_printf(world->arena, "Basic %s", encoded);
}

static void ask(struct world *world, char method, char *target, char *body, const char *range)
{
    static const struct {
        char sign;
        const char *method;
    } methods[] = {
        {'G', "GET"   },
        {'H', "GET"   },
        {'P', "POST"  },
        {'U', "PUT"   },
        {'D', "DELETE"}
    };
    auto_arena struct arena *arena = arena_create();
    struct fields query = {0};
    struct fields form = {0};
    struct error err = {0};
    const char *mark = strchr(target, '?');
    bool control = strncmp(target, "/sim/", 5) == 0;
    if (mark && fields_decode(mark + 1, strlen(mark + 1), PAIRS_MAX, arena, &query, &err) < 0)
        return;
    if (!control && fields_decode(body, strlen(body), PAIRS_MAX, arena, &form, &err) < 0)
        return;
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        if (methods[i].sign != method)
            continue;
        const struct sim_request request = {
            .method = methods[i].method,
            .head = method == 'H',
            .path = arena_copy(arena, target, strcspn(target, "?")),
            .target = target,
            .authorization = control ? "" : authorization(world),
            .range = *range ? range : NULL,
            .media_type = "",
            .body = body,
            .body_len = strlen(body),
            .query = &query,
            .form = &form,
        };
        world->asked++;
        sim_handle(world->sim, world->now, &request, on_reply, world);
        answer_all(world);
    }
}

/* %A, %C and %R become what they stand for. */
static void expand(const struct world *world, const char *text, size_t len, struct buf *out)
{
    for (size_t i = 0; i < len; i++) {
        char sign = text[i] == '%' && i + 1 < len ? text[i + 1] : '\0';
        const char *meaning = sign == 'A'   ? world->settings->account_sid
                              : sign == 'C' ? world->call_sid
                              : sign == 'R' ? world->recording_sid
                                            : NULL;
        if (meaning)
            (void)buf_puts(out, meaning), i++;
        else if (text[i] != '\0')
            (void)buf_append(out, &text[i], 1);
    }
}

static void play(struct world *world, const char *line, size_t len)
{
    static char nothing[1];
    auto_buf struct buf text;
    buf_init(&text, LINE_BYTES);
    expand(world, line, len, &text);
    if (text.len < 2) {
        pass(world, len == 0 ? 0 : 3000);
        return;
    }
    char *target = text.data + 1;
    char *body = strchr(target, '\t');
    if (body)
        *body++ = '\0';
    char *range = body ? strchr(body, '\t') : NULL;
    if (range)
        *range++ = '\0';
    ask(world, *text.data, target, body ? body : nothing, range ? range : nothing);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char first[] = "P/2010-04-01/Accounts/%A/Calls.json\tTo=%2B14155550100&From="
                                "%2B15005550006&Url=https://phone.example.com/v&Record=true";
    auto_arena struct arena *arena = arena_create();
    struct world world = {.arena = arena, .now.wall_ms = INT64_C(1795202520000)};
    struct sim_settings settings;
    const struct sim_ports ports = {.context = &world, .send = send};
    sim_settings_default(arena, &settings);
    settings.numbers[settings.number_count++] = "+15005550006";
    settings.seed = 1;
    world.settings = &settings;
    world.sim = sim_create(&settings, &ports, world.now);
    play(&world, first, sizeof(first) - 1);
    for (int i = 0; i < 3; i++)
        pass(&world, 1000);
    for (const char *at = (const char *)data, *end = at + size; at < end;) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((line_end ? line_end : end) - at);
        play(&world, at, len);
        at += len + 1;
    }
    for (int i = 0; i < 20; i++)
        pass(&world, 3600 * 1000);
    sim_free(world.sim);
    ASSERT(world.asked == world.answered);
    return 0;
}
