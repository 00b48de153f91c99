/*
 * Where a request comes from. The peer, unless the peer is a proxy of ours (SWITCHHOOK_TRUSTED_PROXIES): then what that
 * says in its header, of which the rightmost hop that is no proxy of ours counts, because everything left of it is what
 * the client has written himself.
 *
 *   X-Forwarded-For: 203.0.113.9, 198.51.100.7, 10.0.0.2      peer 10.0.0.1; 10.0.0.0/8 is ours: the client is 198.51.100.7
 *   Forwarded: for=203.0.113.9, for="[2001:db8::7]:4711"      RFC 7239; the client is 2001:db8::7
 *
 * What is no address where one is needed (unknown, _hidden, garbage) ends the walk: then the hop that said so counts.
 */
#ifndef APP_CLIENT_ADDRESS_H
#define APP_CLIENT_ADDRESS_H

#include <stdbool.h>

#include "config/config.h"
#include "http/request.h"

/** Room for the longest address. */
enum { CLIENT_GROUP_BYTES = 46 };

/** The client's address, in `arena` or borrowed from the arguments. At most LIMIT_PROXY_HOPS hops are walked. */
const char *client_address(const struct network_list *proxies,
                           enum config_forwarded header,
                           const char *peer,
                           const struct fields *headers,
                           struct arena *arena);

/**
 * Whom an address is counted with: an IPv4 address stands for itself (also when it is mapped to IPv6), an IPv6 address
 * for its /64, because that is what one customer gets. "" for what is no address ("unix", NULL).
 */
void client_group(const char *address, char out[CLIENT_GROUP_BYTES]);

/**
 * Does the request come through a proxy on this machine that is not listed? Then its address is everybody's, and nobody
 * should be held to account for it.
 */
bool client_is_hidden(const struct config *config, const struct request *request);

#endif
