/*
 *     Range        = "bytes" "=" range
 *     range        = first "-" [ last ] / "-" suffix-length        (digits, no spaces)
 *
 * Whatever else there is (another unit, a list, rubbish) is passed over, as RFC 9110, 14.2 lets a server do.
 */
#include "http/range.h"

#include <stdbool.h>

#include "core/text.h"

/* Digits at `*at`, or -1 without any. What no file is long enough for is as good as INT64_MAX. */
static int64_t take_number(const char **at)
{
    int64_t number = -1;
    for (; **at >= '0' && **at <= '9'; (*at)++) {
        int digit = **at - '0';
        if (number < 0)
            number = 0;
        number = number > (INT64_MAX - digit) / 10 ? INT64_MAX : number * 10 + digit;
    }
    return number;
}

static bool split(const char *field, int64_t *first, int64_t *last)
{
    static const char unit[] = "bytes=";
    if (!text_starts_with_nocase(field, unit))
        return false;
    const char *at = field + sizeof unit - 1;
    *first = take_number(&at);
    if (*at++ != '-')
        return false;
    *last = take_number(&at);
    return *at == '\0' && (*first >= 0 || *last >= 0);
}

static enum range_wish take_suffix(int64_t suffix, int64_t length, struct byte_range *out)
{
    int64_t bytes = suffix < length ? suffix : length;
    if (bytes == 0)
        return RANGE_UNSATISFIABLE;
    *out = (struct byte_range){.first = length - bytes, .bytes = bytes};
    return RANGE_PART;
}

enum range_wish range_read(const char *field, int64_t length, struct byte_range *out)
{
    int64_t first;
    int64_t last;
    if (field == NULL || !split(field, &first, &last) ||
        (first >= 0 && last >= 0 && last < first)) {
        *out = (struct byte_range){.first = 0, .bytes = length};
        return RANGE_WHOLE;
    }
    if (first < 0)
        return take_suffix(last, length, out);
    if (first >= length)
        return RANGE_UNSATISFIABLE;
    if (last < 0 || last >= length)
        last = length - 1;
    *out = (struct byte_range){.first = first, .bytes = last - first + 1};
    return RANGE_PART;
}

/* If-Range is an ETag, which must be strong, or a date, which must be the very one (RFC 9110, 13.1.5). */
static bool is_of_this(const struct request *request, const char *tag, const char *modified)
{
    const char *condition = request_header(request, "If-Range");
    return condition == NULL || text_equal(condition, tag) || text_equal(condition, modified);
}

enum range_wish request_range(const struct request *request,
                              const char *tag,
                              const char *modified,
                              int64_t length,
                              struct byte_range *out)
{
    const char *field = request_header(request, "Range");
    if (request->method != HTTP_GET || request_header_count(request, "Range") != 1 ||
        !is_of_this(request, tag, modified))
        field = NULL;
    return range_read(field, length, out);
}

void response_content_range(const struct request *request,
                            struct response *response,
                            const struct byte_range *part,
                            int64_t length)
{
    const char *text =
        part == NULL ? arena_printf(request->arena, "bytes */%lld", (long long)length)
                     : arena_printf(request->arena, "bytes %lld-%lld/%lld", (long long)part->first,
                                    (long long)(part->first + part->bytes - 1), (long long)length);
    response_header(response, "Content-Range", text);
}
