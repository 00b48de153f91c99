/*
 * The ceiling: libmicrohttpd alone, with the server's thread model, answering a fixed 200 to every
 * POST once its body has been read. What Switchhook does per request is measured against this.
 *
 *   bare_mhd PORT WORKERS      serves on loopback until SIGTERM
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>

enum { WORKER_CONNECTIONS = 120, IDLE_TIMEOUT_S = 75, POOL_BYTES = 32 * 1024 };

struct seen {
    size_t body_bytes;
};

static enum MHD_Result answer(void *response,
                              struct MHD_Connection *connection,
                              const char *url,
                              const char *method,
                              const char *version,
                              const char *data,
                              size_t *data_bytes,
                              void **context)
{
    (void)url;
    (void)method;
    (void)version;
    (void)data;
    struct seen *seen = *context;
    if (seen == NULL) {
        *context = calloc(1, sizeof *seen);
        return *context == NULL ? MHD_NO : MHD_YES;
    }
    if (*data_bytes != 0) {
        seen->body_bytes += *data_bytes;
        *data_bytes = 0;
        return MHD_YES;
    }
    return MHD_queue_response(connection, MHD_HTTP_OK, response);
}

static void forget(void *unused,
                   struct MHD_Connection *connection,
                   void **context,
                   enum MHD_RequestTerminationCode code)
{
    (void)unused;
    (void)connection;
    (void)code;
    free(*context);
    *context = NULL;
}

static struct MHD_Daemon *serve(uint16_t port, unsigned workers, struct MHD_Response *response)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
    };
    return MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG, port, NULL, NULL, answer, response,
        MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_THREAD_POOL_SIZE, workers,
        MHD_OPTION_CONNECTION_LIMIT, workers * WORKER_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)IDLE_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL_BYTES,
        MHD_OPTION_NOTIFY_COMPLETED, forget, NULL, MHD_OPTION_END);
}

int main(int argc, char **argv)
{
    unsigned long port = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
    unsigned long workers = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    if (port == 0 || port > UINT16_MAX || workers == 0 || workers > 256) {
        (void)fprintf(stderr, "usage: bare_mhd PORT WORKERS\n");
        return 2;
    }
    sigset_t end;
    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    sigaddset(&end, SIGINT);
    pthread_sigmask(SIG_BLOCK, &end, NULL);

    static char ok[] = "ok\n";
    struct MHD_Response *response =
        MHD_create_response_from_buffer(sizeof ok - 1, ok, MHD_RESPMEM_PERSISTENT);
    struct MHD_Daemon *daemon =
        response == NULL ? NULL : serve((uint16_t)port, (unsigned)workers, response);
    if (daemon == NULL) {
        (void)fprintf(stderr, "bare_mhd: cannot serve on port %lu\n", port);
        return 1;
    }
    int signal_number = 0;
    sigwait(&end, &signal_number);
    MHD_stop_daemon(daemon);
    MHD_destroy_response(response);
    return 0;
}
