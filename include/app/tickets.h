/*
 * Tickets for streams of events: a browser's EventSource cannot send a header, so it shows a ticket in the address, which
 * was fetched by somebody who can. Good once, for a short time, with the rights of whoever fetched it.
 *
 * Kept in memory only, as digests, and not many: after a restart one asks for another.
 */
#ifndef APP_TICKETS_H
#define APP_TICKETS_H

#include "app/caller.h"
#include "core/metrics.h"

struct tickets;

/** None yet; never NULL. `ttl_ms` is how long one is good. */
struct tickets *tickets_create(int64_t ttl_ms);

/** Nobody may ask any more. Takes NULL. */
void tickets_free(struct tickets *tickets);

struct ticket {
    const char *text; /**< in the arena; 43 characters that may stand in an address */
    int64_t expires_at_ms;
};

/**
 * A new ticket with the rights of `caller`, copied.
 * @param err  RATE_LIMITED if one caller, or all together, have more than may be open
 */
int tickets_issue(struct tickets *tickets,
                  const struct caller *caller,
                  int64_t now_ms,
                  struct arena *arena,
                  struct ticket *out,
                  struct error *err) MUST_USE;

/**
 * Use a ticket up.
 * @param out  whose it was, in `arena`
 * @param err  UNAUTHENTICATED, with one text for unknown, used and late ones
 */
int tickets_use(struct tickets *tickets,
                const char *text,
                int64_t now_ms,
                struct arena *arena,
                const struct caller **out,
                struct error *err) MUST_USE;

#endif
