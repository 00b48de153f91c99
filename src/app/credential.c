#include "app/credential.h"

#include <string.h>
#include <strings.h>

#include "core/text.h"
#include "http/cookie.h"

static const char bearer[] = "Bearer ";
static const char key_prefix[] = "shk_";

/* ---- what to send instead ---- */

/* In the order in which they are looked for. */
static const char *ways(const struct config *config, struct arena *arena)
{
    const char *list = "";
    const char *cookie = config->users.jwt_cookie;
    if (config_has_auth(config, CONFIG_AUTH_KEY))
        list = "an API key (Authorization: Bearer shk_...)";
    if (config_has_auth(config, CONFIG_AUTH_JWT))
        list = arena_printf(arena, "%s%sthe application's token (Authorization: Bearer ...%s%s)",
                            list, *list == '\0' ? "" : " or ",
                            cookie != NULL ? ", or the cookie " : "", cookie != NULL ? cookie : "");
    if (config_has_auth(config, CONFIG_AUTH_FORWARD))
        list = arena_printf(arena, "%s%swhat the application knows you by", list,
                            *list == '\0' ? "" : " or ");
    return list;
}

static int refuse(const struct config *config,
                  const struct request *request,
                  const char *why,
                  struct error *err)
{
    return error_set(err, ERROR_UNAUTHENTICATED, "%s: send %s", why, ways(config, request->arena));
}

/* ---- the ways, one after the other ---- */

/* 1: this is it, 0: look on, -1: there is one and it is not taken. */
static int take_key(const struct config *config,
                    const struct request *request,
                    const char *text,
                    struct credential *out,
                    struct error *err)
{
    if (text == NULL)
        return 0;
    if (!config_has_auth(config, CONFIG_AUTH_KEY))
        return refuse(config, request, "API keys are not taken here", err);
    *out = (struct credential){.kind = CREDENTIAL_KEY, .text = text};
    return 1;
}

static int
take_token(const struct config *config, const char *text, bool by_cookie, struct credential *out)
{
    if (text == NULL || !config_has_auth(config, CONFIG_AUTH_JWT))
        return 0;
    *out = (struct credential){.kind = CREDENTIAL_TOKEN, .text = text, .by_cookie = by_cookie};
    return 1;
}

static bool may_send(const struct config *config, enum config_credential which)
{
    return config_has_auth(config, CONFIG_AUTH_FORWARD) &&
           (config->users.forward_send & 1u << which) != 0;
}

/* Basic is as good as a cookie: browsers send both by themselves. */
static int take_forward(const struct config *config,
                        const struct request *request,
                        const char *authorization,
                        struct credential *out,
                        struct error *err)
{
    struct credential found = {.kind = CREDENTIAL_FORWARD};
    if (may_send(config, CONFIG_CREDENTIAL_COOKIE))
        found.cookie = request_header(request, "Cookie");
    if (may_send(config, CONFIG_CREDENTIAL_AUTHORIZATION))
        found.authorization = authorization;
    if (authorization != NULL && found.authorization == NULL)
        return refuse(config, request, "this Authorization is not taken here", err);
    if (found.cookie == NULL && found.authorization == NULL)
        return refuse(config, request, "it is not known who is calling", err);
    if (request_header_count(request, "Cookie") > 1)
        return error_set(err, ERROR_MALFORMED, "there is more than one Cookie header");
    found.by_cookie = found.cookie != NULL || !text_starts_with_nocase(authorization, bearer);
    *out = found;
    return 1;
}

static int take_cookie_token(const struct config *config,
                             const struct request *request,
                             struct credential *out,
                             struct error *err)
{
    const char *name = config->users.jwt_cookie;
    const char *value = NULL;
    if (name == NULL || !config_has_auth(config, CONFIG_AUTH_JWT))
        return 0;
    return cookie_find(request, name, &value, err) < 0 ? -1 : take_token(config, value, true, out);
}

/* With keys alone whatever is presented is meant to be one, and is told that it is not. */
static bool is_key(const struct config *config, const char *token)
{
    bool only_keys = config->access.auth == 1u << CONFIG_AUTH_KEY;
    return token != NULL && (only_keys || text_starts_with(token, key_prefix));
}

int credential_find(const struct config *config,
                    const struct request *request,
                    struct credential *out,
                    struct error *err)
{
    const char *authorization = request_header(request, "Authorization");
    if (request_header_count(request, "Authorization") > 1 ||
        request_header_count(request, "X-API-Key") > 1)
        return error_set(err, ERROR_MALFORMED, "there is more than one credential of a kind");
    const char *token =
        text_starts_with_nocase(authorization, bearer) ? authorization + sizeof(bearer) - 1 : NULL;
    const char *key = token == NULL           ? request_header(request, "X-API-Key")
                      : is_key(config, token) ? token
                                              : NULL;
    int taken = take_key(config, request, key, out, err);
    if (taken == 0)
        taken = take_token(config, token, false, out);
    if (taken == 0 && token == NULL)
        taken = take_cookie_token(config, request, out, err);
    if (taken == 0)
        taken = take_forward(config, request, authorization, out, err);
    return taken < 0 ? -1 : 0;
}
