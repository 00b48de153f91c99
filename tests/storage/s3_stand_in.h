/*
 * An S3-compatible store on loopback, in the test's process: one bucket, objects in memory, uploads in parts. It is strict: each
 * request must be signed, by a computation of its own over what came over the wire; the digest of each body must be the signed
 * one; parts must have S3's least size and order. And it behaves badly when asked to.
 */
#ifndef TESTS_STORAGE_S3_STAND_IN_H
#define TESTS_STORAGE_S3_STAND_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STAND_IN_BUCKET "recordings"
#define STAND_IN_REGION "here-1"
#define STAND_IN_KEY_ID "key-of-the-tests"
#define STAND_IN_SECRET "secret-of-the-tests"
#define STAND_IN_TOKEN "session-of-the-tests"

struct stand_in;

struct stand_in *stand_in_start(void);
void stand_in_stop(struct stand_in *stand_in);
unsigned stand_in_port(const struct stand_in *stand_in);

/* The next `count` requests whose method and target begin so are answered like that. */
enum trouble {
    TROUBLE_SLOW_DOWN,    /* 503, nothing done */
    TROUBLE_INTERNAL,     /* 500, nothing done */
    TROUBLE_RESET,        /* the connection is reset before the request was read to its end */
    TROUBLE_LOST_ANSWER,  /* done, but the connection is closed instead of an answer */
    TROUBLE_ERROR_IN_200, /* 200 and an error in the body */
    TROUBLE_SKEWED,       /* 403 RequestTimeTooSkewed, the store's time an hour before ours */
    TROUBLE_DENIED,       /* 403 AccessDenied */
    TROUBLE_NO_BUCKET,    /* 404 NoSuchBucket */
    TROUBLE_WRONG_LENGTH, /* HEAD: one byte less than there is */
    TROUBLE_SHORT_RANGE,  /* GET: half of what was asked for */
    TROUBLE_OTHER_DIGEST, /* 200, with the SHA-256 of something else */
    TROUBLE_HTML,         /* 502 of some proxy, in HTML */
    TROUBLE_COUNT
};
void stand_in_trouble(struct stand_in *stand_in,
                      enum trouble trouble,
                      const char *method_and_target,
                      unsigned count);

/* Wait until the trouble is over, so that a test knows that it has been reached. True if it is. */
bool stand_in_trouble_is_over(struct stand_in *stand_in);

unsigned stand_in_requests(struct stand_in *stand_in, const char *method_and_target);
unsigned stand_in_objects(struct stand_in *stand_in);
unsigned stand_in_uploads(struct stand_in *stand_in);

/* What is stored, as a copy to be freed, or NULL. Keys with the prefix. */
unsigned char *stand_in_object(struct stand_in *stand_in, const char *key, size_t *bytes);
void stand_in_put(struct stand_in *stand_in, const char *key, const void *data, size_t bytes);

/* An upload that somebody began at that time and left. */
void stand_in_leave_upload(struct stand_in *stand_in, const char *key, int64_t begun_ms);

#endif
