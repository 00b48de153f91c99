#include <string.h>

#include "api/api.h"
#include "app/app.h"
#include "app/caller.h"
#include "app/keys.h"
#include "app/open_door.h"
#include "core/text.h"

static const struct caller anybody = {.kind = CALLER_NOBODY,
                                      .owner = "local",
                                      .name = "anybody on this machine",
                                      .scopes = SCOPES_ALL};

/* The key as presented, or NULL. Two headers, because not every client can set Authorization. */
static const char *presented_key(const struct request *request)
{
    static const char scheme[] = "Bearer ";
    const char *authorization = request_header(request, "Authorization");
    if (authorization != NULL && strncasecmp(authorization, scheme, sizeof(scheme) - 1) == 0)
        return authorization + sizeof(scheme) - 1;
    return request_header(request, "X-API-Key");
}

static int guard_key(struct app *app, struct request *request, struct error *err)
{
    if (config_has_auth(app->config, CONFIG_AUTH_NONE)) {
        if (open_door_check(request, err) < 0)
            return -1;
        request->caller = &anybody;
        return 0;
    }
    const char *key = presented_key(request);
    int failed = key == NULL ? error_set(err, ERROR_UNAUTHENTICATED,
                                         "send an API key: Authorization: Bearer shk_...")
                             : keys_find(app->keys, key, request->arena, &request->caller, err);
    if (failed)
        metric_add(app->count.keys_refused, 1);
    else
        request_note(request, "key", request->caller->owner);
    return failed;
}

static int let_in(struct app *app, struct request *request, struct error *err)
{
    (void)app;
    (void)request;
    (void)err;
    return 0;
}

const struct guard guard_frontend = {"frontend", guard_key, NULL};
const struct guard guard_open = {"open", let_in, NULL};
