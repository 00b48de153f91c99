/*
 * How long a program takes from being started to being ready, in milliseconds: until it says
 * READY=1 to the service manager, or with `exit`, until it has ended well. It is then ended, and
 * the best of several starts is printed.
 *
 *   start_time ready|exit TIMES PROGRAM [ARGUMENT...]
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 20 * 1000, MESSAGE_BYTES = 4096 };

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* A datagram socket in the abstract name space, told to children as the service manager would. -1
 * on failure. */
static int listen_for_ready(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int length = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "switchhook-start-%d",
                          (int)getpid());
    char name[sizeof address.sun_path + 1];
    (void)snprintf(name, sizeof name, "@%s", address.sun_path + 1);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, bytes) < 0 ||
        setenv("NOTIFY_SOCKET", name, 1) < 0)
        return -1;
    return fd;
}

static bool wait_for_ready(int fd)
{
    char message[MESSAGE_BYTES];
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    while (poll(&waiting, 1, PATIENCE_MS) == 1) {
        ssize_t got = recv(fd, message, sizeof message - 1, 0);
        if (got < 0)
            return false;
        message[got] = '\0';
        if (strstr(message, "READY=1") != NULL)
            return true;
    }
    return false;
}

static bool ended_well(pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return false;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* One start; negative if it failed. */
static double measure(int fd, char **program)
{
    double start_ms = now_ms();
    pid_t child = fork();
    if (child < 0)
        return -1;
    if (child == 0) {
        if (freopen("/dev/null", "w", stdout) == NULL)
            _exit(127);
        execvp(program[0], program);
        _exit(127);
    }
    if (fd < 0)
        return ended_well(child) ? now_ms() - start_ms : -1;
    bool ready = wait_for_ready(fd);
    double took_ms = now_ms() - start_ms;
    kill(child, SIGTERM);
    return ended_well(child) && ready ? took_ms : -1;
}

int main(int argc, char **argv)
{
    long times = argc >= 4 ? strtol(argv[2], NULL, 10) : 0;
    bool until_ready = argc >= 4 && strcmp(argv[1], "ready") == 0;
    if (times <= 0 || times > 1000 || (!until_ready && strcmp(argv[1], "exit") != 0)) {
        (void)fprintf(stderr, "usage: start_time ready|exit TIMES PROGRAM [ARGUMENT...]\n");
        return 2;
    }
    int fd = until_ready ? listen_for_ready() : -1;
    double best_ms = -1;
    for (long i = 0; i < times; i++) {
        double took_ms = measure(fd, argv + 3);
        if (took_ms < 0) {
            (void)fprintf(stderr, "start_time: %s did not get there\n", argv[3]);
            return 1;
        }
        if (best_ms < 0 || took_ms < best_ms)
            best_ms = took_ms;
    }
    printf("%.1f\n", best_ms);
    return 0;
}
