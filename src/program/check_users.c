/* switchhook check: the ways in which the application's users say who they are. */
#include <string.h>

#include "app/users.h"
#include "check_internal.h"
#include "core/limits.h"
#include "core/text.h"
#include "net/net.h"

/* ---- offline: the keys that are here, and what users may do ---- */

static const char *describe_keys(const struct token_keys *keys, struct arena *arena)
{
    const char *list = "";
    for (unsigned i = TOKEN_HS256; i <= TOKEN_ES256; i++) {
        size_t count = token_keys_count_of(keys, (enum token_algorithm)i);
        if (count > 0)
            list = arena_printf(arena, "%s%s%zu for %s", list, *list == '\0' ? "" : ", ", count,
                                token_algorithm_text((enum token_algorithm)i));
    }
    return *list == '\0' ? "none here" : list;
}

/* Whoever may sign for another program in the house may sign for us, if tokens do not say for whom they are. */
static void check_token_rules(struct check *check)
{
    const struct config_users *users = &check->config->users;
    if (users->jwt_audiences.count == 0 && users->jwt_issuer == NULL)
        check_warning(
            check, "jwt",
            "neither SWITCHHOOK_JWT_AUDIENCE nor _ISSUER is set: a token that was made for "
            "another program with the same key is taken as well");
}

static void check_jwt(struct check *check, const struct user_settings *settings)
{
    const struct config_users *users = &check->config->users;
    const char *fetched =
        users->jwks_url.text != NULL ? "; more are fetched (--online tries it)" : "";
    check_ok(check, "jwt",
             arena_printf(check->arena, "keys: %s%s", describe_keys(settings->keys, check->arena),
                          fetched));
    check_token_rules(check);
}

void check_users(struct check *check)
{
    const struct config *config = check->config;
    struct user_settings *settings = NULL;
    struct error err = {0};
    bool jwt = config_has_auth(config, CONFIG_AUTH_JWT);
    bool forward = config_has_auth(config, CONFIG_AUTH_FORWARD);
    if (user_settings_load(config, &settings, &err) < 0) {
        check_error(check, "users", err.message);
        return;
    }
    if (jwt)
        check_jwt(check, settings);
    if (forward)
        check_ok(check, "forward",
                 arena_printf(check->arena, "the application is asked at %s (--online tries it)",
                              config->users.forward_url.origin));
    if (jwt || forward)
        check_ok(check, "users",
                 arena_printf(check->arena, "every user may: %s",
                              scopes_to_text(settings->scopes, check->arena)));
    user_settings_free(settings);
}

/* ---- online ---- */

static bool fetch(
    struct check *check, struct net *net, const char *what, const char *url, struct net_answer *out)
{
    const struct net_request request = {.method = "GET", .url = url};
    struct error err = {0};
    if (net_fetch(net, &request, check->arena, out, &err) < 0)
        check_error(check, what, arena_printf(check->arena, "%s", err.message));
    else if (out->result != NET_ANSWERED)
        check_error(check, what, arena_printf(check->arena, "cannot be reached: %s", out->problem));
    else
        return true;
    return false;
}

static void ask_jwks(struct check *check, struct net *net)
{
    static const char what[] = "jwks";
    auto_token_keys struct token_keys *keys = token_keys_create();
    struct net_answer answer;
    struct error err = {0};
    if (!fetch(check, net, what, check->config->users.jwks_url.text, &answer))
        return;
    if (answer.status != 200)
        check_error(check, what,
                    arena_printf(check->arena, "the answer has the status %d", answer.status));
    else if (token_keys_add_jwks(keys, answer.body, answer.body_len, &err) < 0)
        check_error(check, what, arena_printf(check->arena, "%s", err.message));
    else
        check_ok(check, what,
                 arena_printf(check->arena, "fetched: %s", describe_keys(keys, check->arena)));
}

/* Somebody who brings nothing must hear no. */
static void ask_forward(struct check *check, struct net *net)
{
    static const char what[] = "forward";
    struct net_answer answer;
    if (!fetch(check, net, what, check->config->users.forward_url.text, &answer))
        return;
    if (answer.status == 401 || answer.status == 403)
        check_ok(check, what, "the application answers, and does not know a stranger");
    else if (answer.status >= 200 && answer.status < 300)
        check_error(check, what, "the application lets somebody in who brings no credential");
    else
        check_error(check, what,
                    arena_printf(check->arena,
                                 "the application answers a stranger with the status %d; 401 is "
                                 "expected",
                                 answer.status));
}

void check_users_online(struct check *check)
{
    const struct config *config = check->config;
    bool jwks = config_has_auth(config, CONFIG_AUTH_JWT) && config->users.jwks_url.text != NULL;
    bool forward = config_has_auth(config, CONFIG_AUTH_FORWARD);
    struct net_settings settings = configuration_net(config);
    struct net *net = NULL;
    struct error err = {0};
    settings.ca_file = config->users.ca_file;
    settings.connect_to = NULL;
    settings.reply_max_bytes = LIMIT_JWKS_BYTES;
    if (!jwks && !forward)
        return;
    if (net_create(&settings, NULL, &net, &err) < 0) {
        check_error(check, "users", arena_printf(check->arena, "%s", err.message));
        return;
    }
    if (jwks)
        ask_jwks(check, net);
    if (forward)
        ask_forward(check, net);
    net_free(net);
}
