/*
 * A place in an S3-compatible store: Amazon's, or that of anybody who speaks the same. Requests are signed here
 * (crypto/aws_signature.h) and go out over net/.
 *
 * What fits one part is sent at once, what is longer in parts, of which one is in memory at a time. The digest of each body is
 * signed with it, so nothing that was changed on its way is taken, and at the end the object is asked for. Connections are its
 * own, so a slow store does not hold up Twilio.
 */
#ifndef STORAGE_S3_H
#define STORAGE_S3_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/macros.h"
#include "core/metrics.h"
#include "core/wall_clock.h"
#include "storage/storage.h"

enum s3_style {
    S3_STYLE_PATH, /**< https://HOST/BUCKET/KEY: what most others than Amazon expect */
    S3_STYLE_HOST, /**< https://BUCKET.HOST/KEY */
};

enum {
    S3_PART_BYTES_MIN = 5 * 1024 * 1024, /**< S3's own limit, for all parts but the last */
    S3_PART_BYTES_MAX = 64 * 1024 * 1024,
    S3_WINDOW_BYTES = 256 * 1024, /**< read at once */
    S3_KEY_BYTES_MAX = 1024,      /**< S3's own limit, prefix included */
};

struct s3_credentials {
    const char *access_key_id;
    const char *secret_access_key;
    const char *session_token; /**< of temporary ones, or NULL */
};

/** Copied by s3_create, but for what is said to be borrowed. */
struct s3_settings {
    const char *host; /**< without the port, "s3.example.com" */
    unsigned port;
    bool https; /**< else plain http, to loopback alone */
    const char *region;
    const char *bucket;
    const char *prefix; /**< before each key, "" or ending with a slash */
    enum s3_style style;
    struct s3_credentials credentials; /**< the first; see s3_use */
    const char *ca_file;               /**< as net_settings; or NULL */
    const char *user_agent;
    size_t
        part_bytes; /**< S3_PART_BYTES_MIN to S3_PART_BYTES_MAX; what an upload holds in memory */
    unsigned in_flight_max; /**< requests at once */
    unsigned attempts;      /**< at one request, at least 1 */
    int64_t retry_ms;       /**< before the second attempt; it doubles from there */
    int64_t connect_timeout_ms;
    int64_t timeout_ms;             /**< of one attempt */
    const struct wall_clock *clock; /**< borrowed */
};

struct s3;

/**
 * Nothing is asked yet.
 *
 * @param metrics  borrowed until s3_free
 * @param err      INVALID for a CA file that cannot be read, UNAVAILABLE if no thread or descriptor is left
 */
int s3_create(const struct s3_settings *settings,
              struct metrics *metrics,
              struct s3 **out,
              struct error *err) MUST_USE;

/** It as a storage, once. storage_free frees it, so it must not be used afterwards. */
struct storage *s3_storage(struct s3 *s3);

/** Sign with these from the next request on. Copied. Any thread. */
void s3_use(struct s3 *s3, const struct s3_credentials *credentials);

/** Whoever waits for the store is told that it is unavailable, now and later: the program ends. Any thread; takes NULL. */
void s3_stop(struct s3 *s3);

/** If it was not given away as a storage. Takes NULL. The secrets are wiped. */
void s3_free(struct s3 *s3);

#endif
