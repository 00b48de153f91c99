/*
 * Units and reads for callers that may wait: job workers, the command line, tests. Never a request
 * thread, and never the store's own threads, which would wait for themselves.
 */
#include "internal.h"

#include "core/macros.h"

struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool over;
    struct error failure;
    int (*apply)(struct store_tx *, void *, struct error *);
    int (*run)(struct store_rx *, void *, struct error *);
    void *work;
};

static int waiter_apply(struct store_tx *tx, void *work, struct error *err)
{
    struct waiter *waiter = work;
    return waiter->apply(tx, waiter->work, err);
}

static int waiter_run(struct store_rx *rx, void *work, struct error *err)
{
    struct waiter *waiter = work;
    return waiter->run(rx, waiter->work, err);
}

/* The signal is given inside the lock: the waiter's stack may be gone right after it. */
static void waiter_done(void *work, const struct error *err)
{
    struct waiter *waiter = work;
    pthread_mutex_lock(&waiter->lock);
    waiter->failure = *err;
    waiter->over = true;
    pthread_cond_signal(&waiter->wake);
    pthread_mutex_unlock(&waiter->lock);
}

static int waiter_finish(struct waiter *waiter, struct error *err)
{
    pthread_mutex_lock(&waiter->lock);
    while (!waiter->over)
        pthread_cond_wait(&waiter->wake, &waiter->lock);
    pthread_mutex_unlock(&waiter->lock);
    pthread_cond_destroy(&waiter->wake);
    pthread_mutex_destroy(&waiter->lock);
    if (waiter->failure.kind == ERROR_NONE)
        return 0;
    if (err && err->kind == ERROR_NONE)
        *err = waiter->failure;
    return -1;
}

static void waiter_init(struct waiter *waiter)
{
    ASSERT(pthread_mutex_init(&waiter->lock, NULL) == 0);
    ASSERT(pthread_cond_init(&waiter->wake, NULL) == 0);
}

int store_apply(struct store *store,
                int (*apply)(struct store_tx *, void *, struct error *),
                void *work,
                struct error *err)
{
    struct waiter waiter = {.apply = apply, .work = work};
    struct store_unit unit = {.apply = waiter_apply, .done = waiter_done, .work = &waiter};

    ASSERT(!pthread_equal(pthread_self(), store->writer));
    waiter_init(&waiter);
    if (store_submit(store, &unit, &waiter.failure) < 0)
        waiter.over = true;
    return waiter_finish(&waiter, err);
}

int store_run_read(struct store *store,
                   int (*run)(struct store_rx *, void *, struct error *),
                   void *work,
                   struct error *err)
{
    struct waiter waiter = {.run = run, .work = work};
    struct store_read read = {.run = waiter_run, .done = waiter_done, .work = &waiter};

    waiter_init(&waiter);
    if (store_submit_read(store, &read, &waiter.failure) < 0)
        waiter.over = true;
    return waiter_finish(&waiter, err);
}

int store_touch(struct store_tx *tx, struct error *err)
{
    return tx->reader.backend->touch(tx->reader.session, err);
}

static int touch(struct store_tx *tx, void *work, struct error *err)
{
    (void)work;
    return store_touch(tx, err);
}

int store_probe(struct store *store, struct error *err)
{
    return store_apply(store, touch, NULL, err);
}
