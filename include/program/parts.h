/*
 * Everything that a running server is made of, made from a configuration and connected. Nothing here is global, so
 * several fit into one process: tests start the real thing.
 */
#ifndef PROGRAM_PARTS_H
#define PROGRAM_PARTS_H

#include "app/app.h"
#include "config/config.h"
#include "core/error.h"
#include "core/macros.h"

struct parts;

/**
 * Make all parts and bind the sockets; nothing runs and nothing is accepted yet. The log, the libraries' own set-up
 * (parts_prepare_libraries) and signals are the caller's.
 *
 * @param config  borrowed until parts_free
 * @param err     INVALID for what is wrong in the configuration, CONFLICT for a taken address, UNAVAILABLE
 */
int parts_create(struct config *config, struct parts **out, struct error *err) MUST_USE;

/** Workers, then the admin listener, then the public one, then what happens by the clock. */
int parts_start(struct parts *parts, struct error *err) MUST_USE;

/** Accept no more, answer what is in flight within the configured time. Returns how many requests were cut off. */
unsigned parts_drain(struct parts *parts);

/** Stop and free, whatever was started. Takes NULL. */
void parts_free(struct parts *parts);

/**
 * Use what `fresh` says of the options that can change while we run, and look for new and revoked API keys. What was
 * used before stays in memory until parts_free, because requests and jobs under way may be looking at it.
 *
 * @param fresh  taken over, also on failure
 * @param err    INVALID; nothing has changed then
 */
int parts_reload(struct parts *parts, struct config *fresh, struct error *err) MUST_USE;

/** Look for new and revoked API keys now; the ticker does it by itself. Blocks on the store. */
void parts_reload_keys(struct parts *parts);

/** What handlers work with. */
struct app *parts_app(struct parts *parts);

/** The ports of the two listeners, 0 if they are no TCP ports. */
unsigned parts_public_port(const struct parts *parts);
unsigned parts_admin_port(const struct parts *parts);

/** Once per process, before threads start; parts_forget_libraries at its end. */
void parts_prepare_libraries(void);
void parts_forget_libraries(void);

#endif
