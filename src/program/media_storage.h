/* Where recordings are kept, put together from the configuration: a directory or an S3-compatible store, and encryption before it. */
#ifndef PROGRAM_MEDIA_STORAGE_H
#define PROGRAM_MEDIA_STORAGE_H

#include "config/config.h"
#include "core/metrics.h"
#include "core/wall_clock.h"
#include "crypto/seal.h"
#include "storage/storage.h"

struct media_storage;

/**
 * Open it. A store is not asked for anything yet: it may be down, and calls go on.
 *
 * @param config   borrowed until media_storage_use or media_storage_free
 * @param metrics  borrowed until media_storage_free, or NULL
 * @param err      INVALID, naming the option
 */
int media_storage_create(const struct config *config,
                         struct metrics *metrics,
                         const struct wall_clock *clock,
                         struct media_storage **out,
                         struct error *err) MUST_USE;

/** Borrowed from it. */
struct storage *media_storage_door(struct media_storage *media);

/** Remove in the background what a former process has left half-written. Once. */
int media_storage_start(struct media_storage *media, struct error *err) MUST_USE;

/** Use the credentials of a configuration that was read anew, and its keys, which are to be freed by it. */
void media_storage_use(struct media_storage *media,
                       const struct config *config,
                       struct seal_keys *keys);

/** Whoever waits for the store waits no longer: the program ends. Takes NULL. */
void media_storage_stop(struct media_storage *media);

/** After everything that uses it. Takes NULL. */
void media_storage_free(struct media_storage *media);

/** The ring of keys that the configuration gives, or NULL in `out` if there are none. INVALID, naming the option. */
int media_storage_keys(const struct config *config,
                       struct seal_keys **out,
                       struct error *err) MUST_USE;

#endif
