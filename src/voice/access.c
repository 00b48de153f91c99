#include "voice/access.h"

#include "core/text.h"

static bool same(const char *a, const char *b)
{
    return !text_is_empty(a) && !text_is_empty(b) && text_equal(a, b);
}

bool access_may_see(const struct viewer *viewer, const struct belonging *call)
{
    return viewer->sees_all || same(viewer->owner, call->owner) ||
           same(viewer->identity, call->identity) || same(viewer->group, call->group);
}
