/* Recordings as the REST API has them: of a call, and of the account. */
#ifndef SIMULATOR_REST_RECORDINGS_H
#define SIMULATOR_REST_RECORDINGS_H

#include "rest.h"

rest_fn rest_recordings_start, rest_recordings_update;
rest_fn rest_call_recordings_list, rest_call_recordings_fetch, rest_call_recordings_delete;
rest_fn rest_recordings_list, rest_recordings_fetch, rest_recordings_delete;

#endif
