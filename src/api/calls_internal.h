/* Shared by the files of this resource. */
#ifndef API_CALLS_INTERNAL_H
#define API_CALLS_INTERNAL_H

#include "api/api.h"
#include "app/app.h"
#include "app/caller.h"
#include "app/dialect.h"
#include "call_json.h"
#include "http/problem.h"
#include "http/response.h"

/* calls_create.c */

/** POST /calls on account of something else: `subject` is its id for the audit log, or NULL. The request's body is the wish. */
int calls_create_about(struct app *app,
                       struct request *request,
                       struct response *response,
                       const char *subject,
                       struct error *err) MUST_USE;

/* calls_plan.c: what a client asks for, checked */

struct call_wish {
    struct call_plan plan; /**< its from is the default where none was asked for */
    bool chose_from;
    const char *identity; /**< whose call it will be: the bridge's identity, or NULL */
    const char *metadata; /**< JSON text, or NULL */
};

/** Read and check the body. INVALID naming the field, FORBIDDEN for twiml_url without its scope. */
int call_wish_read(const struct app *app,
                   struct request *request,
                   struct call_wish *out,
                   struct error *err) MUST_USE;

extern const char call_wish_schema[];

/* calls_read.c: one call with everything */

struct call_view {
    struct app *app;
    const struct caller *caller;
    const char *key; /**< our id or any SID of the call */
    struct call_row call;
    struct leg_rows legs;
    struct recording_rows recordings;
    struct timeline_rows timeline;
};

/** Find a call that the caller may see by id or SID; NOT_FOUND with one text for "none" and "not yours". */
int find_visible_call(struct store_rx *rx,
                      const struct caller *caller,
                      const char *key,
                      struct arena *arena,
                      struct call_row *out,
                      struct error *err) MUST_USE;

/** A hand_over read: `work` is a struct call_view with app, caller and key set. */
int call_view_read(struct store_rx *rx, void *work, struct arena *arena, struct error *err);

/** Render it with Location, in the envelope that the row's dialect has for it. */
void call_view_render(struct request *request,
                      const struct call_view *view,
                      const struct envelope *envelope,
                      int status,
                      struct response *response);

/** Where a call is found by whoever speaks the dialect of this request. In the request's arena. */
const char *call_location(const struct request *request, const char *id);

/* calls_timeline.c: one call's timeline */

handler_fn calls_timeline;

extern const char timeline_parameters[];
extern const char timeline_schema[];

/* the handlers of the resource's rows, calls.c */

handler_fn calls_list;

extern const char call_list_parameters[];

#endif
