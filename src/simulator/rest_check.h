/*
 * The published description of the Calls and Recordings resources as tables: names, types, limits, and the code
 * Twilio refuses with. Source: Twilio's OpenAPI description of 2010-04-01 (twilio-oai) and its
 * error dictionary.
 */
#ifndef SIMULATOR_REST_CHECK_H
#define SIMULATOR_REST_CHECK_H

#include "rest.h"

/** What can be asked, each with its parameters. */
enum rest_shape {
    SHAPE_CALL_CREATE,
    SHAPE_CALL_UPDATE,
    SHAPE_CALL_LIST,
    SHAPE_LINE_UPDATE, /**< what an application or number may be told */
    SHAPE_RECORDING_START,
    SHAPE_RECORDING_UPDATE,
    SHAPE_CALL_RECORDING_LIST,
    SHAPE_RECORDING_LIST,
    SHAPE_RECORDING_FETCH,
    SHAPE_PAGE,       /**< a list without filters */
    SHAPE_LIVE_START, /**< transcription of a call that goes on */
    SHAPE_LIVE_UPDATE,
};

/** Check the form (of a list or fetch: the query) of such a request. -1 when refused. */
int rest_check(struct sim *sim, struct rest *rest, enum rest_shape shape);

/** `2026-11-20` or an RFC 3339 time: where it begins, and where the day (or second) is over. False if neither. */
bool rest_day_or_time(const char *text, int64_t *from_ms, int64_t *until_ms);

#endif
