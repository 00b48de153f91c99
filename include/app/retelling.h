/*
 * A stored delivery told again, to see whether the same state comes of it (switchhook replay). The row's handler parses it
 * as ever; what it hands over is applied at once, in the transaction given here, and nobody waits, answers or publishes.
 */
#ifndef APP_RETELLING_H
#define APP_RETELLING_H

#include "store/store.h"

/** Borrowed by the request that carries it; what the timeline entry knows beside the parameters. */
struct retelling {
    struct store_tx *tx;
    int64_t call_number; /**< which call it was found to be about; 0: none */
    const char *call_id; /**< of that call, or NULL */
    uint64_t repeat_key; /**< the entry's */
    const char *answer;  /**< what was decided then; NULL: nothing was asked */
};

#endif
