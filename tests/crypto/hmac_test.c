#include "crypto/hmac.h"

#include <pthread.h>
#include <string.h>

#include "core/hex.h"
#include "support/cmocka_all.h"

/* RFC 2202 section 3 and RFC 4231 section 4: test cases 1, 2 and the one with a long key. */
static const struct {
    enum hmac_hash hash;
    const char *key;
    size_t key_len;
    const char *data;
    const char *mac;
} cases[] = {
    {HMAC_HASH_SHA1,
     "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b", 20,
     "Hi There",                                                                                                             "b617318655057264e28bc0b6fb378c8ef146be00"                        },
    {HMAC_HASH_SHA1,   "Jefe",                                                           4,  "what do ya want for nothing?",
     "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"                                                                                                                                                },
    {HMAC_HASH_SHA256,
     "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b", 20,
     "Hi There",                                                                                                             "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {HMAC_HASH_SHA256, "Jefe",                                                           4,  "what do ya want for nothing?",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"                                                                                                                        },
};

static void check(size_t i, const unsigned char *mac)
{
    char text[2 * HMAC_MAX_BYTES + 1];
    hex_encode(text, mac, strlen(cases[i].mac) / 2);
    assert_string_equal(text, cases[i].mac);
}

static void published_cases_are_computed(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        unsigned char mac[HMAC_MAX_BYTES];
        assert_int_equal(hmac_once(cases[i].hash, cases[i].key, cases[i].key_len, cases[i].data,
                                   strlen(cases[i].data), mac, NULL),
                         0);
        check(i, mac);
    }
}

static void a_long_key_is_taken_whole(void **state)
{
    (void)state;
    static const char data[] = "Test Using Larger Than Block-Size Key - Hash Key First";
    char key[131];
    memset(key, 0xaa, sizeof(key));
    unsigned char mac[HMAC_MAX_BYTES];
    char text[2 * HMAC_MAX_BYTES + 1];
    assert_int_equal(hmac_once(HMAC_HASH_SHA1, key, 80, data, strlen(data), mac, NULL), 0);
    hex_encode(text, mac, HMAC_SHA1_BYTES);
    assert_string_equal(text, "aa4ae5e15272d00e95705637ce8a3b55ed402112");
    assert_int_equal(hmac_once(HMAC_HASH_SHA256, key, 131, data, strlen(data), mac, NULL), 0);
    hex_encode(text, mac, HMAC_SHA256_BYTES);
    assert_string_equal(text, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void a_context_serves_message_after_message_in_pieces(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        auto_hmac struct hmac *hmac =
            hmac_create(cases[i].hash, cases[i].key, cases[i].key_len, NULL);
        for (int round = 0; round < 3; round++) {
            unsigned char mac[HMAC_MAX_BYTES];
            for (const char *c = cases[i].data; *c != '\0'; c++)
                hmac_update(hmac, c, 1);
            hmac_update(hmac, NULL, 0);
            hmac_finish(hmac, mac);
            check(i, mac);
        }
    }
}

static void an_empty_key_is_refused(void **state)
{
    (void)state;
    struct error err = {0};
    unsigned char mac[HMAC_MAX_BYTES] = "untouched";
    assert_null(hmac_create(HMAC_HASH_SHA1, "", 0, &err));
    assert_int_equal(err.kind, ERROR_INVALID);
    assert_int_equal(hmac_once(HMAC_HASH_SHA256, "", 0, "x", 1, mac, NULL), -1);
    assert_string_equal(mac, "untouched");
    hmac_free(NULL);
}

enum { THREADS = 4, ROUNDS = 200 };

static void *copy_and_compute(void *template)
{
    for (int round = 0; round < ROUNDS; round++) {
        auto_hmac struct hmac *hmac = hmac_copy(template);
        unsigned char mac[HMAC_MAX_BYTES];
        char text[2 * HMAC_SHA1_BYTES + 1];
        hmac_update(hmac, cases[1].data, strlen(cases[1].data));
        hmac_finish(hmac, mac);
        hex_encode(text, mac, HMAC_SHA1_BYTES);
        if (strcmp(text, cases[1].mac) != 0)
            return template;
    }
    return NULL;
}

static void a_template_is_copied_by_many_threads_at_once(void **state)
{
    (void)state;
    auto_hmac struct hmac *template = hmac_create(HMAC_HASH_SHA1, "Jefe", 4, NULL);
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, copy_and_compute, template), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *wrong = NULL;
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_cases_are_computed),
        cmocka_unit_test(a_long_key_is_taken_whole),
        cmocka_unit_test(a_context_serves_message_after_message_in_pieces),
        cmocka_unit_test(an_empty_key_is_refused),
        cmocka_unit_test(a_template_is_copied_by_many_threads_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
