#include "net/fixture.h"

#include <string.h>

#include "support/cmocka_all.h"

struct net_settings fixture_settings(void)
{
    return (struct net_settings){
        .user_agent = "switchhook-test",
        .connect_timeout_ms = 20000,
        .total_timeout_ms = 30000,
        .in_flight_max = 8,
        .queue_max = 8,
        .reply_max_bytes = 1000,
        .connection_age_max_ms = 60000,
    };
}

struct fixture fixture_open(const struct net_settings *settings)
{
    struct error err = {0};
    struct net_settings usual = fixture_settings();
    struct fixture fixture = {
        .peer = peer_start(),
        .metrics = metrics_create(),
        .arena = arena_create(),
    };
    int failed =
        net_create(settings == NULL ? &usual : settings, fixture.metrics, &fixture.net, &err);
    assert_string_equal(err.message, "");
    assert_int_equal(failed, 0);
    return fixture;
}

void fixture_close(struct fixture *fixture)
{
    net_free(fixture->net);
    peer_stop(fixture->peer);
    metrics_free(fixture->metrics);
    arena_free(fixture->arena);
}

const char *fixture_url(struct fixture *fixture, const char *path)
{
    return arena_printf(fixture->arena, "http://127.0.0.1:%u%s", peer_port(fixture->peer), path);
}

struct net_answer fixture_fetch(struct fixture *fixture, const struct net_request *request)
{
    struct error err = {0};
    struct net_answer answer = {0};
    int failed = net_fetch(fixture->net, request, fixture->arena, &answer, &err);
    assert_string_equal(err.message, "");
    assert_int_equal(failed, 0);
    assert_non_null(answer.body);
    assert_non_null(answer.content_type);
    assert_int_equal(answer.body[answer.body_len], '\0');
    assert_int_equal(answer.problem[0] == '\0', answer.result == NET_ANSWERED);
    return answer;
}

struct net_answer fixture_get(struct fixture *fixture, const char *path)
{
    struct net_request request = {.method = "GET", .url = fixture_url(fixture, path)};
    return fixture_fetch(fixture, &request);
}

struct net_answer fixture_post(struct fixture *fixture, const char *path, const char *body)
{
    struct net_request request = {
        .method = "POST",
        .url = fixture_url(fixture, path),
        .content_type = "application/x-www-form-urlencoded",
        .body = body,
        .body_len = strlen(body),
    };
    return fixture_fetch(fixture, &request);
}

static void must_not_be_called(void *context, const struct net_answer *answer)
{
    (void)context;
    (void)answer;
    fail_msg("a refused request was answered");
}

const char *fixture_refusal(struct fixture *fixture, const struct net_request *request)
{
    struct error err = {0};
    if (net_start(fixture->net, request, must_not_be_called, NULL, &err) == 0)
        fail_msg("taken: %s %s", request->method, request->url);
    return arena_printf(fixture->arena, "%s %s %s", error_info(err.kind)->name, err.field,
                        err.message);
}
