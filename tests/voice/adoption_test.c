/* Which of the calls that Twilio lists become ours, and as what. */
#include "core/macros.h"
#include "support/cmocka_all.h"
#include "voice/adoption.h"

#define OURS "+15005550006"
#define SHOWN "+15005550007"
#define RUNG "+15005550008"
#define FOREIGN "+14155550100"

static const char *const shown[] = {SHOWN};
static const struct text_list caller_ids = {.items = shown, .count = ARRAY_LEN(shown)};
static const struct text_pair rung[] = {
    {RUNG, "alice"}
};
static const struct pair_list inbound = {.items = rung, .count = ARRAY_LEN(rung)};

static struct adoption_settings settings_for(enum adoption which)
{
    return (struct adoption_settings){
        .which = which, .number = OURS, .caller_ids = &caller_ids, .inbound = &inbound};
}

static void takes_what_is_ours(void **state)
{
    (void)state;
    static const struct {
        struct adoption_facts facts;
        bool wanted;
    } rows[] = {
        {{"inbound", "client:alice", FOREIGN},        true },
        {{"inbound", FOREIGN, OURS},                  true },
        {{"inbound", FOREIGN, SHOWN},                 true },
        {{"inbound", FOREIGN, RUNG},                  true },
        {{"inbound", OURS, FOREIGN},                  false}, /* to somebody else's number */
        {{"inbound", FOREIGN, FOREIGN},               false},
        {{"outbound-api", OURS, FOREIGN},             true },
        {{"outbound-api", FOREIGN, OURS},             false},
        {{"outbound-api", FOREIGN, "client:alice"},   false}, /* another's number rings a browser */
        {{"trunking-terminating", OURS, FOREIGN},     false},
        {{"trunking-originating", FOREIGN, OURS},     false},
        {{"inbound", "sip:bob@example.com", OURS},    true },
        {{"inbound", FOREIGN, "sip:bob@example.com"}, false},
        {{"", "", ""},                                false},
    };
    const struct adoption_settings ours = settings_for(ADOPTION_OURS);
    const struct adoption_settings all = settings_for(ADOPTION_ALL);
    const struct adoption_settings none = settings_for(ADOPTION_NONE);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (adoption_wants(&ours, &rows[i].facts, false) != rows[i].wanted)
            fail_msg("row %zu", i);
        assert_true(adoption_wants(&all, &rows[i].facts, false));
        assert_false(adoption_wants(&none, &rows[i].facts, true));
    }
}

static void takes_a_number_that_leads_here_by_twilios_word(void **state)
{
    (void)state;
    const struct adoption_settings ours = settings_for(ADOPTION_OURS);
    const struct adoption_facts foreign = {"inbound", FOREIGN, FOREIGN};
    const struct adoption_facts trunk = {"trunking-terminating", FOREIGN, FOREIGN};
    assert_true(adoption_wants(&ours, &foreign, true));
    assert_false(adoption_wants(&ours, &trunk, true));
}

static void knows_without_lists(void **state)
{
    (void)state;
    const struct adoption_settings bare = {.which = ADOPTION_OURS};
    assert_false(adoption_knows(&bare, OURS));
    assert_false(adoption_knows(&bare, ""));
    assert_false(adoption_knows(&bare, NULL));
}

static void names_the_number_that_must_be_ours(void **state)
{
    (void)state;
    static const struct {
        struct adoption_facts facts;
        const char *number;
        enum call_direction direction;
    } rows[] = {
        {{"inbound", FOREIGN, OURS},              OURS,    CALL_DIRECTION_INBOUND         },
        {{"outbound-api", OURS, FOREIGN},         OURS,    CALL_DIRECTION_OUTBOUND_API    },
        {{"trunking-originating", OURS, FOREIGN}, OURS,    CALL_DIRECTION_OUTBOUND_API    },
        {{"trunking-terminating", FOREIGN, OURS}, FOREIGN, CALL_DIRECTION_INBOUND         },
        {{"inbound", "client:alice", OURS},       NULL,    CALL_DIRECTION_OUTBOUND_BROWSER},
        {{"inbound", FOREIGN, "sip:b@example"},   NULL,    CALL_DIRECTION_INBOUND         },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *number = adoption_number(&rows[i].facts);
        assert_int_equal(number == NULL, rows[i].number == NULL);
        if (number != NULL)
            assert_string_equal(number, rows[i].number);
        assert_int_equal(adoption_direction(&rows[i].facts), rows[i].direction);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_what_is_ours),
        cmocka_unit_test(takes_a_number_that_leads_here_by_twilios_word),
        cmocka_unit_test(knows_without_lists),
        cmocka_unit_test(names_the_number_that_must_be_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
