/*
 * What to tell Twilio to do next. Plain data: decided by voice/routing.c inside a unit of work,
 * stored as text with the delivery that asked (so a repeat gets the same answer), rendered to TwiML
 * afterwards by the request thread.
 */
#ifndef VOICE_DECISION_H
#define VOICE_DECISION_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/error.h"

#define DECISIONS(X)                                                                               \
    X(HANGUP, "hangup")                                                                            \
    X(GREET, "greet")                 /* the configured greeting and question */                   \
    X(MENU, "menu")                   /* gather a digit */                                         \
    X(MENU_FALLBACK, "menu-fallback") /* say that nothing was understood, end */                   \
    X(DIAL_NUMBER, "dial-number")                                                                  \
    X(DIAL_CLIENT, "dial-client")                                                                  \
    X(SAY, "say")       /* say `reason`'s sentence and end: nobody is dialled */                   \
    X(REJECT, "reject") /* do not answer at all, which costs nothing */                            \
    X(REJECT_BUSY, "reject-busy")                                                                  \
    X(VOICEMAIL, "voicemail")             /* the greeting, then a recording */                     \
    X(VOICEMAIL_TAKEN, "voicemail-taken") /* the message was recorded: thanks, end */              \
    X(ANNOUNCE, "announce")               /* say `announcement`, then ask again: it was heard */   \
    X(CONTINUE, "continue")               /* nothing: the one who was dialled is joined */         \
    X(APOLOGISE, "apologise")             /* our own failure: apology and end */

enum decision_kind {
#define X(name, text) DECIDE_##name,
    DECISIONS(X)
#undef X
};

/* Why nobody is dialled, or how a dial ended: stable code, the sentence that is spoken. */
#define REASONS(X)                                                                                 \
    X(NONE, "", "")                                                                                \
    X(NO_TARGET, "no-target", "No number was dialled. Goodbye.")                                   \
    X(TWO_TARGETS, "two-targets",                                                                  \
      "Two different numbers were given. Nobody was dialled. Goodbye.")                            \
    X(NOT_A_NUMBER, "not-a-number",                                                                \
      "This number cannot be dialled. Numbers begin with a plus sign and the country code. "       \
      "Goodbye.")                                                                                  \
    X(NOT_ALLOWED, "not-allowed", "This destination cannot be dialled. Goodbye.")                  \
    X(EMERGENCY, "emergency", "") /* the configured sentence */                                    \
    X(NO_CALLER_ID, "no-caller-id", "This phone has no number to call from. Goodbye.")             \
    X(NOBODY_HOME, "nobody-home", "Nobody can take your call right now. Goodbye.")                 \
    X(BUSY, "busy", "The line is busy. Goodbye.")                                                  \
    X(NO_ANSWER, "no-answer", "There was no answer. Goodbye.")                                     \
    X(FAILED, "failed", "The call could not be connected. Goodbye.")                               \
    X(DESTINATION_DENIED, "destination-denied",                                                    \
      "Calls to this destination are not allowed. Goodbye.")                                       \
    X(CALLER_ID_NOT_ALLOWED, "caller-id-not-allowed",                                              \
      "This phone has no number that it may call from. Goodbye.")                                  \
    X(TOO_MANY_CALLS, "too-many-calls",                                                            \
      "Too many calls are going on already. Please try again later. Goodbye.")                     \
    X(HOURLY_LIMIT, "hourly-limit",                                                                \
      "Too many calls were made in the last hour. Please try again later. Goodbye.")               \
    X(ACCOUNT_LIMIT, "account-limit",                                                              \
      "No more calls can be made right now. Please try again "                                     \
      "later. Goodbye.")                                                                           \
    X(BLOCKED, "blocked", "This call is not allowed. Goodbye.")

enum reason {
#define X(name, code, sentence) REASON_##name,
    REASONS(X)
#undef X
};

/** The stable code of a reason, "" for none. */
const char *reason_code(enum reason reason);

/** Is it the policy's (what may be dialled, how often), not the routing's or a dial's? */
bool reason_is_of_policy(enum reason reason);

/** What the caller hears; "" for none, and where the sentence is configured. */
const char *reason_sentence(enum reason reason);

/** Texts are NULL, integers 0 where they do not apply. */
struct decision {
    enum decision_kind kind;
    enum reason reason;
    const char *number;       /**< DIAL_NUMBER: E.164; VOICEMAIL: our number that was called */
    const char *client;       /**< DIAL_CLIENT: identity in Twilio's spelling */
    const char *mailbox;      /**< VOICEMAIL: identity in the application's spelling, or NULL */
    const char *caller_id;    /**< shown to the callee */
    const char *record;       /**< value of Dial's `record`, or NULL for none */
    const char *trim;         /**< of that recording: Twilio's word, or NULL for its default */
    const char *announcement; /**< DIAL_..., ANNOUNCE: said before anything is recorded, or NULL */
    int timeout_s;
    int time_limit_s;
    bool transcribe; /**< DIAL_...: what is said is transcribed as it goes on */
};

/** The decision as text for the store; in `arena`. */
const char *decision_to_text(const struct decision *decision, struct arena *arena);

/** Back again; INTERNAL if it is no decision of ours, MALFORMED if it is no form either. Texts live in `arena`. */
int decision_from_text(const char *text,
                       struct arena *arena,
                       struct decision *out,
                       struct error *err) MUST_USE;

#endif
