/* Shared by the subcommands. */
#ifndef PROGRAM_INTERNAL_H
#define PROGRAM_INTERNAL_H

#include <stdbool.h>

#include "app/fetched_keys.h"
#include "app/forward_auth.h"
#include "config/config.h"
#include "config/load.h"
#include "core/metrics.h"
#include "net/net.h"
#include "program/program.h"
#include "store/store.h"
#include "twilio/rest.h"

/** One option of a subcommand: `--name VALUE`, or a flag where `value` is NULL. */
struct argument {
    const char *name;
    const char **value;
    int *flag;
};

/** Read `--name VALUE`, `--name=VALUE` and flags; false after a message if something is not known or lacks a value. */
int arguments_read(
    int argc, char **argv, const struct argument *known, size_t count, const char *usage);

/**
 * Load the configuration for a subcommand and print everything that is wrong with it on standard error.
 * @return NULL if there is a mistake
 */
struct config *configuration_load(const char *env_file, unsigned needs);

/** Do the explicit hook URLs lead to routes of ours? Each that does not is a mistake in `report`. */
int hooks_check(const struct config *config, struct config_report *report) MUST_USE;

/** Does a URL that Twilio has been given lead to a route of ours, at the address that is configured? */
bool hooks_lead_here(const struct config *config, const char *url);

/** Open the store that the configuration names; a message on standard error if that fails. */
struct store *store_open(const struct config *config, unsigned readers);

/** The same to look only: beside a server, or on a copy. */
struct store *store_open_to_read(const struct config *config);

/** The same for the server, of which there is one at a time. `metrics` must outlive it. */
struct store *store_open_alone(const struct config *config, struct metrics *metrics);

/** The settings of the REST client and the account it speaks for; texts are borrowed from `config`. */
struct net_settings configuration_net(const struct config *config);
struct rest_account configuration_account(const struct config *config);

/** How the application and whoever has its keys are reached; texts are borrowed from `config`. */
struct fetched_keys_settings configuration_fetched_keys(const struct config *config);
struct forward_auth_settings configuration_forward_auth(const struct config *config);

#endif
