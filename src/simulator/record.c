/*
 * <Record>.
 *
 * The person's script says how long the recording hears something, whether a key ends it then, and which words they were. With
 * trim-silence (the default) the silence behind them is cut off. If nothing was heard there is no recording, and the next verb
 * comes.
 */
#include "record.h"

#include <string.h>

#include "gather.h"
#include "leg.h"
#include "recording.h"
#include "url.h"

enum {
    TIMEOUT_S = 5,
    MOST_S = 3600,
    MOST_TRANSCRIBED_S = 120,
    ERROR_URL = 11100,
};

static void act(struct sim *sim, struct leg *leg, const char *digits)
{
    struct fields extra = {0};
    const char *method = NULL;
    const char *action = run_action(leg, leg->run.record, &method);
    recording_fields(sim, leg->recording, leg->arena, &extra);
    if (*digits)
        fields_add(&extra, leg->arena, "Digits", arena_strdup(leg->arena, digits));
    leg->run.record = NULL;
    leg->recording = NULL;
    if (action == NULL && !leg_is_over(leg))
        run_fail(sim, leg, ERROR_URL, "", "<Record> needs an absolute action here");
    else if (leg_is_over(leg) && action)
        run_tell(sim, leg, "action", method, action, &extra);
    else if (action)
        run_fetch(sim, leg, "action", method, action, &extra);
}

/* The silence behind what was said, if it is to be cut off. */
static int64_t trimmed_ms(const struct sim *sim, const struct leg *leg)
{
    bool trim =
        strcmp(node_attribute_or(leg->run.record, "trim", "trim-silence"), "trim-silence") == 0;
    int64_t heard_ms = sim->now.sim_ms - leg->recording_since_ms;
    int64_t silence_ms = heard_ms - leg->script.speaks_ms;
    return trim && silence_ms > 0 ? silence_ms : 0;
}

static void finish(struct sim *sim, struct leg *leg, const char *digits)
{
    timer_cancel(&sim->timers, &leg->run.wait);
    recording_stop_trimmed(sim, leg->recording, trimmed_ms(sim, leg));
    act(sim, leg, digits);
}

static void on_silence(struct sim *sim, void *context)
{
    finish(sim, context, "");
}

static void on_key(struct sim *sim, void *context)
{
    struct leg *leg = context;
    leg_note(sim, leg, "presses", "%s", leg->script.finish_key);
    finish(sim, leg, leg->script.finish_key);
}

static void on_nothing(struct sim *sim, void *context)
{
    struct leg *leg = context;
    recording_absent(sim, leg->recording);
    leg->run.record = NULL;
    leg->recording = NULL;
    run_continue(sim, leg);
}

static bool ends_it(const struct twiml_node *record, const char *digits)
{
    const char *keys = node_attribute_or(record, "finishOnKey", "1234567890*#");
    return *digits && strchr(keys, *digits);
}

/* What this person will do, and when. */
static void wait_for_person(struct sim *sim, struct leg *leg)
{
    const struct twiml_node *record = leg->run.record;
    const struct script *script = &leg->script;
    bool transcribed = node_flag(record, "transcribe", false);
    int64_t most =
        node_number(record, "maxLength", 1, 14400, transcribed ? MOST_TRANSCRIBED_S : MOST_S) *
        1000;
    int64_t silence = node_number(record, "timeout", 0, 3600, TIMEOUT_S) * 1000;
    int64_t until = silence > 0 ? script->speaks_ms + silence : most;
    timer_fn *then = on_silence;
    if (script->finish_key && ends_it(record, script->finish_key)) {
        until = script->speaks_ms;
        then = on_key;
    }
    if (until > most) {
        until = most;
        then = on_silence;
    }
    if (script->speaks_ms <= 0) {
        until = silence > 0 ? silence : most;
        then = on_nothing;
    }
    timer_arm(&sim->timers, &leg->run.wait, sim->now.sim_ms + until, then, leg);
}

static struct recording_plan
plan_of(struct sim *sim, struct leg *leg, const struct twiml_node *node)
{
    struct recording_plan plan = recording_plan(sim, leg, node);
    const char *given = node_attribute_or(node, "transcribeCallback", "");
    plan.transcribe = node_flag(node, "transcribe", false);
    plan.transcribe_url = *given ? url_resolve(leg->arena, leg->run.url, given) : NULL;
    if (*given && plan.transcribe_url == NULL)
        leg_warn(sim, leg, ERROR_URL, "not a URL: %s", given);
    return plan;
}

enum step record_start(struct sim *sim, struct leg *leg, const struct twiml_node *node)
{
    static const struct recording_way way = {
        .source = "RecordVerb", .track = "both", .channels = 1};
    leg_answer(sim, leg);
    leg_note(sim, leg, "records", "%s", node_flag(node, "playBeep", true) ? "after a beep" : "");
    leg->run.record = node;
    leg->recording_since_ms = sim->now.sim_ms;
    const struct recording_plan plan = plan_of(sim, leg, node);
    leg->recording = recording_start(sim, leg, &way, &plan);
    wait_for_person(sim, leg);
    return STEP_WAIT;
}

bool record_press(struct sim *sim, struct leg *leg, const char *digits)
{
    if (leg->run.record == NULL || !ends_it(leg->run.record, digits))
        return false;
    leg_note(sim, leg, "presses", "%c", *digits);
    finish(sim, leg, arena_copy(leg->arena, digits, 1));
    return true;
}

void record_hung_up(struct sim *sim, struct leg *leg)
{
    if (leg->script.speaks_ms > 0) {
        finish(sim, leg, "hangup");
        return;
    }
    recording_absent(sim, leg->recording);
    leg->run.record = NULL;
    leg->recording = NULL;
}

void record_drop(struct sim *sim, struct leg *leg)
{
    if (leg->run.record)
        recording_stop(sim, leg->recording);
    leg->run.record = NULL;
    leg->recording = NULL;
}
