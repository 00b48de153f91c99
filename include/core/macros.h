/*
 * The few macros of the house: what must be checked, what cannot happen, and cleanup by attribute.
 */
#ifndef CORE_MACROS_H
#define CORE_MACROS_H

#include <stddef.h>
#include <stdlib.h>

/** The result must be looked at: the function can fail. */
#define MUST_USE __attribute__((warn_unused_result))

/** printf-like: the format is argument f, the values begin at v. */
#define PRINTF_LIKE(f, v) __attribute__((format(printf, f, v)))

/** Number of elements of an array (not of a pointer). */
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/** Sizes in units people read. */
#define KiB(n) ((size_t)(n)*1024)
#define MiB(n) ((size_t)(n)*1024 * 1024)

/**
 * A broken promise of our own code (never of input) ends the process, in release builds too: going on would
 * store or send something nobody decided.
 */
#define ASSERT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition))                                                                          \
            assert_failed(#condition, __FILE__, __LINE__, __func__);                               \
    } while (0)

_Noreturn void
assert_failed(const char *condition, const char *file, int line, const char *function);

static inline void auto_free_release(void *pointer)
{
    free(*(void **)pointer);
}

/** A heap pointer that is freed when its scope ends; set it to NULL where it is declared. */
#define auto_free __attribute__((cleanup(auto_free_release)))

/** Hand a cleaned-up pointer on: returns it and leaves NULL behind. */
#define steal(pointer)                                                                             \
    (__extension__({                                                                               \
        __typeof__(*(pointer)) stolen_ = *(pointer);                                               \
        *(pointer) = NULL;                                                                         \
        stolen_;                                                                                   \
    }))

#endif
