/*
 * The store's life: plug an engine in, start the threads, take work, finish what is queued, close.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#include "core/macros.h"
#include "core/xmalloc.h"

enum {
    DEFAULT_READERS = 2,
    MOST_READERS = 64,
    DEFAULT_QUEUE = 8192,
    DEFAULT_GROUP = 512,
    DEFAULT_IDLE_MS = 200,
};

/* ---- is the engine complete? ---- */

struct member {
    const char *name;
    size_t offset;
};

#define MEMBER(name) {#name, offsetof(struct store_backend, name)},
#define ROW_MEMBER(name, parameters) MEMBER(name)
/* clang-format off */
static const struct member members[] = {
    MEMBER(open_writer) MEMBER(open_reader) MEMBER(close_session) MEMBER(destroy) MEMBER(free_bytes)
    MEMBER(begin) MEMBER(commit) MEMBER(wrote) MEMBER(rollback) MEMBER(check)
    MEMBER(unit_begin) MEMBER(unit_keep) MEMBER(unit_drop)
    MEMBER(after_group) MEMBER(idle) MEMBER(touch)
    MEMBER(read_begin) MEMBER(read_end)
    STORE_BACKEND_ROWS(ROW_MEMBER)
};
/* clang-format on */

_Static_assert(sizeof(struct store_backend) ==
                   sizeof(const char *) + ARRAY_LEN(members) * sizeof(void (*)(void)),
               "the table above names every function of the backend");

static int check_gaps(const struct store_backend *backend, struct error *err)
{
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        void (*function)(void);
        memcpy(&function, (const char *)backend + members[i].offset, sizeof function);
        if (!function)
            return error_set(err, ERROR_INTERNAL, "the store engine has no %s", members[i].name);
    }
    return 0;
}

/* ---- opening ---- */

static void close_sessions(struct store *store)
{
    for (unsigned i = 0; i < store->reader_count; i++)
        if (store->readers[i].session)
            store->backend->close_session(store->readers[i].session);
    if (store->writer_session)
        store->backend->close_session(store->writer_session);
}

static int open_sessions(struct store *store, struct error *err)
{
    if (store->backend->open_writer(store->context, &store->writer_session, err) < 0)
        return -1;
    for (unsigned i = 0; i < store->reader_count; i++) {
        store->readers[i].store = store;
        if (store->backend->open_reader(store->context, &store->readers[i].session, err) < 0)
            return -1;
    }
    return 0;
}

static void free_store(struct store *store)
{
    close_sessions(store);
    waiting_release(&store->units);
    waiting_release(&store->reads);
    free(store->readers);
    free(store);
}

static void start_threads(struct store *store)
{
    ASSERT(pthread_create(&store->writer, NULL, writer_main, store) == 0);
    for (unsigned i = 0; i < store->reader_count; i++)
        ASSERT(pthread_create(&store->readers[i].thread, NULL, reader_main, &store->readers[i]) ==
               0);
}

int store_create(const struct store_settings *settings, struct store **out, struct error *err)
{
    if (check_gaps(settings->backend, err) < 0)
        return -1;

    unsigned readers = settings->readers ? settings->readers : DEFAULT_READERS;
    size_t queue_max = settings->queue_max ? settings->queue_max : DEFAULT_QUEUE;
    struct store *store = xcalloc(1, sizeof *store);
    store->backend = settings->backend;
    store->context = settings->context;
    store->reader_count = readers < MOST_READERS ? readers : MOST_READERS;
    store->readers = xcalloc(store->reader_count, sizeof *store->readers);
    store->group_max = settings->group_max ? settings->group_max : DEFAULT_GROUP;
    store->idle_ms = settings->idle_ms ? settings->idle_ms : DEFAULT_IDLE_MS;
    waiting_init(&store->units, queue_max);
    waiting_init(&store->reads, queue_max);
    if (open_sessions(store, err) < 0) {
        free_store(store);
        return -1;
    }
    meters_init(&store->meters, settings->metrics);
    store->units.depth = store->meters.queued;
    store->reads.depth = store->meters.queued_reads;
    start_threads(store);
    *out = store;
    return 0;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    waiting_close(&store->units);
    waiting_close(&store->reads);
    for (unsigned i = 0; i < store->reader_count; i++)
        pthread_join(store->readers[i].thread, NULL);
    pthread_join(store->writer, NULL);

    const struct store_backend *backend = store->backend;
    void *context = store->context;
    free_store(store);
    backend->destroy(context);
}

/* ---- taking work ---- */

int store_submit(struct store *store, struct store_unit *unit, struct error *err)
{
    ASSERT(unit->apply && unit->done);
    return waiting_put(&store->units, &unit->link, "writes", err);
}

int store_submit_read(struct store *store, struct store_read *read, struct error *err)
{
    ASSERT(read->run && read->done);
    return waiting_put(&store->reads, &read->link, "reads", err);
}

int store_free_bytes(struct store *store, int64_t *out, struct error *err)
{
    return store->backend->free_bytes(store->context, out, err);
}

struct store_rx *store_tx_reader(struct store_tx *tx)
{
    return &tx->reader;
}
