/*
 * The words for kinds that the store's door defines.
 */
#include "store/store.h"

#include <string.h>

#include "core/macros.h"

const char *timeline_kind_text(enum timeline_kind kind)
{
    static const char *const texts[] = {
#define X(name, text) text,
        TIMELINE_KINDS(X)
#undef X
    };
    ASSERT((size_t)kind < ARRAY_LEN(texts));
    return texts[kind];
}

const char *job_kind_text(enum job_kind kind)
{
    static const char *const texts[] = {
#define X(name, text, lane) text,
        JOB_KINDS(X)
#undef X
    };
    ASSERT((size_t)kind < ARRAY_LEN(texts));
    return texts[kind];
}

bool job_kind_from_text(const char *text, enum job_kind *out)
{
#define X(name, word, lane)                                                                        \
    if (strcmp(text, word) == 0) {                                                                 \
        *out = JOB_##name;                                                                         \
        return true;                                                                               \
    }
    JOB_KINDS(X)
#undef X
    return false;
}

enum job_lane job_kind_lane(enum job_kind kind)
{
    static const enum job_lane lanes[] = {
#define X(name, text, lane) JOB_LANE_##lane,
        JOB_KINDS(X)
#undef X
    };
    ASSERT((size_t)kind < ARRAY_LEN(lanes));
    return lanes[kind];
}

const char *job_lane_text(enum job_lane lane)
{
    static const char *const texts[] = {
#define X(name, text) text,
        JOB_LANES(X)
#undef X
    };
    ASSERT((size_t)lane < ARRAY_LEN(texts));
    return texts[lane];
}
