/* Parts of an answer: what Range and If-Range ask for, by RFC 9110, sections 13.1.5 and 14. */
#include "http/range.h"

#include <string.h>

#include "core/macros.h"
#include "support/cmocka_all.h"

static const struct {
    const char *field;
    int64_t length;
    enum range_wish wish;
    int64_t first;
    int64_t bytes;
} ranges[] = {
  /* RFC 9110, 14.1.2 */
    {"bytes=0-499",                  10000, RANGE_PART,          0,    500  },
    {"bytes=500-999",                10000, RANGE_PART,          500,  500  },
    {"bytes=-500",                   10000, RANGE_PART,          9500, 500  },
    {"bytes=9500-",                  10000, RANGE_PART,          9500, 500  },
    {"bytes=0-0",                    10000, RANGE_PART,          0,    1    },
    {"bytes=-1",                     10000, RANGE_PART,          9999, 1    },
 /* beyond the end */
    {"bytes=0-",                     10000, RANGE_PART,          0,    10000},
    {"bytes=9999-20000",             10000, RANGE_PART,          9999, 1    },
    {"bytes=-20000",                 10000, RANGE_PART,          0,    10000},
    {"bytes=10000-",                 10000, RANGE_UNSATISFIABLE, 0,    0    },
    {"bytes=10000-10001",            10000, RANGE_UNSATISFIABLE, 0,    0    },
    {"bytes=-0",                     10000, RANGE_UNSATISFIABLE, 0,    0    },
    {"bytes=0-",                     0,     RANGE_UNSATISFIABLE, 0,    0    },
    {"bytes=-5",                     0,     RANGE_UNSATISFIABLE, 0,    0    },
    {"bytes=99999999999999999999-",  10000, RANGE_UNSATISFIABLE, 0,    0    },
    {"bytes=1-99999999999999999999", 10000, RANGE_PART,          1,    9999 },
    {"bytes=-99999999999999999999",  10000, RANGE_PART,          0,    10000},
    {"BYTES=1-2",                    10000, RANGE_PART,          1,    2    },
 /* passed over */
    {NULL,                           10000, RANGE_WHOLE,         0,    10000},
    {"",                             10000, RANGE_WHOLE,         0,    10000},
    {"bytes",                        10000, RANGE_WHOLE,         0,    10000},
    {"bytes=",                       10000, RANGE_WHOLE,         0,    10000},
    {"bytes=-",                      10000, RANGE_WHOLE,         0,    10000},
    {"bytes=5",                      10000, RANGE_WHOLE,         0,    10000},
    {"bytes=5-4",                    10000, RANGE_WHOLE,         0,    10000},
    {"bytes=a-b",                    10000, RANGE_WHOLE,         0,    10000},
    {"bytes=1-2x",                   10000, RANGE_WHOLE,         0,    10000},
    {"bytes= 1-2",                   10000, RANGE_WHOLE,         0,    10000},
    {"bytes=1--2",                   10000, RANGE_WHOLE,         0,    10000},
    {"bytes=0-0,-1",                 10000, RANGE_WHOLE,         0,    10000},
    {"bytes=500-600,601-999",        10000, RANGE_WHOLE,         0,    10000},
    {"seconds=1-2",                  10000, RANGE_WHOLE,         0,    10000},
};

static void reads_one_range(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ranges); i++) {
        struct byte_range range = {-7, -7};
        enum range_wish wish = range_read(ranges[i].field, ranges[i].length, &range);
        if (wish != ranges[i].wish)
            fail_msg("%s", ranges[i].field);
        if (wish == RANGE_UNSATISFIABLE) {
            assert_int_equal(range.first, -7);
            continue;
        }
        assert_int_equal(range.first, ranges[i].first);
        assert_int_equal(range.bytes, ranges[i].bytes);
    }
}

#define TAG "\"abc\""
#define MODIFIED "Tue, 15 Nov 1994 12:45:26 GMT"

static const struct {
    enum http_method method;
    const char *if_range;
    const char *second_range;
    enum range_wish wish;
} conditions[] = {
    {HTTP_GET,  NULL,                            NULL,        RANGE_PART },
    {HTTP_GET,  TAG,                             NULL,        RANGE_PART },
    {HTTP_GET,  MODIFIED,                        NULL,        RANGE_PART },
    {HTTP_GET,  "W/" TAG,                        NULL,        RANGE_WHOLE},
    {HTTP_GET,  "\"other\"",                     NULL,        RANGE_WHOLE},
    {HTTP_GET,  "Tue, 15 Nov 1994 12:45:27 GMT", NULL,        RANGE_WHOLE},
    {HTTP_GET,  "",                              NULL,        RANGE_WHOLE},
    {HTTP_GET,  NULL,                            "bytes=4-5", RANGE_WHOLE},
    {HTTP_HEAD, NULL,                            NULL,        RANGE_WHOLE},
};

static void takes_a_range_of_this_very_thing_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(conditions); i++) {
        auto_arena struct arena *arena = arena_create();
        struct request request = {.arena = arena, .method = conditions[i].method};
        fields_add(&request.headers, arena, "Range", "bytes=2-3");
        if (conditions[i].if_range != NULL)
            fields_add(&request.headers, arena, "If-Range", conditions[i].if_range);
        if (conditions[i].second_range != NULL)
            fields_add(&request.headers, arena, "range", conditions[i].second_range);
        struct byte_range range;
        enum range_wish wish = request_range(&request, TAG, MODIFIED, 10, &range);
        if (wish != conditions[i].wish)
            fail_msg("condition %zu", i);
        assert_int_equal(range.bytes, wish == RANGE_PART ? 2 : 10);
    }
}

static void says_which_part_it_is(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    const struct request request = {.arena = arena};
    const struct byte_range part = {.first = 2, .bytes = 3};
    struct response response = {0};
    response_content_range(&request, &response, &part, 10);
    response_content_range(&request, &response, NULL, 10);
    assert_string_equal(response.headers[0].name, "Content-Range");
    assert_string_equal(response.headers[0].value, "bytes 2-4/10");
    assert_string_equal(response.headers[1].value, "bytes */10");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_one_range),
        cmocka_unit_test(takes_a_range_of_this_very_thing_alone),
        cmocka_unit_test(says_which_part_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
