/*
 * Where a request comes from. The peer, unless the peer is a proxy of ours: then what it says.
 */
#ifndef APP_CLIENT_ADDRESS_H
#define APP_CLIENT_ADDRESS_H

/** Room for the longest address. */
enum { CLIENT_GROUP_BYTES = 46 };

/**
 * Whom an address is counted with: an IPv4 address stands for itself (also when it is mapped to IPv6), an IPv6 address
 * for its /64, because that is what one customer gets. "" for what is no address ("unix", NULL).
 */
void client_group(const char *address, char out[CLIENT_GROUP_BYTES]);

#endif
