/*
 * Where Twilio's REST API lives, and with what we show who we are.
 */
#include <stdbool.h>
#include <string.h>

#include "core/macros.h"
#include "core/text.h"
#include "twilio/rest.h"

enum { LABEL_BYTES = 63 }; /* of a DNS label (RFC 1035) */

static bool is_label(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return len > 0 && len <= LABEL_BYTES && text[len] == '\0';
}

/* `authority` is host or host:port, with nothing else in it. */
static bool is_authority(const char *authority, size_t len)
{
    static const char host_bytes[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-";

    const char *end = authority + len;
    const char *at = authority;
    if (*at == '[') {
        at += 1 + strspn(at + 1, "0123456789abcdefABCDEF:.");
        if (at >= end || *at++ != ']')
            return false;
    } else {
        at += strspn(at, host_bytes);
    }
    if (at == authority || at > end)
        return false;
    return at == end ||
           (*at == ':' && at + 1 < end && at + 1 + strspn(at + 1, "0123456789") == end);
}

static bool is_loopback(const char *authority, size_t len)
{
    static const char *const names[] = {"localhost", "[::1]", "127.0.0.1"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        size_t name_len = strlen(names[i]);
        if (len >= name_len && memcmp(authority, names[i], name_len) == 0 &&
            (len == name_len || authority[name_len] == ':'))
            return true;
    }
    return false;
}

static int
check_origin(const char *origin, struct arena *arena, const char **out, struct error *err)
{
    bool https = text_starts_with(origin, "https://");
    bool http = text_starts_with(origin, "http://");
    size_t len = strlen(origin);
    len -= len > 0 && origin[len - 1] == '/';
    size_t scheme_len = strlen(https ? "https://" : "http://");
    const char *authority = origin + scheme_len;
    if ((!https && !http) || len <= scheme_len || !is_authority(authority, len - scheme_len))
        return error_field(err, "base_url", "the API's base URL must be https://host[:port]");
    if (http && !is_loopback(authority, len - scheme_len))
        return error_field(err, "base_url",
                           "the API's base URL may be plain http on loopback only");
    *out = arena_copy(arena, origin, len);
    return 0;
}

int rest_base_url(const char *region,
                  const char *edge,
                  const char *instead,
                  struct arena *arena,
                  const char **out,
                  struct error *err)
{
    if (!text_is_empty(instead))
        return check_origin(instead, arena, out, err);
    bool has_region = !text_is_empty(region);
    bool has_edge = !text_is_empty(edge);
    if (has_region && !is_label(region))
        return error_field(err, "region", "a region is a word such as us1, ie1, au1");
    if (has_edge && !is_label(edge))
        return error_field(err, "edge", "an edge is a word such as ashburn, dublin, sydney");
    *out = arena_printf(arena, "https://api%s%s%s%s.twilio.com", has_edge ? "." : "",
                        has_edge ? edge : "", has_region || has_edge ? "." : "",
                        has_region ? region
                        : has_edge ? "us1"
                                   : "");
    return 0;
}

int rest_credentials_choose(const char *account_sid,
                            const char *key_sid,
                            const char *key_secret,
                            const char *auth_token,
                            struct rest_credentials *out,
                            struct error *err)
{
    if (!text_is_sid(account_sid, "AC"))
        return error_field(err, "account_sid", "the account SID is AC and 32 hexadecimal digits");
    if (text_is_empty(key_sid) != text_is_empty(key_secret))
        return error_field(err, "key_sid", "an API key and its secret go together");
    if (!text_is_empty(key_sid)) {
        if (!text_is_sid(key_sid, "SK"))
            return error_field(err, "key_sid", "an API key is SK and 32 hexadecimal digits");
        *out = (struct rest_credentials){key_sid, key_secret};
        return 0;
    }
    if (text_is_empty(auth_token))
        return error_field(err, "auth_token", "there is neither an API key nor an auth token");
    *out = (struct rest_credentials){account_sid, auth_token};
    return 0;
}
