/*
 * Name-value pairs and their wire format.
 *
 *   form  = [ pair *( "&" pair ) ]         a pair may be empty and is then skipped
 *   pair  = name [ "=" value ]             only the first "=" divides
 *   bytes = "+" (a space) | "%" 2HEXDIG | any byte but NUL, "&" (and "=" in a name)
 *
 * Source: WHATWG URL standard, "application/x-www-form-urlencoded"; stricter than it where a bad
 * escape would be passed on as text, because what we decode must be what the sender signed.
 */
#include "core/fields.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/text.h"
#include "hex_digit.h"

enum { FIRST_ITEMS = 8 };

/* Reads [in, end) and writes to `out`, which never needs more bytes than were read. */
struct decoder {
    const unsigned char *in;
    const unsigned char *end;
    unsigned char *out;
    unsigned char
        all_bits;       /* every byte written, or-ed: at least 0x80 means that some are not ASCII */
    unsigned char plus; /* what a "+" means */
};

enum byte_class { BYTE_PLAIN, BYTE_STOP, BYTE_EQUALS, BYTE_PLUS, BYTE_PERCENT, BYTE_NUL };

static const unsigned char byte_classes[256] = {
    ['\0'] = BYTE_NUL, ['&'] = BYTE_STOP,    ['='] = BYTE_EQUALS,
    ['+'] = BYTE_PLUS, ['%'] = BYTE_PERCENT,
};

static int decode_escape(struct decoder *decoder, unsigned char *byte, struct error *err)
{
    const unsigned char *in = decoder->in;
    int high = decoder->end - in >= 3 ? hex_digit(in[1]) : -1;
    int low = high < 0 ? -1 : hex_digit(in[2]);
    if (low < 0)
        return error_set(err, ERROR_MALFORMED, "bad percent escape");
    if (high + low == 0)
        return error_set(err, ERROR_MALFORMED, "text with a NUL byte");
    *byte = (unsigned char)(high * 16 + low);
    decoder->in += 2;
    return 0;
}

/* Most bytes mean themselves. In locals, because what is written could otherwise be the decoder. */
static void copy_plain(struct decoder *decoder)
{
    const unsigned char *in = decoder->in;
    const unsigned char *end = decoder->end;
    unsigned char *out = decoder->out;
    unsigned all_bits = decoder->all_bits;
    while (in < end && byte_classes[*in] == BYTE_PLAIN) {
        all_bits |= *in;
        *out++ = *in++;
    }
    decoder->in = in;
    decoder->out = out;
    decoder->all_bits = (unsigned char)all_bits;
}

/*
 * Decode up to a stop, which is left unread: "&" if `stop` is BYTE_STOP, "&" or "=" if it is
 * BYTE_EQUALS; none with BYTE_PLAIN.
 */
static int decode_until(struct decoder *decoder, enum byte_class stop, struct error *err)
{
    for (;; decoder->in++) {
        copy_plain(decoder);
        if (decoder->in == decoder->end)
            return 0;
        unsigned char byte = *decoder->in;
        switch ((enum byte_class)byte_classes[byte]) {
        case BYTE_PLAIN:
            break;
        case BYTE_STOP:
            if (stop != BYTE_PLAIN)
                return 0;
            break;
        case BYTE_EQUALS:
            if (stop == BYTE_EQUALS)
                return 0;
            break;
        case BYTE_PLUS:
            byte = decoder->plus;
            break;
        case BYTE_PERCENT:
            if (decode_escape(decoder, &byte, err) < 0)
                return -1;
            break;
        case BYTE_NUL:
            return error_set(err, ERROR_MALFORMED, "text with a NUL byte");
        }
        decoder->all_bits |= byte;
        *decoder->out++ = byte;
    }
}

static bool at(const struct decoder *decoder, char c)
{
    return decoder->in < decoder->end && *decoder->in == (unsigned char)c;
}

/* Two texts with a NUL each; a name without "=" shares its NUL with the empty value. */
static int decode_pair(struct decoder *decoder, struct field *field, struct error *err)
{
    field->name = (const char *)decoder->out;
    if (decode_until(decoder, BYTE_EQUALS, err) < 0)
        return -1;
    field->name_len = (size_t)((const char *)decoder->out - field->name);
    field->value = (const char *)decoder->out;
    if (at(decoder, '=')) {
        decoder->in++;
        *decoder->out++ = '\0';
        field->value = (const char *)decoder->out;
        if (decode_until(decoder, BYTE_STOP, err) < 0)
            return -1;
    }
    field->value_len = (size_t)((const char *)decoder->out - field->value);
    *decoder->out++ = '\0';
    return 0;
}

/* An upper bound of the pairs in `text`: one more than it has "&". */
static size_t pairs_at_most(const char *text, size_t len, size_t max_count)
{
    size_t count = len > 0;
    const char *end = text + len;
    for (const char *at = text; count < max_count && at < end; at++, count++) {
        at = memchr(at, '&', (size_t)(end - at));
        if (at == NULL)
            break;
    }
    return count < max_count ? count : max_count;
}

int fields_decode(const char *text,
                  size_t len,
                  size_t max_count,
                  struct arena *arena,
                  struct fields *out,
                  struct error *err)
{
    /* One block for the pairs and, behind them, their bytes: "=" and "&" become the NULs, the last
     * pair brings one. */
    size_t room = pairs_at_most(text, len, max_count);
    struct field *items = arena_alloc(arena, room * sizeof *items + len + 1);
    unsigned char *start = (unsigned char *)(items + room);
    struct decoder decoder = {.in = (const unsigned char *)text, .out = start, .plus = ' '};
    decoder.end = decoder.in + len;
    size_t count = 0;

    while (decoder.in < decoder.end) {
        if (at(&decoder, '&')) {
            decoder.in++;
            continue;
        }
        if (count == max_count)
            return error_set(err, ERROR_TOO_LARGE, "more than %zu fields", max_count);
        if (decode_pair(&decoder, &items[count], err) < 0)
            return -1;
        count++;
    }
    /* The NULs between the texts keep half a character of one from being completed by the next. */
    if (decoder.all_bits >= 0x80 &&
        !text_is_utf8((const char *)start, (size_t)(decoder.out - start)))
        return error_set(err, ERROR_MALFORMED, "text that is not UTF-8");
    *out = (struct fields){.items = items, .count = count, .cap = room};
    return 0;
}

char *text_percent_decode(const char *text, size_t len, struct arena *arena, struct error *err)
{
    unsigned char *start = arena_alloc(arena, len + 1);
    struct decoder decoder = {.in = (const unsigned char *)text, .out = start, .plus = '+'};
    decoder.end = decoder.in + len;
    int failed = decode_until(&decoder, BYTE_PLAIN, err);
    if (failed == 0 && decoder.all_bits >= 0x80 &&
        !text_is_utf8((const char *)start, (size_t)(decoder.out - start)))
        failed = error_set(err, ERROR_MALFORMED, "text that is not UTF-8");
    return failed < 0 ? NULL : (char *)start;
}

/* The first field of that name at or behind `from`, or NULL. */
static const struct field *find(const struct fields *fields, const char *name, size_t from)
{
    size_t name_len = strlen(name);
    for (size_t i = from; i < fields->count; i++) {
        const struct field *field = &fields->items[i];
        if (field->name_len == name_len && memcmp(field->name, name, name_len) == 0)
            return field;
    }
    return NULL;
}

const char *fields_get(const struct fields *fields, const char *name)
{
    const struct field *field = find(fields, name, 0);
    return field == NULL ? NULL : field->value;
}

const char *fields_text(const struct fields *fields, const char *name)
{
    const char *value = fields_get(fields, name);
    return value == NULL ? "" : value;
}

size_t fields_count(const struct fields *fields, const char *name)
{
    size_t count = 0;
    const struct field *field = find(fields, name, 0);
    for (; field != NULL; count++)
        field = find(fields, name, (size_t)(field - fields->items) + 1);
    return count;
}

void fields_add(struct fields *fields, struct arena *arena, const char *name, const char *value)
{
    if (fields->count >= fields->cap) {
        size_t cap = fields->count < FIRST_ITEMS ? FIRST_ITEMS : fields->count * 2;
        struct field *items = arena_alloc(arena, cap * sizeof *items);
        if (fields->count > 0)
            memcpy(items, fields->items, fields->count * sizeof *items);
        fields->items = items;
        fields->cap = cap;
    }
    fields->items[fields->count++] = (struct field){
        .name = name, .name_len = strlen(name), .value = value, .value_len = strlen(value)};
}

static bool is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

int fields_escape(struct buf *out, const char *text, size_t len)
{
    static const char digits[] = "0123456789ABCDEF";
    char piece[240];
    size_t used = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (is_unreserved(c)) {
            piece[used++] = (char)c;
        } else {
            piece[used++] = '%';
            piece[used++] = digits[c >> 4];
            piece[used++] = digits[c & 15U];
        }
        if (used + 3 <= sizeof piece)
            continue;
        if (buf_append(out, piece, used) < 0)
            return -1;
        used = 0;
    }
    return buf_append(out, piece, used);
}

int fields_encode(struct buf *out, const struct fields *fields)
{
    for (size_t i = 0; i < fields->count; i++) {
        const struct field *field = &fields->items[i];
        if ((i > 0 && buf_append(out, "&", 1) < 0) ||
            fields_escape(out, field->name, field->name_len) < 0 || buf_append(out, "=", 1) < 0 ||
            fields_escape(out, field->value, field->value_len) < 0)
            return -1;
    }
    return 0;
}
