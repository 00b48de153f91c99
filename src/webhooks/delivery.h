/*
 * What every signed request of Twilio's has in common: which call it is about, what makes a second one a repeat, and
 * the raw parameters that become its timeline entry.
 */
#ifndef WEBHOOKS_DELIVERY_H
#define WEBHOOKS_DELIVERY_H

#include "app/app.h"
#include "http/request.h"
#include "jobs/call_news.h"
#include "store/store.h"

/** Read-only once parsed: apply may run twice. Texts live in the request's arena. */
struct delivery {
    struct app *app;
    const char *route; /**< the row's path: what "the same address" means */
    const char *account_sid;
    const char *call_id;    /**< from `?call=`, checked for form, or NULL */
    const char *call_sid;   /**< the leg it is about: CA..., or NULL */
    const char *parent_sid; /**< of a child leg, else NULL */
    const char *from;
    const char *to;
    const char *twilio_direction;
    const char *raw;    /**< as it came */
    int64_t now_ms;     /**< when it arrived */
    int64_t at_ms;      /**< when it happened, as Twilio says; else now_ms */
    uint64_t token_key; /**< hash of (route, I-Twilio-Idempotency-Token); 0: it had none */
    int64_t new_number; /**< number and id for the case that the call is new */
    const char *new_id;
    int64_t new_recording_number; /**< the same for a recording */
    const char *new_recording_id;
    bool is_record_action; /**< what it says of a recording is said by the record verb */
    const char *answer;    /**< told again (app/retelling.h): what was decided then; else NULL */
};

/** Fill from a validly signed request. INVALID if a SID has no SID's form, FORBIDDEN if it is about another account. */
int delivery_parse(struct app *app,
                   struct request *request,
                   struct delivery *out,
                   struct error *err) MUST_USE;

/** Which call is this about, in the store or new? */
struct delivery_call {
    struct call_row row;
    bool is_new;             /**< to be inserted, else to be updated */
    int64_t settle_after_ms; /**< see call_settle_later */
    struct call_news news;
};

/**
 * Find the call by our id, unless the SIDs contradict it; else by the SID of the leg or of its parent; else prepare a
 * new row. A call that we were about to place, or whose placement is unknown, is placed now: Twilio speaks of it.
 */
int delivery_find_call(struct store_tx *tx,
                       const struct delivery *delivery,
                       struct arena *arena,
                       struct delivery_call *out,
                       struct error *err) MUST_USE;

/** Whoever's call it has become: the group that identity is in is the call's. */
int delivery_stamp_group(struct store_rx *rx,
                         struct call_row *row,
                         struct arena *arena,
                         struct error *err) MUST_USE;

/**
 * The earlier entry of which this delivery is a repeat, which is counted; NOT_FOUND if it is the first. A new call has
 * none. `call` NULL: it is about no call.
 */
int delivery_find_repeat(struct store_tx *tx,
                         const struct delivery_call *call,
                         uint64_t repeat_key,
                         struct arena *arena,
                         struct timeline_row *out,
                         struct error *err) MUST_USE;

/** Somebody spoke of the call: set heard_at, and due_at by its status, that of its legs, and what is not known yet. */
int delivery_hear(struct store_rx *rx,
                  const struct delivery *delivery,
                  struct call_row *row,
                  struct arena *arena,
                  struct error *err) MUST_USE;

/** The child leg of that SID, from the store or new; the delivery's addresses are filled in if it is its own. */
int delivery_get_leg(struct store_rx *rx,
                     const struct delivery *delivery,
                     const struct call_row *call,
                     const char *sid,
                     struct arena *arena,
                     struct leg_row *out,
                     struct error *err) MUST_USE;

/** A new call must be there before a leg can refer to it; delivery_save then updates it. */
int delivery_insert_new(struct store_tx *tx,
                        struct delivery_call *call,
                        struct error *err) MUST_USE;

/**
 * Insert or update the call, append the timeline entry. Sets entry->sequence. At LIMIT_TIMELINE_ENTRIES a fact leaves no
 * entry (and a line in the log); an instruction is TOO_LARGE.
 */
int delivery_save(struct store_tx *tx,
                  struct delivery_call *call,
                  struct timeline_row *entry,
                  struct error *err) MUST_USE;

/** An entry of this delivery, to be completed by kind, effect and answer. */
struct timeline_row
delivery_entry(const struct delivery *delivery, enum timeline_kind kind, uint64_t repeat_key);

/** Does the leg belong below the root leg of this call? */
bool delivery_is_child(const struct delivery *delivery, const struct call_row *call);

/** Parse an integer field; `missing` if it is absent or none. */
int64_t delivery_int(const struct fields *fields, const char *name, int64_t missing);

/**
 * The recording that the fields speak of (RecordingSid and the like) is put into the store. Does nothing if none is.
 * @param wanted  set if there is a job to fetch it: delivery_wake_media after the commit
 */
int delivery_put_recording(struct store_tx *tx,
                           const struct delivery *delivery,
                           const struct fields *fields,
                           int64_t call_number,
                           struct arena *arena,
                           bool *wanted,
                           struct error *err) MUST_USE;

/** After the commit. */
void delivery_wake_media(const struct app *app, bool wanted);

#endif
