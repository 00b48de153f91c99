/* Where to listen, whom to trust, where TwiML may come from. */
#include <arpa/inet.h>
#include <string.h>

#include "core/text.h"
#include "list.h"
#include "options.h"
#include "url.h"

enum {
    UNIX_PATH_BYTES_MAX = 107, /* sun_path of unix(7), without its NUL */
    IPV4_BITS = 32,
    IPV6_BITS = 128,
};

static void print_list(const struct option *option, const void *member, struct buf *out)
{
    (void)option;
    list_print(member, out);
}

/* ---- listen addresses ---- */

static int check_listen(const char **item, struct arena *arena, struct error *err)
{
    const char *host;
    uint16_t port;
    if (text_equal(*item, "systemd"))
        return 0;
    if (text_starts_with(*item, "unix:")) {
        const char *path = *item + strlen("unix:");
        if (path[0] != '/' || strlen(path) > UNIX_PATH_BYTES_MAX)
            return error_set(err, ERROR_INVALID,
                             "its path is not absolute, or longer than 107 bytes");
        return 0;
    }
    if (text_starts_with(*item, "*:") || text_starts_with(*item, ":"))
        return error_set(err, ERROR_INVALID, "for every address write 0.0.0.0:PORT and [::]:PORT");
    if (!host_port_split(*item, arena, &host, &port))
        return error_set(err, ERROR_INVALID, "it is no host:port");
    return 0;
}

static int parse_listen(const struct option *option,
                        const char *text,
                        struct arena *arena,
                        void *member,
                        struct error *err)
{
    (void)option;
    return list_parse(text, check_listen, arena, member, err);
}

static void expect_listen(const struct option *option, struct buf *out)
{
    (void)option;
    buf_puts(out, "a list of host:port, [v6]:port, unix:/path and systemd, with commas between");
}

const struct option_type option_type_listen = {
    .name = "addresses",
    .bytes = sizeof(struct text_list),
    .parse = parse_listen,
    .print = print_list,
    .expect = expect_listen,
};

bool listen_is_loopback(const char *address)
{
    auto_arena struct arena *arena = arena_create();
    const char *host;
    uint16_t port;
    return host_port_split(address, arena, &host, &port) && host_is_loopback(host);
}

/* ---- networks ---- */

static int parse_network(const char *text, struct arena *arena, struct config_network *out)
{
    struct config_network network = {.family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET};
    const unsigned bits_max = network.family == AF_INET6 ? IPV6_BITS : IPV4_BITS;
    const size_t address_len = strcspn(text, "/");
    int64_t bits = bits_max;
    if (inet_pton(network.family, arena_copy(arena, text, address_len), network.address) != 1)
        return -1;
    if (text[address_len] == '/' && !text_to_int64(text + address_len + 1, 1, bits_max, &bits))
        return -1;
    network.prefix_bits = (unsigned)bits;
    *out = network;
    return 0;
}

static int check_network(const char **item, struct arena *arena, struct error *err)
{
    struct config_network network;
    if (!text_equal(*item, "unix") && parse_network(*item, arena, &network) < 0)
        return error_set(err, ERROR_INVALID, "it is no address and no range such as 192.0.2.0/24");
    return 0;
}

static int parse_networks(const struct option *option,
                          const char *text,
                          struct arena *arena,
                          void *member,
                          struct error *err)
{
    (void)option;
    struct text_list items;
    if (list_parse(text, check_network, arena, &items, err) < 0)
        return -1;
    struct config_network *networks = arena_alloc(arena, items.count * sizeof(*networks));
    struct network_list list = {.items = networks};
    for (size_t i = 0; i < items.count; i++)
        if (parse_network(items.items[i], arena, &networks[list.count]) == 0)
            list.count++;
        else
            list.unix_sockets = true;
    *(struct network_list *)member = list;
    return 0;
}

static void print_networks(const struct option *option, const void *member, struct buf *out)
{
    (void)option;
    const struct network_list *list = member;
    const char *comma = "";
    for (size_t i = 0; i < list->count; i++) {
        char text[INET6_ADDRSTRLEN] = "";
        inet_ntop(list->items[i].family, list->items[i].address, text, sizeof(text));
        buf_printf(out, "%s%s/%u", comma, text, list->items[i].prefix_bits);
        comma = ",";
    }
    if (list->unix_sockets)
        buf_printf(out, "%sunix", comma);
}

static void expect_networks(const struct option *option, struct buf *out)
{
    (void)option;
    buf_puts(out,
             "a list of addresses, ranges such as 192.0.2.0/24, and unix, with commas between");
}

const struct option_type option_type_networks = {
    .name = "networks",
    .bytes = sizeof(struct network_list),
    .parse = parse_networks,
    .print = print_networks,
    .expect = expect_networks,
};

static bool network_has(const struct config_network *network, const struct config_network *peer)
{
    const unsigned bytes = network->prefix_bits / 8;
    const unsigned rest = network->prefix_bits % 8;
    if (network->family != peer->family || memcmp(network->address, peer->address, bytes) != 0)
        return false;
    if (rest == 0)
        return true;
    const unsigned mask = 0xffu << (8 - rest);
    return ((unsigned)(network->address[bytes] ^ peer->address[bytes]) & mask & 0xffu) == 0;
}

/** ::ffff:192.0.2.1 is 192.0.2.1. */
static void unmap(struct config_network *peer)
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (peer->family != AF_INET6 || memcmp(peer->address, mapped, sizeof(mapped)) != 0)
        return;
    peer->family = AF_INET;
    memmove(peer->address, peer->address + sizeof(mapped), 4);
}

bool network_list_has(const struct network_list *list, const char *peer)
{
    struct config_network address = {0};
    if (peer == NULL)
        return false;
    if (text_equal(peer, "unix"))
        return list->unix_sockets;
    address.family = strchr(peer, ':') != NULL ? AF_INET6 : AF_INET;
    if (inet_pton(address.family, peer, address.address) != 1)
        return false;
    unmap(&address);
    for (size_t i = 0; i < list->count; i++)
        if (network_has(&list->items[i], &address))
            return true;
    return false;
}

/* ---- hosts ---- */

static int check_host(const char **item, struct arena *arena, struct error *err)
{
    const char *host;
    uint16_t port;
    if (strstr(*item, "://") != NULL || strchr(*item, '/') != NULL)
        return error_set(err, ERROR_INVALID, "it is an URL; write the host alone");
    if (!host_is_name(*item) && !host_port_split(*item, arena, &host, &port))
        return error_set(err, ERROR_INVALID, "it is no host name");
    char *lower = arena_strdup(arena, *item);
    for (char *c = lower; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    *item = lower;
    return 0;
}

static int parse_hosts(const struct option *option,
                       const char *text,
                       struct arena *arena,
                       void *member,
                       struct error *err)
{
    (void)option;
    return list_parse(text, check_host, arena, member, err);
}

static void expect_hosts(const struct option *option, struct buf *out)
{
    (void)option;
    buf_puts(out, "a list of host or host:port, with commas between");
}

const struct option_type option_type_hosts = {
    .name = "hosts",
    .bytes = sizeof(struct text_list),
    .parse = parse_hosts,
    .print = print_list,
    .expect = expect_hosts,
};

/* ---- curl's --connect-to ---- */

/* One host:port at `*at`, with the host in brackets if it holds colons; false if it is none. Moves `*at` behind it. */
static bool skip_endpoint(const char **at)
{
    char port[8] = "";
    int64_t number;
    size_t host = **at == '[' ? strcspn(*at, "]") + 1 : strcspn(*at, ":");
    const char *colon = *at + host;
    if (host == 0 || strnlen(*at, host) < host || *colon != ':')
        return false;
    size_t digits = strspn(colon + 1, "0123456789");
    if (digits == 0 || digits >= sizeof(port))
        return false;
    memcpy(port, colon + 1, digits);
    *at = colon + 1 + digits;
    return text_to_int64(port, 1, 65535, &number);
}

static int parse_connect_to(const struct option *option,
                            const char *text,
                            struct arena *arena,
                            void *member,
                            struct error *err)
{
    (void)option;
    const char *at = text;
    if (strpbrk(text, " \t\r\n") != NULL || !skip_endpoint(&at) || *at++ != ':' ||
        !skip_endpoint(&at) || *at != '\0')
        return error_set(err, ERROR_INVALID, "it is not host:port:host:port");
    *(const char **)member = arena_strdup(arena, text);
    return 0;
}

static void print_address(const struct option *option, const void *member, struct buf *out)
{
    (void)option;
    const char *text = *(const char *const *)member;
    if (text != NULL)
        buf_puts(out, text);
}

static void expect_connect_to(const struct option *option, struct buf *out)
{
    (void)option;
    buf_puts(out, "host:port:host:port, e.g. api.twilio.com:443:127.0.0.1:9443");
}

const struct option_type option_type_connect_to = {
    .name = "redirection",
    .bytes = sizeof(const char *),
    .parse = parse_connect_to,
    .print = print_address,
    .expect = expect_connect_to,
};

/* ---- one address of this machine ---- */

static int parse_loopback(const struct option *option,
                          const char *text,
                          struct arena *arena,
                          void *member,
                          struct error *err)
{
    (void)option;
    const char *host;
    uint16_t port;
    if (!host_port_split(text, arena, &host, &port) || port == 0)
        return error_set(err, ERROR_INVALID, "it is no host:port");
    if (!host_is_loopback(host))
        return error_set(err, ERROR_INVALID, "it is not on this machine");
    *(const char **)member = arena_strdup(arena, text);
    return 0;
}

static void expect_loopback(const struct option *option, struct buf *out)
{
    (void)option;
    buf_puts(out, "host:port on this machine, e.g. 127.0.0.1:9081");
}

const struct option_type option_type_loopback = {
    .name = "address here",
    .bytes = sizeof(const char *),
    .parse = parse_loopback,
    .print = print_address,
    .expect = expect_loopback,
};
