/*
 * The HTTP server. The only users of libmicrohttpd are its files (src/http/server*).
 *
 * One thread accepts, for all listeners; a pool of epoll workers serves, at most 120 connections each (the library
 * stalls at exactly 128 ready events). A handler never blocks; who must wait is suspended and resumed. What the library
 * lets through and a proxy might read differently is refused with 400 and the connection closed, before routing: two
 * lengths, length with transfer coding, unknown codings, spaces before the colon, control characters, folded lines, bare
 * line feeds, two Hosts, fragments, absolute targets.
 *
 * Each request leaves one line, `http.request req= method= route= status= us= bytes= peer=`, with `error=` (the problem's
 * code) if it was refused, `end=` (closed, timeout, shutdown, error) if it did not end well, and its own notes. `route` is
 * the row's path, never the request's: targets hold what a log should not.
 *
 * Metrics: switchhook_http_requests_total{server,route,method,status}, status being 2xx to 5xx or cut;
 * switchhook_http_request_seconds{server,route}; switchhook_http_connections, _suspended, _streams (see
 * http/stream.h), _screened_total (refused as
 * above) and _cut_total{phase}.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/metrics.h"
#include "core/wall_clock.h"
#include "http/route.h"

struct http_server;

/** Zero means the default. Texts and the clock are borrowed until http_server_free, `listen` for the creation. */
struct http_settings {
    /** For log lines and metrics: "public", "admin". */
    const char *name;
    /** host:port, [v6]:port (IPv6 alone), unix:path, systemd (all passed sockets). */
    const char *const *listen;
    size_t listen_count;
    /** Threads of the pool. Default 16, at most 256. */
    unsigned workers;
    /** Over all listeners. Default and most: 120 * workers. Whoever comes then waits in the kernel's queue. */
    unsigned connections_max;
    /** How long a connection may do nothing; rounded up to whole seconds. Default 75 s. */
    int64_t idle_timeout_ms;
    /** From a connection's begin to the end of its first headers; for later ones, behind the idle time. Default 10 s. */
    int64_t header_deadline_ms;
    /** From there to the end of the body; and as much for the answer to be taken. Default 30 s. */
    int64_t body_deadline_ms;
    /** Default: the machine's. */
    const struct wall_clock *clock;
    /** Nonzero: no line per request (the admin listener). */
    int no_access_log;
    /** Called for every request before routing, after the checks above; may refuse. May be NULL. */
    guard_fn *screen;
    /**
     * Called once the row is found and its guard has let the request in as far as the head tells, before a body is read:
     * may refuse (rates), never sleeps. May be NULL.
     */
    guard_fn *admit;
    /** Called with every error that is about to be rendered; may put another one in its place. May be NULL. */
    void (*refused)(struct app *app, struct request *request, struct error *err);
    /**
     * Called for every response just before it is sent, to add headers (security, CORS). `request->route` is NULL where
     * none was found, `path` "" where the head was refused. May be NULL.
     */
    void (*finish)(struct app *app, const struct request *request, struct response *response);
};

/**
 * Make a server and bind its sockets, so that a taken port is an error here; nothing is accepted yet, but who connects
 * waits in the kernel's queue. A Unix socket that nobody listens on is replaced; ours has mode 0660 and is removed when
 * the server drains.
 * @param app, router, metrics  borrowed until http_server_free
 * @param err  INVALID naming the listen address that is wrong, or too many workers or connections; CONFLICT if an
 *             address is taken
 */
int http_server_create(const struct http_settings *settings,
                       const struct router *router,
                       struct app *app,
                       struct metrics *metrics,
                       struct http_server **out,
                       struct error *err) MUST_USE;

/**
 * Start accepting. The threads take no signals. SIGPIPE should be ignored by the process all the same.
 * @param err  UNAVAILABLE if the system has no thread or descriptor left; then free the server
 */
int http_server_start(struct http_server *server, struct error *err) MUST_USE;

/** The port of the first TCP listener (useful when 0 was asked for), or 0. */
unsigned http_server_port(const struct http_server *server);

/**
 * Stop accepting (new connections are left to the next instance where the socket is systemd's), answer what is in
 * flight with `Connection: close`, wait at most `deadline_ms`, then wake every sleeper, give those a second at most to
 * answer, and close. Returns the number of requests that were cut off. Blocks; one thread, once.
 */
unsigned http_server_drain(struct http_server *server, int64_t deadline_ms);

/** Drains with no time left if that was not done. Takes NULL. */
void http_server_free(struct http_server *server);

#endif
