#include "voice/access.h"

#include "core/text.h"

static bool same(const char *a, const char *b)
{
    return !text_is_empty(a) && !text_is_empty(b) && text_equal(a, b);
}

bool access_may_see(const struct viewer *viewer, const char *call_owner, const char *call_identity)
{
    return viewer->sees_all || same(viewer->owner, call_owner) ||
           same(viewer->identity, call_identity);
}
