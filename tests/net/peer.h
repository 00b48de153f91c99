/*
 * A server on loopback that behaves as badly as it is asked to, and counts what it saw. The path of
 * a request says how it is answered; see the table in peer.c.
 */
#ifndef TESTS_NET_PEER_H
#define TESTS_NET_PEER_H

#include <stddef.h>

struct peer;

/** Listens on 127.0.0.1. Ends the program if it cannot. */
struct peer *peer_start(void);

/** Closes everything and ends its threads. */
void peer_stop(struct peer *peer);

unsigned peer_port(const struct peer *peer);

/** Complete requests of that method so far; NULL: of any. */
unsigned peer_requests(struct peer *peer, const char *method);
unsigned peer_connections(struct peer *peer);

/** Sleep until that many complete requests have arrived. */
void peer_await(struct peer *peer, unsigned requests);

/** Let those go on that asked for /hold, now and later. */
void peer_release(struct peer *peer);

/** The last complete request as it was read; to be freed. */
char *peer_last(struct peer *peer);

/** A port on 127.0.0.1 where nobody answers: refused, or taken by the kernel and then left alone.
 */
unsigned peer_dead_port(int *fd);
unsigned peer_silent_port(int *fd);

#endif
