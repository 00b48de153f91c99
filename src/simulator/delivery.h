/*
 * One webhook on its way: signed, sent, repeated as the URL's connection overrides say, perhaps
 * spoiled by a fault. It stays in the leg's list afterwards, as the truth about what was sent and
 * what came back.
 */
#ifndef SIMULATOR_DELIVERY_H
#define SIMULATOR_DELIVERY_H

#include "overrides.h"
#include "world.h"

enum delivery_kind {
    DELIVERY_TWIML,    /**< an instruction request: the answer is TwiML and matters */
    DELIVERY_CALLBACK, /**< a fact: the answer is only looked at for warnings */
};

/** The end of a delivery; `answer` is borrowed. The leg may be over by then. */
typedef void
delivery_done_fn(struct sim *sim, struct delivery *delivery, const struct sim_answer *answer);

struct delivery {
    struct arena *arena;
    struct leg *leg; /**< NULL: the world was reset meanwhile */
    enum delivery_kind kind;
    const char *purpose; /**< voice, action, whisper, fallback, status, number-status,
                            recording-status, amd-status */
    const char *method;
    const char *url; /**< as configured, fragment and all */
    struct fields params;
    delivery_done_fn *done; /**< may be NULL */
    void *context;          /**< for `done` */
    char token[37];         /**< I-Twilio-Idempotency-Token, the same for all attempts */
    const char *signature;
    struct overrides overrides;
    unsigned attempts;
    unsigned redirects;
    bool finished;
    bool lost;           /**< a fault ate it */
    bool twin;           /**< sent a second time by a fault */
    bool in_flight;      /**< sent, and not answered yet */
    int status;          /**< of the last answer, 0: none */
    const char *problem; /**< of the last attempt, "" if none */
    const char *answer_excerpt;
    json_t *attempt_log;
    struct sim_time created;
    struct sim_time first_sent;
    struct timer timer; /**< delayed by a fault */
    struct delivery *next;
    struct delivery *previous;
};

/** A new one for `leg`; add `params` with fields_add in its arena, then start it. `url` must be valid. */
struct delivery *delivery_create(struct sim *sim,
                                 struct leg *leg,
                                 enum delivery_kind kind,
                                 const char *purpose,
                                 const char *method,
                                 const char *url);

/** Send it, or what a fault makes of it. */
void delivery_start(struct sim *sim,
                    struct delivery *delivery,
                    delivery_done_fn *done,
                    void *context);

/** The answer of the network. */
void delivery_answered(struct sim *sim, struct delivery *delivery, const struct sim_answer *answer);

/** `leg` is forgotten, and its deliveries with it; those under way end unseen. */
void deliveries_forget(struct sim *sim, struct leg *leg);

/** Free what was under way and will not be answered any more. */
void deliveries_free_orphans(struct sim *sim);

/** Twilio's error code for an answer that is no success, 0 for one that is. */
int delivery_error_code(const struct sim_answer *answer);

#endif
