#include "generation.h"

#include <stdlib.h>

#include "app/greetings_file.h"
#include "app/policy_file.h"
#include "app/subscriptions_file.h"
#include "core/xmalloc.h"
#include "internal.h"
#include "twilio/signature.h"

static int make_signature_keys(const struct config_twilio *twilio,
                               struct signature_keys **out,
                               struct error *err)
{
    const char *tokens[2] = {
        secret_reveal(&twilio->auth_token),
        secret_reveal(&twilio->auth_token_secondary),
    };
    if (tokens[0] == NULL)
        return 0; /* only with signatures switched off, which config_load has checked */
    return signature_keys_create(tokens, tokens[1] != NULL ? 2 : 1, out, err);
}

/* Whoever has loaded the configuration has told the person all that is wrong; here the first mistake says enough. */
static int read_documents(struct generation *generation, struct error *err)
{
    struct config_report report;
    config_report_init(&report);
    struct arena *arena = generation->documents_arena = arena_create();
    const struct config *config = generation->config;
    int failed =
        policy_load(config, arena, &report, &generation->policy) < 0 ||
                greetings_load(config, arena, &report, &generation->greetings) < 0 ||
                subscriptions_file_load(config, arena, &report, &generation->subscriptions) < 0
            ? -1
            : 0;
    if (failed < 0)
        (void)error_set(err, ERROR_INVALID, "%s: %s", report.mistakes[0].variable,
                        report.mistakes[0].problem);
    config_report_release(&report);
    return failed;
}

static void free_one(struct generation *generation)
{
    user_settings_free(generation->users);
    arena_free(generation->documents_arena);
    signature_keys_free(generation->signature_keys);
    config_free(generation->owned);
    free(generation);
}

struct generation *
generation_create(const struct config *config, struct config *owned, struct error *err)
{
    const struct config_twilio *twilio = &config->twilio;
    struct generation *generation = xcalloc(1, sizeof(*generation));
    generation->config = config;
    generation->owned = owned;
    generation->routing = app_routing(config);
    generation->hooks = app_hooks(config);
    if (make_signature_keys(twilio, &generation->signature_keys, err) == 0 &&
        rest_credentials_choose(
            twilio->account_sid, twilio->api_key_sid, secret_reveal(&twilio->api_key_secret),
            secret_reveal(&twilio->auth_token), &generation->credentials, err) == 0 &&
        read_documents(generation, err) == 0 &&
        user_settings_load(config, &generation->users, err) == 0)
        return generation;
    free_one(generation);
    return NULL;
}

void generation_use(struct generation **newest, struct generation *generation, struct app *app)
{
    generation->older = *newest;
    *newest = generation;
    app->config = generation->config;
    app->routing = &generation->routing;
    app->hooks = &generation->hooks;
    app->policy = generation->policy;
    app->greetings = generation->greetings;
    app->users = generation->users;
    app->signature_keys = generation->signature_keys;
}

void generation_free_all(struct generation *newest)
{
    while (newest != NULL) {
        struct generation *older = newest->older;
        free_one(newest);
        newest = older;
    }
}
