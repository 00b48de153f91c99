#include "app/security_headers.h"

#include <string.h>

#include "core/text.h"

/*
 * Answers are facts, no pages: nothing in them may run, load or be framed, whatever a browser takes them for. They are of
 * the moment and for the one who asked. The phone page, whose handler says so itself, may do more.
 */
static const struct response_header defaults[] = {
    {"Cache-Control",              "no-store"                                },
    {"X-Content-Type-Options",     "nosniff"                                 },
    {"Referrer-Policy",            "no-referrer"                             },
    {"Cross-Origin-Opener-Policy", "same-origin"                             },
    {"Permissions-Policy",         "microphone=(), camera=(), geolocation=()"},
};
static const char policy[] = "default-src 'none'; frame-ancestors 'none'";

static void add(struct response *response, const char *name, const char *value)
{
    if (!response_has_header(response, name))
        response_header(response, name, value);
}

/* What anybody may have (sounds, the page's files) may be used by other sites' pages; the rest is for who asks by CORS. */
static bool is_for_anybody(const struct request *request)
{
    return request->route != NULL && strcmp(request->route->guard->name, "open") == 0;
}

void security_headers_add(const struct config *config,
                          const struct request *request,
                          struct response *response)
{
    const struct config_url *base = &config->hooks.base;
    for (size_t i = 0; i < ARRAY_LEN(defaults); i++)
        add(response, defaults[i].name, defaults[i].value);
    add(response, "Cross-Origin-Resource-Policy",
        is_for_anybody(request) ? "cross-origin" : "same-origin");
    if (!response_has_header(response, "Content-Security-Policy")) {
        response_header(response, "Content-Security-Policy", policy);
        add(response, "X-Frame-Options", "DENY"); /* who has a policy says there who may frame it */
    }
    if (base->https && !base->loopback && config->server.hsts_s > 0)
        add(response, "Strict-Transport-Security",
            arena_printf(request->arena, "max-age=%lld", (long long)config->server.hsts_s));
}
