#include "app/explain.h"

#include <string.h>

#include "core/fields.h"
#include "core/limits.h"
#include "core/macros.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "store/privacy.h"
#include "store/retention.h"
#include "voice/plan.h"

/* By age (store/retention.h), or because somebody was erased (store/privacy.h). */
static int read_kept(struct store_rx *rx, struct explain_rows *rows, struct error *err)
{
    static const enum retention_kind kinds[] = {RETENTION_TIMELINE, RETENTION_RAW};
    enum call_erased erased = CALL_NOT_ERASED;
    rows->kept_from_ms = 0;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct retention_mark mark;
        if (store_get_retention_mark(rx, kinds[i], &mark, err) < 0)
            return -1;
        if (mark.removed_before_ms > rows->call.created_at_ms &&
            mark.removed_before_ms > rows->kept_from_ms)
            rows->kept_from_ms = mark.removed_before_ms;
    }
    if (store_get_call_erased(rx, rows->call.number, &erased, err) < 0)
        return -1;
    if (erased != CALL_NOT_ERASED)
        rows->kept_from_ms = rows->call.heard_at_ms + 1;
    return 0;
}

int explain_read(struct store_rx *rx,
                 const struct call_row *call,
                 struct arena *arena,
                 struct explain_rows *out,
                 struct error *err)
{
    out->call = *call;
    if (store_list_legs(rx, call->number, arena, &out->legs, err) < 0 ||
        store_list_call_recordings(rx, call->number, arena, &out->recordings, err) < 0 ||
        read_kept(rx, out, err) < 0)
        return -1;
    return store_list_timeline(rx, call->number, 0, LIMIT_TIMELINE_ENTRIES, arena, &out->timeline,
                               err);
}

/* What an entry holds as a form; empty if it is none (JSON, nothing). */
static struct fields parameters_of(const struct timeline_row *row, struct arena *arena)
{
    struct fields fields = {0};
    struct error ignored = {0};
    if (row->raw == NULL || row->raw[0] == '{' ||
        fields_decode(row->raw, strlen(row->raw), LIMIT_FORM_PAIRS, arena, &fields, &ignored) < 0)
        return (struct fields){0};
    return fields;
}

static int64_t number_of(const struct fields *fields, const char *name, int64_t missing)
{
    int64_t number;
    return text_to_int64(fields_text(fields, name), 0, INT32_MAX, &number) ? number : missing;
}

static int64_t happened_at(const struct fields *fields)
{
    int64_t at_ms;
    return time_from_rfc2822(fields_text(fields, "Timestamp"), &at_ms) ? at_ms : 0;
}

int64_t explain_happened_at(const struct timeline_row *row)
{
    auto_arena struct arena *arena = arena_create();
    struct fields fields = parameters_of(row, arena);
    return happened_at(&fields);
}

const char *explain_source(const struct timeline_row *row)
{
    switch (row->kind) {
    case TIMELINE_REQUEST:
        return "frontend";
    case TIMELINE_REST:
        return "rest";
    case TIMELINE_REPAIR:
        return row->raw == NULL ? "switchhook" : "rest";
    case TIMELINE_VOICEMAIL:
        return "switchhook";
    case TIMELINE_RECORDING: /* Twilio's word came to a path of ours */
        return row->route == NULL ? "switchhook" : row->route[0] == '/' ? "twilio" : "rest";
    case TIMELINE_INSTRUCTION:
    case TIMELINE_STATUS:
    case TIMELINE_TRANSCRIPTION:
    case TIMELINE_CONFERENCE:
    case TIMELINE_MESSAGE:
    case TIMELINE_TASKROUTER:
    case TIMELINE_VIDEO:
    case TIMELINE_STREAM:
    case TIMELINE_ANSWERED_BY:
    case TIMELINE_FACT:
        break;
    }
    return "twilio";
}

/* ---- in one line ---- */

struct summary {
    const struct timeline_row *row;
    struct fields fields;
    bool numbers;
    struct arena *arena;
    const char *text;
};

static void say(struct summary *summary, const char *words)
{
    if (text_is_empty(words))
        return;
    summary->text = text_is_empty(summary->text)
                        ? words
                        : arena_printf(summary->arena, "%s, %s", summary->text, words);
}

static const char *shown(const struct summary *summary, const char *text)
{
    if (summary->numbers)
        return text;
    size_t bytes = strlen(text) + 1;
    char *out = arena_alloc(summary->arena, bytes);
    text_mask_number(out, bytes, text);
    return out;
}

/* "WORDS value", if the entry has the parameter. */
static void
say_parameter(struct summary *summary, const char *words, const char *name, const char *unit)
{
    const char *value = fields_text(&summary->fields, name);
    if (!text_is_empty(value))
        say(summary, arena_printf(summary->arena, "%s%s%s", words, shown(summary, value), unit));
}

static void say_status(struct summary *summary)
{
    say_parameter(summary, "", "CallStatus", "");
    say_parameter(summary, "to ", "To", "");
    say_parameter(summary, "number ", "SequenceNumber", "");
    say_parameter(summary, "after ", "CallDuration", " s");
    say_parameter(summary, "SIP ", "SipResponseCode", "");
    say_parameter(summary, "error ", "ErrorCode", "");
}

static void say_decision(struct summary *summary)
{
    struct decision decision;
    struct error ignored = {0};
    if (summary->row->answer == NULL ||
        decision_from_text(summary->row->answer, summary->arena, &decision, &ignored) < 0)
        return;
    struct fields answer;
    if (fields_decode(summary->row->answer, strlen(summary->row->answer), LIMIT_FORM_PAIRS,
                      summary->arena, &answer, &ignored) < 0)
        return;
    const char *whom = decision.number != NULL ? decision.number : decision.client;
    say(summary, arena_printf(summary->arena, "answered: %s%s%s%s%s", fields_text(&answer, "do"),
                              whom == NULL ? "" : " ", whom == NULL ? "" : shown(summary, whom),
                              decision.reason == REASON_NONE ? "" : " because ",
                              reason_code(decision.reason)));
}

static void say_question(struct summary *summary)
{
    say(summary, arena_printf(summary->arena, "asks %s", summary->row->route));
    say_parameter(summary, "", "CallStatus", "");
    say_parameter(summary, "the dial ended ", "DialCallStatus", "");
    say_parameter(summary, "pressed ", "Digits", "");
    say_parameter(summary, "error ", "ErrorCode", "");
    say_decision(summary);
}

static void say_recording(struct summary *summary)
{
    say_parameter(summary, "", "RecordingSid", "");
    say_parameter(summary, "", "RecordingStatus", "");
    say_parameter(summary, "", "RecordingDuration", " s");
    say_parameter(summary, "error ", "ErrorCode", "");
}

static const char *told_status(const struct summary *summary, const char *name)
{
    const char *text = fields_text(&summary->fields, name);
    struct fields resource;
    struct error ignored = {0};
    if (text_is_empty(text) || fields_decode(text, strlen(text), LIMIT_FORM_PAIRS, summary->arena,
                                             &resource, &ignored) < 0)
        return "";
    return fields_text(&resource, "status");
}

static void say_exchange(struct summary *summary)
{
    const char *status = told_status(summary, "call");
    say(summary, summary->row->route);
    say_parameter(summary, "", "result", "");
    say_parameter(summary, "HTTP ", "status", "");
    say_parameter(summary, "code ", "code", "");
    say_parameter(summary, "", "problem", "");
    if (!text_is_empty(status))
        say(summary, arena_printf(summary->arena, "Twilio says %s", status));
    say_parameter(summary, "legs ", "legs", "");
    say_parameter(summary, "recordings ", "recordings", "");
}

const char *explain_summary(const struct timeline_row *row, bool numbers, struct arena *arena)
{
    struct summary summary = {
        .row = row, .fields = parameters_of(row, arena), .numbers = numbers, .arena = arena};
    switch (row->kind) {
    case TIMELINE_INSTRUCTION:
        say_question(&summary);
        break;
    case TIMELINE_STATUS:
        say_status(&summary);
        break;
    case TIMELINE_RECORDING:
        say_recording(&summary);
        break;
    case TIMELINE_REST:
    case TIMELINE_REPAIR:
        say_exchange(&summary);
        break;
    case TIMELINE_TRANSCRIPTION: /* what was said stays where it may be read */
        say_parameter(&summary, "", "TranscriptionEvent", "");
        say_parameter(&summary, "", "TranscriptionStatus", "");
        say_parameter(&summary, "number ", "SequenceId", "");
        if (text_is_empty(summary.text))
            say(&summary, "words, see the transcript");
        break;
    case TIMELINE_VOICEMAIL:
        say(&summary, row->effect == NULL ? "the outcome changes" : "a message of the caller's");
        break;
    case TIMELINE_REQUEST:
    case TIMELINE_CONFERENCE:
    case TIMELINE_MESSAGE:
    case TIMELINE_TASKROUTER:
    case TIMELINE_VIDEO:
    case TIMELINE_STREAM:
    case TIMELINE_ANSWERED_BY:
    case TIMELINE_FACT:
        say(&summary, row->route);
        break;
    }
    return summary.text == NULL ? "" : summary.text;
}

/* ---- diagnosis ---- */

static enum told_kind told_kind_of(enum timeline_kind kind)
{
    switch (kind) {
    case TIMELINE_INSTRUCTION:
        return TOLD_INSTRUCTION;
    case TIMELINE_STATUS:
        return TOLD_STATUS;
    case TIMELINE_RECORDING:
        return TOLD_RECORDING;
    case TIMELINE_REST:
        return TOLD_REST;
    case TIMELINE_REPAIR:
        return TOLD_REPAIR;
    case TIMELINE_REQUEST:
    case TIMELINE_TRANSCRIPTION:
    case TIMELINE_CONFERENCE:
    case TIMELINE_MESSAGE:
    case TIMELINE_TASKROUTER:
    case TIMELINE_VIDEO:
    case TIMELINE_STREAM:
    case TIMELINE_ANSWERED_BY:
    case TIMELINE_VOICEMAIL:
    case TIMELINE_FACT:
        break;
    }
    return TOLD_OTHER;
}

static const char *or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

static struct told told_of(const struct timeline_row *row, struct arena *arena)
{
    struct fields fields = parameters_of(row, arena);
    struct error ignored = {0};
    struct told told = {
        .kind = told_kind_of(row->kind),
        .at_ms = row->at_ms,
        .happened_ms = happened_at(&fields),
        .route = or_empty(row->route),
        .leg_sid = or_empty(row->leg_sid),
        .effect = or_empty(row->effect),
        .sequence = number_of(&fields, "SequenceNumber", -1),
        .repeats = row->repeats,
        .asks_after_dial = fields_get(&fields, "DialCallStatus") != NULL,
        .asks_fallback =
            row->kind == TIMELINE_INSTRUCTION && fields_get(&fields, "ErrorUrl") != NULL,
    };
    const char *code = told.kind == TOLD_REST || told.kind == TOLD_REPAIR ? "code" : "ErrorCode";
    told.code = number_of(&fields, code, 0);
    told.problem = fields_text(&fields, "problem");
    if (!call_status_from_text(fields_text(&fields, "CallStatus"), &told.status))
        told.status = CALL_STATUS_NONE;
    told.decided = row->answer != NULL &&
                   decision_from_text(row->answer, arena, &told.decision, &ignored) == 0;
    return told;
}

/* We ask for all events of what we place and of whom we dial; a number or TwiML App tells the end alone. */
static struct told_leg *legs_of(const struct explain_rows *rows, struct arena *arena)
{
    const struct call_row *call = &rows->call;
    struct told_leg *legs = arena_alloc(arena, (rows->legs.count + 1) * sizeof(*legs));
    legs[0] = (struct told_leg){
        .sid = or_empty(call->root_sid), .all_events = call->plan != NULL, .state = call->root};
    for (size_t i = 0; i < rows->legs.count; i++) {
        const struct leg_row *leg = &rows->legs.items[i];
        legs[i + 1] = (struct told_leg){.sid = leg->sid, .all_events = true, .state = leg->state};
    }
    return legs;
}

static struct told_recording *recordings_of(const struct explain_rows *rows, struct arena *arena)
{
    size_t count = rows->recordings.count;
    struct told_recording *recordings = arena_alloc(arena, count * sizeof(*recordings));
    for (size_t i = 0; i < count; i++) {
        const struct recording_row *row = &rows->recordings.items[i];
        recordings[i] = (struct told_recording){
            .sid = row->sid,
            .completed = text_equal(row->status, "completed"),
            .stored = row->media != RECORDING_MEDIA_WANTED && row->media != RECORDING_MEDIA_FAILED,
            .given_up = row->media == RECORDING_MEDIA_FAILED,
            .error = or_empty(row->media_error),
        };
    }
    return recordings;
}

static bool wants_recording(const struct explain_rows *rows, const struct told *entries)
{
    auto_arena struct arena *arena = arena_create();
    struct call_plan plan;
    struct error ignored = {0};
    if (rows->call.plan != NULL && plan_from_text(rows->call.plan, arena, &plan, &ignored) == 0 &&
        plan.record && plan.announcement == NULL)
        return true;
    if (rows->call.consent_text != NULL) /* nothing is recorded before both were told */
        return rows->call.consent_callee_heard_ms != 0;
    for (size_t i = 0; i < rows->timeline.count; i++) {
        const char *record = entries[i].decided ? entries[i].decision.record : NULL;
        if (!text_is_empty(record) && !text_equal(record, "do-not-record"))
            return true;
    }
    return false;
}

struct findings
explain_findings(const struct explain_rows *rows, int64_t now_ms, struct arena *arena)
{
    const struct call_row *call = &rows->call;
    struct told *entries = arena_alloc(arena, rows->timeline.count * sizeof(*entries));
    for (size_t i = 0; i < rows->timeline.count; i++)
        entries[i] = told_of(&rows->timeline.items[i], arena);
    struct diagnosis_case what = {
        .now_ms = now_ms,
        .placement = call->placement,
        .outcome = call->outcome,
        .has_price = !text_is_empty(call->price),
        .refusal = call->refusal,
        .refusal_code = call->refusal_code,
        .heard_at_ms = call->heard_at_ms,
        .due_at_ms = call->due_at_ms,
        .recording_wanted = wants_recording(rows, entries),
        .entries = entries,
        .entry_count = rows->timeline.count,
        .legs = legs_of(rows, arena),
        .leg_count = rows->legs.count + 1,
        .recordings = recordings_of(rows, arena),
        .recording_count = rows->recordings.count,
        .kept_from_ms = rows->kept_from_ms,
    };
    return diagnose(&what, arena);
}
