/*
 * <Dial>.
 *
 * Several nouns ring at once and the first to answer wins (or one after another, if `sequential`).
 * The winner may hear a whisper (`url` of its noun) before it is joined. When it is over, control
 * goes to `action`, or to the next verb.
 */
#include "dial.h"

#include <string.h>

#include "core/text.h"
#include "leg.h"
#include "recording.h"
#include "url.h"

enum {
    DIAL_TIMEOUT_S = 30,
    DIAL_LIMIT_S = 14400,
    SIP_OK = 200,
    SIP_CANCELED = 487,
    ERROR_CALLER_ID = 13214,
    ERROR_NUMBER = 13223,
    ERROR_NOUN = 12200,
    ERROR_URL = 11100,
    TARGET_BYTES = 256,
};

enum noun_kind { NOUN_NUMBER, NOUN_CLIENT, NOUN_SIP };

struct noun {
    enum noun_kind kind;
    const char *to;
    const char *url; /* whisper, NULL: none */
    const char *method;
    struct subscription callback;
    struct fields custom;
};

struct dial {
    struct leg *caller;
    const char *caller_id;
    const char *action; /* absolute, NULL: none */
    const char *method;
    int64_t timeout_ms;
    int64_t limit_ms;
    bool on_bridge;
    bool sequential;
    const char *record;
    struct recording_plan plan;
    struct noun nouns[NOUNS_MAX];
    struct leg *members[NOUNS_MAX]; /* of the noun in the same place */
    size_t count;
    size_t called;
    struct leg *winner;
    bool bridged;
    bool over;
    const struct twiml_node *node; /* only while it is being read */
    struct recording *recording;
};

/* ---- reading
 * -----------------------------------------------------------------------------------------------
 */

static unsigned events_of(const char *words)
{
    static const struct {
        const char *word;
        unsigned event;
    } events[] = {
        {"initiated", EVENT_INITIATED},
        {"ringing",   EVENT_RINGING  },
        {"answered",  EVENT_ANSWERED },
        {"completed", EVENT_COMPLETED},
    };
    unsigned all = 0;
    for (size_t i = 0; i < ARRAY_LEN(events); i++)
        if (strstr(words, events[i].word))
            all |= events[i].event;
    return all;
}

static const char *resolve(struct sim *sim, struct leg *leg, const char *url)
{
    if (text_is_empty(url))
        return NULL;
    const char *resolved = url_resolve(leg->arena, leg->run.url, url);
    if (resolved == NULL)
        leg_warn(sim, leg, ERROR_URL, "not a URL: %s", url);
    return resolved;
}

static void
read_callbacks(struct sim *sim, struct leg *leg, const struct twiml_node *node, struct noun *noun)
{
    struct arena *arena = leg->arena;
    noun->url = resolve(sim, leg, node_attribute(node, "url"));
    noun->method = arena_strdup(arena, node_attribute_or(node, "method", "POST"));
    noun->callback = (struct subscription){
        .url = resolve(sim, leg, node_attribute(node, "statusCallback")),
        .method = arena_strdup(arena, node_attribute_or(node, "statusCallbackMethod", "POST")),
        .events = events_of(node_attribute_or(node, "statusCallbackEvent", "completed")),
        .progress = true,
    };
}

static const struct twiml_node *child(const struct twiml_node *node, enum twiml_element element)
{
    for (const struct twiml_node *one = node->children; one; one = one->next)
        if (one->element == element)
            return one;
    return NULL;
}

static void read_client(struct leg *leg, const struct twiml_node *node, struct noun *noun)
{
    const struct twiml_node *identity = child(node, TWIML_IDENTITY);
    noun->to = arena_printf(leg->arena, "client:%s", identity ? identity->text : node->text);
    for (const struct twiml_node *one = node->children; one; one = one->next)
        if (one->element == TWIML_PARAMETER)
            fields_add(&noun->custom, leg->arena,
                       arena_strdup(leg->arena, node_attribute_or(one, "name", "")),
                       arena_strdup(leg->arena, node_attribute_or(one, "value", "")));
}

/* Digits may be written with spaces, dots, dashes and brackets. */
static const char *tidy_number(struct arena *arena, const char *text)
{
    char *out = arena_strdup(arena, text);
    size_t len = 0;
    for (const char *c = text; *c; c++)
        if (strchr(" .-()", *c) == NULL)
            out[len++] = *c;
    out[len] = '\0';
    return out;
}

static bool
read_noun(struct sim *sim, struct leg *leg, const struct twiml_node *node, struct noun *out)
{
    *out = (struct noun){0};
    read_callbacks(sim, leg, node, out);
    switch ((int)node->element) {
    case TWIML_NUMBER:
        out->kind = NOUN_NUMBER;
        out->to = tidy_number(leg->arena, node->text);
        break;
    case TWIML_CLIENT:
        out->kind = NOUN_CLIENT;
        read_client(leg, node, out);
        break;
    case TWIML_SIP:
        out->kind = NOUN_SIP;
        out->to = arena_strdup(leg->arena, node->text);
        break;
    default:
        leg_warn(sim, leg, ERROR_NOUN, "<%s> in <Dial> is not simulated", node->name);
        return false;
    }
    if (out->kind == NOUN_NUMBER && !text_is_e164(out->to)) {
        leg_warn(sim, leg, ERROR_NUMBER, "not a number to dial: '%s'", out->to);
        return false;
    }
    return true;
}

/* The text of <Dial> itself. */
static bool read_text(struct sim *sim, struct leg *leg, const char *text, struct noun *out)
{
    *out = (struct noun){.method = "POST"};
    if (text_starts_with(text, "client:"))
        out->kind = NOUN_CLIENT;
    else if (text_starts_with(text, "sip:"))
        out->kind = NOUN_SIP;
    out->to =
        out->kind == NOUN_NUMBER ? tidy_number(leg->arena, text) : arena_strdup(leg->arena, text);
    if (out->kind != NOUN_NUMBER || text_is_e164(out->to))
        return true;
    leg_warn(sim, leg, ERROR_NUMBER, "not a number to dial: '%s'", out->to);
    return false;
}

static void read_nouns(struct sim *sim, struct dial *dial)
{
    struct leg *leg = dial->caller;
    if (*dial->node->text && read_text(sim, leg, dial->node->text, &dial->nouns[0]))
        dial->count = 1;
    for (const struct twiml_node *node = dial->node->children; node; node = node->next) {
        if (dial->count == NOUNS_MAX) {
            leg_warn(sim, leg, ERROR_NOUN, "<Dial> rings at most %d", NOUNS_MAX);
            return;
        }
        if (read_noun(sim, leg, node, &dial->nouns[dial->count]))
            dial->count++;
    }
}

static struct dial *read_dial(struct sim *sim, struct leg *leg, const struct twiml_node *node)
{
    struct arena *arena = leg->arena;
    struct dial *dial = arena_alloc(arena, sizeof(*dial));
    *dial = (struct dial){
        .caller = leg,
        .node = node,
        .caller_id = arena_strdup(arena, node_attribute_or(node, "callerId", leg->from)),
        .action = resolve(sim, leg, node_attribute(node, "action")),
        .method = arena_strdup(arena, node_attribute_or(node, "method", "POST")),
        .timeout_ms = node_number(node, "timeout", 1, 600, DIAL_TIMEOUT_S) * 1000,
        .limit_ms = node_number(node, "timeLimit", 1, 86400, DIAL_LIMIT_S) * 1000,
        .on_bridge = node_flag(node, "answerOnBridge", false),
        .sequential = node_flag(node, "sequential", false),
        .record = arena_strdup(arena, node_attribute_or(node, "record", "do-not-record")),
    };
    dial->plan = recording_plan(sim, leg, node);
    read_nouns(sim, dial);
    return dial;
}

/*
 * A telephone is shown a number that is ours: owned, verified, or one that is on this call already.
 * A client may be shown anything.
 */
static bool caller_id_is_allowed(const struct sim *sim, const struct dial *dial)
{
    const struct leg *leg = dial->caller;
    bool telephone = false;
    for (size_t i = 0; i < dial->count; i++)
        telephone |= dial->nouns[i].kind == NOUN_NUMBER;
    if (!telephone)
        return true;
    if (!text_is_e164(dial->caller_id))
        return false;
    return world_may_call_from(sim, dial->caller_id) || strcmp(dial->caller_id, leg->from) == 0 ||
           strcmp(dial->caller_id, leg->to) == 0;
}

/* ---- the end
 * -----------------------------------------------------------------------------------------------
 */

static void drop_members(struct sim *sim, struct dial *dial, const struct leg *but)
{
    for (size_t i = 0; i < dial->called; i++) {
        struct leg *member = dial->members[i];
        if (member == NULL || member == but || leg_is_over(member))
            continue;
        if (member->status == LEG_IN_PROGRESS)
            leg_end(sim, member, LEG_COMPLETED, SIP_OK);
        else
            leg_end(sim, member, LEG_CANCELED, SIP_CANCELED);
    }
}

static void add_outcome(const struct sim *sim,
                        const struct dial *dial,
                        const char *status,
                        const struct leg *member,
                        struct fields *out)
{
    struct arena *arena = dial->caller->arena;
    fields_add(out, arena, "DialCallStatus", status);
    if (member) {
        fields_add(out, arena, "DialCallSid", arena_strdup(arena, member->sid));
        fields_add(out, arena, "DialCallDuration",
                   arena_printf(arena, "%lld", (long long)leg_duration_s(sim, member)));
    }
    if (member && member->was_answered)
        fields_add(out, arena, "DialBridged", dial->bridged ? "true" : "false");
    if (dial->recording)
        recording_fields(dial->recording, arena, out);
}

/* A failure inside dial_start returns to run_continue by itself; later ones have to call it. */
static enum step
dial_finish(struct sim *sim, struct dial *dial, const char *status, const struct leg *member)
{
    struct leg *leg = dial->caller;
    dial->over = true;
    leg->dial = NULL;
    if (dial->recording)
        recording_stop(sim, dial->recording);
    leg_note(sim, leg, "dial over", "%s", status);
    if (dial->action == NULL)
        return STEP_NEXT;
    struct fields extra = {0};
    add_outcome(sim, dial, status, member, &extra);
    run_fetch(sim, leg, "action", dial->method, dial->action, &extra);
    return STEP_WAIT;
}

static void
dial_finish_later(struct sim *sim, struct dial *dial, const char *status, const struct leg *member)
{
    struct leg *leg = dial->caller;
    if (dial_finish(sim, dial, status, member) == STEP_NEXT)
        run_continue(sim, leg);
}

/* ---- calling
 * -----------------------------------------------------------------------------------------------
 */

static void call_next(struct sim *sim, struct dial *dial)
{
    const struct noun *noun = &dial->nouns[dial->called];
    struct leg *leg = leg_create(sim, LEG_OUTBOUND_DIAL, dial->caller_id, noun->to, dial->caller);
    leg->member_of = dial;
    leg->timeout_ms = dial->timeout_ms;
    leg->time_limit_ms = dial->limit_ms;
    leg->status_callback = noun->callback;
    leg->custom = noun->custom;
    leg->from_pstn = false;
    dial->members[dial->called++] = leg;
    leg_dial(sim, leg);
}

enum step dial_start(struct sim *sim, struct leg *leg, const struct twiml_node *node)
{
    struct dial *dial = read_dial(sim, leg, node);
    dial->node = NULL;
    leg->dial = dial;
    if (!dial->on_bridge)
        leg_answer(sim, leg);
    if (!caller_id_is_allowed(sim, dial)) {
        leg_warn(sim, leg, ERROR_CALLER_ID,
                 "<Dial> with caller id '%s', which is neither owned nor verified",
                 dial->caller_id);
        return dial_finish(sim, dial, "failed", NULL);
    }
    if (dial->count == 0)
        return dial_finish(sim, dial, "failed", NULL);
    leg_note(sim, leg, "dials", "%s%s", dial->nouns[0].to, dial->count > 1 ? " and others" : "");
    call_next(sim, dial);
    while (!dial->sequential && dial->called < dial->count)
        call_next(sim, dial);
    return STEP_WAIT;
}

/* ---- joining
 * -----------------------------------------------------------------------------------------------
 */

static void start_recording(struct sim *sim, struct dial *dial)
{
    const char *record = dial->record;
    if (strcmp(record, "do-not-record") == 0 || strcmp(record, "false") == 0)
        return;
    dial->recording =
        recording_start(sim, dial->caller, "DialVerb", strstr(record, "dual") ? 2 : 1, &dial->plan);
}

static void bridge(struct sim *sim, struct dial *dial)
{
    dial->bridged = true;
    leg_answer(sim, dial->caller);
    leg_note(sim, dial->caller, "bridged", "with %s", dial->winner->to);
    start_recording(sim, dial);
}

void dial_member_answered(struct sim *sim, struct leg *member)
{
    struct dial *dial = member->member_of;
    dial->winner = member;
    drop_members(sim, dial, member);
    for (size_t i = 0; i < dial->called; i++) {
        const struct noun *noun = &dial->nouns[i];
        if (dial->members[i] != member || noun->url == NULL)
            continue;
        run_fetch(sim, member, "whisper", noun->method, noun->url, NULL);
        return;
    }
    bridge(sim, dial);
}

void dial_whisper_over(struct sim *sim, struct leg *member)
{
    run_stop(sim, member);
    bridge(sim, member->member_of);
}

/* What several unanswered members together come to: the most telling word. */
static const struct leg *most_telling(const struct dial *dial)
{
    static const enum leg_status order[] = {LEG_BUSY, LEG_NO_ANSWER, LEG_FAILED, LEG_CANCELED};
    for (size_t o = 0; o < ARRAY_LEN(order); o++)
        for (size_t i = 0; i < dial->called; i++)
            if (dial->members[i] && dial->members[i]->status == order[o])
                return dial->members[i];
    return NULL;
}

static bool somebody_rings(const struct dial *dial)
{
    for (size_t i = 0; i < dial->called; i++)
        if (dial->members[i] && !leg_is_over(dial->members[i]))
            return true;
    return false;
}

void dial_member_ended(struct sim *sim, struct leg *member)
{
    struct dial *dial = member->member_of;
    if (dial->over || (dial->winner && dial->winner != member))
        return;
    if (dial->winner == member) {
        dial_finish_later(sim, dial, "completed", member);
        return;
    }
    if (dial->sequential && dial->called < dial->count) {
        call_next(sim, dial);
        return;
    }
    if (somebody_rings(dial))
        return;
    const struct leg *telling = most_telling(dial); /* never NULL: `member` is one */
    ASSERT(telling != NULL);
    dial_finish_later(sim, dial, leg_status_text(telling->status), telling);
}

void dial_member_leaves(struct sim *sim, struct leg *member)
{
    struct dial *dial = member->member_of;
    member->member_of = NULL;
    if (dial->over)
        return;
    dial_finish_later(sim, dial, "completed", NULL);
}

void dial_forget_member(struct leg *member)
{
    struct dial *dial = member->member_of;
    for (size_t i = 0; dial && i < dial->called; i++)
        if (dial->members[i] == member)
            dial->members[i] = NULL;
}

void dial_caller_gone(struct sim *sim, struct leg *caller)
{
    struct dial *dial = caller->dial;
    const struct leg *member = dial->winner;
    dial->over = true;
    caller->dial = NULL;
    drop_members(sim, dial, NULL);
    if (dial->recording)
        recording_stop(sim, dial->recording);
    if (dial->action == NULL)
        return;
    struct fields extra = {0};
    add_outcome(sim, dial, member ? "completed" : "canceled",
                member || dial->called == 0 ? member : dial->members[0], &extra);
    run_tell(sim, caller, "action", dial->method, dial->action, &extra);
}

void dial_drop(struct sim *sim, struct leg *caller)
{
    struct dial *dial = caller->dial;
    if (dial == NULL)
        return;
    dial->over = true;
    caller->dial = NULL;
    if (dial->recording)
        recording_stop(sim, dial->recording);
    drop_members(sim, dial, NULL);
}

const struct leg *dial_partner(const struct leg *leg)
{
    if (leg->dial)
        return leg->dial->bridged ? leg->dial->winner : NULL;
    const struct dial *dial = leg->member_of;
    return dial && dial->bridged && !dial->over && dial->winner == leg ? dial->caller : NULL;
}
