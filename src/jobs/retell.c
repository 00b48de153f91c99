#include "jobs/retell.h"

#include <string.h>

#include "core/fields.h"
#include "core/limits.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "jobs/call_moves.h"
#include "jobs/claim.h"
#include "jobs/recordings.h"
#include "repair.h"
#include "rest_news.h"

/* What never changes of a call, or what only a frontend has said. */
static struct call_row blank(const struct call_row *stored)
{
    return (struct call_row){
        .number = stored->number,
        .id = stored->id,
        .account_sid = stored->account_sid,
        .direction = stored->direction,
        .placement = CALL_PLACEMENT_INTENDED,
        .root = leg_state_new(),
        .identity = stored->identity,
        .owner = stored->owner,
        .group = stored->group,
        .plan = stored->plan,
        .metadata = stored->metadata,
        .created_at_ms = stored->created_at_ms,
    };
}

int retell_begin(struct store_tx *tx,
                 const struct call_row *stored,
                 struct arena *arena,
                 struct error *err)
{
    (void)arena;
    struct call_row row = blank(stored);
    if (stored->plan == NULL)
        return 0;
    row.from = stored->from;
    row.to = stored->to;
    return store_insert_call(tx, &row, err);
}

/* ---- what somebody asked for ---- */

static void hang_up(const struct retold *retold, struct call_row *call)
{
    if (call_is_over(call->placement, call->root.status))
        return;
    if (call->hangup_asked_at_ms == 0)
        call->hangup_asked_at_ms = retold->entry->at_ms;
    if (call->placement == CALL_PLACEMENT_INTENDED && !retold->placed_later)
        call_cancel(call, retold->entry->at_ms);
    else
        call->hangup_wanted = true;
}

/* ---- what Twilio answered ---- */

static int place(struct store_tx *tx,
                 const struct retold *retold,
                 const struct repair_told *told,
                 struct call_row *call,
                 struct arena *arena,
                 struct error *err)
{
    const char *outcome = told->outcome;
    int64_t at_ms = retold->entry->at_ms;
    if (told->has_root)
        return call_be_placed(tx, call, &told->root, retold->silence, at_ms, arena, err);
    if (call->placement == CALL_PLACEMENT_PLACED)
        return 0;
    if (text_equal(outcome, "refused"))
        call_be_refused(call, told->code, told->problem, at_ms);
    else if (text_equal(outcome, "not_there"))
        call_be_refused(call, 0, "the request never reached Twilio: it has no such call", at_ms);
    else if (text_equal(outcome, "unknown"))
        call->placement = CALL_PLACEMENT_UNKNOWN;
    else if (text_equal(outcome, "canceled"))
        call_cancel(call, at_ms);
    return 0;
}

static int take(struct store_tx *tx,
                const struct retold *retold,
                const struct repair_told *told,
                struct call_row *call,
                bool is_new,
                struct arena *arena,
                struct error *err)
{
    const struct timeline_row *entry = retold->entry;
    bool fetched = text_equal(entry->route, "GET /Calls/{sid}.json");
    struct repair repair = {
        .arena = arena,
        .silence = retold->silence,
        .now_ms = entry->at_ms,
        .asked_at_ms = entry->at_ms,
        .root = told->has_root ? &told->root : NULL,
        .lost = fetched && !told->has_root &&
                text_equal(entry->effect, news_effect_text(NEWS_ADVANCES)),
        .legs = told->legs,
        .leg_count = told->leg_count,
        .legs_told = fetched && told->legs_told,
        .is_new = is_new,
        .call = *call,
    };
    return repair_take(tx, &repair, err);
}

/* A call that was adopted begins with this entry. */
static int adopt(struct store_tx *tx,
                 const struct retold *retold,
                 const struct repair_told *told,
                 struct arena *arena,
                 struct error *err)
{
    struct call_row call = blank(retold->stored);
    call.placement = CALL_PLACEMENT_PLACED;
    call.root_sid = told->root.sid;
    call.from = told->root.from;
    call.to = told->root.to;
    if (store_insert_call(tx, &call, err) < 0)
        return -1;
    return take(tx, retold, told, &call, true, arena, err);
}

static int64_t number_of(const struct fields *fields, const char *name, int64_t missing)
{
    int64_t number;
    return text_to_int64(fields_text(fields, name), 0, INT32_MAX, &number) ? number : missing;
}

/* It was written in the words of a recording callback. */
static int take_recording(struct store_tx *tx,
                          const struct retold *retold,
                          struct arena *arena,
                          struct error *err)
{
    const struct timeline_row *entry = retold->entry;
    struct fields fields;
    if (fields_decode(entry->raw, strlen(entry->raw), LIMIT_FORM_PAIRS, arena, &fields, err) < 0)
        return -1;
    char *id = arena_alloc(arena, RESOURCE_ID_BYTES);
    resource_id_format(RESOURCE_RECORDING, entry->sequence, 1, id);
    struct recording_row told = {
        .number = entry->sequence,
        .id = id,
        .sid = fields_text(&fields, "RecordingSid"),
        .account_sid = entry->account_sid,
        .call_number = entry->call_number,
        .call_sid = fields_get(&fields, "CallSid"),
        .status = fields_get(&fields, "RecordingStatus"),
        .url = fields_get(&fields, "RecordingUrl"),
        .source = fields_get(&fields, "RecordingSource"),
        .track = fields_get(&fields, "RecordingTrack"),
        .channels = (int)number_of(&fields, "RecordingChannels", 0),
        .duration_s = number_of(&fields, "RecordingDuration", -1),
        .error_code = (int)number_of(&fields, "ErrorCode", 0),
        .created_at_ms = entry->at_ms,
        .updated_at_ms = entry->at_ms,
    };
    if (!time_from_rfc2822(fields_text(&fields, "RecordingStartTime"), &told.started_at_ms))
        told.started_at_ms = 0;
    struct recording_intake intake = {.fetch = false, .now_ms = entry->at_ms};
    struct recording_row row;
    return recording_take(tx, &told, &intake, arena, &row, NULL, err);
}

static bool is_of_placing(const struct timeline_row *entry)
{
    return text_equal(entry->route, "POST /Calls.json") || text_equal(entry->effect, "found") ||
           text_equal(entry->effect, "not_there");
}

static int retell_answer(struct store_tx *tx,
                         const struct retold *retold,
                         struct call_row *call,
                         struct arena *arena,
                         struct error *err)
{
    const struct timeline_row *entry = retold->entry;
    struct repair_told told;
    if (entry->raw == NULL || repair_read(entry->raw, arena, &told, err) < 0) {
        error_clear(err); /* a conclusion of ours, which the deliveries lead to again */
        return 0;
    }
    if (text_equal(entry->effect, "adopted"))
        return adopt(tx, retold, &told, arena, err);
    if (text_equal(entry->effect, "recording"))
        return take_recording(tx, retold, arena, err);
    if (call == NULL)
        return 0;
    if (is_of_placing(entry))
        return place(tx, retold, &told, call, arena, err) < 0 ? -1
                                                              : store_update_call(tx, call, err);
    if (entry->kind == TIMELINE_REPAIR)
        return take(tx, retold, &told, call, false, arena, err);
    call->hangup_wanted = false;
    if (told.has_root)
        (void)call_take_resource(call, &told.root, retold->silence, entry->at_ms);
    return store_update_call(tx, call, err);
}

int retell_entry(struct store_tx *tx,
                 const struct retold *retold,
                 struct arena *arena,
                 struct error *err)
{
    const struct timeline_row *entry = retold->entry;
    struct call_row call;
    bool known = store_get_call_by_number(store_tx_reader(tx), retold->stored->number, arena, &call,
                                          err) == 0;
    if (!known && err->kind != ERROR_NOT_FOUND)
        return -1;
    error_clear(err);
    if (entry->kind == TIMELINE_REST || entry->kind == TIMELINE_REPAIR)
        return retell_answer(tx, retold, known ? &call : NULL, arena, err);
    if (entry->kind != TIMELINE_REQUEST || !known || !text_equal(entry->route, ROUTE_HANGUP))
        return 0;
    hang_up(retold, &call);
    return store_update_call(tx, &call, err);
}
