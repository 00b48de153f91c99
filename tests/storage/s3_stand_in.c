#include "s3_stand_in.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/hex.h"
#include "core/lock.h"
#include "core/wall_clock.h"
#include "core/xmalloc.h"
#include "crypto/digest.h"
#include "crypto/hmac.h"

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

/* ---- reading what came --------------------------------------------------------------------------------------- */

static const char *header(const struct request *request, const char *name)
{
    const char *at = request->head;
    const size_t len = strlen(name);
    while (at != NULL && *at != '\0') {
        if (strncasecmp(at, name, len) == 0 && at[len] == ':') {
            const char *value = at + len + 1 + strspn(at + len + 1, " ");
            return arena_copy(request->arena, value, strcspn(value, "\r\n"));
        }
        at = strstr(at, "\r\n");
        at = at == NULL ? NULL : at + 2;
    }
    return NULL;
}

static char *decoded(struct arena *arena, const char *text, size_t len)
{
    char *out = arena_copy(arena, text, len);
    char *at = out;
    for (size_t i = 0; i < len; i++, at++) {
        unsigned char byte = 0;
        *at = text[i];
        if (text[i] == '%' && i + 2 < len + 0 + 1 &&
            hex_decode(arena_copy(arena, text + i + 1, 2), &byte, 1)) {
            *at = (char)byte;
            i += 2;
        }
    }
    *at = '\0';
    return out;
}

/* Value of a parameter, or NULL; "" if it has none. */
static const char *parameter(const struct request *request, const char *name)
{
    const size_t len = strlen(name);
    for (const char *at = request->query; *at != '\0';) {
        const size_t pair = strcspn(at, "&");
        if (strncmp(at, name, len) == 0 && (at[len] == '=' || len == pair))
            return len == pair ? "" : decoded(request->arena, at + len + 1, pair - len - 1);
        at += pair + (at[pair] == '&');
    }
    return NULL;
}

/* ---- the signature, computed anew ---------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *sorted_query(const struct request *request)
{
    const char *parts[32];
    size_t count = 0;
    char *text = arena_strdup(request->arena, request->query);
    char *rest = NULL;
    for (char *part = strtok_r(text, "&", &rest); part != NULL; part = strtok_r(NULL, "&", &rest))
        parts[count++] =
            strchr(part, '=') != NULL ? part : arena_printf(request->arena, "%s=", part);
    qsort(parts, count, sizeof *parts, by_text);
    const char *out = "";
    for (size_t i = 0; i < count; i++)
        out = arena_printf(request->arena, "%s%s%s", out, i == 0 ? "" : "&", parts[i]);
    return out;
}

/* "name:value\n" for each of the names in `a;b;c`; NULL if one was not sent. */
static const char *signed_lines(const struct request *request, const char *names)
{
    const char *out = "";
    char *text = arena_strdup(request->arena, names);
    char *rest = NULL;
    for (char *name = strtok_r(text, ";", &rest); name != NULL; name = strtok_r(NULL, ";", &rest)) {
        const char *value = header(request, name);
        if (value == NULL)
            return NULL;
        out = arena_printf(request->arena, "%s%s:%s\n", out, name, value);
    }
    return out;
}

static void
mac(const void *key, size_t key_len, const char *text, unsigned char out[HMAC_SHA256_BYTES])
{
    ASSERT(hmac_once(HMAC_HASH_SHA256, key, key_len, text, strlen(text), out, NULL) == 0);
}

static const char *
between(struct arena *arena, const char *text, const char *start, const char *stops)
{
    const char *at = text == NULL ? NULL : strstr(text, start);
    return at == NULL ? NULL
                      : arena_copy(arena, at + strlen(start), strcspn(at + strlen(start), stops));
}

/* The code of the error, or NULL if all is well. */
static const char *judge_signature(const struct request *request)
{
    struct arena *arena = request->arena;
    char digest[SHA256_HEX_BYTES];
    char expected[SHA256_HEX_BYTES];
    unsigned char code[HMAC_SHA256_BYTES];
    const char *given = header(request, "authorization");
    const char *date = header(request, "x-amz-date");
    const char *hash = header(request, "x-amz-content-sha256");
    const char *token = header(request, "x-amz-security-token");
    const char *credential = between(arena, given, "AWS4-HMAC-SHA256 Credential=", ",");
    const char *names = between(arena, given, "SignedHeaders=", ",");
    const char *signature = between(arena, given, "Signature=", ",");
    if (credential == NULL || names == NULL || signature == NULL || date == NULL || hash == NULL ||
        strlen(date) != 16)
        return "AccessDenied";
    const char *day = arena_copy(arena, date, 8);
    const char *scope = arena_printf(arena, "%s/" STAND_IN_REGION "/s3/aws4_request", day);
    if (strncmp(credential, STAND_IN_KEY_ID "/", sizeof STAND_IN_KEY_ID) != 0)
        return "InvalidAccessKeyId";
    if (strcmp(credential + sizeof STAND_IN_KEY_ID, scope) != 0)
        return "AuthorizationHeaderMalformed";
    if (token != NULL &&
        (strcmp(token, STAND_IN_TOKEN) != 0 || strstr(names, "x-amz-security-token") == NULL))
        return "InvalidToken";
    const char *lines = signed_lines(request, names);
    if (lines == NULL || strstr(lines, "host:") == NULL || strstr(lines, "x-amz-date:") == NULL)
        return "AccessDenied";
    const char *canonical = arena_printf(arena, "%s\n%s\n%s\n%s\n%s\n%s", request->method,
                                         request->path, sorted_query(request), lines, names, hash);
    digest_sha256_hex(canonical, strlen(canonical), digest);
    mac("AWS4" STAND_IN_SECRET, strlen("AWS4" STAND_IN_SECRET), day, code);
    mac(code, sizeof code, STAND_IN_REGION, code);
    mac(code, sizeof code, "s3", code);
    mac(code, sizeof code, "aws4_request", code);
    mac(code, sizeof code, arena_printf(arena, "AWS4-HMAC-SHA256\n%s\n%s\n%s", date, scope, digest),
        code);
    hex_encode(expected, code, sizeof code);
    if (strcmp(signature, expected) != 0)
        return "SignatureDoesNotMatch";
    digest_sha256_hex(request->body.len > 0 ? request->body.data : (const void *)"",
                      request->body.len, digest);
    return strcmp(hash, digest) == 0 ? NULL : "XAmzContentSHA256Mismatch";
}

/* ---- objects and uploads ------------------------------------------------------------------------------------- */

static struct object **find_object(struct stand_in *stand_in, const char *key)
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

static void drop_object(struct object **place)
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

static struct object *
store(struct stand_in *stand_in, const char *key, const void *data, size_t len)
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

static void drop_upload(struct upload **place)
{
    if (*place == NULL)
        return;
    for (size_t i = 0; i < PARTS_MAX; i++)
        free((*place)->parts[i].data);
    free(*place);
    *place = NULL;
}

static struct upload *begin_upload(struct stand_in *stand_in, const char *key, int64_t begun_ms)
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

static struct answer refuse(int status, const char *code)
{
    return (struct answer){.status = status, .code = code};
}

static struct answer text_answer(const char *text)
{
    return (struct answer){
        .status = 200, .body = {(unsigned char *)(uintptr_t)text, strlen(text)}
    };
}

static struct answer put(struct stand_in *stand_in, const struct request *request)
{
    const char *id = parameter(request, "uploadId");
    if (id == NULL) {
        const struct object *object =
            store(stand_in, request->key, request->body.data, request->body.len);
        return (struct answer){.status = 200,
                               .headers =
                                   arena_printf(request->arena, "ETag: \"%s\"\r\n", object->etag)};
    }
    struct upload **upload = find_upload(stand_in, request->key, id);
    const char *number_text = parameter(request, "partNumber");
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
    struct object *object = store(stand_in, upload->key, whole.data, whole.len);
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
    const char *id = parameter(request, "uploadId");
    if (id == NULL && parameter(request, "uploads") != NULL) {
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
    const char *match = header(request, "if-match");
    const char *range = header(request, "range");
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
    const char *id = parameter(request, "uploadId");
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
    const char *prefix = parameter(request, "prefix");
    const char *after = parameter(request, "upload-id-marker");
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

static struct answer act(struct stand_in *stand_in, const struct request *request)
{
    const char *wrong = judge_signature(request);
    if (wrong != NULL)
        return refuse(403, wrong);
    if (request->key == NULL)
        return strcmp(request->method, "GET") == 0 && parameter(request, "uploads") != NULL
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

/* ---- trouble ------------------------------------------------------------------------------------------------- */

static bool is_troubled(struct stand_in *stand_in, const char *line)
{
    if (stand_in->trouble_left == 0 ||
        strncmp(line, stand_in->trouble_at, strlen(stand_in->trouble_at)) != 0)
        return false;
    stand_in->trouble_left--;
    return true;
}

static struct answer skewed(const struct request *request)
{
    char time[TIME_TEXT_BYTES];
    time_to_rfc3339(wall_clock_now_ms(wall_clock_real()) - 3600 * 1000, time);
    struct answer answer = refuse(403, NULL);
    const char *text = arena_printf(
        request->arena,
        "<Error><Code>RequestTimeTooSkewed</Code><Message>The difference is too large.</Message>"
        "<ServerTime>%s</ServerTime></Error>",
        time);
    answer.body = (struct bytes){(unsigned char *)(uintptr_t)text, strlen(text)};
    return answer;
}

static struct answer make_trouble(struct stand_in *stand_in, const struct request *request)
{
    struct answer answer;
    switch (stand_in->trouble) {
    case TROUBLE_SLOW_DOWN:
        return refuse(503, "SlowDown");
    case TROUBLE_INTERNAL:
        return refuse(500, "InternalError");
    case TROUBLE_LOST_ANSWER:
    case TROUBLE_RESET:
        answer = act(stand_in, request);
        answer.close = true;
        return answer;
    case TROUBLE_ERROR_IN_200:
        return text_answer("<Error><Code>InternalError</Code></Error>");
    case TROUBLE_SKEWED:
        return skewed(request);
    case TROUBLE_DENIED:
        return refuse(403, "AccessDenied");
    case TROUBLE_NO_BUCKET:
        return refuse(404, "NoSuchBucket");
    case TROUBLE_WRONG_LENGTH:
        answer = act(stand_in, request);
        answer.body.len--;
        return answer;
    case TROUBLE_SHORT_RANGE:
        answer = act(stand_in, request);
        answer.body.len /= 2;
        return answer;
    case TROUBLE_OTHER_DIGEST:
        answer = act(stand_in, request);
        answer.headers =
            arena_printf(request->arena, "%sx-amz-checksum-sha256: %s\r\n", answer.headers,
                         "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        return answer;
    case TROUBLE_HTML:
        answer = text_answer("<html><Code>Bad Gateway</Code></html>");
        answer.status = 502;
        return answer;
    case TROUBLE_COUNT:
        break;
    }
    return refuse(500, "InternalError");
}

/* ---- the wire ------------------------------------------------------------------------------------------------ */

static bool send_all(int fd, const void *data, size_t len)
{
    const char *at = data;
    while (len > 0) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        at += sent;
        len -= (size_t)sent;
    }
    return true;
}

static bool send_answer(int fd, const struct request *request, const struct answer *answer)
{
    struct bytes body = answer->body;
    if (answer->code != NULL) {
        const char *text = arena_printf(
            request->arena,
            "<?xml version=\"1.0\"?>\n<Error><Code>%s</Code><Message>no</Message></Error>",
            answer->code);
        body = (struct bytes){(unsigned char *)(uintptr_t)text, strlen(text)};
    }
    const char *head = arena_printf(request->arena, "HTTP/1.1 %d X\r\n%s", answer->status,
                                    answer->headers == NULL ? "" : answer->headers);
    if (answer->status != 204)
        head = arena_printf(request->arena, "%sContent-Length: %zu\r\n", head, body.len);
    head = arena_printf(request->arena, "%s\r\n", head);
    const bool has_body = strcmp(request->method, "HEAD") != 0 && answer->status != 204;
    return send_all(fd, head, strlen(head)) && (!has_body || send_all(fd, body.data, body.len));
}

static void reset(int fd)
{
    struct linger now = {.l_onoff = 1};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static bool will_reset(struct stand_in *stand_in, const char *line)
{
    auto_unlock pthread_mutex_t *held = lock(&stand_in->mutex);
    return stand_in->trouble == TROUBLE_RESET && is_troubled(stand_in, line);
}

/* Header lines into `head`, what came behind them into `body`. False at the end of the connection. */
static bool read_head(int fd, char *head, struct buf *body)
{
    size_t len = 0;
    for (;;) {
        ssize_t got = recv(fd, head + len, HEAD_BYTES_MAX - len, 0);
        if (got <= 0)
            return false;
        len += (size_t)got;
        head[len] = '\0';
        char *end = memmem(head, len, "\r\n\r\n", 4);
        if (end == NULL)
            continue;
        ASSERT(buf_append(body, end + 4, len - (size_t)(end + 4 - head)) == 0);
        end[2] = '\0';
        return true;
    }
}

static bool read_body(struct connection *connection,
                      const struct request *request,
                      const char *line,
                      struct buf *body)
{
    const char *length = header(request, "content-length");
    const size_t wanted = length == NULL ? 0 : strtoul(length, NULL, 10);
    char piece[16 * 1024];
    const bool resets = will_reset(connection->owner, line);
    while (body->len < wanted || resets) {
        if (resets && (body->len >= RESET_AFTER_BYTES || body->len >= wanted)) {
            reset(connection->fd);
            return false;
        }
        ssize_t got = recv(connection->fd, piece, sizeof piece, 0);
        if (got <= 0)
            return false;
        ASSERT(buf_append(body, piece, (size_t)got) == 0);
    }
    return true;
}

static void parse_target(struct request *request, char *line)
{
    static const char bucket[] = "/" STAND_IN_BUCKET;
    char *rest = NULL;
    request->method = strtok_r(line, " ", &rest);
    char *target = strtok_r(NULL, " ", &rest);
    char *query = strchr(target, '?');
    request->query = query == NULL ? "" : query + 1;
    if (query != NULL)
        *query = '\0';
    request->path = target;
    const char *host = header(request, "host");
    const bool in_host =
        host != NULL && strncmp(host, STAND_IN_BUCKET ".", sizeof STAND_IN_BUCKET) == 0;
    const size_t len = in_host ? 0 : sizeof bucket - 1;
    if (strncmp(target, bucket, len) == 0 && target[len] == '/' && target[len + 1] != '\0')
        request->key = decoded(request->arena, target + len + 1, strlen(target + len + 1));
}

static struct answer
answer_to(struct stand_in *stand_in, const struct request *request, const char *line)
{
    ASSERT(stand_in->logged < THINGS_MAX * 8);
    stand_in->log[stand_in->logged++] = xmemdup(line, strlen(line) + 1);
    return is_troubled(stand_in, line) ? make_trouble(stand_in, request) : act(stand_in, request);
}

static bool serve_one(struct connection *connection)
{
    struct stand_in *stand_in = connection->owner;
    auto_arena struct arena *arena = arena_create();
    auto_buf struct buf body;
    char *head = arena_alloc(arena, HEAD_BYTES_MAX + 1);
    buf_init(&body, BODY_BYTES_MAX);
    if (!read_head(connection->fd, head, &body))
        return false;
    struct request request = {.arena = arena, .head = strstr(head, "\r\n") + 2};
    char *line = arena_copy(arena, head, strcspn(head, "\r"));
    *strrchr(line, ' ') = '\0'; /* HTTP/1.1 */
    if (!read_body(connection, &request, line, &body))
        return false;
    parse_target(&request, arena_strdup(arena, line));
    request.body = (struct bytes){(unsigned char *)body.data, body.len};
    auto_unlock pthread_mutex_t *held = lock(&stand_in->mutex);
    const struct answer answer = answer_to(stand_in, &request, line);
    return !answer.close && send_answer(connection->fd, &request, &answer);
}

static void *serve(void *context)
{
    struct connection *connection = context;
    while (serve_one(connection))
        continue;
    auto_unlock pthread_mutex_t *held = lock(&connection->owner->mutex);
    (void)close(connection->fd);
    connection->fd = -1;
    return NULL;
}

static void *accept_all(void *context)
{
    struct stand_in *stand_in = context;
    for (;;) {
        int fd = accept(stand_in->fd, NULL, NULL);
        auto_unlock pthread_mutex_t *held = lock(&stand_in->mutex);
        if (fd < 0 || stand_in->stopping) {
            if (fd >= 0)
                (void)close(fd);
            return NULL;
        }
        ASSERT(stand_in->connection_count < CONNECTIONS_MAX);
        struct connection *connection = &stand_in->connections[stand_in->connection_count++];
        int now = 1;
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &now, sizeof now);
        connection->owner = stand_in;
        connection->fd = fd;
        ASSERT(pthread_create(&connection->thread, NULL, serve, connection) == 0);
    }
}

/* ---- for tests ----------------------------------------------------------------------------------------------- */

struct stand_in *stand_in_start(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    struct stand_in *stand_in = xcalloc(1, sizeof *stand_in);
    stand_in->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT(stand_in->fd >= 0 && bind(stand_in->fd, (struct sockaddr *)&address, len) == 0);
    ASSERT(getsockname(stand_in->fd, (struct sockaddr *)&address, &len) == 0);
    stand_in->port = ntohs(address.sin_port);
    ASSERT(listen(stand_in->fd, 64) == 0);
    (void)pthread_mutex_init(&stand_in->mutex, NULL);
    ASSERT(pthread_create(&stand_in->thread, NULL, accept_all, stand_in) == 0);
    return stand_in;
}

void stand_in_stop(struct stand_in *stand_in)
{
    {
        auto_unlock pthread_mutex_t *held = lock(&stand_in->mutex);
        stand_in->stopping = true;
        for (unsigned i = 0; i < stand_in->connection_count; i++)
            if (stand_in->connections[i].fd >= 0)
                (void)shutdown(stand_in->connections[i].fd, SHUT_RDWR);
    }
    (void)shutdown(stand_in->fd, SHUT_RDWR);
    (void)pthread_join(stand_in->thread, NULL);
    for (unsigned i = 0; i < stand_in->connection_count; i++)
        (void)pthread_join(stand_in->connections[i].thread, NULL);
    (void)close(stand_in->fd);
    for (size_t i = 0; i < THINGS_MAX; i++) {
        drop_object(&stand_in->objects[i]);
        drop_upload(&stand_in->uploads[i]);
    }
    for (unsigned i = 0; i < stand_in->logged; i++)
        free(stand_in->log[i]);
    (void)pthread_mutex_destroy(&stand_in->mutex);
    free(stand_in);
}

unsigned stand_in_port(const struct stand_in *stand_in)
{
    return stand_in->port;
}

void stand_in_trouble(struct stand_in *stand_in,
                      enum trouble trouble,
                      const char *method_and_target,
                      unsigned count)
{
    auto_unlock pthread_mutex_t *held = lock(&stand_in->mutex);
    stand_in->trouble = trouble;
    (void)snprintf(stand_in->trouble_at, sizeof stand_in->trouble_at, "%s", method_and_target);
    stand_in->trouble_left = count;
}

bool stand_in_trouble_is_over(struct stand_in *stand_in)
{
    auto_unlock pthread_mutex_t *held = lock(&stand_in->mutex);
    return stand_in->trouble_left == 0;
}

unsigned stand_in_requests(struct stand_in *stand_in, const char *method_and_target)
{
    unsigned count = 0;
    auto_unlock pthread_mutex_t *held = lock(&stand_in->mutex);
    for (unsigned i = 0; i < stand_in->logged; i++)
        count += strncmp(stand_in->log[i], method_and_target, strlen(method_and_target)) == 0;
    return count;
}

unsigned stand_in_objects(struct stand_in *stand_in)
{
    unsigned count = 0;
    auto_unlock pthread_mutex_t *held = lock(&stand_in->mutex);
    for (size_t i = 0; i < THINGS_MAX; i++)
        count += stand_in->objects[i] != NULL;
    return count;
}

unsigned stand_in_uploads(struct stand_in *stand_in)
{
    unsigned count = 0;
    auto_unlock pthread_mutex_t *held = lock(&stand_in->mutex);
    for (size_t i = 0; i < THINGS_MAX; i++)
        count += stand_in->uploads[i] != NULL;
    return count;
}

unsigned char *stand_in_object(struct stand_in *stand_in, const char *key, size_t *bytes)
{
    auto_unlock pthread_mutex_t *held = lock(&stand_in->mutex);
    const struct object *object = *find_object(stand_in, key);
    if (object == NULL)
        return NULL;
    *bytes = object->content.len;
    return (unsigned char *)xmemdup(object->content.data, object->content.len + 1);
}

void stand_in_put(struct stand_in *stand_in, const char *key, const void *data, size_t bytes)
{
    auto_unlock pthread_mutex_t *held = lock(&stand_in->mutex);
    (void)store(stand_in, key, data, bytes);
}

void stand_in_leave_upload(struct stand_in *stand_in, const char *key, int64_t begun_ms)
{
    auto_unlock pthread_mutex_t *held = lock(&stand_in->mutex);
    (void)begin_upload(stand_in, key, begun_ms);
}
