/*
 * A sound is in the queue, or in the hands of one reader, or waits until its peer has taken what it was sent. The readers take
 * turns: after each piece a sound goes to the end of the queue. A sound is freed by a reader, because closing may wait too.
 */
#include "app/sound_readers.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "core/limits.h"
#include "core/lock.h"
#include "core/log.h"
#include "core/macros.h"
#include "core/text.h"
#include "core/xmalloc.h"
#include "http/stream.h"

enum {
    PIECE_BYTES = 64 * 1024,
    FULL_RETRY_S = 2,
};

struct served_sound {
    struct served_sound *next; /* in the queue */
    struct sound_readers *readers;
    char *listener;          /* or NULL */
    struct request *request; /* with a reference, until it is woken; see open_first */
    uint32_t ticket;
    char *key;
    int64_t whole_bytes;
    int64_t bytes; /* of the part */
    int64_t deadline_ms;

    /* its reader's; the request's thread reads them after the wake */
    struct storage_reader *object;
    int64_t at; /* the next byte to read */
    int64_t end;
    struct error failure;

    /* under the readers' lock: */
    struct stream *stream;     /* a reference, from sound_answer on */
    struct stream_text *piece; /* read, and not sent yet */
    bool opened;               /* or has failed */
    bool busy;                 /* in the queue, or a reader has it */
    bool hungry;               /* the peer has taken all there was */
    bool over;                 /* nobody wants more */
    struct served_sound *next_served;
    struct served_sound **link; /* what points to it in the list of all */
};

struct sound_readers {
    struct storage *storage;
    unsigned at_once_max;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t changed;
    struct served_sound *first;
    struct served_sound **last;
    struct served_sound *served; /* all that are not freed */
    unsigned count;              /* of them */
    bool stop;
    struct metric *serving;
    struct metric *read_bytes;
    struct metric *failures;
    struct metric *refused;
    unsigned thread_count;
    pthread_t threads[];
};

/* ---- the queue, under the lock ---- */

static void enqueue(struct served_sound *sound)
{
    struct sound_readers *readers = sound->readers;
    if (sound->busy)
        return;
    sound->busy = true;
    sound->next = NULL;
    *readers->last = sound;
    readers->last = &sound->next;
    (void)pthread_cond_signal(&readers->changed);
}

static struct served_sound *dequeue(struct sound_readers *readers)
{
    while (readers->first == NULL && !readers->stop)
        (void)pthread_cond_wait(&readers->changed, &readers->lock);
    struct served_sound *sound = readers->first;
    if (sound == NULL)
        return NULL;
    readers->first = sound->next;
    if (readers->first == NULL)
        readers->last = &readers->first;
    return sound;
}

static bool has_work(const struct served_sound *sound)
{
    return sound->over || (sound->stream != NULL && sound->piece == NULL && sound->at < sound->end);
}

/* ---- reading, on a reader's thread ---- */

static struct stream_text *read_piece(struct served_sound *sound, char *buffer)
{
    size_t wanted = sound->end - sound->at < PIECE_BYTES ? (size_t)(sound->end - sound->at)
                                                         : (size_t)PIECE_BYTES;
    size_t got = 0;
    if (storage_read(sound->object, sound->at, buffer, wanted, &got, &sound->failure) < 0)
        return NULL;
    if (got < wanted) {
        (void)error_set(&sound->failure, ERROR_INTERNAL, "a stored sound has become shorter");
        return NULL;
    }
    sound->at += (int64_t)got;
    metric_add(sound->readers->read_bytes, (int64_t)got);
    return stream_text_create(buffer, got);
}

static struct stream_text *open_and_read(struct served_sound *sound, char *buffer)
{
    struct error *failure = &sound->failure;
    if (storage_open(sound->readers->storage, sound->key, &sound->object, failure) < 0)
        return NULL;
    if (storage_size(sound->object) != sound->whole_bytes) {
        (void)error_set(failure, ERROR_INTERNAL, "a stored sound has %lld bytes instead of %lld",
                        (long long)storage_size(sound->object), (long long)sound->whole_bytes);
        return NULL;
    }
    return read_piece(sound, buffer);
}

static void tell_failure(struct served_sound *sound)
{
    if (sound->failure.kind == ERROR_NONE)
        return;
    metric_add(sound->readers->failures, 1);
    log_warning("recording.unreadable", LOG_TEXT("job", "-"), LOG_TEXT("key", sound->key),
                LOG_PHONE("error", sound->failure.message));
}

/* The sound is not busy any more before the request is woken: from then on it may go any way. */
static void open_first(struct served_sound *sound, char *buffer)
{
    struct request *request = sound->request;
    uint32_t ticket = sound->ticket;
    struct stream_text *piece = open_and_read(sound, buffer);
    tell_failure(sound);
    {
        auto_unlock pthread_mutex_t *held = lock(&sound->readers->lock);
        sound->piece = piece;
        sound->opened = true;
        sound->busy = false;
        if (has_work(sound)) /* the request did not wait for it */
            enqueue(sound);
    }
    request_wake(request, ticket);
    request_unref(request);
}

static void read_on(struct served_sound *sound, char *buffer)
{
    struct stream_text *piece = read_piece(sound, buffer);
    struct stream_text *due = NULL;
    tell_failure(sound);
    if (piece == NULL) {
        stream_end(sound->stream, NULL); /* before its end: the connection is closed */
        sound->end = sound->at;
    }
    {
        auto_unlock pthread_mutex_t *held = lock(&sound->readers->lock);
        if (sound->hungry)
            due = steal(&piece);
        sound->hungry = sound->hungry && due == NULL;
        sound->piece = piece;
    }
    if (due != NULL) {
        (void)stream_send(sound->stream, due);
        stream_text_unref(due);
    }
    auto_unlock pthread_mutex_t *held = lock(&sound->readers->lock);
    sound->busy = false;
    if (has_work(sound))
        enqueue(sound);
}

/* ---- all of them ---- */

static void count_in(struct served_sound *sound)
{
    struct sound_readers *readers = sound->readers;
    sound->next_served = readers->served;
    sound->link = &readers->served;
    if (sound->next_served != NULL)
        sound->next_served->link = &sound->next_served;
    readers->served = sound;
    readers->count++;
}

static void count_out(struct served_sound *sound)
{
    auto_unlock pthread_mutex_t *held = lock(&sound->readers->lock);
    *sound->link = sound->next_served;
    if (sound->next_served != NULL)
        sound->next_served->link = sound->link;
    sound->readers->count--;
}

static unsigned count_of(const struct sound_readers *readers, const char *listener)
{
    unsigned count = 0;
    for (const struct served_sound *sound = readers->served; sound != NULL;
         sound = sound->next_served)
        count += text_equal(sound->listener, listener);
    return count;
}

static void close_sound(struct served_sound *sound)
{
    struct sound_readers *readers = sound->readers;
    storage_close(sound->object);
    stream_text_unref(sound->piece);
    if (sound->stream != NULL)
        stream_unref(sound->stream);
    count_out(sound);
    free(sound->listener);
    free(sound->key);
    free(sound);
    metric_add(readers->serving, -1);
}

static void *read_sounds(void *argument)
{
    struct sound_readers *readers = argument;
    auto_free char *buffer = xrealloc(NULL, PIECE_BYTES);
    for (;;) {
        struct served_sound *sound;
        bool over;
        bool opened;
        {
            auto_unlock pthread_mutex_t *held = lock(&readers->lock);
            sound = dequeue(readers);
            if (sound == NULL)
                return NULL;
            over = sound->over;
            opened = sound->opened;
        }
        if (!opened)
            open_first(sound, buffer);
        else if (over)
            close_sound(sound);
        else
            read_on(sound, buffer);
    }
}

/* ---- the stream's wishes, on request threads ---- */

static void stream_wants(void *context)
{
    struct served_sound *sound = context;
    struct stream_text *piece;
    {
        auto_unlock pthread_mutex_t *held = lock(&sound->readers->lock);
        piece = steal(&sound->piece);
        sound->hungry = piece == NULL;
        if (has_work(sound))
            enqueue(sound);
    }
    if (piece == NULL)
        return;
    (void)stream_send(sound->stream, piece);
    stream_text_unref(piece);
}

static void stream_closed(void *context)
{
    sound_drop(context);
}

/* ---- for handlers ---- */

void sound_drop(struct served_sound *sound)
{
    auto_unlock pthread_mutex_t *held = lock(&sound->readers->lock);
    sound->over = true;
    enqueue(sound);
}

static struct served_sound *sound_create(struct sound_readers *readers,
                                         const struct sound_part *part)
{
    struct served_sound *sound = xcalloc(1, sizeof(*sound));
    sound->readers = readers;
    sound->key = xstrdup(part->key);
    sound->listener = part->listener == NULL ? NULL : xstrdup(part->listener);
    sound->whole_bytes = part->whole_bytes;
    sound->bytes = part->bytes;
    sound->at = part->first;
    sound->end = part->first + part->bytes;
    return sound;
}

/* With the lock held. One who takes little and slowly leaves room for others. */
static int check_room(const struct sound_readers *readers, const char *listener, struct error *err)
{
    if (readers->count >= readers->at_once_max)
        (void)error_set(err, ERROR_UNAVAILABLE, "as many recordings are being played as may be");
    else if (listener != NULL && count_of(readers, listener) >= LIMIT_SOUNDS_EACH)
        (void)error_set(err, ERROR_RATE_LIMITED, "%d recordings are being played to you already",
                        (int)LIMIT_SOUNDS_EACH);
    else
        return 0;
    metric_add(readers->refused, 1);
    return error_retry_after(err, FULL_RETRY_S);
}

int sound_open(struct sound_readers *readers,
               struct request *request,
               const struct sound_part *part,
               handler_fn *reply,
               int64_t deadline_ms,
               struct served_sound **out,
               struct error *err)
{
    struct served_sound *sound = NULL;
    {
        auto_unlock pthread_mutex_t *held = lock(&readers->lock);
        if (check_room(readers, part->listener, err) < 0)
            return -1;
        sound = sound_create(readers, part);
        count_in(sound);
    }
    metric_add(readers->serving, 1);
    *out = sound;
    sound->deadline_ms = deadline_ms;
    sound->ticket = request_await(request, reply, deadline_ms);
    sound->request = request_ref(request);
    request_at_end(request, stream_closed, sound); /* the player may leave before it is opened */
    auto_unlock pthread_mutex_t *held = lock(&readers->lock);
    enqueue(sound);
    return 0;
}

/* UNAVAILABLE if the reader has not come back: then it is on its way still. */
static int check_opened(struct served_sound *sound, struct error *err)
{
    auto_unlock pthread_mutex_t *held = lock(&sound->readers->lock);
    if (!sound->opened)
        return error_set(err, ERROR_UNAVAILABLE, "the sound could not be read in time");
    if (sound->failure.kind != ERROR_NONE)
        return error_set(err, sound->failure.kind, "%s", sound->failure.message);
    return 0;
}

int sound_answer(struct served_sound *sound,
                 struct request *request,
                 struct response *response,
                 int status,
                 const char *content_type,
                 struct error *err)
{
    const struct stream_settings settings = {
        .content_type = content_type,
        .queue_max_bytes = PIECE_BYTES,
        .heartbeat_ms = sound->deadline_ms,
        .status = status,
        .measured = true,
        .length = (uint64_t)sound->bytes,
        .wanted = stream_wants,
        .closed = stream_closed,
        .context = sound,
    };
    struct stream *stream = NULL;
    struct stream_text *piece;
    request_at_end(request, NULL, NULL); /* from here on the stream tells */
    if (check_opened(sound, err) < 0 ||
        stream_open(request, response, &settings, &stream, err) < 0) {
        sound_drop(sound);
        return -1;
    }
    {
        auto_unlock pthread_mutex_t *held = lock(&sound->readers->lock);
        sound->stream = stream;
        piece = steal(&sound->piece);
        if (has_work(sound))
            enqueue(sound);
    }
    (void)stream_send(stream, piece);
    stream_text_unref(piece);
    return 0;
}

/* ---- all of it ---- */

struct sound_readers *sound_readers_create(struct storage *storage,
                                           unsigned threads,
                                           unsigned at_once_max,
                                           struct metrics *metrics)
{
    struct sound_readers *readers =
        xcalloc(1, sizeof(*readers) + threads * sizeof(*readers->threads));
    readers->storage = storage;
    readers->at_once_max = at_once_max;
    readers->last = &readers->first;
    (void)pthread_mutex_init(&readers->lock, NULL);
    (void)pthread_cond_init(&readers->changed, NULL);
    readers->serving = metrics_gauge(metrics, "switchhook_recordings_serving", "",
                                     "Recordings that are being played.");
    readers->read_bytes = metrics_counter(metrics, "switchhook_recordings_read_bytes_total", "",
                                          "Bytes read from the storage to be played.");
    readers->failures = metrics_counter(metrics, "switchhook_recordings_unreadable_total", "",
                                        "Stored recordings that could not be read.");
    readers->refused = metrics_counter(metrics, "switchhook_recordings_serving_refused_total", "",
                                       "Recordings not played because as many were as may be.");
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    for (; readers->thread_count < threads; readers->thread_count++) {
        pthread_t *thread = &readers->threads[readers->thread_count];
        int failed = pthread_create(thread, NULL, read_sounds, readers);
        ASSERT(failed == 0);
        (void)pthread_setname_np(*thread, "sounds");
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return readers;
}

void sound_readers_free(struct sound_readers *readers)
{
    if (readers == NULL)
        return;
    {
        auto_unlock pthread_mutex_t *held = lock(&readers->lock);
        readers->stop = true;
        (void)pthread_cond_broadcast(&readers->changed);
    }
    for (unsigned i = 0; i < readers->thread_count; i++)
        (void)pthread_join(readers->threads[i], NULL);
    ASSERT(readers->count == 0);
    (void)pthread_cond_destroy(&readers->changed);
    (void)pthread_mutex_destroy(&readers->lock);
    free(readers);
}
