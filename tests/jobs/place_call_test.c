/* Placing a call: one phone call at most, whatever Twilio, the network or the client does meanwhile. */
#include "core/text.h"
#include "jobs/intent.h"
#include "jobs/runner.h"

#define BODY "{\"to\":\"" CALLEE "\"}"

/* ---- what Twilio may say ------------------------------------------------------------------------------------- */

static void twilio_s_answers_decide(void **state)
{
    static const struct {
        const char *name;
        struct fake_answer answer;
        int status; /* of our answer */
        enum call_placement placement;
    } rows[] = {
        {"taken",                                        {.way = FAKE_DO},         201, CALL_PLACEMENT_PLACED },
        {"refused",
         {.status = 400, .body = "{\"code\":21211,\"message\":\"Invalid 'To'\"}"},
         422,                                                                           CALL_PLACEMENT_REFUSED},
        {"taken, and the connection cut",                {.way = FAKE_CUT},        202, CALL_PLACEMENT_PLACED },
        {"taken, and answered in a way nobody can read",
         {.way = FAKE_ANSWER, .status = 201, .body = "<html>"},
         202,                                                                           CALL_PLACEMENT_REFUSED},
        {"failed",                                       {.status = 500},          202, CALL_PLACEMENT_REFUSED},
        {"timed out in front of Twilio",                 {.status = 408},          202, CALL_PLACEMENT_REFUSED},
        {"throttled, then taken",                        {.status = 429},          201, CALL_PLACEMENT_PLACED },
    };
    struct house *house = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t created = fake_count(house->twilio, FAKE_CREATE);
        fake_next(house->twilio, FAKE_CREATE, rows[i].answer);
        struct raw_response response = house_ask(house, house->key, "POST", "/calls", BODY, NULL);
        if (response.status != rows[i].status)
            fail_msg("%s: %d %s", rows[i].name, response.status, response.body);
        const char *location = arena_strdup(house->arena, raw_header(&response, "Location"));
        assert_non_null(location);
        house_settle(house);
        struct call_row call = house_call(house, location + strlen("/calls/"));
        if (call.placement != rows[i].placement)
            fail_msg("%s: %s", rows[i].name, call_placement_text(call.placement));
        size_t sent = fake_count(house->twilio, FAKE_CREATE) - created;
        assert_int_equal(sent, rows[i].answer.status == 429 ? 2 : 1);
        assert_int_equal(house_dead_jobs(house).count, 0);
        if (call.placement == CALL_PLACEMENT_PLACED)
            assert_true(call.due_at_ms > 0); /* its end will be asked for if nobody tells it */
        else
            assert_true(call_status_is_terminal(call.root.status));
    }
}

/* ---- hanging up at each point -------------------------------------------------------------------------------- */

static struct raw_response hang_up(struct house *house, const char *id)
{
    const char *target = arena_printf(house->arena, "/calls/%s/hangup", id);
    return house_ask(house, house->key, "POST", target, NULL, NULL);
}

static const char *
place_and_hold(struct house *house, struct fake_answer answer, struct raw_connection *out)
{
    size_t created = fake_count(house->twilio, FAKE_CREATE);
    answer.hold = true;
    fake_next(house->twilio, FAKE_CREATE, answer);
    *out = house_send(house, house->key, "POST", "/calls", BODY, NULL);
    fake_await(house->twilio, FAKE_CREATE, created + 1);
    /* The client has no answer yet; Twilio has our id in the URLs. */
    const char *id = strstr(fake_form(house->twilio, FAKE_CREATE), "call_");
    assert_non_null(id);
    return arena_copy(house->arena, id, strlen("call_") + 26);
}

static void ends_what_was_taken_while_the_client_hung_up(void **state)
{
    struct house *house = *state;
    struct raw_connection placing;
    const char *id = place_and_hold(house, (struct fake_answer){.way = FAKE_DO}, &placing);
    const char *target = arena_printf(house->arena, "/calls/%s/hangup", id);
    struct raw_connection hanging_up = house_send(house, house->key, "POST", target, NULL, NULL);
    house_until_placement(house, id, CALL_PLACEMENT_SENDING);
    while (!house_call(house, id).hangup_wanted)
        continue;
    fake_release(house->twilio);
    assert_int_equal(raw_read(&placing).status, 201);
    assert_int_equal(raw_read(&hanging_up).status, 200);
    raw_close(&placing);
    raw_close(&hanging_up);
    house_settle(house);
    assert_int_equal(fake_count(house->twilio, FAKE_UPDATE), 1);
    assert_int_equal(house_call(house, id).root.status, CALL_STATUS_COMPLETED);
}

static int want_hangup(struct store_tx *tx, void *work, struct error *err)
{
    struct call_row *call = work;
    call->hangup_wanted = true;
    return store_update_call(tx, call, err);
}

static void does_not_send_again_what_nobody_wants_any_more(void **state)
{
    struct house *house = *state;
    struct raw_connection placing;
    const char *id = place_and_hold(house, (struct fake_answer){.status = 429}, &placing);
    struct call_row call = house_call(house, id);
    house_apply(house, want_hangup, &call);
    fake_release(house->twilio);
    assert_int_equal(raw_read(&placing).status, 201);
    raw_close(&placing);
    house_settle(house);
    call = house_call(house, id);
    assert_int_equal(call.placement, CALL_PLACEMENT_CANCELED);
    assert_int_equal(call.outcome, CALL_OUTCOME_CANCELED);
    assert_int_equal(fake_count(house->twilio, FAKE_CREATE), 1);
}

static void does_not_send_what_was_hung_up_before(void **state)
{
    struct house *house = *state;
    struct intent intent = intend(house, CALL_PLACEMENT_INTENDED, JOB_PLACE_CALL);
    intent.call.hangup_wanted = true;
    house_apply(house, intent_insert, &intent);
    house_settle(house);
    struct call_row call = house_call(house, intent.call.id);
    assert_int_equal(call.placement, CALL_PLACEMENT_CANCELED);
    assert_int_equal(call.root.status, CALL_STATUS_CANCELED);
    assert_int_equal(fake_count(house->twilio, FAKE_CREATE), 0);
    assert_int_equal(hang_up(house, intent.call.id).status, 200);
}

/* ---- crashes ------------------------------------------------------------------------------------------------- */

static void looks_for_what_another_process_was_sending(void **state)
{
    struct house *house = *state;
    struct intent intent = intend(house, CALL_PLACEMENT_SENDING, JOB_PLACE_CALL);
    struct fake_call known = {.to = CALLEE,
                              .from = HOUSE_NUMBER,
                              .direction = "outbound-api",
                              .status = "ringing",
                              .created_ms = intent.call.created_at_ms,
                              .duration_s = -1};
    fake_put_call(house->twilio, &known);
    house_apply(house, intent_insert, &intent);
    house_settle(house);
    struct call_row call = house_call(house, intent.call.id);
    assert_int_equal(call.placement, CALL_PLACEMENT_PLACED);
    assert_string_equal(call.root_sid, known.sid);
    assert_int_equal(fake_count(house->twilio, FAKE_CREATE), 0);
    assert_string_equal(house_timeline(house, intent.call.id).items[0].effect, "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, house_set_up, house_tear_down)
        TEST(twilio_s_answers_decide),
        TEST(ends_what_was_taken_while_the_client_hung_up),
        TEST(does_not_send_again_what_nobody_wants_any_more),
        TEST(does_not_send_what_was_hung_up_before),
        TEST(looks_for_what_another_process_was_sending),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
