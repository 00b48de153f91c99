/*
 * The door, as far as recordings go; see door_calls.c.
 */
#include "internal.h"

enum { MOST_LISTED = 200 };

int store_put_recording(struct store_tx *tx, const struct recording_row *row, struct error *err)
{
    return writing(tx)->put_recording(tx->reader.session, row, err);
}

int store_get_recording(struct store_rx *rx,
                        const char *sid,
                        struct arena *arena,
                        struct recording_row *out,
                        struct error *err)
{
    return rx->backend->get_recording(rx->session, sid, arena, out, err);
}

int store_get_recording_by_id(struct store_rx *rx,
                              const char *id,
                              struct arena *arena,
                              struct recording_row *out,
                              struct error *err)
{
    return rx->backend->get_recording_by_id(rx->session, id, arena, out, err);
}

int store_list_call_recordings(struct store_rx *rx,
                               int64_t call_number,
                               struct arena *arena,
                               struct recording_rows *out,
                               struct error *err)
{
    return rx->backend->list_call_recordings(rx->session, call_number, arena, out, err);
}

int store_list_recordings(struct store_rx *rx,
                          const struct recording_filter *filter,
                          struct arena *arena,
                          struct recording_rows *out,
                          struct error *err)
{
    if (filter->limit < 1 || filter->limit > MOST_LISTED)
        return error_field(err, "limit", "must be 1 to %d", (int)MOST_LISTED);
    return rx->backend->list_recordings(rx->session, filter, arena, out, err);
}

int store_list_expired_recordings(struct store_rx *rx,
                                  int64_t now_ms,
                                  size_t limit,
                                  struct arena *arena,
                                  struct recording_rows *out,
                                  struct error *err)
{
    return rx->backend->list_expired_recordings(rx->session, now_ms, limit, arena, out, err);
}

int store_count_wanted_recordings(struct store_rx *rx, int64_t *out, struct error *err)
{
    return rx->backend->count_wanted_recordings(rx->session, out, err);
}
