/*
 * Browsers: the Devices of Twilio's Voice SDK, each on a connection of its own.
 *
 * A device begins as a socket. Its `listen` message brings an access token, and with it an identity and
 * what it may do; `register` makes it ring when that identity is called. Who is registered is found by walking the list: there are DEVICES_MAX at most.
 */
#ifndef SIMULATOR_DEVICE_H
#define SIMULATOR_DEVICE_H

#include "device_token.h"
#include "world.h"

struct device_call;

struct device {
    void *peer;      /**< how the surroundings call its socket */
    uint64_t number; /**< for people; counts up */
    struct device_grant grant;
    bool listens; /**< a token was taken: `grant` counts, though it may have expired since */
    bool expired;
    bool registered;
    bool leaving;              /**< told to close: nothing it says counts any more */
    uint64_t registered_as;    /**< counts up: the oldest registration is the smallest */
    struct sim_time since;     /**< connected */
    int64_t heard_ms;          /**< real, its last frame */
    struct timer beat;         /**< real */
    struct timer expiry;       /**< real, of the token */
    struct device_call *calls; /**< at this browser, newest first (device_call.h) */
    size_t call_count;
    char *user_agent; /**< as it introduced itself; NULL: not yet */
    struct device *next;
    struct device *previous;
};

/** A new connection, or NULL if there are DEVICES_MAX. */
struct device *device_create(struct sim *sim, void *peer);

/** It says something. */
void device_heard(struct sim *sim, struct device *device, const char *text, size_t len);

/** Its socket is closed. Unless that is for good, its calls may come back on another one. */
void device_gone(struct sim *sim, struct device *device, bool for_good);

/** Free all; nobody is told. */
void devices_free(struct sim *sim);

/** Close the socket, with a WebSocket close code or 0 (see sim_ports). */
void device_close(struct sim *sim, struct device *device, int code);

/** Send a message, if it can still be sent. Takes `payload` over. */
void device_say(struct sim *sim, struct device *device, const char *type, json_t *payload);

/** Send an error message that is about no call. */
void device_say_error(struct sim *sim, struct device *device, int code, const char *message);

/** Does somebody register for `client:NAME`? */
bool device_is_registered(const struct sim *sim, const char *address);

/** Is this one registered for `client:NAME`? */
bool device_answers_to(const struct device *device, const char *address);

/** Write what happened to the story. */
void device_tell(struct sim *sim, const struct device *device, const char *format, ...)
    PRINTF_LIKE(3, 4);

/** Break the connections of `client:NAME`, as a network does. How many there were. */
size_t devices_break(struct sim *sim, const char *identity);

/** All of them, for GET /sim/devices. */
json_t *devices_json(const struct sim *sim);

#endif
