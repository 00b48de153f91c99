/*
 * Sleeping and waking.
 *
 * A connection is suspended before anybody else can know of it, and resumed by exactly one: whoever
 * changes `asleep` from the ticket to 0. The candidates are request_wake, the deadline, the
 * shutdown, and the request itself when its handler fails after all.
 *
 * The library ends the process if it is stopped with a connection suspended. So the count of
 * sleepers is given back only after the resumption, nobody stops before it is 0, and when
 * `stopping` is set whoever goes to sleep is resumed on the spot.
 */
#include "core/lock.h"
#include "core/wall_clock.h"
#include "server_internal.h"

uint32_t request_await(struct request *request, handler_fn *reply, int64_t deadline_ms)
{
    struct exchange *exchange = request->exchange;
    struct connection *connection = exchange->connection;
    struct http_server *server = connection->worker->server;
    ASSERT(exchange->in_step && !exchange->awaiting); /* one sleep for each step */
    exchange->awaiting = true;
    exchange->reply = reply;
    exchange->tickets++;
    if (exchange->tickets == 0) /* 0 is "awake" */
        exchange->tickets++;
    uint32_t ticket = exchange->tickets;

    MHD_suspend_connection(exchange->library);
    atomic_fetch_add(&server->asleep, 1);
    metric_add(server->asleep_gauge, 1);
    int64_t now_ms = monotonic_ms();
    bool stopping;
    {
        auto_unlock pthread_mutex_t *held = lock(&connection->mutex);
        connection->sleeper = exchange;
        connection->ticket = ticket;
        atomic_store(&exchange->asleep, ticket);
        stopping = atomic_load(&server->stopping);
    }
    connection_enter(connection, PHASE_HANDLING,
                     deadline_ms < DEADLINE_NEVER - now_ms ? now_ms + deadline_ms : DEADLINE_NEVER);
    if (stopping)
        (void)exchange_wake(exchange, ticket, WOKEN_BY_SHUTDOWN);
    return ticket;
}

bool exchange_wake(struct exchange *exchange, uint32_t ticket, enum wake_cause cause)
{
    uint32_t expected = ticket;
    if (ticket == 0 || !atomic_compare_exchange_strong(&exchange->asleep, &expected, 0))
        return false;
    struct http_server *server = exchange->connection->worker->server;
    exchange->cause = cause;
    metric_add(server->asleep_gauge, -1);
    MHD_resume_connection(exchange->library);
    atomic_fetch_sub(&server->asleep, 1); /* from here on the server may be gone */
    return true;
}

void request_wake(struct request *request, uint32_t ticket)
{
    (void)exchange_wake(request->exchange, ticket, WOKEN_BY_WORK);
}

bool request_timed_out(const struct request *request)
{
    return request->exchange->cause == WOKEN_BY_DEADLINE;
}

bool request_shutting_down(const struct request *request)
{
    return request->exchange->cause == WOKEN_BY_SHUTDOWN;
}

void connection_forget_sleeper(struct connection *connection)
{
    auto_unlock pthread_mutex_t *held = lock(&connection->mutex);
    connection->sleeper = NULL;
}

void connection_wake(struct connection *connection, enum wake_cause cause)
{
    auto_unlock pthread_mutex_t *held = lock(&connection->mutex);
    if (connection->sleeper != NULL)
        (void)exchange_wake(connection->sleeper, connection->ticket, cause);
}
