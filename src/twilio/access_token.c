/*
 * The claims are written as text: the signing library parses and sorts them anyway (and so finds
 * what is not UTF-8), and building a tree first would cost a quarter of the whole token.
 */
#include "twilio/access_token.h"

#include <inttypes.h>
#include <string.h>

#include "core/buf.h"
#include "core/limits.h"
#include "core/text.h"
#include "crypto/web_token.h"
#include "twilio/identity.h"

static const char content_type[] = "twilio-fpa;v=1";

/* Appending over the limit sticks in the buffer and is looked at once, at the end. */

static void put(struct buf *out, const char *text)
{
    (void)buf_puts(out, text);
}

/** The name of the next member, with a comma unless it is the first of its object. Names need no
 * escapes. */
static void put_name(struct buf *out, const char *name)
{
    if (out->len > 0 && out->data[out->len - 1] != '{')
        put(out, ",");
    put(out, "\"");
    put(out, name);
    put(out, "\":");
}

/** RFC 8259 section 7: quotes, backslashes and control characters are escaped, everything else
 * stands for itself. */
static void put_string(struct buf *out, const char *text)
{
    put(out, "\"");
    for (const char *from = text; *from != '\0';) {
        const char *at = from;
        while ((unsigned char)*at >= 0x20 && *at != '"' && *at != '\\')
            at++;
        (void)buf_append(out, from, (size_t)(at - from));
        if (*at != '\0')
            (void)buf_printf(out, "\\u%04x", (unsigned)(unsigned char)*at++);
        from = at;
    }
    put(out, "\"");
}

/** A member with a text, left out if there is none: the package's rule for everything in a grant.
 */
static void put_text(struct buf *out, const char *name, const char *text)
{
    if (text_is_empty(text))
        return;
    put_name(out, name);
    put_string(out, text);
}

static void put_time(struct buf *out, const char *name, int64_t time_s)
{
    put_name(out, name);
    (void)buf_printf(out, "%" PRId64, time_s);
}

static void open_object(struct buf *out, const char *name)
{
    put_name(out, name);
    put(out, "{");
}

static void close_object(struct buf *out)
{
    put(out, "}");
}

/** An object that somebody else made; one that cannot be written is left to the parser to complain
 * about. */
static void put_object(struct buf *out, const char *name, const json_t *object)
{
    auto_free char *text = json_is_object(object) ? json_dumps(object, JSON_COMPACT) : NULL;
    put_name(out, name);
    put(out, text == NULL ? "not an object" : text);
}

static void put_voice(struct buf *out, const struct voice_grant *grant)
{
    open_object(out, "voice");
    if (grant->incoming_allow) {
        open_object(out, "incoming");
        put_name(out, "allow");
        put(out, "true");
        close_object(out);
    }
    if (!text_is_empty(grant->outgoing_application_sid)) {
        open_object(out, "outgoing");
        put_text(out, "application_sid", grant->outgoing_application_sid);
        if (grant->outgoing_params != NULL)
            put_object(out, "params", grant->outgoing_params);
        close_object(out);
    }
    put_text(out, "push_credential_sid", grant->push_credential_sid);
    put_text(out, "endpoint_id", grant->endpoint_id);
    close_object(out);
}

static void put_video(struct buf *out, const struct video_grant *grant)
{
    open_object(out, "video");
    put_text(out, "room", grant->room);
    close_object(out);
}

static void put_chat(struct buf *out, const struct chat_grant *grant)
{
    open_object(out, "chat");
    put_text(out, "service_sid", grant->service_sid);
    put_text(out, "endpoint_id", grant->endpoint_id);
    put_text(out, "deployment_role_sid", grant->deployment_role_sid);
    put_text(out, "push_credential_sid", grant->push_credential_sid);
    close_object(out);
}

static void put_sync(struct buf *out, const struct sync_grant *grant)
{
    open_object(out, "data_sync");
    put_text(out, "service_sid", grant->service_sid);
    put_text(out, "endpoint_id", grant->endpoint_id);
    close_object(out);
}

static void put_task_router(struct buf *out, const struct task_router_grant *grant)
{
    open_object(out, "task_router");
    put_text(out, "workspace_sid", grant->workspace_sid);
    put_text(out, "worker_sid", grant->worker_sid);
    put_text(out, "role", grant->role);
    close_object(out);
}

static void put_grants(struct buf *out, const struct access_token *token)
{
    open_object(out, "grants");
    put_text(out, "identity", token->identity);
    if (token->voice != NULL)
        put_voice(out, token->voice);
    if (token->video != NULL)
        put_video(out, token->video);
    if (token->chat != NULL)
        put_chat(out, token->chat);
    if (token->sync != NULL)
        put_sync(out, token->sync);
    if (token->task_router != NULL)
        put_task_router(out, token->task_router);
    if (token->player != NULL)
        put_object(out, "player", token->player);
    close_object(out);
}

static void put_claims(struct buf *out,
                       const struct access_token *token,
                       int64_t expires_s,
                       struct arena *arena)
{
    put(out, "{");
    put_text(out, "jti", arena_printf(arena, "%s-%" PRId64, token->key_sid, token->now_s));
    put_text(out, "iss", token->key_sid);
    put_text(out, "sub", token->account_sid);
    put_time(out, "iat", token->now_s);
    put_time(out, "exp", expires_s);
    if (token->with_not_before)
        put_time(out, "nbf", token->not_before_s);
    put_grants(out, token);
    put(out, "}");
}

char *access_token_mint(const struct access_token *token, struct arena *arena, struct error *err)
{
    if (text_is_empty(token->account_sid) || text_is_empty(token->key_sid) ||
        text_is_empty(token->key_secret)) {
        error_set(err, ERROR_INVALID,
                  "an access token needs an account, an API key and its secret");
        return NULL;
    }
    if (text_is_empty(token->identity)) {
        error_field(err, "identity", "is empty");
        return NULL;
    }
    int64_t expires_s = 0;
    if (__builtin_add_overflow(token->now_s, token->ttl_s, &expires_s)) {
        error_field(err, "ttl", "goes beyond the end of time");
        return NULL;
    }
    auto_buf struct buf claims;
    buf_init(&claims, LIMIT_WEB_TOKEN_BYTES);
    put_claims(&claims, token, expires_s, arena);
    if (claims.overflowed) {
        error_set(err, ERROR_INVALID, "the access token is larger than %d bytes",
                  LIMIT_WEB_TOKEN_BYTES);
        return NULL;
    }
    const struct web_token_header header = {.cty = content_type, .twr = token->region};
    return web_token_sign_hs256(&header, claims.data, token->key_secret, strlen(token->key_secret),
                                arena, err);
}

/** A SID to look at, if it is there. */
struct sid {
    const char *name;
    const char *prefix;
    const char *value;
};

static int check_sids(const struct sid *sids, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (!text_is_empty(sids[i].value) && !text_is_sid(sids[i].value, sids[i].prefix))
            return error_field(err, sids[i].name, "is not %s and 32 hexadecimal digits",
                               sids[i].prefix);
    return 0;
}

static int check_grants(const struct access_token *token, struct error *err)
{
    const struct voice_grant voice = token->voice == NULL ? (struct voice_grant){0} : *token->voice;
    const struct chat_grant chat = token->chat == NULL ? (struct chat_grant){0} : *token->chat;
    const struct sync_grant sync = token->sync == NULL ? (struct sync_grant){0} : *token->sync;
    const struct task_router_grant tasks =
        token->task_router == NULL ? (struct task_router_grant){0} : *token->task_router;
    const struct sid sids[] = {
        {"outgoing_application_sid", "AP", voice.outgoing_application_sid},
        {"push_credential_sid",      "CR", voice.push_credential_sid     },
        {"service_sid",              "IS", chat.service_sid              },
        {"deployment_role_sid",      "RL", chat.deployment_role_sid      },
        {"push_credential_sid",      "CR", chat.push_credential_sid      },
        {"service_sid",              "IS", sync.service_sid              },
        {"workspace_sid",            "WS", tasks.workspace_sid           },
        {"worker_sid",               "WK", tasks.worker_sid              },
    };
    return check_sids(sids, ARRAY_LEN(sids), err);
}

int access_token_check(const struct access_token *token, struct error *err)
{
    if (!text_is_sid(token->account_sid, "AC"))
        return error_field(err, "account_sid", "is not AC and 32 hexadecimal digits");
    if (!text_is_sid(token->key_sid, "SK"))
        return error_field(err, "key_sid", "is not SK and 32 hexadecimal digits");
    if (!identity_is_legal(token->identity))
        return error_field(err, "identity", "is not 1 to %d letters, digits and underscores",
                           LIMIT_IDENTITY_BYTES);
    if (token->ttl_s < ACCESS_TOKEN_TTL_MIN_S || token->ttl_s > ACCESS_TOKEN_TTL_MAX_S)
        return error_field(err, "ttl", "is not %d to %d seconds", ACCESS_TOKEN_TTL_MIN_S,
                           ACCESS_TOKEN_TTL_MAX_S);
    return check_grants(token, err);
}
