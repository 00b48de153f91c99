/* Which call a signed request is about, and what it may change. */
#include "core/limits.h"
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

static int fill_timeline(struct store_tx *tx, void *work, struct error *err)
{
    const struct call_row *call = work;
    for (int i = 0; i < LIMIT_TIMELINE_ENTRIES; i++) {
        struct timeline_row entry = {.call_number = call->number,
                                     .account_sid = FAKE_ACCOUNT,
                                     .at_ms = 1,
                                     .kind = TIMELINE_INSTRUCTION};
        if (store_append_timeline(tx, &entry, err) < 0)
            return -1;
    }
    return 0;
}

static void a_call_that_goes_in_circles_is_ended_and_not_forgotten(void **state)
{
    struct house *house = *state;
    const char *sid = browser_calls(house);
    struct call_row call = house_call(house, sid);
    house_apply(house, fill_timeline, &call);
    size_t entries = house_timeline(house, sid).count;
    struct fields form = house_form(house, "CallSid", sid, "From", "client:alice", "To", CALLEE,
                                    "CallStatus", "in-progress", NULL);
    struct raw_response response = house_post(house, "/twiml", &form, NULL);
    assert_int_equal(response.status, 200);
    assert_null(strstr(response.body, "<Dial"));
    const char *target = arena_printf(house->arena, "/calls/%s", call.id);
    struct raw_response seen = house_ask(house, house->key, "GET", target, NULL, NULL);
    json_auto_t *json = house_json(&seen);
    assert_true(json_is_true(json_object_get(json, "timeline_more")));
    assert_true(json_array_size(json_object_get(json, "timeline")) < entries);

    assert_int_equal(house_status(house, NULL, sid, "completed", "9").status, 204);
    assert_int_equal(house_call(house, sid).root.status, CALL_STATUS_COMPLETED);
    assert_int_equal(house_timeline(house, sid).count, entries);
}

static void a_recording_of_no_call_is_kept_once(void **state)
{
    struct house *house = *state;
    struct fields form =
        house_form(house, "ConferenceSid", "CF00000000000000000000000000000001", "RecordingSid",
                   "RE00000000000000000000000000000001", "RecordingStatus", "completed", NULL);
    for (int i = 0; i < 3; i++)
        assert_int_equal(house_post(house, "/webhooks/recording-status", &form, NULL).status, 204);
    assert_int_equal(house_metric(house, "switchhook_webhooks_total{outcome=\"repeat\"}"), 2);
    assert_int_equal(house_metric(house, "switchhook_webhooks_total{outcome=\"applied\"}"), 1);
}

static void a_body_in_chunks_has_the_same_limit(void **state)
{
    static const char *const settings[] = {"SWITCHHOOK_BODY_MAX_BYTES=1024", NULL};
    (void)state;
    struct house house;
    house_open(&house, settings);
    char chunk[2000];
    memset(chunk, 'a', sizeof(chunk));
    struct raw_connection connection = raw_open(house.port);
    raw_send(&connection, arena_printf(house.arena,
                                       "POST /webhooks/call-status HTTP/1.1\r\nHost: x\r\n"
                                       "Content-Type: application/x-www-form-urlencoded\r\n"
                                       "Transfer-Encoding: chunked\r\n\r\n7d0\r\n%.*s\r\n0\r\n\r\n",
                                       (int)sizeof(chunk), chunk));
    assert_int_equal(raw_read(&connection).status, 413);
    raw_close(&connection);
    house_close(&house);
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
        TEST(a_call_that_goes_in_circles_is_ended_and_not_forgotten),
        TEST(a_recording_of_no_call_is_kept_once),
        cmocka_unit_test(a_body_in_chunks_has_the_same_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
