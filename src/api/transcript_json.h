/* A line of a transcript as clients see it: in the transcript, where it was found, in events. */
#ifndef API_TRANSCRIPT_JSON_H
#define API_TRANSCRIPT_JSON_H

#include <jansson.h>

#include "store/store.h"
#include "voice/transcript.h"

/** A new reference. `speaker`: voice/transcript.h. */
json_t *transcript_line_to_json(const struct transcript_line_row *line, const char *speaker);

#endif
