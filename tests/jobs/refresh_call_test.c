/* Asking Twilio about a call that nobody speaks of. */
#include "core/text.h"
#include "support/house.h"

/* A call with one child leg, overdue. */
struct silent {
    struct call_row call;
    struct leg_row leg;
};

static int insert_silent(struct store_tx *tx, void *work, struct error *err)
{
    const struct silent *silent = work;
    if (store_insert_call(tx, &silent->call, err) < 0)
        return -1;
    return silent->leg.sid == NULL ? 0 : store_put_leg(tx, &silent->leg, err);
}

static char *new_sid(struct house *house)
{
    char *sid = arena_alloc(house->arena, 35);
    fake_new_sid(sid, "CA");
    return sid;
}

static struct silent silent_call(struct house *house, enum call_status root, enum call_status leg)
{
    char *id = arena_alloc(house->arena, 32);
    int64_t number = app_new_id(house->app, RESOURCE_CALL, id);
    int64_t now_ms = app_now_ms(house->app);
    struct silent silent = {
        .call = {.number = number,
                 .id = id,
                 .account_sid = FAKE_ACCOUNT,
                 .root_sid = new_sid(house),
                 .direction = CALL_DIRECTION_OUTBOUND_BROWSER,
                 .placement = CALL_PLACEMENT_PLACED,
                 .root = leg_state_new(),
                 .created_at_ms = now_ms,
                 .due_at_ms = 1},
        .leg = {.call_number = number,
                 .account_sid = FAKE_ACCOUNT,
                 .sid = new_sid(house),
                 .state = leg_state_new(),
                 .created_at_ms = now_ms      },
    };
    silent.call.root.status = root;
    silent.leg.state.status = leg;
    if (call_status_is_terminal(root))
        silent.call.root.ended_at_ms = now_ms;
    return silent;
}

static void twilio_has(struct house *house,
                       const char *sid,
                       const char *parent,
                       const char *status,
                       int64_t duration_s)
{
    struct fake_call call = {.created_ms = 1700000000000,
                             .ended_ms = duration_s >= 0 ? 1700000099000 : 0,
                             .started_ms = 1700000009000,
                             .duration_s = duration_s,
                             .from = "client:alice",
                             .to = "+14155550100"};
    (void)snprintf(call.sid, sizeof(call.sid), "%s", sid);
    (void)snprintf(call.parent_sid, sizeof(call.parent_sid), "%s", parent);
    (void)snprintf(call.status, sizeof(call.status), "%s", status);
    fake_put_call(house->twilio, &call);
}

static void refresh(struct house *house, struct silent *silent)
{
    size_t fetched = fake_count(house->twilio, FAKE_LIST);
    house_apply(house, insert_silent, silent);
    fake_await(house->twilio, FAKE_LIST, fetched + 1);
    house_settle(house);
}

static void learns_how_it_ended_and_who_it_was(void **state)
{
    struct house *house = *state;
    struct silent silent = silent_call(house, CALL_STATUS_RINGING, CALL_STATUS_RINGING);
    twilio_has(house, silent.call.root_sid, "", "completed", 90);
    twilio_has(house, silent.leg.sid, silent.call.root_sid, "busy", 0);
    refresh(house, &silent);
    struct call_row call = house_call(house, silent.call.id);
    struct leg_row leg = house_legs(house, silent.call.id).items[0];
    assert_int_equal(call.root.status, CALL_STATUS_COMPLETED);
    assert_int_equal(call.root.duration_s, 90);
    assert_int_equal(call.root.ended_at_ms, 1700000099000);
    assert_int_equal(call.root.answered_at_ms, 1700000009000);
    assert_int_equal(call.outcome, CALL_OUTCOME_BUSY);
    assert_int_equal(call.due_at_ms, 0);
    assert_string_equal(call.from, "client:alice");
    assert_int_equal(leg.state.status, CALL_STATUS_BUSY);
    assert_string_equal(leg.to, "+14155550100");
}

static void ends_the_legs_of_a_call_that_is_over(void **state)
{
    static const struct {
        enum call_status before;
        const char *twilio; /* NULL: not listed */
        enum call_status after;
        bool asks_again;
    } rows[] = {
        {CALL_STATUS_IN_PROGRESS, "completed",   CALL_STATUS_COMPLETED,   false},
        {CALL_STATUS_IN_PROGRESS, NULL,          CALL_STATUS_COMPLETED,   false},
        {CALL_STATUS_RINGING,     NULL,          CALL_STATUS_CANCELED,    false},
        {CALL_STATUS_RINGING,     "in-progress", CALL_STATUS_IN_PROGRESS, true },
    };
    struct house *house = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct silent silent = silent_call(house, CALL_STATUS_COMPLETED, rows[i].before);
        twilio_has(house, silent.call.root_sid, "", "completed", 90);
        if (rows[i].twilio != NULL)
            twilio_has(house, silent.leg.sid, silent.call.root_sid, rows[i].twilio,
                       rows[i].asks_again ? -1 : 80);
        refresh(house, &silent);
        struct leg_row leg = house_legs(house, silent.call.id).items[0];
        assert_int_equal(leg.state.status, rows[i].after);
        assert_int_equal(house_call(house, silent.call.id).due_at_ms != 0, rows[i].asks_again);
    }
}

static void closes_what_twilio_does_not_know(void **state)
{
    struct house *house = *state;
    struct silent silent = silent_call(house, CALL_STATUS_RINGING, CALL_STATUS_RINGING);
    refresh(house, &silent);
    struct call_row call = house_call(house, silent.call.id);
    assert_int_equal(call.root.status, CALL_STATUS_FAILED);
    assert_int_equal(call.outcome, CALL_OUTCOME_FAILED);
    assert_int_equal(call.due_at_ms, 0);
    assert_int_equal(house_legs(house, silent.call.id).items[0].state.status, CALL_STATUS_CANCELED);
}

static void is_dropped_while_twilio_is_away_and_leaves_no_corpse(void **state)
{
    static const char *const settings[] = {"SWITCHHOOK_JOB_ATTEMPTS_MAX=2", NULL};
    (void)state;
    struct house house;
    house_open(&house, settings);
    struct silent silent = silent_call(&house, CALL_STATUS_RINGING, CALL_STATUS_RINGING);
    for (int i = 0; i < 2; i++)
        fake_next(house.twilio, FAKE_FETCH, (struct fake_answer){.status = 503});
    house_apply(&house, insert_silent, &silent);
    fake_await(house.twilio, FAKE_FETCH, 2);
    house_settle(&house);
    assert_int_equal(house_dead_jobs(&house).count, 0);
    assert_true(house_call(&house, silent.call.id).due_at_ms > 0);
    house_close(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, house_set_up, house_tear_down)
        TEST(learns_how_it_ended_and_who_it_was),
        TEST(ends_the_legs_of_a_call_that_is_over),
        TEST(closes_what_twilio_does_not_know),
        cmocka_unit_test(is_dropped_while_twilio_is_away_and_leaves_no_corpse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
