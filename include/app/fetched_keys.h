/*
 * The keys of users' tokens from an URL of whoever signs them (a JSON Web Key Set). Fetched at the start and whenever
 * they have become old, in the background; a fetch that fails leaves the old ones in use. A token whose key is not
 * among them has them fetched at once, at most once per refetch time, and its request sleeps meanwhile.
 */
#ifndef APP_FETCHED_KEYS_H
#define APP_FETCHED_KEYS_H

#include "core/metrics.h"
#include "crypto/token_keys.h"
#include "http/request.h"

struct fetched_keys;

/** Times are milliseconds. Texts are copied. */
struct fetched_keys_settings {
    const char *url;
    const char *ca_file; /**< or NULL */
    const char *user_agent;
    int64_t age_ms;     /**< then they are fetched again */
    int64_t refetch_ms; /**< between two fetches, at least */
};

/** Begins the first fetch. `metrics` must outlive it. INVALID, UNAVAILABLE as net_create. */
int fetched_keys_create(const struct fetched_keys_settings *settings,
                        struct metrics *metrics,
                        struct fetched_keys **out,
                        struct error *err) MUST_USE;

/** Nothing is fetched any more, and nobody is woken. Takes NULL. */
void fetched_keys_stop(struct fetched_keys *keys);
/** Stops if that was not done. Takes NULL. */
void fetched_keys_free(struct fetched_keys *keys);

/** The keys of now, with a reference for the caller; NULL if none have come yet. Any thread. */
struct token_keys *fetched_keys_get(struct fetched_keys *keys);

/** Did the last fetch that ended bring keys? */
bool fetched_keys_are_fresh(struct fetched_keys *keys);

/**
 * Put the request to sleep until the fetch that is under way, or is begun now, has ended.
 * @return false, and the request is awake, if it is too early for another fetch
 */
bool fetched_keys_await(struct fetched_keys *keys, struct request *request, handler_fn *reply);

/** Fetch them again if they are old. The ticker's thread. */
void fetched_keys_tick(struct fetched_keys *keys);

#endif
