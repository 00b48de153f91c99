/*
 * The door, as far as age goes: each function hands on to the engine that is plugged in.
 */
#include "internal.h"
#include "store/retention.h"

const char *retention_kind_text(enum retention_kind kind)
{
    static const char *const texts[] = {
#define X(name, text) [RETENTION_##name] = (text),
        RETENTION_KINDS(X)
#undef X
    };
    return texts[kind];
}

int store_prune(struct store_tx *tx, struct pruning *step, struct error *err)
{
    step->removed = 0;
    step->more = false;
    return writing(tx)->prune(tx->reader.session, step, err);
}

int store_get_retention_mark(struct store_rx *rx,
                             enum retention_kind kind,
                             struct retention_mark *out,
                             struct error *err)
{
    return rx->backend->get_retention_mark(rx->session, kind, out, err);
}
