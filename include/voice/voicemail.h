/*
 * Voicemail: when a caller is asked to leave a message, what he hears first, and when a recording is one. Pure.
 */
#ifndef VOICE_VOICEMAIL_H
#define VOICE_VOICEMAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/text_list.h"
#include "voice/call.h"

/** What the documents of settings say. Read-only once made. */
struct greetings {
    struct pair_list numbers;    /**< our number (E.164) -> what is said or played */
    struct pair_list identities; /**< the application's spelling -> the same */
    const char *otherwise;       /**< never NULL */
};

/** What is known when it is to be decided what the caller hears next. */
struct voicemail_facts {
    enum call_direction direction;
    enum call_status root_status; /**< of the one who calls */
    enum call_outcome outcome;    /**< of the call so far */
    const char *dial_call_status; /**< as Twilio says it; NULL: nobody was to be rung */
    bool hangup_wanted;           /**< somebody has asked us to end the call */
};

/**
 * Is the caller to be asked for a message? Only who calls from outside, is still there, and reached nobody: by
 * DialCallStatus busy, no-answer or failed, or because there is nobody to be rung. Never after an answer, not even one
 * that was a machine's or hung up at once: somebody was reached.
 */
bool voicemail_is_offered(const struct voicemail_facts *facts);

/**
 * What is said (a text) or played (an https URL). That of the number goes before that of the identity, because the
 * caller knows which line he has called, and one person may answer several.
 */
const char *
voicemail_greeting(const struct greetings *greetings, const char *number, const char *identity);

/** Is a greeting played, not said? */
bool voicemail_greeting_is_url(const char *greeting);

/** What a recording is to the voicemails. */
enum voicemail_verdict {
    VOICEMAIL_UNDECIDED, /**< nothing that is known yet makes it one or none */
    VOICEMAIL_LEFT,      /**< a message */
    VOICEMAIL_NONE,      /**< it holds no sound, or is not one of ours */
};

/** What is known of a recording. */
struct voicemail_recording {
    int64_t voicemail_at_ms; /**< when the caller was asked for a message; 0: was not */
    const char *source;      /**< Twilio's RecordingSource */
    const char *status;      /**< Twilio's RecordingStatus */
    int64_t duration_s;      /**< -1: not told */
};

/** The same whatever has been told first: the record verb's action, a callback of the recording, a list of Twilio's. */
enum voicemail_verdict voicemail_judge_recording(const struct voicemail_recording *recording);

#endif
