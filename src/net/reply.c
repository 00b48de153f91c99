/*
 * What a server answers, collected within limits. Everything here comes from outside.
 */
#include <ctype.h>
#include <string.h>

#include "core/limits.h"
#include "core/text.h"
#include "internal.h"

static size_t give_up(struct transfer *transfer, const char *why)
{
    transfer->own_problem = why;
    return CURL_WRITEFUNC_ERROR;
}

/* Without the white space around it. */
static char *trimmed(struct arena *arena, const char *text, size_t len)
{
    while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
        len--;
    while (len > 0 && (*text == ' ' || *text == '\t')) {
        text++;
        len--;
    }
    return arena_copy(arena, text, len);
}

static void add(struct transfer *transfer, char *name, const char *value)
{
    for (char *c = name; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    if (transfer->reply_headers == NULL)
        transfer->reply_headers =
            arena_alloc(transfer->arena, LIMIT_HEADER_COUNT * sizeof *transfer->reply_headers);
    transfer->reply_headers[transfer->reply_header_count++] =
        (struct net_header){.name = name, .value = value};
}

/* A line that begins with white space goes on with the value before it (RFC 9112 section 5.2). */
static void go_on(struct transfer *transfer, const char *line, size_t len)
{
    if (transfer->reply_header_count == 0)
        return;
    struct net_header *last = &transfer->reply_headers[transfer->reply_header_count - 1];
    const char *more = trimmed(transfer->arena, line, len);
    last->value = arena_printf(transfer->arena, "%s %s", last->value, more);
}

/*
 * Called for each line: the status line, the headers, the empty line, for each interim answer (1xx)
 * the same, and for trailers, which are left out: nothing that decides belongs there.
 */
size_t reply_take_header(char *data, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    size_t len = size * count;
    if (transfer->body_begun)
        return len;
    if (len >= 5 && memcmp(data, "HTTP/", 5) == 0) { /* what came before was interim */
        transfer->reply_header_count = 0;
        transfer->reply_headers_ended = false;
        return len;
    }
    if (len > 0 && (*data == '\r' || *data == '\n'))
        transfer->reply_headers_ended = true;
    transfer->reply_header_bytes += len;
    if (transfer->reply_header_bytes > LIMIT_HEADER_BYTES)
        return give_up(transfer, "the answer has longer headers than are taken");
    if (transfer->reply_header_count == LIMIT_HEADER_COUNT)
        return give_up(transfer, "the answer has more headers than are taken");
    const char *colon = memchr(data, ':', len);
    if (len > 0 && (*data == ' ' || *data == '\t'))
        go_on(transfer, data, len);
    else if (colon != NULL)
        add(transfer, trimmed(transfer->arena, data, (size_t)(colon - data)),
            trimmed(transfer->arena, colon + 1, len - (size_t)(colon - data) - 1));
    return len;
}

size_t reply_take_body(char *data, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    transfer->body_begun = true;
    if (buf_append(&transfer->reply, data, size * count) < 0)
        return give_up(transfer, "the answer is longer than is taken");
    return size * count;
}

const char *reply_header(const struct net_header *headers, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(headers[i].name, name) == 0)
            return headers[i].value;
    }
    return NULL;
}

const char *net_answer_header(const struct net_answer *answer, const char *name)
{
    return reply_header(answer->headers, answer->header_count, name);
}

int64_t retry_after_ms(const char *value, int64_t now_s)
{
    static const int64_t year_s = INT64_C(365) * 24 * 3600;
    if (text_is_empty(value))
        return -1;
    int64_t seconds = 0;
    if (value[strspn(value, "0123456789")] == '\0') {
        if (!text_to_int64(value, 0, year_s, &seconds))
            seconds = value[0] == '0' ? -1 : year_s; /* "007" is nothing, a huge one is long */
        return seconds < 0 ? -1 : seconds * 1000;
    }
    time_t date = curl_getdate(value, NULL); /* knows all three of HTTP's date formats */
    if (date == -1)
        return -1;
    seconds = (int64_t)date - now_s;
    return (seconds < 0 ? 0 : seconds > year_s ? year_s : seconds) * 1000;
}
