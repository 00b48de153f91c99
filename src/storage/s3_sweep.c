/*
 * Uploads below our prefix that were begun before this process and never ended: whoever began them was killed, and the parts are
 * paid for. The store's clock may go behind ours, and then an upload of our own is taken for one: it fails, and is tried again.
 */
#include <stdio.h>
#include <string.h>

#include "core/wall_clock.h"
#include "s3_answer.h"
#include "s3_parts.h"

enum {
    LEFTOVERS_PAGE = 100,
    LEFTOVERS_MAX = 1000, /* in one go; the next start finds the rest */
    KEY_BYTES = S3_KEY_BYTES_MAX + 1,
    NUMBER_BYTES = 12,
};

struct page {
    char key_marker[KEY_BYTES];
    char id_marker[S3_UPLOAD_ID_BYTES];
    bool more;
};

static int list_uploads(
    struct s3 *s3, struct page *page, struct arena *arena, struct s3_text *out, struct error *err)
{
    char most[NUMBER_BYTES];
    struct net_answer answer;
    (void)snprintf(most, sizeof most, "%d", LEFTOVERS_PAGE);
    const struct aws_pair query[] = {
        {"uploads",          ""              },
        {"prefix",           s3->with.prefix },
        {"max-uploads",      most            },
        {"key-marker",       page->key_marker},
        {"upload-id-marker", page->id_marker }
    };
    const struct s3_ask ask = {.method = "GET",
                               .query = query,
                               .query_count = page->more ? ARRAY_LEN(query) : ARRAY_LEN(query) - 2};
    char truncated[8];
    if (s3_ask(s3, &ask, arena, &answer, err) < 0)
        return -1;
    if (!s3_element((struct s3_text){answer.body, answer.body_len}, "ListMultipartUploadsResult",
                    out))
        return error_set(err, ERROR_UNAVAILABLE, "the store gave no list of uploads");
    page->more = s3_value(*out, "IsTruncated", truncated, sizeof truncated) &&
                 strcmp(truncated, "true") == 0 &&
                 s3_value(*out, "NextKeyMarker", page->key_marker, sizeof page->key_marker) &&
                 s3_value(*out, "NextUploadIdMarker", page->id_marker, sizeof page->id_marker);
    return 0;
}

/* 1 if it was one of ours and is gone now. */
static int abort_if_left(struct s3 *s3, struct s3_text upload, int64_t before_ms, struct error *err)
{
    char key[KEY_BYTES];
    char id[S3_UPLOAD_ID_BYTES];
    char initiated[TIME_TEXT_BYTES];
    int64_t begun_ms = 0;
    const size_t prefix_len = strlen(s3->with.prefix);
    if (!s3_value(upload, "Key", key, sizeof key) || !s3_value(upload, "UploadId", id, sizeof id) ||
        !s3_value(upload, "Initiated", initiated, sizeof initiated) ||
        !time_from_rfc3339(initiated, &begun_ms))
        return 0;
    if (begun_ms >= before_ms || strncmp(key, s3->with.prefix, prefix_len) != 0)
        return 0;
    struct error problem = {0};
    if (s3_abort_upload(s3, key + prefix_len, id, &problem) < 0 && problem.kind != ERROR_NOT_FOUND)
        return error_set(err, problem.kind, "%s", problem.message);
    return 1;
}

int s3_sweep(void *context, int64_t *removed, struct error *err)
{
    struct s3 *s3 = context;
    struct page page = {.more = false};
    do {
        auto_arena struct arena *arena = arena_create();
        struct s3_text list;
        struct s3_text upload;
        if (list_uploads(s3, &page, arena, &list, err) < 0)
            return -1;
        while (s3_next_element(&list, "Upload", &upload)) {
            const int ended = abort_if_left(s3, upload, s3->started_ms, err);
            if (ended < 0)
                return -1;
            *removed += ended;
        }
    } while (page.more && *removed < LEFTOVERS_MAX);
    return 0;
}
