/*
 * The test plays the service manager. Passed sockets are looked for in children, whose descriptors
 * are at our disposal.
 */
#include "core/notify.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/cmocka_all.h"

static void set(const char *name, const char *value)
{
    if (value == NULL)
        (void)unsetenv(name); // NOLINT(concurrency-mt-unsafe)
    else
        (void)setenv(name, value, 1); // NOLINT(concurrency-mt-unsafe)
}

static void set_number(const char *name, long value)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%ld", value);
    set(name, text);
}

/* A manager's end at that place; `@` is the abstract name space. */
static int manager_listen(const char *where)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t bytes = strlen(where);
    memcpy(address.sun_path, where, bytes);
    if (where[0] == '@')
        address.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + bytes);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    return fd;
}

static void what_is_said_arrives_at_both_kinds_of_address(void **state)
{
    (void)state;
    char directory[] = "/tmp/switchhook-notify-XXXXXX";
    char path[64];
    char name[64];
    assert_non_null(mkdtemp(directory));
    (void)snprintf(path, sizeof path, "%s/s", directory);
    (void)snprintf(name, sizeof name, "@switchhook-notify-%d", (int)getpid());
    const char *const places[] = {path, name};
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        char heard[64] = {0};
        struct error err = {0};
        int fd = manager_listen(places[i]);
        set("NOTIFY_SOCKET", places[i]);
        assert_int_equal(service_notify("READY=1\nSTATUS=ok", &err), 0);
        assert_int_equal(recv(fd, heard, sizeof heard, MSG_DONTWAIT), 17);
        assert_string_equal(heard, "READY=1\nSTATUS=ok");
        (void)close(fd);
        assert_int_equal(service_notify("READY=1", &err), -1);
        assert_int_equal(err.kind, ERROR_UNAVAILABLE);
        assert_int_equal(service_notify("READY=1", NULL), -1);
    }
    (void)unlink(path);
    (void)rmdir(directory);
}

static void without_a_manager_nothing_is_said(void **state)
{
    (void)state;
    static const char *const values[] = {NULL, ""};
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        struct error err = {0};
        set("NOTIFY_SOCKET", values[i]);
        assert_int_equal(service_notify("READY=1", &err), 0);
        assert_int_equal(err.kind, ERROR_NONE);
    }
}

static void an_address_that_is_none_is_refused(void **state)
{
    (void)state;
    char longest[200];
    memset(longest, 'a', sizeof longest);
    longest[0] = '/';
    longest[sizeof longest - 1] = '\0';
    const char *const values[] = {"/", "@", "relative/s", "vsock:2:1", longest};
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        struct error err = {0};
        set("NOTIFY_SOCKET", values[i]);
        assert_int_equal(service_notify("READY=1", &err), -1);
        assert_int_equal(err.kind, ERROR_INVALID);
    }
    set("NOTIFY_SOCKET", NULL);
}

static void the_watchdog_is_fed_twice_as_often_as_asked(void **state)
{
    (void)state;
    char ours[32];
    (void)snprintf(ours, sizeof ours, "%d", (int)getpid());
    const struct {
        const char *us;
        const char *pid;
        int64_t expected_ms;
    } cases[] = {
        {NULL,       NULL, 0    },
        {"",         NULL, 0    },
        {"0",        NULL, 0    },
        {"soon",     NULL, 0    },
        {"30000000", NULL, 15000},
        {"30000000", ours, 15000},
        {"30000000", "1",  0    },
        {"1000",     NULL, 1    },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        set("WATCHDOG_USEC", cases[i].us);
        set("WATCHDOG_PID", cases[i].pid);
        assert_int_equal(service_watchdog_ms(), cases[i].expected_ms);
    }
}

/* What may be found behind descriptor 3. */
enum kind { LISTENER, UNCONNECTED, DATAGRAM, FILE_HANDLE, CLOSED };

static void put_at(enum kind kind, int fd)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int made = -1;
    if (kind == FILE_HANDLE)
        made = open("/dev/null", O_RDONLY | O_CLOEXEC);
    else if (kind != CLOSED)
        made = socket(AF_INET, (kind == DATAGRAM ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
    if (kind == LISTENER &&
        (bind(made, (struct sockaddr *)&any, sizeof any) < 0 || listen(made, 1) < 0))
        _exit(100);
    (void)close(fd);
    if (kind != CLOSED && dup2(made, fd) != fd)
        _exit(101);
}

/* In a child: how many sockets are found, or 50 and the error's kind. 102 if one is not as
 * promised. */
static int found_by_child(const char *fds, bool for_us, const enum kind *kinds, size_t count)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct error err = {0};
        struct service_sockets sockets = {0};
        for (size_t i = 0; i < count; i++)
            put_at(kinds[i], 20 + (int)i); /* out of the way of what the harness has open */
        for (size_t i = 0; i < count; i++) {
            (void)close(3 + (int)i);
            if (kinds[i] != CLOSED && dup2(20 + (int)i, 3 + (int)i) < 0)
                _exit(103);
        }
        set("LISTEN_FDS", fds);
        set_number("LISTEN_PID", (long)getpid() + (for_us ? 0 : 1));
        if (service_listen_fds(&sockets, &err) < 0)
            _exit(50 + (int)err.kind);
        for (size_t i = 0; i < sockets.count; i++) {
            int fd = sockets.fds[i];
            if (fd != 3 + (int)i || !(fcntl(fd, F_GETFL) & O_NONBLOCK) ||
                !(fcntl(fd, F_GETFD) & FD_CLOEXEC))
                _exit(102);
        }
        _exit((int)sockets.count);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void sockets_that_were_opened_for_us_are_taken(void **state)
{
    (void)state;
    static const struct {
        const char *fds;
        bool for_us;
        enum kind kinds[2];
        int expected;
    } cases[] = {
        {"2",  true,  {LISTENER, LISTENER},  2                 },
        {"1",  true,  {LISTENER, CLOSED},    1                 },
        {"0",  true,  {CLOSED, CLOSED},      0                 },
        {"2",  false, {LISTENER, LISTENER},  0                 },
        {"2",  true,  {LISTENER, CLOSED},    50 + ERROR_INVALID},
        {"1",  true,  {UNCONNECTED, CLOSED}, 50 + ERROR_INVALID},
        {"1",  true,  {DATAGRAM, CLOSED},    50 + ERROR_INVALID},
        {"1",  true,  {FILE_HANDLE, CLOSED}, 50 + ERROR_INVALID},
        {"17", true,  {LISTENER, LISTENER},  50 + ERROR_INVALID},
        {"-1", true,  {LISTENER, LISTENER},  50 + ERROR_INVALID},
        {"",   true,  {LISTENER, LISTENER},  50 + ERROR_INVALID},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(found_by_child(cases[i].fds, cases[i].for_us, cases[i].kinds, 2),
                         cases[i].expected);
}

static void without_a_manager_there_are_no_sockets(void **state)
{
    (void)state;
    struct error err = {0};
    struct service_sockets sockets = {.count = 9};
    set("LISTEN_PID", NULL);
    set("LISTEN_FDS", NULL);
    assert_int_equal(service_listen_fds(&sockets, &err), 0);
    assert_int_equal(sockets.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_said_arrives_at_both_kinds_of_address),
        cmocka_unit_test(without_a_manager_nothing_is_said),
        cmocka_unit_test(an_address_that_is_none_is_refused),
        cmocka_unit_test(the_watchdog_is_fed_twice_as_often_as_asked),
        cmocka_unit_test(sockets_that_were_opened_for_us_are_taken),
        cmocka_unit_test(without_a_manager_there_are_no_sockets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
