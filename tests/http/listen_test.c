#include "../../src/http/listen.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "http/request.h"
#include "http/response.h"
#include "support/http_guards.h"
#include "support/raw_http.h"

static char directory[64];

static int make_directory(void **state)
{
    (void)state;
    (void)snprintf(directory, sizeof directory, "/tmp/switchhook-listen-XXXXXX");
    assert_non_null(mkdtemp(directory));
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    return rmdir(directory);
}

static const char *in_directory(const char *prefix, const char *name)
{
    static char path[2][128];
    static int turn;
    turn = 1 - turn;
    (void)snprintf(path[turn], sizeof path[turn], "%s%s/%s", prefix, directory, name);
    return path[turn];
}

static void a_wrong_word_is_refused_and_named(void **state)
{
    (void)state;
    char long_path[160] = "unix:/tmp/";
    memset(long_path + strlen(long_path), 'x', 110);
    const char *const words[] = {
        "",
        "8080",
        "127.0.0.1",
        ":8080",
        "127.0.0.1:",
        "127.0.0.1:http",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "::1:8080",
        "[::1]",
        "[]:8080",
        "[::1:8080",
        "192.0.2.1:8080",
        "no host:8080",
        "unix:",
        "unix:/nonexistent/directory/socket",
        long_path,
    };
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        struct listeners listeners = {0};
        struct error err = {0};
        if (listeners_open(&words[i], 1, &listeners, &err) == 0)
            fail_msg("%s was taken", words[i]);
        if (err.kind != ERROR_INVALID || strstr(err.message, words[i]) == NULL)
            fail_msg("%s: %s", words[i], err.message);
    }
}

static void a_taken_port_is_a_conflict(void **state)
{
    (void)state;
    const char *first_word = "127.0.0.1:0";
    struct listeners first = {0};
    struct error err = {0};
    assert_int_equal(listeners_open(&first_word, 1, &first, &err), 0);
    assert_true(first.items[0].port > 0);
    char word[32];
    (void)snprintf(word, sizeof word, "127.0.0.1:%u", first.items[0].port);
    const char *words[] = {"127.0.0.1:0", word};
    struct listeners second = {0};
    assert_int_equal(listeners_open(words, 2, &second, &err), -1);
    assert_int_equal(err.kind, ERROR_CONFLICT);
    assert_non_null(strstr(err.message, word));
    listeners_close(&first);
}

static void a_unix_socket_has_its_mode_and_goes_away(void **state)
{
    (void)state;
    const char *word = in_directory("unix:", "socket");
    struct listeners listeners = {0};
    struct error err = {0};
    mode_t before = umask(077);
    assert_int_equal(listeners_open(&word, 1, &listeners, &err), 0);
    (void)umask(before);
    struct stat status;
    assert_int_equal(stat(in_directory("", "socket"), &status), 0);
    assert_true(S_ISSOCK(status.st_mode));
    assert_int_equal(status.st_mode & 0777, 0660);
    listeners_close(&listeners);
    assert_int_equal(stat(in_directory("", "socket"), &status), -1);
}

static void a_socket_in_use_is_a_conflict(void **state)
{
    (void)state;
    const char *word = in_directory("unix:", "socket");
    struct listeners first = {0};
    struct listeners second = {0};
    struct error err = {0};
    assert_int_equal(listeners_open(&word, 1, &first, &err), 0);
    assert_int_equal(listeners_open(&word, 1, &second, &err), -1);
    assert_int_equal(err.kind, ERROR_CONFLICT);
    listeners_close(&first);
}

/* A crash leaves the file behind. */
static void leave_stale(const char *path)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    (void)close(fd);
}

static void a_stale_socket_is_replaced(void **state)
{
    (void)state;
    const char *word = in_directory("unix:", "socket");
    leave_stale(in_directory("", "socket"));
    struct listeners listeners = {0};
    struct error err = {0};
    assert_int_equal(listeners_open(&word, 1, &listeners, &err), 0);
    listeners_close(&listeners);
}

static void closing_removes_only_what_is_its_own(void **state)
{
    (void)state;
    const char *word = in_directory("unix:", "socket");
    struct listeners first = {0};
    struct listeners second = {0};
    struct error err = {0};
    assert_int_equal(listeners_open(&word, 1, &first, &err), 0);
    assert_int_equal(unlink(in_directory("", "socket")), 0);
    assert_int_equal(listeners_open(&word, 1, &second, &err), 0);
    struct stat status;
    listeners_close(&first);
    assert_int_equal(stat(in_directory("", "socket"), &status), 0);
    listeners_close(&second);
    assert_int_equal(stat(in_directory("", "socket"), &status), -1);
}

static void a_file_of_that_name_is_left_alone(void **state)
{
    (void)state;
    int fd = open(in_directory("", "file"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    (void)close(fd);
    const char *word = in_directory("unix:", "file");
    struct listeners listeners = {0};
    struct error err = {0};
    assert_int_equal(listeners_open(&word, 1, &listeners, &err), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
    assert_int_equal(unlink(in_directory("", "file")), 0);
}

static int
peer(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)app;
    (void)err;
    response_text(response, 200, "text/plain", request->peer);
    return 0;
}

static const struct route rows[] = {
    {HTTP_GET, "/", &guard_open, 0, NULL, peer, NULL}
};
static const struct route_table table = {"listen", rows, ARRAY_LEN(rows)};

static void one_server_listens_at_several_places(void **state)
{
    (void)state;
    const char *words[] = {in_directory("unix:", "socket"), "127.0.0.1:0", "localhost:0"};
    const struct http_settings settings = {.listen = words, .listen_count = ARRAY_LEN(words)};
    struct raw_server server = raw_server_start(&table, &settings, NULL);
    static const char get[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    struct raw_connection connection = raw_open_unix(in_directory("", "socket"));
    raw_send(&connection, get);
    assert_string_equal(raw_read(&connection).body, "unix");
    raw_close(&connection);
    assert_string_equal(raw_ask(server.port, get).body, "127.0.0.1");
    raw_server_stop(&server);
}

static void sockets_that_were_passed_outlive_the_server(void **state)
{
    (void)state;
    enum { FIRST_PASSED = 3 };
    int kept = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(kept, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(kept, 8), 0);
    if (kept == FIRST_PASSED)
        kept = dup(kept);
    else
        assert_int_equal(dup2(kept, FIRST_PASSED), FIRST_PASSED);
    char pid[16];
    (void)snprintf(pid, sizeof pid, "%d", (int)getpid());
    assert_int_equal(setenv("LISTEN_PID", pid, 1), 0); // NOLINT(concurrency-mt-unsafe)
    assert_int_equal(setenv("LISTEN_FDS", "1", 1), 0); // NOLINT(concurrency-mt-unsafe)

    const char *word = "systemd";
    const struct http_settings settings = {.listen = &word, .listen_count = 1};
    struct raw_server server = raw_server_start(&table, &settings, NULL);
    unsigned port = server.port;
    assert_string_equal(raw_ask(port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").body, "127.0.0.1");
    raw_server_stop(&server);
    struct raw_connection waiting = raw_open(port); /* for the next instance */
    raw_close(&waiting);
    (void)close(kept);
    assert_int_equal(unsetenv("LISTEN_PID"), 0); // NOLINT(concurrency-mt-unsafe)
    assert_int_equal(unsetenv("LISTEN_FDS"), 0); // NOLINT(concurrency-mt-unsafe)

    struct listeners listeners = {0};
    struct error err = {0};
    assert_int_equal(listeners_open(&word, 1, &listeners, &err), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_word_is_refused_and_named),
        cmocka_unit_test(a_taken_port_is_a_conflict),
        cmocka_unit_test(a_unix_socket_has_its_mode_and_goes_away),
        cmocka_unit_test(a_socket_in_use_is_a_conflict),
        cmocka_unit_test(a_stale_socket_is_replaced),
        cmocka_unit_test(closing_removes_only_what_is_its_own),
        cmocka_unit_test(a_file_of_that_name_is_left_alone),
        cmocka_unit_test(one_server_listens_at_several_places),
        cmocka_unit_test(sockets_that_were_passed_outlive_the_server),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
