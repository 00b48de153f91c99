#include "voice/usage.h"

#include <stdbool.h>

#include "core/macros.h"

static const char *const counter_words[] = {
#define X(name, word) [USAGE_OF_##name] = (word),
    USAGE_COUNTERS(X)
#undef X
};

const char *usage_counter_word(enum usage_counter counter)
{
    return counter_words[counter];
}

int64_t usage_slot(int64_t now_ms, int64_t hour_ms)
{
    int64_t slot_ms = hour_ms / USAGE_SLOTS_PER_HOUR;
    return now_ms / (slot_ms > 0 ? slot_ms : 1);
}

/* Is the row from a clock that has been set back by less than an hour? Then it is taken as it is. */
static bool is_ahead(const struct usage *usage, int64_t slot)
{
    return usage->slot > slot && usage->slot - slot <= USAGE_SLOTS;
}

/* Slots that the row was not told of yet have passed without a call. What is from further ahead is from another time. */
static int64_t slots_passed(const struct usage *usage, int64_t slot)
{
    if (is_ahead(usage, slot))
        return 0;
    return slot >= usage->slot ? slot - usage->slot : USAGE_SLOTS;
}

int64_t usage_in_hour(const struct usage *usage, int64_t slot)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < USAGE_SLOTS - slots_passed(usage, slot); i++)
        sum += usage->admitted[i];
    return sum;
}

void usage_admit(struct usage *usage, int64_t slot)
{
    int64_t passed = slots_passed(usage, slot);
    for (int64_t i = USAGE_SLOTS - 1; i >= 0; i--)
        usage->admitted[i] = i >= passed ? usage->admitted[i - passed] : 0;
    if (!is_ahead(usage, slot))
        usage->slot = slot;
    usage->admitted[0]++;
    usage->at_once++;
}

int64_t usage_free_slot(const struct usage *usage, int64_t slot, int64_t limit)
{
    int64_t free_slot = slot > usage->slot ? slot : usage->slot;
    while (usage_in_hour(usage, free_slot) >= limit && free_slot - usage->slot < USAGE_SLOTS)
        free_slot++;
    return free_slot;
}
