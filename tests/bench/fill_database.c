/*
 * A database with a history: calls that are over, each with two entries in its timeline, as
 * webhooks would have left it.
 *
 *   fill_database FILE CALLS          all of them over
 *   fill_database FILE CALLS open     all of them in progress, as far as anybody has told, and silent for too long
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/macros.h"
#include "core/random.h"
#include "core/wall_clock.h"
#include "store_sqlite/store_sqlite.h"
#include "voice/resource_id.h"

enum {
    CALLS_PER_UNIT = 2000,
    CALLS_MAX = 100 * 1000 * 1000,
    MS_BETWEEN_CALLS = 500,
    TALK_MS = 49000
};

#define ACCOUNT "AC00000000000000000000000000000001"

struct batch {
    int open;
    long first;
    long count;
    int64_t start_ms; /* when the first call of all was made */
};

static const char *const statuses[] = {"ringing", "completed"};

static int add_timeline(struct store_tx *tx,
                        const struct call_row *call,
                        struct arena *arena,
                        struct error *err)
{
    size_t count = call_status_is_terminal(call->root.status) ? ARRAY_LEN(statuses) : 1;
    for (size_t i = 0; i < count; i++) {
        struct timeline_row entry = {
            .call_number = call->number,
            .account_sid = ACCOUNT,
            .at_ms = call->created_at_ms + (int64_t)i * TALK_MS,
            .kind = TIMELINE_STATUS,
            .route = "/webhooks/call-status",
            .leg_sid = call->root_sid,
            .repeat_key = random_u64(),
            .effect = "advances",
            .raw = arena_printf(
                arena,
                "AccountSid=" ACCOUNT "&ApiVersion=2010-04-01&CallSid=%s&CallStatus=%s"
                "&CallbackSource=call-progress-events&Direction=inbound&From=%%2B14155550100"
                "&SequenceNumber=%zu&To=%%2B15005550006",
                call->root_sid, statuses[i], i),
        };
        if (store_append_timeline(tx, &entry, err) < 0)
            return -1;
    }
    return 0;
}

static int add_call(struct store_tx *tx, const struct batch *batch, long index, struct error *err)
{
    auto_arena struct arena *arena = arena_create();
    int64_t created_ms = batch->start_ms + index * MS_BETWEEN_CALLS;
    char id[RESOURCE_ID_BYTES];
    int64_t number = created_ms << 20;
    resource_id_format(RESOURCE_CALL, number, random_u64(), id);
    struct call_row call = {
        .number = number,
        .id = id,
        .account_sid = ACCOUNT,
        .root_sid = arena_printf(arena, "CAffffffff%024lx", (unsigned long)index),
        .direction = CALL_DIRECTION_INBOUND,
        .placement = CALL_PLACEMENT_PLACED,
        .root = {.status = CALL_STATUS_COMPLETED,
                 .sequence = 1,
                 .answered_at_ms = created_ms,
                 .ended_at_ms = created_ms + TALK_MS,
                 .duration_s = TALK_MS / 1000},
        .outcome = CALL_OUTCOME_ANSWERED,
        .from = "+14155550100",
        .to = "+15005550006",
        .identity = "alice",
        .created_at_ms = created_ms,
        .heard_at_ms = created_ms + TALK_MS,
    };
    if (batch->open) {
        call.root = leg_state_new();
        call.root.status = CALL_STATUS_IN_PROGRESS;
        call.root.answered_at_ms = created_ms;
        call.outcome = CALL_OUTCOME_NONE;
        call.due_at_ms = created_ms + TALK_MS;
    }
    if (store_insert_call(tx, &call, err) < 0)
        return -1;
    return add_timeline(tx, &call, arena, err);
}

static int add_batch(struct store_tx *tx, void *work, struct error *err)
{
    const struct batch *batch = work;
    for (long i = 0; i < batch->count; i++) {
        if (add_call(tx, batch, batch->first + i, err) < 0)
            return -1;
    }
    return 0;
}

/* As a server leaves it that was killed before the first of them. */
static int be_killed(struct store_tx *tx, void *work, struct error *err)
{
    const struct reconciler_row row = {.alive_at_ms = *(const int64_t *)work};
    return store_put_reconciler(tx, &row, err);
}

static int fill(const char *path, long calls, int open, struct error *err)
{
    struct store *store = NULL;
    struct store_sqlite_settings settings = {.path = path};
    if (store_sqlite_open(&settings, &store, err) < 0)
        return -1;
    int result = 0;
    int64_t start_ms = wall_clock_now_ms(wall_clock_real()) - (calls + 1) * MS_BETWEEN_CALLS;
    for (long first = 0; first < calls && result == 0; first += CALLS_PER_UNIT) {
        long left = calls - first;
        struct batch batch = {.open = open,
                              .first = first,
                              .count = left < CALLS_PER_UNIT ? left : CALLS_PER_UNIT,
                              .start_ms = start_ms};
        result = store_apply(store, add_batch, &batch, err);
    }
    if (open && result == 0)
        result = store_apply(store, be_killed, &start_ms, err);
    store_close(store);
    return result;
}

int main(int argc, char **argv)
{
    int open = argc == 4 && strcmp(argv[3], "open") == 0;
    long calls = argc == 3 || open ? strtol(argv[2], NULL, 10) : 0;
    if (calls <= 0 || calls > CALLS_MAX) {
        (void)fprintf(stderr, "usage: fill_database FILE CALLS [open]\n");
        return 2;
    }
    struct error err = {0};
    if (fill(argv[1], calls, open, &err) < 0) {
        (void)fprintf(stderr, "fill_database: %s\n", err.message);
        return 1;
    }
    return 0;
}
