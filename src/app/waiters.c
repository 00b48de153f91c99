#include "app/waiters.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/lock.h"
#include "core/xmalloc.h"

enum { BUCKETS = 256 };

struct waiter {
    struct waiter *next;
    int64_t call_number;
    struct request *request; /* a reference of ours */
    waiter_fn *heard;
    void *context;
};

struct waiters {
    pthread_mutex_t lock;
    struct waiter *buckets[BUCKETS];
};

/* Call numbers are times shifted left: the low bits of the time are what differs. */
static struct waiter **bucket_of(struct waiters *waiters, int64_t call_number)
{
    uint64_t mixed = (uint64_t)call_number * UINT64_C(0x9e3779b97f4a7c15);
    return &waiters->buckets[mixed >> 56];
}

/* Unlink every waiter that matches, and return them as a list of their own. */
static struct waiter *take(struct waiter **link, int64_t call_number, const struct request *request)
{
    struct waiter *taken = NULL;
    while (*link != NULL) {
        struct waiter *waiter = *link;
        bool mine =
            request != NULL ? waiter->request == request : waiter->call_number == call_number;
        if (!mine) {
            link = &waiter->next;
            continue;
        }
        *link = waiter->next;
        waiter->next = taken;
        taken = waiter;
    }
    return taken;
}

/* Outside the lock: whoever hears of it takes the server's own locks. */
static void release(struct waiter *list, bool tell)
{
    while (list != NULL) {
        struct waiter *next = list->next;
        if (tell)
            list->heard(list->context);
        request_unref(list->request);
        free(list);
        list = next;
    }
}

static void on_event(void *context, const struct event *event)
{
    struct waiters *waiters = context;
    if (event->kind != EVENT_CALL_PLACEMENT && event->kind != EVENT_CALL_STATUS &&
        event->kind != EVENT_CALL_RECORDING)
        return;
    pthread_mutex_lock(&waiters->lock);
    struct waiter *woken = take(bucket_of(waiters, event->call_number), event->call_number, NULL);
    pthread_mutex_unlock(&waiters->lock);
    release(woken, true);
}

struct waiters *waiters_create(struct bus *bus)
{
    struct waiters *waiters = xcalloc(1, sizeof(*waiters));
    pthread_mutex_init(&waiters->lock, NULL);
    bus_subscribe(bus, on_event, waiters);
    return waiters;
}

void waiters_free(struct waiters *waiters)
{
    if (waiters == NULL)
        return;
    for (size_t i = 0; i < BUCKETS; i++)
        release(waiters->buckets[i], false);
    pthread_mutex_destroy(&waiters->lock);
    free(waiters);
}

void waiters_add(struct waiters *waiters,
                 int64_t call_number,
                 struct request *request,
                 waiter_fn *heard,
                 void *context)
{
    struct waiter *waiter = xcalloc(1, sizeof(*waiter));
    waiter->call_number = call_number;
    waiter->request = request_ref(request);
    waiter->heard = heard;
    waiter->context = context;
    auto_unlock pthread_mutex_t *held = lock(&waiters->lock);
    struct waiter **bucket = bucket_of(waiters, call_number);
    waiter->next = *bucket;
    *bucket = waiter;
}

void waiters_remove(struct waiters *waiters, int64_t call_number, struct request *request)
{
    pthread_mutex_lock(&waiters->lock);
    struct waiter *gone = take(bucket_of(waiters, call_number), call_number, request);
    pthread_mutex_unlock(&waiters->lock);
    release(gone, false);
}
