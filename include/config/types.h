/*
 * The kinds of values an option can have, as the rest of the house sees them. Plain data, read-only
 * once loaded; every text lives as long as the struct config it came from.
 */
#ifndef CONFIG_TYPES_H
#define CONFIG_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/text_list.h"

/**
 * A value that is never shown. It is a type of its own so that it cannot be handed to a log line or
 * a `%s` by accident: whoever needs the text asks for it by name, and a reviewer can grep for who
 * does.
 */
struct secret {
    char *hidden; /**< use secret_reveal; not const because config_free overwrites it */
};

/** The text itself, or NULL if it is not set. Only for computing signatures and authenticating. */
static inline const char *secret_reveal(const struct secret *secret)
{
    return secret->hidden;
}

static inline bool secret_is_set(const struct secret *secret)
{
    return secret->hidden != NULL;
}

/** What may be shown in its place: `***`, or "" if it is not set. */
static inline const char *secret_shown(const struct secret *secret)
{
    return secret->hidden != NULL ? "***" : "";
}

/** An http or https URL, taken apart. All members are NULL, 0 or false if the option is not set. */
struct config_url {
    const char *text;   /**< as given, without slashes at the end of a base URL */
    const char *origin; /**< the part before the path, as given: `https://phone.example.com:8443` */
    const char *host;   /**< in lower case, without the brackets of an IPv6 address */
    const char *path;   /**< "" or from the first slash on, query included */
    uint16_t port;      /**< the scheme's own if none was given */
    bool https;
    bool loopback; /**< localhost, 127.0.0.0/8 or ::1: nobody outside this machine can call it */
};

/** An address range, `192.0.2.0/24` or one address. */
struct config_network {
    int family; /**< AF_INET or AF_INET6 */
    unsigned char address[16];
    unsigned prefix_bits;
};

struct network_list {
    const struct config_network *items;
    size_t count;
    bool unix_sockets; /**< the word `unix` was in the list: peers on our UNIX sockets */
};

/**
 * Is a peer, as an address in text or the word "unix", in one of the ranges? An IPv4 address mapped to IPv6 counts.
 */
bool network_list_has(const struct network_list *list, const char *peer);

/**
 * Does a listen address (`host:port`, `[v6]:port`, `unix:path`, `systemd`) accept from this machine alone, over TCP?
 */
bool listen_is_loopback(const char *address);

#endif
