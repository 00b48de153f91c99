/* What the engine says to its peers, and what they answer. */
#include "browsers.h"

#include "core/text.h"
#include "twilio/access_token.h"

const char *browser_offer(struct stage *stage, const char *name)
{
    return arena_printf(stage->arena,
                        "v=0\\r\\no=- 1 2 IN IP4 127.0.0.1\\r\\ns=%s\\r\\nt=0 0\\r\\n"
                        "m=audio 9 UDP/TLS/RTP/SAVPF 111 0\\r\\na=ice-ufrag:%s\\r\\na=mid:0\\r\\n"
                        "a=rtpmap:111 opus/48000/2\\r\\na=rtpmap:0 PCMU/8000\\r\\n",
                        name, name);
}

const char *browser_token(struct stage *stage, const char *identity, int64_t ttl_s)
{
    const struct voice_grant voice = {.incoming_allow = true,
                                      .outgoing_application_sid = stage->settings.app_sid};
    const struct access_token token = {
        .account_sid = stage->settings.account_sid,
        .key_sid = stage->settings.api_key_sid,
        .key_secret = stage->settings.api_key_secret,
        .identity = identity,
        .now_s = stage->now.wall_ms / 1000,
        .ttl_s = ttl_s,
        .voice = &voice,
    };
    struct error err = {0};
    const char *text = access_token_mint(&token, stage->arena, &err);
    assert_non_null(text);
    return text;
}

struct browser *browser_open(struct stage *stage)
{
    assert_true(stage->browser_count < STAGE_BROWSERS_MAX);
    struct browser *browser = arena_alloc(stage->arena, sizeof(*browser));
    *browser = (struct browser){.stage = stage, .closed_with = -1};
    browser->device = sim_connected(stage->sim, stage->now, browser);
    if (browser->device == NULL)
        return NULL;
    stage->browsers[stage->browser_count++] = browser;
    return browser;
}

void browser_sends(struct browser *browser, const char *text, size_t len)
{
    sim_heard(browser->stage->sim, browser->stage->now, browser->device, text, len);
}

void browser_says(struct browser *browser, const char *type, const char *format, ...)
{
    struct arena *arena = browser->stage->arena;
    va_list values;
    va_start(values, format);
    const char *payload = arena_vprintf(arena, format, values);
    va_end(values);
    char *text = arena_printf(arena, "{'type':'%s','version':'1.6','payload':%s}", type, payload);
    for (char *c = text; *c; c++)
        if (*c == '\'')
            *c = '"';
    browser_sends(browser, text, strlen(text));
}

struct browser *browser_online(struct stage *stage, const char *identity)
{
    struct browser *browser = browser_open(stage);
    assert_non_null(browser);
    browser_says(browser, "listen", "{'token':'%s'}", browser_token(stage, identity, 3600));
    assert_non_null(browser_hears(browser, "connected"));
    browser_says(browser, "register", "{'media':{'audio':true}}");
    assert_non_null(browser_hears(browser, "ready"));
    return browser;
}

void browser_calls(struct browser *browser, const char *to, const char *name)
{
    browser_says(browser, "invite",
                 "{'callsid':'TJS1','sdp':'%s','twilio':{'params':'To=%s&team=a%%20b'}}",
                 browser_offer(browser->stage, name), to);
}

const json_t *browser_hears(struct browser *browser, const char *type)
{
    while (browser->forgotten < browser->heard_count) {
        const json_t *message = browser->heard[browser->forgotten++];
        if (text_equal(json_string_value(json_object_get(message, "type")), type))
            return json_object_get(message, "payload");
    }
    fail_msg("no '%s' was heard", type);
    return NULL;
}

const char *browser_hears_text(struct browser *browser, const char *type, const char *name)
{
    const char *text = json_string_value(json_object_get(browser_hears(browser, type), name));
    assert_non_null(text);
    return text;
}

int browser_hears_error(struct browser *browser, const char *type)
{
    const json_t *error = json_object_get(browser_hears(browser, type), "error");
    return (int)json_integer_value(json_object_get(error, "code"));
}

void browser_heard_nothing(const struct browser *browser)
{
    assert_int_equal(browser->forgotten, browser->heard_count);
}

void browser_goes(struct browser *browser, enum sim_goodbye goodbye)
{
    struct device *device = browser->device;
    browser->device = NULL;
    sim_disconnected(browser->stage->sim, browser->stage->now, device, goodbye);
}

/* ---- for the stage ---- */

void browsers_hear(void *context, void *peer, const char *text, size_t len)
{
    struct browser *browser = peer;
    (void)context;
    assert_non_null(browser->device);
    assert_int_equal(-1, browser->closed_with);
    if (len == 1 && *text == '\n') {
        browser->beaten = true;
        return;
    }
    assert_true(browser->heard_count < BROWSER_HEARD_MAX);
    browser->heard[browser->heard_count] = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(browser->heard[browser->heard_count++]);
}

void browsers_hang_up(void *context, void *peer, int code)
{
    struct browser *browser = peer;
    (void)context;
    assert_int_equal(-1, browser->closed_with);
    browser->closed_with = code;
}

/* The network does what the engine wanted, and pages answer beats. */
void browsers_beat(struct stage *stage)
{
    for (size_t i = 0; i < stage->browser_count; i++) {
        struct browser *browser = stage->browsers[i];
        if (browser->device && browser->closed_with >= 0)
            browser_goes(browser, SIM_SOCKET_BROKE);
        if (browser->device && browser->beaten && !browser->mute)
            browser_sends(browser, "\n", 1);
        browser->beaten = false;
    }
}

void browsers_free(struct stage *stage)
{
    for (size_t i = 0; i < stage->browser_count; i++)
        for (size_t j = 0; j < stage->browsers[i]->heard_count; j++)
            json_decref(stage->browsers[i]->heard[j]);
}
