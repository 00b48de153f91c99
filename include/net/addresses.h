/*
 * Where a request may go whose URL somebody else has chosen: to public addresses, and to networks that are named. Judged
 * is the address that a connection is made to, not the name: a name may mean another address a moment later.
 */
#ifndef NET_ADDRESSES_H
#define NET_ADDRESSES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

struct sockaddr;

/** An address range; all bits: one address. */
struct net_network {
    int family; /**< AF_INET or AF_INET6 */
    unsigned char address[16];
    unsigned prefix_bits;
};

/** Public addresses and these. Whoever has no rule (NULL) may be sent anywhere. */
struct net_addresses {
    const struct net_network *also;
    size_t also_count;
};

/**
 * May a connection be made to it? Pure. An IPv4 address in IPv6 clothes (mapped, NAT64) is judged as what it is.
 * @param rule  NULL: any
 */
bool net_addresses_allow(const struct net_addresses *rule, const struct sockaddr *address);

/**
 * What net_start would say to a request to this URL, and whether its host is an address that is not allowed. A name is
 * looked up when a connection is made, not here.
 * @param err  INVALID with the field "url", without the URL in it
 */
int net_check_url(const char *url, const struct net_addresses *rule, struct error *err) MUST_USE;

#endif
