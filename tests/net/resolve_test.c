/*
 * A name server that does not answer holds up nobody but those who asked it. The C library's
 * resolver is replaced by one of this program's, which knows no name and answers only when it is
 * told to.
 */
#include <netdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "core/lock.h"
#include "net/fixture.h"
#include "support/cmocka_all.h"

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    unsigned asked;
    unsigned answered;
    bool stuck;
} resolver = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

int getaddrinfo(const char *name,
                const char *service,
                const struct addrinfo *hints,
                struct addrinfo **out)
{
    (void)service;
    (void)hints;
    *out = NULL;
    auto_unlock pthread_mutex_t *held = lock(&resolver.mutex);
    resolver.asked++;
    while (resolver.stuck && strcmp(name, "stuck.example.com") == 0)
        (void)pthread_cond_wait(&resolver.changed, &resolver.mutex);
    resolver.answered++;
    (void)pthread_cond_broadcast(&resolver.changed);
    return EAI_NONAME;
}

static void set_stuck(bool stuck)
{
    auto_unlock pthread_mutex_t *held = lock(&resolver.mutex);
    resolver.stuck = stuck;
    (void)pthread_cond_broadcast(&resolver.changed);
}

/* Until no thread is in there any more. */
static void await_all_answered(void)
{
    auto_unlock pthread_mutex_t *held = lock(&resolver.mutex);
    while (resolver.answered < resolver.asked)
        (void)pthread_cond_wait(&resolver.changed, &resolver.mutex);
}

static void an_unknown_name_is_never_sent(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open(NULL);
    struct net_request request = {.method = "POST", .url = "https://unknown.example.com/hunter2"};
    struct net_answer answer = fixture_fetch(&fixture, &request);
    assert_int_equal(answer.result, NET_NEVER_SENT);
    assert_non_null(strstr(answer.problem, "unknown.example.com"));
    assert_null(strstr(answer.problem, "hunter2"));
    assert_int_equal(resolver.asked, 1);
    fixture_close(&fixture);
}

/* Without CURLOPT_QUICK_EXIT the net thread would wait for the resolver when the first request's
 * time is over. */
static void a_stuck_name_holds_up_nobody_else(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open(NULL);
    struct net_request request = {
        .method = "POST",
        .url = "https://stuck.example.com/",
        .timeout_ms = 50,
    };
    set_stuck(true);
    assert_int_equal(fixture_fetch(&fixture, &request).result, NET_NEVER_SENT);
    assert_int_equal(fixture_get(&fixture, "/ok").result, NET_ANSWERED);
    fixture_close(&fixture);
    set_stuck(false);
    await_all_answered();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_name_is_never_sent),
        cmocka_unit_test(a_stuck_name_holds_up_nobody_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
