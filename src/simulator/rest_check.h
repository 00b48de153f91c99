/*
 * The published description of the Calls resource as tables: names, types, limits, and the code
 * Twilio refuses with. Source: Twilio's OpenAPI description of 2010-04-01 (twilio-oai) and its
 * error dictionary.
 */
#ifndef SIMULATOR_REST_CHECK_H
#define SIMULATOR_REST_CHECK_H

#include "rest.h"

/** Check the form of a request that creates (or updates) a call. -1 when refused. */
int rest_check_create(struct sim *sim, struct rest *rest);
int rest_check_update(struct sim *sim, struct rest *rest);

/** Check the query of the list. -1 when refused. */
int rest_check_list(struct sim *sim, struct rest *rest);

/** The same for what an application or number may be told. */
int rest_check_line(struct sim *sim, struct rest *rest);

/** `2026-11-20` or an RFC 3339 time: where it begins, and where the day (or second) is over. False if neither. */
bool rest_day_or_time(const char *text, int64_t *from_ms, int64_t *until_ms);

#endif
