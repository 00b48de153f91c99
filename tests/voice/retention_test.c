#include "voice/retention.h"

#include "core/macros.h"
#include "support/cmocka_all.h"

static const struct text_pair pairs[] = {
    {"default",      "90d" },
    {"inbound",      "30d" },
    {"tag:training", "365d"},
};
static const struct pair_list rules = {pairs, ARRAY_LEN(pairs)};
#define DAY INT64_C(86400000)

static void the_most_particular_rule_counts(void **state)
{
    (void)state;
    assert_int_equal(retention_expires_at(&rules, "outbound-api", NULL, 5), 5 + 90 * DAY);
    assert_int_equal(retention_expires_at(&rules, NULL, NULL, 5), 5 + 90 * DAY);
    assert_int_equal(retention_expires_at(&rules, "inbound", NULL, 5), 5 + 30 * DAY);
    assert_int_equal(retention_expires_at(&rules, "inbound", "training", 5), 5 + 365 * DAY);
    assert_int_equal(retention_expires_at(&rules, "inbound", "default", 5), 5 + 30 * DAY);
    assert_int_equal(retention_expires_at(&rules, "inbound", "tag:training", 5), 5 + 30 * DAY);
}

static void without_a_rule_it_is_kept_for_ever(void **state)
{
    (void)state;
    const struct pair_list none = {0};
    const struct pair_list one = {pairs + 1, 1};
    assert_int_equal(retention_expires_at(&none, "inbound", "training", 5), 0);
    assert_int_equal(retention_expires_at(&one, "outbound-api", NULL, 5), 0);
    assert_int_equal(retention_expires_at(&one, "inbound", NULL, 5), 5 + 30 * DAY);
}

static void a_tag_is_a_word(void **state)
{
    (void)state;
    assert_true(retention_is_tag("training"));
    assert_true(retention_is_tag("a.b_c-1"));
    assert_false(retention_is_tag(""));
    assert_false(retention_is_tag("two words"));
    assert_false(retention_is_tag("a,b"));
    assert_false(retention_is_tag("a=b"));
    assert_false(
        retention_is_tag("0123456789012345678901234567890123456789012345678901234567890123x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_most_particular_rule_counts),
        cmocka_unit_test(without_a_rule_it_is_kept_for_ever),
        cmocka_unit_test(a_tag_is_a_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
