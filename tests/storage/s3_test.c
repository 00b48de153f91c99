/* What is the S3 backend's own: parts, what a store that fails costs, what is said to the operator, what is left behind. */
#include "storage/s3.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/macros.h"
#include "core/xmalloc.h"
#include "s3_fixture.h"
#include "support/cmocka_all.h"

enum {
    LONG_BYTES = 12 * 1024 * 1024 + 77,
    SHORT_BYTES = 1000,
    TWO_PARTS_BYTES = S3_PART_BYTES_MIN + 1000,
    ATTEMPTS = 3
};

static int open_empty(void **state)
{
    *state = s3_fixture_open();
    return 0;
}

static int close_again(void **state)
{
    s3_fixture_close(*state);
    return 0;
}

static unsigned char *make_bytes(size_t len)
{
    unsigned char *bytes = xcalloc(1, len + 1);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (unsigned char)(i * 31 + (i >> 9));
    return bytes;
}

static int put(struct s3_fixture *f, const char *key, size_t len, struct error *err)
{
    const struct storage_object object = {.key = key, .content_type = "audio/x-wav"};
    auto_free unsigned char *bytes = make_bytes(len);
    struct storage_writer *writer = NULL;
    if (storage_begin(f->storage, &object, &writer, err) < 0)
        return -1;
    for (size_t at = 0; at < len; at += 65536) {
        if (storage_write(writer, bytes + at, len - at < 65536 ? len - at : 65536, err) == 0)
            continue;
        storage_abort(writer);
        return -1;
    }
    return storage_commit(writer, err);
}

static void assert_stored(struct s3_fixture *f, const char *key, size_t len)
{
    size_t got = 0;
    char path[128];
    (void)snprintf(path, sizeof path, "calls/%s", key);
    auto_free unsigned char *stored = stand_in_object(f->stand_in, path, &got);
    auto_free unsigned char *expected = make_bytes(len);
    assert_non_null(stored);
    assert_int_equal(got, len);
    assert_memory_equal(stored, expected, len);
}

static int read_all(struct s3_fixture *f, const char *key, size_t len, struct error *err)
{
    struct storage_reader *reader = NULL;
    auto_free unsigned char *bytes = xcalloc(1, len + 1);
    auto_free unsigned char *expected = make_bytes(len);
    size_t got = 0;
    if (storage_open(f->storage, key, &reader, err) < 0)
        return -1;
    const int done = storage_read(reader, 0, bytes, len, &got, err);
    storage_close(reader);
    if (done == 0)
        assert_memory_equal(bytes, expected, len);
    return done;
}

static void sends_short_ones_at_once_and_long_ones_in_parts(void **state)
{
    struct s3_fixture *f = *state;
    struct error err = {0};
    static const struct {
        const char *key;
        size_t len;
        unsigned parts;
    } cases[] = {
        {"empty",     0,                     0},
        {"short",     SHORT_BYTES,           0},
        {"one-part",  S3_PART_BYTES_MIN,     0},
        {"one-more",  S3_PART_BYTES_MIN + 1, 2},
        {"two-parts", 2 * S3_PART_BYTES_MIN, 2},
        {"long",      LONG_BYTES,            3},
    };
    unsigned parts = 0;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char at[64];
        (void)snprintf(at, sizeof at, "PUT /" STAND_IN_BUCKET "/calls/%s?partNumber", cases[i].key);
        assert_int_equal(put(f, cases[i].key, cases[i].len, &err), 0);
        assert_stored(f, cases[i].key, cases[i].len);
        parts += cases[i].parts;
        assert_int_equal(stand_in_requests(f->stand_in, at), cases[i].parts);
    }
    assert_int_equal(stand_in_uploads(f->stand_in), 0);
}

/* A store that is busy, broken or away for a moment: the second or third attempt does it, and nobody notices. */
static void gets_over_a_short_trouble(void **state)
{
    struct s3_fixture *f = *state;
    static const struct {
        const char *where;
        const char *key;
        size_t len;
    } places[] = {
        {"PUT /" STAND_IN_BUCKET "/calls/short",             "short", SHORT_BYTES    },
        {"HEAD /" STAND_IN_BUCKET "/calls/",                 "short", SHORT_BYTES    },
        {"GET /" STAND_IN_BUCKET "/calls/short",             "short", SHORT_BYTES    },
        {"POST /" STAND_IN_BUCKET "/calls/long?uploads",     "long",  TWO_PARTS_BYTES},
        {"PUT /" STAND_IN_BUCKET "/calls/long?partNumber=2", "long",  TWO_PARTS_BYTES},
        {"POST /" STAND_IN_BUCKET "/calls/long?uploadId",    "long",  TWO_PARTS_BYTES},
    };
    static const enum trouble troubles[] = {TROUBLE_SLOW_DOWN, TROUBLE_INTERNAL, TROUBLE_RESET,
                                            TROUBLE_LOST_ANSWER, TROUBLE_HTML};
    for (size_t i = 0; i < ARRAY_LEN(troubles); i++) {
        for (size_t at = 0; at < ARRAY_LEN(places); at++) {
            struct error err = {0};
            stand_in_trouble(f->stand_in, troubles[i], places[at].where, ATTEMPTS - 1);
            if (put(f, places[at].key, places[at].len, &err) < 0 ||
                read_all(f, places[at].key, places[at].len, &err) < 0)
                fail_msg("trouble %zu at %s: %s", i, places[at].where, err.message);
            assert_true(stand_in_trouble_is_over(f->stand_in));
            assert_stored(f, places[at].key, places[at].len);
        }
    }
}

/* A trouble that lasts is told in words for an operator, and leaves nothing half-stored behind. */
static void says_what_to_do_about_a_lasting_trouble(void **state)
{
    struct s3_fixture *f = *state;
    static const struct {
        enum trouble trouble;
        const char *where;
        enum error_kind kind;
        const char *words;
        unsigned requests; /* how often it was asked */
    } cases[] = {
        {TROUBLE_SLOW_DOWN,    "PUT ",  ERROR_UNAVAILABLE, "SlowDown",                   ATTEMPTS},
        {TROUBLE_RESET,        "PUT ",  ERROR_UNAVAILABLE, "cannot be reached",          0       },
        {TROUBLE_DENIED,       "PUT ",  ERROR_UNAVAILABLE, "rights",                     1       },
        {TROUBLE_SKEWED,       "PUT ",  ERROR_UNAVAILABLE, "ours is 3600 s ahead",       1       },
        {TROUBLE_NO_BUCKET,    "PUT ",  ERROR_UNAVAILABLE, "SWITCHHOOK_S3_BUCKET",       1       },
        {TROUBLE_WRONG_LENGTH, "HEAD ", ERROR_UNAVAILABLE, "the store says that it has", 1       },
        {TROUBLE_OTHER_DIGEST, "PUT ",  ERROR_UNAVAILABLE, "other bytes than were sent", 1       },
        {TROUBLE_HTML,         "PUT ",  ERROR_UNAVAILABLE, "502",                        ATTEMPTS},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct error err = {0};
        const unsigned before = stand_in_requests(f->stand_in, cases[i].where);
        stand_in_trouble(f->stand_in, cases[i].trouble, cases[i].where, 100);
        assert_int_equal(put(f, "short", SHORT_BYTES, &err), -1);
        assert_int_equal(err.kind, cases[i].kind);
        if (strstr(err.message, cases[i].words) == NULL)
            fail_msg("%s is not in: %s", cases[i].words, err.message);
        assert_int_equal(stand_in_requests(f->stand_in, cases[i].where) - before,
                         cases[i].requests);
    }
}

static void a_long_upload_that_fails_is_taken_back(void **state)
{
    struct s3_fixture *f = *state;
    static const struct {
        enum trouble trouble;
        const char *where;
    } cases[] = {
        {TROUBLE_SLOW_DOWN,    "PUT /" STAND_IN_BUCKET "/calls/long?partNumber=2"},
        {TROUBLE_DENIED,       "PUT /" STAND_IN_BUCKET "/calls/long?partNumber=3"},
        {TROUBLE_ERROR_IN_200, "POST /" STAND_IN_BUCKET "/calls/long?uploadId"   },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct error err = {0};
        stand_in_trouble(f->stand_in, cases[i].trouble, cases[i].where, 100);
        assert_int_equal(put(f, "long", LONG_BYTES, &err), -1);
        assert_int_equal(err.kind, ERROR_UNAVAILABLE);
        assert_int_equal(stand_in_uploads(f->stand_in), 0);
        assert_int_equal(stand_in_objects(f->stand_in), 0);
    }
}

/* That one is the digest of nothing at all. */
static void a_digest_that_is_right_is_believed(void **state)
{
    struct s3_fixture *f = *state;
    struct error err = {0};
    stand_in_trouble(f->stand_in, TROUBLE_OTHER_DIGEST, "PUT ", 1);
    assert_int_equal(put(f, "empty", 0, &err), 0);
    assert_true(stand_in_trouble_is_over(f->stand_in));
}

static void a_range_that_comes_back_too_short_is_no_sound(void **state)
{
    struct s3_fixture *f = *state;
    struct error err = {0};
    assert_int_equal(put(f, "short", SHORT_BYTES, &err), 0);
    stand_in_trouble(f->stand_in, TROUBLE_SHORT_RANGE, "GET ", 1);
    assert_int_equal(read_all(f, "short", SHORT_BYTES, &err), -1);
    assert_int_equal(err.kind, ERROR_UNAVAILABLE);
}

/* With encryption before it: its header, its last chunk and all that lies between. */
static void a_short_recording_is_one_request(void **state)
{
    struct s3_fixture *f = *state;
    struct storage_reader *reader = NULL;
    struct error err = {0};
    char bytes[64];
    size_t got = 0;
    assert_int_equal(put(f, "short", 100 * 1000, &err), 0);
    assert_int_equal(storage_open(f->storage, "short", &reader, &err), 0);
    assert_int_equal(storage_read(reader, 0, bytes, sizeof bytes, &got, &err), 0);
    assert_int_equal(storage_read(reader, 100 * 1000 - 64, bytes, sizeof bytes, &got, &err), 0);
    assert_int_equal(storage_read(reader, 5000, bytes, sizeof bytes, &got, &err), 0);
    storage_close(reader);
    assert_int_equal(stand_in_requests(f->stand_in, "GET "), 1);
}

/* Who reads piece by piece does not ask for each piece. */
static void reading_on_asks_for_more_at_once(void **state)
{
    struct s3_fixture *f = *state;
    struct storage_reader *reader = NULL;
    struct error err = {0};
    char piece[4096];
    size_t got = 0;
    const size_t len = 1024 * 1024;
    assert_int_equal(put(f, "short", len, &err), 0);
    assert_int_equal(storage_open(f->storage, "short", &reader, &err), 0);
    for (int64_t at = 0; at < (int64_t)len; at += (int64_t)sizeof piece)
        assert_int_equal(storage_read(reader, at, piece, sizeof piece, &got, &err), 0);
    storage_close(reader);
    assert_in_range(stand_in_requests(f->stand_in, "GET "), 4, 6);
}

static void a_wrong_key_or_region_is_told(void **state)
{
    struct s3_fixture *f = *state;
    static const struct {
        struct s3_credentials credentials;
        const char *words;
    } cases[] = {
        {{"somebody-else", STAND_IN_SECRET, NULL},      "SWITCHHOOK_S3_ACCESS_KEY_ID"    },
        {{STAND_IN_KEY_ID, "another-secret", NULL},     "SWITCHHOOK_S3_SECRET_ACCESS_KEY"},
        {{STAND_IN_KEY_ID, STAND_IN_SECRET, "another"}, "SWITCHHOOK_S3_SESSION_TOKEN"    },
        {{NULL, NULL, NULL},                            "no key"                         },
    };
    struct error err = {0};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        error_clear(&err);
        s3_use(f->s3, &cases[i].credentials);
        assert_int_equal(put(f, "short", SHORT_BYTES, &err), -1);
        assert_int_equal(err.kind, ERROR_UNAVAILABLE);
        if (strstr(err.message, cases[i].words) == NULL)
            fail_msg("%s is not in: %s", cases[i].words, err.message);
        assert_null(strstr(err.message, STAND_IN_SECRET));
    }
    error_clear(&err);
    s3_use(f->s3, &(struct s3_credentials){STAND_IN_KEY_ID, STAND_IN_SECRET,
                                           NULL}); /* no token is fine too */
    assert_int_equal(put(f, "short", SHORT_BYTES, &err), 0);
}

static void another_region_is_told(void **state)
{
    struct s3_fixture *f = xcalloc(1, sizeof *f);
    struct error err = {0};
    (void)state;
    f->stand_in = stand_in_start();
    struct s3_settings settings = s3_fixture_settings(f);
    settings.region = "there-2";
    s3_fixture_open_with(&settings, f);
    assert_int_equal(put(f, "short", SHORT_BYTES, &err), -1);
    assert_non_null(strstr(err.message, "SWITCHHOOK_S3_REGION"));
    s3_fixture_close(f);
}

/* A name below localhost is loopback whatever a resolver says. */
static void the_bucket_may_be_in_the_host(void **state)
{
    struct s3_fixture *f = xcalloc(1, sizeof *f);
    struct error err = {0};
    (void)state;
    f->stand_in = stand_in_start();
    struct s3_settings settings = s3_fixture_settings(f);
    settings.host = "localhost";
    settings.style = S3_STYLE_HOST;
    s3_fixture_open_with(&settings, f);
    assert_int_equal(put(f, "short", SHORT_BYTES, &err), 0);
    assert_stored(f, "short", SHORT_BYTES);
    assert_int_equal(stand_in_requests(f->stand_in, "PUT /calls/short"), 1);
    assert_int_equal(read_all(f, "short", SHORT_BYTES, &err), 0);
    s3_fixture_close(f);
}

/* What a former process began and never ended is paid for; what others keep in the bucket is none of our business. */
static void the_sweep_takes_back_what_was_left(void **state)
{
    struct s3_fixture *f = *state;
    struct error err = {0};
    int64_t removed = 0;
    const int64_t now_ms = wall_clock_now_ms(wall_clock_real());
    for (int i = 0; i < 5; i++)
        stand_in_leave_upload(f->stand_in, "calls/2026/a.wav", now_ms - 60 * 1000);
    stand_in_leave_upload(f->stand_in, "calls/2026/new.wav", now_ms + 60 * 1000);
    stand_in_leave_upload(f->stand_in, "others/2026/a.wav", now_ms - 60 * 1000);
    assert_int_equal(storage_sweep(f->storage, &removed, &err), 0);
    assert_int_equal(stand_in_uploads(f->stand_in), 2);
    assert_int_equal(removed, 5);
}

static void *stop(void *context)
{
    s3_stop(context);
    return NULL;
}

/* The end of the program does not wait for a store that does not answer. */
static void stopping_ends_the_waiting(void **state)
{
    struct s3_fixture *f = xcalloc(1, sizeof *f);
    struct error err = {0};
    pthread_t thread;
    (void)state;
    f->stand_in = stand_in_start();
    struct s3_settings settings = s3_fixture_settings(f);
    settings.retry_ms = 15000;
    settings.attempts = 20;
    s3_fixture_open_with(&settings, f);
    stand_in_trouble(f->stand_in, TROUBLE_SLOW_DOWN, "PUT ", 1000);
    const int64_t started_ms = monotonic_ms();
    assert_int_equal(pthread_create(&thread, NULL, stop, f->s3), 0);
    assert_int_equal(put(f, "short", SHORT_BYTES, &err), -1);
    assert_int_equal(err.kind, ERROR_UNAVAILABLE);
    assert_true(monotonic_ms() - started_ms < 5000);
    (void)pthread_join(thread, NULL);
    s3_fixture_close(f);
}

static void a_dead_store_is_unavailable(void **state)
{
    struct s3_fixture *f = xcalloc(1, sizeof *f);
    struct error err = {0};
    (void)state;
    f->stand_in = stand_in_start();
    struct s3_settings settings = s3_fixture_settings(f);
    settings.port = 1;
    s3_fixture_open_with(&settings, f);
    assert_int_equal(put(f, "short", SHORT_BYTES, &err), -1);
    assert_int_equal(err.kind, ERROR_UNAVAILABLE);
    assert_int_equal(read_all(f, "short", SHORT_BYTES, &err), -1);
    assert_int_equal(storage_remove(f->storage, "short", &err), -1);
    s3_fixture_close(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_empty, close_again)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sends_short_ones_at_once_and_long_ones_in_parts),
        TEST(gets_over_a_short_trouble),
        TEST(says_what_to_do_about_a_lasting_trouble),
        TEST(a_long_upload_that_fails_is_taken_back),
        TEST(a_digest_that_is_right_is_believed),
        TEST(a_range_that_comes_back_too_short_is_no_sound),
        TEST(a_short_recording_is_one_request),
        TEST(reading_on_asks_for_more_at_once),
        TEST(a_wrong_key_or_region_is_told),
        cmocka_unit_test(another_region_is_told),
        cmocka_unit_test(the_bucket_may_be_in_the_host),
        TEST(the_sweep_takes_back_what_was_left),
        cmocka_unit_test(stopping_ends_the_waiting),
        cmocka_unit_test(a_dead_store_is_unavailable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
