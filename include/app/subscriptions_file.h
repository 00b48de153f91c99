/*
 * subscriptions.json: the application's webhooks that come from a file (config/subscriptions.schema.json describes it,
 * docs/application-webhooks.md explains it), and what is asked of a subscription wherever it comes from.
 */
#ifndef APP_SUBSCRIPTIONS_FILE_H
#define APP_SUBSCRIPTIONS_FILE_H

#include "config/directory.h"
#include "config/load.h"
#include "net/addresses.h"

#define SUBSCRIPTIONS_FILE_NAME "subscriptions.json"

enum {
    SUBSCRIPTION_NAME_BYTES = 64,
    SUBSCRIPTION_URL_BYTES = 2048,
    SUBSCRIPTION_EVENTS = 100,     /**< words in its list */
    SUBSCRIPTION_TEXT_BYTES = 256, /**< description, identity, group */
};

struct subscription_entry {
    const char *name;
    const char *url;
    const char *events; /**< names and wildcards, with spaces between */
    const char *identity;
    const char *group;
    const char *description;
    struct secret secret;
    struct secret old_secret; /**< signs as well; may be unset */
};

struct subscriptions_file {
    const struct subscription_entry *items; /**< by name */
    size_t count;
};

/** The entry of that name, or NULL. `file` may be NULL. */
const struct subscription_entry *subscriptions_file_find(const struct subscriptions_file *file,
                                                         const char *name);

/**
 * The file of this configuration; none if there is no folder or no such file. Reads the disk: it and the files of secrets
 * that it names, which are looked for in $CREDENTIALS_DIRECTORY, then beside it. Not while the environment changes.
 *
 * @param arena   owns what *out points to
 * @param report  gets every mistake, each with its place in the document
 * @return 0, or -1 if there is at least one mistake
 */
int subscriptions_file_load(const struct config *config,
                            struct arena *arena,
                            struct config_report *report,
                            const struct subscriptions_file **out) MUST_USE;

/** The same for a text that is there already. */
int subscriptions_file_read(const struct config *config,
                            const struct config_document *document,
                            struct arena *arena,
                            struct config_report *report,
                            const struct subscriptions_file **out) MUST_USE;

/** Where webhooks may go: public addresses, and what SWITCHHOOK_WEBHOOK_NETWORKS names. In `arena`. */
struct net_addresses subscription_addresses(const struct config *config, struct arena *arena);

/** Does the text name an event, or several ("call.*", "*")? */
bool subscription_is_event(const char *text);
#define SUBSCRIPTION_EVENT_EXPECTED                                                                \
    "the name of an event, all of a thing as \"call.*\", or \"*\": docs/api.md lists them"

#endif
