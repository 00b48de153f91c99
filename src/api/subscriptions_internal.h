/* What subscriptions.c, subscriptions_change.c and deliveries.c share. */
#ifndef API_SUBSCRIPTIONS_INTERNAL_H
#define API_SUBSCRIPTIONS_INTERNAL_H

#include <jansson.h>

#include "api/api.h"
#include "app/app.h"
#include "app/audit.h"
#include "app/caller.h"
#include "app/hand_over.h"
#include "app/webhook_signing.h"
#include "dispatch/dispatch.h"
#include "http/response.h"
#include "store/subscriptions.h"

enum { SUBSCRIPTION_DEADLINE_MS = 15000 };

/** As clients see it. `secret`: shown once, or NULL. */
json_t *subscription_to_json(const struct dispatch *dispatch,
                             const struct subscription_row *row,
                             const char *secret);

/** Who reroutes what a subscription with these scopes is told, or looks at it, must be allowed to be told it himself. */
int subscription_check_scopes(const struct caller *caller,
                              const char *scopes,
                              struct error *err) MUST_USE;

/** A delivery with the id of its call (or NULL). `former`: its attempts before the last, or NULL: not shown. */
json_t *delivery_to_json(const struct dispatch *dispatch,
                         const struct delivery_row *row,
                         const char *call_id,
                         const struct delivery_attempts *former);

#define SUBSCRIPTION_SCHEMA                                                                        \
    "{\"type\":\"object\",\"required\":[\"id\",\"url\",\"events\",\"state\",\"source\","           \
    "\"open_deliveries\",\"created_at\",\"updated_at\"],\"properties\":{"                          \
    "\"id\":{\"type\":\"string\"},\"url\":{\"type\":\"string\"},"                                  \
    "\"events\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"                             \
    "\"identity\":{\"type\":[\"string\",\"null\"]},\"group\":{\"type\":[\"string\",\"null\"]},"    \
    "\"description\":{\"type\":[\"string\",\"null\"]},"                                            \
    "\"state\":{\"type\":\"string\",\"enum\":[\"enabled\",\"disabled\"]},"                         \
    "\"disabled_because\":{\"type\":[\"string\",\"null\"]},"                                       \
    "\"disabled_at\":{\"type\":[\"string\",\"null\"]},"                                            \
    "\"source\":{\"type\":\"string\",\"enum\":[\"api\",\"file\"]},"                                \
    "\"name\":{\"type\":[\"string\",\"null\"]},\"scopes\":{\"type\":\"string\"},"                  \
    "\"secret\":{\"type\":\"string\",\"description\":\"only when it is made or rotated\"},"        \
    "\"old_secret_until\":{\"type\":[\"string\",\"null\"]},"                                       \
    "\"created_by\":{\"type\":[\"string\",\"null\"]},\"open_deliveries\":{\"type\":\"integer\"},"  \
    "\"failing_since\":{\"type\":[\"string\",\"null\"]},"                                          \
    "\"last_failure_at\":{\"type\":[\"string\",\"null\"]},"                                        \
    "\"last_failure\":{\"type\":[\"string\",\"null\"]},"                                           \
    "\"last_delivered_at\":{\"type\":[\"string\",\"null\"]},"                                      \
    "\"created_at\":{\"type\":\"string\",\"format\":\"date-time\"},"                               \
    "\"updated_at\":{\"type\":\"string\",\"format\":\"date-time\"}}}"

#define DELIVERY_ATTEMPT_SCHEMA                                                                    \
    "{\"type\":[\"object\",\"null\"],\"properties\":{"                                             \
    "\"at\":{\"type\":\"string\",\"format\":\"date-time\"},"                                       \
    "\"status\":{\"type\":[\"integer\",\"null\"]},\"latency_ms\":{\"type\":\"integer\"},"          \
    "\"error\":{\"type\":[\"string\",\"null\"]},\"answer\":{\"type\":[\"string\",\"null\"]}}}"

#define DELIVERY_SCHEMA                                                                            \
    "{\"type\":\"object\",\"required\":[\"id\",\"subscription_id\",\"type\",\"state\","            \
    "\"attempts\",\"at\",\"created_at\"],\"properties\":{\"id\":{\"type\":\"string\"},"            \
    "\"subscription_id\":{\"type\":\"string\"},\"type\":{\"type\":\"string\"},"                    \
    "\"call_id\":{\"type\":[\"string\",\"null\"]},"                                                \
    "\"state\":{\"type\":\"string\",\"enum\":[\"pending\",\"waiting\",\"delivered\",\"dead\"]},"   \
    "\"attempts\":{\"type\":\"integer\"},\"next_attempt_at\":{\"type\":[\"string\",\"null\"]},"    \
    "\"give_up_at\":{\"type\":[\"string\",\"null\"]},"                                             \
    "\"at\":{\"type\":\"string\",\"format\":\"date-time\"},"                                       \
    "\"created_at\":{\"type\":\"string\",\"format\":\"date-time\"},"                               \
    "\"ended_at\":{\"type\":[\"string\",\"null\"]},\"last\":" DELIVERY_ATTEMPT_SCHEMA              \
    ",\"log\":{\"type\":\"array\",\"items\":" DELIVERY_ATTEMPT_SCHEMA "}}}"

/* ---- one subscription, or one delivery, is changed: the same way for all ---- */

/** What a client may say of a subscription; members that were not given are NULL. */
struct subscription_wish {
    const char *url;
    const char *events; /**< words with spaces between */
    const char *identity;
    const char *group;
    const char *description;
    const char *secret;
    json_t *event_list;   /**< only while the body is read */
    bool clears_identity; /**< null was given */
    bool clears_group;
    bool clears_description;
    bool skip;
    int64_t overlap_s;
    const char *since;
    const char *until;
    int64_t since_ms;
    int64_t until_ms;
};

struct change_result {
    struct subscription_row row;
    struct delivery_row delivery;
    const char *call_id; /**< of the delivery */
    const char *secret;  /**< to be shown */
    int64_t count;
    bool more;
};

struct change_work;

/** Read the body, if there is one, as an object of these members; texts go to the request's arena. */
struct input_field;
int subscription_wish_read(const struct app *app,
                           struct request *request,
                           const struct input_field *fields,
                           size_t count,
                           struct subscription_wish *out,
                           struct error *err) MUST_USE;

/** Inside the unit, on what was read: change `result.row` (it is written afterwards), and whatever else. */
typedef int
change_fn(struct store_tx *tx, struct change_work *work, struct arena *arena, struct error *err);

struct change_work {
    struct app *app;
    const struct config *config;
    struct request *request;
    change_fn *change;
    int64_t number;    /**< of the subscription; 0: there can be none; -1: a new one */
    int64_t delivery;  /**< or of the delivery that names the subscription; 0: none */
    bool not_of_file;  /**< a subscription of the file is changed there */
    bool needs_scopes; /**< who does it must be allowed what the subscription is told */
    int64_t now_ms;
    struct audit_entry audit;
    struct subscription_wish wish;
    char fresh_secret[SIGNING_SECRET_BYTES];
    struct change_result result;
};

/**
 * Hand a change over. `work->number` is the id's if the path has one of a subscription, `work->delivery` if of a delivery.
 * Checks the scopes first.
 */
int change_begin(struct app *app,
                 struct request *request,
                 struct change_work *work,
                 enum audit_action action,
                 handler_fn *reply,
                 struct error *err) MUST_USE;

#endif
