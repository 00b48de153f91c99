/* Replies that come later: slow answers, and requests that wait for the world to be in some state.
 */
#ifndef SIMULATOR_PENDING_H
#define SIMULATOR_PENDING_H

#include "world.h"

/** Answer after `delay_ms` of simulated time. Takes held->json over. */
void pending_delay(struct sim *sim,
                   const struct sim_reply *held,
                   int64_t delay_ms,
                   sim_reply_fn *reply,
                   void *context);

/** Answer once the first callback of `leg` was answered (or `limit_ms` later). Takes held->json over. */
void pending_after_callback(struct sim *sim,
                            const struct sim_reply *held,
                            struct leg *leg,
                            int64_t limit_ms,
                            sim_reply_fn *reply,
                            void *context);

/** Answer once control_condition_holds. Takes `condition` over. */
void pending_wait(struct sim *sim, json_t *condition, sim_reply_fn *reply, void *context);

/** A callback of `leg` has been answered. */
void pending_callback_answered(struct sim *sim, const struct leg *leg);

/** Answer everybody 503: the world ends. */
void pending_answer_all(struct sim *sim);

/** Answer the one with that context 504. */
void pending_give_up(struct sim *sim, const void *context);

#endif
