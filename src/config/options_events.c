/* Options: live events. */
#include "core/macros.h"
#include "groups.h"

static const struct option events[] = {
    OPTION(.name = "SWITCHHOOK_EVENTS_HEARTBEAT_MS",
           MILLISECONDS(events.heartbeat_ms, 50, 300000),
           .fallback = "15000",
           .about = "A stream of events without news is sent a comment this often; shorter than "
                    "any proxy's patience."),
    OPTION(.name = "SWITCHHOOK_EVENTS_RETRY_MS",
           MILLISECONDS(events.retry_ms, 10, 600000),
           .fallback = "2000",
           .about = "How long a browser is told to wait before it connects again; up to twice as "
                    "long when the server stops."),
    OPTION(.name = "SWITCHHOOK_EVENTS_LIFETIME_MS",
           MILLISECONDS(events.lifetime_ms, 100, 604800000),
           .fallback = "3600000",
           .about = "A stream is ended after this long, so that who listens is looked at again."),
    OPTION(.name = "SWITCHHOOK_EVENTS_QUEUE_BYTES",
           BYTES(events.queue_bytes, 65536, 16777216),
           .fallback = "262144",
           .about = "How much may wait for a slow listener; it is told the rest from the database, "
                    "and cut if it stays behind for ten seconds."),
    OPTION(.name = "SWITCHHOOK_EVENTS_REPLAY_MAX",
           COUNT(events.replay_max, 1, 10000000),
           .fallback = "50000",
           .about = "Timeline entries that are looked through for a listener that comes back; who "
                    "has missed more begins anew."),
    OPTION(.name = "SWITCHHOOK_TICKET_TTL_MS",
           MILLISECONDS(events.ticket_ttl_ms, 100, 600000),
           .fallback = "30000",
           .about = "How long a ticket for a stream of events is good."),
};

const struct option_group group_events = {
    "Live events",
    NULL,
    events,
    ARRAY_LEN(events),
};
