/*
 * /twiml and below: Twilio asks what now. The answer comes from memory and one transaction, within five seconds at
 * worst, and a validly signed request always gets TwiML: if we fail, the apology.
 */
#include "app/admission.h"
#include "app/audit.h"
#include "app/dialect.h"
#include "app/hand_over.h"
#include "app/identity.h"
#include "consent.h"
#include "core/log.h"
#include "core/text.h"
#include "delivery.h"
#include "http/body.h"
#include "http/problem.h"
#include "jobs/runner.h"
#include "render.h"
#include "voice/outcome.h"
#include "voice/voicemail.h"
#include "webhooks/webhooks.h"

struct instruction_result {
    bool wanted;  /* a recording is to be fetched */
    bool records; /* one is to begin */
    bool repeat;
    enum reason refused; /* by the policy */
    struct decision decision;
    const char *call_id;
    struct event event;
};

struct instruction_work;

/* What a route decides, given the call. Runs inside apply; may change `call`. */
typedef int decide_fn(struct store_tx *tx,
                      const struct instruction_work *work,
                      struct delivery_call *call,
                      struct arena *arena,
                      struct decision *out,
                      struct error *err);

struct instruction_work {
    struct delivery delivery;
    const struct fields *fields;
    const struct dialect_shape *shape;
    decide_fn *decide;
    struct audit_entry audit; /* of what is dialled or refused; what is not known yet is missing */
    struct instruction_result result;
};

/* ---- what each route decides ---- */

static int read_plan(const struct call_row *call,
                     struct arena *arena,
                     const struct call_plan **out,
                     struct error *err)
{
    *out = NULL;
    if (call->plan == NULL)
        return 0;
    struct call_plan *plan = arena_alloc(arena, sizeof(*plan));
    if (plan_from_text(call->plan, arena, plan, err) < 0)
        return -1;
    *out = plan;
    return 0;
}

/* An inbound call belongs to whoever is rung for it; nobody dialled, nobody reached. */
static int note_decision(struct store_rx *rx,
                         struct call_row *call,
                         const struct decision *decision,
                         struct arena *arena,
                         struct error *err)
{
    bool nobody_home = decision->reason == REASON_NOBODY_HOME; /* with a voicemail or without */
    if (decision->kind == DECIDE_SAY || decision->kind == DECIDE_REJECT ||
        decision->kind == DECIDE_REJECT_BUSY || nobody_home) {
        enum call_outcome outcome = nobody_home ? CALL_OUTCOME_NO_ANSWER : CALL_OUTCOME_REFUSED;
        call->outcome = outcome_merge(call->outcome, outcome);
        call->refusal = reason_code(decision->reason);
    }
    if (decision->kind != DECIDE_DIAL_CLIENT || call->identity != NULL)
        return 0;
    call->identity = identity_of_client(decision->client, arena);
    return delivery_stamp_group(rx, call, arena, err);
}

/* ---- voicemail ---- */

/* Instead of being told that nobody was reached, the caller may leave a message. */
static void offer_voicemail(const struct instruction_work *work,
                            const char *dial_call_status,
                            const struct call_row *call,
                            struct decision *decision)
{
    struct voicemail_facts facts = {
        .direction = call->direction,
        .root_status = call->root.status,
        .outcome = call->outcome,
        .dial_call_status = dial_call_status,
        .hangup_wanted = call->hangup_wanted,
    };
    if (!work->delivery.app->config->voicemail.on || !voicemail_is_offered(&facts))
        return;
    *decision = route_to_voicemail(decision, call->to, call->identity);
}

static bool wants_recording(const struct instruction_work *work)
{
    const char *field = work->shape->recording_field;
    bool wanted = false;
    return field != NULL && text_to_bool(fields_text(work->fields, field), &wanted) && wanted;
}

static int decide_voice(struct store_tx *tx,
                        const struct instruction_work *work,
                        struct delivery_call *call,
                        struct arena *arena,
                        struct decision *out,
                        struct error *err)
{
    const struct call_plan *plan;
    if (read_plan(&call->row, arena, &plan, err) < 0)
        return -1;
    struct instruction_facts facts = {
        .direction = call->row.direction,
        .from = work->delivery.from,
        .to = work->delivery.to,
        .phone_number = fields_get(work->fields, "phoneNumber"),
        .recording_wanted = wants_recording(work),
    };
    *out = route_call(work->delivery.app->routing, &facts, plan, arena);
    if (note_decision(store_tx_reader(tx), &call->row, out, arena, err) < 0)
        return -1;
    if (out->kind == DECIDE_SAY && out->reason == REASON_NOBODY_HOME)
        offer_voicemail(work, NULL, &call->row, out);
    return 0;
}

static int decide_menu(struct store_tx *tx,
                       const struct instruction_work *work,
                       struct delivery_call *call,
                       struct arena *arena,
                       struct decision *out,
                       struct error *err)
{
    (void)tx;
    const struct call_plan *plan;
    if (read_plan(&call->row, arena, &plan, err) < 0)
        return -1;
    *out =
        route_menu(work->delivery.app->routing, fields_text(work->fields, "Digits"), plan, arena);
    return 0;
}

/* The dial's own report of the child leg: the last word if the leg's callbacks were lost. */
static int take_dialled_leg(struct store_tx *tx,
                            const struct instruction_work *work,
                            struct delivery_call *call,
                            struct arena *arena,
                            struct error *err)
{
    const char *sid = fields_get(work->fields, "DialCallSid");
    struct leg_news news = {
        .sequence = -1,
        .at_ms = work->delivery.at_ms,
        .duration_s = delivery_int(work->fields, "DialCallDuration", -1),
    };
    if (!text_is_sid(sid, "CA") ||
        !call_status_from_text(fields_text(work->fields, "DialCallStatus"), &news.status) ||
        !call_status_is_terminal(news.status))
        return 0;
    struct leg_row leg;
    if (delivery_insert_new(tx, call, err) < 0 ||
        delivery_get_leg(store_tx_reader(tx), &work->delivery, &call->row, sid, arena, &leg, err) <
            0)
        return -1;
    (void)leg_take_news(&leg.state, &news);
    return call_news_put_leg(tx, &call->news, &leg, err);
}

static int decide_after_dial(struct store_tx *tx,
                             const struct instruction_work *work,
                             struct delivery_call *call,
                             struct arena *arena,
                             struct decision *out,
                             struct error *err)
{
    enum call_outcome outcome = outcome_of_dial(fields_text(work->fields, "DialCallStatus"),
                                                fields_text(work->fields, "DialBridged"));
    call->row.outcome = outcome_merge(call->row.outcome, outcome);
    consent_caller_heard(&call->row, work->delivery.at_ms);
    *out = route_after_dial(outcome);
    offer_voicemail(work, fields_text(work->fields, "DialCallStatus"), &call->row, out);
    return take_dialled_leg(tx, work, call, arena, err);
}

/* A message was recorded. What it says of the recording is taken as from any callback. */
static int decide_after_message(struct store_tx *tx,
                                const struct instruction_work *work,
                                struct delivery_call *call,
                                struct arena *arena,
                                struct decision *out,
                                struct error *err)
{
    (void)tx;
    (void)call;
    (void)arena;
    (void)err;
    bool gone = text_equal(fields_text(work->fields, "Digits"), "hangup");
    *out = (struct decision){.kind = gone ? DECIDE_HANGUP : DECIDE_VOICEMAIL_TAKEN};
    return 0;
}

/* Who was dialled has answered, and is not joined yet. */
static int decide_whisper(struct store_tx *tx,
                          const struct instruction_work *work,
                          struct delivery_call *call,
                          struct arena *arena,
                          struct decision *out,
                          struct error *err)
{
    (void)tx;
    (void)work;
    (void)arena;
    (void)err;
    *out = consent_whisper(&call->row);
    return 0;
}

static int decide_announced(struct store_tx *tx,
                            const struct instruction_work *work,
                            struct delivery_call *call,
                            struct arena *arena,
                            struct decision *out,
                            struct error *err)
{
    (void)tx;
    (void)arena;
    (void)err;
    bool child = delivery_is_child(&work->delivery, &call->row);
    *out = consent_heard(&call->row, child, work->delivery.at_ms);
    return 0;
}

/* Twilio could not get or use an answer of ours: nothing is known but that the caller is waiting. */
static int decide_fallback(struct store_tx *tx,
                           const struct instruction_work *work,
                           struct delivery_call *call,
                           struct arena *arena,
                           struct decision *out,
                           struct error *err)
{
    (void)tx;
    (void)arena;
    (void)err;
    log_warning("twiml.fallback", LOG_TEXT("call", call->row.id),
                LOG_INT("error_code", delivery_int(work->fields, "ErrorCode", 0)),
                LOG_PHONE("error_url", fields_text(work->fields, "ErrorUrl")));
    *out = (struct decision){.kind = DECIDE_APOLOGISE};
    return 0;
}

/* ---- apply ---- */

static int repeat_answer(struct instruction_work *work,
                         const struct delivery_call *call,
                         const struct timeline_row *earlier,
                         struct arena *arena,
                         struct error *err)
{
    if (earlier->answer == NULL)
        return error_set(err, ERROR_INTERNAL, "the first answer is not in the timeline");
    if (decision_from_text(earlier->answer, arena, &work->result.decision, err) < 0)
        return -1;
    work->result.repeat = true;
    work->result.call_id = call->row.id;
    return 0;
}

/* The request itself says how far the call is: inbound calls have no earlier news. */
static void take_status(const struct instruction_work *work, struct call_row *call)
{
    if (delivery_is_child(&work->delivery, call))
        return; /* a document for the one who is rung (a whisper): its own callbacks tell of it */
    struct leg_news news = {.sequence = -1, .at_ms = work->delivery.at_ms, .duration_s = -1};
    if (!call_status_from_text(fields_text(work->fields, "CallStatus"), &news.status))
        return;
    (void)leg_take_news(&call->root, &news);
    call->outcome = outcome_merge(
        call->outcome, outcome_of_root(call->direction, plan_flow(call->plan), &call->root));
}

/* ---- may it be dialled ---- */

static bool dials(const struct decision *decision)
{
    return decision->kind == DECIDE_DIAL_NUMBER || decision->kind == DECIDE_DIAL_CLIENT;
}

static struct decision turn_away(const struct policy *policy)
{
    static const enum decision_kind answers[] = {
        [POLICY_ANSWER_REJECT] = DECIDE_REJECT,
        [POLICY_ANSWER_BUSY] = DECIDE_REJECT_BUSY,
        [POLICY_ANSWER_SAY] = DECIDE_SAY,
    };
    return (struct decision){.kind = answers[policy->blocked_answer], .reason = REASON_BLOCKED};
}

/* Twilio asks, but it is the browser's person, or whoever calls us, who wanted this. */
static int audit_verdict(struct store_tx *tx,
                         const struct instruction_work *work,
                         const struct call_row *call,
                         const char *number,
                         const struct policy_verdict *verdict,
                         struct error *err)
{
    bool refused = verdict->reason != REASON_NONE;
    bool inbound = call->direction == CALL_DIRECTION_INBOUND;
    struct caller caller = {
        .kind = CALLER_TWILIO,
        .owner = "twilio",
        .identity = inbound ? NULL : call->identity,
    };
    struct audit_entry entry = work->audit;
    entry.action = refused ? AUDIT_CALL_REFUSED : AUDIT_CALL_DIAL;
    entry.allowed = !refused;
    entry.caller = &caller;
    entry.call_number = call->number;
    entry.call_id = call->id;
    entry.number = number;
    entry.reason = refused ? reason_code(verdict->reason) : NULL;
    entry.detail = refused ? verdict->because : NULL;
    return audit_append(tx, work->delivery.app->config, &entry, err);
}

/* Somebody calls us: that costs the one who is rung nothing, so it is not counted. */
static void judge_inbound(const struct instruction_work *work,
                          struct decision *decision,
                          struct policy_verdict *verdict)
{
    const struct policy *policy = work->delivery.app->policy;
    if (!policy_blocks_caller(policy, work->delivery.from))
        return;
    *decision = turn_away(policy);
    *verdict = (struct policy_verdict){.reason = REASON_BLOCKED,
                                       .because = "the number that calls is blocked"};
}

/*
 * Whatever dials comes through here. A number that was chosen when the call was placed (its plan has it) is what is
 * shown or nothing; a browser takes what it may have.
 */
static int judge_dial(struct store_tx *tx,
                      const struct instruction_work *work,
                      const struct delivery_call *found,
                      struct arena *arena,
                      struct decision *decision,
                      struct policy_verdict *verdict,
                      struct error *err)
{
    const struct call_row *call = &found->row;
    bool to_number = decision->kind == DECIDE_DIAL_NUMBER;
    const char *shown = to_number ? decision->caller_id : NULL;
    struct admission admission = {
        .call = call,
        .is_new = found->is_new,
        .number = to_number ? decision->number : NULL,
        .caller_id = call->plan != NULL ? shown : NULL,
        .default_caller_id = shown,
        .now_ms = work->delivery.now_ms,
    };
    if (admission_decide(tx, work->delivery.app, &admission, arena, verdict, err) < 0)
        return -1;
    if (verdict->reason != REASON_NONE) {
        *decision = (struct decision){.kind = DECIDE_SAY, .reason = verdict->reason};
        return 0;
    }
    if (to_number)
        decision->caller_id = verdict->caller_id;
    decision->time_limit_s = (int)admission_shorter(decision->time_limit_s, verdict->call_seconds);
    return 0;
}

static int judge(struct store_tx *tx,
                 struct instruction_work *work,
                 struct delivery_call *found,
                 struct arena *arena,
                 struct decision *decision,
                 struct error *err)
{
    struct call_row *call = &found->row;
    bool inbound = work->decide == decide_voice && call->direction == CALL_DIRECTION_INBOUND;
    const char *number = inbound ? work->delivery.from : decision->number;
    struct policy_verdict verdict = {0};
    if (inbound)
        judge_inbound(work, decision, &verdict);
    else if (dials(decision) && judge_dial(tx, work, found, arena, decision, &verdict, err) < 0)
        return -1;
    work->result.refused = verdict.reason;
    const char *dialled = decision->kind == DECIDE_DIAL_CLIENT ? decision->client : number;
    if (verdict.reason == REASON_NONE) /* what was placed by REST is in the audit log already */
        return !dials(decision) || call->direction != CALL_DIRECTION_OUTBOUND_BROWSER
                   ? 0
                   : audit_verdict(tx, work, call, dialled, &verdict, err);
    if (audit_verdict(tx, work, call, number, &verdict, err) < 0)
        return -1;
    return note_decision(store_tx_reader(tx), call, decision, arena, err);
}

/* ---- told again ---- */

/* What was answered stays answered, whatever the settings say today; what it meant for the call is taken in anew. */
static int decide_as_before(struct store_tx *tx,
                            const struct instruction_work *work,
                            struct delivery_call *call,
                            struct arena *arena,
                            struct decision *out,
                            struct error *err)
{
    bool routed = work->decide == decide_voice || work->decide == decide_menu;
    if (!routed && work->decide(tx, work, call, arena, out, err) < 0)
        return -1;
    if (decision_from_text(work->delivery.answer, arena, out, err) < 0)
        return -1;
    if (work->decide != decide_voice && !reason_is_of_policy(out->reason))
        return 0;
    return note_decision(store_tx_reader(tx), &call->row, out, arena, err);
}

static int decide_now(struct store_tx *tx,
                      struct instruction_work *work,
                      struct delivery_call *call,
                      struct arena *arena,
                      struct decision *out,
                      struct error *err)
{
    if (work->decide(tx, work, call, arena, out, err) < 0)
        return -1;
    if (call->row.hangup_wanted) /* somebody has asked to end it, and this is the quickest way */
        *out = (struct decision){.kind = DECIDE_HANGUP};
    return judge(tx, work, call, arena, out, err);
}

/* The end of a dial or of a message. Anywhere else nobody but the page says so; see drop_words_of_page. */
static bool tells_of_recording(const struct instruction_work *work)
{
    return work->decide == decide_after_dial || work->decide == decide_after_message;
}

static int first_answer(struct store_tx *tx,
                        struct instruction_work *work,
                        struct delivery_call *call,
                        struct arena *arena,
                        struct error *err)
{
    struct delivery *delivery = &work->delivery;
    const struct call_row before = call->row;
    struct decision decision;
    take_status(work, &call->row);
    bool again = delivery->answer != NULL;
    if ((again ? decide_as_before(tx, work, call, arena, &decision, err)
               : decide_now(tx, work, call, arena, &decision, err)) < 0)
        return -1;
    if (decision.kind == DECIDE_VOICEMAIL && call->row.voicemail_at_ms == 0)
        call->row.voicemail_at_ms = delivery->now_ms;
    consent_stamp(&call->row, &decision, arena);
    work->result.records =
        decision.kind != DECIDE_HANGUP && consent_is_complete(&before, &call->row);
    struct timeline_row entry = delivery_entry(delivery, TIMELINE_INSTRUCTION, delivery->token_key);
    entry.answer = decision_to_text(&decision, arena);
    if (delivery_hear(store_tx_reader(tx), delivery, &call->row, arena, err) < 0)
        return -1;
    call->row.due_at_ms = silence_due_after(&delivery->app->silence, &decision, call->row.due_at_ms,
                                            delivery->now_ms);
    if (delivery_save(tx, call, &entry, err) < 0 ||
        (work->result.records &&
         consent_start_recording(tx, &call->row, delivery->now_ms, err) < 0) ||
        (tells_of_recording(work) &&
         delivery_put_recording(tx, delivery, work->fields, call->row.number, arena,
                                &work->result.wanted, err) < 0))
        return -1;
    work->result.decision = decision;
    work->result.call_id = call->row.id;
    work->result.event = (struct event){EVENT_CALL_STATUS, call->row.number, entry.sequence};
    return 0;
}

static int
instruction_apply(struct store_tx *tx, void *data, struct arena *arena, struct error *err)
{
    struct instruction_work *work = data;
    struct delivery_call call;
    struct timeline_row earlier;
    if (delivery_find_call(tx, &work->delivery, arena, &call, err) < 0)
        return -1;
    if (delivery_find_repeat(tx, &call, work->delivery.token_key, arena, &earlier, err) == 0)
        return repeat_answer(work, &call, &earlier, arena, err);
    if (err->kind != ERROR_NOT_FOUND)
        return -1;
    error_clear(err);
    return first_answer(tx, work, &call, arena, err);
}

static void instruction_committed(struct app *app, void *data)
{
    const struct instruction_work *work = data;
    metric_add(work->result.repeat ? app->count.webhook_repeat : app->count.webhook_applied, 1);
    admission_count(app, work->result.refused);
    if (!work->result.repeat && work->result.decision.kind == DECIDE_VOICEMAIL)
        metric_add(app->count.voicemail_offered, 1);
    if (!work->result.repeat && work->decide == decide_after_message)
        metric_add(app->count.voicemail_taken, 1);
    if (!work->result.repeat)
        bus_publish(app->bus, &work->result.event);
    if (work->result.records)
        runner_wake(app->runner, JOB_LANE_CALLS);
    delivery_wake_media(app, work->result.wanted);
}

/* ---- reply ---- */

static int instruction_reply(struct app *app,
                             struct request *request,
                             struct response *response,
                             struct error *err)
{
    if (hand_over_result(request, err) < 0) {
        metric_add(app->count.webhook_not_stored, 1);
        return -1;
    }
    const struct instruction_work *work = request->work;
    request_note(request, "call", work->result.call_id);
    render_decision(app, request, &work->result.decision, work->result.call_id, response);
    return 0;
}

/*
 * A page adds parameters of its own to its call, and Twilio passes them on with the first question and its fallback. A leg
 * that a browser begins has no parent: one that is named there is the page's invention, and would have the call taken for a
 * leg of somebody else's, dialled under that one's rules and counted for nobody.
 */
static void drop_words_of_page(decide_fn *decide, struct delivery *delivery)
{
    bool has_words_of_page = decide == decide_voice || decide == decide_fallback;
    if (has_words_of_page && text_starts_with(delivery->from, "client:"))
        delivery->parent_sid = NULL;
}

static int instruct(struct app *app, struct request *request, decide_fn *decide, struct error *err)
{
    struct instruction_work *work = arena_alloc(request->arena, sizeof(*work));
    work->fields = request_fields(request);
    work->shape = dialect_shape(request);
    work->decide = decide;
    work->audit = audit_of(request, AUDIT_CALL_DIAL);
    if (delivery_parse(app, request, &work->delivery, err) < 0)
        return -1;
    drop_words_of_page(decide, &work->delivery);
    work->delivery.is_record_action = decide == decide_after_message;
    if (work->delivery.call_sid == NULL)
        return error_field(err, "CallSid",
                           "an instruction request without CallSid is about no call");
    struct hand_over what = {
        .apply = instruction_apply,
        .work = work,
        .result = &work->result,
        .result_bytes = sizeof(work->result),
        .reply = instruction_reply,
        .committed = instruction_committed,
        .deadline_ms = app->config->server.instruction_deadline_ms,
    };
    return hand_over(app, request, &what, err);
}

int twiml_voice(struct app *app,
                struct request *request,
                struct response *response,
                struct error *err)
{
    (void)response;
    return instruct(app, request, decide_voice, err);
}

int twiml_menu(struct app *app,
               struct request *request,
               struct response *response,
               struct error *err)
{
    (void)response;
    return instruct(app, request, decide_menu, err);
}

static int dial_action_handle(struct app *app,
                              struct request *request,
                              struct response *response,
                              struct error *err)
{
    (void)response;
    return instruct(app, request, decide_after_dial, err);
}

static int voicemail_handle(struct app *app,
                            struct request *request,
                            struct response *response,
                            struct error *err)
{
    (void)response;
    return instruct(app, request, decide_after_message, err);
}

static int whisper_handle(struct app *app,
                          struct request *request,
                          struct response *response,
                          struct error *err)
{
    (void)response;
    return instruct(app, request, decide_whisper, err);
}

static int announced_handle(struct app *app,
                            struct request *request,
                            struct response *response,
                            struct error *err)
{
    (void)response;
    return instruct(app, request, decide_announced, err);
}

static int fallback_handle(struct app *app,
                           struct request *request,
                           struct response *response,
                           struct error *err)
{
    (void)response;
    return instruct(app, request, decide_fallback, err);
}

/* ---- errors ---- */

/* A caller that the guard let in hears the apology; anybody else is told what is wrong, in particular 403. */
void twiml_render_error(struct app *app,
                        const struct request *request,
                        const struct error *err,
                        struct response *response)
{
    if (request->caller == NULL) {
        bool native = request->route->dialect->data == NULL;
        (native ? problem_render : dialect_render_error)(app, request, err, response);
        return;
    }
    log_error("twiml.apology", LOG_TEXT("req", request->id),
              LOG_TEXT("kind", error_info(err->kind)->code), LOG_PHONE("error", err->message));
    render_apology(app, request->arena, response);
}

const struct dialect dialect_twiml = {"twiml", twiml_render_error, NULL};

/* ---- routes ---- */

static const char fields_schema[] =
    "{\"type\":\"object\",\"required\":[\"CallSid\"],\"properties\":{"
    "\"CallSid\":{\"type\":\"string\",\"pattern\":\"^CA[0-9a-fA-F]{32}$\"},"
    "\"From\":{\"type\":\"string\"},\"To\":{\"type\":\"string\"},"
    "\"Direction\":{\"type\":\"string\"},\"CallStatus\":{\"type\":\"string\"},"
    "\"Digits\":{\"type\":\"string\"},\"DialCallStatus\":{\"type\":\"string\"}}}";

#define TWIML_DOC(text)                                                                            \
    &(const struct route_doc)                                                                      \
    {                                                                                              \
        .summary = (text), .request_type = "application/x-www-form-urlencoded",                    \
        .request_schema = fields_schema, .response_type = "text/xml",                              \
    }

#define TWIML_ROW(where, handler, text)                                                            \
    {                                                                                              \
        .methods = HTTP_GET | HTTP_POST, .path = (where), .guard = &guard_twilio,                  \
        .body_max_bytes = WEBHOOK_BODY_MAX_BYTES, .dialect = &dialect_twiml, .handle = (handler),  \
        .doc = TWIML_DOC(text),                                                                    \
    }

static const struct route rows[] = {
    TWIML_ROW("/twiml",
              twiml_voice,
              "What now? For calls from browsers, to our numbers, and placed by REST."),
    TWIML_ROW("/twiml/menu", twiml_menu, "A digit was pressed in the menu."),
    TWIML_ROW("/twiml/dial-action", dial_action_handle, "A dial has ended."),
    TWIML_ROW("/twiml/whisper", whisper_handle, "What hears who was dialled, before it is joined?"),
    TWIML_ROW("/twiml/announced", announced_handle, "An announcement was heard to its end."),
    TWIML_ROW("/twiml/voicemail", voicemail_handle, "A message was recorded."),
    TWIML_ROW("/twiml/fallback", fallback_handle, "An answer of ours could not be had or used."),
};

const struct route_table webhooks_twiml_routes = {"webhooks/twiml", rows, ARRAY_LEN(rows)};
