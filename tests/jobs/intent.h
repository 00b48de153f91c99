/* Calls as they lie in the store at one moment of their placing. */
#ifndef TESTS_JOBS_INTENT_H
#define TESTS_JOBS_INTENT_H

#include "support/house.h"

#define CALLEE "+14155550100"

/* An intent as POST /calls leaves it, and what a test wants to be different. */
struct intent {
    struct call_row call;
    struct job_row job;
};

static inline int intent_insert(struct store_tx *tx, void *work, struct error *err)
{
    struct intent *intent = work;
    struct job_row job = intent->job;
    if (store_insert_call(tx, &intent->call, err) < 0)
        return -1;
    return store_insert_job(tx, &job, err);
}

static inline struct intent
intend(struct house *house, enum call_placement placement, enum job_kind kind)
{
    char *id = arena_alloc(house->arena, 32);
    int64_t now_ms = app_now_ms(house->app);
    int64_t number = app_new_id(house->app, RESOURCE_CALL, id);
    return (struct intent){
        .call = {.number = number,
                 .id = id,
                 .account_sid = FAKE_ACCOUNT,
                 .direction = CALL_DIRECTION_OUTBOUND_API,
                 .placement = placement,
                 .root = leg_state_new(),
                 .from = HOUSE_NUMBER,
                 .to = CALLEE,
                 .plan = "flow=greeting&to=%2B14155550100&from=%2B15005550006",
                 .created_at_ms = now_ms},
        .job = {.account_sid = FAKE_ACCOUNT,
                 .kind = kind,
                 .call_number = number,
                 .run_at_ms = now_ms,
                 .created_at_ms = now_ms},
    };
}

#endif
