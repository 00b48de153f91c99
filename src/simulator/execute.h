/* Asking for TwiML and doing what it says, verb by verb. */
#ifndef SIMULATOR_EXECUTE_H
#define SIMULATOR_EXECUTE_H

#include "document.h"
#include "world.h"

/** What a verb has done. */
enum step {
    STEP_NEXT, /**< go on with the next verb */
    STEP_WAIT, /**< something will call run_continue, or fetch another document */
};

/** Begin with the leg's instructions. */
void run_start(struct sim *sim, struct leg *leg);

/** Ask for another document, relative to the present one. `extra` (may be NULL) are the verb's parameters. */
void run_fetch(struct sim *sim,
               struct leg *leg,
               const char *purpose,
               const char *method,
               const char *url,
               const struct fields *extra);

/** Send a request whose answer changes nothing: the action of a leg that is over. */
void run_tell(struct sim *sim,
              struct leg *leg,
              const char *purpose,
              const char *method,
              const char *url,
              const struct fields *extra);

/** The URL and method of a verb's `action`; the current document's if it has none (NULL if there is none at all). */
const char *run_action(struct leg *leg, const struct twiml_node *node, const char **method);

/** Go on with the next verb. */
void run_continue(struct sim *sim, struct leg *leg);

/** Go on after `ms`; `limit` says that nobody expects it to be reached. */
void run_wait(struct sim *sim, struct leg *leg, int64_t ms, bool limit);

/** Read a document given inline. */
void run_inline(struct sim *sim, struct leg *leg, const char *twiml);

/** Something about the TwiML is so wrong that Twilio gives up: the fallback URL, or an apology and the end. */
void run_fail(struct sim *sim, struct leg *leg, int code, const char *url, const char *why);

/** Forget document, waiting and fetching; nothing is told. */
void run_stop(struct sim *sim, struct leg *leg);

/** The leg is over: what its verbs have to say about that is said, the rest forgotten. */
void run_end(struct sim *sim, struct leg *leg);

/** How long a <Say>, <Play> or <Pause> takes. */
int64_t run_prompt_ms(const struct twiml_node *node);

#endif
