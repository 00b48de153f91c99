/* Threads of the server: they take no signals, which belong to main. */
#ifndef HTTP_PRIVATE_THREAD_H
#define HTTP_PRIVATE_THREAD_H

#include <pthread.h>
#include <signal.h>

/** Block every signal for threads made from here on; gives back what signals_restore wants. */
static inline sigset_t signals_block(void)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    return before;
}

static inline void signals_restore(const sigset_t *before)
{
    (void)pthread_sigmask(SIG_SETMASK, before, NULL);
}

/** Start a thread; a machine that cannot is out of memory, which ends the process. `name`: at most 15 characters. */
void thread_start(pthread_t *thread, const char *name, void *(*run)(void *), void *argument);

#endif
