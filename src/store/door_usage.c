/*
 * The door, as far as counting goes: each function hands on to the engine that is plugged in.
 */
#include "internal.h"

int store_get_usage(struct store_rx *rx, struct usage_row *row, struct error *err)
{
    return rx->backend->get_usage(rx->session, row, err);
}

int store_put_usage(struct store_tx *tx, const struct usage_row *row, struct error *err)
{
    return writing(tx)->put_usage(tx->reader.session, row, err);
}

int store_put_place(struct store_tx *tx, const struct place_row *row, struct error *err)
{
    return writing(tx)->put_place(tx->reader.session, row, err);
}

int store_get_place(struct store_rx *rx,
                    int64_t call_number,
                    struct arena *arena,
                    struct place_row *out,
                    struct error *err)
{
    return rx->backend->get_place(rx->session, call_number, arena, out, err);
}

int store_recount_usage(struct store_tx *tx, int64_t *corrected, struct error *err)
{
    return writing(tx)->recount_usage(tx->reader.session, corrected, err);
}

int store_prune_usage(struct store_tx *tx, int64_t before_slot, struct error *err)
{
    return writing(tx)->prune_usage(tx->reader.session, before_slot, err);
}
