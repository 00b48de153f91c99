/*
 * GET /sounds/...: what a phone in a browser plays (the SDK's `sounds` option). Nobody's, so nobody is asked; the same
 * for a day, so a page that is opened again asks only whether it still is.
 */
#include <string.h>

#include "api/api.h"
#include "app/app.h"
#include "app/sounds.h"
#include "core/text.h"
#include "http/response.h"

static int
sounds_get(struct app *app, struct request *request, struct response *response, struct error *err)
{
    const struct sound *sound = sounds_find(app->sounds, strrchr(request->path, '/') + 1);
    if (sound == NULL)
        return error_set(err, ERROR_NOT_FOUND, "there is no such sound");
    if (request_has_tag(request, sound->etag))
        response_empty(response, 304);
    else
        response_body(response, 200, "audio/wav", sound->wav, sound->len);
    response_header(response, "ETag", sound->etag);
    response_header(response, "Cache-Control", "public, max-age=86400");
    return 0;
}

#define SOUND(where, text)                                                                         \
    {                                                                                              \
        .methods = HTTP_GET, .path = (where), .guard = &guard_open, .handle = sounds_get,          \
        .doc = &(const struct route_doc)                                                           \
        {                                                                                          \
            .summary = (text), .response_type = "audio/wav",                                       \
        }                                                                                          \
    }

static const struct route rows[] = {
    SOUND("/sounds/incoming.wav", "Somebody calls; made to be repeated."),
    SOUND("/sounds/outgoing.wav", "A call begins."),
    SOUND("/sounds/disconnect.wav", "A call has ended."),
};

const struct route_table api_sound_routes = {"api/sounds", rows, ARRAY_LEN(rows)};
