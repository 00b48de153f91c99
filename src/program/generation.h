/*
 * What a reload replaces, as a whole. What was used before stays in memory, because requests and jobs under way may be
 * looking at it.
 */
#ifndef PROGRAM_GENERATION_H
#define PROGRAM_GENERATION_H

#include "app/app.h"
#include "app/users.h"
#include "config/config.h"
#include "core/arena.h"
#include "core/error.h"
#include "twilio/rest.h"

struct generation {
    struct generation *older;
    const struct config *config;
    struct config *owned; /* the same, unless it is the caller's */
    struct routing_settings routing;
    struct hook_settings hooks;
    struct rest_credentials credentials;
    struct signature_keys *signature_keys;
    struct arena *documents_arena; /* of the next ones */
    const struct policy *policy;
    const struct greetings *greetings;
    const struct subscriptions_file *subscriptions;
    struct user_settings *users;
};

/** @param owned  NULL, or `config` itself: freed with the generation, also on failure */
struct generation *
generation_create(const struct config *config, struct config *owned, struct error *err);

/** The newest is the one that whoever begins now works with. */
void generation_use(struct generation **newest, struct generation *generation, struct app *app);

/** This one and all before it. Takes NULL. */
void generation_free_all(struct generation *newest);

#endif
