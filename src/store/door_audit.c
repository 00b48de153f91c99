/*
 * The door, as far as the audit log goes: each function hands on to the engine that is plugged in.
 */
#include "internal.h"

enum { LIST_LIMIT_MAX = 200 };

int store_append_audit(struct store_tx *tx, struct audit_row *row, struct error *err)
{
    return writing(tx)->append_audit(tx->reader.session, row, err);
}

int store_list_audit(struct store_rx *rx,
                     const struct audit_filter *filter,
                     struct arena *arena,
                     struct audit_rows *out,
                     struct error *err)
{
    if (filter->limit < 1 || filter->limit > LIST_LIMIT_MAX)
        return error_set(err, ERROR_INVALID, "a list has 1 to %d rows", LIST_LIMIT_MAX);
    return rx->backend->list_audit(rx->session, filter, arena, out, err);
}

int store_prune_audit(
    struct store_tx *tx, int64_t before_ms, size_t limit, int64_t *removed, struct error *err)
{
    return writing(tx)->prune_audit(tx->reader.session, before_ms, limit, removed, err);
}
