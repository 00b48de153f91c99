/*
 * GET /phone, and its files below /phone/: built into the program, told apart from older ones by their tag, and never
 * taken from a cache without asking. The page may load and call nothing but us and Twilio, which its policy says to the
 * browser; with SWITCHHOOK_PHONE_SIGNALING not even Twilio.
 */
#include "phone/phone.h"

#include <string.h>

#include <jansson.h>

#include "api/api.h"
#include "app/app.h"
#include "assets.h"
#include "core/arena.h"
#include "core/text.h"
#include "http/response.h"

static const char root[] = "/phone/";

/* Twilio's hosts for signalling and for the SDK's reports. Sound has no directive: WebRTC is not bound by one. */
static const char twilio_hosts[] = "wss://*.twilio.com https://*.twilio.com";

static const char *content_policy(const struct app *app, struct arena *arena)
{
    const char *signaling = app->config->phone.signaling;
    const char *hosts =
        signaling != NULL ? arena_printf(arena, "ws://%s", signaling) : twilio_hosts;
    return arena_printf(arena,
                        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                        "media-src 'self' blob:; connect-src 'self' blob: %s; base-uri 'none'; "
                        "form-action 'none'; frame-ancestors 'none'",
                        hosts);
}

static const struct asset *asset_find(const char *name)
{
    for (size_t i = 0; i < phone_asset_count; i++)
        if (text_equal(phone_assets[i].name, name))
            return &phone_assets[i];
    return NULL;
}

static void
send_asset(const struct request *request, struct response *response, const struct asset *asset)
{
    if (request_has_tag(request, asset->tag))
        response_empty(response, 304);
    else
        response_body(response, 200, asset->type, (const char *)asset->bytes, asset->len);
    response_header(response, "ETag", asset->tag);
    response_header(response, "Cache-Control", "no-cache");
}

static int check_on(const struct app *app, struct error *err)
{
    if (!app->config->phone.on)
        return error_set(err, ERROR_NOT_FOUND, "nothing is at this address");
    return 0;
}

static int
page_get(struct app *app, struct request *request, struct response *response, struct error *err)
{
    if (check_on(app, err) < 0)
        return -1;
    send_asset(request, response, asset_find(""));
    response_header(response, "Content-Security-Policy", content_policy(app, request->arena));
    response_header(response, "Permissions-Policy",
                    "microphone=(self), speaker-selection=(self), camera=(), geolocation=()");
    response_header(response, "Referrer-Policy", "no-referrer");
    return 0;
}

/* Might a request without a key say who it is? Else the page asks for one at once, and fails no request to find out. */
static bool wants_key(const struct config *config)
{
    return !config_has_auth(config, CONFIG_AUTH_NONE) &&
           !config_has_auth(config, CONFIG_AUTH_FORWARD) &&
           !(config_has_auth(config, CONFIG_AUTH_JWT) && config->users.jwt_cookie != NULL);
}

/* What the page has to know of the server before anybody has signed in. Nothing of it is secret. */
static json_t *settings_to_json(const struct config *config)
{
    json_t *emergency = json_array();
    for (size_t i = 0; i < config->calls.emergency_numbers.count; i++)
        json_array_append_new(emergency, json_string(config->calls.emergency_numbers.items[i]));
    return json_pack("{s:s?, s:s?, s:b, s:b, s:s, s:o}", "signaling", config->phone.signaling,
                     "edge", config->twilio.edge, "sdk", asset_find("twilio.js") != NULL,
                     "ask_for_key", wants_key(config), "version", SWITCHHOOK_VERSION,
                     "emergency_numbers", emergency);
}

static int
file_get(struct app *app, struct request *request, struct response *response, struct error *err)
{
    const char *name = request->path + strlen(root);
    if (check_on(app, err) < 0)
        return -1;
    if (name[0] == '\0') { /* /phone/, by hand: what the page loads is relative to /phone */
        response_empty(response, 308);
        response_header(response, "Location", "../phone");
        return 0;
    }
    if (text_equal(name, "settings.json")) {
        response_json(request, response, 200, settings_to_json(app->config));
        return 0;
    }
    const struct asset *asset = asset_find(name);
    if (asset == NULL)
        return error_set(err, ERROR_NOT_FOUND, "nothing is at this address");
    send_asset(request, response, asset);
    return 0;
}

static const struct route_doc page_doc = {
    .summary = "A phone in the browser: sign in, call and be called.",
    .response_type = "text/html",
};

static const struct route_doc file_doc = {
    .summary = "What the phone page loads: its scripts, its style, and settings.json.",
};

/* clang-format off */
static const struct route rows[] = {
    {HTTP_GET, "/phone",   &guard_open, 0, NULL, page_get, &page_doc},
    {HTTP_GET, "/phone/*", &guard_open, 0, NULL, file_get, &file_doc},
};
/* clang-format on */

const struct route_table phone_routes = {"phone", rows, ARRAY_LEN(rows)};
