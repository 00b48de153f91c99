/* One request to the control API while it is being answered. For control*.c alone. */
#ifndef SIMULATOR_CONTROL_REQUEST_H
#define SIMULATOR_CONTROL_REQUEST_H

#include "control.h"
#include "core/macros.h"

struct control {
    const struct sim_request *request;
    struct arena *arena;
    json_t *body;     /* NULL if there is none */
    json_t *wait_for; /* set by a handler that wants to wait instead of answering */
    struct sim_reply reply;
};

/** Refuse. Returns -1. */
int control_refuse(struct control *control, int status, const char *format, ...) PRINTF_LIKE(3, 4);

/** Answer. Takes `json` over. Returns 0. */
int control_answer(struct control *control, int status, json_t *json);

/** A text member of the body, or `otherwise`. */
const char *control_member(const struct control *control, const char *name, const char *otherwise);

/** The handlers about people. 0 when answered, -1 when refused. */
typedef int control_fn(struct sim *sim, struct control *control);
control_fn control_inbound, control_browser, control_hangup, control_pick_up, control_press;

/** And those about recordings. */
control_fn control_recordings, control_media_get, control_media_put;

#endif
