/*
 * The readers: each thread has a session of its own and runs one read at a time in one snapshot.
 */
#include "internal.h"

static struct store_read *read_of(struct store_link *link)
{
    return (struct store_read *)(void *)((char *)link - offsetof(struct store_read, link));
}

static int run_read(const struct store_backend *backend,
                    struct store_session *session,
                    struct store_read *read)
{
    struct store_rx rx = {backend, session};

    if (backend->read_begin(session, &read->failure) < 0)
        return -1;
    int result = read->run(&rx, read->work, &read->failure);
    backend->read_end(session);
    if (result == 0)
        error_clear(&read->failure);
    else if (read->failure.kind == ERROR_NONE)
        error_set(&read->failure, ERROR_INTERNAL, "a read failed and did not say why");
    return result;
}

void *reader_main(void *argument)
{
    struct reader_thread *reader = argument;
    struct store *store = reader->store;
    struct store_link *link = NULL;
    size_t count = 0;

    while (waiting_take(&store->reads, 1, 0, &link, &count) == WAITING_SOME) {
        struct store_read *read = read_of(link);
        error_clear(&read->failure);
        int result = run_read(store->backend, reader->session, read);
        struct error failure = read->failure;
        read->done(read->work, &failure);
        meter_add(store->meters.reads, 1);
        meter_add(store->meters.reads_failed, result < 0);
    }
    return NULL;
}
