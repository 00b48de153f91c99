/* Which call a signed request is about, and what it may change. */
#include "core/text.h"
#include "support/house.h"

#define CALLEE "+14155550100"

static const char *new_sid(struct house *house)
{
    char *sid = arena_alloc(house->arena, 35);
    fake_new_sid(sid, "CA");
    return sid;
}

/* A browser calls somebody; the SID of its leg. */
static const char *browser_calls(struct house *house)
{
    const char *sid = new_sid(house);
    struct fields form = house_form(house, "CallSid", sid, "From", "client:alice", "To", CALLEE,
                                    "Direction", "inbound", "CallStatus", "ringing", NULL);
    struct raw_response response = house_post(house, "/twiml", &form, NULL);
    assert_int_equal(response.status, 200);
    assert_non_null(strstr(response.body, "<Dial"));
    return sid;
}

static struct raw_response
child_status(struct house *house, const char *parent, const char *child, const char *status)
{
    struct fields form =
        house_form(house, "CallSid", child, "ParentCallSid", parent, "From", HOUSE_NUMBER, "To",
                   CALLEE, "Direction", "outbound-dial", "CallStatus", status, NULL);
    const char *target =
        arena_printf(house->arena, "/webhooks/call-status?call=%s", house_call(house, parent).id);
    return house_post(house, target, &form, NULL);
}

static void nothing_is_kept_of_another_account(void **state)
{
    struct house *house = *state;
    const char *sid = new_sid(house);
    struct fields form = house_form(house, "CallSid", sid, "CallStatus", "ringing", NULL);
    form.items[0].value = "AC99999999999999999999999999999999";
    struct raw_response fact = house_post(house, "/webhooks/call-status", &form, NULL);
    assert_int_equal(fact.status, 403);
    struct raw_response instruction = house_post(house, "/twiml", &form, NULL);
    assert_int_equal(instruction.status, 200);
    assert_null(strstr(instruction.body, "<Dial"));
    assert_false(house_has_call(house, sid));
}

static void a_copied_url_does_not_make_one_call_of_all(void **state)
{
    struct house *house = *state;
    const char *first = browser_calls(house);
    const char *id = house_call(house, first).id;
    const char *target = arena_printf(house->arena, "/twiml?call=%s", id);
    const char *second = new_sid(house);
    struct fields form = house_form(house, "CallSid", second, "From", CALLEE, "To", HOUSE_NUMBER,
                                    "Direction", "inbound", "CallStatus", "ringing", NULL);
    assert_int_equal(house_post(house, target, &form, NULL).status, 200);
    assert_string_not_equal(house_call(house, second).id, id);
    assert_int_equal(house_legs(house, first).count, 0);

    /* Known by its SID, it keeps its own news. */
    assert_int_equal(house_status(house, id, second, "completed", "3").status, 204);
    assert_int_equal(house_call(house, second).root.status, CALL_STATUS_COMPLETED);
    assert_int_equal(house_call(house, first).root.status, CALL_STATUS_RINGING);
}

static void a_child_belongs_to_its_parent(void **state)
{
    struct house *house = *state;
    const char *root = browser_calls(house);
    const char *child = new_sid(house);
    assert_int_equal(child_status(house, root, child, "ringing").status, 204);
    struct leg_rows legs = house_legs(house, root);
    assert_int_equal(legs.count, 1);
    assert_string_equal(legs.items[0].sid, child);
    assert_int_equal(legs.items[0].state.status, CALL_STATUS_RINGING);
    assert_string_equal(house_call(house, child).id, house_call(house, root).id);
}

static void a_dial_s_report_of_an_unknown_call_is_kept(void **state)
{
    struct house *house = *state;
    const char *root = new_sid(house);
    const char *child = new_sid(house);
    struct fields form =
        house_form(house, "CallSid", root, "From", "client:alice", "To", CALLEE, "CallStatus",
                   "in-progress", "DialCallStatus", "busy", "DialCallSid", child, NULL);
    struct raw_response response = house_post(house, "/twiml/dial-action", &form, NULL);
    assert_int_equal(response.status, 200);
    assert_non_null(strstr(response.body, "busy"));
    assert_int_equal(house_call(house, root).outcome, CALL_OUTCOME_BUSY);
    struct leg_row leg = house_legs(house, root).items[0];
    assert_int_equal(leg.state.status, CALL_STATUS_BUSY);
    assert_null(leg.to);
    /* The leg's own word fills in whom it rang. */
    assert_int_equal(child_status(house, root, child, "busy").status, 204);
    assert_string_equal(house_legs(house, root).items[0].to, CALLEE);
}

static void a_document_for_the_callee_does_not_move_the_caller(void **state)
{
    struct house *house = *state;
    const char *root = browser_calls(house);
    struct fields form =
        house_form(house, "CallSid", new_sid(house), "ParentCallSid", root, "CallStatus",
                   "in-progress", "Direction", "outbound-dial", NULL);
    assert_int_equal(house_post(house, "/twiml/fallback", &form, NULL).status, 200);
    assert_int_equal(house_call(house, root).root.status, CALL_STATUS_RINGING);
}

static void twilio_is_asked_about_legs_that_outlive_their_call(void **state)
{
    struct house *house = *state;
    const char *root = browser_calls(house);
    const char *child = new_sid(house);
    assert_int_equal(child_status(house, root, child, "in-progress").status, 204);
    struct fields end =
        house_form(house, "CallSid", root, "CallStatus", "completed", "CallDuration", "40", NULL);
    assert_int_equal(house_post(house, "/webhooks/call-status", &end, NULL).status, 204);
    assert_true(house_call(house, root).due_at_ms > 0);
    assert_int_equal(child_status(house, root, child, "completed").status, 204);
    assert_int_equal(house_call(house, root).due_at_ms, 0);
}

static void twilio_is_asked_how_long_it_was_if_nobody_says(void **state)
{
    struct house *house = *state;
    const char *root = browser_calls(house);
    struct fields form = house_form(house, "CallSid", root, "CallStatus", "completed",
                                    "DialCallStatus", "completed", NULL);
    assert_int_equal(house_post(house, "/twiml/dial-action", &form, NULL).status, 200);
    assert_true(house_call(house, root).due_at_ms > 0);
    fields_add(&form, house->arena, "CallDuration", "40");
    assert_int_equal(house_post(house, "/webhooks/call-status", &form, NULL).status, 204);
    assert_int_equal(house_call(house, root).due_at_ms, 0);
}

static int want_hangup(struct store_tx *tx, void *work, struct error *err)
{
    struct call_row *call = work;
    call->hangup_wanted = true;
    return store_update_call(tx, call, err);
}

static void who_was_hung_up_on_is_told_nothing_more(void **state)
{
    struct house *house = *state;
    const char *id = house_place(house, CALLEE);
    struct call_row call = house_call(house, id);
    house_apply(house, want_hangup, &call);
    struct fields form = house_form(house, "CallSid", call.root_sid, "CallStatus", "in-progress",
                                    "Direction", "outbound-api", NULL);
    struct raw_response response =
        house_post(house, arena_printf(house->arena, "/twiml?call=%s", id), &form, NULL);
    assert_int_equal(response.status, 200);
    assert_non_null(strstr(response.body, "<Hangup"));
    assert_null(strstr(response.body, "<Say"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, house_set_up, house_tear_down)
        TEST(nothing_is_kept_of_another_account),
        TEST(a_copied_url_does_not_make_one_call_of_all),
        TEST(a_child_belongs_to_its_parent),
        TEST(a_dial_s_report_of_an_unknown_call_is_kept),
        TEST(a_document_for_the_callee_does_not_move_the_caller),
        TEST(twilio_is_asked_about_legs_that_outlive_their_call),
        TEST(twilio_is_asked_how_long_it_was_if_nobody_says),
        TEST(who_was_hung_up_on_is_told_nothing_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
