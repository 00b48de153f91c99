/*
 * Time comes in: whoever needs "now" is handed a clock, so a test can hold it still.
 */
#ifndef CORE_WALL_CLOCK_H
#define CORE_WALL_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** now_ms: milliseconds since 1970-01-01 UTC. Any thread. */
struct wall_clock {
    int64_t (*now_ms)(const struct wall_clock *clock);
    int64_t fixed_ms; /**< what a fixed clock answers */
};

/** The machine's clock. */
const struct wall_clock *wall_clock_real(void);

/** A clock that stands still at `now_ms`. */
struct wall_clock wall_clock_fixed(int64_t now_ms);

static inline int64_t wall_clock_now_ms(const struct wall_clock *clock)
{
    return clock->now_ms(clock);
}

/** Milliseconds of a clock that never jumps, for deadlines and durations. */
int64_t monotonic_ms(void);

/** The same in microseconds, for latencies. */
int64_t monotonic_us(void);

enum { TIME_TEXT_BYTES = 40 };

/** RFC 3339, UTC, milliseconds: 2026-11-20T19:22:00.123Z */
void time_to_rfc3339(int64_t ms, char out[TIME_TEXT_BYTES]);

/** RFC 2822 as Twilio's REST and callbacks write it: Fri, 20 Nov 2026 19:22:00 +0000 */
void time_to_rfc2822(int64_t ms, char out[TIME_TEXT_BYTES]);

/** IMF-fixdate of HTTP headers: Fri, 20 Nov 2026 19:22:00 GMT */
void time_to_http_date(int64_t ms, char out[TIME_TEXT_BYTES]);

/** RFC 3339 with `Z` or an offset, fraction optional; false if it is none. */
bool time_from_rfc3339(const char *text, int64_t *ms);

/** RFC 2822 date-time with a numeric zone or GMT; false if it is none. */
bool time_from_rfc2822(const char *text, int64_t *ms);

#endif
