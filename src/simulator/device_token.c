/*
 * Access tokens, checked as Twilio's gateway checks them. Each step has a code of its own, so that a
 * page can show what is wrong: the form (31204), the key and its secret (31202), the account (31203),
 * the times (31205, 31207, 31204), who it is for (31105) and what it allows (31201).
 *
 * Source: reference of the token in include/twilio/access_token.h; codes of the SDK's errors.
 */
#include "device_token.h"

#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "core/xmalloc.h"
#include "crypto/web_token.h"
#include "twilio/access_token.h"
#include "twilio/identity.h"

#define LATEST_S INT64_C(100000000000)

void device_grant_release(struct device_grant *grant)
{
    free(grant->identity);
    free(grant->app_sid);
    json_decref(grant->params);
    *grant = (struct device_grant){0};
}

static int refuse(struct error *err, enum signal_error code, const char *why)
{
    error_set(err, ERROR_UNAUTHENTICATED, "%s", why);
    error_add_twilio(err, (int)code, why);
    return -1;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

/* Seconds since 1970 of this age. */
static bool is_time(const json_t *value)
{
    return json_is_number(value) && json_number_value(value) >= 0 &&
           json_number_value(value) <= LATEST_S;
}

/* What can be seen before anything is believed. */
static int check_form(const json_t *header, const json_t *claims, struct error *err)
{
    static const char *const times[] = {"nbf", "iat"};
    if (strcmp(text_of(header, "cty"), "twilio-fpa;v=1") != 0)
        return refuse(err, SIGNAL_BAD_TOKEN, "the token's cty is not twilio-fpa;v=1");
    if (strcmp(text_of(header, "alg"), "HS256") != 0)
        return refuse(err, SIGNAL_BAD_TOKEN, "the token is not signed with HS256");
    if (strcmp(text_of(header, "typ"), "JWT") != 0)
        return refuse(err, SIGNAL_BAD_TOKEN, "the token's typ is not JWT");
    const json_t *exp = json_object_get(claims, "exp");
    if (!json_is_integer(exp) || !is_time(exp))
        return refuse(err, SIGNAL_BAD_TOKEN, "the token's exp is missing or no whole number");
    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        const json_t *time = json_object_get(claims, times[i]);
        if (time && !is_time(time))
            return refuse(err, SIGNAL_BAD_TOKEN, "a time in the token is none");
    }
    return 0;
}

/* The signature alone: what is wrong with the times gets its own code afterwards. */
static int check_signature(const struct sim *sim,
                           const char *text,
                           const struct web_token *token,
                           struct error *err)
{
    const struct sim_settings *settings = sim->settings;
    const struct web_token_rules any_time = {
        .now_s = sim->now.wall_ms / 1000,
        .leeway_s = LATEST_S,
        .expiry_optional = true,
        .cty = "twilio-fpa;v=1",
    };
    auto_web_token struct web_token verified = {0};
    struct error why = {0};
    if (strcmp(text_of(token->claims, "iss"), settings->api_key_sid) != 0)
        return refuse(err, SIGNAL_BAD_SIGNATURE, "the token's iss is no API key of this account");
    if (web_token_verify_hs256(text, settings->api_key_secret, strlen(settings->api_key_secret),
                               &any_time, &verified, &why) < 0)
        return refuse(err, SIGNAL_BAD_SIGNATURE, "the token is not signed with the key's secret");
    if (strcmp(text_of(token->claims, "sub"), settings->account_sid) != 0)
        return refuse(err, SIGNAL_NO_ACCOUNT, "the token's sub is not the account of its key");
    return 0;
}

static int
check_times(const struct sim *sim, const json_t *claims, int64_t *expires_ms, struct error *err)
{
    const json_t *nbf = json_object_get(claims, "nbf");
    const json_t *iat = json_object_get(claims, "iat");
    json_int_t until_s = json_integer_value(json_object_get(claims, "exp"));
    int64_t now_s = sim->now.wall_ms / 1000;
    if (until_s <= now_s)
        return refuse(err, SIGNAL_EXPIRED, "the token has expired");
    double from_s =
        iat && json_number_value(iat) < (double)now_s ? json_number_value(iat) : (double)now_s;
    if ((double)until_s - from_s > ACCESS_TOKEN_TTL_MAX_S)
        return refuse(err, SIGNAL_TOO_LONG, "the token lives longer than 24 hours");
    if (nbf && json_number_value(nbf) > (double)now_s)
        return refuse(err, SIGNAL_BAD_TOKEN, "the token is not valid yet");
    *expires_ms = until_s * 1000;
    return 0;
}

static int read_grants(const json_t *claims, struct device_grant *out, struct error *err)
{
    const json_t *grants = json_object_get(claims, "grants");
    const json_t *voice = json_object_get(grants, "voice");
    const json_t *outgoing = json_object_get(voice, "outgoing");
    json_t *params = json_object_get(outgoing, "params");
    const char *identity = text_of(grants, "identity");
    const char *app_sid = text_of(outgoing, "application_sid");
    if (!identity_is_legal(identity))
        return refuse(err, SIGNAL_BAD_IDENTITY,
                      "the token's identity is missing or has other than letters, digits and _");
    if (!json_is_object(voice))
        return refuse(err, SIGNAL_NOT_AUTHORIZED, "the token has no voice grant");
    out->identity = xstrdup(identity);
    out->app_sid = *app_sid ? xstrdup(app_sid) : NULL;
    out->params = json_is_object(params) ? json_incref(params) : NULL;
    out->incoming = json_is_true(json_object_get(json_object_get(voice, "incoming"), "allow"));
    return 0;
}

int device_token_read(const struct sim *sim,
                      const char *text,
                      struct device_grant *out,
                      struct error *err)
{
    auto_web_token struct web_token token = {0};
    struct error why = {0};
    int64_t expires_ms = 0;
    if (web_token_peek(text, &token, &why) < 0)
        return refuse(err, SIGNAL_BAD_TOKEN, why.message);
    if (check_form(token.header, token.claims, err) < 0 ||
        check_signature(sim, text, &token, err) < 0 ||
        check_times(sim, token.claims, &expires_ms, err) < 0 ||
        read_grants(token.claims, out, err) < 0)
        return -1;
    out->expires_ms = expires_ms;
    return 0;
}
