/*
 * The door, as far as live events go: each function hands on to the engine that is plugged in.
 */
#include "internal.h"

int store_list_news(struct store_rx *rx,
                    int64_t after_sequence,
                    size_t limit,
                    struct arena *arena,
                    struct news_rows *out,
                    struct error *err)
{
    return rx->backend->list_news(rx->session, after_sequence, limit, arena, out, err);
}

int store_newest_sequence(struct store_rx *rx, int64_t *out, struct error *err)
{
    return rx->backend->newest_sequence(rx->session, out, err);
}

int store_get_event_key(struct store_rx *rx,
                        unsigned char out[STORE_EVENT_KEY_BYTES],
                        struct error *err)
{
    return rx->backend->get_event_key(rx->session, out, err);
}

int store_list_calls_going_on(struct store_rx *rx,
                              const struct viewer *viewer,
                              size_t limit,
                              struct arena *arena,
                              struct call_rows *out,
                              struct error *err)
{
    return rx->backend->list_calls_going_on(rx->session, viewer, limit, arena, out, err);
}
