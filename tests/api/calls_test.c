/* The calls resource, at the edges. */
#include "core/text.h"
#include "support/house.h"
#include "voice/resource_id.h"

#define CALLEE "+14155550100"
#define BODY "{\"to\":\"" CALLEE "\"}"

static struct raw_response post(struct house *house, const char *body, const char *more)
{
    return house_ask(house, house->key, "POST", "/calls", body, more);
}

static size_t items_of(const struct raw_response *response)
{
    json_auto_t *json = house_json(response);
    return json_array_size(json_object_get(json, "items"));
}

/* ---- what may be asked for ----------------------------------------------------------------------------------- */

static void names_the_field_that_is_wrong(void **state)
{
    static const struct {
        const char *body;
        const char *field;
    } rows[] = {
        {"{}",                                                             "to"                },
        {"{\"to\":\"\"}",                                                  "to"                },
        {"{\"to\":\"911\"}",                                               "to"                },
        {"{\"to\":\"tel:+1-1-2\"}",                                        "to"                },
        {"{\"to\":\"4155550100\"}",                                        "to"                },
        {"{\"to\":\"+0987654321\"}",                                       "to"                },
        {"{\"to\":\"sip:a@example.com\"}",                                 "to"                },
        {"{\"to\":\"" HOUSE_NUMBER "\"}",                                  "to"                },
        {"{\"to\":7}",                                                     "to"                },
        {"{\"to\":\"" CALLEE "\",\"from\":\"+15005550001\"}",              "from"              },
        {"{\"to\":\"" CALLEE "\",\"caller_id\":\"+15005550001\"}",         "caller_id"         },
        {"{\"to\":\"" CALLEE "\",\"flow\":\"twiml_url\"}",                 "flow"              },
        {"{\"to\":\"" CALLEE "\",\"flow\":\"bridge\"}",                    "identity"          },
        {"{\"to\":\"" CALLEE "\",\"identity\":\"alice\"}",                 "identity"          },
        {"{\"to\":\"alice\",\"flow\":\"bridge\",\"identity\":\"bob\"}",    "to"                },
        {"{\"to\":\"" CALLEE "\",\"timeout\":4}",                          "timeout"           },
        {"{\"to\":\"" CALLEE "\",\"time_limit\":86401}",                   "time_limit"        },
        {"{\"to\":\"" CALLEE "\",\"send_digits\":\"1;2\"}",                "send_digits"       },
        {"{\"to\":\"" CALLEE "\",\"machine_detection\":\"enable\"}",       "machine_detection" },
        {"{\"to\":\"" CALLEE "\",\"recording_channels\":\"three\"}",       "recording_channels"},
        {"{\"to\":\"" CALLEE "\",\"trim\":\"all\"}",                       "trim"              },
        {"{\"to\":\"" CALLEE "\",\"metadata\":[]}",                        "metadata"          },
        {"{\"to\":\"" CALLEE "\",\"twiml_url\":\"https://a.example/\"}",   "twiml_url"         },
        {"{\"to\":\"" CALLEE "\",\"twiml_url\":\"https://u@a.example/\"}", "twiml_url"         },
        {"{\"to\":\"" CALLEE "\",\"price\":1}",                            "price"             },
    };
    struct house *house = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct raw_response response = post(house, rows[i].body, NULL);
        const char *field = house_text(house, &response, "field");
        if (response.status != 422 || !text_equal(field, rows[i].field))
            fail_msg("%s: %d %s", rows[i].body, response.status, response.body);
    }
    assert_int_equal(house_call_count(house), 0);
    assert_int_equal(fake_count(house->twilio, FAKE_CREATE), 0);
}

static void a_document_of_one_s_own_takes_a_scope_and_a_host(void **state)
{
    static const char *const settings[] = {"SWITCHHOOK_TWIML_URL_HOSTS=flows.example.com", NULL};
    static const char wish[] =
        "{\"to\":\"" CALLEE "\",\"twiml_url\":\"https://flows.example.com/hello\"}";
    (void)state;
    struct house house;
    house_open(&house, settings);
    const char *key = house_new_key(&house, "small", "calls:place");
    assert_int_equal(house_ask(&house, key, "POST", "/calls", wish, NULL).status, 403);
    assert_int_equal(post(&house, wish, NULL).status, 201);
    assert_non_null(strstr(fake_form(house.twilio, FAKE_CREATE), "flows.example.com%2Fhello"));
    house_close(&house);
}

/* ---- one answer for one key ---------------------------------------------------------------------------------- */

static void a_key_belongs_to_one_caller_and_one_request(void **state)
{
    static const char key_line[] = "Idempotency-Key: k-1\r\n";
    struct house *house = *state;
    const char *other = house_new_key(house, "other", "calls:place calls:read");
    struct raw_response first = post(house, BODY, key_line);
    assert_int_equal(first.status, 201);
    struct raw_response again = post(house, BODY, key_line);
    assert_int_equal(again.status, 201);
    assert_string_equal(again.body, first.body);
    assert_string_equal(raw_header(&again, "Idempotency-Replayed"), "true");
    assert_int_equal(post(house, "{\"to\":\"+14155550101\"}", key_line).status, 422);
    assert_int_equal(fake_count(house->twilio, FAKE_CREATE), 1);
    assert_int_equal(house_ask(house, other, "POST", "/calls", BODY, key_line).status, 201);
    assert_int_equal(fake_count(house->twilio, FAKE_CREATE), 2);
}

/* ---- waiting ------------------------------------------------------------------------------------------------- */

static void whoever_waits_too_long_is_told_where_to_look(void **state)
{
    static const char *const settings[] = {"SWITCHHOOK_PLACE_DEADLINE_MS=50", NULL};
    (void)state;
    struct house house;
    house_open(&house, settings);
    fake_next(house.twilio, FAKE_CREATE, (struct fake_answer){.way = FAKE_DO, .hold = true});
    struct raw_response response = post(&house, BODY, NULL);
    assert_int_equal(response.status, 202);
    const char *location = arena_strdup(house.arena, raw_header(&response, "Location"));
    fake_await(house.twilio, FAKE_CREATE, 1);
    fake_release(house.twilio);
    house_settle(&house);
    struct raw_response later = house_ask(&house, house.key, "GET", location, NULL, NULL);
    assert_int_equal(later.status, 200);
    assert_string_equal(house_text(&house, &later, "placement"), "placed");
    house_close(&house);
}

static void a_hang_up_waits_for_twilio_s_word_and_may_be_repeated(void **state)
{
    struct house *house = *state;
    const char *id = house_place(house, CALLEE);
    const char *target = arena_printf(house->arena, "/calls/%s/hangup", id);
    for (int i = 0; i < 3; i++) {
        struct raw_response response = house_ask(house, house->key, "POST", target, NULL, NULL);
        assert_int_equal(response.status, 200);
        assert_string_equal(house_text(house, &response, "status"), "completed");
    }
    assert_int_equal(fake_count(house->twilio, FAKE_UPDATE), 1);
}

static void a_hang_up_of_what_has_ended_meanwhile_asks_how(void **state)
{
    struct house *house = *state;
    const char *id = house_place(house, CALLEE);
    struct fake_call known;
    assert_true(fake_get_call(house->twilio, house_call(house, id).root_sid, &known));
    (void)snprintf(known.status, sizeof(known.status), "busy");
    known.ended_ms = 1700000000000;
    known.duration_s = 0;
    fake_put_call(house->twilio, &known);
    const char *target = arena_printf(house->arena, "/calls/%s/hangup", id);
    assert_int_equal(house_ask(house, house->key, "POST", target, NULL, NULL).status, 200);
    house_settle(house);
    assert_int_equal(house_call(house, id).root.status, CALL_STATUS_BUSY);
    assert_int_equal(house_call(house, id).outcome, CALL_OUTCOME_BUSY);
}

/* ---- lists --------------------------------------------------------------------------------------------------- */

static void pages_follow_each_other_without_gap_or_repeat(void **state)
{
    enum { CALLS = 7 };
    struct house *house = *state;
    for (int i = 0; i < CALLS; i++)
        (void)house_place(house, CALLEE);
    size_t seen = 0;
    const char *cursor = NULL;
    const char *last = "~";
    do {
        const char *target =
            arena_printf(house->arena, "/calls?limit=3%s%s", cursor != NULL ? "&cursor=" : "",
                         cursor != NULL ? cursor : "");
        struct raw_response page = house_ask(house, house->key, "GET", target, NULL, NULL);
        json_auto_t *json = house_json(&page);
        json_t *items = json_object_get(json, "items");
        for (size_t i = 0; i < json_array_size(items); i++) {
            const char *id = json_string_value(json_object_get(json_array_get(items, i), "id"));
            assert_true(strcmp(id, last) < 0);
            last = arena_strdup(house->arena, id);
            seen++;
        }
        cursor = house_text(house, &page, "next_cursor");
    } while (cursor != NULL);
    assert_int_equal(seen, CALLS);
}

static void filters_are_checked(void **state)
{
    static const char *const bad[] = {
        "/calls?limit=0",       "/calls?limit=201",     "/calls?limit=3&limit=4",
        "/calls?status=answer", "/calls?direction=out", "/calls?since=yesterday",
        "/calls?cursor=call_1", "/calls?colour=red",    "/calls?number=",
    };
    struct house *house = *state;
    (void)house_place(house, CALLEE);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        int status = house_ask(house, house->key, "GET", bad[i], NULL, NULL).status;
        if (status != 422)
            fail_msg("%s: %d", bad[i], status);
    }
    struct raw_response all = house_ask(house, house->key, "GET", "/calls", NULL, NULL);
    assert_int_equal(items_of(&all), 1);
    struct raw_response none =
        house_ask(house, house->key, "GET", "/calls?until=1970-01-01T00:00:00Z", NULL, NULL);
    assert_int_equal(items_of(&none), 0);
}

/* ---- restarts ------------------------------------------------------------------------------------------------ */

static int insert_call(struct store_tx *tx, void *work, struct error *err)
{
    return store_insert_call(tx, work, err);
}

static void numbers_go_on_although_the_clock_was_set_back(void **state)
{
    enum { A_DAY_MS = 24 * 60 * 60 * 1000 };
    struct house *house = *state;
    char id[32];
    int64_t later_ms = app_now_ms(house->app) + A_DAY_MS;
    struct call_row row = {.number = (int64_t)((uint64_t)later_ms << 20),
                           .id = id,
                           .account_sid = FAKE_ACCOUNT,
                           .root = leg_state_new(),
                           .created_at_ms = later_ms};
    resource_id_format(RESOURCE_CALL, row.number, 1, id);
    house_apply(house, insert_call, &row);
    house_reopen(house, NULL);
    const char *next = house_place(house, CALLEE);
    assert_true(house_call(house, next).number > row.number);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, house_set_up, house_tear_down)
        TEST(names_the_field_that_is_wrong),
        cmocka_unit_test(a_document_of_one_s_own_takes_a_scope_and_a_host),
        TEST(a_key_belongs_to_one_caller_and_one_request),
        cmocka_unit_test(whoever_waits_too_long_is_told_where_to_look),
        TEST(a_hang_up_waits_for_twilio_s_word_and_may_be_repeated),
        TEST(a_hang_up_of_what_has_ended_meanwhile_asks_how),
        TEST(pages_follow_each_other_without_gap_or_repeat),
        TEST(filters_are_checked),
        TEST(numbers_go_on_although_the_clock_was_set_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
