/*
 * One request on its way: the easy handle's options, and what its end means.
 *
 * Whether a request may have been acted upon does not follow from curl's result code alone (a
 * timeout may be either). curl calls CURLOPT_PREREQFUNCTION when a connection is ready, TLS
 * included, before the first byte of the request is written to it. That call is the line:
 *
 *   what ended it                                                       the line   result
 *   no place in the queue's time, net_free                              before     NEVER_SENT
 *   name not resolved, connection refused, no route                     before     NEVER_SENT
 *   its host is at no address that it may go to (net/addresses.h)       before     NEVER_SENT
 *   connecting or the handshake took too long                           before     NEVER_SENT
 *   certificate: unknown issuer, other name, out of date; TLS below 1.2 before     NEVER_SENT
 *   writing failed, connection reset, closed without an answer          behind     UNKNOWN
 *   a kept-alive connection died before the answer                      behind     UNKNOWN (GET,
 * HEAD: sent again) no answer in time, net_free                                         behind
 * UNKNOWN the answer broke off, is no HTTP, or is longer than its limit       behind     UNKNOWN an
 * answer, whatever its status                                      behind     ANSWERED
 *
 * A dead connection that was found before any byte was written counts as "behind": curl cannot
 * tell, so we do not.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/limits.h"
#include "core/wall_clock.h"
#include "internal.h"
#include "stream.h"

enum {
    CONNECTION_LIFE_MAX_S = 300, /* however busy: a moved name must be noticed */
    UPLOAD_BUFFER_BYTES = 16 * 1024,
};

static const char lost_connection[] = "the connection died after the request was written to it";

/*
 * The request begins to be written to a connection, for the first time or again: curl repeats it on
 * its own account when a kept-alive connection turns out to be dead. Again is allowed if it changes
 * nothing, or if the body that belongs to it was not even asked for the first time, because half a
 * request cannot be acted upon.
 */
static int before_request(void *context, char *peer, char *local, int peer_port, int local_port)
{
    (void)local;
    (void)peer_port;
    (void)local_port;
    struct transfer *transfer = context;
    if (!addresses_allow_text(transfer->addresses, peer)) {
        transfer->address_refused = true; /* a kept connection, made for somebody who may */
        return CURL_PREREQFUNC_ABORT;
    }
    bool half = transfer->body_len > 0 && transfer->body_given == 0;
    if (transfer->may_have_left && !transfer->method->repeatable && !half) {
        transfer->own_problem = lost_connection;
        return CURL_PREREQFUNC_ABORT;
    }
    transfer->may_have_left = true;
    return CURL_PREREQFUNC_OK;
}

/*
 * Each attempt at each address of a host, so the address that is judged is the one that is used. A refused one is as if
 * it could not be reached: curl tries the next.
 */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *transfer = context;
    (void)purpose;
    if (!net_addresses_allow(transfer->addresses, &address->addr)) {
        transfer->address_refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t give_body(char *out, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    size_t bytes = transfer->body_len - transfer->body_given;
    if (bytes > size * count)
        bytes = size * count;
    memcpy(out, transfer->body + transfer->body_given, bytes);
    transfer->body_given += bytes;
    return bytes;
}

static void arm_method(struct transfer *transfer, CURL *easy)
{
    const struct method *method = transfer->method;
    if (strcmp(method->name, "HEAD") == 0)
        SETOPT(easy, CURLOPT_NOBODY, 1L);
    if (!method->repeatable) {
        /* As a POST by another name it says its length even if that is 0; a DELETE says nothing. */
        if (strcmp(method->name, "DELETE") != 0 || transfer->body_len > 0)
            SETOPT(easy, CURLOPT_POST, 1L);
        SETOPT(easy, CURLOPT_CUSTOMREQUEST, method->name);
        SETOPT(easy, CURLOPT_READFUNCTION, give_body);
        SETOPT(easy, CURLOPT_READDATA, transfer);
        SETOPT(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)transfer->body_len);
    }
    SETOPT(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER_BYTES);
    if (transfer->username != NULL) {
        SETOPT(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
        SETOPT(easy, CURLOPT_USERNAME, transfer->username);
        SETOPT(easy, CURLOPT_PASSWORD, transfer->password == NULL ? "" : transfer->password);
    }
}

static void arm_connection(const struct net *net, CURL *easy, int64_t left_ms)
{
    const struct net_settings *settings = &net->settings;
    int64_t age_s = settings->connection_age_max_ms / 1000;
    int64_t connect_ms =
        settings->connect_timeout_ms < left_ms ? settings->connect_timeout_ms : left_ms;
    SETOPT(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
    SETOPT(easy, CURLOPT_TIMEOUT_MS, (long)left_ms);
    /* Whole seconds, of which curl lets the last one pass. */
    SETOPT(easy, CURLOPT_MAXAGE_CONN, age_s > 1 ? (long)age_s - 1 : 0L);
    SETOPT(easy, CURLOPT_MAXLIFETIME_CONN, (long)CONNECTION_LIFE_MAX_S);
    if (settings->connection_age_max_ms == 0) {
        SETOPT(easy, CURLOPT_FRESH_CONNECT, 1L);
        SETOPT(easy, CURLOPT_FORBID_REUSE, 1L);
    }
    SETOPT(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    SETOPT(easy, CURLOPT_CONNECT_TO, net->connect_to);
    SETOPT(easy, CURLOPT_PROXY, ""); /* not the environment's either */
    /* Else the end of a transfer whose name is still being resolved waits for the resolver, and all
     * others with it. */
    SETOPT(easy, CURLOPT_QUICK_EXIT, 1L);
    SETOPT(easy, CURLOPT_NOSIGNAL, 1L);
}

static void arm_tls(const struct net *net, CURL *easy)
{
    SETOPT(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SETOPT(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    SETOPT(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    /* With a directory of roots, which Debian sets, curl reads the bundle again for each
     * connection: 19 ms. */
    SETOPT(easy, CURLOPT_CAPATH, NULL);
    if (net->ca_file != NULL)
        SETOPT(easy, CURLOPT_CAINFO, net->ca_file);
}

void transfer_arm(struct transfer *transfer, const struct net *net, CURL *easy, int64_t left_ms)
{
    transfer->easy = easy;
    buf_init(&transfer->reply, net->settings.reply_max_bytes);
    SETOPT(easy, CURLOPT_PRIVATE, transfer);
    SETOPT(easy, CURLOPT_CURLU, transfer->url);
    SETOPT(easy, CURLOPT_PROTOCOLS_STR, "http,https"); /* which of them was checked with the host */
    SETOPT(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SETOPT(easy, CURLOPT_FOLLOWLOCATION, 0L);
    SETOPT(easy, CURLOPT_HTTPHEADER, transfer->headers);
    SETOPT(easy, CURLOPT_USERAGENT, net->user_agent);
    SETOPT(easy, CURLOPT_ERRORBUFFER, transfer->error_text);
    SETOPT(easy, CURLOPT_PREREQFUNCTION, before_request);
    SETOPT(easy, CURLOPT_PREREQDATA, transfer);
    SETOPT(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SETOPT(easy, CURLOPT_OPENSOCKETDATA, transfer);
    SETOPT(easy, CURLOPT_HEADERFUNCTION, reply_take_header);
    SETOPT(easy, CURLOPT_HEADERDATA, transfer);
    SETOPT(easy, CURLOPT_WRITEFUNCTION, transfer->stream != NULL ? stream_take : reply_take_body);
    SETOPT(easy, CURLOPT_WRITEDATA, transfer);
    arm_connection(net, easy, left_ms);
    arm_tls(net, easy);
    arm_method(transfer, easy);
    if (transfer->stream != NULL)
        stream_started(transfer->stream);
}

enum net_result transfer_result(const struct transfer *transfer, CURLcode code)
{
    if (code == CURLE_OK && transfer->reply_headers_ended)
        return NET_ANSWERED;
    return transfer->may_have_left ? NET_UNKNOWN : NET_NEVER_SENT;
}

static bool is_address_refused(const struct transfer *transfer, CURLcode code)
{
    return transfer->address_refused && transfer->own_problem == NULL && !transfer->may_have_left &&
           (code == CURLE_COULDNT_CONNECT || code == CURLE_ABORTED_BY_CALLBACK);
}

static void describe_refusal(const struct transfer *transfer, char *out, size_t out_bytes)
{
    char *host = NULL;
    CURLUcode code = curl_url_get(transfer->url, CURLUPART_HOST, &host, 0);
    ASSERT(code == CURLUE_OK);
    (void)snprintf(out, out_bytes, "%.100s is at no address that requests may go to", host);
    curl_free(host);
}

/* curl's own words name hosts, ports and certificates, never credentials, path or query; some quote
 * the server. */
static void describe(const struct transfer *transfer, CURLcode code, char *out, size_t out_bytes)
{
    const char *text = transfer->own_problem;
    if (text == NULL && code == CURLE_SEND_FAIL_REWIND)
        text = lost_connection; /* it has no way back in the body, as no seek function is given */
    if (text == NULL && code == CURLE_OK)
        text = "the answer broke off in its headers";
    if (text == NULL)
        text = transfer->error_text[0] != '\0' ? transfer->error_text : curl_easy_strerror(code);
    (void)snprintf(out, out_bytes, "%s", text);
    for (char *c = out; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e)
            *c = '?';
    }
}

static int status_of(const struct transfer *transfer)
{
    long status = 0;
    if (transfer->easy != NULL)
        (void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    return (int)status;
}

static void take_headers(const struct transfer *transfer, struct net_answer *out)
{
    out->headers = transfer->reply_headers;
    out->header_count = transfer->reply_header_count;
    const char *type = net_answer_header(out, "content-type");
    out->content_type = type == NULL ? "" : type;
    const char *retry_after = net_answer_header(out, "retry-after");
    out->retry_after_ms = retry_after_ms(retry_after, wall_clock_now_ms(wall_clock_real()) / 1000);
}

void transfer_head(const struct transfer *transfer, struct arena *arena, struct net_answer *out)
{
    struct net_answer head = {.result = NET_ANSWERED, .status = status_of(transfer), .body = ""};
    take_headers(transfer, &head);
    answer_copy(out, &head, arena);
}

void transfer_answer(const struct transfer *transfer, CURLcode code, struct net_answer *out)
{
    *out = (struct net_answer){
        .result = transfer_result(transfer, code),
        .body = "",
        .content_type = "",
        .retry_after_ms = -1,
    };
    out->status = status_of(transfer);
    out->address_refused = is_address_refused(transfer, code);
    if (out->address_refused) {
        describe_refusal(transfer, out->problem, sizeof out->problem);
        return;
    }
    if (out->result != NET_ANSWERED) {
        describe(transfer, code, out->problem, sizeof out->problem);
        return;
    }
    if (transfer->reply.len > 0)
        out->body = transfer->reply.data;
    out->body_len = transfer->reply.len;
    take_headers(transfer, out);
}
