/* Looking for a call whose placing nobody has heard the end of. */
#include "core/text.h"
#include "jobs/intent.h"

static struct fake_call listed(struct house *house, int64_t created_ms)
{
    struct fake_call call = {.to = CALLEE,
                             .from = HOUSE_NUMBER,
                             .direction = "outbound-api",
                             .status = "ringing",
                             .created_ms = created_ms,
                             .duration_s = -1};
    fake_put_call(house->twilio, &call);
    return call;
}

static const char *lose(struct house *house)
{
    struct intent intent = intend(house, CALL_PLACEMENT_UNKNOWN, JOB_FIND_CALL);
    house_apply(house, intent_insert, &intent);
    return intent.call.id;
}

static void asks_until_twilio_answers(void **state)
{
    enum { OUTAGE = 12 }; /* more than any job has attempts */
    struct house *house = *state;
    struct fake_call call = listed(house, app_now_ms(house->app));
    for (int i = 0; i < OUTAGE; i++)
        fake_next(house->twilio, FAKE_LIST, (struct fake_answer){.status = i % 2 ? 401 : 503});
    const char *id = lose(house);
    house_settle(house);
    assert_int_equal(house_dead_jobs(house).count, 0);
    assert_int_equal(house_call(house, id).placement, CALL_PLACEMENT_PLACED);
    assert_string_equal(house_call(house, id).root_sid, call.sid);
}

static void gives_up_what_twilio_does_not_have(void **state)
{
    struct house *house = *state;
    const char *id = lose(house);
    house_settle(house);
    struct call_row call = house_call(house, id);
    assert_int_equal(call.placement, CALL_PLACEMENT_REFUSED);
    assert_int_equal(call.root.status, CALL_STATUS_FAILED);
    assert_int_equal(call.due_at_ms, 0);
}

static void does_not_take_what_came_later(void **state)
{
    enum { LATER_MS = 10 * 60 * 1000 };
    struct house *house = *state;
    (void)listed(house, app_now_ms(house->app) + LATER_MS);
    const char *id = lose(house);
    house_settle(house);
    assert_int_equal(house_call(house, id).placement, CALL_PLACEMENT_REFUSED);
}

static int insert_call(struct store_tx *tx, void *work, struct error *err)
{
    const struct intent *intent = work;
    return store_insert_call(tx, &intent->call, err);
}

static void does_not_take_the_call_of_one_that_is_being_sent(void **state)
{
    struct house *house = *state;
    struct intent sending = intend(house, CALL_PLACEMENT_SENDING, JOB_PLACE_CALL);
    house_apply(house, insert_call, &sending);
    struct fake_call call = listed(house, sending.call.created_at_ms);
    const char *lost = lose(house);
    fake_await(house->twilio, FAKE_LIST, 3);
    assert_int_equal(house_call(house, lost).placement, CALL_PLACEMENT_UNKNOWN);
    assert_int_equal(house_status(house, sending.call.id, call.sid, "ringing", "1").status, 204);
    house_settle(house);
    assert_int_equal(house_call(house, lost).placement, CALL_PLACEMENT_REFUSED);
    assert_string_equal(house_call(house, sending.call.id).root_sid, call.sid);
}

static void gives_the_first_call_to_who_was_lost_first(void **state)
{
    struct house *house = *state;
    int64_t now_ms = app_now_ms(house->app);
    struct fake_call first = listed(house, now_ms);
    struct fake_call second = listed(house, now_ms + 2000);
    struct intent intents[2];
    for (size_t i = 0; i < ARRAY_LEN(intents); i++)
        intents[i] = intend(house, CALL_PLACEMENT_UNKNOWN, JOB_FIND_CALL);
    house_apply(house, intent_insert, &intents[1]); /* the younger one is looked for first */
    house_apply(house, intent_insert, &intents[0]);
    house_settle(house);
    assert_string_equal(house_call(house, intents[0].call.id).root_sid, first.sid);
    assert_string_equal(house_call(house, intents[1].call.id).root_sid, second.sid);
}

static void takes_over_what_its_own_callbacks_made(void **state)
{
    struct house *house = *state;
    struct intent sending = intend(house, CALL_PLACEMENT_SENDING, JOB_PLACE_CALL);
    struct fake_call call = listed(house, sending.call.created_at_ms);
    /* A callback without our id, as from a document that is not ours. */
    assert_int_equal(house_status(house, NULL, call.sid, "in-progress", "2").status, 204);
    const char *other = arena_strdup(house->arena, house_call(house, call.sid).id);
    house_apply(house, intent_insert, &sending);
    house_settle(house);
    /* The list says it is a call of ours already, so nothing is found; its own callback knows better. */
    assert_int_equal(house_call(house, sending.call.id).placement, CALL_PLACEMENT_REFUSED);
    assert_int_equal(house_status(house, sending.call.id, call.sid, "completed", "3").status, 204);
    struct call_row named = house_call(house, call.sid);
    assert_string_equal(named.id, sending.call.id);
    assert_int_equal(named.placement, CALL_PLACEMENT_PLACED);
    assert_int_equal(named.root.status, CALL_STATUS_COMPLETED);
    assert_null(named.refusal);
    house_settle(house);
    assert_int_equal(house_call(house, other).placement, CALL_PLACEMENT_CANCELED);
    assert_null(house_call(house, other).root_sid);
    assert_int_equal(house_call(house, other).due_at_ms, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, house_set_up, house_tear_down)
        TEST(asks_until_twilio_answers),
        TEST(gives_up_what_twilio_does_not_have),
        TEST(does_not_take_what_came_later),
        TEST(does_not_take_the_call_of_one_that_is_being_sent),
        TEST(gives_the_first_call_to_who_was_lost_first),
        TEST(takes_over_what_its_own_callbacks_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
