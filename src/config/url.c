#include "url.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "core/limits.h"
#include "core/text.h"

enum { HOST_BYTES_MAX = 253, PORT_HTTP = 80, PORT_HTTPS = 443, PORT_MAX = 65535 };

bool host_is_name(const char *host)
{
    const size_t len = strlen(host);
    if (len == 0 || len > HOST_BYTES_MAX)
        return false;
    if (!isalnum((unsigned char)host[0]) || !isalnum((unsigned char)host[len - 1]))
        return false;
    for (size_t i = 0; i < len; i++) {
        const char c = host[i];
        if (!isalnum((unsigned char)c) && c != '-' && c != '.')
            return false;
        if (c == '.' && host[i + 1] == '.')
            return false;
    }
    return true;
}

static bool ends_with(const char *text, const char *end)
{
    const size_t text_len = strlen(text);
    const size_t end_len = strlen(end);
    return text_len > end_len && strcmp(text + text_len - end_len, end) == 0;
}

bool host_is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (text_equal_nocase(host, "localhost") || ends_with(host, ".localhost"))
        return true;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

static const char *lower(const char *text, size_t len, struct arena *arena)
{
    char *copy = arena_copy(arena, text, len);
    for (char *c = copy; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    return copy;
}

static bool is_ipv6(const char *host)
{
    struct in6_addr any;
    return inet_pton(AF_INET6, host, &any) == 1;
}

/** The host at the start of `text`; how long it is as written goes to *used, brackets included.
 * NULL if it is none. */
static const char *take_host(const char *text, size_t len, struct arena *arena, size_t *used)
{
    if (len > 0 && text[0] == '[') {
        const char *close = memchr(text, ']', len);
        if (close == NULL)
            return NULL;
        const char *host = lower(text + 1, (size_t)(close - text) - 1, arena);
        *used = (size_t)(close - text) + 1;
        return is_ipv6(host) ? host : NULL;
    }
    const char *colon = memchr(text, ':', len);
    *used = colon != NULL ? (size_t)(colon - text) : len;
    const char *host = lower(text, *used, arena);
    return host_is_name(host) ? host : NULL;
}

static bool take_port(const char *text, size_t len, struct arena *arena, uint16_t *out)
{
    int64_t port;
    if (!text_to_int64(arena_copy(arena, text, len), 0, PORT_MAX, &port))
        return false;
    *out = (uint16_t)port;
    return true;
}

bool host_port_split(const char *text, struct arena *arena, const char **host, uint16_t *port)
{
    const size_t len = strlen(text);
    size_t used;
    const char *name = take_host(text, len, arena, &used);
    if (name == NULL || text[used] != ':')
        return false;
    if (!take_port(text + used + 1, len - used - 1, arena, port))
        return false;
    *host = name;
    return true;
}

/** What is left of an URL that may be sent as it is (RFC 3986): no spaces, quotes, brackets,
 * backslashes. */
static bool is_url_text(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text <= ' ' || *text > '~' || strchr("\"<>\\^`{|}", *text) != NULL)
            return false;
    return true;
}

static int parse_authority(
    const char *text, size_t len, struct arena *arena, struct config_url *url, struct error *err)
{
    size_t used;
    if (memchr(text, '@', len) != NULL)
        return error_set(err, ERROR_INVALID, "it holds a user name or password");
    if (memchr(text, '_', len) != NULL)
        return error_set(err, ERROR_INVALID,
                         "its host name has an underscore, which Twilio refuses");
    url->host = take_host(text, len, arena, &used);
    if (url->host == NULL)
        return error_set(err, ERROR_INVALID, "its host name is not valid");
    url->port = url->https ? PORT_HTTPS : PORT_HTTP;
    if (used < len &&
        (text[used] != ':' || !take_port(text + used + 1, len - used - 1, arena, &url->port) ||
         url->port == 0))
        return error_set(err, ERROR_INVALID, "its port is not valid");
    url->loopback = host_is_loopback(url->host);
    return 0;
}

static int check_text(const char *text, struct error *err)
{
    if (strlen(text) > LIMIT_TARGET_BYTES)
        return error_set(err, ERROR_INVALID, "it is longer than %d bytes", LIMIT_TARGET_BYTES);
    if (!is_url_text(text))
        return error_set(err, ERROR_INVALID, "it holds a space or a character that no URL has");
    if (strchr(text, '#') != NULL)
        return error_set(err, ERROR_INVALID,
                         "it has a #; connection overrides go into SWITCHHOOK_WEBHOOK_OVERRIDES");
    return 0;
}

int url_parse(const char *text, struct arena *arena, struct config_url *out, struct error *err)
{
    struct config_url url = {.text = text};
    if (check_text(text, err) < 0)
        return -1;
    url.https = text_starts_with_nocase(text, "https://");
    if (!url.https && !text_starts_with_nocase(text, "http://"))
        return error_set(err, ERROR_INVALID, "it begins neither with https:// nor with http://");
    const char *authority = strchr(text, ':') + strlen("://");
    const size_t authority_len = strcspn(authority, "/?");
    if (parse_authority(authority, authority_len, arena, &url, err) < 0)
        return -1;
    url.text = arena_strdup(arena, text);
    url.origin = arena_copy(arena, text, (size_t)(authority - text) + authority_len);
    url.path = arena_strdup(arena, authority + authority_len);
    *out = url;
    return 0;
}
