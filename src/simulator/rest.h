/* The REST API: who may ask, which resource, what went wrong. The resources are rest_calls.c and
 * rest_lines.c. */
#ifndef SIMULATOR_REST_H
#define SIMULATOR_REST_H

#include "core/macros.h"
#include "faults.h"
#include "world.h"

/** One request being answered. */
struct rest {
    const struct sim_request *request;
    struct arena *arena; /**< for the length of the request */
    const char *sid;     /**< of the resource in the path, or NULL */
    struct sim_reply reply;
    struct leg *created;        /**< by POST Calls */
    int64_t unseen_ms;          /**< calls and recordings younger than this are not seen yet */
    int code;                   /**< Twilio's error code, 0: none */
    struct fault_effect effect; /**< what goes wrong with it */
};

void rest_handle(struct sim *sim,
                 const struct sim_request *request,
                 sim_reply_fn *reply,
                 void *context);

/** Refuse as Twilio does: status, code, message. Returns -1. */
int rest_refuse(struct rest *rest, int status, int code, const char *format, ...) PRINTF_LIKE(4, 5);

/** Answer. Takes `json` over. Returns 0. */
int rest_answer(struct rest *rest, int status, json_t *json);

/** A list in Twilio's envelope: `all` (taken over) holds every item that matches, newest first. */
int rest_list(
    struct sim *sim, struct rest *rest, const char *resource, const char *name, json_t *all);

/** The handlers. 0 when answered, -1 when refused. */
typedef int rest_fn(struct sim *sim, struct rest *rest);
rest_fn rest_calls_create, rest_calls_list, rest_calls_fetch, rest_calls_update, rest_calls_delete;
rest_fn rest_account_fetch, rest_apps_list, rest_apps_fetch, rest_apps_update;
rest_fn rest_numbers_list, rest_numbers_fetch, rest_numbers_update, rest_caller_ids_list;

/** A Call resource. */
json_t *rest_call_json(const struct sim *sim, const struct leg *leg);

#endif
