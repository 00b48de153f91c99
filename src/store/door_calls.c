/*
 * The door, as far as calls go: each function hands on to the engine that is plugged in. The
 * contracts are in store.h; what is worth checking for every engine is checked here.
 */
#include "internal.h"

enum { MOST_LISTED = 200 };

int store_insert_call(struct store_tx *tx, const struct call_row *row, struct error *err)
{
    return writing(tx)->insert_call(tx->reader.session, row, err);
}

int store_update_call(struct store_tx *tx, const struct call_row *row, struct error *err)
{
    const struct store_backend *backend = writing(tx);
    if (backend->update_call(tx->reader.session, row, err) < 0)
        return -1;
    /* Here, because whoever ends a call comes through here: webhooks, jobs, frontends. */
    return call_is_over(row->placement, row->root.status)
               ? backend->release_place(tx->reader.session, row->number, err)
               : 0;
}

int store_get_call(struct store_rx *rx,
                   const char *id,
                   struct arena *arena,
                   struct call_row *out,
                   struct error *err)
{
    return rx->backend->get_call(rx->session, id, arena, out, err);
}

int store_get_call_by_number(struct store_rx *rx,
                             int64_t number,
                             struct arena *arena,
                             struct call_row *out,
                             struct error *err)
{
    return rx->backend->get_call_by_number(rx->session, number, arena, out, err);
}

int store_get_call_by_sid(struct store_rx *rx,
                          const char *sid,
                          struct arena *arena,
                          struct call_row *out,
                          struct error *err)
{
    return rx->backend->get_call_by_sid(rx->session, sid, arena, out, err);
}

int store_list_calls(struct store_rx *rx,
                     const struct call_filter *filter,
                     struct arena *arena,
                     struct call_rows *out,
                     struct error *err)
{
    if (filter->limit < 1 || filter->limit > MOST_LISTED)
        return error_field(err, "limit", "must be 1 to %d", (int)MOST_LISTED);
    return rx->backend->list_calls(rx->session, filter, arena, out, err);
}

int store_list_due_calls(struct store_rx *rx,
                         int64_t now_ms,
                         size_t limit,
                         struct arena *arena,
                         struct call_rows *out,
                         struct error *err)
{
    return rx->backend->list_due_calls(rx->session, now_ms, limit, arena, out, err);
}

int store_count_open_calls(struct store_rx *rx, int64_t *out, struct error *err)
{
    return rx->backend->count_open_calls(rx->session, out, err);
}

int store_put_identity_group(
    struct store_tx *tx, const char *identity, const char *group, int64_t now_ms, struct error *err)
{
    return writing(tx)->put_identity_group(tx->reader.session, identity, group, now_ms, err);
}

int store_get_identity_group(struct store_rx *rx,
                             const char *identity,
                             struct arena *arena,
                             const char **out,
                             struct error *err)
{
    return rx->backend->get_identity_group(rx->session, identity, arena, out, err);
}

int store_put_leg(struct store_tx *tx, const struct leg_row *row, struct error *err)
{
    return writing(tx)->put_leg(tx->reader.session, row, err);
}

int store_get_leg(struct store_rx *rx,
                  const char *sid,
                  struct arena *arena,
                  struct leg_row *out,
                  struct error *err)
{
    return rx->backend->get_leg(rx->session, sid, arena, out, err);
}

int store_list_legs(struct store_rx *rx,
                    int64_t call_number,
                    struct arena *arena,
                    struct leg_rows *out,
                    struct error *err)
{
    return rx->backend->list_legs(rx->session, call_number, arena, out, err);
}

int store_append_timeline(struct store_tx *tx, struct timeline_row *row, struct error *err)
{
    return writing(tx)->append_timeline(tx->reader.session, row, err);
}

int store_find_repeat(struct store_rx *rx,
                      int64_t call_number,
                      uint64_t repeat_key,
                      struct arena *arena,
                      struct timeline_row *out,
                      struct error *err)
{
    return rx->backend->find_repeat(rx->session, call_number, repeat_key, arena, out, err);
}

int store_count_repeat(struct store_tx *tx, int64_t sequence, struct error *err)
{
    return writing(tx)->count_repeat(tx->reader.session, sequence, err);
}

int store_list_timeline(struct store_rx *rx,
                        int64_t call_number,
                        int64_t after_sequence,
                        size_t limit,
                        struct arena *arena,
                        struct timeline_rows *out,
                        struct error *err)
{
    return rx->backend->list_timeline(rx->session, call_number, after_sequence, limit, arena, out,
                                      err);
}
