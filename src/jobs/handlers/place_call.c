/*
 * place_call: ask Twilio to place a call. The one job that spends money, so the one that is never repeated blindly:
 *
 *   intended --commit--> sending --POST--> 201              placed
 *      |                    |              4xx              refused
 *      |                    |              429, never sent  intended again, later; canceled if nobody wants it now
 *      |                    |              anything else    unknown: find_call looks for it
 *      |                    +-- found sending by another attempt (we died in between): unknown
 *      +-- somebody has hung up meanwhile: canceled
 */
#include "../internal.h"
#include "../repair.h"
#include "../talk.h"

#include <string.h>

#include "core/log.h"
#include "core/text.h"
#include "jobs/call_moves.h"
#include "jobs/call_news.h"
#include "voice/plan.h"

/* ---- before: take the call in hand ---- */

struct taking {
    struct attempt *attempt;
    struct call_row call;
    bool go;    /* the row says sending, and it is we who send */
    bool moved; /* else: its placement has changed */
    const char *outcome;
};

/* Nobody knows whether Twilio has it: look, do not dial. */
static int become_unknown(struct store_tx *tx,
                          const struct attempt *attempt,
                          struct call_row *call,
                          struct error *err)
{
    int64_t now_ms = attempt_now_ms(attempt);
    call->placement = CALL_PLACEMENT_UNKNOWN;
    if (store_update_call(tx, call, err) < 0 ||
        call_enqueue(tx, call, JOB_FIND_CALL, now_ms + attempt->with->unknown_retry_ms, now_ms,
                     err) < 0)
        return -1;
    return attempt_finish(tx, attempt, err);
}

static int
cancel(struct store_tx *tx, const struct attempt *attempt, struct call_row *call, struct error *err)
{
    call_cancel(call, attempt_now_ms(attempt));
    if (store_update_call(tx, call, err) < 0)
        return -1;
    return attempt_finish(tx, attempt, err);
}

static struct timeline_row entry_of(const struct attempt *attempt, const char *effect)
{
    return (struct timeline_row){
        .call_number = attempt->job.call_number,
        .account_sid = attempt->job.account_sid,
        .at_ms = attempt_now_ms(attempt),
        .kind = TIMELINE_REST,
        .route = "POST /Calls.json",
        .effect = effect,
    };
}

/* Another attempt was sending and has not come back to say what Twilio did. */
static int take_over(struct store_tx *tx, struct taking *taking, struct error *err)
{
    const struct attempt *attempt = taking->attempt;
    struct timeline_row entry = entry_of(attempt, "unknown");
    struct call_news news = call_news_begin(&taking->call, attempt->arena);
    entry.raw = "problem=the%20attempt%20before%20ended%20without%20a%20word&outcome=unknown";
    taking->moved = true;
    taking->outcome = "unknown";
    if (become_unknown(tx, attempt, &taking->call, err) < 0)
        return -1;
    entry.news = call_news_text(&news, &taking->call);
    return store_append_timeline(tx, &entry, err);
}

/* Hung up before it was sent. */
static int cancel_unsent(struct store_tx *tx, struct taking *taking, struct error *err)
{
    const struct attempt *attempt = taking->attempt;
    struct call_news news = call_news_begin(&taking->call, attempt->arena);
    struct timeline_row entry = entry_of(attempt, "never_sent");
    taking->moved = true;
    taking->outcome = "canceled";
    entry.raw = "outcome=canceled";
    if (cancel(tx, attempt, &taking->call, err) < 0)
        return -1;
    entry.news = call_news_text(&news, &taking->call);
    return store_append_timeline(tx, &entry, err);
}

static int take(struct store_tx *tx, void *work, struct error *err)
{
    struct taking *taking = work;
    struct attempt *attempt = taking->attempt;
    struct call_row *call = &taking->call;
    taking->go = taking->moved = false;
    taking->outcome = "nothing_to_do";
    if (store_get_call_by_number(store_tx_reader(tx), attempt->job.call_number, attempt->arena,
                                 call, err) < 0)
        return -1;
    if (call->placement == CALL_PLACEMENT_SENDING)
        return take_over(tx, taking, err);
    if (call->placement != CALL_PLACEMENT_INTENDED)
        return attempt_finish(tx, attempt, err);
    if (call->hangup_wanted)
        return cancel_unsent(tx, taking, err);
    taking->go = true;
    call->placement = CALL_PLACEMENT_SENDING;
    return store_update_call(tx, call, err);
}

/* ---- the request ---- */

static int build(const struct attempt *attempt,
                 const struct call_row *call,
                 struct rest_request *out,
                 struct error *err)
{
    const struct hook_settings *hooks = attempt->hooks;
    struct arena *arena = attempt->arena;
    struct call_plan plan;
    if (plan_from_text(call->plan, arena, &plan, err) < 0)
        return -1;
    bool ours = plan.flow != CALL_FLOW_TWIML_URL;
    struct rest_call_create create = {
        .to = plan.to,
        .from = plan.from,
        .url = ours ? hook_url(hooks, HOOK_VOICE, call->id, arena) : plan.twiml_url,
        .method = "POST",
        .fallback_url = hook_url(hooks, HOOK_FALLBACK, call->id, arena),
        .fallback_method = "POST",
        .status_callback = hook_url(hooks, HOOK_STATUS, call->id, arena),
        .status_callback_method = "POST",
        .status_callback_events = "initiated ringing answered completed",
        .timeout_s = plan.timeout_s,
        .time_limit_s = plan.time_limit_s,
        .send_digits = plan.send_digits,
        .machine_detection = plan.machine_detection,
    };
    if (plan.record && plan.announcement == NULL) {
        create.record = REST_YES;
        create.recording_channels = plan.recording_channels;
        create.trim = plan.trim;
        create.recording_status_callback = hook_url(hooks, HOOK_RECORDING, call->id, arena);
        create.recording_status_callback_method = "POST";
        create.recording_status_callback_events = "in-progress completed absent";
    }
    return rest_create_call(attempt->with->account, &create, arena, out, err);
}

/* ---- after: what became of it ---- */

struct settling {
    struct attempt *attempt;
    const struct talk *said;   /* NULL: nothing was said, see `local` */
    const struct error *local; /* the request could not be made */
    struct rest_call resource; /* what Twilio has made; sid NULL if nothing */
    int64_t sequence;
    const char *outcome;
};

static int refuse(struct store_tx *tx,
                  struct settling *settling,
                  struct call_row *call,
                  int code,
                  const char *why,
                  struct error *err)
{
    settling->outcome = "refused";
    call_be_refused(call, code, why, attempt_now_ms(settling->attempt));
    if (store_update_call(tx, call, err) < 0)
        return -1;
    return attempt_finish(tx, settling->attempt, err);
}

static int
be_placed(struct store_tx *tx, struct settling *settling, struct call_row *call, struct error *err)
{
    const struct attempt *attempt = settling->attempt;
    struct rest_call resource;
    struct error unread = {0};
    int64_t now_ms = attempt_now_ms(attempt);
    settling->outcome = "placed";
    /* 201 with a body that cannot be read: the call exists; its name is known if a callback has told it. */
    if (rest_read_call(settling->said->body, settling->said->body_len, attempt->arena, &resource,
                       &unread) < 0) {
        if (call->placement == CALL_PLACEMENT_PLACED)
            return attempt_finish(tx, attempt, err);
        settling->outcome = "unknown";
        return become_unknown(tx, attempt, call, err);
    }
    settling->resource = resource;
    if (call_be_placed(tx, call, &resource, attempt->with->silence, now_ms, attempt->arena, err) <
            0 ||
        store_update_call(tx, call, err) < 0)
        return -1;
    return attempt_finish(tx, attempt, err);
}

/* Nothing was done at Twilio: wait and ask again, unless it was enough or nobody wants the call any more. */
static int
postpone(struct store_tx *tx, struct settling *settling, struct call_row *call, struct error *err)
{
    const struct attempt *attempt = settling->attempt;
    const struct talk *said = settling->said;
    if (call->hangup_wanted) {
        settling->outcome = "canceled";
        return cancel(tx, attempt, call, err);
    }
    if (attempt->job.attempts >= (int)attempt_lane(attempt)->attempts_max)
        return refuse(tx, settling, call, said->refusal.code, said->problem, err);
    settling->outcome = "postponed";
    call->placement = CALL_PLACEMENT_INTENDED;
    if (store_update_call(tx, call, err) < 0)
        return -1;
    return store_retry_job(tx, attempt->job.number, attempt_again_at(attempt, said->retry_after_ms),
                           said->problem, err);
}

static int
decide(struct store_tx *tx, struct settling *settling, struct call_row *call, struct error *err)
{
    const struct talk *said = settling->said;
    if (said == NULL)
        return refuse(tx, settling, call, 0, settling->local->message, err);
    /* A callback came before the answer: the call is placed whatever the answer was. */
    if (call->placement == CALL_PLACEMENT_PLACED && said->result != TALK_DONE) {
        settling->outcome = "placed";
        return attempt_finish(tx, settling->attempt, err);
    }
    switch (said->result) {
    case TALK_DONE:
        return be_placed(tx, settling, call, err);
    case TALK_REFUSED:
        return refuse(tx, settling, call, said->refusal.code, said->refusal.message, err);
    case TALK_THROTTLED:
    case TALK_NEVER_SENT:
        return postpone(tx, settling, call, err);
    case TALK_UNKNOWN:
        break;
    }
    settling->outcome = "unknown";
    return become_unknown(tx, settling->attempt, call, err);
}

static int settle(struct store_tx *tx, void *work, struct error *err)
{
    struct settling *settling = work;
    struct attempt *attempt = settling->attempt;
    struct call_row call;
    settling->resource = (struct rest_call){0};
    if (store_get_call_by_number(store_tx_reader(tx), attempt->job.call_number, attempt->arena,
                                 &call, err) < 0)
        return -1;
    struct call_news news = call_news_begin(&call, attempt->arena);
    if (decide(tx, settling, &call, err) < 0)
        return -1;
    struct talk nothing = {.result = TALK_NEVER_SENT, .summary = ""};
    struct timeline_row entry =
        talk_entry(attempt, settling->said != NULL ? settling->said : &nothing, TIMELINE_REST,
                   "POST /Calls.json");
    entry.leg_sid = call.root_sid;
    entry.raw =
        repair_raw(entry.raw, settling->outcome, &settling->resource, NULL, 0, attempt->arena);
    entry.news = call_news_text(&news, &call);
    if (store_append_timeline(tx, &entry, err) < 0)
        return -1;
    settling->sequence = entry.sequence;
    return 0;
}

static int record(struct attempt *attempt,
                  const struct talk *said,
                  const struct error *local,
                  struct error *err)
{
    struct settling settling = {.attempt = attempt, .said = said, .local = local};
    if (store_apply(attempt->with->store, settle, &settling, err) < 0)
        return -1; /* the row says sending: whoever comes next finds out what Twilio did */
    attempt_count(attempt, settling.outcome);
    if (strcmp(settling.outcome, "postponed") != 0)
        attempt_publish(attempt, EVENT_CALL_PLACEMENT, settling.sequence);
    runner_wake(attempt->runner, JOB_LANE_CALLS);
    return 0;
}

int place_call(struct attempt *attempt, struct error *err)
{
    struct taking taking = {.attempt = attempt};
    if (store_apply(attempt->with->store, take, &taking, err) < 0)
        return -1;
    if (taking.moved)
        attempt_publish(attempt, EVENT_CALL_PLACEMENT, 0);
    if (!taking.go) {
        attempt_count(attempt, taking.outcome);
        runner_wake(attempt->runner, JOB_LANE_CALLS);
        return 0;
    }
    struct rest_request request;
    struct talk said;
    struct error local = {0};
    if (build(attempt, &taking.call, &request, &local) < 0)
        return record(attempt, NULL, &local, err);
    if (talk(attempt, &request, &said, &local) < 0)
        said = (struct talk){.result = TALK_NEVER_SENT,
                             .retry_after_ms = -1,
                             .summary = "",
                             .problem = arena_strdup(attempt->arena, local.message)};
    return record(attempt, &said, NULL, err);
}
