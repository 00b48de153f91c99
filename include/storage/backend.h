/*
 * What a backend brings to be a storage: a struct of functions, each of which does what the door function of its name
 * promises (storage.h). Only backends and tests include this. tests/contract/storage_contract.h is what each has to pass.
 *
 * The door checks keys before a backend sees them. A backend may be built over another storage (encryption): then it keeps
 * that one in its context.
 */
#ifndef STORAGE_BACKEND_H
#define STORAGE_BACKEND_H

#include "storage/storage.h"

/* `context` is the one given to storage_create; `writer` and `reader` are what begin and open made. */
struct storage_backend {
    const char *name;
    int (*begin)(void *context,
                 const struct storage_object *object,
                 void **writer,
                 struct error *err);
    int (*write)(void *writer, const void *data, size_t len, struct error *err);
    int (*commit)(void *writer, struct error *err); /**< frees the writer, also after -1 */
    void (*abort)(void *writer);                    /**< frees the writer */
    int (*open)(void *context, const char *key, void **reader, int64_t *size, struct error *err);
    /** Within the object: offset + len is at most its size, len is not 0. All of it, or -1. */
    int (*read)(void *reader, int64_t offset, void *buffer, size_t len, struct error *err);
    void (*close)(void *reader);
    int (*remove)(void *context, const char *key, struct error *err);
    int (*free_bytes)(void *context, int64_t *out, struct error *err);
    int (*sweep)(void *context, int64_t *removed, struct error *err);
    void (*destroy)(void *context);
};

/** Never NULL. Gaps in the backend end the process. `context` is the storage's from now on. */
struct storage *storage_create(const struct storage_backend *backend, void *context);

#endif
