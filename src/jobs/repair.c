#include "repair.h"

#include <string.h>

#include "core/fields.h"
#include "core/limits.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "jobs/call_moves.h"
#include "jobs/claim.h"
#include "rest_news.h"

/* ---- taking ---- */

/* A contradiction is worth more than a repair, a repair more than nothing. */
static void note_effect(struct repair *repair, enum news_effect effect)
{
    static const int weight[] = {
        [NEWS_CHANGES_NOTHING] = 0,
        [NEWS_COMPLETES] = 1,
        [NEWS_ADVANCES] = 2,
        [NEWS_CONTRADICTS] = 3,
    };
    if (weight[effect] > weight[repair->effect])
        repair->effect = effect;
}

static struct leg_row new_leg(const struct repair *repair, const struct rest_call *found)
{
    return (struct leg_row){
        .call_number = repair->call.number,
        .account_sid = repair->call.account_sid,
        .sid = found->sid,
        .parent_sid =
            text_is_empty(found->parent_call_sid) ? repair->call.root_sid : found->parent_call_sid,
        .from = found->from,
        .to = found->to,
        .state = leg_state_new(),
        .created_at_ms = found->created_at_ms != 0 ? found->created_at_ms : repair->now_ms,
    };
}

static int take_leg(struct store_tx *tx,
                    struct repair *repair,
                    const struct rest_call *found,
                    struct error *err)
{
    struct leg_news news = news_of_resource(found, repair->now_ms);
    struct leg_row leg;
    if (store_get_leg(store_tx_reader(tx), found->sid, repair->arena, &leg, err) < 0) {
        if (err->kind != ERROR_NOT_FOUND)
            return -1;
        error_clear(err);
        leg = new_leg(repair, found);
        repair->legs_new++;
        note_effect(repair, NEWS_ADVANCES);
    }
    if (leg.call_number != repair->call.number)
        return 0; /* somebody else's leg by what we were told first */
    if (text_is_empty(leg.from)) {
        leg.from = found->from;
        leg.to = found->to;
    }
    note_effect(repair, leg_take_news(&leg.state, &news));
    if (news.status == CALL_STATUS_COMPLETED && found->started_at_ms != 0 &&
        leg.state.answered_at_ms == 0) {
        leg.state.answered_at_ms = found->started_at_ms;
        note_effect(repair, NEWS_COMPLETES);
    }
    repair->call.outcome = outcome_merge(repair->call.outcome, outcome_of_leg(&leg.state));
    return call_news_put_leg(tx, &repair->news, &leg, err);
}

/* Twilio has no such call: there is nothing to wait for. */
static void close_lost(struct repair *repair)
{
    struct call_row *call = &repair->call;
    struct leg_news news = {
        .status = CALL_STATUS_FAILED, .sequence = -1, .at_ms = repair->now_ms, .duration_s = -1};
    if (call_status_is_terminal(call->root.status)) {
        call->due_at_ms = 0; /* it has been deleted there, and is known here */
        return;
    }
    note_effect(repair, leg_take_news(&call->root, &news));
    call->outcome = outcome_merge(call->outcome, CALL_OUTCOME_FAILED);
    call->refusal = "Twilio knows no call of this SID";
    call->due_at_ms = 0;
}

static bool is_listed(const struct repair *repair, const char *sid)
{
    for (size_t i = 0; i < repair->leg_count; i++) {
        if (text_equal(repair->legs[i].sid, sid))
            return true;
    }
    return false;
}

/* The call is over, and Twilio does not list this leg of it: then the leg is over too. */
static int
close_leg(struct store_tx *tx, struct repair *repair, struct leg_row *leg, struct error *err)
{
    bool talked = leg->state.status == CALL_STATUS_IN_PROGRESS;
    struct leg_news news = {
        .status = talked ? CALL_STATUS_COMPLETED : CALL_STATUS_CANCELED,
        .sequence = -1,
        .at_ms = repair->call.root.ended_at_ms,
        .duration_s = -1,
    };
    note_effect(repair, leg_take_news(&leg->state, &news));
    repair->call.outcome = outcome_merge(repair->call.outcome, outcome_of_leg(&leg->state));
    return call_news_put_leg(tx, &repair->news, leg, err);
}

/* A call that is over may have legs that are not: their last callback was lost, or they go on without it. */
static int look_after_legs(struct store_tx *tx, struct repair *repair, struct error *err)
{
    struct call_row *call = &repair->call;
    struct leg_rows legs;
    if (!call_status_is_terminal(call->root.status))
        return 0;
    if (store_list_legs(store_tx_reader(tx), call->number, repair->arena, &legs, err) < 0)
        return -1;
    for (size_t i = 0; i < legs.count; i++) {
        struct leg_row *leg = &legs.items[i];
        if (call_status_is_terminal(leg->state.status))
            continue;
        if (!repair->legs_told || is_listed(repair, leg->sid))
            call->due_at_ms = repair->now_ms + repair->silence->ringing_ms;
        else if (close_leg(tx, repair, leg, err) < 0)
            return -1;
    }
    return 0;
}

/*
 * What Twilio does not have (yet) says little when somebody has spoken of the call since we asked: fetches and lists lag
 * behind. It will be asked again.
 */
static bool is_outrun(const struct repair *repair)
{
    return repair->call.heard_at_ms > repair->asked_at_ms;
}

/* An end that Twilio tells us of when all about it is known long since leaves nothing to ask for. */
static int settle_later(struct store_tx *tx,
                        const struct repair *repair,
                        enum call_status before,
                        struct error *err)
{
    const struct call_row *call = &repair->call;
    bool priced = !text_is_empty(call->price) || call->root.status != CALL_STATUS_COMPLETED;
    bool long_ago = repair->now_ms - call->root.ended_at_ms > repair->settle_after_ms;
    if (repair->root == NULL || (priced && long_ago))
        return 0;
    return call_settle_later(tx, before, call, repair->settle_after_ms, repair->now_ms, err);
}

int repair_take(struct store_tx *tx, struct repair *repair, struct error *err)
{
    struct call_row *call = &repair->call;
    enum call_status before = call->root.status;
    bool outrun = is_outrun(repair);
    bool had_price = !text_is_empty(call->price);
    repair->effect = NEWS_CHANGES_NOTHING;
    repair->legs_new = 0;
    repair->news = call_news_begin(repair->is_new ? NULL : call, repair->arena);
    if (repair->root != NULL)
        note_effect(repair,
                    call_take_resource(call, repair->root, repair->silence, repair->now_ms));
    else if (repair->lost && !outrun)
        close_lost(repair);
    else if (repair->lost)
        call->due_at_ms =
            silence_due_at(repair->silence, call->placement, call->root.status, call->heard_at_ms);
    for (size_t i = 0; i < repair->leg_count; i++) {
        if (take_leg(tx, repair, &repair->legs[i], err) < 0)
            return -1;
    }
    if (outrun && call_status_is_terminal(call->root.status))
        repair->legs_told = false;
    repair->settled_price = !had_price && !text_is_empty(call->price);
    if (look_after_legs(tx, repair, err) < 0 || settle_later(tx, repair, before, err) < 0)
        return -1;
    return store_update_call(tx, call, err);
}

/* ---- placing ---- */

int call_be_placed(struct store_tx *tx,
                   struct call_row *call,
                   const struct rest_call *resource,
                   const struct silence_settings *silence,
                   int64_t now_ms,
                   struct arena *arena,
                   struct error *err)
{
    if (call_claim_sid(tx, call, resource->sid, now_ms, arena, err) < 0)
        return -1;
    (void)call_take_resource(call, resource, silence, now_ms);
    return call->hangup_wanted ? call_enqueue(tx, call, JOB_HANGUP_CALL, now_ms, now_ms, err) : 0;
}

void call_be_refused(struct call_row *call, int code, const char *why, int64_t now_ms)
{
    struct leg_news news = {
        .status = CALL_STATUS_FAILED, .sequence = -1, .at_ms = now_ms, .duration_s = 0};
    call->placement = CALL_PLACEMENT_REFUSED;
    call->refusal_code = code;
    call->refusal = why;
    call->due_at_ms = 0;
    (void)leg_take_news(&call->root, &news);
    call->outcome = outcome_merge(call->outcome, CALL_OUTCOME_FAILED);
}

/* ---- as text: what was said, in a form of its own within the entry's form ---- */

static void add(struct fields *fields, struct arena *arena, const char *name, const char *text)
{
    if (!text_is_empty(text))
        fields_add(fields, arena, name, text);
}

static void
add_number(struct fields *fields, struct arena *arena, const char *name, int64_t number, bool known)
{
    if (known)
        fields_add(fields, arena, name, arena_printf(arena, "%lld", (long long)number));
}

static const char *encode(const struct fields *fields, size_t max, struct arena *arena)
{
    auto_buf struct buf out;
    buf_init(&out, max);
    return fields_encode(&out, fields) == 0 ? arena_copy(arena, out.data, out.len) : "";
}

static const char *resource_text(const struct rest_call *call, struct arena *arena)
{
    struct fields fields = {0};
    add(&fields, arena, "sid", call->sid);
    add(&fields, arena, "parent_call_sid", call->parent_call_sid);
    add(&fields, arena, "status", call->status);
    add(&fields, arena, "direction", call->direction);
    add(&fields, arena, "from", call->from);
    add(&fields, arena, "to", call->to);
    add(&fields, arena, "price", call->price);
    add(&fields, arena, "price_unit", call->price_unit);
    add_number(&fields, arena, "created_at", call->created_at_ms, call->created_at_ms != 0);
    add_number(&fields, arena, "started_at", call->started_at_ms, call->started_at_ms != 0);
    add_number(&fields, arena, "ended_at", call->ended_at_ms, call->ended_at_ms != 0);
    add_number(&fields, arena, "duration", call->duration_s, call->duration_s >= 0);
    return encode(&fields, KiB(16), arena);
}

const char *repair_raw(const char *summary,
                       const char *outcome,
                       const struct rest_call *root,
                       const struct rest_call *legs,
                       size_t leg_count,
                       struct arena *arena)
{
    struct fields fields = {0};
    add(&fields, arena, "outcome", outcome);
    if (root != NULL && !text_is_empty(root->sid))
        add(&fields, arena, "call", resource_text(root, arena));
    add_number(&fields, arena, "legs", (int64_t)leg_count, legs != NULL);
    for (size_t i = 0; i < leg_count; i++)
        add(&fields, arena, "leg", resource_text(&legs[i], arena));
    const char *told = encode(&fields, MiB(1), arena);
    return text_is_empty(summary) ? told : arena_printf(arena, "%s&%s", summary, told);
}

const char *repair_recording_raw(const char *summary,
                                 const struct rest_recording *recording,
                                 struct arena *arena)
{
    struct fields fields = {0};
    char started[TIME_TEXT_BYTES];
    add(&fields, arena, "CallSid", recording->call_sid);
    add(&fields, arena, "RecordingSid", recording->sid);
    add(&fields, arena, "RecordingStatus", recording->status);
    add(&fields, arena, "RecordingSource", recording->source);
    add(&fields, arena, "RecordingTrack", recording->track);
    add(&fields, arena, "RecordingUrl", recording->media_url);
    add_number(&fields, arena, "RecordingDuration", recording->duration_s,
               recording->duration_s >= 0);
    add_number(&fields, arena, "RecordingChannels", recording->channels, recording->channels > 0);
    add_number(&fields, arena, "ErrorCode", recording->error_code, recording->error_code > 0);
    if (recording->started_at_ms != 0) {
        time_to_rfc2822(recording->started_at_ms, started);
        add(&fields, arena, "RecordingStartTime", arena_strdup(arena, started));
    }
    return arena_printf(arena, "%s&%s", summary, encode(&fields, KiB(16), arena));
}

static int64_t number_of(const struct fields *fields, const char *name, int64_t missing)
{
    int64_t number;
    return text_to_int64(fields_text(fields, name), 0, INT64_MAX, &number) ? number : missing;
}

static int
read_resource(const char *text, struct arena *arena, struct rest_call *out, struct error *err)
{
    struct fields fields;
    if (fields_decode(text, strlen(text), LIMIT_FORM_PAIRS, arena, &fields, err) < 0)
        return -1;
    *out = (struct rest_call){
        .sid = fields_text(&fields, "sid"),
        .parent_call_sid = fields_text(&fields, "parent_call_sid"),
        .account_sid = "",
        .phone_number_sid = "",
        .status = fields_text(&fields, "status"),
        .direction = fields_text(&fields, "direction"),
        .from = fields_text(&fields, "from"),
        .to = fields_text(&fields, "to"),
        .forwarded_from = "",
        .caller_name = "",
        .answered_by = "",
        .price = fields_text(&fields, "price"),
        .price_unit = fields_text(&fields, "price_unit"),
        .created_at_ms = number_of(&fields, "created_at", 0),
        .started_at_ms = number_of(&fields, "started_at", 0),
        .ended_at_ms = number_of(&fields, "ended_at", 0),
        .duration_s = number_of(&fields, "duration", -1),
        .queue_time_ms = -1,
    };
    return 0;
}

int repair_read(const char *raw, struct arena *arena, struct repair_told *out, struct error *err)
{
    struct fields fields;
    if (fields_decode(raw, strlen(raw), LIMIT_FORM_PAIRS, arena, &fields, err) < 0)
        return -1;
    struct repair_told told = {
        .outcome = fields_text(&fields, "outcome"),
        .problem = fields_text(&fields, "problem"),
        .code = (int)number_of(&fields, "code", 0),
        .has_root = fields_get(&fields, "call") != NULL,
        .legs_told = fields_get(&fields, "legs") != NULL,
        .legs = arena_alloc(arena, fields.count * sizeof(*told.legs)),
    };
    if (told.has_root && read_resource(fields_text(&fields, "call"), arena, &told.root, err) < 0)
        return -1;
    for (size_t i = 0; i < fields.count; i++) {
        if (strcmp(fields.items[i].name, "leg") == 0 &&
            read_resource(fields.items[i].value, arena, &told.legs[told.leg_count++], err) < 0)
            return -1;
    }
    *out = told;
    return 0;
}
