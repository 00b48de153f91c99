/*
 * The lists that units and reads wait in. First come, first served; a list that is full says so at
 * once, because a queue without a limit only moves the failure to where nobody can handle it.
 */
#include "internal.h"

#include <time.h>

#include "core/macros.h"

void waiting_init(struct waiting *list, size_t max)
{
    *list = (struct waiting){.max = max};
    pthread_condattr_t attributes;
    ASSERT(pthread_condattr_init(&attributes) == 0);
    ASSERT(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
    ASSERT(pthread_mutex_init(&list->lock, NULL) == 0);
    ASSERT(pthread_cond_init(&list->wake, &attributes) == 0);
    pthread_condattr_destroy(&attributes);
}

void waiting_release(struct waiting *list)
{
    pthread_cond_destroy(&list->wake);
    pthread_mutex_destroy(&list->lock);
}

static void change_count(struct waiting *list, size_t count)
{
    list->count = count;
    if (list->depth)
        metric_set(list->depth, (int64_t)count);
}

static int
put_locked(struct waiting *list, struct store_link *link, const char *what, struct error *err)
{
    if (list->closed)
        return error_set(err, ERROR_UNAVAILABLE, "the store is closing");
    if (list->count >= list->max)
        return error_set(err, ERROR_UNAVAILABLE, "too many %s wait for the store", what);
    link->next = NULL;
    if (list->tail)
        list->tail->next = link;
    else
        list->head = link;
    list->tail = link;
    change_count(list, list->count + 1);
    return 0;
}

int waiting_put(struct waiting *list, struct store_link *link, const char *what, struct error *err)
{
    pthread_mutex_lock(&list->lock);
    int result = put_locked(list, link, what, err);
    bool wake = result == 0 && list->sleepers > 0;
    pthread_mutex_unlock(&list->lock);
    if (wake)
        pthread_cond_signal(&list->wake);
    return result;
}

static struct timespec from_now(unsigned ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += ms / 1000;
    at.tv_nsec += (long)(ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

/* True if there is something, or the list is closed; false when `idle_ms` went by. */
static bool wait_locked(struct waiting *list, unsigned idle_ms)
{
    struct timespec until = from_now(idle_ms);
    list->sleepers++;
    while (!list->head && !list->closed) {
        if (idle_ms == 0)
            pthread_cond_wait(&list->wake, &list->lock);
        else if (pthread_cond_timedwait(&list->wake, &list->lock, &until) != 0)
            break;
    }
    list->sleepers--;
    return list->head || list->closed;
}

static size_t detach_locked(struct waiting *list, size_t most, struct store_link **out)
{
    struct store_link *last = NULL;
    size_t count = 0;
    *out = list->head;
    while (count < most && list->head) {
        last = list->head;
        list->head = last->next;
        count++;
    }
    if (last)
        last->next = NULL;
    if (!list->head)
        list->tail = NULL;
    change_count(list, list->count - count);
    return count;
}

enum waiting_result waiting_take(
    struct waiting *list, size_t most, unsigned idle_ms, struct store_link **out, size_t *count)
{
    pthread_mutex_lock(&list->lock);
    bool idle = !list->head && !wait_locked(list, idle_ms);
    *count = detach_locked(list, most, out);
    pthread_mutex_unlock(&list->lock);
    if (*count > 0)
        return WAITING_SOME;
    return idle ? WAITING_IDLE : WAITING_CLOSED;
}

void waiting_close(struct waiting *list)
{
    pthread_mutex_lock(&list->lock);
    list->closed = true;
    pthread_mutex_unlock(&list->lock);
    pthread_cond_broadcast(&list->wake);
}
