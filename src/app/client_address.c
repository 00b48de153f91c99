#include "app/client_address.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/limits.h"
#include "core/macros.h"
#include "core/text.h"

_Static_assert((int)CLIENT_GROUP_BYTES >= INET6_ADDRSTRLEN, "every address fits");

static const char space[] = " \t";

/* ---- one hop ------------------------------------------------------------------------------------------------- */

static const char *address_of(int family, const char *text, struct arena *arena)
{
    unsigned char bytes[16];
    char out[INET6_ADDRSTRLEN];
    if (inet_pton(family, text, bytes) != 1)
        return NULL;
    if (family == AF_INET6 && IN6_IS_ADDR_V4MAPPED((struct in6_addr *)(void *)bytes)) {
        memmove(bytes, bytes + 12, 4);
        family = AF_INET;
    }
    return arena_strdup(arena, inet_ntop(family, bytes, out, sizeof out));
}

/* ":4711", or an obfuscated one (RFC 7239, 6): ":_name". */
static bool is_port(const char *text)
{
    static const char obfuscated[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    int64_t port;
    if (text[0] != ':')
        return false;
    if (text[1] == '_')
        return text[2] != '\0' && text[2 + strspn(text + 2, obfuscated)] == '\0';
    return text_to_int64(text + 1, 0, 65535, &port);
}

/* "192.0.2.7", "192.0.2.7:80", "2001:db8::7", "[2001:db8::7]", "[2001:db8::7]:80"; else NULL. */
static const char *hop_address(const char *text, size_t len, struct arena *arena)
{
    const char *hop = arena_copy(arena, text, len);
    if (strlen(hop) != len)
        return NULL;
    if (hop[0] == '[') {
        size_t inner = strcspn(hop, "]");
        if (hop[inner] == '\0' || (hop[inner + 1] != '\0' && !is_port(hop + inner + 1)))
            return NULL;
        return address_of(AF_INET6, arena_copy(arena, hop + 1, inner - 1), arena);
    }
    const char *colon = strchr(hop, ':');
    if (colon != NULL && strchr(colon + 1, ':') != NULL)
        return address_of(AF_INET6, hop, arena);
    if (colon != NULL && !is_port(colon))
        return NULL;
    return address_of(AF_INET, arena_copy(arena, hop, strcspn(hop, ":")), arena);
}

/* ---- the hops of a header, the last LIMIT_PROXY_HOPS of them --------------------------------------------------- */

/* In a ring: hop i is items[i % LIMIT_PROXY_HOPS]. NULL is one that is no address. */
struct hops {
    const char *items[LIMIT_PROXY_HOPS];
    size_t lens[LIMIT_PROXY_HOPS];
    size_t count;
};

static void add_hop(struct hops *hops, const char *text, size_t len)
{
    hops->items[hops->count % LIMIT_PROXY_HOPS] = text;
    hops->lens[hops->count % LIMIT_PROXY_HOPS] = len;
    hops->count++;
}

/* 203.0.113.9, 198.51.100.7 */
static void read_x_forwarded_for(const char *line, struct hops *hops)
{
    for (;;) {
        size_t item = strcspn(line, ",");
        size_t begin = strspn(line, space);
        size_t end = item;
        while (end > begin && strchr(space, line[end - 1]) != NULL)
            end--;
        if (begin < end) /* an empty one is none (RFC 9110, 5.6.1) */
            add_hop(hops, line + begin, end - begin);
        if (line[item] == '\0')
            return;
        line += item + 1;
    }
}

static size_t token_span(const char *text)
{
    static const char token[] = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz";
    return strspn(text, token);
}

struct value {
    const char *text;
    size_t len;
};

/* A token, or a quoted string; one with an escape in it is no address, and is taken for an empty text. */
static bool take_value(const char **at, struct value *out)
{
    const char *text = *at;
    if (*text != '"') {
        size_t len = token_span(text);
        /* Some proxies do not quote what has a colon or brackets. */
        len += strspn(text + len, ":[]0123456789abcdefABCDEF.");
        *out = (struct value){text, len};
        *at = text + len;
        return len > 0;
    }
    bool escaped = false;
    const char *end = text + 1;
    for (; *end != '"'; end++) {
        if (*end == '\\') {
            escaped = true;
            end++;
        }
        if (*end == '\0')
            return false;
    }
    *out = (struct value){text + 1, escaped ? 0 : (size_t)(end - text - 1)};
    *at = end + 1;
    return true;
}

static void skip_space(const char **at)
{
    *at += strspn(*at, space);
}

/* for=192.0.2.60;proto=http;by=203.0.113.43 up to the comma or the end; `*hop` is what `for` says. */
static bool take_element(const char **at, struct value *hop, bool *empty)
{
    bool has_for = false;
    *hop = (struct value){"", 0};
    *empty = true;
    for (;;) {
        skip_space(at);
        if (**at == ',' || **at == '\0')
            return true;
        if (**at == ';') {
            ++*at;
            continue;
        }
        const char *name = *at;
        size_t name_len = token_span(name);
        struct value value;
        if (name_len == 0 || name[name_len] != '=')
            return false;
        *at = name + name_len + 1;
        if (!take_value(at, &value))
            return false;
        skip_space(at);
        if (strchr(";,", **at) == NULL && **at != '\0')
            return false;
        *empty = false;
        if (name_len != 3 || strncasecmp(name, "for", 3) != 0)
            continue;
        if (has_for)
            return false;
        has_for = true;
        *hop = value;
    }
}

/* A line that cannot be read hides what came before it: a quote that is never closed swallows a proxy's own word. */
static void read_forwarded(const char *line, struct hops *hops)
{
    for (;;) {
        struct value hop;
        bool empty;
        if (!take_element(&line, &hop, &empty)) {
            add_hop(hops, "", 0);
            return;
        }
        if (!empty)
            add_hop(hops, hop.text, hop.len);
        if (*line == '\0')
            return;
        line++;
    }
}

const char *client_address(const struct network_list *proxies,
                           enum config_forwarded header,
                           const char *peer,
                           const struct fields *headers,
                           struct arena *arena)
{
    if (!network_list_has(proxies, peer))
        return peer;
    bool standard = header == CONFIG_FORWARDED_FORWARDED;
    struct hops hops = {0};
    for (size_t i = 0; i < headers->count; i++) {
        if (!text_equal_nocase(headers->items[i].name, standard ? "Forwarded" : "X-Forwarded-For"))
            continue;
        if (standard)
            read_forwarded(headers->items[i].value, &hops);
        else
            read_x_forwarded_for(headers->items[i].value, &hops);
    }
    const char *client = peer;
    size_t oldest = hops.count > LIMIT_PROXY_HOPS ? hops.count - LIMIT_PROXY_HOPS : 0;
    for (size_t i = hops.count; i > oldest && network_list_has(proxies, client); i--) {
        size_t place = (i - 1) % LIMIT_PROXY_HOPS;
        const char *hop = hop_address(hops.items[place], hops.lens[place], arena);
        if (hop == NULL)
            break;
        client = hop;
    }
    return client;
}

/* ---- with whom it is counted ----------------------------------------------------------------------------------- */

void client_group(const char *address, char out[CLIENT_GROUP_BYTES])
{
    enum { MAPPED_BYTES = 12, NETWORK_BYTES = 8 };
    unsigned char bytes[16];
    const char *text = NULL;
    out[0] = '\0';
    if (address == NULL)
        return;
    if (inet_pton(AF_INET, address, bytes) == 1)
        text = inet_ntop(AF_INET, bytes, out, CLIENT_GROUP_BYTES);
    else if (inet_pton(AF_INET6, address, bytes) != 1)
        return;
    else if (IN6_IS_ADDR_V4MAPPED((struct in6_addr *)(void *)bytes))
        text = inet_ntop(AF_INET, bytes + MAPPED_BYTES, out, CLIENT_GROUP_BYTES);
    else {
        memset(bytes + NETWORK_BYTES, 0, sizeof bytes - NETWORK_BYTES);
        text = inet_ntop(AF_INET6, bytes, out, CLIENT_GROUP_BYTES);
    }
    ASSERT(text != NULL); /* there is room for every address */
}

bool client_is_hidden(const struct config *config, const struct request *request)
{
    const char *peer = request->peer;
    bool near =
        text_equal(peer, "unix") || text_equal(peer, "::1") || text_starts_with(peer, "127.");
    if (!near || network_list_has(&config->server.trusted_proxies, peer))
        return false;
    return request_header(request, "X-Forwarded-For") != NULL ||
           request_header(request, "Forwarded") != NULL;
}
