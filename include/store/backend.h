/*
 * What an engine has to bring to be the store: a struct of functions, each with its contract. Only
 * engines (store_sqlite, and the next one) and tests include this; everybody else knows store.h.
 *
 * The store brings the threads, the queues and the groups; an engine brings connections
 * ("sessions"), transactions and rows. An engine is plugged in with store_create, which refuses one
 * with gaps.
 *
 * Errors are those of store.h. One rule is the engine's own: when something below it fails (disk
 * full, I/O) inside a transaction, every further write in that transaction is refused with
 * UNAVAILABLE and so is its commit, even if the unit of work looked away. Otherwise half a unit
 * could be kept.
 */
#ifndef STORE_BACKEND_H
#define STORE_BACKEND_H

#include "core/metrics.h"
#include "store/privacy.h"
#include "store/retention.h"
#include "store/store.h"
#include "store/subscriptions.h"

/** A connection. Each engine completes the type for itself. One thread at a time, not always the same one. */
struct store_session;

/*
 * The rows: name and parameters. Each does what the door function store_NAME promises. `s` is the
 * writer's session inside a transaction for what a door takes a store_tx for; for the rest it may
 * also be a reader's, inside a read.
 */
/* clang-format off */
#define STORE_BACKEND_ROWS(X)                                                                                          \
    X(insert_call, (struct store_session *s, const struct call_row *row, struct error *err))                           \
    X(update_call, (struct store_session *s, const struct call_row *row, struct error *err))                           \
    X(get_call, (struct store_session *s, const char *id, struct arena *arena, struct call_row *out, struct error *err)) \
    X(get_call_by_number, (struct store_session *s, int64_t number, struct arena *arena, struct call_row *out, struct error *err)) \
    X(get_call_by_sid, (struct store_session *s, const char *sid, struct arena *arena, struct call_row *out, struct error *err)) \
    X(list_calls, (struct store_session *s, const struct call_filter *filter, struct arena *arena, struct call_rows *out, struct error *err)) \
    X(list_due_calls, (struct store_session *s, int64_t now_ms, size_t limit, struct arena *arena, struct call_rows *out, struct error *err)) \
    X(count_open_calls, (struct store_session *s, int64_t *out, struct error *err))                                    \
    X(put_identity_group, (struct store_session *s, const char *identity, const char *group, int64_t now_ms, struct error *err)) \
    X(get_identity_group, (struct store_session *s, const char *identity, struct arena *arena, const char **out, struct error *err)) \
    X(get_usage, (struct store_session *s, struct usage_row *row, struct error *err))                                  \
    X(put_usage, (struct store_session *s, const struct usage_row *row, struct error *err))                            \
    X(put_place, (struct store_session *s, const struct place_row *row, struct error *err))                            \
    X(get_place, (struct store_session *s, int64_t call_number, struct arena *arena, struct place_row *out, struct error *err)) \
    X(release_place, (struct store_session *s, int64_t call_number, struct error *err))                                \
    X(recount_usage, (struct store_session *s, int64_t *corrected, struct error *err))                                 \
    X(prune_usage, (struct store_session *s, int64_t before_slot, struct error *err))                                  \
    X(put_leg, (struct store_session *s, const struct leg_row *row, struct error *err))                                \
    X(get_leg, (struct store_session *s, const char *sid, struct arena *arena, struct leg_row *out, struct error *err)) \
    X(list_legs, (struct store_session *s, int64_t call_number, struct arena *arena, struct leg_rows *out, struct error *err)) \
    X(append_timeline, (struct store_session *s, struct timeline_row *row, struct error *err))                         \
    X(find_repeat, (struct store_session *s, int64_t call_number, uint64_t repeat_key, struct arena *arena, struct timeline_row *out, struct error *err)) \
    X(count_repeat, (struct store_session *s, int64_t sequence, struct error *err))                                    \
    X(list_timeline, (struct store_session *s, int64_t call_number, int64_t after_sequence, size_t limit, struct arena *arena, struct timeline_rows *out, struct error *err)) \
    X(list_news, (struct store_session *s, int64_t after_sequence, size_t limit, struct arena *arena, struct news_rows *out, struct error *err)) \
    X(newest_sequence, (struct store_session *s, int64_t *out, struct error *err))                                     \
    X(get_event_key, (struct store_session *s, unsigned char out[STORE_EVENT_KEY_BYTES], struct error *err))           \
    X(list_calls_going_on, (struct store_session *s, const struct viewer *viewer, size_t limit, struct arena *arena, struct call_rows *out, struct error *err)) \
    X(put_recording, (struct store_session *s, const struct recording_row *row, struct error *err))                    \
    X(get_recording, (struct store_session *s, const char *sid, struct arena *arena, struct recording_row *out, struct error *err)) \
    X(get_recording_by_id, (struct store_session *s, const char *id, struct arena *arena, struct recording_row *out, struct error *err)) \
    X(list_call_recordings, (struct store_session *s, int64_t call_number, struct arena *arena, struct recording_rows *out, struct error *err)) \
    X(list_recordings, (struct store_session *s, const struct recording_filter *filter, struct arena *arena, struct recording_rows *out, struct error *err)) \
    X(list_expired_recordings, (struct store_session *s, int64_t now_ms, size_t limit, struct arena *arena, struct recording_rows *out, struct error *err)) \
    X(count_wanted_recordings, (struct store_session *s, int64_t *out, struct error *err))                             \
    X(insert_voicemail, (struct store_session *s, struct voicemail_row *row, struct arena *arena, struct error *err))  \
    X(update_voicemail, (struct store_session *s, const struct voicemail_row *row, struct error *err))                 \
    X(get_voicemail, (struct store_session *s, const char *id, struct arena *arena, struct voicemail_row *out, struct error *err)) \
    X(get_voicemail_of_recording, (struct store_session *s, const char *recording_sid, struct arena *arena, struct voicemail_row *out, struct error *err)) \
    X(list_voicemails, (struct store_session *s, const struct voicemail_filter *filter, struct arena *arena, struct voicemail_rows *out, struct error *err)) \
    X(count_new_voicemails, (struct store_session *s, const struct voicemail_filter *filter, int64_t most, int64_t *out, struct error *err)) \
    X(put_transcription, (struct store_session *s, struct transcription_row *row, struct error *err))                  \
    X(get_transcription, (struct store_session *s, const char *sid, struct arena *arena, struct transcription_row *out, struct error *err)) \
    X(get_transcription_of_recording, (struct store_session *s, const char *recording_sid, struct arena *arena, struct transcription_row *out, struct error *err)) \
    X(list_transcriptions, (struct store_session *s, int64_t call_number, struct arena *arena, struct transcription_rows *out, struct error *err)) \
    X(clear_transcription, (struct store_session *s, int64_t number, struct error *err))                               \
    X(insert_transcript_line, (struct store_session *s, struct transcript_line_row *row, struct error *err))           \
    X(get_transcript_line, (struct store_session *s, int64_t number, struct arena *arena, struct transcript_line_row *out, struct error *err)) \
    X(last_transcript_sequence, (struct store_session *s, int64_t call_number, int64_t transcription_number, const char *track, int64_t *out, struct error *err)) \
    X(put_transcript_partial, (struct store_session *s, const struct transcript_line_row *row, struct error *err))     \
    X(drop_transcript_partial, (struct store_session *s, int64_t transcription_number, const char *track, int64_t sequence, struct error *err)) \
    X(list_transcript, (struct store_session *s, int64_t call_number, const struct transcript_place *after, size_t limit, struct arena *arena, struct transcript_line_rows *out, struct error *err)) \
    X(list_transcript_partials, (struct store_session *s, int64_t call_number, struct arena *arena, struct transcript_line_rows *out, struct error *err)) \
    X(search_transcripts, (struct store_session *s, const struct search_filter *filter, struct arena *arena, struct search_rows *out, struct error *err)) \
    X(insert_job, (struct store_session *s, struct job_row *row, struct error *err))                                   \
    X(claim_job, (struct store_session *s, enum job_lane lane, int64_t now_ms, int64_t lease_ms, struct arena *arena, struct job_row *out, bool *expired, struct error *err)) \
    X(finish_job, (struct store_session *s, int64_t number, struct error *err))                                        \
    X(retry_job, (struct store_session *s, int64_t number, int64_t run_at_ms, const char *last_error, struct error *err)) \
    X(return_job, (struct store_session *s, int64_t number, int64_t run_at_ms, const char *why, struct error *err))    \
    X(bury_job, (struct store_session *s, int64_t number, const char *last_error, struct error *err))                  \
    X(cancel_job, (struct store_session *s, enum job_kind kind, int64_t call_number, const char *subject, struct error *err)) \
    X(next_job_at, (struct store_session *s, enum job_lane lane, int64_t *out, struct error *err))                     \
    X(get_reconciler, (struct store_session *s, struct arena *arena, struct reconciler_row *out, struct error *err))   \
    X(put_reconciler, (struct store_session *s, const struct reconciler_row *row, struct error *err))                  \
    X(expire_leases, (struct store_session *s, int64_t now_ms, struct error *err))                                     \
    X(get_job, (struct store_session *s, int64_t number, struct arena *arena, struct job_row *out, struct error *err)) \
    X(revive_job, (struct store_session *s, int64_t number, int64_t run_at_ms, struct error *err))                     \
    X(list_jobs, (struct store_session *s, const struct job_filter *filter, struct arena *arena, struct job_rows *out, struct error *err)) \
    X(insert_api_key, (struct store_session *s, const struct api_key_row *row, struct error *err))                     \
    X(revoke_api_key, (struct store_session *s, const char *id, int64_t now_ms, struct error *err))                    \
    X(list_api_keys, (struct store_session *s, struct arena *arena, struct api_key_rows *out, struct error *err))      \
    X(data_version, (struct store_session *s, int64_t *out, struct error *err))                                        \
    X(insert_idempotency, (struct store_session *s, const struct idempotency_row *row, struct error *err))             \
    X(get_idempotency, (struct store_session *s, const char *caller, const char *key, struct arena *arena, struct idempotency_row *out, struct error *err)) \
    X(answer_idempotency, (struct store_session *s, const struct idempotency_row *row, struct error *err))             \
    X(prune_idempotency, (struct store_session *s, int64_t before_ms, size_t limit, int64_t *removed, struct error *err))\
    X(insert_subscription, (struct store_session *s, struct subscription_row *row, struct error *err))                 \
    X(update_subscription, (struct store_session *s, const struct subscription_row *row, struct error *err))           \
    X(get_subscription, (struct store_session *s, int64_t number, struct arena *arena, struct subscription_row *out, struct error *err)) \
    X(list_subscriptions, (struct store_session *s, struct arena *arena, struct subscription_rows *out, struct error *err)) \
    X(clear_subscription, (struct store_session *s, int64_t number, size_t limit, int64_t *removed, struct error *err)) \
    X(insert_delivery, (struct store_session *s, struct delivery_row *row, struct error *err))                         \
    X(get_delivery, (struct store_session *s, int64_t number, struct arena *arena, struct delivery_row *out, struct error *err)) \
    X(list_deliveries, (struct store_session *s, const struct delivery_filter *filter, struct arena *arena, struct delivery_rows *out, struct error *err)) \
    X(list_due_deliveries, (struct store_session *s, int64_t subscription, size_t limit, struct arena *arena, struct delivery_rows *out, struct error *err)) \
    X(list_overdue_deliveries, (struct store_session *s, int64_t subscription, int64_t now_ms, size_t limit, struct arena *arena, struct delivery_rows *out, struct error *err)) \
    X(settle_delivery, (struct store_session *s, const struct delivery_row *row, int64_t now_ms, struct error *err))   \
    X(reopen_delivery, (struct store_session *s, int64_t number, int64_t now_ms, int64_t give_up_at_ms, struct error *err)) \
    X(renew_deliveries, (struct store_session *s, int64_t subscription, int64_t now_ms, int64_t give_up_at_ms, struct error *err)) \
    X(list_former_attempts, (struct store_session *s, int64_t delivery, struct arena *arena, struct delivery_attempts *out, struct error *err)) \
    X(prune_deliveries, (struct store_session *s, int64_t delivered_before_ms, int64_t dead_before_ms, size_t limit, int64_t *removed, struct error *err)) \
    X(prune, (struct store_session *s, struct pruning *step, struct error *err))                                       \
    X(get_retention_mark, (struct store_session *s, enum retention_kind kind, struct retention_mark *out, struct error *err)) \
    X(list_calls_of_person, (struct store_session *s, const char *who, int64_t after, size_t limit, struct arena *arena, struct person_calls *out, struct error *err)) \
    X(erase_call, (struct store_session *s, struct call_erasure *work, struct error *err))                             \
    X(get_call_erased, (struct store_session *s, int64_t call_number, enum call_erased *out, struct error *err))       \
    X(find_person, (struct store_session *s, struct person_walk *walk, struct error *err))                             \
    X(mask_person, (struct store_session *s, const struct person_walk *walk, struct error *err))                       \
    X(rewrite_search, (struct store_session *s, bool *more, struct error *err))                                        \
    X(fill_free_pages, (struct store_session *s, bool *more, struct error *err))                                       \
    X(drop_filler, (struct store_session *s, bool *more, struct error *err))                                           \
    X(append_audit, (struct store_session *s, struct audit_row *row, struct error *err))                               \
    X(list_audit, (struct store_session *s, const struct audit_filter *filter, struct arena *arena, struct audit_rows *out, struct error *err)) \
    X(prune_audit, (struct store_session *s, int64_t before_ms, size_t limit, int64_t *removed, struct error *err))
/* clang-format on */

struct store_backend {
    const char *name; /**< for messages, e.g. "sqlite" */

    /**
     * A connection that can write; there is one at a time. Brings the schema up to date. `context`
     * is the one given to store_create. Errors as store_sqlite_open documents them.
     */
    int (*open_writer)(void *context, struct store_session **out, struct error *err);

    /** A connection that only reads; called after open_writer. */
    int (*open_reader)(void *context, struct store_session **out, struct error *err);

    /** Close a connection that is in no transaction. */
    void (*close_session)(struct store_session *session);

    /** Free the context, after all its sessions were closed. */
    void (*destroy)(void *context);

    /** Free bytes where the data is. Any thread. */
    int (*free_bytes)(void *context, int64_t *out, struct error *err);

    /** Start a transaction that may write. Reconnects by itself if an earlier failure calls for it. UNAVAILABLE. */
    int (*begin)(struct store_session *session, struct error *err);

    /** Make the transaction durable: 0 only if it survives a power cut. After -1 the store calls rollback. */
    int (*commit)(struct store_session *session, struct error *err);

    /** Did the last commit change anything? One that did not says nothing about the disk. */
    bool (*wrote)(const struct store_session *session);

    /** End the transaction without a trace, whatever state it is in (it may be over already). */
    void (*rollback)(struct store_session *session);

    /** 0 while the transaction can still be committed, -1 once something below the rows has failed in it. */
    int (*check)(struct store_session *session, struct error *err);

    /** Mark where a unit of work begins within the transaction; it ends with unit_keep or unit_drop. */
    int (*unit_begin)(struct store_session *session, struct error *err);
    int (*unit_keep)(struct store_session *session, struct error *err);
    int (*unit_drop)(struct store_session *session, struct error *err);

    /** Between two groups, outside of a transaction: upkeep that cannot wait, as short as possible.
     */
    void (*after_group)(struct store_session *session);

    /** Nothing has been asked of the writer for a moment: upkeep that may take its time. */
    void (*idle)(struct store_session *session);

    /** Change something, so that the commit is a real one; for store_probe. Inside a transaction.
     */
    int (*touch)(struct store_session *session, struct error *err);

    /** Start and end a read with one snapshot, on a reader's session. */
    int (*read_begin)(struct store_session *session, struct error *err);
    void (*read_end)(struct store_session *session);

#define X(name, parameters) int(*name) parameters;
    STORE_BACKEND_ROWS(X)
#undef X
};

struct store_settings {
    const struct store_backend *backend; /**< borrowed for the life of the store */
    void *context;    /**< the engine's; the store's to destroy once store_create succeeded */
    unsigned readers; /**< reader threads, each with a session; 0 = 2 */
    size_t queue_max; /**< units, and reads, that may wait; 0 = 8192 */
    size_t group_max; /**< most units in one transaction; 0 = 512 */
    unsigned idle_ms; /**< quiet time before `idle` is called; 0 = 200 */
    struct metrics *metrics; /**< or NULL; must outlive the store */
};

/**
 * Plug an engine in and start the threads.
 * @param err  INTERNAL if the engine has gaps (they are named); whatever opening its sessions says
 */
int store_create(const struct store_settings *settings,
                 struct store **out,
                 struct error *err) MUST_USE;

#endif
