/*
 * The door, as far as the application's own webhooks go: each function hands on to the engine that is plugged in. The
 * contracts are in store/subscriptions.h.
 */
#include "store/subscriptions.h"

#include "internal.h"

enum { LIST_LIMIT_MAX = 200 };

const char *subscription_state_text(enum subscription_state state)
{
    static const char *const texts[] = {
#define X(name, text) [SUBSCRIPTION_##name] = (text),
        SUBSCRIPTION_STATES(X)
#undef X
    };
    ASSERT((size_t)state < ARRAY_LEN(texts));
    return texts[state];
}

const char *delivery_state_text(enum delivery_state state)
{
    static const char *const texts[] = {
#define X(name, text) [DELIVERY_##name] = (text),
        DELIVERY_STATES(X)
#undef X
    };
    ASSERT((size_t)state < ARRAY_LEN(texts));
    return texts[state];
}

int store_insert_subscription(struct store_tx *tx, struct subscription_row *row, struct error *err)
{
    return writing(tx)->insert_subscription(tx->reader.session, row, err);
}

int store_update_subscription(struct store_tx *tx,
                              const struct subscription_row *row,
                              struct error *err)
{
    return writing(tx)->update_subscription(tx->reader.session, row, err);
}

int store_get_subscription(struct store_rx *rx,
                           int64_t number,
                           struct arena *arena,
                           struct subscription_row *out,
                           struct error *err)
{
    return rx->backend->get_subscription(rx->session, number, arena, out, err);
}

int store_list_subscriptions(struct store_rx *rx,
                             struct arena *arena,
                             struct subscription_rows *out,
                             struct error *err)
{
    return rx->backend->list_subscriptions(rx->session, arena, out, err);
}

int store_clear_subscription(
    struct store_tx *tx, int64_t number, size_t limit, int64_t *removed, struct error *err)
{
    return writing(tx)->clear_subscription(tx->reader.session, number, limit, removed, err);
}

int store_insert_delivery(struct store_tx *tx, struct delivery_row *row, struct error *err)
{
    return writing(tx)->insert_delivery(tx->reader.session, row, err);
}

int store_get_delivery(struct store_rx *rx,
                       int64_t number,
                       struct arena *arena,
                       struct delivery_row *out,
                       struct error *err)
{
    return rx->backend->get_delivery(rx->session, number, arena, out, err);
}

int store_list_deliveries(struct store_rx *rx,
                          const struct delivery_filter *filter,
                          struct arena *arena,
                          struct delivery_rows *out,
                          struct error *err)
{
    if (filter->limit < 1 || filter->limit > LIST_LIMIT_MAX)
        return error_set(err, ERROR_INVALID, "a list has 1 to %d rows", LIST_LIMIT_MAX);
    return rx->backend->list_deliveries(rx->session, filter, arena, out, err);
}

int store_list_due_deliveries(struct store_rx *rx,
                              int64_t subscription,
                              size_t limit,
                              struct arena *arena,
                              struct delivery_rows *out,
                              struct error *err)
{
    return rx->backend->list_due_deliveries(rx->session, subscription, limit, arena, out, err);
}

int store_list_overdue_deliveries(struct store_rx *rx,
                                  int64_t subscription,
                                  int64_t now_ms,
                                  size_t limit,
                                  struct arena *arena,
                                  struct delivery_rows *out,
                                  struct error *err)
{
    return rx->backend->list_overdue_deliveries(rx->session, subscription, now_ms, limit, arena,
                                                out, err);
}

int store_settle_delivery(struct store_tx *tx,
                          const struct delivery_row *row,
                          int64_t now_ms,
                          struct error *err)
{
    return writing(tx)->settle_delivery(tx->reader.session, row, now_ms, err);
}

int store_reopen_delivery(
    struct store_tx *tx, int64_t number, int64_t now_ms, int64_t give_up_at_ms, struct error *err)
{
    return writing(tx)->reopen_delivery(tx->reader.session, number, now_ms, give_up_at_ms, err);
}

int store_renew_deliveries(struct store_tx *tx,
                           int64_t subscription,
                           int64_t now_ms,
                           int64_t give_up_at_ms,
                           struct error *err)
{
    return writing(tx)->renew_deliveries(tx->reader.session, subscription, now_ms, give_up_at_ms,
                                         err);
}

int store_list_former_attempts(struct store_rx *rx,
                               int64_t delivery,
                               struct arena *arena,
                               struct delivery_attempts *out,
                               struct error *err)
{
    return rx->backend->list_former_attempts(rx->session, delivery, arena, out, err);
}

int store_prune_deliveries(struct store_tx *tx,
                           int64_t delivered_before_ms,
                           int64_t dead_before_ms,
                           size_t limit,
                           int64_t *removed,
                           struct error *err)
{
    return writing(tx)->prune_deliveries(tx->reader.session, delivered_before_ms, dead_before_ms,
                                         limit, removed, err);
}
