/* The tables of the dialects and where they stand. */
#ifndef ROUTES_DIALECTS_H
#define ROUTES_DIALECTS_H

#include "config/config.h"
#include "http/route.h"

enum { DIALECT_MOUNTS_MAX = 16 };

/**
 * The tables of every dialect that is switched on, each below its dialect's prefix. A table that several dialects have
 * at the same place is there once.
 * @return how many of `out` are filled
 */
size_t dialect_mounts(const struct config *config, struct route_mount out[DIALECT_MOUNTS_MAX]);

/** The table of one dialect's own and those that it shares; NULL behind the last. */
const struct route_table *const *dialect_tables(enum config_dialect dialect);

#endif
