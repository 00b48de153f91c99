/*
 * The simulator without threads, sockets and clocks: calls, legs, TwiML, webhooks, REST and control
 * API.
 *
 * Everything comes in through these functions, one at a time (the caller holds a lock or has one
 * thread), with the time it comes at; everything goes out through `struct sim_ports`. So a test can
 * be the network, the server under test and the clock.
 *
 * Two times: simulated milliseconds drive timers and durations; wall milliseconds are what
 * time-stamps in callbacks and REST answers show. At speed 1 they run alike. Accelerated, a minute
 * of talk is a second of waiting, lasts 60 seconds in every duration, and its time-stamps still
 * agree with the clock of the server under test. What keeps a browser's connection alive, and the
 * life of its token, is measured in a third: real milliseconds, which nothing accelerates.
 */
#ifndef SIMULATOR_ENGINE_H
#define SIMULATOR_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/error.h"
#include "core/fields.h"
#include "simulator/media.h"
#include "simulator/settings.h"

struct sim;
struct delivery; /**< one webhook on its way; opaque, handed back with its answer */
struct device;   /**< a browser that is connected; opaque, handed back with what it says */

struct sim_time {
    int64_t sim_ms;  /**< since the start of the simulation, never backwards */
    int64_t wall_ms; /**< since 1970-01-01 UTC */
    int64_t
        real_ms; /**< since the start as people feel it, never backwards: what concerns sockets */
};

struct sim_header {
    const char *name;
    const char *value;
};

enum { SIM_HEADERS_MAX = 8 };

/** A webhook that shall be sent. Borrowed for the call of `send`. */
struct sim_outgoing {
    struct delivery *delivery;
    const char *method;
    const char *url;          /**< where to connect, after rewriting of the public base */
    const char *content_type; /**< of the body, or NULL */
    const char *body;
    size_t body_len;
    struct sim_header headers[SIM_HEADERS_MAX];
    size_t header_count;
    int64_t timeout_ms; /**< real time, for connecting and reading together */
};

enum sim_answer_kind {
    SIM_ANSWERED,
    SIM_NOT_CONNECTED, /**< nothing was sent */
    SIM_NO_ANSWER,     /**< sent, but the connection broke or time ran out */
};

/** How a webhook ended. Borrowed for the call of sim_answered; texts are never NULL. */
struct sim_answer {
    enum sim_answer_kind kind;
    int status;
    const char *content_type;
    const char *body;
    size_t body_len;
    const char *location;   /**< of a redirection, or "" */
    const char *set_cookie; /**< the first Set-Cookie, or "" */
    const char *problem;    /**< for people, if there is no answer */
};

/** A request to the REST or control API. Borrowed for the call. */
struct sim_request {
    const char *method;
    const char *path;          /**< decoded, without query */
    const char *target;        /**< as sent */
    const char *authorization; /**< header, or "" */
    const char *range;         /**< header, or NULL */
    bool head;                 /**< it is HEAD, though `method` says GET */
    const char *media_type;
    const char *body;
    size_t body_len;
    const struct fields *query;
    const struct fields *form;
};

/** The answer. `json` is owned by whoever receives it; NULL: no body, or sound. */
struct sim_reply {
    int status;
    json_t *json;
    bool has_media; /**< the body is this sound; tell sim_downloaded when it is sent */
    struct sim_media media;
    const char *location; /**< of a redirection, borrowed for the call; or NULL */
    const char *type;    /**< of an XML error, instead of its own, borrowed for the call; or NULL */
    bool xml;            /**< `json` is an error, to be rendered as Twilio's XML */
    bool html;           /**< a gateway's HTML page instead of JSON */
    bool abort;          /**< close the connection without a word */
    int retry_after_s;   /**< 0: not said */
    char request_id[35]; /**< RQ...; "" for the control API */
    const char *allow;   /**< for 405, or NULL */
};

/** Called exactly once per sim_handle, during it or later (slow answers, waiting), under the caller's lock. */
typedef void sim_reply_fn(void *context, const struct sim_reply *reply);

/** What the engine asks of its surroundings. All functions must return at once and not call the engine back. */
struct sim_ports {
    void *context;
    void (*send)(void *context,
                 const struct sim_outgoing *outgoing); /**< answer with sim_answered */
    void (*tell)(void *context, const char *line);     /**< one line of the story; may be NULL */

    /* Browsers. `peer` is what sim_connected was given. Both may be NULL if nobody connects. */

    /** One text frame. */
    void (*say)(void *context, void *peer, const char *text, size_t len);
    /**
     * Close the socket once all that was said is sent; sim_disconnected follows, later.
     * @param code  of WebSocket; 0: at once and without a word, as when the network breaks
     */
    void (*hang_up)(void *context, void *peer, int code);
};

/** A new world at `now`. `settings` is borrowed for its life. */
struct sim *
sim_create(const struct sim_settings *settings, const struct sim_ports *ports, struct sim_time now);

/**
 * Takes NULL. Whoever still waits for an answer is answered 503; deliveries under way must not be answered any more.
 */
void sim_free(struct sim *sim);

/** A REST or control request. `reply` is called exactly once. */
void sim_handle(struct sim *sim,
                struct sim_time now,
                const struct sim_request *request,
                sim_reply_fn *reply,
                void *context);

/** A reply's sound was sent, `bytes` of it, and its connection may be gone. Exactly once for each that is sent. */
void sim_downloaded(struct sim *sim,
                    struct sim_time now,
                    const struct sim_media *media,
                    uint64_t bytes);

/** Where the REST API is served, for whoever is told so (settings' api_base "self"). `base` is copied. */
void sim_serve_at(struct sim *sim, const char *base);

/** Nobody is interested in that answer any more: answer it with 504 at once if it is still outstanding. */
void sim_give_up(struct sim *sim, struct sim_time now, const void *context);

/** The answer to a delivery; exactly once for each `send`. */
void sim_answered(struct sim *sim,
                  struct sim_time now,
                  struct delivery *delivery,
                  const struct sim_answer *answer);

/**
 * A browser has connected (docs/simulator.md, "Browsers"). The socket's beat starts at once; who it is, its first
 * message must tell.
 *
 * @param peer  how `say` and `hang_up` name it
 * @return what it is called from now on, or NULL if there are too many already: close it
 */
struct device *sim_connected(struct sim *sim, struct sim_time now, void *peer);

/** A text frame from a browser, of any content. */
void sim_heard(
    struct sim *sim, struct sim_time now, struct device *device, const char *text, size_t len);

enum sim_goodbye {
    SIM_SOCKET_BROKE, /**< the page may still be there and come back */
    SIM_PAGE_LEFT,    /**< it was closed or another one loaded */
};

/** Its socket is closed, by whomever. `device` and its `peer` are not used any more afterwards. */
void sim_disconnected(struct sim *sim,
                      struct sim_time now,
                      struct device *device,
                      enum sim_goodbye goodbye);

/** Let everything happen that is due at `now`. */
void sim_advance(struct sim *sim, struct sim_time now);

/** When the next thing is due; false if nothing is. */
bool sim_next_due(const struct sim *sim, int64_t *sim_ms);

/** Calls that ring or talk in a browser now: people, who cannot be accelerated. */
size_t sim_browser_calls(const struct sim *sim);

/** The same for what is due in real time. */
bool sim_next_real_due(const struct sim *sim, int64_t *real_ms);

/**
 * Nothing will happen by itself but limits that should not be reached (ring timeouts of those who wait for a word,
 * time limits).
 */
bool sim_at_rest(const struct sim *sim);

/** Deliveries whose answer is outstanding. */
size_t sim_in_flight(const struct sim *sim);

/** Read rules for callees from JSON text, as PUT /sim/script does. INVALID or MALFORMED says what is wrong. */
int sim_load_script(struct sim *sim, const char *text, size_t len, struct error *err) MUST_USE;

#endif
