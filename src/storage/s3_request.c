#include "s3_request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/lock.h"
#include "core/random.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "crypto/compare.h"
#include "crypto/digest.h"
#include "s3_answer.h"

enum {
    CODE_BYTES = 64,
    WAIT_MAX_MS =
        20 * 1000, /* longer waits are the job's business, which gives its worker back meanwhile */
    HEADERS_OF_OURS = 4,
};

enum outcome { DONE, REFUSED, FAILED };

/* ---- refusals ------------------------------------------------------------------------------------------------ */

/*
 * Codes of S3's "Error responses" and what an operator does about them. Almost everything that a store refuses is a matter of
 * settings, rights or space at its end: the recording is not to blame and must not be given up, so the kind is UNAVAILABLE.
 */
static const struct refusal {
    const char *code;
    enum error_kind kind;
    const char *advice;
} refusals[] = {
    {"NoSuchKey",                    ERROR_NOT_FOUND,   "there is no such object"                            },
    {"NoSuchUpload",                 ERROR_NOT_FOUND,   "the upload is gone: somebody else ended it"         },
    {"InvalidRange",                 ERROR_INTERNAL,    "the object is shorter than that"                    },
    {"PreconditionFailed",           ERROR_UNAVAILABLE, "the object was replaced meanwhile"                  },
    {"NoSuchBucket",                 ERROR_UNAVAILABLE,
     "there is no such bucket: create it, or mend SWITCHHOOK_S3_BUCKET"                                      },
    {"InvalidBucketName",            ERROR_UNAVAILABLE,
     "this is no name of a bucket: mend SWITCHHOOK_S3_BUCKET"                                                },
    {"AccessDenied",                 ERROR_UNAVAILABLE,
     "the key may not do this: see the list of rights in docs/recordings.md"                                 },
    {"AllAccessDisabled",            ERROR_UNAVAILABLE, "access to the bucket is switched off"               },
    {"AccountProblem",               ERROR_UNAVAILABLE, "the store's account has a problem: ask its provider"},
    {"InvalidAccessKeyId",           ERROR_UNAVAILABLE,
     "the store does not know the key: mend SWITCHHOOK_S3_ACCESS_KEY_ID"                                     },
    {"SignatureDoesNotMatch",        ERROR_UNAVAILABLE,
     "the secret does not belong to the key (SWITCHHOOK_S3_SECRET_ACCESS_KEY), or a proxy in "
     "between changes requests"                                                                              },
    {"ExpiredToken",                 ERROR_UNAVAILABLE,
     "the session token has expired: give a new one (SWITCHHOOK_S3_SESSION_TOKEN)"                           },
    {"InvalidToken",                 ERROR_UNAVAILABLE,
     "the session token is not valid: mend SWITCHHOOK_S3_SESSION_TOKEN"                                      },
    {"AuthorizationHeaderMalformed", ERROR_UNAVAILABLE,
     "the region is wrong: mend SWITCHHOOK_S3_REGION"                                                        },
    {"PermanentRedirect",            ERROR_UNAVAILABLE,
     "the bucket is elsewhere: mend SWITCHHOOK_S3_ENDPOINT and SWITCHHOOK_S3_REGION"                         },
    {"TemporaryRedirect",            ERROR_UNAVAILABLE,
     "the bucket is moving; wait, or mend SWITCHHOOK_S3_ENDPOINT"                                            },
    {"RequestTimeTooSkewed",         ERROR_UNAVAILABLE,
     "this machine's clock and the store's differ too much: set it (timedatectl set-ntp true)"               },
    {"EntityTooLarge",               ERROR_UNAVAILABLE, "the store takes no part of this size"               },
    {"QuotaExceeded",                ERROR_NO_SPACE,    "the store is full"                                  },
    {"XMinioStorageFull",            ERROR_NO_SPACE,    "the store is full"                                  },
    {"SlowDown",                     ERROR_UNAVAILABLE, "the store asks for fewer requests"                  },
    {"ServiceUnavailable",           ERROR_UNAVAILABLE, "the store is busy"                                  },
    {"InternalError",                ERROR_UNAVAILABLE, "the store has an error of its own"                  },
    {"RequestTimeout",               ERROR_UNAVAILABLE, "the store waited too long for the body"             },
};

static struct s3_text body_of(const struct net_answer *answer)
{
    return (struct s3_text){.data = answer->body, .len = answer->body_len};
}

/* The code as the store wrote it, or "" (a HEAD has no body). */
static void read_code(const struct net_answer *answer, char out[CODE_BYTES])
{
    struct s3_text error;
    out[0] = '\0';
    if (s3_element(body_of(answer), "Error", &error))
        (void)s3_value(error, "Code", out, CODE_BYTES);
}

static const struct refusal *find_refusal(const char *code)
{
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
        if (strcmp(refusals[i].code, code) == 0)
            return &refusals[i];
    return NULL;
}

/* By how much the clocks differ, if the store says what it takes the time for. */
static void describe_skew(const struct net_answer *answer,
                          const struct wall_clock *clock,
                          char *out,
                          size_t bytes)
{
    char server_time[TIME_TEXT_BYTES];
    int64_t theirs_ms = 0;
    out[0] = '\0';
    if (!s3_value(body_of(answer), "ServerTime", server_time, sizeof server_time) ||
        !time_from_rfc3339(server_time, &theirs_ms))
        return;
    const int64_t ahead_s = (wall_clock_now_ms(clock) - theirs_ms) / 1000;
    (void)snprintf(out, bytes, " (ours is %lld s %s)",
                   (long long)(ahead_s < 0 ? -ahead_s : ahead_s), ahead_s < 0 ? "behind" : "ahead");
}

static int unnamed_refusal(const struct net_answer *answer, const char *code, struct error *err)
{
    if (answer->status == 404)
        return error_set(err, ERROR_NOT_FOUND, "the store has no such object");
    if (answer->status == 507)
        return error_set(err, ERROR_NO_SPACE, "the store is full");
    return error_set(err, ERROR_UNAVAILABLE, "the store answered %d%s%s", answer->status,
                     code[0] == '\0' ? "" : " ", code);
}

static int
refused(const struct s3 *s3, const struct net_answer *answer, const char *code, struct error *err)
{
    char skew[64];
    const struct refusal *known = find_refusal(code);
    if (known == NULL)
        return unnamed_refusal(answer, code, err);
    describe_skew(answer, s3->with.clock, skew, sizeof skew);
    return error_set(err, known->kind, "the store says %s: %s%s", code, known->advice, skew);
}

/* ---- waiting ------------------------------------------------------------------------------------------------- */

static bool is_worth_repeating(const struct net_answer *answer, const char *code)
{
    if (answer->result != NET_ANSWERED)
        return true;
    return answer->status == 429 || answer->status >= 500 || strcmp(code, "RequestTimeout") == 0;
}

static int64_t wait_ms(const struct s3 *s3, unsigned attempt, const struct net_answer *answer)
{
    int64_t most_ms = s3->with.retry_ms << (attempt < 16 ? attempt : 16);
    if (most_ms > WAIT_MAX_MS)
        most_ms = WAIT_MAX_MS;
    const int64_t wait = most_ms / 2 + (int64_t)random_below((uint64_t)most_ms / 2 + 1);
    return answer->retry_after_ms > wait ? answer->retry_after_ms : wait;
}

/* False if there is no time for that, because the program ends. */
static bool wait_for(struct s3 *s3, int64_t ms)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    auto_unlock pthread_mutex_t *held = lock(&s3->mutex);
    while (!s3->stopping)
        if (pthread_cond_timedwait(&s3->changed, &s3->mutex, &until) == ETIMEDOUT)
            return true;
    return false;
}

/* ---- asking -------------------------------------------------------------------------------------------------- */

static const char *path_of(const struct s3 *s3, const struct s3_ask *ask, struct arena *arena)
{
    if (ask->key == NULL)
        return s3->base_path[0] == '\0' ? "/" : s3->base_path;
    return aws_encode_path(arena_printf(arena, "%s/%s%s", s3->base_path, s3->with.prefix, ask->key),
                           arena);
}

struct signing_as {
    struct aws_key key;
    const char *session_token;
};

static struct signing_as credentials_of(struct s3 *s3, struct arena *arena)
{
    auto_unlock pthread_mutex_t *held = lock(&s3->mutex);
    return (struct signing_as){
        .key = {.id = arena_strdup(arena, s3->access_key_id),
                .secret = arena_strdup(arena, s3->secret_access_key)},
        .session_token = arena_strdup(arena, s3->session_token),
    };
}

/* The headers that are signed; `out` has room for HEADERS_OF_OURS and S3_HEADERS_MAX. The first is Host, which curl writes. */
static size_t headers_of(const struct s3 *s3,
                         const struct s3_ask *ask,
                         const char *session_token,
                         const char *time,
                         const char *digest,
                         struct aws_pair *out)
{
    size_t count = 0;
    out[count++] = (struct aws_pair){"Host", s3->host};
    out[count++] = (struct aws_pair){"X-Amz-Date", time};
    out[count++] = (struct aws_pair){"X-Amz-Content-Sha256", digest};
    if (session_token != NULL)
        out[count++] = (struct aws_pair){"X-Amz-Security-Token", session_token};
    ASSERT(ask->header_count <= S3_HEADERS_MAX);
    for (size_t i = 0; i < ask->header_count; i++)
        out[count++] = ask->headers[i];
    return count;
}

/* A request as it is sent. */
struct signed_ask {
    const char *path;
    struct net_header
        headers[HEADERS_OF_OURS + S3_HEADERS_MAX]; /* all but Host, which curl writes */
    size_t header_count;
};

static void put_headers(const struct aws_pair *pairs,
                        size_t count,
                        const char *authorization,
                        struct signed_ask *out)
{
    for (size_t i = 1; i < count; i++)
        out->headers[out->header_count++] = (struct net_header){pairs[i].name, pairs[i].value};
    out->headers[out->header_count++] = (struct net_header){"Authorization", authorization};
}

static int sign(struct s3 *s3,
                const struct s3_ask *ask,
                const char *digest,
                struct arena *arena,
                struct signed_ask *out,
                struct error *err)
{
    char *time = arena_alloc(arena, AWS_TIME_BYTES);
    struct aws_pair pairs[HEADERS_OF_OURS + S3_HEADERS_MAX];
    struct aws_signature signature;
    const struct signing_as as = credentials_of(s3, arena);
    const int64_t now_s = wall_clock_now_ms(s3->with.clock) / 1000;
    if (as.key.id == NULL || as.key.secret == NULL)
        return error_set(err, ERROR_UNAVAILABLE, "there is no key for the store");
    aws_time(now_s, time);
    *out = (struct signed_ask){.path = path_of(s3, ask, arena)};
    const size_t count = headers_of(s3, ask, as.session_token, time, digest, pairs);
    const struct aws_request request = {
        .method = ask->method,
        .path = out->path,
        .query = ask->query,
        .query_count = ask->query_count,
        .headers = pairs,
        .header_count = count,
        .payload_hash = digest,
        .region = s3->with.region,
        .service = "s3",
        .now_s = now_s,
    };
    const int made = aws_sign(&as.key, &request, arena, &signature, err);
    secret_wipe((char *)(uintptr_t)as.key.secret, strlen(as.key.secret));
    if (made == 0)
        put_headers(pairs, count, signature.authorization, out);
    return made;
}

static int send_signed(struct s3 *s3,
                       const struct s3_ask *ask,
                       const char *digest,
                       struct arena *arena,
                       struct net_answer *out,
                       struct error *err)
{
    struct signed_ask ready;
    if (sign(s3, ask, digest, arena, &ready, err) < 0)
        return -1;
    const char *query = aws_query(ask->query, ask->query_count, arena);
    const struct net_request sent = {
        .method = ask->method,
        .url = arena_printf(arena, "%s%s%s%s", s3->origin, ready.path, query[0] == '\0' ? "" : "?",
                            query),
        .content_type = ask->content_type,
        .body = ask->body,
        .body_len = ask->body_len,
        .body_lent = true,
        .headers = ready.headers,
        .header_count = ready.header_count,
        .timeout_ms = s3->with.timeout_ms,
    };
    return net_fetch(s3->net, &sent, arena, out, err);
}

/* One attempt. 1: it may be tried again. */
static int attempt(struct s3 *s3,
                   const struct s3_ask *ask,
                   const char *digest,
                   struct arena *arena,
                   struct net_answer *out,
                   struct error *err)
{
    char code[CODE_BYTES];
    if (send_signed(s3, ask, digest, arena, out, err) < 0)
        return -1;
    if (out->result != NET_ANSWERED) {
        metric_add(s3->outcomes[FAILED], 1);
        (void)error_set(err, ERROR_UNAVAILABLE, "the store cannot be reached: %s", out->problem);
        return 1;
    }
    if (out->status >= 200 && out->status < 300) {
        metric_add(s3->outcomes[DONE], 1);
        return 0;
    }
    read_code(out, code);
    (void)refused(s3, out, code, err);
    const bool again = is_worth_repeating(out, code);
    metric_add(s3->outcomes[again ? FAILED : REFUSED], 1);
    return again ? 1 : -1;
}

int s3_ask(struct s3 *s3,
           const struct s3_ask *ask,
           struct arena *arena,
           struct net_answer *out,
           struct error *err)
{
    char digest[SHA256_HEX_BYTES];
    digest_sha256_hex(ask->body_len > 0 ? ask->body : "", ask->body_len, digest);
    for (unsigned i = 1;; i++) {
        struct error problem = {0};
        const int64_t started_us = monotonic_us();
        const int done = attempt(s3, ask, digest, arena, out, &problem);
        histogram_observe(s3->seconds, (double)(monotonic_us() - started_us) / 1e6);
        if (done == 0)
            return 0;
        const int64_t wait = done > 0 ? wait_ms(s3, i - 1, out) : 0;
        if (done < 0 || i >= s3->with.attempts || wait > WAIT_MAX_MS || !wait_for(s3, wait))
            return error_set(err, problem.kind, "%s", problem.message);
    }
}
