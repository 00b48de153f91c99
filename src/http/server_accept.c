/*
 * The thread that accepts, for all listeners of a server.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/log.h"
#include "core/xmalloc.h"
#include "server_internal.h"
#include "thread.h"

enum {
    ROUND = 64,           /* connections taken from one listener before the next one's turn */
    OUT_OF_FILES_MS = 100 /* no descriptors: wait for connections to close */
};

int acceptor_init(struct acceptor *acceptor, struct error *err)
{
    acceptor->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return acceptor->wake_fd < 0 ? error_errno(err, ERROR_UNAVAILABLE, "eventfd") : 0;
}

void acceptor_release(struct acceptor *acceptor)
{
    (void)close(acceptor->wake_fd);
}

static void ring(struct acceptor *acceptor)
{
    uint64_t one = 1;
    /* It only fails when the counter is full: then the thread is woken anyway. */
    ssize_t written = write(acceptor->wake_fd, &one, sizeof one);
    (void)written;
}

void acceptor_wake(struct acceptor *acceptor)
{
    if (atomic_load(&acceptor->full))
        ring(acceptor);
}

/* Of the workers [first, end), the one with the fewest connections. */
static struct worker *least_loaded(struct http_server *server, unsigned first, unsigned end)
{
    struct worker *best = NULL;
    unsigned least = WORKER_CONNECTIONS_MAX;
    for (unsigned i = first; i < end; i++) {
        unsigned load = atomic_load_explicit(&server->workers[i].assigned, memory_order_relaxed);
        if (load < least) {
            least = load;
            best = &server->workers[i];
        }
    }
    return best;
}

/*
 * Handlers never wait, so as many workers as there are processors can do all the work; more of them awake means more
 * switching between them (64 connections on two processors: 14 us of CPU for a request on 16 workers, 9 on two). The
 * next ones are only used when these are full.
 */
static struct worker *choose_worker(struct http_server *server)
{
    struct worker *worker = NULL;
    unsigned count = server->worker_count;
    for (unsigned first = 0; worker == NULL && first < count; first += server->processors) {
        unsigned end = count - first < server->processors ? count : first + server->processors;
        worker = least_loaded(server, first, end);
    }
    ASSERT(worker != NULL); /* has_room said so */
    return worker;
}

static bool has_room(const struct http_server *server)
{
    return atomic_load(&server->connections) < server->settings.connections_max;
}

static void give_to_worker(struct http_server *server,
                           int fd,
                           const struct sockaddr_storage *address,
                           socklen_t address_len)
{
    struct worker *worker = choose_worker(server);
    atomic_fetch_add(&worker->assigned, 1);
    atomic_fetch_add(&server->connections, 1);
    if (MHD_add_connection(worker->daemon, fd, (const struct sockaddr *)address, address_len) ==
        MHD_YES)
        return;
    /* The library has closed the descriptor. */
    atomic_fetch_sub(&worker->assigned, 1);
    atomic_fetch_sub(&server->connections, 1);
    log_warning("http.refused", LOG_TEXT("server", server->settings.name));
}

/* @return 1 if one was taken, 0 if none waits, -1 if there are no descriptors left */
static int accept_one(struct http_server *server, int listen_fd)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof address;
    int fd = accept4(listen_fd, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        give_to_worker(server, fd, &address, len);
        return 1;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
        return -1;
    return errno == EINTR || errno == ECONNABORTED ? 1 : 0;
}

static int accept_round(struct http_server *server, int listen_fd)
{
    int result = 1;
    for (int i = 0; i < ROUND && result > 0 && has_room(server); i++)
        result = accept_one(server, listen_fd);
    return result;
}

static void drain_wake_fd(const struct acceptor *acceptor)
{
    uint64_t count;
    ssize_t got = read(acceptor->wake_fd, &count, sizeof count);
    (void)got;
}

/* Wait for something to do. @return how many of `polled`, all of them listeners but the last, were
 * looked at */
static size_t wait_for_work(struct http_server *server, struct pollfd *polled, bool out_of_files)
{
    struct acceptor *acceptor = &server->acceptor;
    size_t count = server->listeners.count;
    bool listen = !out_of_files;
    if (!has_room(server)) {
        atomic_store(&acceptor->full, true);
        listen = listen && has_room(server); /* one may have closed before we said so */
    }
    size_t first = listen ? 0 : count;
    for (size_t i = 0; i <= count; i++)
        polled[i].revents = 0;
    (void)poll(&polled[first], (nfds_t)(count + 1 - first), out_of_files ? OUT_OF_FILES_MS : -1);
    atomic_store(&acceptor->full, false);
    if (polled[count].revents != 0)
        drain_wake_fd(acceptor);
    return listen ? count : 0;
}

static void *run(void *argument)
{
    struct http_server *server = argument;
    const struct listeners *listeners = &server->listeners;
    auto_free struct pollfd *polled = xcalloc(listeners->count + 1, sizeof *polled);
    for (size_t i = 0; i < listeners->count; i++)
        polled[i] = (struct pollfd){.fd = listeners->items[i].fd, .events = POLLIN};
    polled[listeners->count] = (struct pollfd){.fd = server->acceptor.wake_fd, .events = POLLIN};

    bool out_of_files = false;
    while (!atomic_load(&server->acceptor.stop)) {
        size_t count = wait_for_work(server, polled, out_of_files);
        out_of_files = false;
        for (size_t i = 0; i < count; i++)
            if (polled[i].revents != 0 && accept_round(server, polled[i].fd) < 0)
                out_of_files = true;
        if (out_of_files)
            log_error("http.out_of_files", LOG_TEXT("server", server->settings.name));
    }
    return NULL;
}

void acceptor_start(struct http_server *server)
{
    thread_start(&server->acceptor.thread, "http-accept", run, server);
    server->acceptor.started = true;
}

void acceptor_stop(struct http_server *server)
{
    struct acceptor *acceptor = &server->acceptor;
    if (!acceptor->started)
        return;
    atomic_store(&acceptor->stop, true);
    ring(acceptor);
    (void)pthread_join(acceptor->thread, NULL);
    acceptor->started = false;
    for (size_t i = 0; i < server->listeners.count; i++) {
        const struct listener *listener = &server->listeners.items[i];
        while (!listener->inherited && has_room(server) && accept_one(server, listener->fd) > 0)
            ;
    }
}
