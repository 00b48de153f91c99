#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/macros.h"
#include "core/random.h"
#include "core/text.h"
#include "voice/resource_id.h"

static void ids_come_back_and_sort_by_number(void **state)
{
    (void)state;
    char previous[RESOURCE_ID_BYTES] = "";
    for (int i = 0; i < 2000; i++) {
        int64_t number = ((int64_t)i << 40) + (int64_t)random_below(1000) + 1;
        uint64_t random = random_u64();
        char id[RESOURCE_ID_BYTES];
        resource_id_format(RESOURCE_CALL, number, random, id);
        assert_int_equal(strlen(id), RESOURCE_ID_BYTES - 1);
        int64_t number_back;
        uint64_t random_back;
        assert_true(resource_id_parse(RESOURCE_CALL, id, &number_back, &random_back));
        assert_true(number_back == number && random_back == random);
        assert_true(strcmp(previous, id) < 0);
        memcpy(previous, id, sizeof(id));
    }
}

static void ids_of_one_kind_are_not_of_another(void **state)
{
    (void)state;
    static const struct {
        enum resource_kind kind;
        const char *id;
    } cases[] = {
        {RESOURCE_CALL,      "call_00000000000010000000000000"},
        {RESOURCE_RECORDING, "rec_00000000000010000000000000" },
        {RESOURCE_VOICEMAIL, "vm_00000000000010000000000000"  },
    };
    int64_t number = 0;
    uint64_t random = 0;
    char id[RESOURCE_ID_BYTES];
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        for (size_t j = 0; j < ARRAY_LEN(cases); j++)
            assert_int_equal(resource_id_parse(cases[j].kind, cases[i].id, &number, &random),
                             i == j);
        assert_true(resource_id_parse(cases[i].kind, cases[i].id, &number, &random));
        resource_id_format(cases[i].kind, number, random, id);
        assert_string_equal(id, cases[i].id);
    }
}

static void refuses_what_is_no_id(void **state)
{
    (void)state;
    static const char *const bad[] = {
        NULL,
        "",
        "call_",
        "call_0000000000000000000000000",   /* one short */
        "call_000000000000000000000000000", /* one long */
        "call_00000000000000000000000000",  /* number 0 */
        "call_7zzzzzzzzzzzzzzzzzzzzzzzzz",  /* number negative */
        "call_80000000000000000000000001",  /* more than 128 bits */
        "call_0000000000001000000000000i",  /* i is no digit */
        "CALL_00000000000010000000000000",
        "CA000000000000000000000000000000001",
    };
    int64_t number;
    uint64_t random;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(resource_id_parse(RESOURCE_CALL, bad[i], &number, &random));
}

static void numbers_never_repeat_even_if_the_clock_goes_back(void **state)
{
    (void)state;
    _Atomic int64_t last = 0;
    int64_t first = resource_number_next(&last, 1000);
    assert_true(first == 1000LL << 20);
    assert_true(resource_number_next(&last, 1000) == first + 1);
    assert_true(resource_number_next(&last, 999) == first + 2);
    assert_true(resource_number_next(&last, 1001) == 1001LL << 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_come_back_and_sort_by_number),
        cmocka_unit_test(ids_of_one_kind_are_not_of_another),
        cmocka_unit_test(refuses_what_is_no_id),
        cmocka_unit_test(numbers_never_repeat_even_if_the_clock_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
