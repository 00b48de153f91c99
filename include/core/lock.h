/*
 * A mutex held until the end of a scope: `auto_unlock pthread_mutex_t *held = lock(&store->mutex);`
 */
#ifndef CORE_LOCK_H
#define CORE_LOCK_H

#include <pthread.h>

#include "core/macros.h"

/** Lock, and return the mutex for auto_unlock to keep. */
static inline pthread_mutex_t *lock(pthread_mutex_t *mutex)
{
    int failed = pthread_mutex_lock(mutex);
    ASSERT(failed == 0);
    return mutex;
}

static inline void auto_unlock_release(pthread_mutex_t **mutex)
{
    if (*mutex != NULL)
        (void)pthread_mutex_unlock(*mutex);
}

/** Unlocks at the end of the scope; NULL is nothing to unlock. */
#define auto_unlock __attribute__((cleanup(auto_unlock_release), unused))

#endif
