/* Asking after the end of a call, for what Twilio knows only then. */
#include "core/text.h"
#include "jobs/runner.h"
#include "support/house.h"

#define CALLEE "+14155550100"
#define PRICE "-0.0140"

enum { AGO_S = 300, TALKED_S = 40, ATTEMPTS = 3 };

static const char *const settings[] = {"SWITCHHOOK_SETTLE_AFTER_MS=20",
                                       "SWITCHHOOK_SETTLE_ATTEMPTS=3", NULL};

static int open_house(void **state)
{
    static struct house house;
    house_open(&house, settings);
    *state = &house;
    return 0;
}

static int shut_house(void **state)
{
    house_close(*state);
    return 0;
}

struct settled {
    struct house *house;
    char root[35];
    char child[35];
    int64_t began_ms;
};

/* A browser's call that the callee has answered, as far as we are told. */
static struct settled talking(struct house *house)
{
    struct settled s = {.house = house, .began_ms = app_now_ms(house->app) - AGO_S * 1000};
    fake_new_sid(s.root, "CA");
    fake_new_sid(s.child, "CA");
    struct fields first = house_form(house, "CallSid", s.root, "From", "client:alice", "To", CALLEE,
                                     "Direction", "inbound", "CallStatus", "ringing", NULL);
    assert_int_equal(house_post(house, "/twiml", &first, NULL).status, 200);
    struct fields answer =
        house_form(house, "CallSid", s.child, "ParentCallSid", s.root, "CallStatus", "in-progress",
                   "SequenceNumber", "2", "Direction", "outbound-dial", NULL);
    assert_int_equal(house_post(house, "/webhooks/call-status", &answer, NULL).status, 204);
    return s;
}

static void put(const struct settled *s, bool child, const char *price)
{
    struct fake_call call = {
        .created_ms = s->began_ms,
        .started_ms = s->began_ms + 1000,
        .ended_ms = s->began_ms + (TALKED_S + 1) * 1000,
        .duration_s = TALKED_S,
        .from = "client:alice",
        .to = CALLEE,
        .status = "completed",
    };
    (void)snprintf(call.sid, sizeof(call.sid), "%s", child ? s->child : s->root);
    (void)snprintf(call.parent_sid, sizeof(call.parent_sid), "%s", child ? s->root : "");
    (void)snprintf(call.price, sizeof(call.price), "%s", price);
    fake_put_call(s->house->twilio, &call);
}

/* At Twilio it is over. */
static void end_at_twilio(const struct settled *s, const char *price)
{
    put(s, false, price);
    put(s, true, "");
}

static void assert_all_is_known(const struct settled *s, const char *price)
{
    struct call_row call = house_call(s->house, s->root);
    struct leg_row leg = house_legs(s->house, s->root).items[0];
    assert_int_equal(call.root.status, CALL_STATUS_COMPLETED);
    assert_string_equal(call.price == NULL ? "" : call.price, price);
    assert_int_equal(leg.state.status, CALL_STATUS_COMPLETED);
    assert_int_equal(leg.state.duration_s, TALKED_S);
    assert_int_equal(house_dead_jobs(s->house).count, 0);
}

/* Once it has been asked in vain, the price is known. An attempt asks for the call first, then for a list. */
static void price_comes_after_a_question(const struct settled *s)
{
    fake_await(s->house->twilio, FAKE_LIST, 1);
    put(s, false, PRICE);
    house_settle(s->house);
    assert_all_is_known(s, PRICE);
}

static void learns_a_price_that_comes_late_and_how_long_a_leg_was(void **state)
{
    struct settled s = talking(*state);
    end_at_twilio(&s, "");
    assert_int_equal(house_status(s.house, NULL, s.root, "completed", "0").status, 204);
    price_comes_after_a_question(&s);
    assert_true(fake_count(s.house->twilio, FAKE_FETCH) <= ATTEMPTS);
}

static void asks_no_more_often_than_said(void **state)
{
    struct settled s = talking(*state);
    end_at_twilio(&s, "");
    assert_int_equal(house_status(s.house, NULL, s.root, "completed", "0").status, 204);
    house_settle(s.house);
    assert_int_equal(fake_count(s.house->twilio, FAKE_FETCH), ATTEMPTS);
    assert_all_is_known(&s, "");
}

static void does_not_wait_for_a_price_of_what_was_not_answered(void **state)
{
    struct settled s = talking(*state);
    end_at_twilio(&s, "");
    assert_int_equal(house_status(s.house, NULL, s.root, "no-answer", "0").status, 204);
    house_settle(s.house);
    assert_int_equal(fake_count(s.house->twilio, FAKE_FETCH), 1);
}

static int make_due(struct store_tx *tx, void *work, struct error *err)
{
    struct call_row *call = work;
    call->due_at_ms = 1;
    return store_update_call(tx, call, err);
}

static void follows_an_end_that_was_asked_for(void **state)
{
    struct settled s = talking(*state);
    struct call_row call = house_call(s.house, s.root);
    end_at_twilio(&s, "");
    house_apply(s.house, make_due, &call);
    price_comes_after_a_question(&s);
    assert_true(fake_count(s.house->twilio, FAKE_FETCH) >= 2);
}

static void follows_an_end_that_was_listed(void **state)
{
    struct settled s = talking(*state);
    end_at_twilio(&s, "");
    runner_reconcile(s.house->app->runner);
    fake_await(s.house->twilio, FAKE_FETCH, 1);
    house_settle(s.house);
    assert_all_is_known(&s, "");
    assert_int_equal(fake_count(s.house->twilio, FAKE_FETCH), ATTEMPTS);
}

static void asks_nothing_of_what_a_list_has_told_in_full(void **state)
{
    struct settled s = talking(*state);
    end_at_twilio(&s, PRICE);
    runner_reconcile(s.house->app->runner);
    house_settle(s.house);
    assert_int_equal(fake_count(s.house->twilio, FAKE_FETCH), 0);
    assert_all_is_known(&s, PRICE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_house, shut_house)
        TEST(learns_a_price_that_comes_late_and_how_long_a_leg_was),
        TEST(asks_no_more_often_than_said),
        TEST(does_not_wait_for_a_price_of_what_was_not_answered),
        TEST(follows_an_end_that_was_asked_for),
        TEST(follows_an_end_that_was_listed),
        TEST(asks_nothing_of_what_a_list_has_told_in_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
