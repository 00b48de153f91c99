/*
 * The log: one line per event, made by the thread that has something to say, written by a thread of
 * its own.
 *
 *   line  = [ "<" digit ">" ] time " " level " " event *( " " key "=" value ) LF
 *   value = 1*bare | DQUOTE *( printable | "\\" ( DQUOTE | "\\" | "n" | "x" 2HEXDIG ) ) DQUOTE |
 * cut "..."
 *
 * A value that is not made of harmless characters alone is quoted, and all but printable ASCII is
 * escaped, so nothing that a client sends can look like another field or another line. The <digit>
 * is a priority for journald.
 *
 * Lines wait in a ring of bytes. The lock is held for a memcpy; the writer takes what has gathered
 * and gives it to the kernel in one call without the lock.
 */
#include "core/log.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "core/limits.h"
#include "core/lock.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "core/xmalloc.h"

enum {
    QUEUE_DEFAULT_BYTES = 1024 * 1024,
    WRITE_MAX_BYTES =
        64 * 1024, /* what one write takes at most, so that the ring empties bit by bit */
    GATHER_MS = 1, /* how long the writer lets lines gather before it looks again */
    STOP_MAX_MS = 2000,
    LATER_FIELD_BYTES = 64, /* what a long value leaves to each field behind it */
};

/* What the writer is doing, and so what a new line has to do about it. */
enum writer_state {
    WRITER_BUSY,      /* it looks at the ring before it rests: nothing */
    WRITER_GATHERING, /* it looks again within GATHER_MS: wake it only if the ring fills up */
    WRITER_ASLEEP,    /* wake it */
};

/* The ring: bytes `head` to `tail` wait; both only grow, the place of a byte is its number modulo
 * `cap`. */
struct queue {
    char *ring;
    size_t cap;
    uint64_t head;
    uint64_t tail;
    int fd;
    enum writer_state writer;
    bool stopping;
    bool done;      /* the writer has left */
    bool abandoned; /* log_stop has given up waiting: the writer frees the queue if it ever returns
                     */
    uint64_t drops_told;
    pthread_t thread;
    pthread_cond_t wake;     /* for the writer */
    pthread_cond_t finished; /* for log_stop */
};

/* The one process-wide object. `mutex` guards `queue` and all that is in it. */
static struct {
    pthread_mutex_t mutex;
    struct queue *queue;
    _Atomic int threshold;
    _Atomic int fd; /* of lines that are written directly; -1: nobody reads, drop them */
    _Atomic bool show_numbers;
    _Atomic bool journal;
    _Atomic uint64_t drops;
} state = {.mutex = PTHREAD_MUTEX_INITIALIZER, .threshold = LOG_LEVEL_INFO, .fd = STDERR_FILENO};

/* ---- making a line ---- */

/* A line under construction. `end` leaves room for the line feed. */
struct line {
    char *at;
    char *end;
    char bytes[LIMIT_LOG_LINE_BYTES];
};

static const char level_names[][8] = {"debug", "info", "warning", "error"};
static const char level_priorities[][4] = {"<7>", "<6>", "<4>", "<3>"}; /* sd-daemon(3) */

static void put(struct line *line, const char *text, size_t len)
{
    size_t room = (size_t)(line->end - line->at);
    if (len > room)
        len = room;
    memcpy(line->at, text, len);
    line->at += len;
}

static void put_text(struct line *line, const char *text)
{
    put(line, text, strlen(text));
}

/* The date is formatted once a second and thread. */
static void put_time(struct line *line)
{
    enum { SECOND_CHARS = sizeof "2026-11-20T19:22:00" - 1 };
    static _Thread_local struct {
        int64_t second;
        char text[TIME_TEXT_BYTES];
    } cache;

    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (cache.second != now.tv_sec) {
        cache.second = now.tv_sec;
        time_to_rfc3339(cache.second * 1000, cache.text);
    }
    unsigned ms = (unsigned)(now.tv_nsec / 1000000);
    char fraction[] = {'.', (char)('0' + ms / 100), (char)('0' + ms / 10 % 10),
                       (char)('0' + ms % 10), 'Z'};
    put(line, cache.text, SECOND_CHARS);
    put(line, fraction, sizeof fraction);
}

static void put_int(struct line *line, int64_t number)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0)
        digits[--at] = '-';
    put(line, digits + at, sizeof digits - at);
}

static bool is_bare(unsigned char c)
{
    static const char other[] = "_.:/+@,-*";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && memchr(other, c, sizeof other - 1) != NULL);
}

/* How one byte looks inside quotes; returns the length, at most 4. */
static size_t escape(unsigned char c, char out[4])
{
    static const char digits[] = "0123456789abcdef";
    out[0] = '\\';
    if (c == '"' || c == '\\' || c == '\n') {
        out[1] = (char)c;
        if (c == '\n')
            out[1] = 'n';
        return 2;
    }
    if (c < ' ' || c > '~') {
        out[1] = 'x';
        out[2] = digits[c >> 4];
        out[3] = digits[c & 15U];
        return 4;
    }
    out[0] = (char)c;
    return 1;
}

/* Quote until `limit`, which leaves room for the closing quote and the dots. */
static void put_quoted(struct line *line, const char *text, const char *limit)
{
    *line->at++ = '"';
    for (; *text != '\0'; text++) {
        char piece[4];
        size_t len = escape((unsigned char)*text, piece);
        if (len > (size_t)(limit - line->at))
            break;
        memcpy(line->at, piece, len);
        line->at += len;
    }
    *line->at++ = '"';
    if (*text != '\0')
        put_text(line, "...");
}

/* A value of any text, cut so that `reserved` bytes are left for what follows. */
static void put_value(struct line *line, const char *text, size_t reserved)
{
    enum { EDGES = sizeof "\"\"..." - 1 };
    size_t room = (size_t)(line->end - line->at);
    if (room < EDGES) {
        line->at = line->end;
        return;
    }
    size_t share = room - EDGES > reserved ? room - EDGES - reserved : 0;
    char *start = line->at;
    const char *limit = start + share;
    const char *from = text;
    while (line->at < limit && is_bare((unsigned char)*from))
        *line->at++ = *from++;
    if (from != text && *from == '\0')
        return;
    if (is_bare((unsigned char)*from)) { /* only the room ended it, so far */
        put_text(line, "...");
        return;
    }
    line->at = start;
    put_quoted(line, text, limit + 1);
}

static void put_field(struct line *line, const struct log_field *field, size_t reserved)
{
    char masked[LIMIT_LOG_LINE_BYTES];
    put(line, " ", 1);
    put_text(line, field->key);
    put(line, "=", 1);
    switch (field->type) {
    case LOG_FIELD_INT:
        put_int(line, field->number);
        break;
    case LOG_FIELD_SECRET:
        put_text(line, "***");
        break;
    case LOG_FIELD_NUMBER:
        if (!state.show_numbers && field->text != NULL) {
            text_mask_number(masked, sizeof masked, field->text);
            put_value(line, masked, reserved);
            break;
        }
        put_value(line, field->text == NULL ? "" : field->text, reserved);
        break;
    case LOG_FIELD_TEXT:
        put_value(line, field->text == NULL ? "" : field->text, reserved);
        break;
    }
}

/* Returns the length of the line, LF included. */
static size_t line_make(struct line *line,
                        enum log_level level,
                        const char *event,
                        const struct log_field *fields,
                        size_t count)
{
    line->at = line->bytes;
    line->end = line->bytes + sizeof line->bytes - 1;
    if (state.journal)
        put(line, level_priorities[level], 3);
    put_time(line);
    put(line, " ", 1);
    put_text(line, level_names[level]);
    put(line, " ", 1);
    put_text(line, event);
    for (size_t i = 0; i < count; i++)
        put_field(line, &fields[i], (count - i - 1) * LATER_FIELD_BYTES);
    *line->at++ = '\n';
    return (size_t)(line->at - line->bytes);
}

/* ---- the queue ---- */

static size_t waiting(const struct queue *queue)
{
    return (size_t)(queue->tail - queue->head);
}

static void ring_put(struct queue *queue, const char *data, size_t len)
{
    size_t start = queue->tail % queue->cap;
    size_t first = queue->cap - start < len ? queue->cap - start : len;
    memcpy(queue->ring + start, data, first);
    memcpy(queue->ring, data + first, len - first);
    queue->tail += len;
}

/* The bytes that wait, in one or two pieces. */
static int ring_peek(const struct queue *queue, struct iovec pieces[2])
{
    size_t len = waiting(queue);
    if (len > WRITE_MAX_BYTES)
        len = WRITE_MAX_BYTES;
    size_t start = queue->head % queue->cap;
    size_t first = queue->cap - start < len ? queue->cap - start : len;
    pieces[0] = (struct iovec){.iov_base = queue->ring + start, .iov_len = first};
    pieces[1] = (struct iovec){.iov_base = queue->ring, .iov_len = len - first};
    return len > first ? 2 : 1;
}

static void enqueue(struct queue *queue, const char *line, size_t len)
{
    if (len > queue->cap - waiting(queue)) {
        state.drops++;
        return;
    }
    ring_put(queue, line, len);
    bool filling = waiting(queue) > queue->cap / 2;
    if (queue->writer == WRITER_ASLEEP || (queue->writer == WRITER_GATHERING && filling)) {
        queue->writer = WRITER_BUSY; /* one signal is enough */
        (void)pthread_cond_signal(&queue->wake);
    }
}

/* Before log_start and after log_stop. A line that cannot be written is dropped: there is nobody to
 * tell. */
static void write_directly(const char *line, size_t len)
{
    int fd = state.fd;
    if (fd < 0 || write(fd, line, len) < 0)
        state.drops++;
}

void log_write(enum log_level level,
               const char *event,
               const struct log_field *fields,
               size_t count)
{
    struct line line;
    size_t len = line_make(&line, level, event, fields, count);
    auto_unlock pthread_mutex_t *held = lock(&state.mutex);
    if (state.queue != NULL)
        enqueue(state.queue, line.bytes, len);
    else
        write_directly(line.bytes, len);
}

/* ---- the writer ---- */

static struct timespec deadline_in_ms(int64_t ms)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += ms / 1000;
    at.tv_nsec += ms % 1000 * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

/* One call; what it did not take stays. Returns the bytes done with, all of them if the descriptor
 * is broken. */
static size_t write_some(int fd, const struct iovec *pieces, int count, bool *broken)
{
    for (;;) {
        ssize_t written = writev(fd, pieces, count);
        if (written >= 0)
            return (size_t)written;
        if (errno == EAGAIN) { /* stderr may be shared with a program that made it non-blocking */
            struct pollfd ready = {.fd = fd, .events = POLLOUT};
            (void)poll(&ready, 1, -1);
        } else if (errno != EINTR) {
            *broken = true;
            return pieces[0].iov_len + (count > 1 ? pieces[1].iov_len : 0);
        }
    }
}

static uint64_t count_lines(const struct iovec *pieces, int count)
{
    uint64_t lines = 0;
    for (int i = 0; i < count; i++)
        for (size_t at = 0; at < pieces[i].iov_len; at++)
            lines += ((const char *)pieces[i].iov_base)[at] == '\n';
    return lines;
}

/* A gap in the log says so itself, where it is. */
static void tell_drops(struct queue *queue)
{
    uint64_t drops = state.drops;
    if (drops == queue->drops_told)
        return;
    struct line line;
    const struct log_field fields[] = {LOG_INT("lines", drops - queue->drops_told)};
    size_t len = line_make(&line, LOG_LEVEL_WARNING, "log.dropped", fields, ARRAY_LEN(fields));
    if (len > queue->cap - waiting(queue))
        return;
    ring_put(queue, line.bytes, len);
    queue->drops_told = drops;
}

/* With the lock held, which is let go while the kernel writes. */
static void write_waiting(struct queue *queue)
{
    struct iovec pieces[2];
    bool broken = false;
    int count = ring_peek(queue, pieces);
    (void)pthread_mutex_unlock(&state.mutex);
    size_t written = write_some(queue->fd, pieces, count, &broken);
    uint64_t lost = broken ? count_lines(pieces, count) : 0;
    (void)lock(&state.mutex);
    queue->head += written;
    state.drops += lost;
    if (!broken)
        tell_drops(queue);
}

/*
 * With the lock held. After each write the writer first dozes: waking it for every line would cost
 * the threads that log more than the line itself.
 */
static void rest(struct queue *queue)
{
    struct timespec until = deadline_in_ms(GATHER_MS);
    queue->writer = WRITER_GATHERING;
    while (queue->writer == WRITER_GATHERING && !queue->stopping)
        if (pthread_cond_timedwait(&queue->wake, &state.mutex, &until) == ETIMEDOUT)
            break;
    while (waiting(queue) == 0 && !queue->stopping) {
        queue->writer = WRITER_ASLEEP;
        (void)pthread_cond_wait(&queue->wake, &state.mutex);
    }
    queue->writer = WRITER_BUSY;
}

static void queue_free(struct queue *queue)
{
    (void)pthread_cond_destroy(&queue->wake);
    (void)pthread_cond_destroy(&queue->finished);
    free(queue->ring);
    free(queue);
}

static void *writer_run(void *context)
{
    struct queue *queue = context;
    (void)lock(&state.mutex);
    while (!queue->abandoned && !(queue->stopping && waiting(queue) == 0)) {
        if (waiting(queue) > 0)
            write_waiting(queue);
        if (waiting(queue) < WRITE_MAX_BYTES && !queue->stopping)
            rest(queue);
    }
    queue->done = true;
    bool mine = queue->abandoned;
    (void)pthread_cond_signal(&queue->finished);
    (void)pthread_mutex_unlock(&state.mutex);
    if (mine)
        queue_free(queue);
    return NULL;
}

/* ---- starting and stopping ---- */

/* systemd says in JOURNAL_STREAM which descriptor ends in the journal, as device:inode; see
 * systemd.exec(5). */
static bool is_journal(int fd)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment once threads run */
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat file;
    char name[64];
    if (stream == NULL || fstat(fd, &file) < 0)
        return false;
    (void)snprintf(name, sizeof name, "%ju:%ju", (uintmax_t)file.st_dev, (uintmax_t)file.st_ino);
    return strcmp(stream, name) == 0;
}

static void cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;
    int failed = pthread_condattr_init(&attributes);
    failed |= pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    failed |= pthread_cond_init(cond, &attributes);
    ASSERT(failed == 0);
    (void)pthread_condattr_destroy(&attributes);
}

/* Signals are for the other threads; a broken pipe is told by write. */
static void writer_start(struct queue *queue)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&queue->thread, NULL, writer_run, queue);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    ASSERT(failed == 0);
}

void log_start(const struct log_settings *settings)
{
    struct queue *queue = xcalloc(1, sizeof *queue);
    queue->fd = settings->fd == 0 ? STDERR_FILENO : settings->fd;
    queue->cap = settings->queue_bytes == 0 ? QUEUE_DEFAULT_BYTES : settings->queue_bytes;
    queue->ring = xrealloc(NULL, queue->cap);
    cond_init(&queue->wake);
    cond_init(&queue->finished);
    log_set_threshold(settings->threshold);
    state.show_numbers = settings->show_numbers != 0;
    state.journal = is_journal(queue->fd);

    auto_unlock pthread_mutex_t *held = lock(&state.mutex);
    ASSERT(state.queue == NULL);
    queue->drops_told = state.drops;
    state.fd = queue->fd;
    state.queue = queue;
    writer_start(queue);
}

void log_stop(void)
{
    (void)lock(&state.mutex);
    struct queue *queue = steal(&state.queue);
    if (queue == NULL) {
        (void)pthread_mutex_unlock(&state.mutex);
        return;
    }
    struct timespec until = deadline_in_ms(STOP_MAX_MS);
    queue->stopping = true;
    (void)pthread_cond_signal(&queue->wake);
    while (!queue->done)
        if (pthread_cond_timedwait(&queue->finished, &state.mutex, &until) == ETIMEDOUT)
            break;
    bool done = queue->done;
    queue->abandoned = !done;
    if (!done) {
        state.fd = -1; /* a direct write would hang as the writer does */
        (void)pthread_detach(queue->thread);
    }
    (void)pthread_mutex_unlock(&state.mutex);
    if (done) {
        (void)pthread_join(queue->thread, NULL);
        queue_free(queue);
    }
}

enum log_level log_threshold(void)
{
    return (enum log_level)atomic_load_explicit(&state.threshold, memory_order_relaxed);
}

void log_set_threshold(enum log_level level)
{
    atomic_store_explicit(&state.threshold, (int)level, memory_order_relaxed);
}

uint64_t log_drops(void)
{
    return state.drops;
}
