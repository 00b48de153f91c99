/*
 * Forms, queries and path segments as a peer may send them. What is decoded is UTF-8 without NUL,
 * and encoded again it means the same.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/fields.h"
#include "core/limits.h"
#include "core/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t len)
{
    ASSERT(strlen(text) == len);
    ASSERT(text_is_utf8(text, len));
}

static void check_same(const struct fields *fields, const struct fields *again)
{
    ASSERT(fields->count == again->count);
    for (size_t i = 0; i < fields->count; i++) {
        const struct field *a = &fields->items[i];
        const struct field *b = &again->items[i];
        check_text(a->name, a->name_len);
        check_text(a->value, a->value_len);
        ASSERT(strcmp(a->name, b->name) == 0 && strcmp(a->value, b->value) == 0);
        ASSERT(fields_get(fields, a->name) != NULL && fields_count(fields, a->name) > 0);
    }
}

static void check_form(const char *text, size_t len, struct arena *arena)
{
    struct fields fields = {0};
    struct fields again = {0};
    struct error err = {0};
    if (fields_decode(text, len, LIMIT_FORM_PAIRS, arena, &fields, &err) < 0) {
        ASSERT(err.kind == ERROR_MALFORMED || err.kind == ERROR_TOO_LARGE);
        ASSERT(fields.count == 0);
        return;
    }
    ASSERT(fields.count <= LIMIT_FORM_PAIRS);
    auto_buf struct buf encoded;
    buf_init(&encoded, 3 * len + fields.count);
    ASSERT(fields_encode(&encoded, &fields) == 0);
    ASSERT(fields_decode(encoded.len == 0 ? "" : encoded.data, encoded.len, LIMIT_FORM_PAIRS, arena,
                         &again, &err) == 0);
    check_same(&fields, &again);
}

static void check_segment(const char *text, size_t len, struct arena *arena)
{
    struct error err = {0};
    const char *decoded = text_percent_decode(text, len, arena, &err);
    if (decoded == NULL) {
        ASSERT(err.kind == ERROR_MALFORMED);
        return;
    }
    check_text(decoded, strlen(decoded));
    auto_buf struct buf encoded;
    buf_init(&encoded, 3 * len);
    ASSERT(fields_escape(&encoded, decoded, strlen(decoded)) == 0);
    const char *again =
        text_percent_decode(encoded.len == 0 ? "" : encoded.data, encoded.len, arena, &err);
    ASSERT(again != NULL && strcmp(again, decoded) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_arena struct arena *arena = arena_create();
    const char *text = size == 0 ? "" : (const char *)data;
    check_form(text, size, arena);
    check_segment(text, size, arena);
    return 0;
}
