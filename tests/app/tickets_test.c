/* Tickets: good once, for a while, with the rights of whoever fetched them, and never many. */
#include "app/tickets.h"

#include <stdio.h>
#include <string.h>

#include "core/limits.h"
#include "support/cmocka_all.h"

enum { TTL_MS = 1000 };

static struct arena *arena;
static struct tickets *tickets;

static int start(void **state)
{
    (void)state;
    arena = arena_create();
    tickets = tickets_create(TTL_MS);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    tickets_free(tickets);
    arena_free(arena);
    return 0;
}

static struct caller caller_of(const char *owner)
{
    return (struct caller){.kind = CALLER_JWT,
                           .owner = owner,
                           .name = "Alice",
                           .identity = "alice",
                           .group = "sales",
                           .until_ms = 100 * TTL_MS,
                           .scopes = 1u << SCOPE_CALLS_READ};
}

static const char *issue(const char *owner, int64_t now_ms)
{
    struct ticket ticket;
    struct error err = {0};
    const struct caller caller = caller_of(owner);
    assert_int_equal(tickets_issue(tickets, &caller, now_ms, arena, &ticket, &err), 0);
    assert_int_equal(ticket.expires_at_ms, now_ms + TTL_MS);
    return ticket.text;
}

static bool use(const char *text, int64_t now_ms, const struct caller **out)
{
    struct error err = {0};
    const struct caller *caller = NULL;
    int result = tickets_use(tickets, text, now_ms, arena, &caller, &err);
    assert_int_equal(err.kind, result < 0 ? ERROR_UNAUTHENTICATED : ERROR_NONE);
    if (out != NULL)
        *out = caller;
    return result == 0;
}

static void is_good_once_with_the_rights_of_its_owner(void **state)
{
    (void)state;
    const struct caller *caller;
    const char *text = issue("user:alice", 0);
    const char *another = issue("user:bob", 0);
    assert_string_not_equal(text, another);
    assert_true(use(text, 1, &caller));
    assert_string_equal(caller->owner, "user:alice");
    assert_string_equal(caller->group, "sales");
    assert_int_equal(caller->until_ms, 100 * TTL_MS);
    assert_int_equal(caller->scopes, 1u << SCOPE_CALLS_READ);
    assert_false(use(text, 1, NULL));
    assert_true(use(another, 1, &caller));
    assert_string_equal(caller->owner, "user:bob");
}

static void is_not_good_for_long(void **state)
{
    (void)state;
    assert_true(use(issue("a", 0), TTL_MS - 1, NULL));
    assert_false(use(issue("a", 0), TTL_MS, NULL));
}

/* Neither what it says nor what it does goes beyond the rights that it was fetched with. */
static void ends_with_the_rights_of_its_owner(void **state)
{
    (void)state;
    struct ticket ticket;
    struct error err = {0};
    struct caller caller = caller_of("user:alice");
    caller.until_ms = 99;
    assert_int_equal(tickets_issue(tickets, &caller, 0, arena, &ticket, &err), 0);
    assert_int_equal(ticket.expires_at_ms, 99);
    assert_false(use(ticket.text, 99, NULL));
    assert_true(use(ticket.text, 98, NULL));
}

static void nobody_can_make_one(void **state)
{
    (void)state;
    char text[64];
    (void)snprintf(text, sizeof text, "%s", issue("a", 0));
    text[0] = text[0] == 'A' ? 'B' : 'A';
    const char *const others[] = {text, "", "A", "nonsense"};
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        assert_false(use(others[i], 0, NULL));
}

static void there_are_never_many(void **state)
{
    (void)state;
    char owner[32];
    struct ticket ticket;
    struct error err = {0};
    for (int i = 0; i < LIMIT_TICKETS; i++) {
        (void)snprintf(owner, sizeof owner, "user:%d", i / LIMIT_TICKETS_OF_CALLER);
        (void)issue(owner, i / LIMIT_TICKETS_OF_CALLER);
    }
    const struct caller late = caller_of("user:late");
    assert_int_equal(tickets_issue(tickets, &late, 20, arena, &ticket, &err), -1);
    assert_int_equal(err.kind, ERROR_RATE_LIMITED);
    assert_int_equal(err.retry_after_s, 1);
    (void)issue("user:late", TTL_MS); /* the oldest are gone by then */
}

static void one_caller_does_not_take_them_all(void **state)
{
    (void)state;
    struct ticket ticket;
    struct error err = {0};
    const char *last = NULL;
    const struct caller greedy = caller_of("greedy");
    for (int i = 0; i < LIMIT_TICKETS_OF_CALLER; i++)
        last = issue("greedy", 0);
    assert_int_equal(tickets_issue(tickets, &greedy, 0, arena, &ticket, &err), -1);
    assert_int_equal(err.kind, ERROR_RATE_LIMITED);
    (void)issue("modest", 0);
    assert_true(use(last, 0, NULL));
    (void)issue("greedy", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_good_once_with_the_rights_of_its_owner, start, stop),
        cmocka_unit_test_setup_teardown(is_not_good_for_long, start, stop),
        cmocka_unit_test_setup_teardown(ends_with_the_rights_of_its_owner, start, stop),
        cmocka_unit_test_setup_teardown(nobody_can_make_one, start, stop),
        cmocka_unit_test_setup_teardown(there_are_never_many, start, stop),
        cmocka_unit_test_setup_teardown(one_caller_does_not_take_them_all, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
