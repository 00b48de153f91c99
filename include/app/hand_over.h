/*
 * A request waits for a unit of work, and holds no thread meanwhile. Three short functions side by side make a write:
 *
 *   parse   the handler: reads the request, fills `work`, calls hand_over, returns 0
 *   apply   on the store's writer thread, inside the transaction; reads `work`, writes the result slot
 *   reply   on a request thread again, after the commit: asks hand_over_result, renders
 *
 * The connection sleeps in between; at the deadline `reply` runs anyway, the unit still commits, and its result is
 * not looked at.
 */
#ifndef APP_HAND_OVER_H
#define APP_HAND_OVER_H

#include <stddef.h>
#include <stdint.h>

#include "http/request.h"
#include "http/response.h"
#include "store/store.h"

/** What is handed over. `work` lives in the request's arena and is what apply (or read) gets. */
struct hand_over {
    /** A write. May run twice; `arena` is the unit's own (the request's may be in use by then) and lives as long. */
    int (*apply)(struct store_tx *tx, void *work, struct arena *arena, struct error *err);
    /** ... or a read. */
    int (*read)(struct store_rx *rx, void *work, struct arena *arena, struct error *err);
    void *work;
    void *result; /**< zeroed before each run of apply; usually inside `work`; may be NULL */
    size_t result_bytes;
    handler_fn *reply;
    int64_t deadline_ms;
    /** Runs after a commit, on the writer thread, also when nobody waits any more: publish, wake the runner. */
    void (*committed)(struct app *app, void *work);
    /**
     * 0: wake the request when the unit is done. Else wait on, until something about this call is committed. What
     * happens while the unit runs counts too, so nothing falls between looking and listening.
     */
    int64_t wait_for_call;
    /** ... unless the unit found that there is nothing to wait for (it writes this; may be NULL). */
    const bool *settled;
};

/** Hand over and put the request to sleep. `request->work` becomes `what->work`. */
int hand_over(struct app *app,
              struct request *request,
              const struct hand_over *what,
              struct error *err) MUST_USE;

/**
 * In `reply`: how did it go? 0 if the unit is committed and its result may be read.
 * @param err  the unit's own error; UNAVAILABLE if the deadline came first or the server is stopping
 */
int hand_over_result(struct request *request, struct error *err) MUST_USE;

#endif
