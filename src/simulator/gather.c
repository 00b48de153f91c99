/*
 * <Gather>.
 *
 * The person's script has one input for each <Gather>. It comes `press_after_ms` after the verb
 * begins, or after its prompts where they cannot be interrupted; no input means prompts, then the
 * timeout.
 */
#include "gather.h"

#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "leg.h"

enum {
    GATHER_TIMEOUT_S = 5,
    NO_ACTION = 11100,
};

/* ---- <Gather> ---- */

static int64_t prompts_ms(struct sim *sim, struct leg *leg, const struct twiml_node *gather)
{
    int64_t total = 0;
    for (const struct twiml_node *node = gather->children; node; node = node->next) {
        leg_note(sim, leg, "asks", "%s \"%s\"", node->name, node->text);
        total += run_prompt_ms(node);
    }
    return total;
}

static int64_t timeout_ms(const struct twiml_node *gather)
{
    return node_number(gather, "timeout", 0, 3600, GATHER_TIMEOUT_S) * 1000;
}

static void act(struct sim *sim, struct leg *leg, const struct fields *extra)
{
    const char *method = NULL;
    const char *action = run_action(leg, leg->run.gather, &method);
    leg->run.gather = NULL;
    timer_cancel(&sim->timers, &leg->run.wait);
    if (action)
        run_fetch(sim, leg, "action", method, action, extra);
    else
        run_fail(sim, leg, NO_ACTION, "", "<Gather> needs an absolute action here");
}

static bool takes(const struct twiml_node *gather, const char *input)
{
    return strstr(node_attribute_or(gather, "input", "dtmf"), input) != NULL;
}

/* Digits up to the finishing key or the number of digits asked for. False if more are waited for.
 */
static bool
complete(const struct twiml_node *gather, const char *pressed, char *digits, const char **key)
{
    const char *finish = node_attribute_or(gather, "finishOnKey", "#");
    size_t wanted = (size_t)node_number(gather, "numDigits", 1, DIGITS_BYTES - 1, DIGITS_BYTES - 1);
    bool limited = node_attribute(gather, "numDigits") != NULL;
    size_t count = 0;
    *key = "";
    for (const char *at = pressed; *at && count < wanted; at++) {
        if (*finish && strchr(finish, *at)) {
            *key = finish;
            digits[count] = '\0';
            return true;
        }
        digits[count++] = *at;
    }
    digits[count] = '\0';
    return limited && count == wanted;
}

static void digits_entered(struct sim *sim, struct leg *leg, const char *digits, const char *key)
{
    struct fields extra = {0};
    digits = arena_strdup(leg->arena, digits); /* it may be `pressed` */
    leg->pressed[0] = '\0';
    leg_note(sim, leg, "presses", "%s%s", digits, key);
    if (*digits == '\0' && !node_flag(leg->run.gather, "actionOnEmptyResult", false)) {
        leg->run.gather = NULL; /* only the finishing key: no input */
        run_continue(sim, leg);
        return;
    }
    fields_add(&extra, leg->arena, "Digits", digits);
    fields_add(&extra, leg->arena, "FinishedOnKey", arena_strdup(leg->arena, key));
    fields_add(&extra, leg->arena, "msg", "Gather End");
    act(sim, leg, &extra);
}

/* The keys were pressed, but neither the finishing key nor enough of them: the timeout ends it. */
static void on_keys_over(struct sim *sim, void *context)
{
    struct leg *leg = context;
    digits_entered(sim, leg, leg->pressed, "");
}

/* Keys come one by one or together; what was pressed before counts. */
static void press(struct sim *sim, struct leg *leg, const char *more)
{
    char pressed[2 * DIGITS_BYTES];
    char digits[DIGITS_BYTES];
    const char *key = "";
    timer_cancel(&sim->timers, &leg->run.wait);
    (void)snprintf(pressed, sizeof(pressed), "%s%.*s", leg->pressed, DIGITS_BYTES - 1, more);
    if (complete(leg->run.gather, pressed, digits, &key)) {
        digits_entered(sim, leg, digits, key);
        return;
    }
    (void)text_copy(leg->pressed, sizeof(leg->pressed), digits);
    timer_arm(&sim->timers, &leg->run.wait, sim->now.sim_ms + timeout_ms(leg->run.gather),
              on_keys_over, leg);
}

static void speak(struct sim *sim, struct leg *leg, const char *words)
{
    struct fields extra = {0};
    leg_note(sim, leg, "speaks", "\"%s\"", words);
    fields_add(&extra, leg->arena, "SpeechResult", arena_strdup(leg->arena, words));
    fields_add(&extra, leg->arena, "Confidence", "0.9128386");
    fields_add(&extra, leg->arena, "Language",
               arena_strdup(leg->arena, node_attribute_or(leg->run.gather, "language", "en-US")));
    act(sim, leg, &extra);
}

static void on_press(struct sim *sim, void *context)
{
    struct leg *leg = context;
    press(sim, leg, leg->script.presses[leg->presses_used++]);
}

static void on_speech(struct sim *sim, void *context)
{
    struct leg *leg = context;
    speak(sim, leg, leg->script.says[leg->says_used++]);
}

static void on_silence(struct sim *sim, void *context)
{
    struct leg *leg = context;
    leg_note(sim, leg, "no input", "%s", "");
    if (node_flag(leg->run.gather, "actionOnEmptyResult", false)) {
        struct fields extra = {0};
        fields_add(&extra, leg->arena, "Digits", "");
        fields_add(&extra, leg->arena, "FinishedOnKey", "");
        fields_add(&extra, leg->arena, "msg", "Gather End");
        act(sim, leg, &extra);
        return;
    }
    leg->run.gather = NULL;
    run_continue(sim, leg);
}

/* What this person will do about this <Gather>: one input of the script is used up, "" being none.
 */
static timer_fn *input_of(struct leg *leg, const struct twiml_node *gather)
{
    const struct script *script = &leg->script;
    if (takes(gather, "dtmf") && leg->presses_used < script->press_count) {
        if (*script->presses[leg->presses_used])
            return on_press;
        leg->presses_used++;
        return NULL;
    }
    if (takes(gather, "speech") && leg->says_used < script->say_count) {
        if (*script->says[leg->says_used])
            return on_speech;
        leg->says_used++;
    }
    return NULL;
}

enum step gather_start(struct sim *sim, struct leg *leg, const struct twiml_node *node)
{
    leg_answer(sim, leg);
    leg->pressed[0] = '\0';
    leg->run.gather = node;
    int64_t prompts = prompts_ms(sim, leg, node);
    int64_t until = prompts + timeout_ms(node);
    int64_t input_at =
        leg->script.press_after_ms + (node_flag(node, "bargeIn", true) ? 0 : prompts);
    timer_fn *input = input_of(leg, node);
    if (input && input_at >= 0 && input_at <= until)
        timer_arm(&sim->timers, &leg->run.wait, sim->now.sim_ms + input_at, input, leg);
    else
        timer_arm(&sim->timers, &leg->run.wait, sim->now.sim_ms + until, on_silence, leg);
    return STEP_WAIT;
}

bool gather_press(struct sim *sim, struct leg *leg, const char *digits)
{
    if (leg->run.gather == NULL || !takes(leg->run.gather, "dtmf"))
        return false;
    press(sim, leg, digits);
    return true;
}

bool gather_say(struct sim *sim, struct leg *leg, const char *words)
{
    if (leg->run.gather == NULL || !takes(leg->run.gather, "speech"))
        return false;
    timer_cancel(&sim->timers, &leg->run.wait);
    speak(sim, leg, words);
    return true;
}
