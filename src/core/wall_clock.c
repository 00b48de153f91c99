/*
 * The clock, and times as text. The calendar is our own arithmetic: the C library's is slow, wants
 * locks for its time zone, and has no way back from UTC in the standard.
 *
 *   RFC 3339   2026-11-20T19:22:00.123Z | 2026-11-20T20:22:00+01:00
 *   RFC 2822   [Fri, ]20 Nov 2026 19:22:00 +0000
 *   HTTP date  Fri, 20 Nov 2026 19:22:00 GMT
 */
#include "core/wall_clock.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include "core/macros.h"

enum {
    MS_PER_SECOND = 1000,
    SECONDS_PER_MINUTE = 60,
    SECONDS_PER_DAY = 86400,
    DAYS_PER_ERA = 146097, /* 400 years, after which the calendar repeats */
    DAYS_TO_1970 = 719468, /* from 0000-03-01 */
};

static const char month_names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char day_names[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

/* A moment of UTC, taken apart. */
struct civil {
    int64_t year;
    int64_t month; /* 1 to 12 */
    int64_t day;   /* 1 to 31 */
    int64_t hour;
    int64_t minute;
    int64_t second;
    int64_t ms;
    int64_t weekday; /* 0 is Sunday; not set by the parsers */
};

static int64_t clock_read(clockid_t id, int64_t units_per_second)
{
    struct timespec now;
    int failed = clock_gettime(id, &now);
    ASSERT(failed == 0);
    return (int64_t)now.tv_sec * units_per_second +
           (int64_t)now.tv_nsec / (INT64_C(1000000000) / units_per_second);
}

static int64_t real_now_ms(const struct wall_clock *clock)
{
    (void)clock;
    return clock_read(CLOCK_REALTIME, MS_PER_SECOND);
}

static int64_t fixed_now_ms(const struct wall_clock *clock)
{
    return clock->fixed_ms;
}

const struct wall_clock *wall_clock_real(void)
{
    static const struct wall_clock real = {.now_ms = real_now_ms};
    return &real;
}

struct wall_clock wall_clock_fixed(int64_t now_ms)
{
    return (struct wall_clock){.now_ms = fixed_now_ms, .fixed_ms = now_ms};
}

int64_t monotonic_ms(void)
{
    return clock_read(CLOCK_MONOTONIC, MS_PER_SECOND);
}

int64_t monotonic_us(void)
{
    return clock_read(CLOCK_MONOTONIC, INT64_C(1000000));
}

/* Division that rounds down, so that times before 1970 come out right; `rest` is never negative. */
static int64_t floor_div(int64_t value, int64_t by, int64_t *rest)
{
    *rest = value % by;
    int64_t whole = value / by;
    if (*rest < 0) {
        *rest += by;
        whole--;
    }
    return whole;
}

/*
 * Days since 1970 to a date and back. Years begin in March, so that the leap day is the last one
 * and the months' lengths repeat every five (153 days). Source: Howard Hinnant, "chrono-Compatible
 * Low-Level Date Algorithms".
 */
static void civil_from_days(int64_t days, struct civil *civil)
{
    int64_t day_of_era;
    int64_t era = floor_div(days + DAYS_TO_1970, DAYS_PER_ERA, &day_of_era);
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t march_month = (5 * day_of_year + 2) / 153;
    civil->day = day_of_year - (153 * march_month + 2) / 5 + 1;
    civil->month = march_month < 10 ? march_month + 3 : march_month - 9;
    civil->year = era * 400 + year_of_era + (civil->month <= 2);
}

static int64_t days_from_civil(const struct civil *civil)
{
    int64_t year_of_era;
    int64_t era = floor_div(civil->year - (civil->month <= 2), 400, &year_of_era);
    int64_t march_month = civil->month > 2 ? civil->month - 3 : civil->month + 9;
    int64_t day_of_year = (153 * march_month + 2) / 5 + civil->day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - DAYS_TO_1970;
}

static struct civil civil_from_ms(int64_t ms)
{
    struct civil civil;
    int64_t second_of_day;
    int64_t seconds = floor_div(ms, MS_PER_SECOND, &civil.ms);
    int64_t days = floor_div(seconds, SECONDS_PER_DAY, &second_of_day);
    civil_from_days(days, &civil);
    civil.hour = second_of_day / 3600;
    civil.minute = second_of_day / SECONDS_PER_MINUTE % 60;
    civil.second = second_of_day % SECONDS_PER_MINUTE;
    (void)floor_div(days + 4, 7, &civil.weekday); /* 1970-01-01 was a Thursday */
    return civil;
}

/* At least `width` digits, zeros in front. */
static char *put_digits(char *out, int64_t value, int width)
{
    char digits[24];
    int count = 0;
    if (value < 0) {
        *out++ = '-';
        value = -value;
    }
    for (; value > 0 || count < width; value /= 10)
        digits[count++] = (char)('0' + value % 10);
    while (count > 0)
        *out++ = digits[--count];
    return out;
}

static char *put_text(char *out, const char *text)
{
    size_t len = strlen(text);
    memcpy(out, text, len + 1);
    return out + len;
}

static char *put_time_of_day(char *out, const struct civil *civil)
{
    out = put_digits(out, civil->hour, 2);
    *out++ = ':';
    out = put_digits(out, civil->minute, 2);
    *out++ = ':';
    return put_digits(out, civil->second, 2);
}

void time_to_rfc3339(int64_t ms, char out[TIME_TEXT_BYTES])
{
    struct civil civil = civil_from_ms(ms);
    out = put_digits(out, civil.year, 4);
    *out++ = '-';
    out = put_digits(out, civil.month, 2);
    *out++ = '-';
    out = put_digits(out, civil.day, 2);
    *out++ = 'T';
    out = put_time_of_day(out, &civil);
    *out++ = '.';
    out = put_digits(out, civil.ms, 3);
    (void)put_text(out, "Z");
}

static void put_mail_date(int64_t ms, const char *zone, char *out)
{
    struct civil civil = civil_from_ms(ms);
    out = put_text(out, day_names[civil.weekday]);
    out = put_text(out, ", ");
    out = put_digits(out, civil.day, 2);
    *out++ = ' ';
    out = put_text(out, month_names[civil.month - 1]);
    *out++ = ' ';
    out = put_digits(out, civil.year, 4);
    *out++ = ' ';
    out = put_time_of_day(out, &civil);
    (void)put_text(out, zone);
}

void time_to_rfc2822(int64_t ms, char out[TIME_TEXT_BYTES])
{
    put_mail_date(ms, " +0000", out);
}

void time_to_http_date(int64_t ms, char out[TIME_TEXT_BYTES])
{
    put_mail_date(ms, " GMT", out);
}

/* The parsers below take from the front of `*text` and leave it where they failed. */

static bool take_char(const char **text, char c)
{
    if (**text != c)
        return false;
    (*text)++;
    return true;
}

/* Between `min_width` and `max_width` digits, as many as there are. */
static bool take_digits(const char **text, int min_width, int max_width, int64_t *value)
{
    int width = 0;
    *value = 0;
    for (; width < max_width && **text >= '0' && **text <= '9'; width++, (*text)++)
        *value = *value * 10 + (**text - '0');
    return width >= min_width;
}

/* The index of the three-letter name at the front; any case. */
static bool take_name(const char **text, const char names[][4], size_t count, int64_t *index)
{
    for (size_t i = 0; i < count; i++) {
        if (strncasecmp(*text, names[i], 3) != 0)
            continue;
        *text += 3;
        *index = (int64_t)i;
        return true;
    }
    return false;
}

static bool take_spaces(const char **text)
{
    size_t spaces = strspn(*text, " ");
    *text += spaces;
    return spaces > 0;
}

/* +hh:mm or, without the colon, +hhmm. */
static bool take_offset(const char **text, bool colon, int64_t *seconds)
{
    int64_t hours;
    int64_t minutes;
    bool west = **text == '-';
    if ((!take_char(text, '+') && !take_char(text, '-')) || !take_digits(text, 2, 2, &hours) ||
        (colon && !take_char(text, ':')) || !take_digits(text, 2, 2, &minutes) || hours > 23 ||
        minutes > 59)
        return false;
    *seconds = (hours * 60 + minutes) * SECONDS_PER_MINUTE * (west ? -1 : 1);
    return true;
}

/* .123456789: milliseconds, what is finer is dropped. */
static bool take_fraction(const char **text, int64_t *ms)
{
    int64_t rest;
    *ms = 0;
    if (!take_char(text, '.'))
        return true;
    const char *start = *text;
    if (!take_digits(text, 1, 3, ms))
        return false;
    for (ptrdiff_t width = *text - start; width < 3; width++)
        *ms *= 10;
    while (take_digits(text, 1, 1, &rest)) {
        /* finer than we keep */
    }
    return true;
}

static bool is_real(const struct civil *civil)
{
    static const int lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (civil->month < 1 || civil->month > 12)
        return false;
    bool leap = civil->year % 4 == 0 && (civil->year % 100 != 0 || civil->year % 400 == 0);
    int length = lengths[civil->month - 1] + (civil->month == 2 && leap);
    /* A leap second is taken, and is the first of the next minute. */
    return civil->day >= 1 && civil->day <= length && civil->hour <= 23 && civil->minute <= 59 &&
           civil->second <= 60;
}

static bool civil_to_ms(const struct civil *civil, int64_t offset_seconds, int64_t *ms)
{
    if (!is_real(civil))
        return false;
    int64_t seconds = days_from_civil(civil) * SECONDS_PER_DAY + civil->hour * 3600 +
                      civil->minute * SECONDS_PER_MINUTE + civil->second - offset_seconds;
    *ms = seconds * MS_PER_SECOND + civil->ms;
    return true;
}

bool time_from_rfc3339(const char *text, int64_t *ms)
{
    struct civil civil = {0};
    int64_t offset = 0;
    if (text == NULL || !take_digits(&text, 4, 4, &civil.year) || !take_char(&text, '-') ||
        !take_digits(&text, 2, 2, &civil.month) || !take_char(&text, '-') ||
        !take_digits(&text, 2, 2, &civil.day) ||
        (!take_char(&text, 'T') && !take_char(&text, 't')) ||
        !take_digits(&text, 2, 2, &civil.hour) || !take_char(&text, ':') ||
        !take_digits(&text, 2, 2, &civil.minute) || !take_char(&text, ':') ||
        !take_digits(&text, 2, 2, &civil.second) || !take_fraction(&text, &civil.ms))
        return false;
    if (!take_char(&text, 'Z') && !take_char(&text, 'z') && !take_offset(&text, true, &offset))
        return false;
    return *text == '\0' && civil_to_ms(&civil, offset, ms);
}

bool time_from_rfc2822(const char *text, int64_t *ms)
{
    struct civil civil = {0};
    int64_t offset = 0;
    if (text == NULL)
        return false;
    if (take_name(&text, day_names, ARRAY_LEN(day_names), &civil.weekday) &&
        (!take_char(&text, ',') || !take_spaces(&text)))
        return false;
    if (!take_digits(&text, 1, 2, &civil.day) || !take_spaces(&text) ||
        !take_name(&text, month_names, ARRAY_LEN(month_names), &civil.month) ||
        !take_spaces(&text) || !take_digits(&text, 4, 4, &civil.year) || !take_spaces(&text) ||
        !take_digits(&text, 2, 2, &civil.hour) || !take_char(&text, ':') ||
        !take_digits(&text, 2, 2, &civil.minute))
        return false;
    civil.month++;
    if (take_char(&text, ':') && !take_digits(&text, 2, 2, &civil.second))
        return false;
    if (!take_spaces(&text))
        return false;
    bool named = strncmp(text, "GMT", 3) == 0;
    if (named)
        text += 3;
    else if (!take_offset(&text, false, &offset))
        return false;
    return *text == '\0' && civil_to_ms(&civil, offset, ms);
}
