/*
 * A service manager for one service, as far as services notice: it opens the listening socket and hands it over
 * (LISTEN_FDS), listens to what the service says of itself (NOTIFY_SOCKET), passes signals on, and starts it again on the
 * same socket.
 *
 *     tiny_systemd PORT NOTIFY_PATH PROGRAM ARGUMENT...
 *
 * SIGTERM, SIGINT and SIGHUP go to the service; SIGUSR1 is a restart: SIGTERM, and a new one when it has ended. Ends as
 * the service ends; killed, it takes the service along. Standard output says `notify TEXT` for each message and
 * `restarted` when a new one was started.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/macros.h"
#include "core/text.h"

enum { FIRST_FD = 3, BACKLOG = 1024, FAILED = 70 };

struct manager {
    int listen_fd;
    int notify_fd;
    int signal_fd;
    sigset_t before; /* the signal mask that services get */
    const char *notify_path;
    char **service;
    pid_t pid;
    bool restarting;
};

static void must(bool good, const char *what)
{
    if (good)
        return;
    perror(what);
    _exit(FAILED);
}

static void say(const char *what, const char *text)
{
    (void)printf("%s%s\n", what, text);
    (void)fflush(stdout);
}

static int open_listener(const char *text)
{
    int64_t port = 0;
    must(text_to_int64(text, 1, 65535, &port), "port");
    static const int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    must(bind(fd, (const struct sockaddr *)&address, sizeof address) == 0, "bind");
    must(listen(fd, BACKLOG) == 0, "listen");
    return fd;
}

static int open_ear(const char *path)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    must(text_copy(address.sun_path, sizeof address.sun_path, path), "path");
    must(bind(fd, (const struct sockaddr *)&address, sizeof address) == 0, path);
    return fd;
}

static int catch_signals(sigset_t *before)
{
    sigset_t signals;
    sigemptyset(&signals);
    static const int caught[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD};
    for (size_t i = 0; i < ARRAY_LEN(caught); i++)
        sigaddset(&signals, caught[i]);
    must(pthread_sigmask(SIG_BLOCK, &signals, before) == 0, "signals");
    return signalfd(-1, &signals, SFD_CLOEXEC);
}

static void start_service(struct manager *manager)
{
    manager->pid = fork();
    must(manager->pid >= 0, "fork");
    if (manager->pid > 0)
        return;
    char pid[16];
    (void)snprintf(pid, sizeof pid, "%d", (int)getpid());
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)pthread_sigmask(SIG_SETMASK, &manager->before, NULL);
    /* NOLINTBEGIN(concurrency-mt-unsafe): one thread */
    must(setenv("LISTEN_PID", pid, 1) == 0 && setenv("LISTEN_FDS", "1", 1) == 0 &&
             setenv("NOTIFY_SOCKET", manager->notify_path, 1) == 0,
         "setenv");
    /* NOLINTEND(concurrency-mt-unsafe) */
    /* A copy without close-on-exec, in the place where services look. */
    int copy = dup(manager->listen_fd);
    must(copy >= 0 && dup2(copy, FIRST_FD) == FIRST_FD, "dup2");
    if (copy != FIRST_FD)
        (void)close(copy);
    (void)execv(manager->service[0], manager->service);
    must(false, manager->service[0]);
}

static void hear(const struct manager *manager)
{
    char text[512];
    ssize_t len = recv(manager->notify_fd, text, sizeof text - 1, 0);
    if (len < 0)
        return;
    text[len] = '\0';
    say("notify ", text);
}

/* What it said last is heard before its end is told. */
static void hear_the_rest(const struct manager *manager)
{
    struct pollfd ear = {.fd = manager->notify_fd, .events = POLLIN};
    while (poll(&ear, 1, 0) > 0)
        hear(manager);
}

/* @return the exit status when all is over, else -1 */
static int bury(struct manager *manager)
{
    int status = 0;
    if (waitpid(manager->pid, &status, WNOHANG) != manager->pid)
        return -1;
    hear_the_rest(manager);
    if (!manager->restarting || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return WIFEXITED(status) ? WEXITSTATUS(status) : FAILED;
    manager->restarting = false;
    start_service(manager);
    say("restarted", "");
    return -1;
}

static int take_signal(struct manager *manager)
{
    struct signalfd_siginfo info;
    if (read(manager->signal_fd, &info, sizeof info) != (ssize_t)sizeof info)
        return -1;
    int number = (int)info.ssi_signo;
    if (number == SIGCHLD)
        return bury(manager);
    manager->restarting = number == SIGUSR1;
    (void)kill(manager->pid, number == SIGUSR1 ? SIGTERM : number);
    return -1;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        (void)fputs("usage: tiny_systemd PORT NOTIFY_PATH PROGRAM ARGUMENT...\n", stderr);
        return FAILED;
    }
    struct manager manager = {.notify_path = argv[2], .service = argv + 3};
    manager.signal_fd = catch_signals(&manager.before);
    manager.listen_fd = open_listener(argv[1]);
    manager.notify_fd = open_ear(argv[2]);
    start_service(&manager);
    struct pollfd polled[] = {
        {.fd = manager.notify_fd, .events = POLLIN},
        {.fd = manager.signal_fd, .events = POLLIN},
    };
    for (int status = -1;;) {
        if (poll(polled, ARRAY_LEN(polled), -1) < 0 && errno != EINTR)
            return FAILED;
        if (polled[0].revents != 0)
            hear(&manager);
        if (polled[1].revents != 0)
            status = take_signal(&manager);
        if (status >= 0)
            return status;
    }
}
