/*
 * Asking for TwiML and doing what it says.
 *
 * A verb is a function in a table. It either is done at once (STEP_NEXT) or has arranged for what
 * comes next (STEP_WAIT): a timer that calls run_continue, another document, a <Dial> that comes
 * back.
 */
#include "execute.h"

#include <string.h>

#include "callbacks.h"
#include "core/limits.h"
#include "core/text.h"
#include "delivery.h"
#include "dial.h"
#include "gather.h"
#include "leg.h"
#include "live.h"
#include "record.h"
#include "recording.h"
#include "start_stop.h"
#include "url.h"

enum {
    SAY_MS_PER_BYTE = 65, /* about 150 words a minute */
    PLAY_MS = 5000,       /* nobody fetches the sound to see how long it is */
    DIGIT_MS = 500,
    APOLOGY_MS = 4000, /* "We are sorry, an application error has occurred. Goodbye." */
    ENDLESS_MS = 24 * 3600 * 1000,
    ERROR_URL = 11100,
    ERROR_CONTENT_TYPE = 12300,
    ERROR_NESTED_DIAL = 13201,
    WARNING_EMPTY_SAY = 13520,
    WARNING_NOT_SIMULATED = 12200,
};

/* ---- asking for documents ---- */

static void
on_document(struct sim *sim, struct delivery *delivery, const struct sim_answer *answer);

static void add_all(struct delivery *delivery, const struct fields *extra)
{
    for (size_t i = 0; extra && i < extra->count; i++)
        callback_add(delivery, extra->items[i].name, extra->items[i].value);
}

static void ask(struct sim *sim,
                struct leg *leg,
                const char *purpose,
                const char *method,
                const char *url,
                const struct fields *extra)
{
    struct delivery *delivery = delivery_create(sim, leg, DELIVERY_TWIML, purpose, method, url);
    callback_voice(sim, delivery);
    add_all(delivery, extra);
    leg->run.fetch = delivery;
    leg->run.active = true;
    delivery_start(sim, delivery, on_document, NULL);
}

void run_fetch(struct sim *sim,
               struct leg *leg,
               const char *purpose,
               const char *method,
               const char *url,
               const struct fields *extra)
{
    const char *resolved = url_resolve(leg->arena, leg->run.url, url);
    if (resolved == NULL) {
        run_fail(sim, leg, ERROR_URL, url, "not a URL");
        return;
    }
    if (++leg->run.documents > DOCUMENTS_PER_CALL_MAX) {
        leg_note(sim, leg, "stopped", "more than %d documents", DOCUMENTS_PER_CALL_MAX);
        leg_hang_up(sim, leg);
        return;
    }
    ask(sim, leg, purpose, method, resolved, extra);
}

void run_tell(struct sim *sim,
              struct leg *leg,
              const char *purpose,
              const char *method,
              const char *url,
              const struct fields *extra)
{
    const char *resolved = url_resolve(leg->arena, leg->run.url, url);
    if (resolved == NULL)
        return;
    struct delivery *delivery =
        delivery_create(sim, leg, DELIVERY_TWIML, purpose, method, resolved);
    callback_voice(sim, delivery);
    add_all(delivery, extra);
    delivery_start(sim, delivery, NULL, NULL);
}

const char *run_action(struct leg *leg, const struct twiml_node *node, const char **method)
{
    *method = node_attribute_or(node, "method", "POST");
    const char *action = node_attribute(node, "action");
    if (action && *action)
        return url_resolve(leg->arena, leg->run.url, action);
    return leg->run.url;
}

void run_start(struct sim *sim, struct leg *leg)
{
    const struct instructions *from = &leg->instructions;
    leg->run.active = true;
    if (from->url)
        run_fetch(sim, leg, "voice", from->method, from->url, NULL);
    else if (from->twiml)
        run_inline(sim, leg, from->twiml);
    else
        leg_hang_up(sim, leg);
}

/* ---- what comes back ---- */

static void on_apology_over(struct sim *sim, void *context)
{
    leg_hang_up(sim, context);
}

void run_fail(struct sim *sim, struct leg *leg, int code, const char *url, const char *why)
{
    leg_warn(sim, leg, code, "%s: %s", url, why);
    const char *fallback = leg->instructions.fallback_url;
    bool again = fallback && url && strcmp(fallback, url) == 0;
    run_stop(sim, leg);
    if (fallback && !again) {
        struct fields extra = {0};
        fields_add(&extra, leg->arena, "ErrorCode", arena_printf(leg->arena, "%d", code));
        fields_add(&extra, leg->arena, "ErrorUrl", url_without_fragment(leg->arena, url));
        run_fetch(sim, leg, "fallback", leg->instructions.fallback_method, fallback, &extra);
        return;
    }
    leg_note(sim, leg, "says", "\"We are sorry, an application error has occurred. Goodbye.\"");
    leg_answer(sim, leg);
    leg->run.active = true;
    leg->run.dying = true;
    timer_arm(&sim->timers, &leg->run.wait, sim->now.sim_ms + APOLOGY_MS, on_apology_over, leg);
}

enum content { CONTENT_TWIML, CONTENT_PLAIN, CONTENT_AUDIO, CONTENT_OTHER };

static enum content content_of(const char *type)
{
    static const char *const twiml[] = {"text/xml", "application/xml", "text/html"};
    size_t len = strcspn(type, "; ");
    for (size_t i = 0; i < ARRAY_LEN(twiml); i++)
        if (strlen(twiml[i]) == len && strncasecmp(twiml[i], type, len) == 0)
            return CONTENT_TWIML;
    if (text_starts_with_nocase(type, "audio/"))
        return CONTENT_AUDIO;
    return len == strlen("text/plain") && strncasecmp("text/plain", type, len) == 0 ? CONTENT_PLAIN
                                                                                    : CONTENT_OTHER;
}

static void adopt(struct sim *sim, struct leg *leg, struct document *document, const char *url)
{
    document_free(leg->run.document);
    leg->run.document = document;
    leg->run.url = url;
    leg->run.next = document->tree.response->children;
    document_check(sim, leg, document);
    run_continue(sim, leg);
}

/* Audio is played, text that is no TwiML is read aloud, and then the call is over. */
static void play_and_hang_up(struct sim *sim, struct leg *leg, const char *what, int64_t ms)
{
    leg_note(sim, leg, "plays", "the answer itself, %s", what);
    leg_answer(sim, leg);
    timer_arm(&sim->timers, &leg->run.wait, sim->now.sim_ms + ms, on_apology_over, leg);
}

static void read_document(struct sim *sim,
                          struct leg *leg,
                          struct delivery *delivery,
                          const struct sim_answer *answer)
{
    enum content content = content_of(answer->content_type);
    if (content == CONTENT_AUDIO) {
        play_and_hang_up(sim, leg, answer->content_type, PLAY_MS);
        return;
    }
    if (content == CONTENT_OTHER) {
        const char *type = *answer->content_type ? answer->content_type : "(none)";
        run_fail(sim, leg, ERROR_CONTENT_TYPE, delivery->url,
                 arena_printf(delivery->arena, "content type %s", type));
        return;
    }
    struct error err = {0};
    struct document *document = document_read(answer->body, answer->body_len, &err);
    if (document)
        adopt(sim, leg, document, url_without_fragment(leg->arena, delivery->url));
    else if (content == CONTENT_PLAIN)
        play_and_hang_up(sim, leg, "read aloud", (int64_t)answer->body_len * SAY_MS_PER_BYTE);
    else
        run_fail(sim, leg, err.twilio_code, delivery->url, err.message);
}

static void on_document(struct sim *sim, struct delivery *delivery, const struct sim_answer *answer)
{
    struct leg *leg = delivery->leg;
    if (leg->run.fetch != delivery || leg_is_over(leg))
        return;
    leg->run.fetch = NULL;
    int code = delivery_error_code(answer);
    if (code) {
        const char *why = answer->kind == SIM_ANSWERED
                              ? arena_printf(delivery->arena, "HTTP %d", answer->status)
                              : answer->problem;
        run_fail(sim, leg, code, delivery->url, why);
        return;
    }
    read_document(sim, leg, delivery, answer);
}

void run_inline(struct sim *sim, struct leg *leg, const char *twiml)
{
    struct error err = {0};
    leg->run.active = true;
    struct document *document = document_read(twiml, strlen(twiml), &err);
    if (document)
        adopt(sim, leg, document, NULL);
    else
        run_fail(sim, leg, err.twilio_code, "Twiml", err.message);
}

/* ---- verbs ---- */

static void on_wait_over(struct sim *sim, void *context)
{
    run_continue(sim, context);
}

void run_wait(struct sim *sim, struct leg *leg, int64_t ms, bool limit)
{
    int64_t due = sim->now.sim_ms + ms;
    if (limit)
        timer_arm_guard(&sim->timers, &leg->run.wait, due, on_wait_over, leg);
    else
        timer_arm(&sim->timers, &leg->run.wait, due, on_wait_over, leg);
}

static int64_t once_ms(const struct twiml_node *node)
{
    const char *name = node->name;
    if (strcmp(name, "Pause") == 0)
        return node_number(node, "length", 1, 86400, 1) * 1000;
    if (strcmp(name, "Say") == 0)
        return (int64_t)strlen(node->text) * SAY_MS_PER_BYTE;
    const char *digits = node_attribute(node, "digits");
    return digits ? (int64_t)strlen(digits) * DIGIT_MS : PLAY_MS;
}

int64_t run_prompt_ms(const struct twiml_node *node)
{
    int64_t loop = node_number(node, "loop", 0, 1000, 1);
    return loop == 0 ? ENDLESS_MS : once_ms(node) * loop;
}

static enum step verb_say(struct sim *sim, struct leg *leg, const struct twiml_node *node)
{
    const char *text = node->text;
    if (*text == '\0') {
        leg_warn(sim, leg, WARNING_EMPTY_SAY, "<Say> without text");
        return STEP_NEXT;
    }
    leg_answer(sim, leg);
    leg_note(sim, leg, "says", "\"%s\"", text);
    run_wait(sim, leg, run_prompt_ms(node), node_number(node, "loop", 0, 1000, 1) == 0);
    return STEP_WAIT;
}

static enum step verb_play(struct sim *sim, struct leg *leg, const struct twiml_node *node)
{
    const char *digits = node_attribute(node, "digits");
    const char *url = url_resolve(leg->arena, leg->run.url, node->text);
    if (digits == NULL && url == NULL) {
        leg_warn(sim, leg, ERROR_URL, "<Play> of '%s'", node->text);
        return STEP_NEXT;
    }
    leg_answer(sim, leg);
    leg_note(sim, leg, "plays", "%s%s", digits ? "digits " : "", digits ? digits : url);
    run_wait(sim, leg, run_prompt_ms(node), node_number(node, "loop", 0, 1000, 1) == 0);
    return STEP_WAIT;
}

static enum step verb_pause(struct sim *sim, struct leg *leg, const struct twiml_node *node)
{
    leg_note(sim, leg, "pauses", "%lld ms", (long long)run_prompt_ms(node));
    run_wait(sim, leg, run_prompt_ms(node), false); /* as the first verb it delays the answer */
    return STEP_WAIT;
}

static enum step verb_hangup(struct sim *sim, struct leg *leg, const struct twiml_node *node)
{
    (void)node;
    leg_answer(sim, leg); /* unlike <Reject>, it costs a call */
    leg_note(sim, leg, "hung up", "by TwiML");
    leg_hang_up(sim, leg);
    return STEP_WAIT;
}

static enum step verb_reject(struct sim *sim, struct leg *leg, const struct twiml_node *node)
{
    const char *reason = node_attribute_or(node, "reason", "rejected");
    leg_note(sim, leg, "rejected", "%s", reason);
    if (leg->direction == LEG_INBOUND && leg->status == LEG_RINGING)
        leg_end(sim, leg, strcmp(reason, "busy") == 0 ? LEG_BUSY : LEG_NO_ANSWER, 0);
    else
        leg_hang_up(sim, leg);
    return STEP_WAIT;
}

static enum step verb_redirect(struct sim *sim, struct leg *leg, const struct twiml_node *node)
{
    const char *url = node->text;
    if (*url == '\0' && leg->run.url == NULL) {
        run_fail(sim, leg, ERROR_URL, "", "<Redirect> without URL in a document without one");
        return STEP_WAIT;
    }
    leg_note(sim, leg, "redirected", "to %s", *url ? url : leg->run.url);
    run_fetch(sim, leg, "redirect", node_attribute_or(node, "method", "POST"), url, NULL);
    return STEP_WAIT;
}

static enum step verb_dial(struct sim *sim, struct leg *leg, const struct twiml_node *node)
{
    if (leg->member_of) {
        leg_warn(sim, leg, ERROR_NESTED_DIAL, "<Dial> in a whisper");
        leg_hang_up(sim, leg);
        return STEP_WAIT;
    }
    return dial_start(sim, leg, node);
}

static const struct {
    const char *name;
    enum step (*run)(struct sim *sim, struct leg *leg, const struct twiml_node *node);
} verbs[] = {
    {"Say",      verb_say     },
    {"Play",     verb_play    },
    {"Pause",    verb_pause   },
    {"Gather",   gather_start },
    {"Record",   record_start },
    {"Dial",     verb_dial    },
    {"Start",    start_start  },
    {"Stop",     stop_start   },
    {"Redirect", verb_redirect},
    {"Hangup",   verb_hangup  },
    {"Reject",   verb_reject  },
};

static enum step run_verb(struct sim *sim, struct leg *leg, const struct twiml_node *node)
{
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (strcmp(verbs[i].name, node->name) == 0)
            return verbs[i].run(sim, leg, node);
    leg_warn(sim, leg, WARNING_NOT_SIMULATED, "<%s> is not simulated and was skipped", node->name);
    return STEP_NEXT;
}

static void end_of_document(struct sim *sim, struct leg *leg)
{
    if (leg->member_of) {
        dial_whisper_over(sim, leg);
        return;
    }
    leg_answer(sim, leg);
    leg_note(sim, leg, "hung up", "at the end of the document");
    leg_hang_up(sim, leg);
}

void run_continue(struct sim *sim, struct leg *leg)
{
    while (!leg_is_over(leg) && leg->run.next) {
        const struct twiml_node *node = leg->run.next;
        leg->run.next = node->next;
        if (run_verb(sim, leg, node) == STEP_WAIT)
            return;
    }
    if (!leg_is_over(leg))
        end_of_document(sim, leg);
}

/* ---- stopping ---- */

void run_stop(struct sim *sim, struct leg *leg)
{
    struct run *run = &leg->run;
    timer_cancel(&sim->timers, &run->wait);
    document_free(run->document);
    run->document = NULL;
    run->next = NULL;
    run->fetch = NULL;
    run->gather = NULL;
    record_drop(sim, leg);
    run->active = false;
}

void run_end(struct sim *sim, struct leg *leg)
{
    if (leg->run.record)
        record_hung_up(sim, leg);
    recordings_end(sim, leg);
    lives_stop(sim, leg, NULL);
    run_stop(sim, leg);
}
