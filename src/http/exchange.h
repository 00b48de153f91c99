/*
 * One request and its answer, from the request line to the line in the log. What happens to it in
 * which order is stages.c; who puts it to sleep and wakes it is server_sleep.c; the library is only
 * met in server*.c.
 *
 * It lives in its own arena and is counted: one reference belongs to the server until the answer is
 * sent, others to work in flight. A request thread works on it while it is awake; only `asleep` and
 * `refs` are touched by others.
 */
#ifndef HTTP_PRIVATE_EXCHANGE_H
#define HTTP_PRIVATE_EXCHANGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "collect.h"
#include "core/error.h"
#include "core/log.h"
#include "http/request.h"
#include "http/response.h"
#include "http/server.h"
#include "screen.h"

struct MHD_Connection;
struct connection; /* server_connection.h */
struct stream;     /* server_stream.c */

/* In the order in which a request passes them. The names say what is to be done next. */
enum stage {
    STAGE_CHECK,      /* the head, as screen.c sees it */
    STAGE_SCREEN,     /* the settings' own screen */
    STAGE_ROUTE,      /* row, parameters, query */
    STAGE_GUARD_HEAD, /* who is calling, as far as the head tells */
    STAGE_ADMIT,      /* the settings' own word, now that the caller is known */
    STAGE_LENGTH,     /* is the body that was announced small enough? */
    STAGE_BODY,       /* it arrives */
    STAGE_DECODE,     /* form fields */
    STAGE_GUARD_BODY,
    STAGE_HANDLE,
    STAGE_ANSWER, /* `response` is what will be sent */
};

enum wake_cause {
    WOKEN_BY_WORK, /* request_wake */
    WOKEN_BY_DEADLINE,
    WOKEN_BY_SHUTDOWN,
    WOKEN_BY_FAILURE, /* the handler failed after it had gone to sleep */
};

enum { EXCHANGE_NOTES_MAX = 4, REQUEST_ID_BYTES = 17 };

struct kept_arena {
    struct arena *arena;
    struct kept_arena *next;
};

struct exchange {
    struct request request; /* what handlers see */
    struct response response;
    struct stream *stream; /* the response goes on for ever; a reference of ours, or NULL */
    uint64_t sent_bytes;   /* by the stream, once it is over */

    const struct http_settings *settings;
    const struct router *router;
    struct app *app;
    size_t route_index; /* of request.route */
    unsigned allowed;   /* methods of the path, when no row has the method */

    enum stage stage;
    bool failed; /* `err` is to be rendered */
    struct error err;
    enum error_kind answered_error; /* what was rendered; for the log */
    bool refused_by_screen;
    bool answered; /* by us, not by the library itself */

    struct raw_head head; /* from STAGE_CHECK until the body begins */
    struct raw_framing framing;
    const char *method_name; /* as sent */
    struct collect body;

    /* sleeping */
    handler_fn *reply; /* continues the stage after the sleep */
    bool in_step;      /* a guard or handler runs */
    bool awaiting;     /* it has called request_await */
    enum wake_cause cause;
    uint32_t tickets;         /* handed out so far */
    _Atomic(uint32_t) asleep; /* the ticket that wakes, 0 while awake */
    struct connection *connection;
    struct MHD_Connection *library; /* the library's side; NULL when it is done */
    bool head_done;                 /* the library has gone on from the head to the body */
    bool close;                     /* no further request on this connection */

    _Atomic(unsigned) refs;
    struct kept_arena *kept;
    void (*at_end)(void *context); /* see request_at_end */
    void *at_end_context;
    char id[REQUEST_ID_BYTES];
    int64_t started_us;
    int64_t answered_us; /* when the headers were given to the library, or 0 */
    struct log_field notes[EXCHANGE_NOTES_MAX];
    size_t note_count;
};

enum progress {
    PROGRESS_ASLEEP, /* call exchange_advance again when it has been woken */
    PROGRESS_BODY,   /* the same when the body is complete (at once if there is none) */
    PROGRESS_ANSWER, /* send `response` */
};

/** A new exchange in an arena of its own, which it takes over, with one reference. Texts are copied. */
struct exchange *exchange_create(struct arena *arena, const char *target, const char *peer);

/**
 * Give the server's reference back.
 * @return the arena, for the next exchange, if it was the last reference; else NULL
 */
struct arena *exchange_end(struct exchange *exchange);

/**
 * Free the arenas that were kept for work in flight, if nobody else refers to the exchange: a stream may last for hours.
 * Request thread only.
 */
void exchange_drop_kept(struct exchange *exchange);

/** Do what can be done. Request thread only. */
enum progress exchange_advance(struct exchange *exchange);

/** Replace whatever the answer was by an error in the words of the route's dialect. */
void exchange_render_error(struct exchange *exchange, const struct error *cause);

/** Has the head announced a body? */
static inline bool exchange_has_body(const struct exchange *exchange)
{
    return exchange->framing.chunked || exchange->framing.content_length > 0;
}

/**
 * End the sleep `ticket` of an exchange, if nobody has done so before: one atomic exchange decides.
 * Any thread. Implemented by the server (server_sleep.c), because it resumes the connection.
 */
bool exchange_wake(struct exchange *exchange, uint32_t ticket, enum wake_cause cause);

#endif
