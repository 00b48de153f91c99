#include "crypto/digest.h"

#include <string.h>

#include "core/macros.h"
#include "support/cmocka_all.h"

/* FIPS 180-4 examples, and what Twilio's helper expects for no body at all and for "{}". */
static const struct {
    const char *text;
    const char *hex;
} cases[] = {
    {"",                                                         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc",                                                      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"                                                            },
    {"{}",                                                       "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},
};

static void published_digests_are_computed(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char hex[SHA256_HEX_BYTES];
        digest_sha256_hex(cases[i].text, strlen(cases[i].text), hex);
        assert_string_equal(hex, cases[i].hex);
    }
}

static void pieces_come_to_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        auto_digest struct digest *digest = digest_create();
        unsigned char whole[SHA256_BYTES];
        unsigned char pieces[SHA256_BYTES];
        size_t len = strlen(cases[i].text);
        digest_sha256(cases[i].text, len, whole);
        for (size_t at = 0; at < len; at++)
            digest_add(digest, cases[i].text + at, 1);
        digest_finish(digest, pieces);
        assert_memory_equal(whole, pieces, SHA256_BYTES);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_digests_are_computed),
        cmocka_unit_test(pieces_come_to_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
