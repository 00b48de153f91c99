/*
 * What the reconciler asks: Twilio's lists, of as many calls as fill_database makes open ones, all of them over. Nothing else is
 * played; the simulator is the realistic one, and would be measured with it.
 *
 *   twilio_lists PORT CALLS      serves on loopback until SIGTERM
 */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/macros.h"

#define ACCOUNT "AC00000000000000000000000000000001"

enum { PER_PAGE = 200, PAGE_BYTES_MAX = 1024 * 1024 };

static const char call_json[] =
    "{\"sid\":\"CAffffffff%024lx\",\"account_sid\":\"" ACCOUNT "\",\"parent_call_sid\":null,"
    "\"status\":\"completed\",\"direction\":\"inbound\",\"from\":\"+14155550100\","
    "\"to\":\"+15005550006\",\"duration\":\"49\",\"price\":\"-0.0085\",\"price_unit\":\"USD\","
    "\"date_created\":\"Thu, 01 Jan 2026 12:00:00 +0000\",\"date_updated\":null,"
    "\"start_time\":\"Thu, 01 Jan 2026 12:00:01 +0000\","
    "\"end_time\":\"Thu, 01 Jan 2026 12:00:50 +0000\"}";

/* A page of calls, the newest first; or nothing, for lists of anything else. */
static void list(struct buf *out, const char *name, long calls, long page)
{
    long from = page * PER_PAGE;
    long to = from + PER_PAGE < calls ? from + PER_PAGE : calls;
    (void)buf_printf(out, "{\"%s\":[", name);
    for (long i = from; i < to; i++) {
        (void)buf_printf(out, "%s", i > from ? "," : "");
        (void)buf_printf(out, call_json, (unsigned long)(calls - 1 - i));
    }
    (void)buf_printf(out, "],\"next_page_uri\":");
    if (to < calls)
        (void)buf_printf(out, "\"/2010-04-01/Accounts/" ACCOUNT "/Calls.json?Page=%ld\"}",
                         page + 1);
    else
        (void)buf_printf(out, "null}");
}

static void render(struct buf *out, struct MHD_Connection *connection, const char *url, long calls)
{
    const char *page = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "Page");
    const char *status = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "Status");
    const char *parent =
        MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "ParentCallSid");
    const char *one = strstr(url, "/Calls/CAffffffff");
    if (one != NULL)
        (void)buf_printf(out, call_json, strtoul(one + strlen("/Calls/CAffffffff"), NULL, 16));
    else if (strstr(url, "/Recordings") != NULL)
        list(out, "recordings", 0, 0);
    else if (strstr(url, "/IncomingPhoneNumbers") != NULL)
        list(out, "incoming_phone_numbers", 0, 0);
    else
        list(out, "calls", status != NULL || parent != NULL ? 0 : calls,
             page == NULL ? 0 : strtol(page, NULL, 10));
}

static enum MHD_Result answer(void *context,
                              struct MHD_Connection *connection,
                              const char *url,
                              const char *method,
                              const char *version,
                              const char *data,
                              size_t *data_bytes,
                              void **state)
{
    static int seen;
    (void)method;
    (void)version;
    (void)data;
    (void)data_bytes;
    if (*state == NULL) {
        *state = &seen;
        return MHD_YES;
    }
    auto_buf struct buf out;
    buf_init(&out, PAGE_BYTES_MAX);
    render(&out, connection, url, *(const long *)context);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(out.len, out.data, MHD_RESPMEM_MUST_COPY);
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
    enum MHD_Result queued = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return queued;
}

int main(int argc, char **argv)
{
    long port = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
    long calls = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    if (port <= 0 || port > UINT16_MAX || calls <= 0) {
        (void)fprintf(stderr, "usage: twilio_lists PORT CALLS\n");
        return 2;
    }
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct MHD_Daemon *daemon =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, answer, &calls,
                         MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&at, MHD_OPTION_END);
    if (daemon == NULL) {
        (void)fprintf(stderr, "twilio_lists: port %ld cannot be had\n", port);
        return 1;
    }
    int which;
    (void)sigwait(&ends, &which);
    MHD_stop_daemon(daemon);
    return 0;
}
