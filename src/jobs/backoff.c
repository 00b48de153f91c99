#include "jobs/backoff.h"

int64_t backoff_ms(const struct backoff *backoff, int attempt, uint64_t random, int64_t at_least_ms)
{
    int64_t ceiling = backoff->first_ms;
    for (int i = 1; i < attempt && ceiling < backoff->max_ms; i++)
        ceiling *= 2;
    if (ceiling > backoff->max_ms)
        ceiling = backoff->max_ms;
    int64_t half = ceiling / 2;
    int64_t wait = half + (int64_t)(random % (uint64_t)(ceiling - half + 1));
    return wait < at_least_ms ? at_least_ms : wait;
}
