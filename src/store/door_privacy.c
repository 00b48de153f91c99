/*
 * The door, as far as persons go: each function hands on to the engine that is plugged in.
 */
#include "internal.h"
#include "store/privacy.h"

int store_list_calls_of_person(struct store_rx *rx,
                               const char *who,
                               int64_t after,
                               size_t limit,
                               struct arena *arena,
                               struct person_calls *out,
                               struct error *err)
{
    return rx->backend->list_calls_of_person(rx->session, who, after, limit, arena, out, err);
}

int store_erase_call(struct store_tx *tx, struct call_erasure *work, struct error *err)
{
    work->entries = 0;
    work->lines = 0;
    work->more = false;
    return writing(tx)->erase_call(tx->reader.session, work, err);
}

int store_get_call_erased(struct store_rx *rx,
                          int64_t call_number,
                          enum call_erased *out,
                          struct error *err)
{
    return rx->backend->get_call_erased(rx->session, call_number, out, err);
}

int store_find_person(struct store_rx *rx, struct person_walk *walk, struct error *err)
{
    return rx->backend->find_person(rx->session, walk, err);
}

int store_mask_person(struct store_tx *tx, const struct person_walk *walk, struct error *err)
{
    return writing(tx)->mask_person(tx->reader.session, walk, err);
}

void person_walk_on(struct person_walk *walk)
{
    bool last = walk->upto == INT64_MAX;
    walk->after = last ? 0 : walk->upto;
    walk->table += last ? 1 : 0;
}

int store_rewrite_search(struct store_tx *tx, bool *more, struct error *err)
{
    return writing(tx)->rewrite_search(tx->reader.session, more, err);
}

int store_fill_free_pages(struct store_tx *tx, bool *more, struct error *err)
{
    return writing(tx)->fill_free_pages(tx->reader.session, more, err);
}

int store_drop_filler(struct store_tx *tx, bool *more, struct error *err)
{
    return writing(tx)->drop_filler(tx->reader.session, more, err);
}
