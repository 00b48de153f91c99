/*
 * Holding a call is not built yet. Who may not see the call is told that there is none, as everywhere; the others are
 * told the truth.
 */
#include "app/hand_over.h"
#include "calls_internal.h"

enum { READ_DEADLINE_MS = 15000 };

struct hold_work {
    const struct caller *caller;
    const char *key;
    struct call_row call;
};

static int hold_read(struct store_rx *rx, void *data, struct arena *arena, struct error *err)
{
    struct hold_work *work = data;
    return find_visible_call(rx, work->caller, work->key, arena, &work->call, err);
}

static int
hold_reply(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)app;
    (void)response;
    if (hand_over_result(request, err) < 0)
        return -1;
    return error_set(err, ERROR_NOT_IMPLEMENTED,
                     "this server cannot hold calls yet; mute works in the browser alone");
}

int calls_hold(struct app *app,
               struct request *request,
               struct response *response,
               struct error *err)
{
    (void)response;
    if (caller_needs(request->caller, SCOPE_CALLS_CONTROL, err) < 0)
        return -1;
    struct hold_work *work = arena_alloc(request->arena, sizeof(*work));
    work->caller = request->caller;
    work->key = request_param(request, "id");
    struct hand_over what = {
        .read = hold_read, .work = work, .reply = hold_reply, .deadline_ms = READ_DEADLINE_MS};
    return hand_over(app, request, &what, err);
}
