/* The running program: what its threads share. For simulator.c, front.c and signalling.c alone. */
#ifndef SIMULATOR_RUNNING_H
#define SIMULATOR_RUNNING_H

#include <pthread.h>

#include "core/metrics.h"
#include "http/server.h"
#include "net/net.h"
#include "signalling.h"
#include "simulator/engine.h"
#include "simulator/simulator.h"
#include "teller.h"

struct sending;

/* What the http room calls an app: only a name to it. */
struct app {
    struct simulator *simulator;
};

struct simulator {
    struct app app;
    const struct sim_settings *settings;
    struct metrics *metrics;
    struct router *router;
    struct http_server *http;
    struct net *net;
    struct teller *teller;
    struct signalling *signalling; /* NULL: no browsers */
    pthread_mutex_t mutex;         /* of everything below */
    pthread_cond_t changed;
    struct sim *sim;
    struct sending *refused; /* what could not even be started */
    int64_t jumped_ms;       /* simulated time at speed max */
    int64_t began_us;
    bool stopping;
    bool ticking;
    pthread_t clock;
};

/** The time it is. Under the lock, so that it never goes backwards. */
struct sim_time simulator_now(const struct simulator *simulator);

/** Bind the listener and route requests to the engine. */
int front_open(struct simulator *simulator, struct error *err) MUST_USE;

#endif
