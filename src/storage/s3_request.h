/*
 * One request to an S3-compatible store: signed, sent, tried again where that is harmless, and its refusal turned into an error
 * that tells an operator what to do.
 */
#ifndef STORAGE_S3_REQUEST_H
#define STORAGE_S3_REQUEST_H

#include <pthread.h>
#include <stdbool.h>

#include "core/arena.h"
#include "core/error.h"
#include "core/metrics.h"
#include "crypto/aws_signature.h"
#include "net/net.h"
#include "storage/s3.h"

enum { S3_OUTCOMES = 3 };

/** Where requests go. Texts belong to it. Any thread. */
struct s3 {
    struct s3_settings with;
    struct net *net;
    struct arena *arena; /**< all texts */
    const char *origin; /**< "https://host:port", the bucket included if it is a part of the name */
    const char *host;   /**< as the header says it */
    const char *base_path; /**< "" or "/bucket" */
    int64_t started_ms;
    struct metric *outcomes[S3_OUTCOMES];
    struct histogram *seconds;
    struct metrics *own_metrics; /**< if nobody else counts */
    pthread_mutex_t mutex;       /**< guards what follows */
    pthread_cond_t changed;
    bool stopping;
    char *access_key_id;
    char *secret_access_key;
    char *session_token; /**< or NULL */
};

/** What is asked. All borrowed. */
struct s3_ask {
    const char *method;
    const char *key; /**< of the object, without the prefix; NULL: the bucket */
    const struct aws_pair *query;
    size_t query_count;
    const char *content_type; /**< or NULL */
    const char *body;
    size_t body_len;
    const struct aws_pair *headers; /**< further ones, which are signed; at most S3_HEADERS_MAX */
    size_t header_count;
};

enum { S3_HEADERS_MAX = 4 };

/**
 * Ask, and again if the store is busy, away or broken: everything that is asked here may be done twice.
 *
 * @param out  an answer with a status of 2xx; lives in `arena`
 * @param err  NOT_FOUND for a key or upload that is not there, NO_SPACE, else UNAVAILABLE: time or an operator can mend it
 */
int s3_ask(struct s3 *s3,
           const struct s3_ask *ask,
           struct arena *arena,
           struct net_answer *out,
           struct error *err) MUST_USE;

#endif
