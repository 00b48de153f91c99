/*
 * Who is believed to be api.twilio.com. Certificates are made for each run with the openssl
 * command, which also plays the server; without it the tests are skipped.
 */
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/arena.h"
#include "net/fixture.h"
#include "support/cmocka_all.h"

enum { ARGS_MAX = 32 };

/* A directory of keys and certificates, and a server that uses them. */
struct stand_in {
    char dir[64];
    struct arena *arena;
    pid_t server;
    unsigned port;
    FILE *said; /* kept open, or what it says would end it */
};

/* The words of `command`, with `@` for the directory. */
static pid_t spawn(const struct stand_in *stand_in, const char *command, int out_fd)
{
    char *words[ARGS_MAX] = {0};
    size_t count = 0;
    char *rest = arena_strdup(stand_in->arena, command);
    for (char *word = strtok_r(rest, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        assert_true(count < ARGS_MAX - 1);
        words[count++] =
            word[0] == '@' ? arena_printf(stand_in->arena, "%s%s", stand_in->dir, word + 1) : word;
    }
    ASSERT(words[0] != NULL);
    posix_spawn_file_actions_t actions;
    pid_t pid = -1;
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    (void)posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    (void)posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    if (out_fd >= 0)
        (void)posix_spawn_file_actions_adddup2(&actions, out_fd, 1);
    int failed = posix_spawnp(&pid, words[0], &actions, NULL, words, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    return failed == 0 ? pid : -1;
}

/* The exit status, 127 if there is no such program. */
static int run(const struct stand_in *stand_in, const char *command)
{
    int status = 0;
    pid_t pid = spawn(stand_in, command, -1);
    if (pid < 0)
        return 127;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

#define NEW_KEY "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
#define NEW_CA NEW_KEY "-addext keyUsage=critical,keyCertSign "

static int make_certificates(const struct stand_in *stand_in)
{
    static const char *const commands[] = {
        NEW_CA "-subj /CN=test-root -keyout @/ca.key -out @/ca.pem",
        NEW_CA "-subj /CN=other-root -keyout @/other.key -out @/other.pem",
        NEW_KEY "-subj /CN=stand-in -CA @/ca.pem -CAkey @/ca.key -addext "
                "subjectAltName=DNS:api.twilio.com -addext basicConstraints=critical,CA:FALSE "
                "-keyout @/server.key -out @/server.pem",
    };
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        int status = run(stand_in, commands[i]);
        if (status != 0)
            return status;
    }
    return 0;
}

/* The server says "ACCEPT 127.0.0.1:PORT" when it is ready. It ends by itself if this program
 * cannot end it. */
static void start_server(struct stand_in *stand_in)
{
    int out[2];
    char line[256];
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    stand_in->server = spawn(stand_in,
                             "timeout 60 openssl s_server -accept 127.0.0.1:0 -cert @/server.pem "
                             "-key @/server.key -www",
                             out[1]);
    assert_true(stand_in->server > 0);
    (void)close(out[1]);
    stand_in->said = fdopen(out[0], "r");
    assert_non_null(stand_in->said);
    while (stand_in->port == 0 && fgets(line, sizeof line, stand_in->said) != NULL) {
        if (strncmp(line, "ACCEPT 127.0.0.1:", 17) == 0)
            stand_in->port = (unsigned)strtoul(line + 17, NULL, 10);
    }
    assert_int_not_equal(stand_in->port, 0);
}

static int set_up(void **state)
{
    static struct stand_in stand_in = {.dir = "/tmp/switchhook-tls-XXXXXX"};
    assert_non_null(mkdtemp(stand_in.dir));
    stand_in.arena = arena_create();
    int status = make_certificates(&stand_in);
    if (status != 127) {
        assert_int_equal(status, 0);
        start_server(&stand_in);
    }
    *state = &stand_in;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const files[] = {"ca.key",    "ca.pem",     "other.key",
                                        "other.pem", "server.key", "server.pem"};
    struct stand_in *stand_in = *state;
    if (stand_in->server > 0) {
        (void)kill(stand_in->server, SIGTERM);
        (void)waitpid(stand_in->server, NULL, 0);
        (void)fclose(stand_in->said);
    }
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        (void)unlink(arena_printf(stand_in->arena, "%s/%s", stand_in->dir, files[i]));
    (void)rmdir(stand_in->dir);
    arena_free(stand_in->arena);
    return 0;
}

/* Ask the stand-in for https://HOST/ while trusting CA. */
static struct net_answer ask(const struct stand_in *stand_in, const char *host, const char *ca)
{
    if (stand_in->port == 0)
        skip();
    struct error err = {0};
    struct net *net = NULL;
    struct net_answer answer = {0};
    struct net_settings settings = fixture_settings();
    settings.reply_max_bytes = KiB(64);
    settings.ca_file =
        ca == NULL ? NULL : arena_printf(stand_in->arena, "%s/%s", stand_in->dir, ca);
    settings.connect_to =
        arena_printf(stand_in->arena, "%s:443:127.0.0.1:%u", host, stand_in->port);
    struct net_request request = {
        .method = "GET",
        .url = arena_printf(stand_in->arena, "https://%s/hunter2", host),
    };
    assert_int_equal(net_create(&settings, NULL, &net, &err), 0);
    assert_int_equal(net_fetch(net, &request, stand_in->arena, &answer, &err), 0);
    net_free(net);
    assert_null(strstr(answer.problem, "hunter2"));
    return answer;
}

static void the_right_issuer_and_name_are_believed(void **state)
{
    struct net_answer answer = ask(*state, "api.twilio.com", "ca.pem");
    assert_string_equal(answer.problem, "");
    assert_int_equal(answer.result, NET_ANSWERED);
    assert_int_equal(answer.status, 200);
}

static void another_issuer_is_never_sent_anything(void **state)
{
    struct net_answer answer = ask(*state, "api.twilio.com", "other.pem");
    assert_int_equal(answer.result, NET_NEVER_SENT);
    assert_non_null(strstr(answer.problem, "certificate"));
}

static void the_systems_roots_do_not_know_the_stand_in(void **state)
{
    assert_int_equal(ask(*state, "api.twilio.com", NULL).result, NET_NEVER_SENT);
}

static void another_name_is_never_sent_anything(void **state)
{
    struct net_answer answer = ask(*state, "api.example.com", "ca.pem");
    assert_int_equal(answer.result, NET_NEVER_SENT);
    assert_non_null(strstr(answer.problem, "api.example.com"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_right_issuer_and_name_are_believed),
        cmocka_unit_test(another_issuer_is_never_sent_anything),
        cmocka_unit_test(the_systems_roots_do_not_know_the_stand_in),
        cmocka_unit_test(another_name_is_never_sent_anything),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
