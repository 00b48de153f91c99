/* The parameters of every webhook, and the status callbacks themselves. Source: Twilio, "Call
 * resource" and TwiML. */
#ifndef SIMULATOR_CALLBACKS_H
#define SIMULATOR_CALLBACKS_H

#include "delivery.h"
#include "world.h"

/** What every request about a leg carries: CallSid, AccountSid, From, To, CallStatus ... */
void callback_common(const struct sim *sim, struct delivery *delivery);

/** What a voice request carries on top: places, verification, the client's own parameters. */
void callback_voice(const struct sim *sim, struct delivery *delivery);

/** Tell whoever subscribed to `event` of this leg, as it is now. At the end also the number or app.
 */
void callback_status(struct sim *sim, struct leg *leg, enum leg_event event);

/** Tell the subscriber of asynchronous answering machine detection, if there is one. */
void callback_amd(struct sim *sim, struct leg *leg);

/** Add a name and a number. */
void callback_add_int(struct delivery *delivery, const char *name, int64_t value);

/** Add a name and a text (copied). */
void callback_add(struct delivery *delivery, const char *name, const char *value);

#endif
