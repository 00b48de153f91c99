/* Streams as the server's other files see them. */
#ifndef HTTP_PRIVATE_SERVER_STREAM_H
#define HTTP_PRIVATE_SERVER_STREAM_H

#include "http/stream.h"
#include "server_internal.h"

/** The library's response that is fed by the stream. Request thread. */
struct MHD_Response *stream_response(struct stream *stream);

/** Its headers are about to be sent: from here on its connection knows it. Request thread. */
void stream_begin(struct stream *stream);

/** The request has ended. Gives the exchange's reference back. @return how many bytes were sent. Request thread. */
uint64_t stream_close(struct stream *stream);

struct stream *stream_ref(struct stream *stream);

/**
 * The deadline of its connection is there: send the heartbeat if it is asleep. Deadlines' thread, without locks.
 * @return true if the peer has taken nothing for too long, and is to be cut
 */
bool stream_is_stalled(struct stream *stream, int64_t now_ms);

/** The server stops. Any thread, without the connection's lock. */
void stream_farewell(struct stream *stream);

#endif
