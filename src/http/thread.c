#include "thread.h"

#include "core/macros.h"

void thread_start(pthread_t *thread, const char *name, void *(*run)(void *), void *argument)
{
    sigset_t before = signals_block();
    int failed = pthread_create(thread, NULL, run, argument);
    signals_restore(&before);
    ASSERT(failed == 0);
    (void)pthread_setname_np(*thread, name);
}
