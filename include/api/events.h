/* How live events are written, for the feed (app/feed.h). docs/api.md says what they mean. */
#ifndef API_EVENTS_H
#define API_EVENTS_H

#include "app/feed.h"
#include "core/buf.h"

/** One event: id, name, and the call as JSON. */
feed_render_fn event_render;

/** The same for who is told by a webhook (dispatch/dispatch.h): `{"type", "timestamp", "data"}`. */
void event_write_body(const struct feed_event *event, struct buf *out);

/** The last words of a stream. */
feed_farewell_fn event_farewell;

#endif
