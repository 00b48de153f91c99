/* All recordings: found by SID, remembered beyond their calls, forgotten when there are too many; and the truth about them. */
#include <stdlib.h>
#include <string.h>

#include "core/hex.h"
#include "core/xmalloc.h"
#include "crypto/digest.h"
#include "dial.h"
#include "leg.h"
#include "recording.h"
#include "transcribe.h"

enum { DOWNLOADS_LOGGED = 50, PIECE_BYTES = 16 * 1024 };

/* ---- the list ---- */

static size_t bucket_of(const char *sid)
{
    uint64_t hash = 14695981039346656037U; /* FNV-1a */
    for (const char *c = sid; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 1099511628211U;
    return (size_t)(hash % LEG_BUCKETS);
}

struct recording *recording_find(const struct sim *sim, const char *sid)
{
    for (struct recording *one = sim->recordings.buckets[bucket_of(sid)]; one; one = one->hash_next)
        if (strcmp(one->sid, sid) == 0)
            return one;
    return NULL;
}

static void leave_leg(struct recording *recording)
{
    if (recording->leg == NULL)
        return;
    struct recording **link = &recording->leg->recordings;
    while (*link != recording)
        link = &(*link)->next_of_leg;
    *link = recording->next_of_leg;
    recording->leg = NULL;
}

static void forget(struct sim *sim, struct recording *recording)
{
    struct recordings *all = &sim->recordings;
    timer_cancel(&sim->timers, &recording->timer);
    transcription_forget(sim, recording);
    leave_leg(recording);
    if (recording->previous)
        recording->previous->next = recording->next;
    else
        all->first = recording->next;
    if (recording->next)
        recording->next->previous = recording->previous;
    else
        all->last = recording->previous;
    struct recording **link = &all->buckets[bucket_of(recording->sid)];
    while (*link != recording)
        link = &(*link)->hash_next;
    *link = recording->hash_next;
    all->count--;
    json_decref(recording->download_log);
    free(recording->hashes[0]);
    free(recording->hashes[1]);
    free(recording);
}

/* A verb that goes on may still look at it, even if REST has stopped it. */
static bool is_needed(const struct recording *recording)
{
    const struct leg *leg = recording->leg;
    return leg && (leg->recording == recording || dial_records(leg, recording));
}

static void forget_oldest(struct sim *sim)
{
    for (struct recording *one = sim->recordings.first;
         one && sim->recordings.count >= RECORDINGS_MAX;) {
        struct recording *next = one->next;
        if (one->state >= RECORDING_COMPLETED && !is_needed(one))
            forget(sim, one);
        one = next;
    }
}

void recordings_add(struct sim *sim, struct recording *recording)
{
    forget_oldest(sim);
    struct recordings *all = &sim->recordings;
    recording->previous = all->last;
    if (all->last)
        all->last->next = recording;
    else
        all->first = recording;
    all->last = recording;
    size_t bucket = bucket_of(recording->sid);
    recording->hash_next = all->buckets[bucket];
    all->buckets[bucket] = recording;
    all->count++;
}

void recordings_leave(struct leg *leg)
{
    while (leg->recordings)
        leave_leg(leg->recordings);
}

void recordings_forget_all(struct sim *sim)
{
    while (sim->recordings.last)
        forget(sim, sim->recordings.last);
    sim->recordings.completed = 0;
    sim->recordings.downloaded = 0;
}

/* ---- downloads ---- */

void recording_download_begins(struct sim *sim,
                               struct recording *recording,
                               const char *user,
                               const char *format,
                               const char *fault)
{
    recording->downloads++;
    if (recording->download_log == NULL)
        recording->download_log = json_array();
    json_t *entry = json_pack("{s:s, s:s, s:s*}", "user", user, "format", format, "fault", fault);
    world_stamp(sim, sim->now, entry);
    json_array_append_new(recording->download_log, entry);
    if (json_array_size(recording->download_log) > DOWNLOADS_LOGGED)
        json_array_remove(recording->download_log, 0);
}

void recording_downloaded(struct sim *sim, const struct sim_media *media, uint64_t bytes)
{
    struct recording *recording = recording_find(sim, media->recording_sid);
    if (recording == NULL || media->noise || media->begin > 0 || bytes < sim_media_bytes(media))
        return;
    if (recording->downloads_whole++ == 0)
        sim->recordings.downloaded++;
}

/* ---- the truth ---- */

static const char *hash_of(const struct sim *sim, struct recording *recording, int channels)
{
    char **kept = &recording->hashes[channels - 1];
    if (*kept)
        return *kept;
    const struct sim_media media = recording_media(sim, recording, SIM_MEDIA_WAV, channels);
    auto_digest struct digest *digest = digest_create();
    char piece[PIECE_BYTES];
    for (uint64_t at = 0; at < media.length;) {
        size_t len = media.length - at < PIECE_BYTES ? (size_t)(media.length - at) : PIECE_BYTES;
        sim_media_read(&media, at, piece, len);
        digest_add(digest, piece, len);
        at += len;
    }
    unsigned char sum[SHA256_BYTES];
    digest_finish(digest, sum);
    *kept = xcalloc(1, SHA256_HEX_BYTES);
    hex_encode(*kept, sum, sizeof(sum));
    return *kept;
}

static json_t *sound_json(const struct sim *sim, struct recording *recording, bool hashes)
{
    const struct sim_media media =
        recording_media(sim, recording, SIM_MEDIA_WAV, recording->way.channels);
    json_t *json = json_pack("{s:b, s:I}", "ready", recording_has_media(sim, recording), "bytes",
                             (json_int_t)media.length);
    if (hashes)
        json_object_set_new(json, "sha256_mono", json_string(hash_of(sim, recording, 1)));
    if (hashes && recording->way.channels == 2)
        json_object_set_new(json, "sha256_dual", json_string(hash_of(sim, recording, 2)));
    return json;
}

json_t *recording_json(const struct sim *sim, struct recording *recording, bool hashes)
{
    json_t *json = json_object();
    json_object_set_new(json, "sid", json_string(recording->sid));
    json_object_set_new(json, "call_sid", json_string(recording->call_sid));
    json_object_set_new(json, "url",
                        json_sprintf("%s/2010-04-01/Accounts/%s/Recordings/%s", sim->api_base,
                                     sim->settings->account_sid, recording->sid));
    json_object_set_new(json, "source", json_string(recording->way.source));
    json_object_set_new(json, "track", json_string(recording->way.track));
    json_object_set_new(json, "channels", json_integer(recording->way.channels));
    json_object_set_new(json, "duration", json_integer(recording->duration_s));
    json_object_set_new(json, "status", json_string(recording_word(recording)));
    json_object_set_new(json, "deleted", json_boolean(recording->deleted));
    if (recording->state == RECORDING_COMPLETED)
        json_object_set_new(json, "media", sound_json(sim, recording, hashes));
    if (recording->transcription.state != TRANSCRIPTION_NONE)
        json_object_set_new(json, "transcription",
                            json_pack("{s:s, s:s, s:s?}", "sid", recording->transcription.sid,
                                      "status", transcription_status(&recording->transcription),
                                      "text", recording->transcription.text));
    json_object_set_new(json, "downloads", json_integer((json_int_t)recording->downloads));
    json_object_set_new(json, "downloads_whole",
                        json_integer((json_int_t)recording->downloads_whole));
    json_object_set_new(json, "download_log",
                        recording->download_log ? json_copy(recording->download_log)
                                                : json_array());
    world_stamp(sim, recording->started, json);
    return json;
}

json_t *recordings_json(const struct sim *sim, const struct leg *leg)
{
    json_t *list = json_array();
    for (struct recording *one = leg->recordings; one; one = one->next_of_leg)
        json_array_append_new(list, json_null());
    size_t place = json_array_size(list);
    for (struct recording *one = leg->recordings; one; one = one->next_of_leg)
        json_array_set_new(list, --place, recording_json(sim, one, false));
    return list;
}
