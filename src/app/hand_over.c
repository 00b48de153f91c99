#include "app/hand_over.h"

#include <stdatomic.h>
#include <string.h>

#include "app/app.h"
#include "app/retelling.h"
#include "app/waiters.h"

/*
 * The state of one hand-over; request->handing points to it. Lives in the request's arena, which the writer's
 * reference keeps alive: a deadline can answer the client while the unit still waits for its commit.
 *
 * Who waits for a call needs both, the unit's end and an event; they come on two threads in either order. Each sets its
 * own flag before it looks at the other's (sequentially consistent), so the later one wakes the request.
 */
struct handing {
    struct app *app;
    struct request *request;
    uint32_t ticket;
    struct hand_over what;
    struct arena *arena; /* the unit's own, with this in it: see request_keep_arena */
    struct store_unit unit;
    struct store_read read;
    struct error failure;  /* written before `finished` */
    _Atomic bool finished; /* the unit is committed or has failed; releases result and failure */
    _Atomic bool heard;    /* there was an event about the call */
};

static void on_event(void *context)
{
    struct handing *handing = context;
    atomic_store(&handing->heard, true);
    if (atomic_load(&handing->finished))
        request_wake(handing->request, handing->ticket);
}

/* Tell the sleeper, unless it waits for more than the commit. */
static void finish(struct handing *handing, const struct error *err)
{
    handing->failure = *err;
    bool failed = err->kind != ERROR_NONE;
    if (!failed && handing->what.committed != NULL)
        handing->what.committed(handing->app, handing->what.work);
    bool settled = handing->what.settled != NULL && *handing->what.settled;
    bool waits = handing->what.wait_for_call != 0 && !failed && !settled;
    atomic_store(&handing->finished, true);
    if (!waits || atomic_load(&handing->heard))
        request_wake(handing->request, handing->ticket);
    request_unref(handing->request);
}

static int run_apply(struct store_tx *tx, void *work, struct error *err)
{
    struct handing *handing = work;
    return handing->what.apply(tx, handing->what.work, handing->arena, err);
}

static int run_read(struct store_rx *rx, void *work, struct error *err)
{
    struct handing *handing = work;
    return handing->what.read(rx, handing->what.work, handing->arena, err);
}

static void done(void *work, const struct error *err)
{
    finish(work, err);
}

static int submit(struct handing *handing, struct error *err)
{
    if (handing->what.apply != NULL) {
        handing->unit = (struct store_unit){
            .apply = run_apply,
            .done = done,
            .work = handing,
            .result = handing->what.result,
            .result_bytes = handing->what.result_bytes,
        };
        return store_submit(handing->app->store, &handing->unit, err);
    }
    handing->read = (struct store_read){.run = run_read, .done = done, .work = handing};
    return store_submit_read(handing->app->store, &handing->read, err);
}

/* Nobody sleeps and nobody is told: the unit becomes part of a transaction that is under way. */
static int apply_now(const struct request *request, const struct hand_over *what, struct error *err)
{
    if (what->apply == NULL)
        return error_set(err, ERROR_INTERNAL, "only what was written can be told again");
    if (what->result_bytes > 0)
        memset(what->result, 0, what->result_bytes);
    return what->apply(request->retelling->tx, what->work, request->arena, err);
}

int hand_over(struct app *app,
              struct request *request,
              const struct hand_over *what,
              struct error *err)
{
    ASSERT((what->apply != NULL) != (what->read != NULL));
    if (request->retelling != NULL)
        return apply_now(request, what, err);
    (void)err; /* a queue that is full is told in reply, where every other failure is told */
    /* Beside the exchange in the request's arena it would not fit the first chunk, and a second is 8 KiB. */
    struct arena *arena = arena_create();
    struct handing *handing = arena_alloc(arena, sizeof(*handing));
    handing->app = app;
    handing->what = *what;
    handing->arena = arena;
    request_keep_arena(request, arena);
    request->work = what->work;
    request->handing = handing;
    handing->request = request_ref(request);
    handing->ticket = request_await(request, what->reply, what->deadline_ms);
    if (what->wait_for_call != 0)
        waiters_add(app->waiters, what->wait_for_call, request, on_event, handing);
    struct error refusal = {0};
    if (submit(handing, &refusal) < 0)
        finish(handing, &refusal);
    return 0;
}

int hand_over_result(struct request *request, struct error *err)
{
    struct handing *handing = request->handing;
    if (handing->what.wait_for_call != 0)
        waiters_remove(handing->app->waiters, handing->what.wait_for_call, request);
    if (!atomic_load(&handing->finished)) {
        return error_set(err, ERROR_UNAVAILABLE,
                         request_shutting_down(request) ? "the server is stopping"
                                                        : "the store did not answer in time");
    }
    if (handing->failure.kind != ERROR_NONE) {
        *err = handing->failure;
        return -1;
    }
    return 0;
}
