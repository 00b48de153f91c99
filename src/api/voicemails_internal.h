/* Shared by the files of this resource. */
#ifndef API_VOICEMAILS_INTERNAL_H
#define API_VOICEMAILS_INTERNAL_H

#include "api/api.h"
#include "app/app.h"
#include "app/caller.h"
#include "app/hand_over.h"
#include "http/response.h"
#include "voicemail_json.h"

enum { VOICEMAILS_READ_DEADLINE_MS = 15000 };

/**
 * Find a voicemail that the caller may see: of its own mailbox, its group's, or all. NOT_FOUND with one text for "none" and
 * "not yours". What else the caller needs is not asked here.
 */
int find_visible_voicemail(struct store_rx *rx,
                           const struct caller *caller,
                           const char *id,
                           struct arena *arena,
                           struct voicemail_row *out,
                           struct error *err) MUST_USE;

/* the handlers of the resource's rows, voicemails.c */

handler_fn voicemails_list;
handler_fn voicemails_get;
handler_fn voicemails_read;
handler_fn voicemails_unread;
handler_fn voicemails_delete;
handler_fn voicemails_callback;

extern const char voicemail_list_parameters[];
extern const char voicemail_callback_schema[];

#endif
