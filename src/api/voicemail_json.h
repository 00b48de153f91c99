/* A voicemail as clients see it: alone, in lists, and in events. */
#ifndef API_VOICEMAIL_JSON_H
#define API_VOICEMAIL_JSON_H

#include <jansson.h>

#include "store/store.h"

/** A voicemail with what belongs to it. */
struct voicemail_details {
    struct voicemail_row row;
    const char *call_id;
    struct recording_row recording;         /**< its sid is NULL if it is not known any more */
    struct transcription_row transcription; /**< its sid is NULL if there is none */
    const char *text;                       /**< what was said, or NULL */
};

/** Read what belongs to `row`. */
int voicemail_details_read(struct store_rx *rx,
                           const struct voicemail_row *row,
                           struct arena *arena,
                           struct voicemail_details *out,
                           struct error *err) MUST_USE;

/** A new reference. */
json_t *voicemail_to_json(const struct voicemail_details *voicemail);

/** The JSON Schema of it, for /openapi.json. */
extern const char voicemail_schema[];

#endif
