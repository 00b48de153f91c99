/*
 * The HTTP server. The only users of libmicrohttpd are its files (src/http/server*.c).
 *
 * A pool of epoll workers with at most 120 connections each (the library stalls at exactly 128 ready events). A
 * handler never blocks; who must wait is suspended and resumed. What the library lets through and a proxy might read
 * differently is refused before routing: two lengths, length with transfer coding, unknown codings, spaces before the
 * colon, control characters, two Hosts, fragments, absolute targets.
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

struct http_settings {
    const char *name;          /**< for log lines: "public", "admin" */
    const char *const *listen; /**< host:port, [v6]:port, unix:path, systemd (all passed sockets) */
    size_t listen_count;
    unsigned workers;         /**< threads of the pool; default 16 */
    unsigned connections_max; /**< over all listeners; at most 120 * workers */
    int64_t idle_timeout_ms;  /**< a connection on which nothing moves */
    int64_t
        header_deadline_ms; /**< from the first byte of a request (or the connection) to its headers' end */
    int64_t body_deadline_ms; /**< from there to the end of its body */
    const struct wall_clock *clock;
    int no_access_log; /**< nonzero: no line per request (the admin listener) */
    /** Called for every request before routing, after the checks above; may refuse. May be NULL. */
    guard_fn *screen;
    /** Called for every response just before it is sent, to add headers (security, CORS). May be NULL. */
    void (*finish)(struct app *app, const struct request *request, struct response *response);
};

/**
 * Make a server and bind its sockets, so that a taken port is an error here; nothing is accepted yet.
 * @param app, router, metrics  borrowed until http_server_free
 * @param err  INVALID naming the listen address that is wrong, CONFLICT if it is taken
 */
int http_server_create(const struct http_settings *settings,
                       const struct router *router,
                       struct app *app,
                       struct metrics *metrics,
                       struct http_server **out,
                       struct error *err) MUST_USE;

/** Start accepting. */
int http_server_start(struct http_server *server, struct error *err) MUST_USE;

/** The port of the first TCP listener (useful when 0 was asked for), or 0. */
unsigned http_server_port(const struct http_server *server);

/**
 * Stop accepting (new connections are left to the next instance where the socket is systemd's), answer what is in
 * flight with `Connection: close`, wait at most `deadline_ms`, then wake every sleeper and close. Returns the number
 * of requests that were cut off.
 */
unsigned http_server_drain(struct http_server *server, int64_t deadline_ms);

/** Drains with no time left if that was not done. Takes NULL. */
void http_server_free(struct http_server *server);

#endif
