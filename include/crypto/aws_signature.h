/*
 * Signature Version 4 of AWS, in the header `Authorization`, as S3 and everything that is compatible with it asks for.
 *
 * Pure functions of what will be sent: whoever sends must send exactly the path, query and headers that were signed. S3 takes the
 * path encoded once and as it is; other services of AWS want it twice, which is not done here.
 * Source: "AWS Signature Version 4 for API requests" and "Authenticating Requests: Using the Authorization Header" (S3).
 */
#ifndef CRYPTO_AWS_SIGNATURE_H
#define CRYPTO_AWS_SIGNATURE_H

#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/error.h"

/** Who signs. The secret must not be empty. */
struct aws_key {
    const char *id;
    const char *secret;
};

struct aws_pair {
    const char *name;
    const char *value;
};

/** What will be sent, when and where to. All borrowed. */
struct aws_request {
    const char *method;
    const char *path;             /**< from aws_encode_path, beginning with a slash */
    const struct aws_pair *query; /**< not encoded, in any order */
    size_t query_count;
    const struct aws_pair *
        headers; /**< all that are signed, Host and X-Amz-Date among them; in any order, at most 32 */
    size_t header_count;
    const char *payload_hash; /**< SHA-256 of the body in hexadecimal, or AWS_UNSIGNED_PAYLOAD */
    const char *region;
    const char *service; /**< "s3" */
    int64_t now_s;       /**< the same instant as X-Amz-Date */
};

/** Instead of a digest of the body; for https only, because then nothing but TLS protects it. */
#define AWS_UNSIGNED_PAYLOAD "UNSIGNED-PAYLOAD"

enum { AWS_TIME_BYTES = 17, AWS_HEADERS_MAX = 32, AWS_QUERY_MAX = 32 };

/** The signature, and the texts that lead to it, for whoever must find out why another program computes a different one. */
struct aws_signature {
    const char *canonical_request;
    const char *string_to_sign;
    const char *authorization; /**< value of the header */
};

/**
 * Sign a request. The texts live in `arena`.
 *
 * @param err  INVALID if the secret is empty
 */
int aws_sign(const struct aws_key *key,
             const struct aws_request *request,
             struct arena *arena,
             struct aws_signature *out,
             struct error *err) MUST_USE;

/** The time as X-Amz-Date writes it: 20261120T192200Z. Years 0 to 9999. */
void aws_time(int64_t now_s, char out[AWS_TIME_BYTES]);

/** A path as it is sent and signed: everything but letters, digits and `-._~/` becomes %XX. */
const char *aws_encode_path(const char *path, struct arena *arena);

/** The query as it is signed, which is one way to send it: sorted, encoded, each name with `=`. "" if there is none. */
const char *aws_query(const struct aws_pair *pairs, size_t count, struct arena *arena);

#endif
