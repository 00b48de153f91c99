/*
 * A leg at a browser: the one that placed it, one of those where it rings, or the one that talks.
 *
 * Twilio stands between two browsers and has media of its own. We have none: what we can do is hand one
 * browser's session description to the other, so that they find each other without us. That works when
 * the first to answer a browser's call is a browser: its offer goes into the others' `invite`, the answer
 * of the first comes back to it. Everything else (a scripted callee, <Say>, <Gather> ...) is answered with a
 * description that never gets media (sdp.h); an offer that was answered so is used up.
 */
#ifndef SIMULATOR_DEVICE_CALL_H
#define SIMULATOR_DEVICE_CALL_H

#include "device.h"

enum { CALL_ID_BYTES = 64, RECONNECT_BYTES = 37 };

struct device_call {
    struct leg *leg;
    struct device *device; /**< NULL: its socket broke; it may come back until `grace` is over */
    bool placed;           /**< by this browser; else it is called */
    bool answered;         /**< it has answered; of one it placed: it was told the answer */
    bool told_ringing;     /**< of one it placed: it knows the leg's SID */
    char own_id[CALL_ID_BYTES];      /**< what it calls one that it placed (TJS...), else "" */
    char reconnect[RECONNECT_BYTES]; /**< the word with which it may come back, "": none yet */
    struct timer grace;              /**< real */
    struct device_call *next_of_leg;
    struct device_call *next_of_device;
    struct device_call *next; /**< of all */
    struct device_call *previous;
};

/* ---- for legs ---- */

/** Ring everybody who is registered for `leg->to`. False: nobody is any more. */
bool device_call_ring(struct sim *sim, struct leg *leg);

/** `leg` has begun to ring: its caller's browser is told. */
void device_call_tell_ringing(struct sim *sim, const struct leg *leg);

/** The leg that a browser placed is answered by something without media. Harmless if it knows, or there is none. */
void device_call_answer(struct sim *sim, struct leg *leg);

/** `caller` is joined to `callee`: if both are in browsers, they get each other's descriptions. */
void device_call_bridge(struct sim *sim, struct leg *caller, struct leg *callee);

/** The leg is over, or forgotten: its browsers are told. */
void device_call_end(struct sim *sim, struct leg *leg);

/** Where it is, for the truth: numbers of browsers. */
json_t *device_call_browsers(const struct leg *leg);

/* ---- for devices ---- */

/** What becomes of calls whose browser is gone: for good, or perhaps to come back. */
void device_call_lose(struct sim *sim, struct device *device, bool for_good);

/** The calls at a device, for the truth. */
json_t *device_call_list(const struct device *device);

/** The one that the device calls `id` (its own id, or the leg's SID), or NULL. */
struct device_call *device_call_find(const struct device *device, const char *id);

/** The answered one with that word, or NULL. */
struct device_call *device_call_with_word(const struct sim *sim, const char *word);

/** A new one at this device; the leg must live at least as long (device_call_end). */
struct device_call *device_call_create(struct sim *sim, struct device *device, struct leg *leg);

/** Forget it; nobody is told. */
void device_call_free(struct sim *sim, struct device_call *call);

/** It comes back on another connection. */
void device_call_move(struct sim *sim, struct device_call *call, struct device *device);

/** It rang, and this browser does not want it; or is gone. Ends the leg when nobody is left. */
void device_call_stop_ringing(struct sim *sim, struct device_call *call, bool rejected);

/** This browser picks up, the others stop ringing. */
void device_call_pick_up(struct sim *sim, struct device_call *call, const char *sdp);

/* ---- messages from browsers (device_invite.c) ---- */

typedef void device_message_fn(struct sim *sim, struct device *device, const json_t *payload);
device_message_fn device_on_invite, device_on_answer, device_on_hangup, device_on_reject,
    device_on_dtmf, device_on_reinvite, device_on_message;

#endif
