/*
 * The sound of recordings: GET /Recordings/{RE}, .wav or .mp3, in one or two channels, whole or a range. Errors are XML here, as
 * Twilio answers whoever asks without .json.
 */
#include "rest_media.h"

#include <string.h>

#include "core/text.h"
#include "faults.h"
#include "http/range.h"
#include "recording.h"
#include "rest_auth.h"

enum {
    TOO_MANY = 20429,
    INTERNAL = 20500,
    PARAMETER = 20001,
    DUAL_FROM_MONO = 16113,
    RANGE = 20416
};

static const char resource[] = "/Recordings/";

bool rest_is_media(const char *path)
{
    static const char *const endings[] = {"", ".wav", ".mp3"};
    const char *at = strstr(path, resource);
    if (at == NULL)
        return false;
    at += strlen(resource);
    size_t len = strcspn(at, "./");
    for (size_t i = 0; i < ARRAY_LEN(endings); i++)
        if (strcmp(at + len, endings[i]) == 0)
            return strstr(path, "/Calls/") == NULL;
    return false;
}

static int channels_of(struct rest *rest, const struct recording *recording, int *out)
{
    int64_t wanted = recording->way.channels;
    const char *given = fields_get(rest->request->query, "RequestedChannels");
    if (given && !text_to_int64(given, 1, 2, &wanted))
        return rest_refuse(rest, 400, PARAMETER, "RequestedChannels must be 1 or 2");
    if (wanted > recording->way.channels)
        return rest_refuse(rest, 400, DUAL_FROM_MONO,
                           "Dual channel requested from a mono recording");
    *out = (int)wanted;
    return 0;
}

static int take_range(struct rest *rest, struct sim_media *media)
{
    struct byte_range range;
    enum range_wish wish = range_read(rest->request->range, (int64_t)media->length, &range);
    if (wish == RANGE_UNSATISFIABLE)
        return rest_refuse(rest, 416, RANGE, "Range not satisfiable");
    media->begin = (uint64_t)range.first;
    media->length = (uint64_t)range.bytes;
    media->cut_after = media->length;
    rest->reply.status = wish == RANGE_PART ? 206 : 200;
    return 0;
}

static int give(struct rest *rest, const struct sim_media *media)
{
    rest->reply.has_media = true;
    rest->reply.media = *media;
    return 0;
}

/* A part of what was to come. */
static int give_part(struct rest *rest, struct sim_media *media)
{
    const struct fault_effect *effect = &rest->effect;
    uint64_t at = effect->at_bytes < 0 ? media->length / 2 : (uint64_t)effect->at_bytes;
    media->cut_after = at < media->length ? at : media->length;
    media->resets = effect->kind == FAULT_BREAK;
    if (effect->kind == FAULT_SHORT)
        media->length = media->cut_after;
    return give(rest, media);
}

/* The XML is about a 404, but it comes as a success. */
static int give_xml(struct rest *rest)
{
    rest_no_such(rest);
    rest->reply.status = 200;
    rest->reply.type = rest->effect.type;
    return 0;
}

static int redirect(struct rest *rest)
{
    const struct fault_effect *effect = &rest->effect;
    rest->reply.status = effect->status;
    rest->reply.location = effect->location ? effect->location : rest->request->target;
    return 0;
}

static int refuse_server_error(struct rest *rest)
{
    rest->reply.html = rest->effect.html;
    return rest_refuse(rest, rest->effect.status, INTERNAL,
                       "An internal server error has occurred");
}

static int refuse_rate(struct rest *rest)
{
    rest->reply.retry_after_s = rest->effect.retry_after_s;
    return rest_refuse(rest, 429, TOO_MANY, "Too Many Requests");
}

/* Give it, or what a fault makes of it. */
static int give_spoiled(struct rest *rest, struct sim_media *media)
{
    const struct fault_effect *effect = &rest->effect;
    switch ((int)effect->kind) {
    case FAULT_NOT_FOUND:
        return rest_no_such(rest);
    case FAULT_RATE_LIMIT:
        return refuse_rate(rest);
    case FAULT_SERVER_ERROR:
        return refuse_server_error(rest);
    case FAULT_RESET:
        rest->reply.abort = true;
        return 0;
    case FAULT_REDIRECT:
        return redirect(rest);
    case FAULT_XML:
        return give_xml(rest);
    case FAULT_SHORT:
    case FAULT_TRUNCATE:
    case FAULT_BREAK:
        return give_part(rest, media);
    case FAULT_EMPTY:
        media->length = media->cut_after = 0;
        break;
    case FAULT_NOT_SOUND:
        media->noise = true;
        break;
    case FAULT_WRONG_TYPE:
        (void)text_copy(media->content_type, sizeof(media->content_type),
                        effect->type ? effect->type : "text/html");
        break;
    case FAULT_TRICKLE:
        media->bytes_per_s = effect->bytes_per_s;
        break;
    default:
        break;
    }
    return give(rest, media);
}

/* Only sound that is there can go wrong: who asks too early uses no fault up. */
static const char *take_fault(struct sim *sim, struct rest *rest)
{
    const struct sim_request *request = rest->request;
    const struct fault_subject subject = {
        .target = FAULT_MEDIA,
        .method = request->head ? "HEAD" : request->method,
        .url = request->target,
        .fields = request->query,
    };
    rest->effect = faults_take(sim, &subject, rest->arena);
    return rest->effect.kind == FAULT_NONE ? NULL : fault_name(rest->effect.kind);
}

static int answer(struct sim *sim, struct rest *rest, enum sim_media_format format)
{
    struct recording *recording = recording_find(sim, rest->sid);
    if (recording == NULL || !recording_has_media(sim, recording))
        return rest_no_such(rest);
    int channels = 1;
    if (channels_of(rest, recording, &channels) < 0)
        return -1;
    struct sim_media media = recording_media(sim, recording, format, channels);
    if (take_range(rest, &media) < 0)
        return -1;
    const char *fault = take_fault(sim, rest);
    if (!rest->request->head)
        recording_download_begins(sim, recording,
                                  rest_auth_user(rest->arena, rest->request->authorization),
                                  format == SIM_MEDIA_WAV ? "wav" : "mp3", fault);
    return give_spoiled(rest, &media);
}

int rest_media_wav(struct sim *sim, struct rest *rest)
{
    return answer(sim, rest, SIM_MEDIA_WAV);
}

int rest_media_mp3(struct sim *sim, struct rest *rest)
{
    return answer(sim, rest, SIM_MEDIA_MP3);
}
