/*
 * Reading by range. A window is kept, because whoever serves a recording asks for it piece by piece; whoever reads on gets a
 * wider one. The ETag of the first look is a condition of each further one: an object that was replaced is never mixed with the
 * former one.
 */
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "core/xmalloc.h"
#include "s3_parts.h"

enum { RANGE_TEXT_BYTES = 64, HEADER_BYTES_MAX = 256 };

struct s3_reader {
    struct s3 *s3;
    struct arena *texts;
    const char *key;
    const char *etag; /* with its quotes, or NULL if the store gave none */
    int64_t bytes;
    struct arena *arena; /* the window */
    const char *window;
    int64_t window_at;
    int64_t window_len;
};

int s3_open(void *context, const char *key, void **out, int64_t *size, struct error *err)
{
    struct s3 *s3 = context;
    auto_arena struct arena *arena = arena_create();
    struct net_answer answer;
    int64_t length = 0;
    const struct s3_ask ask = {.method = "HEAD", .key = key};
    if (s3_ask(s3, &ask, arena, &answer, err) < 0)
        return -1;
    if (!text_to_int64(net_answer_header(&answer, "content-length"), 0, INT64_MAX, &length))
        return error_set(err, ERROR_UNAVAILABLE, "the store does not say how long the object is");
    const char *etag = net_answer_header(&answer, "etag");
    struct s3_reader *reader = xcalloc(1, sizeof *reader);
    *reader = (struct s3_reader){
        .s3 = s3, .texts = arena_create(), .arena = arena_create(), .bytes = length};
    reader->key = arena_strdup(reader->texts, key);
    if (etag != NULL && strlen(etag) < HEADER_BYTES_MAX)
        reader->etag = arena_strdup(reader->texts, etag);
    *out = reader;
    *size = length;
    return 0;
}

/*
 * From `offset` on: what is wanted, and more, because a request costs more than its bytes: a short recording comes as a whole, and
 * whoever reads on gets it in fewer pieces.
 */
static int64_t window_bytes(const struct s3_reader *reader, int64_t offset, size_t wanted)
{
    const bool reads_on =
        reader->window_len > 0 && offset == reader->window_at + reader->window_len;
    const int64_t least = reads_on ? S3_WINDOW_BYTES : S3_WINDOW_BYTES / 2;
    int64_t bytes = (int64_t)wanted > least ? (int64_t)wanted : least;
    if (bytes > (int64_t)S3_WINDOW_BYTES)
        bytes = S3_WINDOW_BYTES;
    const int64_t left = reader->bytes - offset;
    return bytes < left ? bytes : left;
}

static int load(struct s3_reader *reader, int64_t offset, size_t wanted, struct error *err)
{
    char range[RANGE_TEXT_BYTES];
    struct net_answer answer;
    const int64_t bytes = window_bytes(reader, offset, wanted);
    (void)snprintf(range, sizeof range, "bytes=%lld-%lld", (long long)offset,
                   (long long)(offset + bytes - 1));
    const struct aws_pair headers[] = {
        {"Range",    range       },
        {"If-Match", reader->etag}
    };
    const struct s3_ask ask = {.method = "GET",
                               .key = reader->key,
                               .headers = headers,
                               .header_count = reader->etag == NULL ? 1 : 2};
    reader->window_len = 0;
    arena_reset(reader->arena);
    if (s3_ask(reader->s3, &ask, reader->arena, &answer, err) < 0)
        return -1;
    const bool whole = answer.status == 200 && offset == 0 && bytes == reader->bytes;
    if ((answer.status != 206 && !whole) || (int64_t)answer.body_len != bytes)
        return error_set(err, ERROR_UNAVAILABLE, "the store gave %zu bytes with status %d for %s",
                         answer.body_len, answer.status, range);
    reader->window = answer.body;
    reader->window_at = offset;
    reader->window_len = bytes;
    return 0;
}

int s3_read(void *state, int64_t offset, void *buffer, size_t len, struct error *err)
{
    struct s3_reader *reader = state;
    char *at = buffer;
    while (len > 0) {
        const bool there =
            offset >= reader->window_at && offset < reader->window_at + reader->window_len;
        if (!there && load(reader, offset, len, err) < 0)
            return -1;
        const int64_t here = reader->window_at + reader->window_len - offset;
        const size_t piece = here < (int64_t)len ? (size_t)here : len;
        memcpy(at, reader->window + (offset - reader->window_at), piece);
        at += piece;
        offset += (int64_t)piece;
        len -= piece;
    }
    return 0;
}

void s3_close(void *state)
{
    struct s3_reader *reader = state;
    arena_free(reader->texts);
    arena_free(reader->arena);
    free(reader);
}

int s3_remove(void *context, const char *key, struct error *err)
{
    auto_arena struct arena *arena = arena_create();
    struct net_answer answer;
    struct error problem = {0};
    const struct s3_ask ask = {.method = "DELETE", .key = key};
    if (s3_ask(context, &ask, arena, &answer, &problem) == 0 || problem.kind == ERROR_NOT_FOUND)
        return 0;
    return error_set(err, problem.kind, "%s", problem.message);
}
