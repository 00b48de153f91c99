/*
 * What loopback itself can do for listeners of events: one thread writes an event, socket by socket, to those who read it
 * as tests/bench/listeners.c does. Prints `RESULT` and deliveries per second.
 *
 *   bare_listeners LISTENERS BYTES SECONDS
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include "core/arena.h"
#include "reader.h"

enum { BACKLOG = 8 };

struct writer {
    size_t count;
    int *fds;
    const char *text;
    size_t len;
};

static void *write_all(void *context)
{
    const struct writer *writer = context;
    for (;;)
        for (size_t i = 0; i < writer->count; i++)
            send_all(writer->fds[i], writer->text, writer->len);
    return NULL;
}

/* Both ends of a connection on loopback. */
static void connect_pair(int door, uint16_t port, int *reader, int *other)
{
    *reader = connect_to(port, 0);
    *other = accept4(door, NULL, NULL, SOCK_CLOEXEC);
    if (*other < 0)
        die("cannot accept");
}

static int open_door(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t bytes = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (door < 0 || bind(door, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(door, BACKLOG) < 0 || getsockname(door, (struct sockaddr *)&address, &bytes) < 0)
        die("cannot listen");
    *port = ntohs(address.sin_port);
    return door;
}

/* An event of that many bytes in a chunk of its own. */
static const char *make_text(struct arena *arena, size_t bytes)
{
    static const char start[] = "\ndata: {\"sid\":\"CA00000000000000000000000000000000\"";
    const size_t least = 2 * (size_t)HEAD_BYTES;
    size_t pad = bytes < least ? least : bytes;
    char *event = arena_alloc(arena, pad + 1);
    memset(event, ' ', pad);
    memcpy(event, start, sizeof(start) - 1);
    event[pad] = '\0';
    return arena_printf(arena, "%zx\r\n%s\r\n", pad, event);
}

static void connect_all(struct reader *reader, int *fds)
{
    uint16_t port;
    int door = open_door(&port);
    for (size_t i = 0; i < reader->count; i++) {
        int end;
        connect_pair(door, port, &end, &fds[i]);
        reader->listeners[i].greeted = true;
        reader->listeners[i].head = 4;
        reader_add(reader, i, end);
    }
    (void)close(door);
}

static double read_for(struct reader *reader, double seconds)
{
    int64_t start_us = monotonic_us();
    int64_t until_us = start_us + (int64_t)(seconds * 1e6);
    while (monotonic_us() < until_us)
        reader_take(reader, 5);
    return (double)reader->deliveries / ((double)(monotonic_us() - start_us) / 1e6);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        (void)fprintf(stderr, "usage: bare_listeners LISTENERS BYTES SECONDS\n");
        return 2;
    }
    auto_arena struct arena *arena = arena_create();
    struct reader *reader = xcalloc(1, sizeof(*reader));
    reader_prepare(reader, argv[1]);
    int *fds = xcalloc(reader->count + 1, sizeof(int));
    connect_all(reader, fds);
    struct writer writer = {
        .count = reader->count, .fds = fds, .text = make_text(arena, strtoul(argv[2], NULL, 10))};
    writer.len = strlen(writer.text);
    pthread_t writing;
    if (pthread_create(&writing, NULL, write_all, &writer) != 0)
        die("cannot start a thread");
    printf("RESULT %.1f\n", read_for(reader, strtod(argv[3], NULL)));
    (void)fflush(stdout);
    _exit(0); /* the writer waits for a reader */
}
