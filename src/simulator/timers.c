/* A binary heap of intrusive timers. Knows nothing of calls. */
#include "timers.h"

#include <stdlib.h>

#include "core/xmalloc.h"

void timers_release(struct timers *timers)
{
    for (size_t i = 1; i <= timers->count; i++)
        timers->heap[i]->place = 0;
    free(timers->heap);
    *timers = (struct timers){0};
}

static bool before(const struct timer *a, const struct timer *b)
{
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->order < b->order;
}

static void put(struct timers *timers, struct timer *timer, size_t place)
{
    timers->heap[place] = timer;
    timer->place = place;
}

static void sift_up(struct timers *timers, struct timer *timer, size_t place)
{
    while (place > 1 && before(timer, timers->heap[place / 2])) {
        put(timers, timers->heap[place / 2], place);
        place /= 2;
    }
    put(timers, timer, place);
}

static void sift_down(struct timers *timers, struct timer *timer, size_t place)
{
    while (place * 2 <= timers->count) {
        size_t child = place * 2;
        if (child < timers->count && before(timers->heap[child + 1], timers->heap[child]))
            child++;
        if (!before(timers->heap[child], timer))
            break;
        put(timers, timers->heap[child], place);
        place = child;
    }
    put(timers, timer, place);
}

void timer_arm(
    struct timers *timers, struct timer *timer, int64_t due_ms, timer_fn *fire, void *context)
{
    timer_cancel(timers, timer);
    if (timers->count + 2 > timers->room) {
        timers->room = timers->room ? timers->room * 2 : 64;
        timers->heap = xrealloc(timers->heap, timers->room * sizeof(struct timer *));
    }
    *timer = (struct timer){
        .due_ms = due_ms, .order = timers->next_order++, .fire = fire, .context = context};
    timers->count++;
    sift_up(timers, timer, timers->count);
}

void timer_arm_guard(
    struct timers *timers, struct timer *timer, int64_t due_ms, timer_fn *fire, void *context)
{
    timer_arm(timers, timer, due_ms, fire, context);
    timer->guard = true;
    timers->guards++;
}

void timer_cancel(struct timers *timers, struct timer *timer)
{
    if (timer->place == 0)
        return;
    size_t place = timer->place;
    struct timer *last = timers->heap[timers->count--];
    timer->place = 0;
    if (timer->guard)
        timers->guards--;
    if (last == timer)
        return;
    if (place > 1 && before(last, timers->heap[place / 2]))
        sift_up(timers, last, place);
    else
        sift_down(timers, last, place);
}

struct timer *timers_take_due(struct timers *timers, int64_t now_ms)
{
    if (timers->count == 0 || timers->heap[1]->due_ms > now_ms)
        return NULL;
    struct timer *timer = timers->heap[1];
    timer_cancel(timers, timer);
    return timer;
}

const struct timer *timers_first(const struct timers *timers)
{
    return timers->count > 0 ? timers->heap[1] : NULL;
}
