/*
 * A chunk is the unit: while writing, one is collected; while reading, the one that was opened last is kept.
 *
 * An object is opened with its header and its last chunk, because only that chunk proves how long it is.
 */
#include "storage/sealed.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "core/lock.h"
#include "core/xmalloc.h"
#include "crypto/compare.h"
#include "storage/backend.h"

/* A ring of keys lives as long as somebody opens or writes with it. */
struct ring {
    unsigned references; /* guarded by the lock of `struct sealed` */
    struct seal_keys *keys;
    enum sealed_plain plain;
};

struct sealed {
    struct storage *inner;
    pthread_mutex_t mutex;
    struct ring *ring; /* the newest; never NULL */
};

static struct ring *ring_create(struct seal_keys *keys, enum sealed_plain plain)
{
    struct ring *ring = xcalloc(1, sizeof *ring);
    *ring = (struct ring){.references = 1, .keys = keys, .plain = plain};
    return ring;
}

static struct ring *ring_take(struct sealed *sealed)
{
    auto_unlock pthread_mutex_t *held = lock(&sealed->mutex);
    sealed->ring->references++;
    return sealed->ring;
}

static void ring_give_back(struct sealed *sealed, struct ring *ring)
{
    {
        auto_unlock pthread_mutex_t *held = lock(&sealed->mutex);
        if (--ring->references > 0)
            return;
    }
    seal_keys_free(ring->keys);
    free(ring);
}

/* ---- writing ------------------------------------------------------------------------------------------------- */

struct writer {
    struct storage_writer *inner;
    struct seal *seal; /* NULL: passed on as it is */
    uint64_t index;    /* of the chunk that is being collected */
    size_t collected;
    unsigned char plain[SEAL_CHUNK_BYTES];
    unsigned char sealed[SEAL_SEALED_CHUNK_BYTES];
};

static void writer_free(struct writer *writer)
{
    seal_free(writer->seal);
    secret_wipe(writer->plain, sizeof writer->plain);
    free(writer);
}

static int begin_sealed(struct sealed *sealed,
                        const struct seal_keys *keys,
                        const struct storage_object *object,
                        struct writer *writer,
                        struct error *err)
{
    unsigned char header[SEAL_HEADER_BYTES];
    const bool known = object->expected_bytes > 0 && object->expected_bytes <= SEAL_PLAIN_BYTES_MAX;
    const struct storage_object outer = {
        .key = object->key,
        .content_type = "application/octet-stream",
        .expected_bytes = known ? seal_sealed_bytes(object->expected_bytes) : 0,
    };
    if (storage_begin(sealed->inner, &outer, &writer->inner, err) < 0)
        return -1;
    writer->seal = seal_begin(keys, object->key, header);
    if (storage_write(writer->inner, header, sizeof header, err) == 0)
        return 0;
    storage_abort(writer->inner);
    return -1;
}

static int
sealed_begin(void *context, const struct storage_object *object, void **out, struct error *err)
{
    struct sealed *sealed = context;
    struct writer *writer = xcalloc(1, sizeof *writer);
    struct ring *ring = ring_take(sealed);
    const int begun = ring->keys == NULL ? storage_begin(sealed->inner, object, &writer->inner, err)
                                         : begin_sealed(sealed, ring->keys, object, writer, err);
    ring_give_back(sealed, ring);
    if (begun < 0) {
        writer_free(writer);
        return -1;
    }
    *out = writer;
    return 0;
}

static int flush(struct writer *writer, enum seal_place place, struct error *err)
{
    seal_chunk(writer->seal, writer->index, place, writer->plain, writer->collected,
               writer->sealed);
    const size_t bytes = writer->collected + SEAL_TAG_BYTES;
    writer->index++;
    writer->collected = 0;
    return storage_write(writer->inner, writer->sealed, bytes, err);
}

/* A full chunk is sealed when more follows: whether it is the last one is sealed with it. */
static int sealed_write(void *state, const void *data, size_t len, struct error *err)
{
    struct writer *writer = state;
    const unsigned char *at = data;
    if (writer->seal == NULL)
        return storage_write(writer->inner, data, len, err);
    while (len > 0) {
        if (writer->collected == SEAL_CHUNK_BYTES && flush(writer, SEAL_MORE_FOLLOWS, err) < 0)
            return -1;
        size_t piece = SEAL_CHUNK_BYTES - writer->collected;
        if (piece > len)
            piece = len;
        memcpy(writer->plain + writer->collected, at, piece);
        writer->collected += piece;
        at += piece;
        len -= piece;
    }
    return 0;
}

static int sealed_commit(void *state, struct error *err)
{
    struct writer *writer = state;
    int done = 0;
    if (writer->seal != NULL && flush(writer, SEAL_LAST, err) < 0) {
        storage_abort(writer->inner);
        done = -1;
    } else {
        done = storage_commit(writer->inner, err);
    }
    writer_free(writer);
    return done;
}

static void sealed_abort(void *state)
{
    struct writer *writer = state;
    storage_abort(writer->inner);
    writer_free(writer);
}

/* ---- reading ------------------------------------------------------------------------------------------------- */

struct reader {
    struct storage_reader *inner;
    struct seal *seal; /* NULL: it is not sealed */
    int64_t plain_bytes;
    bool has_chunk;
    uint64_t index; /* of the chunk in `plain` */
    unsigned char plain[SEAL_CHUNK_BYTES];
    unsigned char sealed[SEAL_SEALED_CHUNK_BYTES];
};

static void sealed_close(void *state)
{
    struct reader *reader = state;
    storage_close(reader->inner);
    seal_free(reader->seal);
    secret_wipe(reader->plain, sizeof reader->plain);
    free(reader);
}

/* All of a range that must be there. */
static int
read_inner(struct reader *reader, int64_t offset, void *out, size_t bytes, struct error *err)
{
    size_t got = 0;
    if (storage_read(reader->inner, offset, out, bytes, &got, err) < 0)
        return -1;
    return got == bytes
               ? 0
               : error_set(err, ERROR_INTERNAL, "the sealed object is shorter than it was");
}

static int load_chunk(struct reader *reader, uint64_t index, struct error *err)
{
    struct seal_chunk_place at;
    struct error problem = {0};
    if (reader->has_chunk && reader->index == index)
        return 0;
    reader->has_chunk = false;
    ASSERT(seal_chunk_at(reader->plain_bytes, index, &at));
    if (read_inner(reader, at.offset, reader->sealed, at.bytes, err) < 0)
        return -1;
    if (seal_open_chunk(reader->seal, index, at.place, reader->sealed, at.bytes, reader->plain,
                        &problem) < 0)
        return error_set(err, ERROR_INTERNAL, "%s", problem.message);
    reader->index = index;
    reader->has_chunk = true;
    return 0;
}

/* A missing key can be given again, so that is no fault of the object; everything else is. */
static int open_seal(struct reader *reader,
                     const struct seal_keys *keys,
                     const char *key,
                     const unsigned char header[SEAL_HEADER_BYTES],
                     struct error *err)
{
    struct error problem = {0};
    char id[SEAL_KEY_ID_TEXT_BYTES];
    seal_header_key_id(header, id);
    if (keys == NULL)
        return error_set(err, ERROR_UNAVAILABLE,
                         "%s is sealed with key %s, and SWITCHHOOK_STORAGE_KEYS is not set", key,
                         id);
    reader->seal = seal_open(keys, key, header, &problem);
    if (reader->seal == NULL && problem.kind == ERROR_NOT_FOUND)
        return error_set(err, ERROR_UNAVAILABLE, "%s is %s: see SWITCHHOOK_STORAGE_KEYS", key,
                         problem.message);
    if (reader->seal == NULL)
        return error_set(err, ERROR_INTERNAL, "%s: %s", key, problem.message);
    if (!seal_plain_bytes(storage_size(reader->inner), &reader->plain_bytes))
        return error_set(err, ERROR_INTERNAL,
                         "%s: the sealed object is damaged: no such object has %lld bytes", key,
                         (long long)storage_size(reader->inner));
    return load_chunk(
        reader,
        (uint64_t)(reader->plain_bytes == 0 ? 0 : (reader->plain_bytes - 1) / SEAL_CHUNK_BYTES),
        err);
}

static int
open_plain(struct reader *reader, const struct ring *ring, const char *key, struct error *err)
{
    reader->plain_bytes = storage_size(reader->inner);
    if (ring->keys == NULL || ring->plain == SEALED_PLAIN_READ)
        return 0;
    return error_set(err, ERROR_UNAVAILABLE,
                     "%s is not encrypted, and SWITCHHOOK_STORAGE_UNSEALED does not allow that",
                     key);
}

static int look(struct reader *reader, const struct ring *ring, const char *key, struct error *err)
{
    unsigned char header[SEAL_HEADER_BYTES] = {0};
    size_t got = 0;
    if (storage_read(reader->inner, 0, header, sizeof header, &got, err) < 0)
        return -1;
    return got == sizeof header && seal_is_sealed(header)
               ? open_seal(reader, ring->keys, key, header, err)
               : open_plain(reader, ring, key, err);
}

static int sealed_open(void *context, const char *key, void **out, int64_t *size, struct error *err)
{
    struct sealed *sealed = context;
    struct reader *reader = xcalloc(1, sizeof *reader);
    struct ring *ring = ring_take(sealed);
    int opened = storage_open(sealed->inner, key, &reader->inner, err);
    if (opened == 0)
        opened = look(reader, ring, key, err);
    ring_give_back(sealed, ring);
    if (opened < 0) {
        sealed_close(reader);
        return -1;
    }
    *out = reader;
    *size = reader->plain_bytes;
    return 0;
}

static int sealed_read(void *state, int64_t offset, void *buffer, size_t len, struct error *err)
{
    struct reader *reader = state;
    unsigned char *at = buffer;
    if (reader->seal == NULL)
        return read_inner(reader, offset, buffer, len, err);
    while (len > 0) {
        const size_t start = (size_t)(offset % SEAL_CHUNK_BYTES);
        size_t piece = SEAL_CHUNK_BYTES - start;
        if (piece > len)
            piece = len;
        if (load_chunk(reader, (uint64_t)(offset / SEAL_CHUNK_BYTES), err) < 0)
            return -1;
        memcpy(at, reader->plain + start, piece);
        at += piece;
        offset += (int64_t)piece;
        len -= piece;
    }
    return 0;
}

/* ---- the rest ------------------------------------------------------------------------------------------------ */

static int sealed_remove(void *context, const char *key, struct error *err)
{
    const struct sealed *sealed = context;
    return storage_remove(sealed->inner, key, err);
}

static int sealed_free_bytes(void *context, int64_t *out, struct error *err)
{
    const struct sealed *sealed = context;
    return storage_free_bytes(sealed->inner, out, err);
}

static int sealed_sweep(void *context, int64_t *removed, struct error *err)
{
    const struct sealed *sealed = context;
    return storage_sweep(sealed->inner, removed, err);
}

static void sealed_destroy(void *context)
{
    struct sealed *sealed = context;
    storage_free(sealed->inner);
    ring_give_back(sealed, sealed->ring);
    (void)pthread_mutex_destroy(&sealed->mutex);
    free(sealed);
}

static const struct storage_backend backend = {
    .name = "sealed",
    .begin = sealed_begin,
    .write = sealed_write,
    .commit = sealed_commit,
    .abort = sealed_abort,
    .open = sealed_open,
    .read = sealed_read,
    .close = sealed_close,
    .remove = sealed_remove,
    .free_bytes = sealed_free_bytes,
    .sweep = sealed_sweep,
    .destroy = sealed_destroy,
};

struct sealed *sealed_create(struct storage *inner, struct seal_keys *keys, enum sealed_plain plain)
{
    struct sealed *sealed = xcalloc(1, sizeof *sealed);
    *sealed = (struct sealed){
        .inner = inner, .mutex = PTHREAD_MUTEX_INITIALIZER, .ring = ring_create(keys, plain)};
    return sealed;
}

struct storage *sealed_storage(struct sealed *sealed)
{
    return storage_create(&backend, sealed);
}

void sealed_use(struct sealed *sealed, struct seal_keys *keys, enum sealed_plain plain)
{
    struct ring *former = NULL;
    struct ring *newest = ring_create(keys, plain);
    {
        auto_unlock pthread_mutex_t *held = lock(&sealed->mutex);
        former = sealed->ring;
        sealed->ring = newest;
    }
    ring_give_back(sealed, former);
}
