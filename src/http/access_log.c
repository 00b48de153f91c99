/*
 * http.request req= method= route= status= us= bytes= peer= [client=] [error=] [end=] and the
 * request's own notes. `client` is said where it is not the peer. `route` is the row's path, never the request's: paths and queries hold what a log should
 * not.
 */
#include <string.h>

#include "core/log.h"
#include "server_internal.h"

enum { FIELDS_MAX = 10 + EXCHANGE_NOTES_MAX };

void access_log(const struct exchange *exchange, int status, const char *end, int64_t us)
{
    if (log_threshold() > LOG_LEVEL_INFO)
        return;
    const struct request *request = &exchange->request;
    bool has_bytes = status != 0 && request->method != HTTP_HEAD;
    struct log_field fields[FIELDS_MAX] = {
        LOG_TEXT("req", request->id),
        LOG_TEXT("method", exchange->method_name),
        LOG_TEXT("route", request->route == NULL ? "-" : request->route->path),
        LOG_INT("status", status),
        LOG_INT("us", us),
        LOG_INT("bytes", has_bytes ? exchange->response.body_len + exchange->sent_bytes : 0),
        LOG_TEXT("peer", request->peer),
    };
    size_t count = 7;
    if (strcmp(request->client, request->peer) != 0)
        fields[count++] = LOG_TEXT("client", request->client);
    if (exchange->answered_error != ERROR_NONE)
        fields[count++] = LOG_TEXT("error", error_info(exchange->answered_error)->code);
    if (end != NULL)
        fields[count++] = LOG_TEXT("end", end);
    for (size_t i = 0; i < exchange->note_count; i++)
        fields[count++] = exchange->notes[i];
    log_write(LOG_LEVEL_INFO, "http.request", fields, count);
}
