/*
 * The part of the WHATWG URL Standard that matters for the addresses of webhooks: special schemes,
 * host names in ASCII, IPv4 in its usual writing. What needs the rest (other languages' host names,
 * octal addresses, IPv6) has no normalised form here, and is then checked as received only.
 */
#include "signature_url.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "core/macros.h"
#include "core/text.h"

enum { HOST_MAX = 253 }; /* characters of a name in the DNS */

static const struct {
    const char *scheme; /* with :// */
    const char *port;   /* the one that is left out */
} schemes[] = {
    {"https://", "443"},
    {"http://",  "80" },
    {"wss://",   "443"},
    {"ws://",    "80" },
};

/** Where text is written; `room` was allocated for the worst case, three characters for one. */
struct writer {
    char *start;
    size_t len;
};

static void put(struct writer *out, const char *text, size_t len)
{
    memcpy(out->start + out->len, text, len);
    out->len += len;
}

/** Copy, with what is not printable ASCII or one of `special` as %XX. */
static void put_escaped(struct writer *out, struct span text, const char *special)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.at[i];
        if (c > 0x20 && c < 0x7f && strchr(special, c) == NULL) {
            put(out, text.at + i, 1);
        } else {
            const char escape[] = {'%', digits[c >> 4], digits[c & 15U]};
            put(out, escape, sizeof(escape));
        }
    }
}

static bool consists_of(struct span text, const char *characters)
{
    size_t len = 0;
    while (len < text.len && strchr(characters, text.at[len]) != NULL)
        len++;
    return len == text.len;
}

/** Fragments, and what the standard would silently remove; neither reaches a server. */
static bool has_odd_characters(struct span rest)
{
    for (size_t i = 0; i < rest.len; i++)
        if (rest.at[i] == '#' || (unsigned char)rest.at[i] < 0x20)
            return true;
    return rest.len > 0 && rest.at[rest.len - 1] == ' ';
}

/** `user@` and `user:password@` of characters that the standard leaves alone; an empty half it
 * would leave out. */
static bool is_plain_userinfo(struct span userinfo)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,%";
    if (userinfo.len == 0)
        return true;
    const struct span text = {userinfo.at, userinfo.len - 1};
    const char *colon = memchr(text.at, ':', text.len);
    if (colon == NULL)
        return text.len > 0 && consists_of(text, plain);
    const struct span user = {text.at, (size_t)(colon - text.at)};
    const struct span password = {colon + 1, text.len - user.len - 1};
    return user.len > 0 && password.len > 0 && consists_of(user, plain) &&
           consists_of(password, plain);
}

/**
 * A name, or an address of four decimal numbers. A host whose last label is a number is an address
 * to the standard, which knows many more writings; here whatever begins its last label with a digit
 * must be the usual one.
 */
static bool is_plain_host(struct span host)
{
    char text[HOST_MAX + 1];
    struct in_addr address;
    if (host.len == 0 || host.len > HOST_MAX ||
        !consists_of(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"))
        return false;
    *(char *)mempcpy(text, host.at, host.len) = '\0';
    const size_t named = text[host.len - 1] == '.' ? host.len - 1 : host.len;
    const char *dot = memrchr(text, '.', named);
    const char *label = dot == NULL ? text : dot + 1;
    if (*label >= '0' && *label <= '9')
        return inet_pton(AF_INET, text, &address) == 1;
    return named > 0;
}

/**
 * The port as the standard writes it: `:8443`, or nothing if it is the scheme's own or empty.
 * @return false if it is no port
 */
static bool normalise_port(struct span port, const char *standard, struct span *out)
{
    struct span digits = port.len == 0 ? port : (struct span){port.at + 1, port.len - 1};
    while (digits.len > 1 && digits.at[0] == '0')
        digits = (struct span){digits.at + 1, digits.len - 1};
    if (!consists_of(digits, "0123456789") || digits.len > 5 ||
        (digits.len == 5 && memcmp(digits.at, "65535", 5) > 0))
        return false;
    const bool left_out =
        digits.len == strlen(standard) && memcmp(digits.at, standard, digits.len) == 0;
    *out = left_out ? (struct span){"", 0} : digits;
    return true;
}

/** How many dots the segment is: `.` 1, `..` 2, `%2e` is a dot too; 0 for any other segment. */
static int count_dots(struct span segment)
{
    int dots = 0;
    for (size_t at = 0; at < segment.len; dots++) {
        if (segment.at[at] == '.')
            at += 1;
        else if (segment.len - at >= 3 && strncasecmp(segment.at + at, "%2e", 3) == 0)
            at += 3;
        else
            return 0;
    }
    return dots > 2 ? 0 : dots;
}

/** Write the path: `/` in front of every segment, a backslash is a slash, dots are followed. */
static void put_path(struct writer *out, struct span path)
{
    const size_t start = out->len;
    size_t at = path.len > 0 ? 1 : 0; /* behind the slash it begins with */
    for (bool last = false; !last;) {
        const char *from = path.at + at;
        size_t len = 0;
        while (at + len < path.len && from[len] != '/' && from[len] != '\\')
            len++;
        const struct span segment = {from, len};
        const int dots = count_dots(segment);
        last = at + len == path.len;
        at += len + 1;
        if (dots == 2)
            while (out->len > start && out->start[--out->len] != '/')
                ;
        if (dots == 0 || last)
            put(out, "/", 1);
        if (dots == 0)
            put_escaped(out, segment, "\"#<>?`{}");
    }
}

char *url_normalise(const char *url, struct arena *arena)
{
    struct url_parts parts;
    struct span port;
    size_t scheme = 0;
    while (scheme < ARRAY_LEN(schemes) && !text_starts_with_nocase(url, schemes[scheme].scheme))
        scheme++;
    if (scheme == ARRAY_LEN(schemes) || !url_split(url, &parts))
        return NULL;
    if (!is_plain_userinfo(parts.userinfo) || !is_plain_host(parts.host) ||
        !normalise_port(parts.port, schemes[scheme].port, &port) || has_odd_characters(parts.rest))
        return NULL;

    struct writer out = {.start = arena_alloc(arena, 3 * strlen(url) + 2)};
    put(&out, schemes[scheme].scheme, strlen(schemes[scheme].scheme));
    put(&out, parts.userinfo.at, parts.userinfo.len);
    for (size_t i = 0; i < parts.host.len; i++) {
        const char c = parts.host.at[i];
        const char lower = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
        put(&out, &lower, 1);
    }
    if (port.len > 0)
        put(&out, ":", 1);
    put(&out, port.at, port.len);
    const char *query = memchr(parts.rest.at, '?', parts.rest.len);
    const size_t path_len = query == NULL ? parts.rest.len : (size_t)(query - parts.rest.at);
    put_path(&out, (struct span){parts.rest.at, path_len});
    if (query != NULL) {
        put(&out, "?", 1);
        put_escaped(&out, (struct span){query + 1, parts.rest.len - path_len - 1}, "\"#<>'");
    }
    put(&out, "", 1);
    return out.start;
}
