/*
 * The store's door, as far as the application's own webhooks go: who is told (subscriptions), and what he was told
 * (deliveries). The rules of store/store.h hold.
 *
 * The timeline is the queue. A subscription has a cursor in it; deliveries are made out of the entries behind the cursor,
 * a bounded number at a time, in the unit of work that moves the cursor.
 *
 * A delivery is pending (due at some time), or it waits for a former one of the same call and subscription, or it has
 * ended: delivered or dead. Of one call and subscription at most one is pending.
 */
#ifndef STORE_SUBSCRIPTIONS_H
#define STORE_SUBSCRIPTIONS_H

#include "store/store.h"

#define SUBSCRIPTION_STATES(X)                                                                     \
    X(ENABLED, "enabled")                                                                          \
    X(DISABLED, "disabled")                                                                        \
    X(DELETED, "deleted") /* and soon gone */

enum subscription_state {
#define X(name, text) SUBSCRIPTION_##name,
    SUBSCRIPTION_STATES(X)
#undef X
};

const char *subscription_state_text(enum subscription_state state);

struct subscription_row {
    int64_t number; /**< assigned on insert, never used twice */
    const char *account_sid;
    const char *name; /**< in the file that it comes from; NULL: made over the API */
    const char *url;
    const char *events;   /**< names and wildcards, with spaces between */
    const char *identity; /**< of calls of this identity alone, or NULL */
    const char *group;
    const char *description; /**< for people, or NULL */
    const char *scopes;      /**< what it may be told, as app/caller.h spells them */
    const char *secret;      /**< whsec_...; NULL: the file says where it is */
    const char *old_secret;  /**< signs as well until old_secret_until_ms; or NULL */
    int64_t old_secret_until_ms;
    enum subscription_state state;
    const char *disabled_because; /**< a word, or NULL */
    int64_t disabled_at_ms;
    int64_t created_at_ms;
    int64_t updated_at_ms;
    const char *created_by; /**< the caller who made it, or NULL */

    int64_t cursor;           /**< timeline entry up to which deliveries were made */
    int64_t open_count;       /**< deliveries that are pending or wait */
    int64_t failing_since_ms; /**< the first failure since the last success, 0: it does not fail */
    int64_t failed_at_ms;     /**< the last failure */
    const char *failure;      /**< what it was, or NULL */
    int64_t delivered_at_ms;  /**< the last success */
};

struct subscription_rows {
    struct subscription_row *items;
    size_t count;
};

/** Insert; sets row->number. CONFLICT if the name is taken. */
int store_insert_subscription(struct store_tx *tx,
                              struct subscription_row *row,
                              struct error *err) MUST_USE;

/** Write all that may change (everything but number, account, created_*); NOT_FOUND, CONFLICT (name). */
int store_update_subscription(struct store_tx *tx,
                              const struct subscription_row *row,
                              struct error *err) MUST_USE;

/** NOT_FOUND if there is none, or it is deleted. */
int store_get_subscription(struct store_rx *rx,
                           int64_t number,
                           struct arena *arena,
                           struct subscription_row *out,
                           struct error *err) MUST_USE;

/** All, deleted ones too, oldest first. There are as many as LIMIT_SUBSCRIPTIONS allows, and those on their way out. */
int store_list_subscriptions(struct store_rx *rx,
                             struct arena *arena,
                             struct subscription_rows *out,
                             struct error *err) MUST_USE;

/**
 * Remove what a deleted subscription has not been told, at most `limit` deliveries, and itself after the last of them; what
 * it was told goes by age. `*removed`: how many rows went, 0 if there is nothing left.
 */
int store_clear_subscription(struct store_tx *tx,
                             int64_t number,
                             size_t limit,
                             int64_t *removed,
                             struct error *err) MUST_USE;

/* ---- deliveries ---- */

#define DELIVERY_STATES(X)                                                                         \
    X(PENDING, "pending")                                                                          \
    X(WAITING, "waiting")                                                                          \
    X(DELIVERED, "delivered")                                                                      \
    X(DEAD, "dead")

enum delivery_state {
#define X(name, text) DELIVERY_##name,
    DELIVERY_STATES(X)
#undef X
};

const char *delivery_state_text(enum delivery_state state);

/** An attempt to deliver. */
struct delivery_attempt {
    int64_t at_ms;      /**< when it was begun; 0: there was none */
    int status;         /**< of the answer, 0: none came */
    int64_t latency_ms; /**< until the answer, or until it was given up */
    const char *error;  /**< why it counts as failed, or NULL */
    const char *answer; /**< the beginning of the answer's body, or NULL */
};

struct delivery_row {
    int64_t number; /**< assigned on insert: in the order of events, and of time */
    int64_t subscription;
    const char *kind;    /**< a name of voice/news.h, or that of a test */
    int64_t call_number; /**< 0: about no call */
    const char *subject; /**< the news' leg or other thing, or NULL */
    int64_t happened_at_ms;
    enum delivery_state state;
    int64_t attempts; /**< all of them */
    int64_t
        attempts_base; /**< those before it was last re-sent: they do not count for the backoff */
    int64_t due_at_ms;
    int64_t give_up_at_ms;
    int64_t created_at_ms;
    int64_t ended_at_ms;
    struct delivery_attempt last;
};

struct delivery_rows {
    struct delivery_row *items;
    size_t count;
    bool more;           /**< there may be further rows: ask again from next_before */
    int64_t next_before; /**< the before_number of the next page; 0 if there is none */
};

struct delivery_filter {
    int64_t subscription;
    const char *state;     /**< text of a delivery_state; NULL: any */
    int64_t since_ms;      /**< created at or after */
    int64_t until_ms;      /**< created before; 0: any */
    int64_t before_number; /**< continue below; 0: from the newest */
    size_t limit;          /**< 1..200 */
};

/** Insert; sets row->number, and row->state: pending, or waiting if one of the same call and subscription is open. */
int store_insert_delivery(struct store_tx *tx,
                          struct delivery_row *row,
                          struct error *err) MUST_USE;

int store_get_delivery(struct store_rx *rx,
                       int64_t number,
                       struct arena *arena,
                       struct delivery_row *out,
                       struct error *err) MUST_USE;

/**
 * A page of a subscription's deliveries, newest first. What has been delivered looks at a bounded number of rows per page,
 * so a page may be short, even empty, and still have `more`.
 * @param err  INVALID if `limit` is not within 1..200
 */
int store_list_deliveries(struct store_rx *rx,
                          const struct delivery_filter *filter,
                          struct arena *arena,
                          struct delivery_rows *out,
                          struct error *err) MUST_USE;

/** Pending ones of a subscription, due or not, by when they are due. (No next_before.) */
int store_list_due_deliveries(struct store_rx *rx,
                              int64_t subscription,
                              size_t limit,
                              struct arena *arena,
                              struct delivery_rows *out,
                              struct error *err) MUST_USE;

/** Open ones that are to be given up by `now_ms`, oldest first. (No next_before.) */
int store_list_overdue_deliveries(struct store_rx *rx,
                                  int64_t subscription,
                                  int64_t now_ms,
                                  size_t limit,
                                  struct arena *arena,
                                  struct delivery_rows *out,
                                  struct error *err) MUST_USE;

/**
 * Write what has become of an open one: state, attempts, times, the last attempt; the attempt before it is kept among the
 * former ones. If it has ended, the next one of its call becomes pending, due at `now_ms`. NOT_FOUND if it is not open.
 */
int store_settle_delivery(struct store_tx *tx,
                          const struct delivery_row *row,
                          int64_t now_ms,
                          struct error *err) MUST_USE;

/**
 * Open one that has ended, due at `now_ms` unless an older one of its call is open: then it waits. CONFLICT if it is open.
 */
int store_reopen_delivery(struct store_tx *tx,
                          int64_t number,
                          int64_t now_ms,
                          int64_t give_up_at_ms,
                          struct error *err) MUST_USE;

/** All that are open have until `give_up_at_ms` again; the pending ones are due at `now_ms`, without their backoff. */
int store_renew_deliveries(struct store_tx *tx,
                           int64_t subscription,
                           int64_t now_ms,
                           int64_t give_up_at_ms,
                           struct error *err) MUST_USE;

struct delivery_attempts {
    struct delivery_attempt *items;
    size_t count;
};

/** All but the last one, oldest first. */
int store_list_former_attempts(struct store_rx *rx,
                               int64_t delivery,
                               struct arena *arena,
                               struct delivery_attempts *out,
                               struct error *err) MUST_USE;

/**
 * Remove what was delivered and created before `delivered_before_ms`, and what died and was created before
 * `dead_before_ms`, at most `limit` of each, with their attempts. Adds to `*removed` how many deliveries went.
 */
int store_prune_deliveries(struct store_tx *tx,
                           int64_t delivered_before_ms,
                           int64_t dead_before_ms,
                           size_t limit,
                           int64_t *removed,
                           struct error *err) MUST_USE;

#endif
