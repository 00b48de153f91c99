/*
 * URLs as settings hold them: scheme "://" host [":" port] path ["?" query]. No user, no fragment;
 * hosts as Twilio can call them (letters, digits, dots, dashes; no underscores; or an address in
 * brackets).
 */
#ifndef CONFIG_SRC_URL_H
#define CONFIG_SRC_URL_H

#include <stdbool.h>

#include "config/types.h"
#include "core/arena.h"
#include "core/error.h"

/**
 * Take `text` apart. What is kept as given stays byte for byte: a signature is computed over it.
 * @param err  INVALID, saying what is wrong
 */
int url_parse(const char *text, struct arena *arena, struct config_url *out, struct error *err);

/** Split "host:port" or "[v6]:port"; the host loses its brackets and its capitals. False if it is neither. */
bool host_port_split(const char *text, struct arena *arena, const char **host, uint16_t *port);

/** Letters, digits, dots and dashes, not at the ends; at most 253 of them. */
bool host_is_name(const char *host);

/** localhost, a name below it, 127.0.0.0/8 or ::1. */
bool host_is_loopback(const char *host);

#endif
