#include "internal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/greetings_file.h"
#include "app/policy_file.h"
#include "app/subscriptions_file.h"
#include "core/limits.h"
#include "net/net.h"
#include "store_sqlite/store_sqlite.h"
#include "twilio/rest.h"

static const struct argument *
find_argument(const struct argument *known, size_t count, const char *text)
{
    size_t len = strcspn(text, "=");
    for (size_t i = 0; i < count; i++) {
        if (strlen(known[i].name) == len && strncmp(known[i].name, text, len) == 0)
            return &known[i];
    }
    return NULL;
}

static int complain(const char *usage, const char *what, const char *which)
{
    (void)fprintf(stderr, "switchhook: %s %s\nusage: %s\n", what, which, usage);
    return -1;
}

int arguments_read(
    int argc, char **argv, const struct argument *known, size_t count, const char *usage)
{
    for (int i = 0; i < argc; i++) {
        const struct argument *argument = find_argument(known, count, argv[i]);
        if (argument == NULL)
            return complain(usage, "there is no argument", argv[i]);
        const char *equals = strchr(argv[i], '=');
        if (argument->flag != NULL && equals == NULL) {
            *argument->flag = 1;
            continue;
        }
        if (argument->flag != NULL || (equals == NULL && i + 1 == argc))
            return complain(usage,
                            equals != NULL ? "no value belongs to" : "a value is missing for",
                            argument->name);
        *argument->value = equals != NULL ? equals + 1 : argv[++i];
    }
    return 0;
}

/* What needs more than the room of options knows: routes, and the documents beside the options. */
static int check_documents(const struct config *config, struct config_report *report)
{
    auto_arena struct arena *arena = arena_create();
    const struct policy *policy;
    const struct greetings *greetings;
    const struct subscriptions_file *subscriptions;
    int hooks = hooks_check(config, report);
    int rules = policy_load(config, arena, report, &policy);
    int said = greetings_load(config, arena, report, &greetings);
    int told = subscriptions_file_load(config, arena, report, &subscriptions);
    return hooks < 0 || rules < 0 || said < 0 || told < 0 ? -1 : 0;
}

struct config *configuration_load(const char *env_file, unsigned needs)
{
    struct config_sources sources = {
        .environment = (const char *const *)environ,
        .env_file = env_file,
    };
    struct config_report report;
    struct config *config = NULL;
    config_report_init(&report);
    int failed = config_load(&sources, needs, &config, &report);
    if (failed == 0 && needs == CONFIG_FOR_SERVE && check_documents(config, &report) < 0) {
        config_free(config);
        failed = -1;
    }
    config_report_print(&report, stderr);
    config_report_release(&report);
    return failed < 0 ? NULL : config;
}

typedef int
opening_fn(const struct store_sqlite_settings *settings, struct store **out, struct error *err);

static struct store *open_database(const struct config *config,
                                   opening_fn *opening,
                                   const struct store_sqlite_settings *settings)
{
    struct store *store;
    struct error err = {0};
    if (opening(settings, &store, &err) == 0)
        return store;
    (void)fprintf(stderr, "switchhook: the database %s cannot be used: %s\n",
                  config->store.database, err.message);
    return NULL;
}

struct store *store_open(const struct config *config, unsigned readers)
{
    return open_database(
        config, store_sqlite_open,
        &(struct store_sqlite_settings){.path = config->store.database, .readers = readers});
}

struct store *store_open_to_read(const struct config *config)
{
    return open_database(
        config, store_sqlite_open_to_read,
        &(struct store_sqlite_settings){.path = config->store.database, .readers = 1});
}

struct store *store_open_alone(const struct config *config, struct metrics *metrics)
{
    return open_database(config, store_sqlite_open,
                         &(struct store_sqlite_settings){.path = config->store.database,
                                                         .readers = config->store.readers,
                                                         .metrics = metrics,
                                                         .alone = true});
}

struct net_settings configuration_net(const struct config *config)
{
    enum { CONNECTION_AGE_MS = 20000 };
    return (struct net_settings){
        .user_agent = "switchhook/" SWITCHHOOK_VERSION,
        .ca_file = config->rest.ca_file,
        .connect_timeout_ms = config->rest.connect_timeout_ms,
        .total_timeout_ms = config->rest.timeout_ms,
        .in_flight_max = 32,
        .queue_max = 1024,
        .reply_max_bytes = LIMIT_REST_REPLY_BYTES,
        .connection_age_max_ms = CONNECTION_AGE_MS,
        .connect_to = config->rest.connect_to,
    };
}

struct rest_account configuration_account(const struct config *config)
{
    return (struct rest_account){
        .account_sid = config->twilio.account_sid,
        .base_url = config->twilio.api_base_url.text,
    };
}

struct fetched_keys_settings configuration_fetched_keys(const struct config *config)
{
    return (struct fetched_keys_settings){
        .url = config->users.jwks_url.text,
        .ca_file = config->users.ca_file,
        .user_agent = "switchhook/" SWITCHHOOK_VERSION,
        .age_ms = config->users.jwks_age_ms,
        .refetch_ms = config->users.jwks_refetch_ms,
    };
}

struct forward_auth_settings configuration_forward_auth(const struct config *config)
{
    const struct config_users *users = &config->users;
    return (struct forward_auth_settings){
        .url = users->forward_url.text,
        .ca_file = users->ca_file,
        .user_agent = "switchhook/" SWITCHHOOK_VERSION,
        .timeout_ms = users->forward_timeout_ms,
        .cache_ms = users->forward_cache_ms,
        .identity_header = users->forward_identity_header,
        .scopes_header = users->forward_scopes_header,
        .group_header = users->forward_group_header,
    };
}
