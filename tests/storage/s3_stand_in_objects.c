/* Objects and uploads in memory, and what a well-signed request does with them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/wall_clock.h"
#include "core/xmalloc.h"
#include "crypto/digest.h"
#include "s3_stand_in_parts.h"

/* ---- objects and uploads ------------------------------------------------------------------------------------- */

struct object **find_object(struct stand_in *stand_in, const char *key)
{
    struct object **free_place = NULL;
    for (size_t i = 0; i < THINGS_MAX; i++) {
        if (stand_in->objects[i] == NULL)
            free_place = free_place == NULL ? &stand_in->objects[i] : free_place;
        else if (strcmp(stand_in->objects[i]->key, key) == 0)
            return &stand_in->objects[i];
    }
    ASSERT(free_place != NULL);
    return free_place;
}

void drop_object(struct object **place)
{
    if (*place == NULL)
        return;
    free((*place)->content.data);
    free(*place);
    *place = NULL;
}

static void make_etag(const void *data, size_t len, char out[48])
{
    char digest[SHA256_HEX_BYTES];
    digest_sha256_hex(data, len, digest);
    (void)snprintf(out, 48, "%.32s", digest);
}

struct object *keep_object(struct stand_in *stand_in, const char *key, const void *data, size_t len)
{
    struct object **place = find_object(stand_in, key);
    drop_object(place);
    *place = xcalloc(1, sizeof **place);
    (void)snprintf((*place)->key, NAME_BYTES, "%s", key);
    (*place)->content = (struct bytes){xcalloc(1, len + 1), len};
    if (len > 0)
        memcpy((*place)->content.data, data, len);
    make_etag((*place)->content.data, len, (*place)->etag);
    return *place;
}

static struct upload **find_upload(struct stand_in *stand_in, const char *key, const char *id)
{
    for (size_t i = 0; i < THINGS_MAX; i++) {
        struct upload *upload = stand_in->uploads[i];
        if (upload != NULL && strcmp(upload->id, id) == 0 && strcmp(upload->key, key) == 0)
            return &stand_in->uploads[i];
    }
    return NULL;
}

void drop_upload(struct upload **place)
{
    if (*place == NULL)
        return;
    for (size_t i = 0; i < PARTS_MAX; i++)
        free((*place)->parts[i].data);
    free(*place);
    *place = NULL;
}

struct upload *begin_upload(struct stand_in *stand_in, const char *key, int64_t begun_ms)
{
    for (size_t i = 0; i < THINGS_MAX; i++) {
        if (stand_in->uploads[i] != NULL)
            continue;
        struct upload *upload = stand_in->uploads[i] = xcalloc(1, sizeof *upload);
        (void)snprintf(upload->key, NAME_BYTES, "%s", key);
        (void)snprintf(upload->id, sizeof upload->id, "up+%u/==", ++stand_in->uploads_begun);
        upload->begun_ms = begun_ms;
        return upload;
    }
    ASSERT(!"too many uploads");
    return NULL;
}

/* ---- what is asked ------------------------------------------------------------------------------------------- */

struct answer refuse(int status, const char *code)
{
    return (struct answer){.status = status, .code = code};
}

struct answer text_answer(const char *text)
{
    return (struct answer){
        .status = 200, .body = {(unsigned char *)(uintptr_t)text, strlen(text)}
    };
}

static struct answer put(struct stand_in *stand_in, const struct request *request)
{
    const char *id = request_parameter(request, "uploadId");
    if (id == NULL) {
        const struct object *object =
            keep_object(stand_in, request->key, request->body.data, request->body.len);
        return (struct answer){.status = 200,
                               .headers =
                                   arena_printf(request->arena, "ETag: \"%s\"\r\n", object->etag)};
    }
    struct upload **upload = find_upload(stand_in, request->key, id);
    const char *number_text = request_parameter(request, "partNumber");
    const int number = number_text == NULL ? 0 : (int)strtol(number_text, NULL, 10);
    if (upload == NULL)
        return refuse(404, "NoSuchUpload");
    if (number < 1 || number > PARTS_MAX)
        return refuse(400, "InvalidArgument");
    struct bytes *part = &(*upload)->parts[number - 1];
    free(part->data);
    *part = (struct bytes){xcalloc(1, request->body.len + 1), request->body.len};
    if (request->body.len > 0)
        memcpy(part->data, request->body.data, request->body.len);
    make_etag(part->data, part->len, (*upload)->etags[number - 1]);
    return (struct answer){
        .status = 200,
        .headers = arena_printf(request->arena, "ETag: \"%s\"\r\n", (*upload)->etags[number - 1])};
}

/* The list must name all parts, in order, with their ETags; and each but the last must be long enough. */
static struct answer
complete(struct stand_in *stand_in, const struct request *request, struct upload **place)
{
    struct upload *upload = *place;
    auto_buf struct buf whole;
    const char *list = arena_copy(request->arena, request->body.data, request->body.len);
    int count = 0;
    buf_init(&whole, BODY_BYTES_MAX);
    for (const char *at = list; (at = strstr(at, "<Part>")) != NULL; at++, count++) {
        const char *want = arena_printf(
            request->arena, "<Part><PartNumber>%d</PartNumber><ETag>&quot;%s&quot;</ETag></Part>",
            count + 1, upload->etags[count]);
        if (upload->parts[count].data == NULL || strncmp(at, want, strlen(want)) != 0)
            return refuse(400, "InvalidPart");
        if (strstr(at + 1, "<Part>") != NULL && upload->parts[count].len < PART_BYTES_MIN)
            return refuse(400, "EntityTooSmall");
        ASSERT(buf_append(&whole, upload->parts[count].data, upload->parts[count].len) == 0);
    }
    if (count == 0)
        return refuse(400, "MalformedXML");
    struct object *object = keep_object(stand_in, upload->key, whole.data, whole.len);
    (void)snprintf(object->etag + 32, sizeof object->etag - 32, "-%d", count);
    drop_upload(place);
    return text_answer(arena_printf(
        request->arena,
        "<?xml version=\"1.0\"?>\n<CompleteMultipartUploadResult xmlns=\"x\"><Key>k</Key>"
        "<ETag>&quot;%s&quot;</ETag></CompleteMultipartUploadResult>",
        object->etag));
}

static struct answer post(struct stand_in *stand_in, const struct request *request)
{
    const char *id = request_parameter(request, "uploadId");
    if (id == NULL && request_parameter(request, "uploads") != NULL) {
        const struct upload *upload =
            begin_upload(stand_in, request->key, wall_clock_now_ms(wall_clock_real()));
        return text_answer(
            arena_printf(request->arena,
                         "<InitiateMultipartUploadResult xmlns=\"x\"><UploadId>%s</UploadId>"
                         "</InitiateMultipartUploadResult>",
                         upload->id));
    }
    struct upload **upload = id == NULL ? NULL : find_upload(stand_in, request->key, id);
    return upload == NULL ? refuse(404, "NoSuchUpload") : complete(stand_in, request, upload);
}

static struct answer get(struct stand_in *stand_in, const struct request *request)
{
    const struct object *object = *find_object(stand_in, request->key);
    long long from = 0;
    long long to = 0;
    if (object == NULL)
        return refuse(404, "NoSuchKey");
    const char *match = request_header(request, "if-match");
    const char *range = request_header(request, "range");
    const char *tag = arena_printf(request->arena, "\"%s\"", object->etag);
    struct answer answer = {.status = 200,
                            .headers = arena_printf(request->arena, "ETag: %s\r\n", tag),
                            .body = object->content};
    if (match != NULL && strcmp(match, tag) != 0)
        return refuse(412, "PreconditionFailed");
    if (range == NULL)
        return answer;
    if (sscanf(range, "bytes=%lld-%lld", &from, &to) != 2 || from > to ||
        (size_t)from >= object->content.len)
        return refuse(416, "InvalidRange");
    if ((size_t)to >= object->content.len)
        to = (long long)object->content.len - 1;
    answer.status = 206;
    answer.body = (struct bytes){object->content.data + from, (size_t)(to - from + 1)};
    answer.headers = arena_printf(request->arena, "%sContent-Range: bytes %lld-%lld/%zu\r\n",
                                  answer.headers, from, to, object->content.len);
    return answer;
}

static struct answer delete (struct stand_in *stand_in, const struct request *request)
{
    const char *id = request_parameter(request, "uploadId");
    if (id == NULL) {
        drop_object(find_object(stand_in, request->key));
        return (struct answer){.status = 204};
    }
    struct upload **upload = find_upload(stand_in, request->key, id);
    if (upload == NULL)
        return refuse(404, "NoSuchUpload");
    drop_upload(upload);
    return (struct answer){.status = 204};
}

/* In pages of two, whatever is asked for: who lists must go on. */
static struct answer list_uploads(struct stand_in *stand_in, const struct request *request)
{
    enum { PAGE = 2 };
    const char *prefix = request_parameter(request, "prefix");
    const char *after = request_parameter(request, "upload-id-marker");
    const char *out = "";
    const struct upload *last = NULL;
    bool seen = after == NULL;
    int count = 0;
    for (size_t i = 0; i < THINGS_MAX; i++) {
        char time[TIME_TEXT_BYTES];
        const struct upload *upload = stand_in->uploads[i];
        if (upload == NULL || strncmp(upload->key, prefix == NULL ? "" : prefix,
                                      strlen(prefix == NULL ? "" : prefix)) != 0)
            continue;
        if (!seen) {
            seen = strtol(upload->id + 3, NULL, 10) > strtol(after + 3, NULL, 10);
            if (!seen)
                continue;
        }
        if (count == PAGE) {
            return text_answer(arena_printf(
                request->arena,
                "<ListMultipartUploadsResult xmlns=\"x\"><IsTruncated>true</IsTruncated>"
                "<NextKeyMarker>%s</NextKeyMarker><NextUploadIdMarker>%s</NextUploadIdMarker>%s"
                "</ListMultipartUploadsResult>",
                last->key, last->id, out));
        }
        time_to_rfc3339(upload->begun_ms, time);
        out = arena_printf(
            request->arena,
            "%s<Upload><Key>%s</Key><UploadId>%s</UploadId><Initiated>%s</Initiated></Upload>", out,
            upload->key, upload->id, time);
        last = upload;
        count++;
    }
    return text_answer(
        arena_printf(request->arena,
                     "<ListMultipartUploadsResult xmlns=\"x\"><IsTruncated>false</IsTruncated>%s"
                     "</ListMultipartUploadsResult>",
                     out));
}

struct answer act(struct stand_in *stand_in, const struct request *request)
{
    const char *wrong = judge_signature(request);
    if (wrong != NULL)
        return refuse(403, wrong);
    if (request->key == NULL)
        return strcmp(request->method, "GET") == 0 && request_parameter(request, "uploads") != NULL
                   ? list_uploads(stand_in, request)
                   : refuse(405, "MethodNotAllowed");
    if (strcmp(request->method, "PUT") == 0)
        return put(stand_in, request);
    if (strcmp(request->method, "POST") == 0)
        return post(stand_in, request);
    if (strcmp(request->method, "DELETE") == 0)
        return delete (stand_in, request);
    return get(stand_in, request);
}
