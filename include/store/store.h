/*
 * The store's door: what is remembered, and how it is written and read. No SQL and no engine is visible here.
 *
 * WRITING is a unit of work: `apply` runs on the store's writer thread inside a transaction, together with whatever
 * else had queued up (group commit); `done` runs after the commit is on the disk. All that a unit wrote is kept, or
 * nothing. Only `apply` gets a store_tx. It may run more than once (a group in which somebody fails is run again), so
 * it reads its work, changes nothing but the transaction and its result slot, and that slot is zeroed before each run.
 *
 * READING runs on reader threads of its own with a snapshot, so a slow list never delays a write.
 *
 * Rows are plain structs; texts live in the arena that was passed in, NULL stands for "not set", times are
 * milliseconds since 1970, 0 means "not yet". All functions return 0 or -1 with an error:
 *   NOT_FOUND    no such row                    CONFLICT     the row exists already
 *   UNAVAILABLE  disk full, I/O error, read-only, queue full or shutting down: it is not stored. (If the disk failed
 *                in the very moment of a commit, that commit may turn up after a restart; then all of it does.)
 *   INTERNAL     a broken promise of ours
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/error.h"
#include "core/metrics.h"
#include "voice/access.h"
#include "voice/call.h"
#include "voice/recording.h"
#include "voice/search.h"
#include "voice/usage.h"

struct store;    /**< shared by all threads */
struct store_tx; /**< inside apply only */
struct store_rx; /**< inside a read (a store_tx can be read from too: store_tx_reader) */

/* ---- units of work ---- */

/** How the store chains what waits. Zero when handed over; the store's until `done`. */
struct store_link {
    struct store_link *next;
};

struct store_unit {
    /** Writer thread, inside the transaction. -1 rolls this unit back, alone, and `done` gets the error. */
    int (*apply)(struct store_tx *tx, void *work, struct error *err);
    /** Writer thread, after the commit (err->kind ERROR_NONE) or the failure. Must not block. May free the unit. */
    void (*done)(void *work, const struct error *err);
    void *work;
    void *result; /**< zeroed before each run of apply; may be NULL */
    size_t result_bytes;
    struct store_link link; /**< the store's */
    struct error failure;   /**< the store's */
};

struct store_read {
    int (*run)(struct store_rx *rx,
               void *work,
               struct error *err);                     /**< reader thread, one snapshot */
    void (*done)(void *work, const struct error *err); /**< reader thread */
    void *work;
    struct store_link link; /**< the store's */
    struct error failure;   /**< the store's */
};

/**
 * Queue a unit; it must stay valid until `done` returns. Any thread, never blocks.
 * @param err  UNAVAILABLE if the queue is full or the store is closing (`done` is not called then)
 */
int store_submit(struct store *store, struct store_unit *unit, struct error *err) MUST_USE;
int store_submit_read(struct store *store, struct store_read *read, struct error *err) MUST_USE;

/** The same, waiting for the end. For job workers, the command line and tests; never on a request thread. */
int store_apply(struct store *store,
                int (*apply)(struct store_tx *, void *, struct error *),
                void *work,
                struct error *err) MUST_USE;
int store_run_read(struct store *store,
                   int (*run)(struct store_rx *, void *, struct error *),
                   void *work,
                   struct error *err) MUST_USE;

/** Finish what is queued, stop the threads, close. Takes NULL. */
void store_close(struct store *store);

/** Can it write right now? A round trip through the writer with a real commit. For /readyz; blocks. */
int store_probe(struct store *store, struct error *err) MUST_USE;

/** Change something that means nothing, so that the commit of this unit proves that the store can write. */
int store_touch(struct store_tx *tx, struct error *err) MUST_USE;

/** Free bytes on the file system of the data. */
int store_free_bytes(struct store *store, int64_t *out, struct error *err) MUST_USE;

/** A read view of a transaction: what it has written so far is seen. */
struct store_rx *store_tx_reader(struct store_tx *tx);

/* ---- calls ---- */

struct call_row {
    int64_t number; /**< the key; the first half of the id */
    const char *id; /**< call_... */
    const char *account_sid;
    const char *root_sid; /**< CA... of the root leg, or NULL while Twilio has not named it */
    enum call_direction direction;
    enum call_placement placement;
    struct leg_state root; /**< the root leg's state; root.status is the call's status */
    enum call_outcome outcome;
    const char *from; /**< as Twilio says it, e.g. +1555..., client:alice */
    const char *to;
    const char *identity; /**< whose it is: of the browser, or who asked by REST; NULL: nobody's */
    const char *owner;    /**< the caller (API key id, ...) that asked by REST, or NULL */
    const char *group;    /**< the one its identity was in when it began, or NULL */
    const char *plan;     /**< voice/plan.h as text: what was asked for by REST, or NULL */
    const char *metadata; /**< JSON text as given by the application, or NULL */
    const char *price;    /**< as Twilio writes it ("-0.0130"), or NULL */
    const char *price_unit;
    int refusal_code;    /**< Twilio's code when placement is refused */
    const char *refusal; /**< why it was refused or what is wrong, or NULL */
    int64_t created_at_ms;
    int64_t heard_at_ms; /**< when anybody last told us something about it */
    int64_t due_at_ms;   /**< when to ask Twilio if nothing is heard; 0: never (it is over) */
    bool hangup_wanted;  /**< asked to end before Twilio has named it */
    int64_t hangup_asked_at_ms; /**< when somebody first asked us to end it; 0: nobody has */
    int64_t voicemail_at_ms;    /**< when the caller was asked to leave a message; 0: was not */
    const char *consent_text;   /**< what is said before it is recorded, or NULL: nothing */
    const char *consent_wish;   /**< how it is recorded then: subject of start_recording */
    int64_t consent_caller_heard_ms; /**< when whoever waits for a dial had heard it; 0: not yet */
    int64_t consent_callee_heard_ms; /**< when the other side had; then the recording begins */
    int64_t timeline_count;          /**< read only: how many timeline entries it has */
};

/** Insert; CONFLICT if the number or the root SID is known. */
int store_insert_call(struct store_tx *tx, const struct call_row *row, struct error *err) MUST_USE;

/**
 * Write all that may change (everything but number, id, account, direction, created_at); NOT_FOUND, CONFLICT (SID). If
 * the call is over (voice/call.h), it gives back its place (struct place_row).
 */
int store_update_call(struct store_tx *tx, const struct call_row *row, struct error *err) MUST_USE;

/** The call of that id, or NOT_FOUND. */
int store_get_call(struct store_rx *rx,
                   const char *id,
                   struct arena *arena,
                   struct call_row *out,
                   struct error *err) MUST_USE;

/** By number alone: for what was stored with it (jobs, idempotency keys), never for what a client says. */
int store_get_call_by_number(struct store_rx *rx,
                             int64_t number,
                             struct arena *arena,
                             struct call_row *out,
                             struct error *err) MUST_USE;

/** By the SID of its root leg or of any child leg. */
int store_get_call_by_sid(struct store_rx *rx,
                          const char *sid,
                          struct arena *arena,
                          struct call_row *out,
                          struct error *err) MUST_USE;

/** Filters of a list; {0} fields do not filter. Newest first. */
struct call_filter {
    const char *account_sid;
    const char *status;    /**< text of a call_status */
    const char *direction; /**< text of a call_direction */
    const char *number;    /**< equals from or to */
    const char *identity;
    const char *owner;
    const char *group;
    const char *owned_by_identity; /**< with the next two: rows that any of them matches */
    const char *owned_by_owner;
    const char *owned_by_group;
    int64_t since_ms;      /**< created at or after */
    int64_t until_ms;      /**< created before */
    int64_t before_number; /**< continue below this number; 0: from the newest */
    size_t limit;          /**< 1..200 */
};

struct call_rows {
    struct call_row *items;
    size_t count;
    bool more;           /**< there may be further rows: ask again from next_before */
    int64_t next_before; /**< the before_number of the next page; 0 if there is none */
};

/**
 * A page of calls. Filters without an index (status, direction, number) look at a bounded number of rows per page, so
 * a page may be short, even empty, and still have `more`: continue from next_before, not from the last row.
 * The time filters rely on what voice/resource_id.h promises: a call's number is not before created_at_ms.
 * @param err  INVALID if `limit` is not within 1..200
 */
int store_list_calls(struct store_rx *rx,
                     const struct call_filter *filter,
                     struct arena *arena,
                     struct call_rows *out,
                     struct error *err) MUST_USE;

/** Calls that are not over and whose due_at_ms is at or before `now_ms`, the longest overdue first. (No next_before.) */
int store_list_due_calls(struct store_rx *rx,
                         int64_t now_ms,
                         size_t limit,
                         struct arena *arena,
                         struct call_rows *out,
                         struct error *err) MUST_USE;

/** How many calls are not over (due_at_ms set). */
int store_count_open_calls(struct store_rx *rx, int64_t *out, struct error *err) MUST_USE;

/* ---- who calls how much ---- */

/** A counter (voice/usage.h): of the account ("" is its name), or of one key, group or identity. */
struct usage_row {
    const char *account_sid;
    enum usage_counter counter;
    const char *name;
    struct usage usage;
};

/** Read row->usage of that account, counter and name; {0} if nobody of that name has called. */
int store_get_usage(struct store_rx *rx, struct usage_row *row, struct error *err) MUST_USE;

/** Insert or replace. */
int store_put_usage(struct store_tx *tx, const struct usage_row *row, struct error *err) MUST_USE;

/** A call that was admitted and is not over: it counts in usage.at_once of everybody it names. */
struct place_row {
    int64_t call_number;
    const char *account_sid;
    const char *key; /**< these three may be NULL */
    const char *group;
    const char *identity;
    int64_t taken_at_ms;
};

/** Keep it. Whoever does this has counted it with store_put_usage in the same unit. CONFLICT if the call has one. */
int store_put_place(struct store_tx *tx, const struct place_row *row, struct error *err) MUST_USE;

/** The place that a call holds, or NOT_FOUND. */
int store_get_place(struct store_rx *rx,
                    int64_t call_number,
                    struct arena *arena,
                    struct place_row *out,
                    struct error *err) MUST_USE;

/**
 * Counters and places as they should be: places of calls that are over go, and every at_once is the number of places.
 * Changes nothing if that is so already. For the start of a process.
 * @param corrected  how many places went and counters were wrong
 */
int store_recount_usage(struct store_tx *tx, int64_t *corrected, struct error *err) MUST_USE;

/** Remove counters that count nothing: no call now, none admitted since `before_slot`. Reads the whole table. */
int store_prune_usage(struct store_tx *tx, int64_t before_slot, struct error *err) MUST_USE;

/* ---- the groups of identities ---- */

/** From now on `identity` is in `group`; NULL: in none. No error if it was so before. */
int store_put_identity_group(struct store_tx *tx,
                             const char *identity,
                             const char *group,
                             int64_t now_ms,
                             struct error *err) MUST_USE;

/** The group of that identity, in `arena`; NOT_FOUND if it is in none. */
int store_get_identity_group(struct store_rx *rx,
                             const char *identity,
                             struct arena *arena,
                             const char **out,
                             struct error *err) MUST_USE;

/* ---- child legs ---- */

struct leg_row {
    int64_t call_number;
    const char *account_sid;
    const char *sid; /**< CA... */
    const char *parent_sid;
    const char *from;
    const char *to;
    struct leg_state state;
    int64_t created_at_ms;
};

struct leg_rows {
    struct leg_row *items;
    size_t count;
};

/** Insert or replace by SID. CONFLICT if the SID belongs to another call. */
int store_put_leg(struct store_tx *tx, const struct leg_row *row, struct error *err) MUST_USE;

/** The child leg of that SID, or NOT_FOUND. */
int store_get_leg(struct store_rx *rx,
                  const char *sid,
                  struct arena *arena,
                  struct leg_row *out,
                  struct error *err) MUST_USE;

/** All child legs of a call, oldest first; none is no error. */
int store_list_legs(struct store_rx *rx,
                    int64_t call_number,
                    struct arena *arena,
                    struct leg_rows *out,
                    struct error *err) MUST_USE;

/* ---- the timeline ---- */

/* name, text in the store and the API */
#define TIMELINE_KINDS(X)                                                                          \
    X(INSTRUCTION, "instruction") /* Twilio asked what now; `answer` is our decision */            \
    X(STATUS, "status")           /* a status callback */                                          \
    X(RECORDING, "recording")     /* a recording callback */                                       \
    X(REQUEST, "request")         /* a frontend asked for something */                             \
    X(REST, "rest")               /* an exchange with Twilio's REST API */                         \
    X(REPAIR, "repair")           /* state taken from Twilio because nobody told us */             \
    X(TRANSCRIPTION, "transcription")                                                              \
    X(CONFERENCE, "conference")                                                                    \
    X(MESSAGE, "message")                                                                          \
    X(TASKROUTER, "taskrouter")                                                                    \
    X(VIDEO, "video")                                                                              \
    X(STREAM, "stream")                                                                            \
    X(ANSWERED_BY, "answered-by") /* a person or a machine, told apart from the status */          \
    X(VOICEMAIL, "voicemail")     /* what became of a message */                                   \
    X(FACT, "fact")               /* any other signed callback */

enum timeline_kind {
#define X(name, text) TIMELINE_##name,
    TIMELINE_KINDS(X)
#undef X
};

/** As the store and the API spell it. */
const char *timeline_kind_text(enum timeline_kind kind);

/** One entry. The delivery as it came is the entry: `raw` holds its parameters, form-encoded, in their order. */
struct timeline_row {
    int64_t sequence;    /**< over all calls, ascending in commit order; assigned on append */
    int64_t call_number; /**< 0: of no call we know */
    const char *account_sid;
    int64_t at_ms;
    enum timeline_kind kind;
    const char *route;   /**< path it came to or was sent to, or NULL */
    const char *leg_sid; /**< or NULL */
    uint64_t repeat_key; /**< what makes a second one a repeat; 0: nothing */
    const char *effect;  /**< "advances", "changes-nothing", "contradicts", "repeat", ... or NULL */
    const char *answer;  /**< the decision as text, for instructions; or NULL */
    const char *raw;     /**< or NULL */
    const char *news;    /**< what listeners are told of it (voice/news.h as text), or NULL */
    int64_t repeats;     /**< read only: how often it came again */
};

struct timeline_rows {
    struct timeline_row *items;
    size_t count;
};

/** Append; sets row->sequence. Also counts it in the call. */
int store_append_timeline(struct store_tx *tx,
                          struct timeline_row *row,
                          struct error *err) MUST_USE;

/** The earliest entry of this call (0: of no call) with that repeat key, or NOT_FOUND. */
int store_find_repeat(struct store_rx *rx,
                      int64_t call_number,
                      uint64_t repeat_key,
                      struct arena *arena,
                      struct timeline_row *out,
                      struct error *err) MUST_USE;

/** The delivery of that entry has come again. NOT_FOUND if there is no such entry. */
int store_count_repeat(struct store_tx *tx, int64_t sequence, struct error *err) MUST_USE;

/** Oldest first, from after `after_sequence` (0: the first). */
int store_list_timeline(struct store_rx *rx,
                        int64_t call_number,
                        int64_t after_sequence,
                        size_t limit,
                        struct arena *arena,
                        struct timeline_rows *out,
                        struct error *err) MUST_USE;

/* ---- the timeline over all calls, for live events ---- */

struct news_row {
    int64_t sequence;
    int64_t call_number; /**< 0: of no call we know */
    int64_t at_ms;
    const char *news;  /**< NULL: nothing that listeners are told of */
    const char *owner; /**< whose the call is, see call_row; NULL if there is none */
    const char *identity;
    const char *group;
};

struct news_rows {
    struct news_row *items;
    size_t count;
};

/** Entries of all calls after that sequence (0: from the first), oldest first, at most `limit`. */
int store_list_news(struct store_rx *rx,
                    int64_t after_sequence,
                    size_t limit,
                    struct arena *arena,
                    struct news_rows *out,
                    struct error *err) MUST_USE;

/** The sequence of the newest entry there is, 0 if there is none. What is committed later has a larger one. */
int store_newest_sequence(struct store_rx *rx, int64_t *out, struct error *err) MUST_USE;

enum { STORE_EVENT_KEY_BYTES = 16 };

/** A secret that belongs to this database for ever, made with it. */
int store_get_event_key(struct store_rx *rx,
                        unsigned char out[STORE_EVENT_KEY_BYTES],
                        struct error *err) MUST_USE;

/**
 * The calls that `viewer` may see and that are not over, the newest `limit` of them; `more` says that there are others.
 * Those that have never been heard of are among them (intended, sending, unknown). (No next_before.)
 */
int store_list_calls_going_on(struct store_rx *rx,
                              const struct viewer *viewer,
                              size_t limit,
                              struct arena *arena,
                              struct call_rows *out,
                              struct error *err) MUST_USE;

/* ---- recordings ---- */

struct recording_row {
    int64_t
        number; /**< the key; the first half of the id. Like the id it stays as it was first put */
    const char *id;  /**< rec_... */
    const char *sid; /**< RE... */
    const char *account_sid;
    int64_t call_number; /**< 0: of no call we know */
    const char *call_sid;
    /** in-progress completed absent failed paused stopped processing deleted */
    const char *status;
    const char *url;
    const char *source;
    const char *track;
    int channels;       /**< 0: not told */
    int64_t duration_s; /**< -1: not told */
    int64_t started_at_ms;
    int error_code;
    int64_t created_at_ms;
    int64_t updated_at_ms;
    enum recording_media
        media; /**< what became of its sound; the rest of media_ is set if it is stored */
    const char *media_key;    /**< where it is in the storage (storage/storage.h), or NULL */
    const char *media_type;   /**< audio/x-wav, audio/mpeg */
    int64_t media_bytes;      /**< as it is served */
    const char *media_sha256; /**< of these bytes, 64 hexadecimal digits, or NULL */
    int64_t media_stored_at_ms;
    const char *media_error;      /**< why it is not here yet, or failed; in a sentence, or NULL */
    int64_t remote_deleted_at_ms; /**< when it was deleted at Twilio */
    int64_t deleted_at_ms;        /**< when its sound was deleted here */
    bool hold;                    /**< must not be deleted by retention */
    const char *tag;              /**< a word of the application's, for retention, or NULL */
    int64_t expires_at_ms;        /**< when retention deletes it; 0: never */
    const char *call_id; /**< read only, like the next four: of its call; NULL without one */
    const char *direction;
    const char *identity;
    const char *owner;
    const char *group;
};

struct recording_rows {
    struct recording_row *items;
    size_t count;
    bool more;           /**< there may be further rows: ask again from next_before */
    int64_t next_before; /**< the before_number of the next page; 0 if there is none */
};

/**
 * Insert or replace by SID. A row that is replaced keeps number and id (those of `row` are not looked at), a new one needs
 * them. CONFLICT if the number is another recording's.
 */
int store_put_recording(struct store_tx *tx,
                        const struct recording_row *row,
                        struct error *err) MUST_USE;

/** The recording of that SID, or NOT_FOUND. */
int store_get_recording(struct store_rx *rx,
                        const char *sid,
                        struct arena *arena,
                        struct recording_row *out,
                        struct error *err) MUST_USE;

/** The recording of that id of ours (rec_...), or NOT_FOUND. */
int store_get_recording_by_id(struct store_rx *rx,
                              const char *id,
                              struct arena *arena,
                              struct recording_row *out,
                              struct error *err) MUST_USE;

/** All recordings of a call, oldest first; none is no error. (No next_before.) */
int store_list_call_recordings(struct store_rx *rx,
                               int64_t call_number,
                               struct arena *arena,
                               struct recording_rows *out,
                               struct error *err) MUST_USE;

/** Filters of a list; {0} fields do not filter. Newest first. */
struct recording_filter {
    const char *account_sid;
    int64_t call_number;
    const char *status;    /**< Twilio's word */
    const char *media;     /**< text of a recording_media */
    const char *source;    /**< DialVerb, RecordVerb, ... */
    const char *direction; /**< text of a call_direction */
    const char *tag;
    const char *number; /**< equals from or to of its call */
    const char *identity;
    const char *owner;
    const char *group;
    const char *owned_by_identity; /**< with the next two: rows that any of them matches */
    const char *owned_by_owner;
    const char *owned_by_group;
    int64_t since_ms;      /**< created at or after */
    int64_t until_ms;      /**< created before */
    int64_t before_number; /**< continue below this number; 0: from the newest */
    size_t limit;          /**< 1..200 */
};

/**
 * A page of recordings. Filters without an index (status, media, source, direction, tag) look at a bounded number of rows
 * per page, as store_list_calls does.
 * @param err  INVALID if `limit` is not within 1..200
 */
int store_list_recordings(struct store_rx *rx,
                          const struct recording_filter *filter,
                          struct arena *arena,
                          struct recording_rows *out,
                          struct error *err) MUST_USE;

/**
 * Recordings whose time is over: expires_at_ms at or before `now_ms`, neither held nor deleted, the longest due first.
 * `more` if there are others. (No next_before.)
 */
int store_list_expired_recordings(struct store_rx *rx,
                                  int64_t now_ms,
                                  size_t limit,
                                  struct arena *arena,
                                  struct recording_rows *out,
                                  struct error *err) MUST_USE;

/** How many are to be fetched (RECORDING_MEDIA_WANTED). */
int store_count_wanted_recordings(struct store_rx *rx, int64_t *out, struct error *err) MUST_USE;

/* ---- voicemails ---- */

struct voicemail_row {
    int64_t number; /**< the key; assigned on insert, not below created_at_ms << 20 */
    const char *id; /**< vm_...; assigned on insert */
    const char *account_sid;
    int64_t call_number;
    const char *recording_sid;
    const char *identity; /**< the mailbox: whom the call was for, or NULL */
    const char *group;
    const char *from; /**< who left it */
    const char *to;   /**< our number */
    int64_t created_at_ms;
    int64_t read_at_ms; /**< 0: it is new */
    int64_t
        deleted_at_ms; /**< 0: it is there; else nothing but these functions by recording finds it */
};

struct voicemail_rows {
    struct voicemail_row *items;
    size_t count;
    bool more;           /**< there may be further rows: ask again from next_before */
    int64_t next_before; /**< the before_number of the next page; 0 if there is none */
};

/** Filters of a list; {0} fields do not filter. Newest first. */
struct voicemail_filter {
    const char *account_sid;
    const char *identity;
    const char *number;            /**< equals from or to */
    int state;                     /**< 1: new; -1: read; 0: all */
    const char *owned_by_identity; /**< with the next: rows that either matches */
    const char *owned_by_group;
    bool owned_by_nobody;  /**< finds nothing: for a viewer who has neither */
    int64_t since_ms;      /**< created at or after */
    int64_t until_ms;      /**< created before */
    int64_t before_number; /**< continue below this number; 0: from the newest */
    size_t limit;          /**< 1..200 */
};

/** Insert; sets row->number and, in `arena`, row->id. CONFLICT if there is one of that recording. */
int store_insert_voicemail(struct store_tx *tx,
                           struct voicemail_row *row,
                           struct arena *arena,
                           struct error *err) MUST_USE;

/** Write what may change: identity, group, from, to, read_at, deleted_at. NOT_FOUND. */
int store_update_voicemail(struct store_tx *tx,
                           const struct voicemail_row *row,
                           struct error *err) MUST_USE;

/** The voicemail of that id that is not deleted, or NOT_FOUND. */
int store_get_voicemail(struct store_rx *rx,
                        const char *id,
                        struct arena *arena,
                        struct voicemail_row *out,
                        struct error *err) MUST_USE;

/** That of a recording, even if it was deleted; or NOT_FOUND. */
int store_get_voicemail_of_recording(struct store_rx *rx,
                                     const char *recording_sid,
                                     struct arena *arena,
                                     struct voicemail_row *out,
                                     struct error *err) MUST_USE;

/**
 * A page of voicemails. State, number and account look at a bounded number of rows per page, so a page may be short,
 * even empty, and still have `more`: continue from next_before.
 * @param err  INVALID if `limit` is not within 1..200
 */
int store_list_voicemails(struct store_rx *rx,
                          const struct voicemail_filter *filter,
                          struct arena *arena,
                          struct voicemail_rows *out,
                          struct error *err) MUST_USE;

/** How many are new among those that `filter` (its owned_by_ members alone) leaves; counts no further than `most`. */
int store_count_new_voicemails(struct store_rx *rx,
                               const struct voicemail_filter *filter,
                               int64_t most,
                               int64_t *out,
                               struct error *err) MUST_USE;

/* ---- transcripts ---- */

/** Something that Twilio transcribes: a call as it goes on, or a recording afterwards. */
struct transcription_row {
    int64_t number;  /**< assigned on insert, ascending in the order in which they were heard of */
    const char *sid; /**< GT... or TR... */
    const char *account_sid;
    int64_t call_number;
    const char *leg_sid;       /**< the leg it listens to, or NULL */
    const char *recording_sid; /**< NULL: the call itself */
    const char *status;        /**< voice/transcript.h */
    const char *language;
    const char *inbound_label;
    const char *outbound_label;
    int error_code; /**< 0: none */
    const char *error;
    int64_t started_at_ms;
    int64_t ended_at_ms;
    int64_t lines; /**< read only: how many lines are kept */
};

struct transcription_rows {
    struct transcription_row *items;
    size_t count;
};

/** Insert or replace by SID (all but account_sid, call_number and lines); sets row->number. */
int store_put_transcription(struct store_tx *tx,
                            struct transcription_row *row,
                            struct error *err) MUST_USE;

/** That of a SID, or NOT_FOUND. */
int store_get_transcription(struct store_rx *rx,
                            const char *sid,
                            struct arena *arena,
                            struct transcription_row *out,
                            struct error *err) MUST_USE;

/** The first of a recording that has lines, else the first; NOT_FOUND if there is none. */
int store_get_transcription_of_recording(struct store_rx *rx,
                                         const char *recording_sid,
                                         struct arena *arena,
                                         struct transcription_row *out,
                                         struct error *err) MUST_USE;

/** All of a call, in the order in which they were heard of; none is no error. */
int store_list_transcriptions(struct store_rx *rx,
                              int64_t call_number,
                              struct arena *arena,
                              struct transcription_rows *out,
                              struct error *err) MUST_USE;

/** Forget what was said: the lines and partials of it go, and what is searched with them. */
int store_clear_transcription(struct store_tx *tx, int64_t number, struct error *err) MUST_USE;

/** Something that was said. */
struct transcript_line_row {
    int64_t number; /**< of finals; assigned on insert, not below at_ms << 20 */
    int64_t call_number;
    int64_t transcription_number;
    int64_t sequence;  /**< Twilio's SequenceId; 0: it has none */
    const char *track; /**< inbound_track, outbound_track; "" of a recording */
    int64_t at_ms;
    int confidence; /**< thousandths; -1: not told */
    const char *text;
};

struct transcript_line_rows {
    struct transcript_line_row *items;
    size_t count;
    bool more; /**< there are further lines behind the last one */
};

/** Insert a final line, and count it; sets row->number. CONFLICT if that line is known. */
int store_insert_transcript_line(struct store_tx *tx,
                                 struct transcript_line_row *row,
                                 struct error *err) MUST_USE;

/** The line of that number, or NOT_FOUND. */
int store_get_transcript_line(struct store_rx *rx,
                              int64_t number,
                              struct arena *arena,
                              struct transcript_line_row *out,
                              struct error *err) MUST_USE;

/** The sequence of the last final line on a track; -1 if there is none. */
int store_last_transcript_sequence(struct store_rx *rx,
                                   int64_t call_number,
                                   int64_t transcription_number,
                                   const char *track,
                                   int64_t *out,
                                   struct error *err) MUST_USE;

/** The partial of the line's track is this one, if it is not older than the one that is there. */
int store_put_transcript_partial(struct store_tx *tx,
                                 const struct transcript_line_row *row,
                                 struct error *err) MUST_USE;

/** The partial of that track goes if its sequence is not above this one; of every track if `track` is NULL. */
int store_drop_transcript_partial(struct store_tx *tx,
                                  int64_t transcription_number,
                                  const char *track,
                                  int64_t sequence,
                                  struct error *err) MUST_USE;

/** Where to go on in a transcript: behind this line. {0}: from the first. */
struct transcript_place {
    int64_t transcription_number;
    int64_t sequence;
    const char *track; /**< NULL with the rest 0 */
};

/** The final lines of a call by transcription, sequence and track; at most `limit`, 1..1000. */
int store_list_transcript(struct store_rx *rx,
                          int64_t call_number,
                          const struct transcript_place *after,
                          size_t limit,
                          struct arena *arena,
                          struct transcript_line_rows *out,
                          struct error *err) MUST_USE;

/** What is being said on the tracks of a call, and not final yet. */
int store_list_transcript_partials(struct store_rx *rx,
                                   int64_t call_number,
                                   struct arena *arena,
                                   struct transcript_line_rows *out,
                                   struct error *err) MUST_USE;

/** What is looked for in transcripts. {0} fields do not filter. Newest first. */
struct search_filter {
    const struct search_terms *terms; /**< voice/search.h; at least one */
    const char *identity;             /**< of the call */
    const char *direction;            /**< text of a call_direction */
    const char
        *owned_by_identity; /**< with the next two: lines of calls that any of them matches */
    const char *owned_by_owner;
    const char *owned_by_group;
    bool owned_by_nobody;  /**< finds nothing: for a viewer who has none of them */
    int64_t since_ms;      /**< said at or after */
    int64_t until_ms;      /**< said before */
    int64_t before_number; /**< continue below this line; 0: from the newest */
    size_t limit;          /**< 1..200 */
};

/** What brackets the words that were found, in the snippet. */
#define SEARCH_MATCH_BEGIN '\x02'
#define SEARCH_MATCH_END '\x03'

struct search_row {
    struct transcript_line_row line; /**< its text is a snippet: some words around what was found */
    const char *transcription_sid;
    const char *recording_sid; /**< or NULL */
    const char *voicemail_id;  /**< if it was left as one, or NULL */
    const char *call_id;
    const char *call_sid;
    enum call_direction direction;
    const char *plan; /**< voice/plan.h as text, or NULL */
    const char *from;
    const char *to;
    const char *identity;
};

struct search_rows {
    struct search_row *items;
    size_t count;
    bool more;           /**< there may be further rows: ask again from next_before */
    int64_t next_before; /**< the before_number of the next page; 0 if there is none */
};

/**
 * Look for words in what was said, within what the filter allows: who may see it is part of what is looked up in the
 * index, so that no search reads what it may not show.
 * @param err  INVALID if `limit` is not within 1..200
 */
int store_search_transcripts(struct store_rx *rx,
                             const struct search_filter *filter,
                             struct arena *arena,
                             struct search_rows *out,
                             struct error *err) MUST_USE;

/* ---- jobs ---- */

/* Each lane has workers of its own: what takes long in one delays nothing in another. name, text */
#define JOB_LANES(X)                                                                               \
    X(CALLS, "calls") /* somebody waits for these */                                               \
    X(MEDIA, "media") /* brings recordings here; stands still while there is no room for them */   \
    X(TRUTH, "truth") /* asks Twilio about what nobody has told us, gently */                      \
    X(CLEARING, "clearing") /* removes, here and at Twilio: cannot wait for room */

enum job_lane {
#define X(name, text) JOB_LANE_##name,
    JOB_LANES(X)
#undef X
        JOB_LANE_COUNT
};

/** As the store, the log and the metrics spell it. */
const char *job_lane_text(enum job_lane lane);

/* name, text, lane */
#define JOB_KINDS(X)                                                                               \
    X(PLACE_CALL, "place_call", CALLS)                                                             \
    X(HANGUP_CALL, "hangup_call", CALLS)                                                           \
    X(REFRESH_CALL, "refresh_call", TRUTH)                                                         \
    X(SETTLE_CALL, "settle_call", TRUTH)                                                           \
    X(SWEEP_ACCOUNT, "sweep_account", TRUTH)                                                       \
    X(FIND_CALL, "find_call", CALLS) /* an unknown create: ask Twilio whether it arrived */        \
    X(FETCH_RECORDING, "fetch_recording", MEDIA)        /* subject: the recording's id */          \
    X(ERASE_AT_TWILIO, "erase_at_twilio", CLEARING)     /* of a person who was erased here */      \
    X(DELETE_RECORDING, "delete_recording", CLEARING)   /* here and at Twilio; subject: its id */  \
    X(RELEASE_RECORDING, "release_recording", CLEARING) /* at Twilio, if whole here; the same */   \
    X(START_RECORDING, "start_recording", CALLS)        /* subject: channels and trim */           \
    X(PAUSE_RECORDING, "pause_recording", CALLS)        /* subject: the recording's id */          \
    X(RESUME_RECORDING, "resume_recording", CALLS)                                                 \
    X(STOP_RECORDING, "stop_recording", CALLS)

enum job_kind {
#define X(name, text, lane) JOB_##name,
    JOB_KINDS(X)
#undef X
};

/** As the store, the log and the metrics spell it. */
const char *job_kind_text(enum job_kind kind);

/** The kind of that text; false if there is none. */
bool job_kind_from_text(const char *text, enum job_kind *out);

/** The lane in which jobs of that kind wait. */
enum job_lane job_kind_lane(enum job_kind kind);

enum job_state { JOB_PENDING, JOB_LEASED, JOB_DEAD };

struct job_row {
    int64_t number; /**< assigned on insert */
    const char *account_sid;
    enum job_kind kind;
    int64_t call_number; /**< what it is about: a call, or 0 and */
    const char *subject; /**< the id of something else; "" (or, on insert, NULL): nothing else */
    enum job_state state;
    int64_t run_at_ms;
    int64_t leased_until_ms;
    int attempts;           /**< claims so far */
    const char *last_error; /**< or NULL */
    int64_t created_at_ms;
};

struct job_rows {
    struct job_row *items;
    size_t count;
};

/** Insert as pending; sets row->number. One pending or leased job per (kind, call, subject): CONFLICT if there is one. */
int store_insert_job(struct store_tx *tx, struct job_row *row, struct error *err) MUST_USE;

/**
 * Claim the next job of a lane that is due: pending with run_at_ms <= now, or leased with an expired lease. NOT_FOUND if
 * there is none. Sets state, attempts + 1 and leased_until_ms = now_ms + lease_ms, and says in `*expired` whether a lease
 * had run out (the former worker may have acted).
 */
int store_claim_job(struct store_tx *tx,
                    enum job_lane lane,
                    int64_t now_ms,
                    int64_t lease_ms,
                    struct arena *arena,
                    struct job_row *out,
                    bool *expired,
                    struct error *err) MUST_USE;

/** Done: the row goes. */
int store_finish_job(struct store_tx *tx, int64_t number, struct error *err) MUST_USE;

/** Again at `run_at_ms`. */
int store_retry_job(struct store_tx *tx,
                    int64_t number,
                    int64_t run_at_ms,
                    const char *last_error,
                    struct error *err) MUST_USE;

/** The same, and the claim does not count as an attempt: what was wanted was not to be had yet. */
int store_return_job(struct store_tx *tx,
                     int64_t number,
                     int64_t run_at_ms,
                     const char *why,
                     struct error *err) MUST_USE;

/** Never again; stays visible. */
int store_bury_job(struct store_tx *tx,
                   int64_t number,
                   const char *last_error,
                   struct error *err) MUST_USE;

/** Remove the pending job of that kind, call and subject ("": none); NOT_FOUND if there is none pending. */
int store_cancel_job(struct store_tx *tx,
                     enum job_kind kind,
                     int64_t call_number,
                     const char *subject,
                     struct error *err) MUST_USE;

/** When the earliest pending or leased job of a lane is due, or 0 if there is none. */
int store_next_job_at(struct store_rx *rx,
                      enum job_lane lane,
                      int64_t *out,
                      struct error *err) MUST_USE;

/* ---- the reconciler ---- */

/** How far the comparison with Twilio's lists is (jobs/handlers/sweep_account.c). There is one row. */
struct reconciler_row {
    int64_t alive_at_ms;      /**< a running server writes it again and again; 0: never yet */
    int64_t swept_until_ms;   /**< what began before this was compared; 0: nothing yet */
    int64_t pending_since_ms; /**< the next sweep goes back to here; 0: none is asked for */
    int64_t since_ms;         /**< the one under way goes back to here */
    int64_t began_at_ms;      /**< and began then; 0: none is under way */
    int stage;
    const char *cursor; /**< next page, "" for the first */
};

int store_get_reconciler(struct store_rx *rx,
                         struct arena *arena,
                         struct reconciler_row *out,
                         struct error *err) MUST_USE;
int store_put_reconciler(struct store_tx *tx,
                         const struct reconciler_row *row,
                         struct error *err) MUST_USE;

/** All leases end now; for the start of a process, when no worker can be alive. */
int store_expire_leases(struct store_tx *tx, int64_t now_ms, struct error *err) MUST_USE;

/** The job of that number, or NOT_FOUND. */
int store_get_job(struct store_rx *rx,
                  int64_t number,
                  struct arena *arena,
                  struct job_row *out,
                  struct error *err) MUST_USE;

/**
 * Let a job that is buried or pending begin anew at `run_at_ms`, with no attempt counted. NOT_FOUND if it is not there or
 * somebody is at it, CONFLICT if another one about the same is open.
 */
int store_revive_job(struct store_tx *tx,
                     int64_t number,
                     int64_t run_at_ms,
                     struct error *err) MUST_USE;

struct job_filter {
    bool dead;             /**< buried ones; else those that are pending or leased */
    int64_t before_number; /**< continue below this number; 0: from the newest */
    size_t limit;          /**< at most this many */
};

/** Jobs, the newest first. */
int store_list_jobs(struct store_rx *rx,
                    const struct job_filter *filter,
                    struct arena *arena,
                    struct job_rows *out,
                    struct error *err) MUST_USE;

/* ---- API keys ---- */

struct api_key_row {
    const char *id; /**< the public part of shk_<id>_<secret> */
    const char *account_sid;
    const char *name;
    const char *scopes; /**< space-separated */
    unsigned char secret_sha256[32];
    int64_t created_at_ms;
    int64_t revoked_at_ms; /**< 0: valid */
};

struct api_key_rows {
    struct api_key_row *items;
    size_t count;
};

/** CONFLICT if the id is known. */
int store_insert_api_key(struct store_tx *tx,
                         const struct api_key_row *row,
                         struct error *err) MUST_USE;

/** NOT_FOUND if there is none; revoking twice keeps the first time. */
int store_revoke_api_key(struct store_tx *tx,
                         const char *id,
                         int64_t now_ms,
                         struct error *err) MUST_USE;

/** All keys, revoked ones too, oldest first. */
int store_list_api_keys(struct store_rx *rx,
                        struct arena *arena,
                        struct api_key_rows *out,
                        struct error *err) MUST_USE;

/** A number that changes whenever another process or connection has committed; for noticing new keys cheaply. */
int store_data_version(struct store_rx *rx, int64_t *out, struct error *err) MUST_USE;

/* ---- idempotency keys ---- */

struct idempotency_row {
    const char *caller; /**< whose key it is; keys of different callers never meet */
    const char *key;
    const char *account_sid;
    unsigned char request_sha256[32]; /**< of method, path and body */
    int64_t call_number;
    int status; /**< of the first answer; 0: not answered yet */
    const char *content_type;
    const char *body;
    const char *location; /**< header of the first answer, or NULL */
    int64_t created_at_ms;
};

/** CONFLICT if the caller has used the key. */
int store_insert_idempotency(struct store_tx *tx,
                             const struct idempotency_row *row,
                             struct error *err) MUST_USE;

/** What that caller's key stands for, or NOT_FOUND. */
int store_get_idempotency(struct store_rx *rx,
                          const char *caller,
                          const char *key,
                          struct arena *arena,
                          struct idempotency_row *out,
                          struct error *err) MUST_USE;

/** Keep the first answer; a later one is ignored. */
int store_answer_idempotency(struct store_tx *tx,
                             const struct idempotency_row *row,
                             struct error *err) MUST_USE;

/** Remove those older than `before_ms`, at most `limit`; how many went is added to `*removed`. */
int store_prune_idempotency(struct store_tx *tx,
                            int64_t before_ms,
                            size_t limit,
                            int64_t *removed,
                            struct error *err) MUST_USE;

/* ---- the audit log ---- */

/** Who did what, or was not allowed to. Texts other than account_sid, action and actor_kind may be NULL. */
struct audit_row {
    int64_t sequence; /**< ascending in commit order, not below at_ms << 20; assigned on append */
    const char *account_sid;
    int64_t at_ms;
    const char *action; /**< a word of app/audit.h: call.place, token.mint, ... */
    bool allowed;
    const char *actor_kind; /**< key, operator, stranger, ... */
    const char *actor;      /**< id of the API key, or whatever else owns what this caller does */
    const char *actor_name; /**< for people */
    const char *identity;   /**< the application's user who acted */
    const char *address;    /**< of the client */
    const char *request_id;
    int64_t call_number; /**< 0: about no call */
    const char *call_id;
    const char
        *subject; /**< what it was done to, if no call: the id of a key, the identity of a token */
    const char *number; /**< the phone number concerned, as it may be shown */
    const char *reason; /**< a word: why it was refused */
    const char *detail; /**< the same in a sentence */
    int64_t times;      /**< how many of the same this row stands for; 1 or more */
};

struct audit_rows {
    struct audit_row *items;
    size_t count;
    bool more;           /**< there may be further rows: ask again from next_before */
    int64_t next_before; /**< the before_sequence of the next page; 0 if there is none */
};

/** Filters of a list; {0} fields do not filter. Newest first. */
struct audit_filter {
    const char *account_sid;
    const char *actor; /**< equals actor or identity */
    const char *action;
    const char *call_id;
    int64_t call_number;     /**< of call_id */
    int allowed;             /**< 1: allowed ones; -1: refused ones; 0: all */
    int64_t since_ms;        /**< at or after */
    int64_t until_ms;        /**< before */
    int64_t before_sequence; /**< continue below; 0: from the newest */
    size_t limit;            /**< 1..200 */
};

/** Append; sets row->sequence. */
int store_append_audit(struct store_tx *tx, struct audit_row *row, struct error *err) MUST_USE;

/**
 * A page of the audit log. Actor, action and allowed look at a bounded number of rows per page, so a page may be short,
 * even empty, and still have `more`: continue from next_before.
 * @param err  INVALID if `limit` is not within 1..200
 */
int store_list_audit(struct store_rx *rx,
                     const struct audit_filter *filter,
                     struct arena *arena,
                     struct audit_rows *out,
                     struct error *err) MUST_USE;

/** Remove those from before `before_ms`, oldest first, at most `limit`; how many went is added to `*removed`. */
int store_prune_audit(struct store_tx *tx,
                      int64_t before_ms,
                      size_t limit,
                      int64_t *removed,
                      struct error *err) MUST_USE;

#endif
