/* Live events as text/event-stream: docs/api.md says what they mean. */
#ifndef API_EVENT_JSON_H
#define API_EVENT_JSON_H

#include <jansson.h>

#include "api/events.h"
#include "call_json.h"

/** The first event of a stream. */
struct hello {
    const char
        *id; /**< of the place that the calls are of; NULL: the listener goes on at its own */
    bool resumed;
    const char *reason; /**< why it does not go on where it was, or NULL */
    int64_t now_ms;
    int64_t retry_ms;
    int64_t heartbeat_ms;
    const struct call_row *calls;
    const struct call_details *details; /**< one for each call */
    size_t count;
    bool more;
};

struct stream_text *event_hello(const struct hello *hello);

#endif
