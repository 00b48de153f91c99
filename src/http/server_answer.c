/*
 * From our response to the library's. The body is borrowed: the exchange outlives the library's
 * interest in it.
 */
#include <stdio.h>

#include "core/log.h"
#include "core/wall_clock.h"
#include "server_internal.h"
#include "server_stream.h"

static bool add_headers(const struct exchange *exchange, struct MHD_Response *out)
{
    const struct response *response = &exchange->response;
    bool ok = MHD_add_response_header(out, "X-Request-Id", exchange->id) == MHD_YES;
    if (response->content_type != NULL)
        ok = ok && MHD_add_response_header(out, "Content-Type", response->content_type) == MHD_YES;
    for (size_t i = 0; i < response->header_count; i++)
        ok = ok && MHD_add_response_header(out, response->headers[i].name,
                                           response->headers[i].value) == MHD_YES;
    if (exchange->close ||
        atomic_load_explicit(&exchange->connection->worker->server->draining, memory_order_relaxed))
        ok = ok && MHD_add_response_header(out, "Connection", "close") == MHD_YES;
    return ok;
}

/* MHD_ContentReaderCallback of an answer to HEAD, which is never asked for its body. */
static ssize_t nothing_to_read(void *context, uint64_t position, char *out, size_t max)
{
    (void)context;
    (void)position;
    (void)out;
    (void)max;
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

/* NULL if a header cannot be sent (line breaks, an empty value, framing of its own). */
static struct MHD_Response *build(const struct exchange *exchange)
{
    const struct response *response = &exchange->response;
    /* Persistent memory is only read; the library's signature does not say so. */
    const union {
        const char *ours;
        void *theirs;
    } body = {.ours = response->body};
    struct MHD_Response *out = NULL;
    if (exchange->stream != NULL)
        out = stream_response(exchange->stream);
    else if (response->body == NULL && response->body_len > 0)
        out = MHD_create_response_from_callback(response->body_len, 1, nothing_to_read, NULL, NULL);
    else
        out = MHD_create_response_from_buffer(response->body_len, body.theirs,
                                              MHD_RESPMEM_PERSISTENT);
    ASSERT(out != NULL);
    if (response->status >= 200 && response->status <= 599 && add_headers(exchange, out))
        return out;
    MHD_destroy_response(out);
    return NULL;
}

/* What will be sent is no stream after all. */
static void drop_stream(struct exchange *exchange)
{
    if (exchange->stream != NULL)
        (void)stream_close(steal(&exchange->stream));
}

enum MHD_Result answer_send(struct exchange *exchange)
{
    const struct http_settings *settings = exchange->settings;
    if (exchange->response.abort) {
        (void)connection_reset(exchange->library);
        return MHD_NO;
    }
    if (exchange->answered_error != ERROR_NONE)
        drop_stream(exchange);
    if (settings->finish != NULL)
        settings->finish(exchange->app, &exchange->request, &exchange->response);
    struct MHD_Response *out = build(exchange);
    if (out == NULL) {
        struct error err = {0};
        drop_stream(exchange);
        (void)error_set(&err, ERROR_INTERNAL,
                        "the response has a status or header that cannot be sent");
        exchange_render_error(exchange, &err);
        out = build(exchange);
    }
    if (out == NULL)
        return MHD_NO;
    if (exchange->stream != NULL)
        stream_begin(exchange->stream);
    else
        connection_enter(exchange->connection, PHASE_ANSWERING,
                         monotonic_ms() + settings->body_deadline_ms);
    exchange->answered_us = monotonic_us();
    enum MHD_Result result =
        MHD_queue_response(exchange->library, (unsigned)exchange->response.status, out);
    MHD_destroy_response(out);
    exchange->answered = true;
    return result;
}
