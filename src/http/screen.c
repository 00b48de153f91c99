#include "screen.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "core/limits.h"

enum {
    CHAR_TOKEN = 1,   /* RFC 9110, 5.6.2: what method and header names are made of */
    CHAR_CONTROL = 2, /* never in a target */
    CHAR_BAD = 4,     /* controls but TAB: never in a value */
};

/* clang-format off */
__extension__ static const unsigned char chars[256] = {
    ['0' ... '9'] = CHAR_TOKEN, ['A' ... 'Z'] = CHAR_TOKEN, ['a' ... 'z'] = CHAR_TOKEN,
    ['!'] = CHAR_TOKEN, ['#' ... '\''] = CHAR_TOKEN, ['*'] = CHAR_TOKEN, ['+'] = CHAR_TOKEN,
    ['-'] = CHAR_TOKEN, ['.'] = CHAR_TOKEN, ['^' ... '`'] = CHAR_TOKEN, ['|'] = CHAR_TOKEN, ['~'] = CHAR_TOKEN,
    [0 ... 8] = CHAR_CONTROL | CHAR_BAD, ['\t'] = CHAR_CONTROL, [10 ... 31] = CHAR_CONTROL | CHAR_BAD,
    [127] = CHAR_CONTROL | CHAR_BAD,
};
/* clang-format on */

static bool is_token(const char *text, size_t len)
{
    unsigned all = CHAR_TOKEN;
    for (size_t i = 0; i < len; i++)
        all &= chars[(unsigned char)text[i]];
    return len > 0 && all != 0;
}

/* Which classes occur in a text. */
static unsigned classes_of(const char *text, size_t len)
{
    unsigned any = 0;
    for (size_t i = 0; i < len; i++)
        any |= chars[(unsigned char)text[i]];
    return any;
}

static bool header_is(const struct raw_header *header, const char *name, size_t name_len)
{
    return header->name_len == name_len && strncasecmp(header->name, name, name_len) == 0;
}

/* ---- the request line ---- */

static int check_target(const char *target, bool options, struct error *err)
{
    size_t len = strlen(target);
    if (len > LIMIT_TARGET_BYTES)
        return error_set(err, ERROR_TARGET_TOO_LONG,
                         "the target has %zu bytes, at most %d are taken", len, LIMIT_TARGET_BYTES);
    if (target[0] != '/' && !(options && strcmp(target, "*") == 0))
        return error_set(err, ERROR_MALFORMED, "the target must be a path");
    if ((classes_of(target, len) & CHAR_CONTROL) != 0 || target[strcspn(target, " #")] != '\0')
        return error_set(err, ERROR_MALFORMED, "the target holds a character it must not");
    return 0;
}

/* Exactly one space between the three parts, and no NUL inside them. */
static int check_request_line(const struct raw_head *head, struct error *err)
{
    size_t method_len = strlen(head->method);
    if (!is_token(head->method, method_len) ||
        head->target_place != head->method + method_len + 1 ||
        head->version != head->target_place + strlen(head->target) + 1)
        return error_set(err, ERROR_MALFORMED, "the request line is malformed");
    if (strcmp(head->version, "HTTP/1.1") != 0 && strcmp(head->version, "HTTP/1.0") != 0)
        return error_set(err, ERROR_MALFORMED, "only HTTP/1.1 and HTTP/1.0 are spoken");
    return check_target(head->target, strcmp(head->method, "OPTIONS") == 0, err);
}

/* ---- the lines ---- */

/* The two bytes of a line end at `at`, and nothing else: no NUL in the text before, no bare LF, no
 * folded line. */
static bool is_line_end(const char *at, const char *head_end)
{
    return at + 2 <= head_end && at[0] == '\0' && at[1] == '\0';
}

/*
 * Where the lines lie shows what the texts alone do not: a value that ends early (NUL), a line that
 * ends in a bare LF, a line that was glued to another one and moved elsewhere (folding).
 */
static int check_layout(const struct raw_head *head, struct error *err)
{
    const char *head_end = head->method + head->bytes;
    const char *at = head->version + strlen(head->version);
    for (size_t i = 0; i < head->header_count; i++) {
        const struct raw_header *header = &head->headers[i];
        if (!is_line_end(at, head_end) || header->name != at + 2 ||
            header->value <= header->name + header->name_len ||
            header->value + header->value_len > head_end)
            return error_set(err, ERROR_MALFORMED, "a header line is malformed");
        at = header->value + header->value_len;
    }
    if (!is_line_end(at, head_end) || !is_line_end(at + 2, head_end) || at + 4 != head_end)
        return error_set(err, ERROR_MALFORMED, "the header does not end as it must");
    return 0;
}

static int check_lines(const struct raw_head *head, struct error *err)
{
    for (size_t i = 0; i < head->header_count; i++) {
        const struct raw_header *header = &head->headers[i];
        if (!is_token(header->name, header->name_len))
            return error_set(err, ERROR_MALFORMED, "a header name holds a character it must not");
        if ((classes_of(header->value, header->value_len) & CHAR_BAD) != 0)
            return error_set(err, ERROR_MALFORMED, "a header holds a control character");
    }
    return 0;
}

/* ---- framing ---- */

/* Headers that decide something and of which a second one could be read instead. */
enum single { SINGLE_HOST, SINGLE_LENGTH, SINGLE_CODING, SINGLE_TYPE, SINGLE_AUTHORIZATION };

static const struct {
    const char *name;
    size_t len;
} singles[] = {
    [SINGLE_HOST] = {"Host",              4 },
    [SINGLE_LENGTH] = {"Content-Length",    14},
    [SINGLE_CODING] = {"Transfer-Encoding", 17},
    [SINGLE_TYPE] = {"Content-Type",      12},
    [SINGLE_AUTHORIZATION] = {"Authorization",     13},
};

static int find_singles(const struct raw_head *head,
                        const struct raw_header *found[ARRAY_LEN(singles)],
                        struct error *err)
{
    for (size_t i = 0; i < head->header_count; i++) {
        for (size_t j = 0; j < ARRAY_LEN(singles); j++) {
            if (!header_is(&head->headers[i], singles[j].name, singles[j].len))
                continue;
            if (found[j] != NULL)
                return error_set(err, ERROR_MALFORMED, "more than one %s", singles[j].name);
            found[j] = &head->headers[i];
        }
    }
    return 0;
}

static int parse_length(const struct raw_header *header, unsigned long long *out, struct error *err)
{
    size_t len = header->value_len;
    while (len > 0 && (header->value[len - 1] == ' ' || header->value[len - 1] == '\t'))
        len--;
    unsigned long long length = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned digit = (unsigned)(unsigned char)header->value[i] - '0';
        if (digit > 9 || length > (UINT64_MAX - digit) / 10)
            return error_set(err, ERROR_MALFORMED, "Content-Length is not a number");
        length = length * 10 + digit;
    }
    if (len == 0)
        return error_set(err, ERROR_MALFORMED, "Content-Length is empty");
    *out = length;
    return 0;
}

static int find_framing(const struct raw_head *head, struct raw_framing *out, struct error *err)
{
    const struct raw_header *found[ARRAY_LEN(singles)] = {0};
    if (find_singles(head, found, err) < 0)
        return -1;
    struct raw_framing framing = {0};
    const struct raw_header *coding = found[SINGLE_CODING];
    if (coding != NULL) {
        if (found[SINGLE_LENGTH] != NULL)
            return error_set(err, ERROR_MALFORMED, "Content-Length and Transfer-Encoding together");
        if (coding->value_len != 7 || strncasecmp(coding->value, "chunked", 7) != 0 ||
            strcmp(head->version, "HTTP/1.1") != 0)
            return error_set(err, ERROR_MALFORMED, "a Transfer-Encoding that is not taken");
        framing.chunked = 1;
    }
    if (found[SINGLE_LENGTH] != NULL &&
        parse_length(found[SINGLE_LENGTH], &framing.content_length, err) < 0)
        return -1;
    if (found[SINGLE_TYPE] != NULL) {
        framing.media_type = found[SINGLE_TYPE]->value;
        framing.media_type_len = found[SINGLE_TYPE]->value_len;
    }
    *out = framing;
    return 0;
}

int screen_head(const struct raw_head *head, struct raw_framing *out, struct error *err)
{
    if (check_request_line(head, err) < 0)
        return -1;
    if (head->header_count > LIMIT_HEADER_COUNT)
        return error_set(err, ERROR_HEADERS_TOO_LARGE, "more than %d headers", LIMIT_HEADER_COUNT);
    if (head->bytes > LIMIT_HEADER_BYTES)
        return error_set(err, ERROR_HEADERS_TOO_LARGE, "more than %d bytes of header",
                         LIMIT_HEADER_BYTES);
    if (check_layout(head, err) < 0 || check_lines(head, err) < 0)
        return -1;
    return find_framing(head, out, err);
}
