/*
 * Requests that two parsers might read differently: each must be refused and the connection closed,
 * so that what follows is never taken for a request. Every row is followed by a request that must
 * not be answered.
 */
#include <netinet/tcp.h>

#include "http/request.h"
#include "http/response.h"
#include "support/http_guards.h"
#include "support/raw_http.h"

static int
handle(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)app;
    (void)err;
    const char *seen = request_header(request, "x-seen");
    response_text(response, 200, "text/plain", seen == NULL ? "fine" : seen);
    return 0;
}

static const struct route rows[] = {
    {HTTP_GET | HTTP_POST, "/", &guard_open, 64, NULL, handle, NULL},
};
static const struct route_table table = {"raw", rows, ARRAY_LEN(rows)};
static struct raw_server server;

static int start(void **state)
{
    (void)state;
    server = raw_server_start(&table, NULL, NULL);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    raw_server_stop(&server);
    return 0;
}

#define BYTES(text) text, sizeof(text) - 1
#define GET "GET / HTTP/1.1\r\n"
#define POST "POST / HTTP/1.1\r\nHost: a\r\n"
#define SECOND "GET / HTTP/1.1\r\nHost: smuggled\r\n\r\n"

/* clang-format off */
static const struct {
    const char *name;
    const char *bytes;
    size_t len;
    int status; /* 0: closed without an answer is fine too */
} refused[] = {
    {"length and transfer coding", BYTES(POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SECOND), 400},
    {"transfer coding and length", BYTES(POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" SECOND), 400},
    {"two different lengths", BYTES(POST "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc" SECOND), 400},
    {"two equal lengths", BYTES(POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc" SECOND), 400},
    {"a list of lengths", BYTES(POST "Content-Length: 3, 3\r\n\r\nabc" SECOND), 400},
    {"a length with a sign", BYTES(POST "Content-Length: +3\r\n\r\nabc" SECOND), 400},
    {"a negative length", BYTES(POST "Content-Length: -1\r\n\r\n" SECOND), 400},
    {"an empty length", BYTES(POST "Content-Length: \r\n\r\n" SECOND), 400},
    {"a hexadecimal length", BYTES(POST "Content-Length: 0x3\r\n\r\nabc" SECOND), 400},
    {"a length beyond 64 bits", BYTES(POST "Content-Length: 18446744073709551616\r\n\r\n" SECOND), 413},
    {"a huge length", BYTES(POST "Content-Length: 18446744073709551615\r\n\r\n" SECOND), 413},
    {"gzip, chunked", BYTES(POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" SECOND), 400},
    {"identity", BYTES(POST "Transfer-Encoding: identity\r\n\r\n" SECOND), 400},
    {"chunked twice", BYTES(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SECOND), 400},
    {"chunked with a tail", BYTES(POST "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n" SECOND), 400},
    {"chunked in HTTP/1.0", BYTES("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SECOND), 400},
    {"a space before the colon", BYTES(POST "Content-Length : 3\r\n\r\nabc" SECOND), 400},
    {"a tab before the colon", BYTES(POST "Content-Length\t: 3\r\n\r\nabc" SECOND), 400},
    {"a space in a header name", BYTES(GET "Host: a\r\nX Y: 1\r\n\r\n" SECOND), 400},
    {"no header name", BYTES(GET "Host: a\r\n: 1\r\n\r\n" SECOND), 400},
    {"a header without a colon", BYTES(GET "Host: a\r\nnonsense\r\n\r\n" SECOND), 400},
    {"a folded header", BYTES(GET "Host: a\r\nX-A: 1\r\n 2\r\n\r\n" SECOND), 400},
    {"a folded header that hides a length", BYTES(POST "X-A: 1\r\n Content-Length: 3\r\n\r\nabc" SECOND), 400},
    {"a NUL in a value", BYTES(GET "Host: a\r\nX-Seen: a\0b\r\n\r\n" SECOND), 400},
    {"a NUL behind a length", BYTES(POST "Content-Length: 0\0" "3\r\n\r\nabc" SECOND), 400},
    {"a NUL in a name", BYTES(GET "Host: a\r\nX\0Y: a\r\n\r\n" SECOND), 400},
    {"a NUL in the target", BYTES("GET /\0x HTTP/1.1\r\nHost: a\r\n\r\n" SECOND), 400},
    {"a NUL in the method", BYTES("GE\0T / HTTP/1.1\r\nHost: a\r\n\r\n" SECOND), 400},
    {"a CR in a value", BYTES(GET "Host: a\r\nX-A: a\rb\r\n\r\n" SECOND), 400},
    {"a bell in a value", BYTES(GET "Host: a\r\nX-A: a\ab\r\n\r\n" SECOND), 400},
    {"a DEL in a value", BYTES(GET "Host: a\r\nX-A: a\177b\r\n\r\n" SECOND), 400},
    {"bare line feeds", BYTES("GET / HTTP/1.1\nHost: a\n\n" SECOND), 400},
    {"a bare line feed behind a header", BYTES(GET "Host: a\nX-A: b\r\n\r\n" SECOND), 400},
    {"a bare line feed at the end of the header", BYTES(GET "Host: a\r\n\n" SECOND), 400},
    {"no Host", BYTES(GET "\r\n" SECOND), 400},
    {"two Hosts", BYTES(GET "Host: a\r\nHost: b\r\n\r\n" SECOND), 400},
    {"two Content-Types", BYTES(POST "Content-Type: a/b\r\nContent-Type: c/d\r\nContent-Length: 0\r\n\r\n" SECOND), 400},
    {"two Authorizations", BYTES(GET "Host: a\r\nAuthorization: x\r\nauthorization: y\r\n\r\n" SECOND), 400},
    {"a fragment", BYTES("GET /#x HTTP/1.1\r\nHost: a\r\n\r\n" SECOND), 400},
    {"a fragment in the query", BYTES("GET /?a#x HTTP/1.1\r\nHost: a\r\n\r\n" SECOND), 400},
    {"an absolute target", BYTES("GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n" SECOND), 400},
    {"an authority", BYTES("CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n" SECOND), 400},
    {"a target without a slash", BYTES("GET x HTTP/1.1\r\nHost: a\r\n\r\n" SECOND), 400},
    {"a star for GET", BYTES("GET * HTTP/1.1\r\nHost: a\r\n\r\n" SECOND), 400},
    {"a control character in the target", BYTES("GET /\001 HTTP/1.1\r\nHost: a\r\n\r\n" SECOND), 400},
    {"two spaces before the target", BYTES("GET  / HTTP/1.1\r\nHost: a\r\n\r\n" SECOND), 400},
    {"two spaces behind the target", BYTES("GET /  HTTP/1.1\r\nHost: a\r\n\r\n" SECOND), 0},
    {"a space in the target", BYTES("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n" SECOND), 0},
    {"a space behind the version", BYTES("GET / HTTP/1.1 \r\nHost: a\r\n\r\n" SECOND), 0},
    {"a method with a mark", BYTES("GE(T / HTTP/1.1\r\nHost: a\r\n\r\n" SECOND), 400},
    {"HTTP/2", BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" SECOND), 505},
    {"HTTP/1.2", BYTES("GET / HTTP/1.2\r\nHost: a\r\n\r\n" SECOND), 400},
    {"HTTP/0.9", BYTES("GET /\r\n\r\n" SECOND), 0},
    {"a bad chunk size", BYTES(POST "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n" SECOND), 400},
    {"a chunk size with a sign", BYTES(POST "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n" SECOND), 400},
    {"a chunk longer than it says", BYTES(POST "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n" SECOND), 400},
    {"a huge chunk size", BYTES(POST "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n" SECOND), 413},
};

static const struct {
    const char *name;
    const char *bytes;
    size_t len;
    const char *body;
} taken[] = {
    {"the least", BYTES("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "fine"},
    {"HTTP/1.0 without Host", BYTES("GET / HTTP/1.0\r\n\r\n"), "fine"},
    {"an empty Host", BYTES("GET / HTTP/1.1\r\nHost:\r\n\r\n"), "fine"},
    {"no space behind the colon", BYTES("GET / HTTP/1.1\r\nHost:a\r\nX-Seen:b\r\n\r\n"), "b"},
    {"much space behind the colon", BYTES("GET / HTTP/1.1\r\nHost: a\r\nX-Seen: \t  b\r\n\r\n"), "b"},
    {"an empty value", BYTES("GET / HTTP/1.1\r\nHost: a\r\nX-Empty:\r\nX-Seen: b\r\n\r\n"), "b"},
    {"a header's case does not matter", BYTES("GET / HTTP/1.1\r\nhOST: a\r\nX-SEEN: b\r\n\r\n"), "b"},
    {"a colon in a value", BYTES("GET / HTTP/1.1\r\nHost: a:8080\r\nX-Seen: b:c\r\n\r\n"), "b:c"},
    {"a tab in a value", BYTES("GET / HTTP/1.1\r\nHost: a\r\nX-Seen: b\tc\r\n\r\n"), "b\tc"},
    {"UTF-8 in a value", BYTES("GET / HTTP/1.1\r\nHost: a\r\nX-Seen: \303\244\r\n\r\n"), "\303\244"},
    {"a query with every escape", BYTES("GET /?a=%20&b=+&c HTTP/1.1\r\nHost: a\r\nX-Seen: q\r\n\r\n"), "q"},
    {"a cookie", BYTES("GET / HTTP/1.1\r\nHost: a\r\nCookie: a=b; c=d\r\nX-Seen: q\r\n\r\n"), "q"},
    {"another Expect", BYTES(POST "Expect: much\r\nContent-Length: 3\r\n\r\nabc"), "fine"},
    {"an empty line before the request", BYTES("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), "fine"},
};
/* clang-format on */

static void what_could_be_read_twice_is_refused_and_closed(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct raw_connection connection = raw_open(server.port);
        raw_send_bytes(&connection, refused[i].bytes, refused[i].len);
        struct raw_response response = raw_read(&connection);
        int status = response.status;
        if (status != refused[i].status &&
            (refused[i].status != 0 || (status != 0 && status != 400)))
            fail_msg("%s: %d", refused[i].name, status);
        connection.len = 0; /* what the library says with its refusal */
        while (raw_more(&connection)) {
            if (strstr(connection.data, "HTTP/1.") != NULL)
                fail_msg("%s: the request behind it was answered", refused[i].name);
        }
        raw_close(&connection);
    }
}

static void what_is_unusual_but_clear_is_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(taken); i++) {
        struct raw_connection connection = raw_open(server.port);
        raw_send_bytes(&connection, taken[i].bytes, taken[i].len);
        struct raw_response response = raw_read(&connection);
        if (response.status != 200)
            fail_msg("%s: %d %s", taken[i].name, response.status, response.body);
        assert_string_equal(response.body, taken[i].body);
        raw_close(&connection);
    }
}

static void each_byte_may_come_alone(void **state)
{
    (void)state;
    static const char request[] = POST "X-Seen: bytes\r\nTransfer-Encoding: chunked\r\n\r\n"
                                       "3\r\nabc\r\n0\r\n\r\n";
    struct raw_connection connection = raw_open(server.port);
    int on = 1;
    assert_int_equal(setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), 0);
    for (size_t i = 0; i + 1 < sizeof request; i++)
        raw_send_bytes(&connection, &request[i], 1);
    struct raw_response response = raw_read(&connection);
    assert_string_equal(response.body, "bytes");
    raw_close(&connection);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_could_be_read_twice_is_refused_and_closed),
        cmocka_unit_test(what_is_unusual_but_clear_is_taken),
        cmocka_unit_test(each_byte_may_come_alone),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
