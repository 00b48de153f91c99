#include "crypto/api_key.h"

#include <string.h>

#include "core/hex.h"
#include "core/macros.h"
#include "support/cmocka_all.h"

#define ID "0123456789abcdef"
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static void a_new_key_is_read_back_and_matches(void **state)
{
    (void)state;
    char text[API_KEY_TEXT_BYTES];
    struct api_key made;
    struct api_key read;
    api_key_generate(text, &made);
    assert_int_equal(strlen(text), API_KEY_TEXT_BYTES - 1);
    assert_memory_equal(text, "shk_", 4);
    assert_true(api_key_parse(text, &read));
    assert_string_equal(read.id, made.id);
    assert_int_equal(strlen(read.id), API_KEY_ID_CHARS);
    assert_true(api_key_matches(&read, made.hash));
}

static void two_keys_differ_and_do_not_match(void **state)
{
    (void)state;
    char text[2][API_KEY_TEXT_BYTES];
    struct api_key key[2];
    api_key_generate(text[0], &key[0]);
    api_key_generate(text[1], &key[1]);
    assert_string_not_equal(text[0], text[1]);
    assert_string_not_equal(key[0].id, key[1].id);
    assert_false(api_key_matches(&key[0], key[1].hash));
}

static void the_hash_is_sha256_of_the_secrets_bytes(void **state)
{
    (void)state;
    struct api_key key;
    char hex[SHA256_HEX_BYTES];
    assert_true(api_key_parse("shk_" ID "_" ZEROS, &key));
    assert_string_equal(key.id, ID);
    hex_encode(hex, key.hash, sizeof(key.hash));
    assert_string_equal(hex, "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925");
}

static void other_shapes_are_refused_and_nothing_is_written(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        NULL,
        "",
        "shk_",
        "shk_" ID,
        "shk_" ID "_",
        "shk_" ID "_" ZEROS "0",
        "shk_" ID "_" ZEROS "\n",
        "shk_" ID "_000000000000000000000000000000000000000000000000000000000000000",
        "shk_" ID "-" ZEROS,
        "SHK_" ID "_" ZEROS,
        "sk__" ID "_" ZEROS,
        "shk_0123456789ABCDEF_" ZEROS,
        "shk_0123456789abcdeg_" ZEROS,
        "shk_0123456789abcde__" ZEROS,
        "shk_" ID "_000000000000000000000000000000000000000000000000000000000000000A",
        "shk_" ID "_00000000000000000000000000000000000000000000000000000000000000 0",
        " shk_" ID "_" ZEROS,
    };
    struct api_key key = {.id = "untouched"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_false(api_key_parse(wrong[i], &key));
    assert_string_equal(key.id, "untouched");
}

static void each_changed_character_of_the_secret_is_noticed(void **state)
{
    (void)state;
    char text[API_KEY_TEXT_BYTES];
    struct api_key made;
    api_key_generate(text, &made);
    for (size_t at = 4 + API_KEY_ID_CHARS + 1; text[at] != '\0'; at++) {
        struct api_key read;
        const char was = text[at];
        text[at] = was == '0' ? '1' : '0';
        assert_true(api_key_parse(text, &read));
        assert_false(api_key_matches(&read, made.hash));
        text[at] = was;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_key_is_read_back_and_matches),
        cmocka_unit_test(two_keys_differ_and_do_not_match),
        cmocka_unit_test(the_hash_is_sha256_of_the_secrets_bytes),
        cmocka_unit_test(other_shapes_are_refused_and_nothing_is_written),
        cmocka_unit_test(each_changed_character_of_the_secret_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
