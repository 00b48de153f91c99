#include "numbers.h"

#include "voice/resource_id.h"

enum { CLOCK_SLACK_MS = 86400000 /* how far numbers may run ahead of a clock that was set back */ };

int64_t number_of_ms(int64_t ms)
{
    if (ms <= 0)
        return 0;
    return ms > (INT64_MAX >> RESOURCE_NUMBER_TIME_SHIFT) ? INT64_MAX
                                                          : ms << RESOURCE_NUMBER_TIME_SHIFT;
}

struct number_range number_range_of(int64_t since_ms, int64_t until_ms, int64_t before_number)
{
    struct number_range range = {INT64_MAX, number_of_ms(since_ms)};
    if (until_ms > 0 && until_ms < INT64_MAX - CLOCK_SLACK_MS)
        range.before = number_of_ms(until_ms + CLOCK_SLACK_MS);
    if (before_number > 0 && before_number < range.before)
        range.before = before_number;
    return range;
}
