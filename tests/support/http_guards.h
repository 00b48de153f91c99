/* Guards that say yes, for tests whose subject is something else. */
#ifndef SUPPORT_HTTP_GUARDS_H
#define SUPPORT_HTTP_GUARDS_H

#include "http/request.h"

static int guard_yes(struct app *app, struct request *request, struct error *err)
{
    (void)app;
    (void)request;
    (void)err;
    return 0;
}

static const struct guard guard_open = {.name = "open", .head = guard_yes};

#endif
