/* Lines on standard output. */
#include "teller.h"

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/lock.h"
#include "core/xmalloc.h"

enum { QUEUE_BYTES = 1024 * 1024, GRACE_MS = 500 };

struct teller {
    int fd;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct buf queue;
    unsigned long dropped;
    bool stopping;
};

/* False once nobody will read any more, or a last reader takes too long. */
static bool write_all(const struct teller *teller, const char *data, size_t len, bool in_haste)
{
    while (len > 0) {
        struct pollfd ready = {.fd = teller->fd, .events = POLLOUT};
        if (in_haste && poll(&ready, 1, GRACE_MS) <= 0)
            return false;
        ssize_t written = write(teller->fd, data, len);
        if (written < 0)
            return false;
        data += written;
        len -= (size_t)written;
    }
    return true;
}

static void *teller_run(void *context)
{
    struct teller *teller = context;
    bool stopping = false;
    while (!stopping) {
        auto_free char *text = NULL;
        size_t len = 0;
        {
            auto_unlock pthread_mutex_t *held = lock(&teller->mutex);
            while (teller->queue.len == 0 && !teller->stopping)
                (void)pthread_cond_wait(&teller->changed, &teller->mutex);
            stopping = teller->stopping;
            if (teller->dropped > 0)
                (void)buf_printf(&teller->queue, "(%lu lines were dropped)\n", teller->dropped);
            teller->dropped = 0;
            if (teller->queue.len > 0)
                text = buf_steal(&teller->queue, &len);
        }
        if (!write_all(teller, text, len, stopping))
            break;
    }
    return NULL;
}

struct teller *teller_create(int fd)
{
    struct teller *teller = xcalloc(1, sizeof(*teller));
    teller->fd = fd;
    buf_init(&teller->queue, QUEUE_BYTES);
    (void)pthread_mutex_init(&teller->mutex, NULL);
    (void)pthread_cond_init(&teller->changed, NULL);
    int failed = pthread_create(&teller->thread, NULL, teller_run, teller);
    ASSERT(failed == 0);
    return teller;
}

void teller_tell(struct teller *teller, const char *line)
{
    auto_unlock pthread_mutex_t *held = lock(&teller->mutex);
    if (teller->queue.len + strlen(line) + 128 > QUEUE_BYTES)
        teller->dropped++;
    else
        (void)buf_printf(&teller->queue, "%s\n", line);
    (void)pthread_cond_signal(&teller->changed);
}

void teller_free(struct teller *teller)
{
    if (teller == NULL)
        return;
    {
        auto_unlock pthread_mutex_t *held = lock(&teller->mutex);
        teller->stopping = true;
        (void)pthread_cond_signal(&teller->changed);
    }
    (void)pthread_join(teller->thread, NULL);
    buf_release(&teller->queue);
    (void)pthread_cond_destroy(&teller->changed);
    (void)pthread_mutex_destroy(&teller->mutex);
    free(teller);
}
