/*
 * A peer, a net that talks to it, and an arena for the answers.
 */
#ifndef TESTS_NET_FIXTURE_H
#define TESTS_NET_FIXTURE_H

#include "core/arena.h"
#include "core/metrics.h"
#include "net/net.h"
#include "net/peer.h"

struct fixture {
    struct peer *peer;
    struct metrics *metrics;
    struct net *net;
    struct arena *arena;
};

/** Generous times, 8 places, 8 in the queue, answers of at most 1000 bytes. */
struct net_settings fixture_settings(void);

struct fixture fixture_open(const struct net_settings *settings);
void fixture_close(struct fixture *fixture);

/** "http://127.0.0.1:PORT" and `path`. */
const char *fixture_url(struct fixture *fixture, const char *path);

/** Fetch that must be taken; look at the result. */
struct net_answer fixture_fetch(struct fixture *fixture, const struct net_request *request);
struct net_answer fixture_get(struct fixture *fixture, const char *path);
struct net_answer fixture_post(struct fixture *fixture, const char *path, const char *body);

/** What net_start says to a request that it must refuse; the message lives in the arena. */
const char *fixture_refusal(struct fixture *fixture, const struct net_request *request);

#endif
