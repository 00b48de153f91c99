/* Transcriptions by REST: of recordings, and of calls while they go on. */
#ifndef SIMULATOR_REST_TRANSCRIPTIONS_H
#define SIMULATOR_REST_TRANSCRIPTIONS_H

#include "rest.h"

rest_fn rest_transcriptions_list, rest_transcriptions_fetch, rest_transcriptions_delete;
rest_fn rest_recording_transcriptions_list, rest_recording_transcriptions_fetch;
rest_fn rest_recording_transcriptions_delete;
rest_fn rest_live_start, rest_live_update;

#endif
