/*
 * GET .../Recordings/RE....wav, followed through redirects, checked, hashed and written as it comes.
 *
 * What is asked for is made of the account's base and the SID, not of the RecordingUrl that a callback told: so no
 * credential goes where somebody else has pointed. A redirect leads to whom Twilio keeps the file with: it is followed
 * over https to public addresses alone, without credentials if that is another host. Source: Twilio, "Recordings
 * resource: fetch a recording media file".
 */
#include "fetch.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include "core/hex.h"
#include "core/text.h"
#include "net/download.h"
#include "voice/resource_id.h"

enum {
    REDIRECTS_MAX = 3,
    LOOK_EVERY_BYTES = 16 * 1024 * 1024, /* whether there is still room */
};

struct fetch {
    struct attempt *attempt;
    struct media *media;
    const struct media_settings *with;
    const char *key;
    bool two_channels; /* asked for */

    /* of the answer at hand */
    int status;
    bool taken; /* its body is a sound that is wanted */
    int64_t declared_bytes;
    struct storage_writer *writer;
    struct digest *digest;
    struct audio_facts audio;
    int64_t bytes;
    int64_t look_at_bytes;
    bool unkept;          /* the storage did not take it */
    struct error refusal; /* why the head was not liked */
};

const char *
fetch_key(const struct recording_row *row, enum audio_format format, struct arena *arena)
{
    time_t at_s = (time_t)((row->number >> RESOURCE_NUMBER_TIME_SHIFT) / 1000);
    struct tm day = {0};
    (void)gmtime_r(&at_s, &day);
    return arena_printf(arena, "%04d/%02d/%02d/%s.%s", day.tm_year + 1900, day.tm_mon + 1,
                        day.tm_mday, row->id, audio_extension(format));
}

/* ---- the head ---- */

/* What a file store says that knows no better counts, because the bytes are looked at as well. */
static bool is_type_of_sound(const char *type)
{
    static const char *const good[] = {"audio/", "application/octet-stream", "binary/octet-stream"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        if (strncasecmp(type, good[i], strlen(good[i])) == 0)
            return true;
    return *type == '\0';
}

static int check_head(struct fetch *fetch, const struct net_head *head, struct error *err)
{
    int64_t length = head->content_length;
    if (!is_type_of_sound(head->content_type))
        return error_set(err, ERROR_UPSTREAM, "what came is no sound: its type is %.80s",
                         head->content_type);
    if (length == 0)
        return error_set(err, ERROR_UPSTREAM, "what came is no sound: nothing");
    if (length > fetch->with->bytes_max)
        return error_set(err, ERROR_TOO_LARGE, "it has %lld bytes, more than are taken (%lld)",
                         (long long)length, (long long)fetch->with->bytes_max);
    if (!media_has_room(fetch->media, length > 0 ? length : 0))
        return error_set(err, ERROR_NO_SPACE, "there is no room for it");
    return 0;
}

static enum net_wish on_head(void *context, const struct net_head *head)
{
    struct fetch *fetch = context;
    fetch->status = head->status;
    fetch->declared_bytes = head->content_length;
    fetch->taken = head->status == 200 && check_head(fetch, head, &fetch->refusal) == 0;
    return fetch->taken ? NET_TAKE : NET_LEAVE;
}

/* ---- the body ---- */

/* What time or an operator can mend in the storage is not the recording's fault. */
static int storage_said(struct fetch *fetch, int done, const struct error *err)
{
    if (done < 0)
        fetch->unkept = err->kind == ERROR_NO_SPACE || err->kind == ERROR_UNAVAILABLE;
    return done;
}

/* The first block is long enough to tell what it is, and nothing is written before that. */
static int begin(struct fetch *fetch, const void *data, size_t len, struct error *err)
{
    if (audio_look(data, len, &fetch->audio, err) < 0)
        return -1;
    if (fetch->audio.format != fetch->with->format)
        return error_set(err, ERROR_UPSTREAM, "what came is %s, not %s",
                         audio_type(fetch->audio.format), audio_type(fetch->with->format));
    struct storage_object object = {
        .key = fetch->key,
        .content_type = audio_type(fetch->audio.format),
        .expected_bytes = fetch->declared_bytes > 0 ? fetch->declared_bytes : 0,
    };
    fetch->digest = digest_create();
    fetch->look_at_bytes = LOOK_EVERY_BYTES;
    return storage_said(
        fetch, storage_begin(media_storage(fetch->media), &object, &fetch->writer, err), err);
}

static int on_bytes(void *context, const void *data, size_t len, struct error *err)
{
    struct fetch *fetch = context;
    if (fetch->writer == NULL && begin(fetch, data, len, err) < 0)
        return -1;
    digest_add(fetch->digest, data, len);
    fetch->bytes += (int64_t)len;
    if (fetch->bytes >= fetch->look_at_bytes) {
        fetch->look_at_bytes += LOOK_EVERY_BYTES;
        if (!media_has_room(fetch->media, 0))
            return error_set(err, ERROR_NO_SPACE, "there is no room for it");
    }
    return storage_said(fetch, storage_write(fetch->writer, data, len, err), err);
}

/* ---- one request ---- */

static void drop(struct fetch *fetch)
{
    storage_abort(fetch->writer);
    digest_free(fetch->digest);
    fetch->writer = NULL;
    fetch->digest = NULL;
    fetch->audio = (struct audio_facts){0};
    fetch->bytes = 0;
    fetch->taken = false;
    fetch->refusal = (struct error){0};
}

struct target {
    const char *url;
    bool with_credentials;
    bool is_redirect;
};

static int request(struct fetch *fetch,
                   const struct target *target,
                   struct net_answer *answer,
                   bool *end_marked,
                   struct error *err)
{
    const struct rest_credentials *credentials = fetch->attempt->credentials;
    struct net_download download = {
        .request =
            {
                      .method = "GET",
                      .url = target->url,
                      .username = target->with_credentials ? credentials->username : NULL,
                      .password = target->with_credentials ? credentials->password : NULL,
                      .timeout_ms = fetch->with->timeout_ms,
                      .addresses = target->is_redirect ? fetch->with->redirects : NULL,
                      },
        .sink = {on_head, on_bytes, fetch                                                                  },
        .body_max_bytes = fetch->with->bytes_max,
        .stall_ms = fetch->with->stall_ms,
        .stall_bytes = fetch->with->stall_bytes,
    };
    drop(fetch);
    return net_download(media_net(fetch->media), &download, fetch->attempt->arena, answer,
                        end_marked, err);
}

static int follow(struct fetch *fetch,
                  const struct net_answer *answer,
                  struct target *target,
                  struct error *err)
{
    const char *location = net_answer_header(answer, "location");
    bool same_origin = false;
    const char *url = NULL;
    if (net_redirect(target->url, location, fetch->attempt->arena, &url, &same_origin, err) < 0 ||
        net_check_url(url, fetch->with->redirects, err) < 0) {
        error_clear(err);
        return error_set(err, ERROR_UPSTREAM,
                         "it is redirected to where it must not be fetched from");
    }
    *target = (struct target){url, target->with_credentials && same_origin, true};
    return 0;
}

/* ---- what an answer means ---- */

static enum fetch_result refused(const struct net_answer *answer, struct error *err)
{
    if (answer->status == 404)
        return FETCH_MISSING;
    if (answer->status == 429) {
        (void)error_set(err, ERROR_RATE_LIMITED, "Twilio asks to wait (429)");
        (void)error_retry_after(err,
                                answer->retry_after_ms > 0 ? answer->retry_after_ms / 1000 : 0);
        return FETCH_FAILED;
    }
    (void)error_set(err, ERROR_UPSTREAM, "it was answered with %d", answer->status);
    return FETCH_FAILED;
}

/*
 * Curl has compared what came with the Content-Length. Where nothing marks the end of the body, only a WAV's header
 * says how long it is; and it says so in any case.
 */
static int check_whole(const struct fetch *fetch, bool end_marked, struct error *err)
{
    const struct audio_facts *audio = &fetch->audio;
    if (fetch->writer == NULL)
        return error_set(err, ERROR_UPSTREAM, "what came is no sound: nothing");
    if (audio->total_bytes > fetch->bytes)
        return error_set(err, ERROR_UPSTREAM,
                         "it is cut off: %lld bytes came of the %lld that its header tells",
                         (long long)fetch->bytes, (long long)audio->total_bytes);
    if (!end_marked && audio->total_bytes == 0)
        return error_set(err, ERROR_UPSTREAM, "nothing says whether it came whole");
    return 0;
}

static enum fetch_result
keep(struct fetch *fetch, bool end_marked, struct fetched *out, struct error *err)
{
    unsigned char digest[SHA256_BYTES];
    if (check_whole(fetch, end_marked, err) < 0)
        return FETCH_FAILED;
    digest_finish(fetch->digest, digest);
    if (storage_said(fetch, storage_commit(steal(&fetch->writer), err), err) < 0)
        return FETCH_FAILED;
    out->key = fetch->key;
    out->audio = fetch->audio;
    out->bytes = fetch->bytes;
    hex_encode(out->sha256, digest, sizeof digest);
    return FETCH_STORED;
}

static enum fetch_result judge(struct fetch *fetch,
                               const struct net_answer *answer,
                               bool end_marked,
                               struct fetched *out,
                               struct error *err)
{
    if (answer->result != NET_ANSWERED) {
        (void)error_set(err, ERROR_UPSTREAM, "it did not come whole: %s", answer->problem);
        return FETCH_FAILED;
    }
    if (answer->status != 200)
        return refused(answer, err);
    if (!fetch->taken) {
        *err = fetch->refusal;
        return FETCH_FAILED;
    }
    return keep(fetch, end_marked, out, err);
}

/* Twilio gives one channel of what was recorded in two unless it is asked for two, and 400 if there is only one. */
static const char *url_of(const struct fetch *fetch, const struct recording_row *row)
{
    const struct rest_account *account = fetch->attempt->with->account;
    return arena_printf(fetch->attempt->arena,
                        "%s/2010-04-01/Accounts/%s/Recordings/%s.%s?RequestedChannels=%d",
                        account->base_url, account->account_sid, row->sid,
                        audio_extension(fetch->with->format), fetch->two_channels ? 2 : 1);
}

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static enum fetch_result
run(struct fetch *fetch, const struct recording_row *row, struct fetched *out, struct error *err)
{
    struct target target = {url_of(fetch, row), true, false};
    for (;;) {
        struct net_answer answer = {0};
        bool end_marked = false;
        if (request(fetch, &target, &answer, &end_marked, err) < 0)
            return FETCH_FAILED;
        out->status = answer.status;
        if (answer.result == NET_ANSWERED && answer.status == 400 && fetch->two_channels &&
            !target.is_redirect) {
            fetch->two_channels = false;
            target.url = url_of(fetch, row);
            continue;
        }
        if (answer.result != NET_ANSWERED || !is_redirect(answer.status))
            return judge(fetch, &answer, end_marked, out, err);
        if (out->redirects == REDIRECTS_MAX) {
            (void)error_set(err, ERROR_UPSTREAM, "it is redirected more than %d times",
                            (int)REDIRECTS_MAX);
            return FETCH_FAILED;
        }
        if (follow(fetch, &answer, &target, err) < 0)
            return FETCH_FAILED;
        out->redirects++;
    }
}

enum fetch_result fetch_sound(struct attempt *attempt,
                              const struct recording_row *row,
                              struct fetched *out,
                              struct error *err)
{
    struct media *media = attempt->with->media;
    struct fetch fetch = {
        .attempt = attempt,
        .media = media,
        .with = media_with(media),
        .key = fetch_key(row, media_with(media)->format, attempt->arena),
        .two_channels = row->channels == 2 && !media_with(media)->mono,
    };
    struct fetched fetched = {0};
    enum fetch_result result = run(&fetch, row, &fetched, err);
    if (result == FETCH_FAILED && (fetch.unkept || err->kind == ERROR_NO_SPACE))
        result = FETCH_UNKEPT;
    drop(&fetch);
    *out = fetched;
    return result;
}
