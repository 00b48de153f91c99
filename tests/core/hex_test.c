#include "core/hex.h"

#include <string.h>

#include "core/macros.h"
#include "support/cmocka_all.h"

static void encoding_is_lower_case(void **state)
{
    (void)state;
    char out[9];
    hex_encode(out, "\x00\x7f\xab\xff", 4);
    assert_string_equal(out, "007fabff");
    hex_encode(out, "", 0);
    assert_string_equal(out, "");
}

static void decoding_takes_exactly_that_many_digits(void **state)
{
    (void)state;
    unsigned char out[4];
    assert_true(hex_decode("007FabfF", out, 4));
    assert_memory_equal(out, "\x00\x7f\xab\xff", 4);
    static const char *const bad[] = {"",         "0",        "007fabf",  "007fabff0",
                                      "007fabfg", "g07fabff", "0x7fabff", "00 fabff"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(hex_decode(bad[i], out, 4));
    assert_true(hex_decode("", out, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encoding_is_lower_case),
        cmocka_unit_test(decoding_takes_exactly_that_many_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
