/*
 * The door, as far as jobs and keys go: each function hands on to the engine that is plugged in.
 */
#include "internal.h"

int store_insert_job(struct store_tx *tx, struct job_row *row, struct error *err)
{
    return writing(tx)->insert_job(tx->reader.session, row, err);
}

int store_claim_job(struct store_tx *tx,
                    enum job_lane lane,
                    int64_t now_ms,
                    int64_t lease_ms,
                    struct arena *arena,
                    struct job_row *out,
                    bool *expired,
                    struct error *err)
{
    return writing(tx)->claim_job(tx->reader.session, lane, now_ms, lease_ms, arena, out, expired,
                                  err);
}

int store_finish_job(struct store_tx *tx, int64_t number, struct error *err)
{
    return writing(tx)->finish_job(tx->reader.session, number, err);
}

int store_retry_job(struct store_tx *tx,
                    int64_t number,
                    int64_t run_at_ms,
                    const char *last_error,
                    struct error *err)
{
    return writing(tx)->retry_job(tx->reader.session, number, run_at_ms, last_error, err);
}

int store_return_job(
    struct store_tx *tx, int64_t number, int64_t run_at_ms, const char *why, struct error *err)
{
    return writing(tx)->return_job(tx->reader.session, number, run_at_ms, why, err);
}

int store_bury_job(struct store_tx *tx, int64_t number, const char *last_error, struct error *err)
{
    return writing(tx)->bury_job(tx->reader.session, number, last_error, err);
}

int store_cancel_job(struct store_tx *tx,
                     enum job_kind kind,
                     int64_t call_number,
                     const char *subject,
                     struct error *err)
{
    return writing(tx)->cancel_job(tx->reader.session, kind, call_number, subject, err);
}

int store_next_job_at(struct store_rx *rx, enum job_lane lane, int64_t *out, struct error *err)
{
    return rx->backend->next_job_at(rx->session, lane, out, err);
}

int store_expire_leases(struct store_tx *tx, int64_t now_ms, struct error *err)
{
    return writing(tx)->expire_leases(tx->reader.session, now_ms, err);
}

int store_get_job(struct store_rx *rx,
                  int64_t number,
                  struct arena *arena,
                  struct job_row *out,
                  struct error *err)
{
    return rx->backend->get_job(rx->session, number, arena, out, err);
}

int store_revive_job(struct store_tx *tx, int64_t number, int64_t run_at_ms, struct error *err)
{
    return writing(tx)->revive_job(tx->reader.session, number, run_at_ms, err);
}

int store_list_jobs(struct store_rx *rx,
                    const struct job_filter *filter,
                    struct arena *arena,
                    struct job_rows *out,
                    struct error *err)
{
    return rx->backend->list_jobs(rx->session, filter, arena, out, err);
}

int store_insert_api_key(struct store_tx *tx, const struct api_key_row *row, struct error *err)
{
    return writing(tx)->insert_api_key(tx->reader.session, row, err);
}

int store_revoke_api_key(struct store_tx *tx, const char *id, int64_t now_ms, struct error *err)
{
    return writing(tx)->revoke_api_key(tx->reader.session, id, now_ms, err);
}

int store_list_api_keys(struct store_rx *rx,
                        struct arena *arena,
                        struct api_key_rows *out,
                        struct error *err)
{
    return rx->backend->list_api_keys(rx->session, arena, out, err);
}

int store_data_version(struct store_rx *rx, int64_t *out, struct error *err)
{
    return rx->backend->data_version(rx->session, out, err);
}

int store_insert_idempotency(struct store_tx *tx,
                             const struct idempotency_row *row,
                             struct error *err)
{
    return writing(tx)->insert_idempotency(tx->reader.session, row, err);
}

int store_get_idempotency(struct store_rx *rx,
                          const char *caller,
                          const char *key,
                          struct arena *arena,
                          struct idempotency_row *out,
                          struct error *err)
{
    return rx->backend->get_idempotency(rx->session, caller, key, arena, out, err);
}

int store_answer_idempotency(struct store_tx *tx,
                             const struct idempotency_row *row,
                             struct error *err)
{
    return writing(tx)->answer_idempotency(tx->reader.session, row, err);
}

int store_prune_idempotency(
    struct store_tx *tx, int64_t before_ms, size_t limit, int64_t *removed, struct error *err)
{
    return writing(tx)->prune_idempotency(tx->reader.session, before_ms, limit, removed, err);
}

int store_get_reconciler(struct store_rx *rx,
                         struct arena *arena,
                         struct reconciler_row *out,
                         struct error *err)
{
    return rx->backend->get_reconciler(rx->session, arena, out, err);
}

int store_put_reconciler(struct store_tx *tx, const struct reconciler_row *row, struct error *err)
{
    return writing(tx)->put_reconciler(tx->reader.session, row, err);
}
