/* Replies that come later. A list: there are few at a time. */
#include "pending.h"

#include <stdlib.h>

#include "control.h"
#include "core/xmalloc.h"

static struct pending *pending_add(struct sim *sim, sim_reply_fn *reply, void *context)
{
    struct pending *pending = xcalloc(1, sizeof(*pending));
    pending->reply = reply;
    pending->context = context;
    pending->next = sim->pending;
    sim->pending = pending;
    return pending;
}

static void unlink_pending(struct sim *sim, struct pending *pending)
{
    struct pending **link = &sim->pending;
    while (*link != pending)
        link = &(*link)->next;
    *link = pending->next;
    timer_cancel(&sim->timers, &pending->timer);
}

/* Takes the json of `answer` over, and frees what it does not use. */
static void finish(struct sim *sim, struct pending *pending, const struct sim_reply *answer)
{
    unlink_pending(sim, pending);
    pending->reply(pending->context, answer);
    json_decref(pending->condition);
    free(pending);
}

static void on_delay_over(struct sim *sim, void *context)
{
    struct pending *pending = context;
    finish(sim, pending, &pending->held);
}

void pending_delay(struct sim *sim,
                   const struct sim_reply *held,
                   int64_t delay_ms,
                   sim_reply_fn *reply,
                   void *context)
{
    struct pending *pending = pending_add(sim, reply, context);
    pending->held = *held;
    timer_arm(&sim->timers, &pending->timer, sim->now.sim_ms + delay_ms, on_delay_over, pending);
}

void pending_after_callback(struct sim *sim,
                            const struct sim_reply *held,
                            struct leg *leg,
                            int64_t limit_ms,
                            sim_reply_fn *reply,
                            void *context)
{
    pending_delay(sim, held, limit_ms, reply, context);
    sim->pending->after_callback = leg;
}

void pending_callback_answered(struct sim *sim, const struct leg *leg)
{
    for (struct pending *pending = sim->pending; pending; pending = pending->next)
        if (pending->after_callback == leg) {
            finish(sim, pending, &pending->held);
            return;
        }
}

void pending_wait(struct sim *sim, json_t *condition, sim_reply_fn *reply, void *context)
{
    struct pending *pending = pending_add(sim, reply, context);
    pending->waits = true;
    pending->condition = condition;
}

void world_wake(struct sim *sim)
{
    for (struct pending *pending = sim->pending; pending;) {
        struct pending *next = pending->next;
        if (pending->waits && control_condition_holds(sim, pending->condition)) {
            struct sim_reply answer = {.status = 200, .json = control_summary(sim)};
            finish(sim, pending, &answer);
        }
        pending = next;
    }
}

static void refuse(struct sim *sim, struct pending *pending, int status, const char *text)
{
    json_decref(pending->held.json);
    json_t *body = pending->waits ? control_summary(sim) : json_object();
    json_object_set_new(body, "error", json_string(text));
    struct sim_reply answer = {.status = status, .json = body};
    finish(sim, pending, &answer);
}

void pending_answer_all(struct sim *sim)
{
    while (sim->pending)
        refuse(sim, sim->pending, 503, "the world was reset");
}

void pending_give_up(struct sim *sim, const void *context)
{
    for (struct pending *pending = sim->pending; pending; pending = pending->next)
        if (pending->context == context) {
            refuse(sim, pending, 504, "it did not happen in time");
            return;
        }
}
