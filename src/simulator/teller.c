/* Lines on standard output. */
#include "teller.h"

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/lock.h"
#include "core/xmalloc.h"

enum { QUEUE_BYTES = 1024 * 1024, PATIENCE_MS = 200 };

struct teller {
    int fd;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct buf queue;
    unsigned long dropped;
    bool stopping;
};

static bool is_stopping(struct teller *teller)
{
    auto_unlock pthread_mutex_t *held = lock(&teller->mutex);
    return teller->stopping;
}

/*
 * A pipe that can be written to takes PIPE_BUF bytes without blocking, so a reader who stopped
 * reading holds nobody up at the end. False: what is left is given up.
 */
static bool write_all(struct teller *teller, const char *data, size_t len)
{
    while (len > 0) {
        struct pollfd ready = {.fd = teller->fd, .events = POLLOUT};
        bool in_haste = is_stopping(teller);
        int count = poll(&ready, 1, PATIENCE_MS);
        if (count < 0 || (count == 0 && in_haste))
            return false;
        if (count == 0)
            continue;
        ssize_t written = write(teller->fd, data, len < PIPE_BUF ? len : PIPE_BUF);
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
        if (!write_all(teller, text, len))
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
