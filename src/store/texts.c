/*
 * The words for kinds that the store's door defines.
 */
#include "store/store.h"

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
#define X(name, text) text,
        JOB_KINDS(X)
#undef X
    };
    ASSERT((size_t)kind < ARRAY_LEN(texts));
    return texts[kind];
}
