/*
 * The door: keys are checked, ranges cut, the rest is the backend's.
 */
#include "storage/storage.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "core/xmalloc.h"
#include "storage/backend.h"

struct storage {
    const struct storage_backend *backend;
    void *context;
};

struct storage_writer {
    const struct storage_backend *backend;
    void *state;
};

struct storage_reader {
    const struct storage_backend *backend;
    void *state;
    int64_t size;
};

struct storage *storage_create(const struct storage_backend *backend, void *context)
{
    ASSERT(backend->name && backend->begin && backend->write && backend->commit && backend->abort);
    ASSERT(backend->open && backend->read && backend->close && backend->remove);
    ASSERT(backend->free_bytes && backend->sweep && backend->destroy);
    struct storage *storage = xcalloc(1, sizeof *storage);
    *storage = (struct storage){backend, context};
    return storage;
}

void storage_free(struct storage *storage)
{
    if (storage == NULL)
        return;
    storage->backend->destroy(storage->context);
    free(storage);
}

const char *storage_name(const struct storage *storage)
{
    return storage->backend->name;
}

/* ---- keys ---- */

static bool is_segment(const char *text, size_t len)
{
    static const char legal[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    return len > 0 && text[0] != '.' && strspn(text, legal) >= len;
}

int storage_check_key(const char *key, struct error *err)
{
    size_t len = key == NULL ? 0 : strlen(key);
    bool good = len > 0 && len <= LIMIT_STORAGE_KEY_BYTES;
    const char *rest = key;
    while (good && rest != NULL) {
        const char *end = strchr(rest, '/');
        good = is_segment(rest, end == NULL ? strlen(rest) : (size_t)(end - rest));
        rest = end == NULL ? NULL : end + 1;
    }
    return good ? 0
                : error_field(err, "key",
                              "must be 1 to %d letters, digits, _, - and . in segments with / "
                              "between, none of which begins with a dot",
                              (int)LIMIT_STORAGE_KEY_BYTES);
}

/* ---- writing ---- */

int storage_begin(struct storage *storage,
                  const struct storage_object *object,
                  struct storage_writer **out,
                  struct error *err)
{
    void *state = NULL;
    if (storage_check_key(object->key, err) < 0 ||
        storage->backend->begin(storage->context, object, &state, err) < 0)
        return -1;
    *out = xcalloc(1, sizeof **out);
    **out = (struct storage_writer){storage->backend, state};
    return 0;
}

int storage_write(struct storage_writer *writer, const void *data, size_t len, struct error *err)
{
    return len == 0 ? 0 : writer->backend->write(writer->state, data, len, err);
}

int storage_commit(struct storage_writer *writer, struct error *err)
{
    int result = writer->backend->commit(writer->state, err);
    free(writer);
    return result;
}

void storage_abort(struct storage_writer *writer)
{
    if (writer == NULL)
        return;
    writer->backend->abort(writer->state);
    free(writer);
}

/* ---- reading ---- */

int storage_open(struct storage *storage,
                 const char *key,
                 struct storage_reader **out,
                 struct error *err)
{
    void *state = NULL;
    int64_t size = 0;
    if (storage_check_key(key, err) < 0 ||
        storage->backend->open(storage->context, key, &state, &size, err) < 0)
        return -1;
    *out = xcalloc(1, sizeof **out);
    **out = (struct storage_reader){storage->backend, state, size};
    return 0;
}

int64_t storage_size(const struct storage_reader *reader)
{
    return reader->size;
}

int storage_read(struct storage_reader *reader,
                 int64_t offset,
                 void *buffer,
                 size_t len,
                 size_t *got,
                 struct error *err)
{
    ASSERT(offset >= 0);
    int64_t left = offset < reader->size ? reader->size - offset : 0;
    size_t wanted = (uint64_t)left < len ? (size_t)left : len;
    if (wanted > 0 && reader->backend->read(reader->state, offset, buffer, wanted, err) < 0)
        return -1;
    *got = wanted;
    return 0;
}

void storage_close(struct storage_reader *reader)
{
    if (reader == NULL)
        return;
    reader->backend->close(reader->state);
    free(reader);
}

/* ---- the rest ---- */

int storage_remove(struct storage *storage, const char *key, struct error *err)
{
    return storage_check_key(key, err) < 0 ? -1
                                           : storage->backend->remove(storage->context, key, err);
}

int storage_free_bytes(struct storage *storage, int64_t *out, struct error *err)
{
    return storage->backend->free_bytes(storage->context, out, err);
}

int storage_sweep(struct storage *storage, int64_t *removed, struct error *err)
{
    *removed = 0;
    return storage->backend->sweep(storage->context, removed, err);
}
