/*
 * GET and POST /token: an access token for the browser SDK. Made locally, so it is answered at once.
 *
 * Whose token? The caller's own identity. Another one may be named only with the scope tokens:mint-any (a server's
 * key has it); who has that scope and names nobody is told that an identity is required.
 */
#include "api/api.h"
#include "app/app.h"
#include "app/audit.h"
#include "app/caller.h"
#include "app/dialect.h"
#include "app/group_memory.h"
#include "app/hand_over.h"
#include "app/limits.h"
#include "app/minting.h"
#include "core/text.h"
#include "http/body.h"
#include "http/response.h"
#include "input.h"

struct token_wish {
    const char *identity; /**< NULL: the caller's own */
    int64_t ttl;          /**< seconds, 0: as configured */
};

enum { IDENTITY_BYTES_ASKED = 512, TTL_MIN_S = 60, TTL_MAX_S = 86400 };

/* clang-format off */
static const struct input_field members[] = {
    {"identity", INPUT_TEXT, offsetof(struct token_wish, identity), 0,         IDENTITY_BYTES_ASKED},
    {"ttl",      INPUT_INT,  offsetof(struct token_wish, ttl),      TTL_MIN_S, TTL_MAX_S           },
};
/* clang-format on */

static bool is_member(const char *name)
{
    return input_knows(members, ARRAY_LEN(members), name);
}

/* A query parameter under our name or one of the dialect's. */
static int read_parameter(const struct request *request,
                          const char *name,
                          const struct input_name *names,
                          const char **out,
                          struct error *err)
{
    size_t count = fields_count(&request->query, name);
    *out = fields_get(&request->query, name);
    for (; names != NULL && names->theirs != NULL; names++) {
        if (!text_equal(names->ours, name))
            continue;
        count += fields_count(&request->query, names->theirs);
        if (*out == NULL)
            *out = fields_get(&request->query, names->theirs);
    }
    if (count > 1)
        return error_field(err, name, "%s is given more than once", name);
    return 0;
}

static int read_query(const struct request *request, struct token_wish *wish, struct error *err)
{
    const struct input_name *names = dialect_shape(request)->token_inputs;
    const char *ttl;
    if (read_parameter(request, "identity", names, &wish->identity, err) < 0 ||
        read_parameter(request, "ttl", names, &ttl, err) < 0)
        return -1;
    if (ttl != NULL && !text_to_int64(ttl, TTL_MIN_S, TTL_MAX_S, &wish->ttl))
        return error_field(err, "ttl", "ttl must be an integer from %d to %d (seconds)", TTL_MIN_S,
                           TTL_MAX_S);
    return 0;
}

static int read_wish(struct request *request, struct token_wish *wish, struct error *err)
{
    if (request->method != HTTP_POST)
        return read_query(request, wish, err);
    json_auto_t *body = request_json(request, err);
    if (body == NULL)
        return -1;
    json_auto_t *json = dialect_input(body, dialect_shape(request)->token_inputs, is_member, err);
    if (json == NULL || input_read(json, members, ARRAY_LEN(members), wish, err) < 0)
        return -1;
    wish->identity = arena_strdup(request->arena, wish->identity);
    return 0;
}

/* What the caller is called when nobody is named: a user's identity, or the name of a key that may mint for itself. */
static const char *own_identity(const struct caller *caller)
{
    if (caller->identity != NULL || caller->kind != CALLER_KEY ||
        caller_has(caller, SCOPE_TOKENS_MINT_ANY))
        return caller->identity;
    return caller->name;
}

/*
 * On an open server nobody has a name, and the quickstarts' pages, which ask by GET, name nobody: their servers invent
 * somebody. Here it is who is rung for calls from outside, so that they come through, and always the same one, so that
 * a page may refresh its token.
 */
static const char *guest(const struct config *config, const struct request *request)
{
    static const char anybody[] = "guest";
    if (request->caller->kind != CALLER_NOBODY || request->method == HTTP_POST)
        return NULL;
    return config->calls.inbound_identity != NULL ? config->calls.inbound_identity : anybody;
}

static int choose_identity(const struct config *config,
                           const struct request *request,
                           const struct token_wish *wish,
                           const char **out,
                           struct error *err)
{
    const struct caller *caller = request->caller;
    const char *own = own_identity(caller);
    if (own == NULL)
        own = guest(config, request);
    const char *named = text_is_empty(wish->identity) ? own : wish->identity;
    if (text_is_empty(named))
        return error_field(err, "identity", "Identity is required");
    if (!text_equal(named, own) && caller_needs(caller, SCOPE_TOKENS_MINT_ANY, err) < 0)
        return -1;
    *out = named;
    return 0;
}

static json_t *token_to_json(const struct minted_token *minted)
{
    char expires_at[TIME_TEXT_BYTES];
    time_to_rfc3339(minted->expires_at_s * 1000, expires_at);
    return json_pack("{s:s, s:s, s:I, s:s, s:I}", "token", minted->token, "identity",
                     minted->identity, "expires_in", (json_int_t)minted->expires_in_s, "expires_at",
                     expires_at, "refresh_after", (json_int_t)minted->refresh_after_s);
}

/* Behind the answer: a token is made without the store, and a page that reloads every second is one row. */
static void tell_audit(struct app *app, const struct request *request, const char *identity)
{
    struct audit_entry entry = audit_of(request, AUDIT_TOKEN_MINT);
    entry.subject = identity;
    audit_later(app->audit, app->config, &entry);
}

struct token_work {
    struct minted_token minted;
    const char *identity; /* whose group is to be remembered */
    const char *group;
    int64_t now_ms;
};

static void render_token(struct app *app,
                         struct request *request,
                         const struct minted_token *minted,
                         struct response *response)
{
    metric_add(app->count.tokens_minted, 1);
    tell_audit(app, request, minted->identity);
    response_json(request, response, 200,
                  dialect_envelope(&dialect_shape(request)->token, token_to_json(minted)));
    response_header(response, "Cache-Control", "no-store");
}

/* ---- the group of whoever gets a token for itself ---- */

/*
 * Calls from that browser, and calls that ring it, will be calls of its group, and Twilio does not know of groups. Where
 * the application tells none of anybody there is nothing to remember.
 */
static bool has_new_group(struct app *app, const struct caller *caller, const char *identity)
{
    bool told = caller->kind == CALLER_FORWARD ||
                (caller->kind == CALLER_JWT && app->config->users.jwt_group_claim != NULL);
    return told && text_equal(caller->identity, identity) &&
           !group_memory_has(app->groups, identity, caller->group, app_now_ms(app));
}

static int remember_apply(struct store_tx *tx, void *data, struct arena *arena, struct error *err)
{
    (void)arena;
    const struct token_work *work = data;
    return store_put_identity_group(tx, work->identity, work->group, work->now_ms, err);
}

static void remember_committed(struct app *app, void *data)
{
    const struct token_work *work = data;
    group_memory_note(app->groups, work->identity, work->group, work->now_ms);
}

static int remember_reply(struct app *app,
                          struct request *request,
                          struct response *response,
                          struct error *err)
{
    if (hand_over_result(request, err) < 0)
        return -1;
    const struct token_work *work = request->work;
    render_token(app, request, &work->minted, response);
    return 0;
}

static int
remember_group(struct app *app, struct request *request, struct token_work *work, struct error *err)
{
    enum { REMEMBER_DEADLINE_MS = 10000 };
    work->identity = request->caller->identity;
    work->group = request->caller->group;
    work->now_ms = request->arrived_ms;
    struct hand_over what = {.apply = remember_apply,
                             .committed = remember_committed,
                             .work = work,
                             .reply = remember_reply,
                             .deadline_ms = REMEMBER_DEADLINE_MS};
    return hand_over(app, request, &what, err);
}

/* ---- the route ---- */

int token_mint(struct app *app,
               struct request *request,
               struct response *response,
               struct error *err)
{
    struct token_wish wish = {0};
    const struct caller *caller = request->caller;
    struct token_work *work = arena_alloc(request->arena, sizeof(*work));
    const char *identity = NULL;
    if (!caller_has(caller, SCOPE_TOKENS_MINT_ANY) &&
        caller_needs(caller, SCOPE_TOKENS_MINT, err) < 0)
        return -1;
    if (read_wish(request, &wish, err) < 0 ||
        choose_identity(app->config, request, &wish, &identity, err) < 0 ||
        limits_take_token(app, request, identity, err) < 0 ||
        mint_token(app->config, identity, wish.ttl, request->arrived_ms, request->arena,
                   &work->minted, err) < 0)
        return -1;
    if (has_new_group(app, caller, identity))
        return remember_group(app, request, work, err);
    render_token(app, request, &work->minted, response);
    return 0;
}

static const struct route_doc token_doc = {
    .summary = "An access token for the browser SDK, with the Voice grant.",
    .request_type = "application/json",
    .request_schema =
        "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
        "\"identity\":{\"type\":\"string\",\"description\":\"another's needs tokens:mint-any\"},"
        "\"ttl\":{\"type\":\"integer\",\"minimum\":60,\"maximum\":86400,\"description\":"
        "\"seconds\"}}}",
    .parameters = "[{\"name\":\"identity\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}},"
                  "{\"name\":\"ttl\",\"in\":\"query\",\"schema\":{\"type\":\"integer\"}}]",
    .response_type = "application/json",
    .response_schema =
        "{\"type\":\"object\",\"required\":[\"token\",\"identity\",\"expires_in\",\"expires_at\","
        "\"refresh_after\"],\"properties\":{\"token\":{\"type\":\"string\"},"
        "\"identity\":{\"type\":\"string\"},\"expires_in\":{\"type\":\"integer\"},"
        "\"expires_at\":{\"type\":\"string\",\"format\":\"date-time\"},"
        "\"refresh_after\":{\"type\":\"integer\"}}}",
};

static const struct route rows[] = {
    {HTTP_GET | HTTP_POST, "/token", &guard_frontend, KiB(4), NULL, token_mint, &token_doc},
};

const struct route_table api_token_routes = {"api/token", rows, ARRAY_LEN(rows)};
