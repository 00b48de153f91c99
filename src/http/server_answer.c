/*
 * From our response to the library's. The body is borrowed: the exchange outlives the library's
 * interest in it.
 */
#include <stdio.h>
#include <sys/socket.h>

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

/* NULL if a header cannot be sent (line breaks, an empty value, framing of its own). */
static struct MHD_Response *build(const struct exchange *exchange)
{
    const struct response *response = &exchange->response;
    /* Persistent memory is only read; the library's signature does not say so. */
    const union {
        const char *ours;
        void *theirs;
    } body = {.ours = response->body};
    struct MHD_Response *out =
        exchange->stream != NULL ? stream_response(exchange->stream)
                                 : MHD_create_response_from_buffer(response->body_len, body.theirs,
                                                                   MHD_RESPMEM_PERSISTENT);
    ASSERT(out != NULL);
    if (response->status >= 200 && response->status <= 599 && add_headers(exchange, out))
        return out;
    MHD_destroy_response(out);
    return NULL;
}

/*
 * The library shuts a connection down before it closes it, which would be a polite end. Dissolving
 * the association (connect(2)) sends RST at once; where that is not possible the end is polite.
 */
static enum MHD_Result reset(struct exchange *exchange)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->library, MHD_CONNECTION_INFO_CONNECTION_FD);
    const struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
    if (info != NULL)
        (void)connect(info->connect_fd, &nowhere, sizeof nowhere);
    return MHD_NO;
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
    if (exchange->response.abort)
        return reset(exchange);
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
