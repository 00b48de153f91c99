/* Options: the application's own webhooks. */
#include "core/macros.h"
#include "groups.h"

static const struct option dispatch[] = {
    OPTION(.name = "SWITCHHOOK_WEBHOOK_NETWORKS",
           NETWORKS(dispatch.networks),
           .about = "Webhooks of the application go to public addresses, and to these; plain http "
                    "to this machine alone, if it is among them."),
    OPTION(.name = "SWITCHHOOK_WEBHOOK_CA_FILE",
           PATH(dispatch.ca_file),
           .about = "Certificates to trust for webhooks of the application instead of the "
                    "system's."),
    OPTION(.name = "SWITCHHOOK_WEBHOOK_TIMEOUT_MS",
           MILLISECONDS(dispatch.timeout_ms, 50, 120000),
           .fallback = "10000",
           .about = "How long one attempt to deliver may take."),
    OPTION(.name = "SWITCHHOOK_WEBHOOK_CONNECT_TIMEOUT_MS",
           MILLISECONDS(dispatch.connect_timeout_ms, 50, 120000),
           .fallback = "5000",
           .about = "How long connecting for it may take: name, TCP and TLS."),
    OPTION(.name = "SWITCHHOOK_WEBHOOK_IN_FLIGHT",
           COUNT(dispatch.in_flight, 1, 1000),
           .fallback = "128",
           .about = "Attempts under way at once, of all subscriptions; each has at least one place "
                    "of them if there are as many."),
    OPTION(.name = "SWITCHHOOK_WEBHOOK_IN_FLIGHT_EACH",
           COUNT(dispatch.in_flight_each, 1, 1000),
           .fallback = "16",
           .about = "Attempts under way at once, of one subscription."),
    OPTION(.name = "SWITCHHOOK_WEBHOOK_BACKLOG",
           COUNT(dispatch.backlog, 1, 1000000),
           .fallback = "10000",
           .about = "Deliveries of one subscription that may be open; what comes behind them stays "
                    "in the timeline meanwhile."),
    OPTION(.name = "SWITCHHOOK_WEBHOOK_BACKOFF_MS",
           MILLISECONDS(dispatch.backoff_ms, 1, 3600000),
           .fallback = "5000",
           .about = "How long to wait after the first failed attempt; doubles with each, and is "
                    "spread at random."),
    OPTION(.name = "SWITCHHOOK_WEBHOOK_BACKOFF_MAX_MS",
           MILLISECONDS(dispatch.backoff_max_ms, 1, 86400000),
           .fallback = "3600000",
           .about = "The longest wait between two attempts, also if the endpoint asks for more."),
    OPTION(.name = "SWITCHHOOK_WEBHOOK_GIVE_UP_MS",
           MILLISECONDS(dispatch.give_up_ms, 1, 2592000000),
           .fallback = "86400000",
           .about = "How long a delivery is tried before it is dead."),
    OPTION(.name = "SWITCHHOOK_WEBHOOK_DISABLE_AFTER_MS",
           MILLISECONDS(dispatch.disable_after_ms, 1, 31536000000),
           .fallback = "259200000",
           .about =
               "A subscription to which nothing could be delivered for this long is disabled."),
    OPTION(.name = "SWITCHHOOK_WEBHOOK_OVERLAP_MS",
           MILLISECONDS(dispatch.overlap_ms, 0, 2592000000),
           .fallback = "86400000",
           .about = "How long the old secret of a subscription signs as well after a rotation."),
    OPTION(.name = "SWITCHHOOK_WEBHOOK_DELIVERED_TTL_MS",
           MILLISECONDS(dispatch.delivered_ttl_ms, 1000, 31536000000),
           .fallback = "604800000",
           .about = "How long the log keeps what was delivered."),
    OPTION(.name = "SWITCHHOOK_WEBHOOK_DEAD_TTL_MS",
           MILLISECONDS(dispatch.dead_ttl_ms, 1000, 31536000000),
           .fallback = "2592000000",
           .about = "How long dead deliveries are kept, to be sent again."),
    OPTION(.name = "SWITCHHOOK_WEBHOOK_SWEEP_MS",
           MILLISECONDS(dispatch.sweep_ms, 10, 3600000),
           .fallback = "60000",
           .about = "How often is looked for deliveries to give up or to forget."),
};

const struct option_group group_dispatch = {
    "The application's webhooks",
    "Who is told what happens: docs/application-webhooks.md.",
    dispatch,
    ARRAY_LEN(dispatch),
};
