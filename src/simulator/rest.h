/* The REST API: who may ask, which resource, what went wrong. The resources are rest_calls.c and
 * rest_lines.c. */
#ifndef SIMULATOR_REST_H
#define SIMULATOR_REST_H

#include "core/macros.h"
#include "faults.h"
#include "world.h"

#define REST_PREFIX "/2010-04-01/Accounts/"

/** One request being answered. */
struct rest {
    const struct sim_request *request;
    struct arena *arena; /**< for the length of the request */
    const char *sid;     /**< of the resource in the path, or NULL */
    const char *sub_sid; /**< the second one in the path, or NULL */
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

/** The same of what the path names: 404 with 20404. */
int rest_no_such(struct rest *rest);

/** The handlers. 0 when answered, -1 when refused. */
typedef int rest_fn(struct sim *sim, struct rest *rest);
rest_fn rest_calls_create, rest_calls_list, rest_calls_fetch, rest_calls_update, rest_calls_delete;
rest_fn rest_account_fetch, rest_apps_list, rest_apps_fetch, rest_apps_update;
rest_fn rest_numbers_list, rest_numbers_fetch, rest_numbers_update, rest_caller_ids_list;

/** A moment as the REST API writes it (RFC 2822), or null. */
json_t *rest_time_json(bool known, struct sim_time time);

/** Has Twilio worked out what cost something that ended then? */
bool rest_price_is_known(const struct sim *sim, struct sim_time ended);

/** Is it old enough for a fault that hides what is new? */
bool rest_is_seen(const struct sim *sim, const struct rest *rest, struct sim_time created);

/** A Call resource. */
json_t *rest_call_json(const struct sim *sim, const struct leg *leg);

#endif
