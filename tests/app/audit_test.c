/* The audit log: what is written with its fact, what is written behind the answer, and what is only counted. */
#include "app/audit.h"

#include "../../src/app/audit_repeats.h"
#include "app/client_address.h"
#include "core/text.h"
#include "support/house.h"

/* ---- reading it ---- */

struct listing {
    struct audit_filter filter;
    struct arena *arena;
    struct audit_rows rows;
};

static int list(struct store_rx *rx, void *work, struct error *err)
{
    struct listing *listing = work;
    return store_list_audit(rx, &listing->filter, listing->arena, &listing->rows, err);
}

static struct audit_rows rows_of(struct house *house, const char *action)
{
    struct listing listing = {
        .filter = {.action = action, .limit = 200},
          .arena = house->arena
    };
    struct error err = {0};
    if (store_run_read(house->app->store, list, &listing, &err) < 0)
        fail_msg("%s", err.message);
    return listing.rows;
}

struct expected {
    const char *action;
    size_t count;
};

static bool are_there(struct house *house, void *context)
{
    const struct expected *expected = context;
    return rows_of(house, expected->action).count >= expected->count;
}

static struct audit_rows wait_for(struct house *house, const char *action, size_t count)
{
    struct expected expected = {action, count};
    house_until(house, are_there, &expected);
    struct audit_rows rows = rows_of(house, action);
    assert_int_equal(rows.count, count);
    return rows;
}

/* ---- with its fact ---- */

static void a_placed_call_leaves_one_row_with_a_masked_number(void **state)
{
    struct house *house = *state;
    const char *id = house_place(house, "+14155550101");
    struct audit_rows rows = rows_of(house, "call.place");
    assert_int_equal(rows.count, 1);
    assert_string_equal(rows.items[0].call_id, id);
    assert_string_equal(rows.items[0].number, "+*******0101");
    assert_string_equal(rows.items[0].actor_kind, "key");
    assert_string_equal(rows.items[0].actor_name, "test");
    assert_string_equal(rows.items[0].address, "127.0.0.1");
    assert_true(rows.items[0].allowed);
    assert_non_null(rows.items[0].request_id);
}

static void a_repeated_idempotency_key_leaves_no_second_row(void **state)
{
    struct house *house = *state;
    for (int i = 0; i < 2; i++) {
        struct raw_response answer =
            house_ask(house, house->key, "POST", "/calls", "{\"to\":\"+14155550101\"}",
                      "Idempotency-Key: once\r\n");
        assert_int_equal(answer.status, 201);
    }
    assert_int_equal(rows_of(house, "call.place").count, 1);
}

static void a_hangup_leaves_a_row_and_one_of_an_ended_call_does_not(void **state)
{
    struct house *house = *state;
    const char *id = house_place(house, "+14155550101");
    const char *target = arena_printf(house->arena, "/calls/%s/hangup", id);
    for (int i = 0; i < 2; i++) {
        struct raw_response answer = house_ask(house, house->key, "POST", target, NULL, NULL);
        assert_int_equal(answer.status, 200);
        house_status(house, id, house_call(house, id).root_sid, "completed", "9");
    }
    struct audit_rows rows = rows_of(house, "call.hangup");
    assert_int_equal(rows.count, 1);
    assert_string_equal(rows.items[0].call_id, id);
}

/* ---- behind the answer ---- */

static void the_same_token_again_is_counted(void **state)
{
    struct house *house = *state;
    for (int i = 0; i < 5; i++) {
        const char *body = i < 4 ? "{\"identity\":\"alice\"}" : "{\"identity\":\"bob\"}";
        struct raw_response answer = house_ask(house, house->key, "POST", "/token", body, NULL);
        assert_int_equal(answer.status, 200);
    }
    struct audit_rows rows = wait_for(house, "token.mint", 2);
    assert_string_equal(rows.items[0].subject, "bob");
    assert_string_equal(rows.items[1].subject, "alice");
    audit_log_tick(house->app->audit, INT64_MAX);
    rows = wait_for(house, "token.mint", 3);
    assert_string_equal(rows.items[0].subject, "alice");
    assert_int_equal(rows.items[0].times, 3);
}

static struct audit_entry stranger(struct house *house, int n)
{
    return (struct audit_entry){
        .action = AUDIT_AUTH_REFUSED,
        .at_ms = app_now_ms(house->app),
        .address = arena_printf(house->arena, "198.51.%d.%d", n / 256, n % 256),
        .reason = "unauthenticated",
    };
}

/* However many addresses are refused: at most a row for each place, twice, and two for all the others. */
static void strangers_cannot_fill_the_log(void **state)
{
    struct house *house = *state;
    enum { ADDRESSES = 3000, AT_MOST = 128 + 1 };
    for (int i = 0; i < ADDRESSES; i++) {
        struct audit_entry entry = stranger(house, i % 1500);
        audit_later(house->app->audit, house->app->config, &entry);
    }
    audit_log_flush(house->app->audit);
    struct audit_rows rows = rows_of(house, "auth.refused");
    int64_t times = 0;
    int64_t nowhere = 0;
    assert_true(rows.count <= 200);
    struct listing listing = {
        .filter = {.action = "auth.refused", .limit = 200},
          .arena = house->arena
    };
    size_t count = 0;
    do {
        struct error err = {0};
        assert_int_equal(store_run_read(house->app->store, list, &listing, &err), 0);
        for (size_t i = 0; i < listing.rows.count; i++) {
            times += listing.rows.items[i].times;
            nowhere += listing.rows.items[i].address == NULL;
        }
        count += listing.rows.count;
        listing.filter.before_sequence = listing.rows.next_before;
    } while (listing.rows.more);
    assert_int_equal(times, ADDRESSES);
    assert_int_equal(nowhere, 2);
    assert_true(count <= 2 * AT_MOST);
}

static void rows_that_the_store_does_not_take_are_counted(void **state)
{
    struct house *house = *state;
    struct audit_entry entry = {.action = AUDIT_AUTH_REFUSED, .at_ms = 1};
    struct config broken =
        *house->app->config; /* more than an account may have: the store says no */
    broken.twilio.account_sid = "AC0000000000000000000000000000000000000000000000000000000000000000"
                                "000000000000000000000001";
    log_set_threshold(LOG_LEVEL_ERROR + 1);
    audit_later(house->app->audit, &broken, &entry);
    audit_log_flush(house->app->audit);
    log_set_threshold(LOG_LEVEL_ERROR);
    assert_int_equal(house_metric(house, "switchhook_audit_lost_total"), 1);
    assert_int_equal(rows_of(house, "auth.refused").count, 0);
}

/* ---- its parts ---- */

static void repeats_are_counted_until_their_time_is_over(void **state)
{
    (void)state;
    struct repeats repeats;
    struct repeat over;
    void **item = NULL;
    size_t place = 0;
    repeats_init(&repeats, 1);
    for (uint64_t key = 1; key <= 8; key++)
        assert_int_equal(repeats_note(&repeats, key, 0, 10 + (int64_t)key, &item), REPEATS_FIRST);
    assert_int_equal(repeats_note(&repeats, 9, 1, 10, &item), REPEATS_FULL);
    assert_int_equal(repeats_note(&repeats, 1, 5, 99, &item), REPEATS_COUNTED);
    assert_false(repeats_take(&repeats, 10, &place, &over));
    place = 0;
    assert_true(repeats_take(&repeats, 11, &place, &over));
    assert_int_equal(over.key, 1);
    assert_int_equal(over.count, 1);
    assert_int_equal(over.last_ms, 5);
    assert_false(repeats_take(&repeats, 11, &place, &over));
    assert_int_equal(repeats_note(&repeats, 9, 11, 10, &item), REPEATS_FIRST);
    repeats_release(&repeats, free);
}

static void counts_addresses_with_their_customer(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"192.0.2.7",            "192.0.2.7"     },
        {"::ffff:192.0.2.7",     "192.0.2.7"     },
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"},
        {"2001:DB8:1:2::9",      "2001:db8:1:2::"},
        {"::1",                  "::"            },
        {"unix",                 ""              },
        {"",                     ""              },
        {"192.0.2.7:80",         ""              },
    };
    char group[CLIENT_GROUP_BYTES];
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        client_group(cases[i][0], group);
        assert_string_equal(group, cases[i][1]);
    }
    client_group(NULL, group);
    assert_string_equal(group, "");
}

static void every_action_has_a_word_of_its_own(void **state)
{
    (void)state;
#define X(name, text)                                                                              \
    {                                                                                              \
        enum audit_action action;                                                                  \
        assert_true(audit_action_from_text(text, &action));                                        \
        assert_int_equal(action, AUDIT_##name);                                                    \
        assert_string_equal(audit_action_text(action), text);                                      \
    }
    AUDIT_ACTIONS(X)
#undef X
    enum audit_action action;
    assert_false(audit_action_from_text("call", &action));
}

#define WITH_HOUSE(test) cmocka_unit_test_setup_teardown(test, house_set_up, house_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_HOUSE(a_placed_call_leaves_one_row_with_a_masked_number),
        WITH_HOUSE(a_repeated_idempotency_key_leaves_no_second_row),
        WITH_HOUSE(a_hangup_leaves_a_row_and_one_of_an_ended_call_does_not),
        WITH_HOUSE(the_same_token_again_is_counted),
        WITH_HOUSE(strangers_cannot_fill_the_log),
        WITH_HOUSE(rows_that_the_store_does_not_take_are_counted),
        cmocka_unit_test(repeats_are_counted_until_their_time_is_over),
        cmocka_unit_test(counts_addresses_with_their_customer),
        cmocka_unit_test(every_action_has_a_word_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
