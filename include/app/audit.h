/*
 * The audit log: who did what, or was not allowed to, on which call, from where. Rows in the store (store/store.h),
 * read by GET /audit with the scope audit:read.
 *
 * What changes something is written in the same unit of work as the change (audit_append), so there is never one without
 * the other. What changes nothing (a refusal, an access token) is written behind the answer (audit_later).
 *
 * Phone numbers are masked when the row is written, unless SWITCHHOOK_LOG_NUMBERS is on: whoever reads the audit log
 * need not be somebody who may see calls, and the call of the row has its numbers in full. Identities are not masked,
 * because a log of who did what must say who.
 */
#ifndef APP_AUDIT_H
#define APP_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "app/caller.h"
#include "config/config.h"
#include "core/arena.h"
#include "core/metrics.h"
#include "core/wall_clock.h"
#include "store/store.h"

/* An action is noun.verb. name in C, text */
#define AUDIT_ACTIONS(X)                                                                           \
    X(CALL_PLACE, "call.place") /* by POST /calls */                                               \
    X(CALL_DIAL, "call.dial")   /* by a browser: Twilio asked what now */                          \
    X(CALL_HANGUP, "call.hangup")                                                                  \
    X(CALL_REFUSED, "call.refused") /* by the policy; `reason` is its word */                      \
    X(RECORDING_START, "recording.start")                                                          \
    X(RECORDING_PAUSE, "recording.pause")                                                          \
    X(RECORDING_RESUME, "recording.resume")                                                        \
    X(RECORDING_STOP, "recording.stop")                                                            \
    X(RECORDING_CHANGE, "recording.change")     /* hold or tag */                                  \
    X(RECORDING_DELETE, "recording.delete")     /* somebody asked for it */                        \
    X(RECORDING_EXPIRE, "recording.expire")     /* its time was over */                            \
    X(RECORDING_DELETED, "recording.deleted")   /* and it was done: the receipt */                 \
    X(RECORDING_RELEASED, "recording.released") /* the same, at Twilio alone */                    \
    X(RECORDING_LISTEN, "recording.listen")                                                        \
    X(RECORDING_LINK, "recording.link") /* whoever has it may listen for a while */                \
    X(TOKEN_MINT, "token.mint")                                                                    \
    X(AUTH_REFUSED, "auth.refused")     /* nobody knows who that was */                            \
    X(ACCESS_REFUSED, "access.refused") /* somebody known, who may not do this */                  \
    X(RATE_REFUSED, "rate.refused")     /* too often */                                            \
    X(KEY_CREATE, "key.create")                                                                    \
    X(KEY_REVOKE, "key.revoke")                                                                    \
    X(VOICEMAIL_READ, "voicemail.read")                                                            \
    X(VOICEMAIL_UNREAD, "voicemail.unread")                                                        \
    X(VOICEMAIL_DELETE, "voicemail.delete")                                                        \
    X(VOICEMAIL_CALLBACK, "voicemail.callback")                                                    \
    X(JOB_RETRY, "job.retry")                                                                      \
    X(JOB_DISCARD, "job.discard")                                                                  \
    X(SUBSCRIPTION_CREATE, "subscription.create")                                                  \
    X(SUBSCRIPTION_UPDATE, "subscription.update")                                                  \
    X(SUBSCRIPTION_DELETE, "subscription.delete")                                                  \
    X(SUBSCRIPTION_ROTATE, "subscription.rotate")                                                  \
    X(SUBSCRIPTION_ENABLE, "subscription.enable")                                                  \
    X(SUBSCRIPTION_DISABLE, "subscription.disable") /* `reason`: asked, gone, failing */           \
    X(SUBSCRIPTION_TEST, "subscription.test")                                                      \
    X(DELIVERY_RESEND, "delivery.resend")                                                          \
    X(PERSON_ERASE, "person.erase")   /* whom, the row only hints at */                            \
    X(CONFIG_RELOAD, "config.reload") /* settings and policy */

enum audit_action {
#define X(name, text) AUDIT_##name,
    AUDIT_ACTIONS(X)
#undef X
};

/** As the store and the API spell it. */
const char *audit_action_text(enum audit_action action);

/** The action of that text; false if there is none. */
bool audit_action_from_text(const char *text, enum audit_action *out);

/** What is to be written. Texts are borrowed for the call and may be NULL. */
struct audit_entry {
    enum audit_action action;
    bool allowed;
    int64_t at_ms;
    const struct caller *caller; /**< NULL: a stranger, or `operator` */
    const char
        *operator_id; /**< somebody on this machine (a subcommand, a signal), instead of a caller */
    const char *address; /**< of the client */
    const char *request_id;
    int64_t call_number; /**< with call_id; 0: about no call */
    const char *call_id;
    const char *
        subject; /**< what it was done to, if no call: the id of a key, the identity of a token, a route */
    const char *number; /**< the phone number concerned, in full: it is masked on the way */
    const char *reason; /**< a word: why it was refused */
    const char *detail; /**< the same in a sentence; numbers in it are masked too */
};

/** An allowed action of whoever sent this request; the caller adds what it is about. */
struct audit_entry audit_of(const struct request *request, enum audit_action action);

/** An allowed action of somebody on this machine. `out_id` holds the text for as long as the entry is used. */
enum { AUDIT_OPERATOR_BYTES = 24 };
struct audit_entry
audit_of_operator(enum audit_action action, int64_t now_ms, char out_id[AUDIT_OPERATOR_BYTES]);

/** Write it inside a unit of work: kept if and only if the unit is. */
int audit_append(struct store_tx *tx,
                 const struct config *config,
                 const struct audit_entry *entry,
                 struct error *err) MUST_USE;

/** The row of an entry; texts are the entry's or in `arena`. */
struct audit_row
audit_row_of(const struct config *config, const struct audit_entry *entry, struct arena *arena);

/* ---- behind the answer ---- */

struct audit_log;

/** `store` and `metrics` must outlive it. Never NULL. */
struct audit_log *audit_log_create(struct store *store, struct metrics *metrics);

/** After the store was closed: it may still be writing. Takes NULL. */
void audit_log_free(struct audit_log *log);

/**
 * Write it soon, without waiting. Any thread.
 *
 * The same action of the same caller (or, of strangers, from the same address) for the same reason is written once per
 * SWITCHHOOK_AUDIT_REPEAT_MS, with the number of its repeats in a second row at the end of that time. Strangers share a
 * table of bounded size; who finds it full is counted in one row for all of them. So nobody fills the disk by being
 * refused. Rows that do not fit into the queue, or that the store does not take, are counted
 * (switchhook_audit_lost_total) and logged.
 */
void audit_later(struct audit_log *log,
                 const struct config *config,
                 const struct audit_entry *entry);

/** Write the rows of repeats whose time is over. The ticker's thread. */
void audit_log_tick(struct audit_log *log, int64_t now_ms);

/** Write all that is to be written and wait for it; before the store is closed, when nobody else adds anything. */
void audit_log_flush(struct audit_log *log);

#endif
