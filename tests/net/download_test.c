/*
 * A body that is handed on in blocks: whole or told that it is not, never in memory, never faster than it is taken.
 */
#include "net/download.h"

#include <string.h>
#include <unistd.h>

#include "net/fixture.h"
#include "support/cmocka_all.h"

/* A sink that checks what it is given. */
struct sink {
    enum net_wish wish;
    int64_t fail_at; /* -1: never */
    struct peer *release_at_begin;
    int status;
    int64_t content_length;
    unsigned begins;
    unsigned blocks;
    int64_t bytes;
    size_t longest;
    bool wrong;
    char text[16]; /* the first of it */
};

static enum net_wish begin(void *context, const struct net_head *head)
{
    struct sink *sink = context;
    sink->begins++;
    sink->status = head->status;
    sink->content_length = head->content_length;
    const char *type = net_answer_header(head->answer, "content-type");
    assert_string_equal(type == NULL ? "" : type, head->content_type);
    if (sink->release_at_begin != NULL)
        peer_release(sink->release_at_begin);
    return sink->wish;
}

static char expected_byte(int64_t place)
{
    return (char)(place + (place >> 12));
}

static int take(void *context, const void *data, size_t len, struct error *err)
{
    struct sink *sink = context;
    const char *bytes = data;
    for (size_t i = 0; i < len; i++) {
        int64_t place = sink->bytes + (int64_t)i;
        if (place < (int64_t)sizeof sink->text - 1)
            sink->text[place] = bytes[i];
        sink->wrong = sink->wrong || bytes[i] != expected_byte(place);
    }
    sink->bytes += (int64_t)len;
    sink->blocks++;
    sink->longest = len > sink->longest ? len : sink->longest;
    if (sink->fail_at >= 0 && sink->bytes >= sink->fail_at)
        return error_set(err, ERROR_NO_SPACE, "the disk is full");
    return 0;
}

static struct sink new_sink(void)
{
    return (struct sink){.wish = NET_TAKE, .fail_at = -1};
}

static struct net_download download_of(struct fixture *fixture, const char *path, struct sink *sink)
{
    return (struct net_download){
        .request = {.method = "GET", .url = fixture_url(fixture, path), .timeout_ms = 60000},
        .sink = {begin,               take,                                     sink                       },
        .body_max_bytes = INT64_C(1) << 40,
        .stall_ms = 0,
        .stall_bytes = 1,
    };
}

static struct net_answer
run(struct fixture *fixture, const struct net_download *download, bool *end_marked)
{
    struct net_answer answer = {0};
    struct error err = {0};
    int failed = net_download(fixture->net, download, fixture->arena, &answer, end_marked, &err);
    assert_string_equal(err.message, "");
    assert_int_equal(failed, 0);
    return answer;
}

static void hands_on_a_long_body_in_blocks(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open(NULL);
    static const struct {
        const char *path;
        int64_t bytes;
    } cases[] = {
        {"/bytes?0",        0       },
        {"/bytes?1",        1       },
        {"/bytes?65536",    65536   },
        {"/bytes?131072",   131072  },
        {"/bytes?131073",   131073  },
        {"/bytes?20000001", 20000001},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sink sink = new_sink();
        struct net_download download = download_of(&fixture, cases[i].path, &sink);
        bool end_marked = false;
        struct net_answer answer = run(&fixture, &download, &end_marked);
        assert_int_equal(answer.result, NET_ANSWERED);
        assert_int_equal(answer.status, 200);
        assert_int_equal(answer.body_len, 0);
        assert_true(end_marked);
        assert_int_equal(sink.begins, 1);
        assert_int_equal(sink.content_length, cases[i].bytes);
        assert_int_equal(sink.bytes, cases[i].bytes);
        assert_false(sink.wrong);
        assert_true(sink.longest <= 131072);
        assert_true(sink.blocks <= (unsigned)(cases[i].bytes / 65536) + 1);
    }
    assert_int_equal(peer_connections(fixture.peer), 1); /* kept alive */
    fixture_close(&fixture);
}

/* The server sends no faster than it is taken: what is between is what sockets and our buffers hold. */
struct slow {
    struct sink sink;
    struct fixture *fixture;
};

static int
take_after_another_request(void *context, const void *data, size_t len, struct error *err)
{
    struct slow *slow = context;
    struct net_answer answer =
        fixture_get(slow->fixture, "/ok"); /* the net thread is not blocked */
    assert_int_equal(answer.status, 200);
    return take(&slow->sink, data, len, err);
}

static enum net_wish begin_slow(void *context, const struct net_head *head)
{
    struct slow *slow = context;
    return begin(&slow->sink, head);
}

static void lets_others_go_on_while_the_disk_is_slow(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open(NULL);
    struct slow slow = {new_sink(), &fixture};
    struct net_download download = download_of(&fixture, "/bytes?3000000", &slow.sink);
    download.sink = (struct net_sink){begin_slow, take_after_another_request, &slow};
    struct net_answer answer = run(&fixture, &download, NULL);
    assert_int_equal(answer.result, NET_ANSWERED);
    assert_int_equal(slow.sink.bytes, 3000000);
    assert_false(slow.sink.wrong);
    fixture_close(&fixture);
}

static void tells_what_is_cut_off(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open(NULL);
    static const char *const paths[] = {"/truncated", "/cut-chunk", "/broken-headers", "/reset"};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        struct sink sink = new_sink();
        struct net_download download = download_of(&fixture, paths[i], &sink);
        struct net_answer answer = run(&fixture, &download, NULL);
        assert_int_equal(answer.result, NET_UNKNOWN);
        assert_string_not_equal(answer.problem, "");
    }
    fixture_close(&fixture);
}

static void says_when_nothing_marks_the_end(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open(NULL);
    struct sink sink = new_sink();
    struct net_download download = download_of(&fixture, "/unmarked", &sink);
    bool end_marked = true;
    struct net_answer answer = run(&fixture, &download, &end_marked);
    assert_int_equal(answer.result, NET_ANSWERED);
    assert_false(end_marked);
    assert_int_equal(sink.content_length, -1);
    assert_string_equal(sink.text, "abc");
    sink = new_sink();
    download = download_of(&fixture, "/long-chunked", &sink);
    (void)run(&fixture, &download, &end_marked);
    assert_true(end_marked);
    assert_int_equal(sink.bytes, 65536);
    fixture_close(&fixture);
}

static void leaves_a_body_that_is_not_wanted(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open(NULL);
    static const struct {
        const char *path;
        int status;
        unsigned connections;
    } cases[] = {
        {"/html",            502, 1},
        {"/bytes?1000",      200, 1}, /* short: read and dropped */
        {"/bytes?500000000", 200, 1}, /* long: the connection is closed */
        {"/ok",              200, 2},
        {"/busy",            429, 2},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sink sink = new_sink();
        sink.wish = NET_LEAVE;
        struct net_download download = download_of(&fixture, cases[i].path, &sink);
        struct net_answer answer = run(&fixture, &download, NULL);
        assert_int_equal(answer.result, NET_ANSWERED);
        assert_int_equal(answer.status, cases[i].status);
        assert_int_equal(sink.status, cases[i].status);
        assert_int_equal(sink.blocks, 0);
        assert_int_equal(peer_connections(fixture.peer), cases[i].connections);
        if (cases[i].status == 429)
            assert_int_equal(answer.retry_after_ms, 7000);
    }
    fixture_close(&fixture);
}

static void ends_when_it_cannot_be_kept(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open(NULL);
    struct sink sink = new_sink();
    struct net_download download = download_of(&fixture, "/bytes?100000000", &sink);
    struct net_answer answer = {0};
    struct error err = {0};
    sink.fail_at = 300000;
    assert_int_equal(net_download(fixture.net, &download, fixture.arena, &answer, NULL, &err), -1);
    assert_int_equal(err.kind, ERROR_NO_SPACE);
    assert_true(sink.bytes < 600000);
    fixture_close(&fixture);
}

static void takes_no_more_than_it_may(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open(NULL);
    static const int64_t most[] = {99999, 100000};
    for (size_t i = 0; i < ARRAY_LEN(most); i++) {
        struct sink sink = new_sink();
        struct net_download download = download_of(&fixture, "/bytes?100000", &sink);
        download.body_max_bytes = most[i];
        struct net_answer answer = run(&fixture, &download, NULL);
        assert_int_equal(answer.result, i == 0 ? NET_UNKNOWN : NET_ANSWERED);
        assert_true(sink.bytes <= most[i]);
    }
    fixture_close(&fixture);
}

static void gives_up_when_it_comes_too_slowly(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open(NULL);
    struct sink sink = new_sink();
    struct net_download download = download_of(&fixture, "/halves", &sink);
    download.stall_ms = 50;
    struct net_answer answer = run(&fixture, &download, NULL);
    assert_int_equal(answer.result, NET_UNKNOWN);
    assert_non_null(strstr(answer.problem, "slowly"));
    download.request.url = fixture_url(&fixture, "/hold"); /* not even a head */
    answer = run(&fixture, &download, NULL);
    assert_non_null(strstr(answer.problem, "slowly"));
    sink = new_sink(); /* the other half comes as soon as there is a head */
    sink.release_at_begin = fixture.peer;
    download = download_of(&fixture, "/halves", &sink);
    download.stall_ms = 10000;
    answer = run(&fixture, &download, NULL);
    assert_int_equal(answer.result, NET_ANSWERED);
    assert_string_equal(sink.text, "abcd");
    fixture_close(&fixture);
}

static void ends_at_its_deadline(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open(NULL);
    struct sink sink = new_sink();
    struct net_download download = download_of(&fixture, "/halves", &sink);
    download.request.timeout_ms = 50;
    struct net_answer answer = run(&fixture, &download, NULL);
    assert_int_equal(answer.result, NET_UNKNOWN);
    assert_non_null(strstr(answer.problem, "timed out"));
    fixture_close(&fixture);
}

static void refuses_what_may_not_be_sent(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open(NULL);
    struct sink sink = new_sink();
    struct net_download download = download_of(&fixture, "/ok", &sink);
    struct net_answer answer = {0};
    struct error err = {0};
    download.request.url = "http://example.com/";
    assert_int_equal(net_download(fixture.net, &download, fixture.arena, &answer, NULL, &err), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
    assert_int_equal(sink.begins, 0);
    fixture_close(&fixture);
}

static void says_where_a_redirect_leads(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    static const struct {
        const char *from, *location, *to; /* NULL: refused */
        bool same;
    } cases[] = {
        {"https://a.example.com/x/y", "/z?q=1",                      "https://a.example.com/z?q=1", true },
        {"https://a.example.com/x/y", "z#f",                         "https://a.example.com/x/z",   true },
        {"https://a.example.com/x",   "https://a.example.com:443/z", "https://a.example.com:443/z",
         true                                                                                            },
        {"https://a.example.com/x",   "https://A.EXAMPLE.com/z",     "https://A.EXAMPLE.com/z",     true },
        {"https://a.example.com/x",   "https://b.example.com/z",     "https://b.example.com/z",     false},
        {"https://a.example.com/x",   "//b.example.com/z",           "https://b.example.com/z",     false},
        {"https://a.example.com/x",   "https://a.example.com:444/z", "https://a.example.com:444/z",
         false                                                                                           },
        {"https://a.example.com/x",   "http://a.example.com/z",      NULL,                          false},
        {"https://a.example.com/x",   "http://127.0.0.1:80/z",       "http://127.0.0.1:80/z",       false},
        {"https://a.example.com/x",   "file:///etc/passwd",          NULL,                          false},
        {"https://a.example.com/x",   "https://u:p@a.example.com/",  NULL,                          false},
        {"https://a.example.com/x",   "",                            NULL,                          false},
        {"https://a.example.com/x",   NULL,                          NULL,                          false},
        {"http://127.0.0.1:8080/x",   "/y",                          "http://127.0.0.1:8080/y",     true },
        {"http://127.0.0.1:8080/x",   "http://localhost:8080/y",     "http://localhost:8080/y",     false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *to = NULL;
        bool same = false;
        struct error err = {0};
        int failed = net_redirect(cases[i].from, cases[i].location, arena, &to, &same, &err);
        if (failed != (cases[i].to == NULL ? -1 : 0))
            fail_msg("%s: %s", cases[i].location, err.message);
        if (failed < 0)
            continue;
        assert_string_equal(to, cases[i].to);
        assert_int_equal(same, cases[i].same);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_on_a_long_body_in_blocks),
        cmocka_unit_test(lets_others_go_on_while_the_disk_is_slow),
        cmocka_unit_test(tells_what_is_cut_off),
        cmocka_unit_test(says_when_nothing_marks_the_end),
        cmocka_unit_test(leaves_a_body_that_is_not_wanted),
        cmocka_unit_test(ends_when_it_cannot_be_kept),
        cmocka_unit_test(takes_no_more_than_it_may),
        cmocka_unit_test(gives_up_when_it_comes_too_slowly),
        cmocka_unit_test(ends_at_its_deadline),
        cmocka_unit_test(refuses_what_may_not_be_sent),
        cmocka_unit_test(says_where_a_redirect_leads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
