/*
 * Signatures over whatever a peer may send. The input is read as lines: base, target, media type,
 * host; the rest is the body.
 *
 * What is signed must be recognised, whatever it is; the same with one character changed must not.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/fields.h"
#include "core/limits.h"
#include "core/text.h"
#include "twilio/signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** The next line of the input as text; what is behind a NUL is lost. */
static const char *next_line(const uint8_t **data, size_t *left, struct arena *arena)
{
    const uint8_t *end = *left == 0 ? NULL : memchr(*data, '\n', *left);
    const size_t len = end == NULL ? *left : (size_t)(end - *data);
    const char *line = arena_copy(arena, *data, len);
    const size_t used = end == NULL ? len : len + 1;
    *data += used;
    *left -= used;
    return line;
}

/** The URL that base and target mean, or NULL if they mean none. */
static const char *url_of(const struct signed_request *request, struct arena *arena)
{
    size_t len = strcspn(request->base, "?#");
    while (len > 0 && request->base[len - 1] == '/')
        len--;
    const char *base = arena_copy(arena, request->base, len);
    if (signature_origin(base, arena) == NULL || strchr("/?", request->target[0]) == NULL)
        return NULL;
    return arena_printf(arena, "%s%s", base, request->target);
}

static void
check(const struct signature_keys *keys, const struct signed_request *request, struct arena *arena)
{
    char signature[SIGNATURE_BYTES];
    struct error err = {0};
    struct signature_match match = {0};
    const char *url = url_of(request, arena);
    const bool is_hashed = url != NULL && strstr(url, "bodySHA256") != NULL;
    ASSERT(signature_compute("key", url == NULL ? "" : url, is_hashed ? NULL : request->fields,
                             arena, signature, &err) == 0);
    const int result = signature_check(keys, request, signature, arena, &match, &err);
    if (url == NULL)
        ASSERT(result < 0);
    else if (result == 0)
        ASSERT(match.url != NULL && match.form != NULL);
    else
        ASSERT(text_starts_with(err.message,
                                "the body is ")); /* signed, but it does not cover the body */

    signature[request->body_len % (SIGNATURE_BYTES - 1)] ^= 1;
    ASSERT(signature_check(keys, request, signature, arena, &match, NULL) < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const tokens[] = {"other", "key"};
    auto_arena struct arena *arena = arena_create();
    struct fields fields = {0};
    struct signature_keys *keys = NULL;
    struct signature_diagnosis diagnosis = {0};
    ASSERT(signature_keys_create(tokens, ARRAY_LEN(tokens), &keys, NULL) == 0);
    const char *base = next_line(&data, &size, arena);
    const char *target = next_line(&data, &size, arena);
    const char *media_type = next_line(&data, &size, arena);
    const char *host = next_line(&data, &size, arena);
    if (text_equal(media_type, "application/x-www-form-urlencoded"))
        (void)!fields_decode((const char *)data, size, LIMIT_FORM_PAIRS, arena, &fields, NULL);
    const struct signed_request request = {
        .base = base,
        .target = target,
        .fields = &fields,
        .media_type = media_type,
        .body = (const char *)data,
        .body_len = size,
    };
    const struct signature_hints hints = {
        .host = host, .forwarded_host = host, .forwarded_proto = media_type};
    check(keys, &request, arena);
    ASSERT(!signature_diagnose(keys, &request, "ZkX3cnSu1zNNYSoiAvJOT848yFA=", &hints, arena,
                               &diagnosis));
    signature_keys_free(keys);
    return 0;
}
