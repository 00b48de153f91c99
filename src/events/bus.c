#include "events/bus.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/macros.h"
#include "core/xmalloc.h"

enum { LISTENERS_MAX = 8 };

struct bus {
    pthread_rwlock_t lock; /* listeners are added at start, and read ever after */
    size_t count;
    struct {
        bus_listener_fn *call;
        void *context;
    } listeners[LISTENERS_MAX];
};

struct bus *bus_create(void)
{
    struct bus *bus = xcalloc(1, sizeof(*bus));
    int failed = pthread_rwlock_init(&bus->lock, NULL);
    ASSERT(!failed);
    return bus;
}

void bus_free(struct bus *bus)
{
    if (bus == NULL)
        return;
    pthread_rwlock_destroy(&bus->lock);
    free(bus);
}

void bus_subscribe(struct bus *bus, bus_listener_fn *listener, void *context)
{
    pthread_rwlock_wrlock(&bus->lock);
    ASSERT(bus->count < LISTENERS_MAX);
    bus->listeners[bus->count].call = listener;
    bus->listeners[bus->count].context = context;
    bus->count++;
    pthread_rwlock_unlock(&bus->lock);
}

void bus_publish(struct bus *bus, const struct event *event)
{
    pthread_rwlock_rdlock(&bus->lock);
    for (size_t i = 0; i < bus->count; i++)
        bus->listeners[i].call(bus->listeners[i].context, event);
    pthread_rwlock_unlock(&bus->lock);
}
