/* The life of one leg: dialled, ringing, talking, over. What it says meanwhile is execute.h's and
 * dial.h's. */
#ifndef SIMULATOR_LEG_H
#define SIMULATOR_LEG_H

#include "core/macros.h"
#include "world.h"

/** A new leg, remembered. Texts are copied. `parent` may be NULL. */
struct leg *leg_create(struct sim *sim,
                       enum leg_direction direction,
                       const char *from,
                       const char *to,
                       struct leg *parent);

/** By SID, or NULL. */
struct leg *leg_find(const struct sim *sim, const char *sid);

/** Free a leg, its deliveries under way become orphans. */
void leg_forget(struct sim *sim, struct leg *leg);

bool leg_is_over(const struct leg *leg);

/** The word Twilio uses in webhooks: "initiated" is one. */
const char *leg_status_text(enum leg_status status);

/** The word REST uses: an initiated leg is still "queued". */
const char *leg_rest_status(const struct leg *leg);

const char *leg_direction_text(enum leg_direction direction);

/** Whole seconds of talk; 0 if nobody answered. */
int64_t leg_duration_s(const struct sim *sim, const struct leg *leg);

/** Write a moment of its life down, and tell it. */
void leg_note(struct sim *sim, struct leg *leg, const char *what, const char *format, ...)
    PRINTF_LIKE(4, 5);

/** The same for something Twilio's debugger would show. */
void leg_warn(struct sim *sim, struct leg *leg, int code, const char *format, ...)
    PRINTF_LIKE(4, 5);

/** Start dialling, `queue_ms` from now. Its script says what happens. */
void leg_dial(struct sim *sim, struct leg *leg);

/** The person picks up (also a CALLEE_MANUAL one, on demand). Harmless unless it rings. */
void leg_pick_up(struct sim *sim, struct leg *leg);

/** An inbound leg is answered by its TwiML, and the browser that placed it is told. Harmless if it is answered already. */
void leg_answer(struct sim *sim, struct leg *leg);

/** The same, but its browser is told only when it is joined to somebody, whose description it may need. */
void leg_answer_for_bridge(struct sim *sim, struct leg *leg);

/** The end, told to everybody concerned. Harmless if it is over. `sip_code` 0: none to tell. */
void leg_end(struct sim *sim, struct leg *leg, enum leg_status status, int sip_code);

/** Twilio ends the leg: completed if it was answered, else what not being answered means here. */
void leg_hang_up(struct sim *sim, struct leg *leg);

/** The person at the other end hangs up. */
void leg_person_hangs_up(struct sim *sim, struct leg *leg);

#endif
