/*
 *   target  = "/" [ segment *( "/" segment ) ] [ "?" query ]        RFC 9112, origin-form
 *   segment = *( unreserved | sub-delims | ":" | "@" | "%" 2HEXDIG )  RFC 3986
 */
#include "target.h"

#include <string.h>

#include "core/fields.h"
#include "core/text.h"

static int take_segment(
    struct target *target, const char *text, size_t len, struct arena *arena, struct error *err)
{
    if (target->segment_count == LIMIT_PATH_SEGMENTS)
        return error_set(err, ERROR_NOT_FOUND, "no path has more than %d segments",
                         LIMIT_PATH_SEGMENTS);
    const char *segment = text_percent_decode(text, len, arena, err);
    if (segment == NULL)
        return -1;
    /* What walks up a tree is never meant well, and a proxy in front may read it differently. */
    if (text_equal(segment, ".") || text_equal(segment, ".."))
        return error_set(err, ERROR_MALFORMED, "a path with a dot segment");
    target->segments[target->segment_count++] = segment;
    return 0;
}

static const char *join(const struct target *target, size_t raw_len, struct arena *arena)
{
    char *path = arena_alloc(arena, raw_len + 2); /* decoding never makes longer */
    char *end = path;
    *end = '/';
    for (size_t i = 0; i < target->segment_count; i++) {
        size_t len = strlen(target->segments[i]);
        *end++ = '/';
        memcpy(end, target->segments[i], len);
        end += len;
    }
    return path;
}

int target_parse(const char *raw, struct arena *arena, struct target *out, struct error *err)
{
    ASSERT(raw[0] == '/');
    size_t path_len = strcspn(raw, "?");
    const char *end = raw + path_len;
    struct target target = {.query = *end == '?' ? end + 1 : end};

    for (const char *at = raw; at < end && path_len > 1;) {
        const char *start = at + 1;
        const char *slash = memchr(start, '/', (size_t)(end - start));
        at = slash == NULL ? end : slash;
        if (take_segment(&target, start, (size_t)(at - start), arena, err) < 0)
            return -1;
    }
    target.path = join(&target, path_len, arena);
    target.query_len = strlen(target.query);
    *out = target;
    return 0;
}
