/*
 * The writings of an URL that Twilio may have signed. Inside the room only.
 */
#ifndef SIGNATURE_URL_H
#define SIGNATURE_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"

/** A piece of somebody's text. */
struct span {
    const char *at;
    size_t len;
};

/** An URL cut up, nothing changed: concatenated the parts give the URL again. */
struct url_parts {
    struct span scheme;   /**< with `://` */
    struct span userinfo; /**< with `@`, or empty */
    struct span host;
    struct span port; /**< with `:`, or empty */
    struct span rest; /**< path, query, fragment */
};

/** false if it does not begin with `scheme://`. */
bool url_split(const char *url, struct url_parts *parts);

char *url_join(const struct url_parts *parts, struct arena *arena);

/**
 * The URL as a WHATWG parser writes it: lower-case host, no default port, a path without dots,
 * escapes where they belong. Only for http, https, ws and wss with a host name or a dotted address.
 *
 * @return NULL if the parser would refuse the URL, or if it is too unusual for this short version
 * of it
 */
char *url_normalise(const char *url, struct arena *arena);

/** The URL with its query taken apart and put together again; NULL if it has no UTF-8 query. */
char *url_with_query_rewritten(const char *url, struct arena *arena);

/** Form-decode: `+` is a space, a `%` that is no escape stays. The result may hold any byte. */
struct span url_decode_component(struct span text, struct arena *arena);

/** First value of that name in the query of an URL, decoded; {NULL, 0} if there is none. */
struct span url_query_value(const char *url, const char *name, struct arena *arena);

enum { SIGNATURE_URLS_MAX = 16 };

/** Writings of one URL, each once, in the order to try them. */
struct signature_urls {
    struct {
        const char *text;
        const char *form; /**< what was done to it */
    } items[SIGNATURE_URLS_MAX];
    size_t count;
};

/** Add the URL as received, without port and with one: nearly all requests are signed so. */
void signature_urls_add_received(struct signature_urls *urls, const char *url, struct arena *arena);

/** Add the writings of back ends that signed an escaped form. */
void signature_urls_add_normalised(struct signature_urls *urls,
                                   const char *url,
                                   struct arena *arena);

#endif
