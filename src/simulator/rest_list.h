/*
 * Lists in Twilio's envelope, a page at a time. Long ones are walked from where the page begins, and only what is on the page is
 * made to JSON: a client that turns every page of 20 000 recordings costs no more than there are.
 */
#ifndef SIMULATOR_REST_LIST_H
#define SIMULATOR_REST_LIST_H

#include "rest.h"

/** Something that can be listed, newest first. An item is whatever `first`, `next` and `find` say it is. */
struct rest_items {
    const void *(*first)(const struct sim *sim); /**< the newest, or NULL */
    const void *(*next)(const void *item);       /**< the next older one, or NULL */
    const void *(*find)(const struct sim *sim, const char *sid);
    const char *(*sid)(const void *item);
    bool (*wanted)(const struct sim *sim, const struct rest *rest, const void *item);
    json_t *(*json)(const struct sim *sim, const struct rest *rest, const void *item);
};

/** The page that the query asks for; 20007, 20001 if it asks for none that can be. `resource` is the path below the account. */
int rest_page(struct sim *sim,
              struct rest *rest,
              const char *resource,
              const char *name,
              const struct rest_items *items);

/** The same for a short list: `all` (taken over) holds every item that matches, newest first. */
int rest_list(
    struct sim *sim, struct rest *rest, const char *resource, const char *name, json_t *all);

/** `Name=`: within that day or second; `Name>=`: from its beginning on; `Name<=`: until its end. True if nothing is asked. */
bool rest_time_matches(const struct rest *rest, const char *name, bool known, int64_t is_ms);

#endif
