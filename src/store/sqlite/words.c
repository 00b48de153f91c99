#include "words.h"

#include "core/macros.h"
#include "store/subscriptions.h"

#define TWO(name, text) text,
#define THREE(name, text, rank) text,
#define WORDS(name, list, pick)                                                                    \
    static const char *const name##_texts[] = {list(pick)};                                        \
    const struct words name##_words = {name##_texts, ARRAY_LEN(name##_texts)};

/* clang-format off */
#define JOB_STATES(X) X(PENDING, "pending") X(LEASED, "leased") X(DEAD, "dead")

WORDS(direction, CALL_DIRECTIONS, TWO)
WORDS(placement, CALL_PLACEMENTS, TWO)
WORDS(status, CALL_STATUSES, THREE)
WORDS(outcome, CALL_OUTCOMES, TWO)
WORDS(timeline, TIMELINE_KINDS, TWO)
WORDS(job, JOB_KINDS, THREE)
WORDS(job_state, JOB_STATES, TWO)
WORDS(counter, USAGE_COUNTERS, TWO)
WORDS(media, RECORDING_MEDIA, TWO)
WORDS(subscription_state, SUBSCRIPTION_STATES, TWO)
WORDS(delivery_state, DELIVERY_STATES, TWO)
/* clang-format on */
