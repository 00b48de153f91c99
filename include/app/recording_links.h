/*
 * Links to the sound of one recording, for players that can send no header (an <audio> element): good for a short time, for
 * this recording alone, whoever shows them.
 *
 *     /recordings/rec_.../media?expires=1769860922&by=...&signature=...
 *
 * `expires` is in seconds since 1970. `by` says which row of the audit log tells who made the link, sealed, so that nobody else
 * learns anything from it. The signature is HMAC-SHA256 over id, expires and by, in base64url, with a key that is made of
 * the database's own secret: links outlive a restart, and are worth nothing at another server.
 */
#ifndef APP_RECORDING_LINKS_H
#define APP_RECORDING_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/error.h"

enum { RECORDING_LINK_TTL_MAX_S = 3600 };

struct recording_links;

/** @param secret  of the database (store_get_event_key)   @return never NULL */
struct recording_links *recording_links_create(const unsigned char *secret, size_t bytes);

/** Takes NULL. */
void recording_links_free(struct recording_links *links);

/** What stands behind the question mark of a link; in the arena. Any thread. */
const char *recording_links_make(const struct recording_links *links,
                                 const char *recording_id,
                                 int64_t expires_s,
                                 int64_t audit_sequence,
                                 struct arena *arena);

/** The parameters as they came; NULL where one is missing. */
struct shown_link {
    const char *recording_id;
    const char *expires;
    const char *by;
    const char *signature;
};

/**
 * Is it a link of ours to this recording, and good still? Compares in constant time. Any thread.
 * @param err  UNAUTHENTICATED, with one text for all that is wrong but the time
 */
int recording_links_check(const struct recording_links *links,
                          const struct shown_link *link,
                          int64_t now_ms,
                          struct error *err) MUST_USE;

/** The row of the audit log that tells who made a link with this `by`; false if it was not made here. Any thread. */
bool recording_links_maker(const struct recording_links *links,
                           const char *by,
                           int64_t *audit_sequence);

#endif
