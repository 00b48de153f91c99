/*
 * Who is calling the routes of frontends. What a request brings decides the way (app/credential.h); a wrong credential
 * is an error, whatever else might have worked. The guard sleeps while the application is asked, or while the keys of
 * its tokens are fetched.
 */
#include <string.h>

#include "api/api.h"
#include "app/app.h"
#include "app/caller.h"
#include "app/credential.h"
#include "app/fetched_keys.h"
#include "app/forward_auth.h"
#include "app/keys.h"
#include "app/limits.h"
#include "app/open_door.h"
#include "app/origins.h"
#include "app/users.h"
#include "core/text.h"

static const struct caller anybody = {.kind = CALLER_NOBODY,
                                      .owner = "local",
                                      .name = "anybody on this machine",
                                      .scopes = SCOPES_ALL};

/* What the guard keeps while it sleeps. */
struct identifying {
    struct credential credential;
    struct forward_question *question;
    bool keys_awaited; /* fetched once more already because of this request */
};

/* ---- the end ---- */

/* RFC 9110 11.6.1, RFC 6750 3: which ways are open, and whether one of them was tried. */
static const char *challenge(const struct config *config, const struct request *request, bool tried)
{
    static const struct {
        enum config_auth auth;
        const char *word;
    } ways[] = {
        {CONFIG_AUTH_KEY,     "key"    },
        {CONFIG_AUTH_JWT,     "jwt"    },
        {CONFIG_AUTH_FORWARD, "forward"},
    };
    const char *list = "";
    for (size_t i = 0; i < ARRAY_LEN(ways); i++)
        if (config_has_auth(config, ways[i].auth))
            list = arena_printf(request->arena, "%s%s%s", list, *list == '\0' ? "" : " ",
                                ways[i].word);
    return arena_printf(request->arena, "Bearer realm=\"switchhook\", ways=\"%s\"%s", list,
                        tried ? ", error=\"invalid_token\"" : "");
}

static int let_nobody_in(struct app *app, struct request *request, bool tried)
{
    request->challenge = challenge(app->config, request, tried);
    return -1;
}

static void count(struct app *app, enum credential_kind kind, const struct error *err)
{
    struct app_counters *counters = &app->count;
    struct metric *const metrics[][3] = {
        [CREDENTIAL_KEY] = {counters->auth_key_known,     counters->auth_key_refused,
                            counters->auth_key_failed    },
        [CREDENTIAL_TOKEN] = {counters->auth_jwt_known,     counters->auth_jwt_refused,
                            counters->auth_jwt_failed    },
        [CREDENTIAL_FORWARD] = {counters->auth_forward_known, counters->auth_forward_refused,
                            counters->auth_forward_failed},
    };
    int column = err->kind == ERROR_NONE ? 0 : error_info(err->kind)->http_status < 500 ? 1 : 2;
    metric_add(metrics[kind][column], 1);
    if (kind == CREDENTIAL_KEY && column > 0)
        metric_add(counters->keys_refused, 1);
}

/* Known or not, this is the only way out of the guard for whoever brought a credential. */
static int
end(struct app *app, struct request *request, const struct caller *caller, struct error *err)
{
    const struct identifying *state = request->work;
    request->work = NULL;
    bool known = caller != NULL && err->kind == ERROR_NONE &&
                 (!caller->by_cookie || origin_check_cookie(app->config, request, err) == 0);
    count(app, state->credential.kind, err);
    if (!known)
        return let_nobody_in(app, request, true);
    request->caller = caller;
    if (caller->kind == CALLER_KEY)
        request_note(request, "key", caller->owner);
    else
        request_note(request, "user", caller->identity);
    return 0;
}

/* ---- a key ---- */

static int check_key(struct app *app, struct request *request, struct error *err)
{
    const struct identifying *state = request->work;
    const struct caller *caller = NULL;
    if (keys_find(app->keys, state->credential.text, request->arena, &caller, err) < 0)
        caller = NULL;
    return end(app, request, caller, err);
}

/* ---- a user's token ---- */

static int check_token(struct app *app, struct request *request, struct error *err);

static int keys_have_come(struct app *app,
                          struct request *request,
                          struct response *response,
                          struct error *err)
{
    (void)response;
    return check_token(app, request, err);
}

/* Its key is not known: perhaps it is newer than those we have. If they cannot be had, nobody can say that it is wrong. */
static bool
look_again(struct app *app, struct request *request, struct identifying *state, struct error *err)
{
    if (app->fetched_keys == NULL)
        return false;
    bool first = !state->keys_awaited;
    state->keys_awaited = true;
    if (first && fetched_keys_await(app->fetched_keys, request, keys_have_come)) {
        error_clear(err);
        return true;
    }
    if (!fetched_keys_are_fresh(app->fetched_keys)) {
        error_clear(err);
        (void)error_set(err, ERROR_UNAVAILABLE, "the keys of users' tokens cannot be fetched");
    }
    return false;
}

static int check_token(struct app *app, struct request *request, struct error *err)
{
    struct identifying *state = request->work;
    const struct caller *caller = NULL;
    auto_token_keys struct token_keys *fetched =
        app->fetched_keys != NULL ? fetched_keys_get(app->fetched_keys) : NULL;
    enum caller_token_result result =
        user_from_token(app->config, app->users, fetched, state->credential.text,
                        state->credential.by_cookie, app_now_ms(app), request->arena, &caller, err);
    if (result == CALLER_TOKEN_UNKNOWN_KEY && look_again(app, request, state, err))
        return 0;
    return end(app, request, caller, err);
}

/* ---- the application's word ---- */

/* A password, that is. The application sees one address, ours, whoever tries: how often is for us to count. */
static bool can_be_guessed(const struct credential *credential)
{
    return credential->authorization != NULL &&
           !text_starts_with_nocase(credential->authorization, "Bearer ");
}

static int take_answer(struct app *app, struct request *request, struct error *err)
{
    const struct identifying *state = request->work;
    const struct caller *caller = NULL;
    if (forward_auth_take(app->forward_auth, state->question, app->users->scopes, &caller, err) < 0)
        caller = NULL;
    if (err->kind != ERROR_UNAUTHENTICATED)
        limits_give_guess_back(app, request);
    return end(app, request, caller, err);
}

static int application_has_answered(struct app *app,
                                    struct request *request,
                                    struct response *response,
                                    struct error *err)
{
    (void)response;
    return take_answer(app, request, err);
}

static int ask_application(struct app *app, struct request *request, struct error *err)
{
    struct identifying *state = request->work;
    state->question = forward_auth_question(request, &state->credential);
    if (can_be_guessed(&state->credential) &&
        !forward_auth_remembers(app->forward_auth, state->question) &&
        limits_take_guess(app, request, err) < 0)
        return end(app, request, NULL, err);
    if (forward_auth_ask(app->forward_auth, state->question, application_has_answered) ==
        FORWARD_ASLEEP)
        return 0;
    return take_answer(app, request, err);
}

/* ---- the guard ---- */

static int identify(struct app *app, struct request *request, struct error *err)
{
    struct identifying *state = arena_alloc(request->arena, sizeof(*state));
    if (credential_find(app->config, request, &state->credential, err) < 0) {
        metric_add(app->count.auth_nothing, 1);
        metric_add(app->count.keys_refused, 1);
        return let_nobody_in(app, request, false);
    }
    request->work = state;
    switch (state->credential.kind) {
    case CREDENTIAL_KEY:
        return check_key(app, request, err);
    case CREDENTIAL_TOKEN:
        return check_token(app, request, err);
    case CREDENTIAL_FORWARD:
        break;
    }
    return ask_application(app, request, err);
}

static int guard_caller(struct app *app, struct request *request, struct error *err)
{
    if (!config_has_auth(app->config, CONFIG_AUTH_NONE))
        return identify(app, request, err);
    if (open_door_check(request, err) < 0)
        return -1;
    request->caller = &anybody;
    return 0;
}

static int let_in(struct app *app, struct request *request, struct error *err)
{
    (void)app;
    (void)request;
    (void)err;
    return 0;
}

const struct guard guard_frontend = {"frontend", guard_caller, NULL};
const struct guard guard_open = {"open", let_in, NULL};
