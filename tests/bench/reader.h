/* Reads streams of events from many sockets and counts what comes: nothing is parsed that need not be. */
#ifndef TESTS_BENCH_READER_H
#define TESTS_BENCH_READER_H

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "core/wall_clock.h"
#include "core/xmalloc.h"

enum {
    LISTENERS_MAX = 10000,
    HEAD_BYTES = 256, /* of an event's data: its CallSid is within, and no event is shorter */
    READ_BYTES = 64 * 1024,
    READY_AT_ONCE = 256,
};

static const char needle[] = "\ndata: ";

struct listener {
    int fd;
    bool greeted;
    int head;    /* how much of the empty line after the head has been seen */
    size_t size; /* of the chunk whose length is being read */
    size_t left; /* of the chunk being read */
    size_t kept; /* bytes that may be the beginning of an event */
    char keep[sizeof(needle) + HEAD_BYTES];
};

struct reader {
    struct listener *listeners;
    size_t count;
    int epoll;
    size_t greeted; /* have had their hello */
    uint64_t deliveries;
    uint64_t bytes;
    /* HEAD_BYTES of an event's data; counted already. Or NULL. */
    void (*on_event)(void *context, const char *data, int64_t now_us);
    void *context;
    char buffer[sizeof(needle) + HEAD_BYTES + READ_BYTES];
};

static inline void die(const char *what)
{
    (void)fprintf(stderr, "%s (errno %d)\n", what, errno);
    exit(1); /* NOLINT(concurrency-mt-unsafe): nothing is cleaned up at the end */
}

static inline int connect_to(uint16_t port, int receive_bytes)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    if (receive_bytes > 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof(receive_bytes));
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        die("cannot connect");
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

static inline void send_all(int fd, const char *text, size_t bytes)
{
    while (bytes > 0) {
        ssize_t sent = send(fd, text, bytes, MSG_NOSIGNAL);
        if (sent <= 0)
            die("cannot send");
        text += sent;
        bytes -= (size_t)sent;
    }
}

/* ---- what comes ---- */

/* The answer's head and the lengths of its chunks are taken out: those may fall into the middle of an event. */
static inline size_t unwrap(struct listener *listener, char *data, size_t len)
{
    static const char head_end[] = "\r\n\r\n";
    size_t out = 0;
    for (size_t at = 0; at < len;) {
        if (listener->left > 0) {
            size_t part = len - at < listener->left ? len - at : listener->left;
            memmove(data + out, data + at, part);
            out += part;
            at += part;
            listener->left -= part;
            continue;
        }
        char c = data[at++];
        if (listener->head < 4) {
            listener->head = c == head_end[listener->head] ? listener->head + 1 : c == '\r';
        } else if (isxdigit((unsigned char)c)) {
            listener->size = listener->size * 16 +
                             (size_t)(isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10);
        } else if (c == '\n') { /* the one after a chunk finds no size */
            listener->left = listener->size;
            listener->size = 0;
        }
    }
    return out;
}

static inline void keep(struct listener *listener, const char *data, size_t len)
{
    memcpy(listener->keep, data, len);
    listener->kept = len;
}

static inline void note_event(struct reader *reader, const char *data, int64_t now_us)
{
    reader->deliveries++;
    if (reader->on_event != NULL)
        reader->on_event(reader->context, data, now_us);
}

static inline void
scan(struct reader *reader, struct listener *listener, size_t len, int64_t now_us)
{
    const size_t needle_len = sizeof(needle) - 1;
    const char *data = reader->buffer;
    const char *end = data + len;
    for (const char *hit; (hit = memmem(data, (size_t)(end - data), needle, needle_len)) != NULL;) {
        if (listener->greeted && end - hit < (ptrdiff_t)(needle_len + HEAD_BYTES)) {
            keep(listener, hit, (size_t)(end - hit));
            return;
        }
        if (listener->greeted)
            note_event(reader, hit + needle_len, now_us);
        else
            reader->greeted++;
        listener->greeted = true;
        data = hit + needle_len;
    }
    size_t rest = (size_t)(end - data) < needle_len - 1 ? (size_t)(end - data) : needle_len - 1;
    keep(listener, end - rest, rest);
}

static inline void take(struct reader *reader, struct listener *listener)
{
    memcpy(reader->buffer, listener->keep, listener->kept);
    ssize_t got = recv(listener->fd, reader->buffer + listener->kept, READ_BYTES, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0)
        die("the server has closed a stream");
    reader->bytes += (uint64_t)got;
    size_t fresh = unwrap(listener, reader->buffer + listener->kept, (size_t)got);
    scan(reader, listener, listener->kept + fresh, monotonic_us());
}

static inline void reader_take(struct reader *reader, int wait_ms)
{
    struct epoll_event ready[READY_AT_ONCE];
    int count = epoll_wait(reader->epoll, ready, READY_AT_ONCE, wait_ms);
    for (int i = 0; i < count; i++)
        take(reader, ready[i].data.ptr);
}

static inline void reader_add(struct reader *reader, size_t index, int fd)
{
    struct listener *listener = &reader->listeners[index];
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = listener}};
    listener->fd = fd;
    if (epoll_ctl(reader->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        die("epoll_ctl");
}

static inline void reader_prepare(struct reader *reader, const char *count)
{
    reader->count = strtoul(count, NULL, 10);
    if (reader->count > LISTENERS_MAX)
        die("so many listeners are not foreseen");
    reader->listeners = xcalloc(reader->count + 1, sizeof(struct listener));
    reader->epoll = epoll_create1(EPOLL_CLOEXEC);
}

#endif
