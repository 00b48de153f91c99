/*
 * Writing. What fits one part is one PUT; what is longer is an upload in parts, of which one is held in memory at a time:
 *
 *     POST key?uploads                      -> UploadId
 *     PUT  key?partNumber=N&uploadId=ID     -> ETag, for each part; all but the last have the same size
 *     POST key?uploadId=ID  list of ETags   -> the object is there, whole or not at all
 *     DELETE key?uploadId=ID                instead of that, if something went wrong
 *
 * The digest of each body is signed, so the store takes no body that was changed on its way. At the end the object is asked for:
 * its length and ETag must be those of what was sent.
 */
#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "core/xmalloc.h"
#include "crypto/base64.h"
#include "crypto/digest.h"
#include "s3_answer.h"
#include "s3_parts.h"

enum {
    PARTS_MAX = 10000, /* S3's own limit */
    ETAG_BYTES = 128,
    NUMBER_BYTES = 12,
    COMPLETION_BYTES_MAX = PARTS_MAX * (ETAG_BYTES + 100),
};

struct s3_writer {
    struct s3 *s3;
    struct arena *arena; /* key, id and ETags */
    const char *key;
    const char *content_type; /* or NULL */
    const char *upload_id;    /* NULL: none was begun */
    struct buf part;
    const char **etags;
    unsigned parts;
    int64_t bytes; /* in the parts that were sent */
    bool done;
};

static const char digits_of_etag[] =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_+/=.";

/* An ETag goes into an XML document later: `"` around it, and nothing in it that would have to be escaped. */
static const char *etag_of(const struct net_answer *answer, struct arena *arena, struct error *err)
{
    const char *given = net_answer_header(answer, "etag");
    const size_t len = given == NULL ? 0 : strlen(given);
    if (len > 2 && len < ETAG_BYTES && given[0] == '"' && given[len - 1] == '"' &&
        strspn(given + 1, digits_of_etag) == len - 2)
        return arena_copy(arena, given + 1, len - 2);
    error_set(err, ERROR_UNAVAILABLE, "the store gave no ETag that can be understood");
    return NULL;
}

/* Stores that compute a SHA-256 of their own may say it; then it must be ours. Nobody is asked for it: some refuse that. */
static int
check_digest(const struct net_answer *answer, const void *body, size_t len, struct error *err)
{
    unsigned char digest[SHA256_BYTES];
    char text[BASE64_BYTES(SHA256_BYTES)];
    const char *given = net_answer_header(answer, "x-amz-checksum-sha256");
    if (given == NULL)
        return 0;
    digest_sha256(len > 0 ? body : "", len, digest);
    base64_encode(text, digest, sizeof digest);
    if (strcmp(given, text) == 0)
        return 0;
    return error_set(err, ERROR_UNAVAILABLE, "the store has other bytes than were sent");
}

/* What was sent in one body is there, and this is its ETag; NULL if it is not. */
static const char *accepted(const struct net_answer *answer,
                            const struct buf *body,
                            struct arena *arena,
                            struct error *err)
{
    return check_digest(answer, body->data, body->len, err) < 0 ? NULL
                                                                : etag_of(answer, arena, err);
}

int s3_begin(void *context, const struct storage_object *object, void **out, struct error *err)
{
    struct s3 *s3 = context;
    struct s3_writer *writer = xcalloc(1, sizeof *writer);
    (void)err;
    *writer = (struct s3_writer){.s3 = s3, .arena = arena_create()};
    writer->key = arena_strdup(writer->arena, object->key);
    writer->content_type = arena_strdup(writer->arena, object->content_type);
    buf_init(&writer->part, s3->with.part_bytes);
    *out = writer;
    return 0;
}

static int begin_upload(struct s3_writer *writer, struct error *err)
{
    char id[S3_UPLOAD_ID_BYTES];
    auto_arena struct arena *arena = arena_create();
    struct net_answer answer;
    const struct aws_pair query[] = {
        {"uploads", ""}
    };
    const struct s3_ask ask = {.method = "POST",
                               .key = writer->key,
                               .content_type = writer->content_type,
                               .query = query,
                               .query_count = ARRAY_LEN(query)};
    if (s3_ask(writer->s3, &ask, arena, &answer, err) < 0)
        return -1;
    if (!s3_value((struct s3_text){answer.body, answer.body_len}, "UploadId", id, sizeof id) ||
        id[0] == '\0')
        return error_set(err, ERROR_UNAVAILABLE, "the store began an upload without saying which");
    writer->upload_id = arena_strdup(writer->arena, id);
    writer->etags = arena_alloc(writer->arena, PARTS_MAX * sizeof *writer->etags);
    return 0;
}

static int send_part(struct s3_writer *writer, struct error *err)
{
    char number[NUMBER_BYTES];
    if (writer->parts == PARTS_MAX)
        return error_set(err, ERROR_TOO_LARGE, "the store takes at most %d parts of %zu bytes",
                         PARTS_MAX, writer->s3->with.part_bytes);
    if (writer->upload_id == NULL && begin_upload(writer, err) < 0)
        return -1;
    auto_arena struct arena *arena = arena_create();
    struct net_answer answer;
    (void)snprintf(number, sizeof number, "%u", writer->parts + 1);
    const struct aws_pair query[] = {
        {"partNumber", number           },
        {"uploadId",   writer->upload_id}
    };
    const struct s3_ask ask = {.method = "PUT",
                               .key = writer->key,
                               .query = query,
                               .query_count = ARRAY_LEN(query),
                               .body = writer->part.data,
                               .body_len = writer->part.len};
    if (s3_ask(writer->s3, &ask, arena, &answer, err) < 0)
        return -1;
    const char *etag = accepted(&answer, &writer->part, writer->arena, err);
    if (etag == NULL)
        return -1;
    writer->etags[writer->parts++] = etag;
    writer->bytes += (int64_t)writer->part.len;
    buf_clear(&writer->part);
    return 0;
}

/* A full part is sent when more follows: the last one is sent otherwise. */
int s3_write(void *state, const void *data, size_t bytes, struct error *err)
{
    struct s3_writer *writer = state;
    const char *at = data;
    while (bytes > 0) {
        if (writer->part.len == writer->s3->with.part_bytes && send_part(writer, err) < 0)
            return -1;
        size_t piece = writer->s3->with.part_bytes - writer->part.len;
        if (piece > bytes)
            piece = bytes;
        ASSERT(buf_append(&writer->part, at, piece) == 0);
        at += piece;
        bytes -= piece;
    }
    return 0;
}

/* ---- the end ------------------------------------------------------------------------------------------------- */

static int
put_whole(struct s3_writer *writer, struct arena *arena, const char **etag, struct error *err)
{
    struct net_answer answer;
    const struct s3_ask ask = {.method = "PUT",
                               .key = writer->key,
                               .content_type = writer->content_type,
                               .body = writer->part.data,
                               .body_len = writer->part.len};
    if (s3_ask(writer->s3, &ask, arena, &answer, err) < 0)
        return -1;
    writer->bytes = (int64_t)writer->part.len;
    *etag = accepted(&answer, &writer->part, arena, err);
    return *etag == NULL ? -1 : 0;
}

static void write_completion(const struct s3_writer *writer, struct buf *out)
{
    (void)buf_puts(out,
                   "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    for (unsigned i = 0; i < writer->parts; i++)
        (void)buf_printf(out, "<Part><PartNumber>%u</PartNumber><ETag>&quot;%s&quot;</ETag></Part>",
                         i + 1, writer->etags[i]);
    (void)buf_puts(out, "</CompleteMultipartUpload>");
    ASSERT(!out->overflowed);
}

/*
 * Two traps. A status of 200 may stand before an error, because the store began to answer before it knew. And if the first
 * answer was lost, the upload is gone when it is asked for again: then the object tells whether it was completed.
 */
static int
complete(struct s3_writer *writer, struct arena *arena, const char **etag, struct error *err)
{
    auto_buf struct buf body;
    struct net_answer answer;
    struct error problem = {0};
    struct s3_text result;
    char tag[ETAG_BYTES] = "";
    buf_init(&body, COMPLETION_BYTES_MAX);
    write_completion(writer, &body);
    const struct aws_pair query[] = {
        {"uploadId", writer->upload_id}
    };
    const struct s3_ask ask = {.method = "POST",
                               .key = writer->key,
                               .query = query,
                               .query_count = ARRAY_LEN(query),
                               .body = body.data,
                               .body_len = body.len};
    *etag = NULL; /* any */
    if (s3_ask(writer->s3, &ask, arena, &answer, &problem) < 0)
        return problem.kind == ERROR_NOT_FOUND
                   ? 0
                   : error_set(err, problem.kind, "%s", problem.message);
    if (!s3_element((struct s3_text){answer.body, answer.body_len}, "CompleteMultipartUploadResult",
                    &result))
        return error_set(err, ERROR_UNAVAILABLE, "the store could not put the parts together");
    if (s3_value(result, "ETag", tag, sizeof tag) && tag[0] == '"' && strlen(tag) > 2)
        *etag = arena_copy(arena, tag + 1, strlen(tag) - 2);
    return 0;
}

static int
verify(struct s3_writer *writer, struct arena *arena, const char *etag, struct error *err)
{
    struct net_answer answer;
    int64_t bytes = -1;
    struct error problem = {0};
    const struct s3_ask ask = {.method = "HEAD", .key = writer->key};
    if (s3_ask(writer->s3, &ask, arena, &answer, &problem) < 0)
        return error_set(err, ERROR_UNAVAILABLE, "what was just stored cannot be asked for: %s",
                         problem.message);
    const char *found = etag_of(&answer, arena, err);
    if (found == NULL)
        return -1;
    if (!text_to_int64(net_answer_header(&answer, "content-length"), 0, INT64_MAX, &bytes) ||
        bytes != writer->bytes)
        return error_set(err, ERROR_UNAVAILABLE,
                         "%lld bytes were sent, the store says that it has %lld",
                         (long long)writer->bytes, (long long)bytes);
    if (etag != NULL && strcmp(found, etag) != 0)
        return error_set(err, ERROR_UNAVAILABLE, "the store has another object than what was sent");
    return 0;
}

static int finish(struct s3_writer *writer, struct error *err)
{
    auto_arena struct arena *arena = arena_create();
    const char *etag = NULL;
    if (writer->upload_id == NULL) {
        if (put_whole(writer, arena, &etag, err) < 0)
            return -1;
    } else if (send_part(writer, err) < 0 || complete(writer, arena, &etag, err) < 0) {
        return -1;
    }
    writer->done = true;
    return verify(writer, arena, etag, err);
}

int s3_abort_upload(struct s3 *s3, const char *key, const char *id, struct error *err)
{
    auto_arena struct arena *arena = arena_create();
    struct net_answer answer;
    const struct aws_pair query[] = {
        {"uploadId", id}
    };
    const struct s3_ask ask = {
        .method = "DELETE", .key = key, .query = query, .query_count = ARRAY_LEN(query)};
    return s3_ask(s3, &ask, arena, &answer, err);
}

void s3_abort(void *state)
{
    struct s3_writer *writer = state;
    if (!writer->done && writer->upload_id != NULL) {
        struct error ignored = {0}; /* the sweep of the next start finds it */
        (void)s3_abort_upload(writer->s3, writer->key, writer->upload_id, &ignored);
    }
    buf_release(&writer->part);
    arena_free(writer->arena);
    free(writer);
}

int s3_commit(void *state, struct error *err)
{
    const int done = finish(state, err);
    s3_abort(state);
    return done;
}
