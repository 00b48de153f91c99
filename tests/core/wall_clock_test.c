#include "core/wall_clock.h"

#include <string.h>
#include <time.h>

#include "core/macros.h"
#include "support/cmocka_all.h"

static void times_are_written_in_three_formats(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *rfc3339;
        const char *rfc2822;
        const char *http;
    } cases[] = {
        {0,               "1970-01-01T00:00:00.000Z", "Thu, 01 Jan 1970 00:00:00 +0000",
         "Thu, 01 Jan 1970 00:00:00 GMT"},
        {1795202520123,   "2026-11-20T19:22:00.123Z", "Fri, 20 Nov 2026 19:22:00 +0000",
         "Fri, 20 Nov 2026 19:22:00 GMT"},
        {951782399999,    "2000-02-28T23:59:59.999Z", "Mon, 28 Feb 2000 23:59:59 +0000",
         "Mon, 28 Feb 2000 23:59:59 GMT"},
        {951782400000,    "2000-02-29T00:00:00.000Z", "Tue, 29 Feb 2000 00:00:00 +0000",
         "Tue, 29 Feb 2000 00:00:00 GMT"},
        {-1,              "1969-12-31T23:59:59.999Z", "Wed, 31 Dec 1969 23:59:59 +0000",
         "Wed, 31 Dec 1969 23:59:59 GMT"},
        {253402300799999, "9999-12-31T23:59:59.999Z", "Fri, 31 Dec 9999 23:59:59 +0000",
         "Fri, 31 Dec 9999 23:59:59 GMT"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[TIME_TEXT_BYTES];
        time_to_rfc3339(cases[i].ms, text);
        assert_string_equal(text, cases[i].rfc3339);
        time_to_rfc2822(cases[i].ms, text);
        assert_string_equal(text, cases[i].rfc2822);
        time_to_http_date(cases[i].ms, text);
        assert_string_equal(text, cases[i].http);
    }
}

static void the_calendar_agrees_with_the_c_library(void **state)
{
    (void)state;
    static const char days[] = "SunMonTueWedThuFriSat";
    for (int64_t day = -719528; day < 2932896; day += 13) { /* the years 0000 to 9999 */
        int64_t ms = (day * 86400 + (day & 65535)) * 1000;
        char text[TIME_TEXT_BYTES];
        int64_t back;
        struct tm parts = {0};
        time_to_rfc3339(ms, text);
        assert_true(time_from_rfc3339(text, &back));
        assert_int_equal(back, ms);
        assert_non_null(strptime(text, "%Y-%m-%dT%H:%M:%S", &parts));
        assert_int_equal((int64_t)timegm(&parts) * 1000, ms);
        time_to_rfc2822(ms, text);
        assert_memory_equal(text, days + (ptrdiff_t)3 * parts.tm_wday, 3);
        assert_true(time_from_rfc2822(text, &back));
        assert_int_equal(back, ms);
    }
}

static void the_largest_times_still_fit(void **state)
{
    (void)state;
    static const int64_t extremes[] = {INT64_MIN, INT64_MIN + 1, INT64_MAX};
    for (size_t i = 0; i < ARRAY_LEN(extremes); i++) {
        char text[TIME_TEXT_BYTES];
        time_to_rfc3339(extremes[i], text);
        time_to_rfc2822(extremes[i], text);
        assert_true(strlen(text) < sizeof text);
    }
}

static void rfc3339_is_read_strictly(void **state)
{
    (void)state;
    enum { BAD = -1 };
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"1970-01-01T00:00:00Z",           0            },
        {"2026-11-20T19:22:00.123Z",       1795202520123},
        {"2026-11-20t19:22:00.1z",         1795202520100},
        {"2026-11-20T19:22:00.123999999Z", 1795202520123},
        {"2026-11-20T20:22:00+01:00",      1795202520000},
        {"2026-11-20T14:22:00-05:00",      1795202520000},
        {"2024-02-29T00:00:00Z",           1709164800000},
        {"1990-12-31T23:59:60Z",           662688000000 }, /* RFC 3339 section 5.8 */
        {"",                               BAD          },
        {"2026-11-20",                     BAD          },
        {"2026-11-20T19:22:00",            BAD          },
        {"2026-11-20 19:22:00Z",           BAD          },
        {"2026-11-20T19:22Z",              BAD          },
        {"2026-11-20T19:22:00.Z",          BAD          },
        {"2026-11-20T19:22:00Zx",          BAD          },
        {"2026-11-20T19:22:00+0100",       BAD          },
        {"2026-11-20T19:22:00+24:00",      BAD          },
        {"2026-11-20T24:00:00Z",           BAD          },
        {"2026-11-20T19:60:00Z",           BAD          },
        {"2026-11-20T19:22:61Z",           BAD          },
        {"2026-13-01T00:00:00Z",           BAD          },
        {"2026-00-01T00:00:00Z",           BAD          },
        {"2026-04-31T00:00:00Z",           BAD          },
        {"2026-02-29T00:00:00Z",           BAD          },
        {"1900-02-29T00:00:00Z",           BAD          },
        {"26-11-20T19:22:00Z",             BAD          },
        {"-2026-11-20T19:22:00Z",          BAD          },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t ms = BAD;
        assert_int_equal(time_from_rfc3339(cases[i].text, &ms), cases[i].ms != BAD);
        assert_int_equal(ms, cases[i].ms);
    }
    int64_t ms;
    assert_false(time_from_rfc3339(NULL, &ms));
}

static void rfc2822_is_read_as_twilio_writes_it(void **state)
{
    (void)state;
    enum { BAD = -1 };
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"Fri, 20 Nov 2026 19:22:00 +0000",  1795202520000},
        {"Fri, 20 Nov 2026 14:22:00 -0500",  1795202520000},
        {"20 Nov 2026 19:22 GMT",            1795202520000},
        {"Thu, 1 Jan 1970 00:00:00 GMT",     0            },
        {"",                                 BAD          },
        {"Fri 20 Nov 2026 19:22:00 +0000",   BAD          },
        {"Foo, 20 Nov 2026 19:22:00 +0000",  BAD          },
        {"Fri, 20 Nov 26 19:22:00 +0000",    BAD          },
        {"Fri, 31 Nov 2026 19:22:00 +0000",  BAD          },
        {"Fri, 20 Nov 2026 19:22:00",        BAD          },
        {"Fri, 20 Nov 2026 19:22:00 +00:00", BAD          },
        {"Fri, 20 Nov 2026 19:22:00 PST",    BAD          },
        {"Fri, 20 Nov 2026 19:22:00 +0000 ", BAD          },
        {"Fri, 20 No",                       BAD          },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t ms = BAD;
        assert_int_equal(time_from_rfc2822(cases[i].text, &ms), cases[i].ms != BAD);
        assert_int_equal(ms, cases[i].ms);
    }
    int64_t ms;
    assert_false(time_from_rfc2822(NULL, &ms));
}

static void a_fixed_clock_stands_still_and_the_others_do_not_go_back(void **state)
{
    (void)state;
    struct wall_clock fixed = wall_clock_fixed(42);
    assert_int_equal(wall_clock_now_ms(&fixed), 42);
    assert_true(wall_clock_now_ms(wall_clock_real()) > INT64_C(1700000000000));
    int64_t ms = monotonic_ms();
    int64_t us = monotonic_us();
    assert_true(us / 1000 >= ms);
    assert_true(monotonic_us() >= us);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_written_in_three_formats),
        cmocka_unit_test(the_calendar_agrees_with_the_c_library),
        cmocka_unit_test(the_largest_times_still_fit),
        cmocka_unit_test(rfc3339_is_read_strictly),
        cmocka_unit_test(rfc2822_is_read_as_twilio_writes_it),
        cmocka_unit_test(a_fixed_clock_stands_still_and_the_others_do_not_go_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
