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

struct download;
struct sending;

/* How simulated time runs: from a moment on, at a speed. */
struct pace {
    int64_t real_us;
    int64_t sim_us;
    double speed; /* 0: it stands still, and jumps when nothing else is to be waited for */
};

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
    struct download *slow;   /* downloads whose next piece has its time */
    struct pace pace;
    int64_t began_us;
    bool stopping;
    bool ticking;
    pthread_t clock;
};

/** The time it is. Under the lock, so that it never goes backwards. */
struct sim_time simulator_now(struct simulator *simulator);

/** Bind the listener and route requests to the engine. */
int front_open(struct simulator *simulator, struct error *err) MUST_USE;

#endif
