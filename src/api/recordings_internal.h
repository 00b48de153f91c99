/* Shared by the files of this resource. */
#ifndef API_RECORDINGS_INTERNAL_H
#define API_RECORDINGS_INTERNAL_H

#include "api/api.h"
#include "app/app.h"
#include "app/caller.h"
#include "app/hand_over.h"
#include "http/response.h"
#include "recording_json.h"

enum { RECORDINGS_READ_DEADLINE_MS = 15000 };

/** One recording that somebody asks for, by our id or Twilio's SID. */
struct recording_view {
    const struct caller *caller;
    const char *key;
    struct recording_row row;
};

/**
 * Find a recording that the caller may see; NOT_FOUND with one text for "none" and "not yours". What else the caller needs is
 * not asked here.
 */
int find_visible_recording(struct store_rx *rx,
                           const struct caller *caller,
                           const char *key,
                           struct arena *arena,
                           struct recording_row *out,
                           struct error *err) MUST_USE;

/** A hand_over read: `work` is a struct recording_view with caller and key set. */
int recording_view_read(struct store_rx *rx, void *work, struct arena *arena, struct error *err);

/* the handlers of the resource's rows, recordings.c */

handler_fn recordings_list;
handler_fn recordings_get;
handler_fn recordings_media;
handler_fn recordings_link;
handler_fn recordings_delete;
handler_fn recordings_patch;
handler_fn recordings_start; /* {id} is a call's */
handler_fn recording_pause;
handler_fn recording_resume;
handler_fn recording_stop;

extern const char recording_list_parameters[];
extern const char recording_media_parameters[];
extern const char recording_link_request_schema[];
extern const char recording_patch_schema[];
extern const char recording_start_schema[];
extern const char recording_pause_schema[];

#endif
