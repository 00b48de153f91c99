/*
 * What goes wrong on purpose. A fault waits for its turn: the next `count` requests or webhooks
 * that match it.
 */
#ifndef SIMULATOR_FAULTS_H
#define SIMULATOR_FAULTS_H

#include "world.h"

enum fault_target {
    FAULT_REST,
    FAULT_CALLBACK,
    FAULT_TWIML,
    FAULT_MEDIA,
    FAULT_RECORDING,
    FAULT_TRANSCRIPTION
};

enum fault_kind {
    FAULT_NONE,
    FAULT_DUPLICATE,    /**< webhook: sent twice, with one token */
    FAULT_REORDER,      /**< callback: held until the next one of its leg was answered */
    FAULT_DELAY,        /**< webhook: sent later */
    FAULT_LOSE,         /**< webhook: never sent */
    FAULT_RATE_LIMIT,   /**< REST: 429, not processed */
    FAULT_SERVER_ERROR, /**< REST: 5xx, processed or not */
    FAULT_RESET,        /**< REST: processed or not, and the connection closed without an answer */
    FAULT_SLOW,         /**< REST: processed, answered later */
    FAULT_STALE,        /**< REST: calls created within `delay_ms` are not seen yet */
    FAULT_CALLBACK_FIRST, /**< REST create: answered after the call's first callback was */
    FAULT_DELETED,        /**< callback of a recording: it is deleted just before */
    FAULT_NOT_FOUND,      /**< sound: 404, although it is there */
    FAULT_REDIRECT,       /**< sound: it is elsewhere */
    FAULT_XML,            /**< sound: Twilio's error in XML, with status 200 */
    FAULT_EMPTY,          /**< sound: nothing, with status 200 */
    FAULT_NOT_SOUND,      /**< sound: as many other bytes */
    FAULT_WRONG_TYPE,     /**< sound: under another content type */
    FAULT_SHORT,          /**< sound: a part, which the answer's head calls all */
    FAULT_TRUNCATE,       /**< sound: a part, and the connection is closed */
    FAULT_BREAK,          /**< sound: a part, and the connection is reset */
    FAULT_TRICKLE,        /**< sound: slowly */
    FAULT_FAILED,         /**< recording: Twilio has lost it */
    FAULT_ABSENT,         /**< recording: nothing was heard */
};

/** What it looks at. */
struct fault_subject {
    enum fault_target target;
    const char *method;
    const char *url; /**< or path */
    const struct fields *fields;
};

/** What to do. */
struct fault_effect {
    enum fault_kind kind;
    int64_t delay_ms; /**< simulated */
    int status;
    int retry_after_s;    /**< of FAULT_RATE_LIMIT; 0: not said */
    int64_t at_bytes;     /**< how much is sent; -1: half */
    unsigned bytes_per_s; /**< of FAULT_TRICKLE */
    const char *type;     /**< content type; NULL: the kind's own */
    const char *location; /**< of FAULT_REDIRECT; NULL: itself */
    bool processed;
    bool html;
};

/** Take the next matching fault's turn; FAULT_NONE if there is none. Its texts are copied into `arena`. */
struct fault_effect
faults_take(struct sim *sim, const struct fault_subject *subject, struct arena *arena);

/** Add one from JSON; INVALID names the member. */
int faults_add(struct sim *sim, const json_t *json, struct error *err) MUST_USE;

/** Its name in the control API. */
const char *fault_name(enum fault_kind kind);

void faults_clear(struct sim *sim);

/** Those that still wait, as JSON. */
json_t *faults_json(const struct sim *sim);

#endif
