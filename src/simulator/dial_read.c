/* Reading a <Dial> and its nouns. */
#include "dial_read.h"

#include <string.h>

#include "core/text.h"
#include "leg.h"
#include "url.h"

enum {
    DIAL_TIMEOUT_S = 30,
    DIAL_LIMIT_S = 14400,
    ERROR_NUMBER = 13223,
    ERROR_NOUN = 12200,
    ERROR_URL = 11100,
};

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

struct dial *dial_read(struct sim *sim, struct leg *leg, const struct twiml_node *node)
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
    dial->recording_track = recording_track(node_attribute_or(node, "recordingTrack", "both"));
    read_nouns(sim, dial);
    return dial;
}

/*
 * A telephone is shown a number that is ours: owned, verified, or one that is on this call already.
 * A client may be shown anything.
 */
bool dial_caller_id_is_allowed(const struct sim *sim, const struct dial *dial)
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
