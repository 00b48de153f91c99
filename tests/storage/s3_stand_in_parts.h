/* What the files of the stand-in call of each other: its memory, and a request that was read. */
#ifndef TESTS_STORAGE_S3_STAND_IN_PARTS_H
#define TESTS_STORAGE_S3_STAND_IN_PARTS_H

#include <pthread.h>

#include "core/arena.h"
#include "s3_stand_in.h"

enum {
    CONNECTIONS_MAX = 64,
    THINGS_MAX = 512,
    PARTS_MAX = 64,
    HEAD_BYTES_MAX = 16 * 1024,
    BODY_BYTES_MAX = 80 * 1024 * 1024,
    PART_BYTES_MIN = 5 * 1024 * 1024,
    NAME_BYTES = 1100,
    RESET_AFTER_BYTES = 100 * 1024,
};

struct bytes {
    unsigned char *data;
    size_t len;
};

struct object {
    char key[NAME_BYTES];
    struct bytes content;
    char etag[48];
};

struct upload {
    char key[NAME_BYTES];
    char id[48];
    int64_t begun_ms;
    struct bytes parts[PARTS_MAX];
    char etags[PARTS_MAX][48];
};

struct stand_in {
    int fd;
    unsigned port;
    pthread_t thread;
    pthread_mutex_t mutex;
    bool stopping;
    struct connection {
        struct stand_in *owner;
        pthread_t thread;
        int fd;
    } connections[CONNECTIONS_MAX];
    unsigned connection_count;
    struct object *objects[THINGS_MAX];
    struct upload *uploads[THINGS_MAX];
    unsigned uploads_begun;
    enum trouble trouble;
    char trouble_at[NAME_BYTES];
    unsigned trouble_left;
    char *log[THINGS_MAX * 8]; /* "METHOD target" of each request that was read whole */
    unsigned logged;
};

struct request {
    struct arena *arena;
    const char *method;
    const char *path;  /* as it came */
    const char *query; /* as it came */
    const char *key;   /* decoded, without the bucket; NULL: the bucket */
    const char *head;  /* the header lines */
    struct bytes body;
};

struct answer {
    int status;
    const char *code; /* of an error */
    const char *headers;
    struct bytes body;
    bool close;
};

/* s3_stand_in_request.c: reading a request, and judging its signature */
const char *request_header(const struct request *request, const char *name);
const char *request_parameter(const struct request *request, const char *name);
char *percent_decoded(struct arena *arena, const char *text, size_t len);

/** The code of what is wrong with it, or NULL. */
const char *judge_signature(const struct request *request);

/* s3_stand_in_objects.c: what is kept, and what a well-signed request does with it */
struct object **find_object(struct stand_in *stand_in, const char *key);
void drop_object(struct object **place);
struct object *
keep_object(struct stand_in *stand_in, const char *key, const void *data, size_t len);
struct upload *begin_upload(struct stand_in *stand_in, const char *key, int64_t begun_ms);
void drop_upload(struct upload **place);
struct answer refuse(int status, const char *code);
struct answer text_answer(const char *text);
struct answer act(struct stand_in *stand_in, const struct request *request);

#endif
