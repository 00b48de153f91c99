/*
 * Which addresses are public. IPv4: all but what the registry sets apart. IPv6: what is given out as global unicast,
 * without what is set apart in it; whatever is not given out yet is nobody's.
 *
 * Sources: IANA, "IPv4 Special-Purpose Address Registry", "IPv6 Special-Purpose Address Registry", "IPv6 Global Unicast
 * Address Assignments" and the multicast registries; the RFCs that the rows name. Where a registry calls parts of a row
 * globally reachable (192.0.0.9, parts of 2001::/23), they are for protocols that are not HTTP.
 */
#include "net/addresses.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/macros.h"
#include "core/text.h"
#include "internal.h"

struct special {
    const char *prefix;
    unsigned bits;
};

static const struct special not_public[] = {
    {"0.0.0.0",      8 }, /* this network, RFC 791 */
    {"10.0.0.0",     8 }, /* private, RFC 1918 */
    {"100.64.0.0",   10}, /* shared by a provider's customers, RFC 6598 */
    {"127.0.0.0",    8 }, /* loopback, RFC 1122 */
    {"169.254.0.0",  16}, /* link-local, RFC 3927; 169.254.169.254 tells a cloud's secrets */
    {"172.16.0.0",   12}, /* private, RFC 1918 */
    {"192.0.0.0",    24}, /* protocols, RFC 6890 */
    {"192.0.2.0",    24}, /* documentation, RFC 5737 */
    {"192.88.99.0",  24}, /* relays of 6to4, RFC 7526 */
    {"192.168.0.0",  16}, /* private, RFC 1918 */
    {"198.18.0.0",   15}, /* benchmarks, RFC 2544 */
    {"198.51.100.0", 24}, /* documentation, RFC 5737 */
    {"203.0.113.0",  24}, /* documentation, RFC 5737 */
    {"224.0.0.0",    4 }, /* multicast, RFC 5771 */
    {"240.0.0.0",    4 }, /* reserved and broadcast, RFC 1112, RFC 8190 */
    {"2001::",       23}, /* protocols, RFC 2928: Teredo (RFC 4380), benchmarks, ORCHID */
    {"2001:db8::",   32}, /* documentation, RFC 3849 */
    {"2002::",       16}, /* 6to4, RFC 3056: whatever IPv4 address is in it */
    {"3fff::",       20}, /* documentation, RFC 9637 */
};

static const struct special global_unicast = {"2000::", 3};

/* An IPv4 address in its last 32 bits. */
static const struct special wrapped[] = {
    {"::ffff:0:0", 96}, /* mapped, RFC 4291 */
    {"64:ff9b::",  96}, /* NAT64, RFC 6052 */
};

static bool network_has(const struct net_network *network, const struct net_network *address)
{
    const unsigned bytes = network->prefix_bits / 8;
    const unsigned rest = network->prefix_bits % 8;
    if (network->family != address->family ||
        memcmp(network->address, address->address, bytes) != 0)
        return false;
    const unsigned mask = (0xffu << (8 - rest)) & 0xffu;
    return rest == 0 || ((network->address[bytes] ^ address->address[bytes]) & mask) == 0;
}

static bool special_has(const struct special *special, const struct net_network *address)
{
    struct net_network network = {
        .family = strchr(special->prefix, ':') != NULL ? AF_INET6 : AF_INET,
        .prefix_bits = special->bits,
    };
    int known = inet_pton(network.family, special->prefix, network.address);
    ASSERT(known == 1);
    return network_has(&network, address);
}

static bool any_has(const struct special *list, size_t count, const struct net_network *address)
{
    for (size_t i = 0; i < count; i++)
        if (special_has(&list[i], address))
            return true;
    return false;
}

/* False for what is neither IPv4 nor IPv6. */
static bool read_sockaddr(const struct sockaddr *from, struct net_network *out)
{
    *out = (struct net_network){.family = from->sa_family};
    if (from->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, from, sizeof v4);
        memcpy(out->address, &v4.sin_addr, sizeof v4.sin_addr);
    } else if (from->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, from, sizeof v6);
        memcpy(out->address, &v6.sin6_addr, sizeof v6.sin6_addr);
    }
    return from->sa_family == AF_INET || from->sa_family == AF_INET6;
}

static void unwrap(struct net_network *address)
{
    if (!any_has(wrapped, ARRAY_LEN(wrapped), address))
        return;
    struct net_network inner = {.family = AF_INET};
    memcpy(inner.address, address->address + 12, 4);
    *address = inner;
}

static bool is_allowed(const struct net_addresses *rule, struct net_network address)
{
    unwrap(&address);
    for (size_t i = 0; i < rule->also_count; i++)
        if (network_has(&rule->also[i], &address))
            return true;
    if (address.family == AF_INET6 && !special_has(&global_unicast, &address))
        return false;
    return !any_has(not_public, ARRAY_LEN(not_public), &address);
}

bool net_addresses_allow(const struct net_addresses *rule, const struct sockaddr *address)
{
    struct net_network read;
    return rule == NULL || (read_sockaddr(address, &read) && is_allowed(rule, read));
}

bool addresses_allow_text(const struct net_addresses *rule, const char *text)
{
    struct net_network read = {.family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET};
    char address[INET6_ADDRSTRLEN] = "";
    size_t len = strcspn(text, "%"); /* what follows is the zone of a link-local address */
    if (rule == NULL)
        return true;
    if (len >= sizeof address)
        return false;
    memcpy(address, text, len);
    return inet_pton(read.family, address, read.address) == 1 && is_allowed(rule, read);
}
