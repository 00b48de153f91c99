/*
 * The URLs that we hand to Twilio. Each carries `?call=<our id>`, which its signature covers, so a callback finds its
 * call whatever comes first; and connection overrides in the fragment (`#rc=3&rp=all`), because Twilio does not
 * redeliver facts by itself. Source: Twilio, "Webhooks: connection overrides".
 */
#ifndef TWILIO_HOOKS_H
#define TWILIO_HOOKS_H

#include "core/arena.h"

/** Texts may be NULL except `base`. Borrowed. */
struct hook_settings {
    const char *base;      /**< public base URL without a slash at the end */
    const char *voice;     /**< replaces base + "/twiml" */
    const char *status;    /**< replaces base + "/webhooks/call-status" */
    const char *recording; /**< replaces base + "/webhooks/recording-status" */
    const char *overrides; /**< "rc=3&rp=all", or NULL or "" for none */
};

enum hook {
    HOOK_VOICE,
    HOOK_DIAL_ACTION,
    HOOK_MENU,
    HOOK_FALLBACK,
    HOOK_STATUS,
    HOOK_RECORDING,
    HOOK_WHISPER,       /**< what who was dialled hears before it is joined */
    HOOK_ANNOUNCED,     /**< an announcement was heard to its end */
    HOOK_VOICEMAIL,     /**< the record verb's action */
    HOOK_TRANSCRIPTION, /**< of a call as it goes on, and of a recording */
};

/** The URL of a hook for one call (`call_id` may be NULL), in `arena`. */
const char *hook_url(const struct hook_settings *settings,
                     enum hook hook,
                     const char *call_id,
                     struct arena *arena);

#endif
