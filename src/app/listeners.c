#include "listeners.h"

#include <stdlib.h>

#include "core/hash.h"
#include "core/text.h"
#include "core/xmalloc.h"

static uint64_t hash_of(const char *text)
{
    return text_is_empty(text) ? 0 : hash_finish(hash_text(HASH_START, text));
}

struct interest interest_of(const char *owner, const char *identity, const char *group)
{
    return (struct interest){hash_of(owner), hash_of(identity), hash_of(group)};
}

struct listener *
listener_create(struct feed *feed, const struct listening *listening, int64_t until_ms)
{
    struct listener *listener = xcalloc(1, sizeof(*listener));
    atomic_init(&listener->refs, 2U);
    listener->feed = feed;
    listener->place = listening->place;
    listener->call_number = listening->call_number;
    listener->kinds = listening->kinds;
    listener->until_ms = until_ms;
    /* Not in an arena, whose first chunk is a page: there may be thousands of listeners. */
    const struct caller *caller = listening->caller;
    listener->caller = *caller;
    listener->caller.owner = listener->owner = xstrdup(caller->owner);
    listener->caller.identity = listener->identity = xstrdup(caller->identity);
    listener->caller.group = listener->group = xstrdup(caller->group);
    listener->caller.name = NULL;
    struct viewer viewer = caller_viewer(&listener->caller);
    listener->interest = interest_of(viewer.owner, viewer.identity, viewer.group);
    return listener;
}

void listener_unref(struct listener *listener)
{
    if (atomic_fetch_sub_explicit(&listener->refs, 1, memory_order_acq_rel) > 1)
        return;
    if (listener->stream != NULL)
        stream_unref(listener->stream);
    free(listener->owner);
    free(listener->identity);
    free(listener->group);
    free(listener);
}

static bool meet(uint64_t a, uint64_t b)
{
    return a != 0 && a == b;
}

bool listener_sees(const struct listener *listener,
                   const struct news_row *row,
                   const struct interest *interest)
{
    if (listener->call_number != 0 && listener->call_number != row->call_number)
        return false;
    struct viewer viewer = caller_viewer(&listener->caller);
    if (!viewer.sees_all && !meet(listener->interest.owner, interest->owner) &&
        !meet(listener->interest.identity, interest->identity) &&
        !meet(listener->interest.group, interest->group))
        return false;
    const struct belonging call = {row->owner, row->identity, row->group};
    return access_may_see(&viewer, &call);
}
