/* How people behave. */
#include "script.h"

#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "core/xmalloc.h"

#define PATIENT                                                                                    \
    .press_after_ms = 1000, .speaks_ms = 5000, .fail_sip = 404, .media_delay_ms = SCRIPT_UNSET,    \
    .media_s = SCRIPT_UNSET, .talk_every_ms = 2000, .transcribe_after_ms = SCRIPT_UNSET

const struct script script_default = {
    .outcome = CALLEE_ANSWERS,
    .ring_after_ms = 500,
    .answer_after_ms = 2000,
    .hangup_after_ms = 10000,
    .gives_up_after_ms = -1,
    PATIENT,
};

const struct script script_caller = {
    .outcome = CALLEE_ANSWERS,
    .ring_after_ms = 500,
    .answer_after_ms = 2000,
    .hangup_after_ms = -1,
    .gives_up_after_ms = -1,
    PATIENT,
};

const struct script script_browser = {
    .outcome = CALLEE_MANUAL,
    .hangup_after_ms = -1,
    .gives_up_after_ms = -1,
    PATIENT,
};

static bool rule_matches(const struct rule *rule, const char *to)
{
    size_t len = strlen(rule->match);
    if (len > 0 && rule->match[len - 1] == '*')
        return strncmp(rule->match, to, len - 1) == 0;
    return strcmp(rule->match, to) == 0;
}

static void copy_texts(struct arena *arena, const char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        texts[i] = arena_strdup(arena, texts[i]);
}

void script_for(const struct sim *sim, const char *to, struct arena *arena, struct script *out)
{
    *out = script_default;
    for (size_t i = 0; i < sim->rule_count; i++)
        if (rule_matches(&sim->rules[i], to)) {
            *out = sim->rules[i].script;
            break;
        }
    out->answered_by = arena_strdup(arena, out->answered_by);
    copy_texts(arena, out->presses, out->press_count);
    copy_texts(arena, out->says, out->say_count);
    copy_texts(arena, out->talk, out->talk_count);
    out->message = arena_strdup(arena, out->message);
    out->finish_key = arena_strdup(arena, out->finish_key);
}

/* ---- reading ---- */

static int read_texts(const json_t *json,
                      const char *name,
                      struct arena *arena,
                      const char **texts,
                      size_t *count,
                      size_t most,
                      struct error *err)
{
    if (json == NULL)
        return 0;
    *count = 0;
    if (json_is_string(json)) {
        texts[(*count)++] = arena_strdup(arena, json_string_value(json));
        return 0;
    }
    if (!json_is_array(json) || json_array_size(json) > most)
        return error_field(err, name, "%s is a text or a list of at most %zu", name, most);
    for (size_t i = 0; i < json_array_size(json); i++) {
        const char *text = json_string_value(json_array_get(json, i));
        if (text == NULL)
            return error_field(err, name, "%s holds something that is no text", name);
        texts[(*count)++] = arena_strdup(arena, text);
    }
    return 0;
}

/* A time in milliseconds; null and -1 mean never. */
int script_read_ms(const json_t *json, const char *name, int64_t *out, struct error *err)
{
    const json_t *value = json_object_get(json, name);
    if (value == NULL)
        return 0;
    if (!json_is_null(value) && (!json_is_integer(value) || json_integer_value(value) < -1 ||
                                 json_integer_value(value) > INT32_MAX))
        return error_field(err, name, "%s is milliseconds, or null for never", name);
    *out = json_is_null(value) ? -1 : json_integer_value(value);
    return 0;
}

int script_read_seconds(const json_t *json, const char *name, int64_t *out, struct error *err)
{
    if (json == NULL)
        return 0;
    if (!json_is_integer(json) || json_integer_value(json) < 0 ||
        json_integer_value(json) > SOUND_MAX_S)
        return error_field(err, name, "%s is 0 to %d seconds", name, SOUND_MAX_S);
    *out = json_integer_value(json);
    return 0;
}

static const struct {
    const char *name;
    enum callee_outcome outcome;
} outcomes[] = {
    {"busy",      CALLEE_BUSY     },
    {"no_answer", CALLEE_NO_ANSWER},
    {"reject",    CALLEE_REJECTS  },
    {"offline",   CALLEE_OFFLINE  },
    {"manual",    CALLEE_MANUAL   },
    {"fail_sip",  CALLEE_FAILS    },
};

static const char *const other_members[] = {
    "match",          "answer_after_ms", "hangup_after_ms", "ring_after_ms", "gives_up_after_ms",
    "press_after_ms", "speaks_ms",       "answered_by",     "presses",       "says",
    "media_delay_ms", "media_s",         "says_on_call",    "talk_every_ms", "transcribe_after_ms",
    "finish_key",     "leaves_message"};

static bool known(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(outcomes); i++)
        if (strcmp(outcomes[i].name, name) == 0)
            return true;
    for (size_t i = 0; i < ARRAY_LEN(other_members); i++)
        if (strcmp(other_members[i], name) == 0)
            return true;
    return false;
}

static int check_members(const json_t *json, struct error *err)
{
    if (!json_is_object(json))
        return error_set(err, ERROR_INVALID, "a script is an object");
    const char *name = NULL;
    const json_t *value = NULL;
    json_object_foreach((json_t *)json, name, value) if (!known(name)) return error_field(
        err, name, "a script knows no '%s'", name);
    return 0;
}

static void read_outcome(const json_t *json, struct script *out)
{
    for (size_t i = 0; i < ARRAY_LEN(outcomes); i++) {
        const json_t *value = json_object_get(json, outcomes[i].name);
        if (json_is_true(value) || json_is_integer(value))
            out->outcome = outcomes[i].outcome;
    }
    const json_t *sip = json_object_get(json, "fail_sip");
    if (json_is_integer(sip))
        out->fail_sip = (int)json_integer_value(sip);
}

int script_read(const json_t *json, struct arena *arena, struct script *out, struct error *err)
{
    struct script script = *out;
    if (check_members(json, err) < 0 ||
        script_read_ms(json, "answer_after_ms", &script.answer_after_ms, err) < 0 ||
        script_read_ms(json, "hangup_after_ms", &script.hangup_after_ms, err) < 0 ||
        script_read_ms(json, "ring_after_ms", &script.ring_after_ms, err) < 0 ||
        script_read_ms(json, "gives_up_after_ms", &script.gives_up_after_ms, err) < 0 ||
        script_read_ms(json, "press_after_ms", &script.press_after_ms, err) < 0 ||
        script_read_ms(json, "speaks_ms", &script.speaks_ms, err) < 0 ||
        script_read_ms(json, "talk_every_ms", &script.talk_every_ms, err) < 0 ||
        script_read_ms(json, "transcribe_after_ms", &script.transcribe_after_ms, err) < 0 ||
        script_read_ms(json, "media_delay_ms", &script.media_delay_ms, err) < 0 ||
        script_read_seconds(json_object_get(json, "media_s"), "media_s", &script.media_s, err) < 0)
        return -1;
    if (read_texts(json_object_get(json, "presses"), "presses", arena, script.presses,
                   &script.press_count, PRESSES_MAX, err) < 0 ||
        read_texts(json_object_get(json, "says"), "says", arena, script.says, &script.say_count,
                   PRESSES_MAX, err) < 0 ||
        read_texts(json_object_get(json, "says_on_call"), "says_on_call", arena, script.talk,
                   &script.talk_count, TALK_MAX, err) < 0)
        return -1;
    read_outcome(json, &script);
    if (script.fail_sip < 400 || script.fail_sip > 699)
        return error_field(err, "fail_sip", "fail_sip is a SIP error, 400 to 699");
    if (script.talk_every_ms < 0 || script.transcribe_after_ms == -1)
        return error_field(err, "talk_every_ms",
                           "talk_every_ms and transcribe_after_ms are milliseconds");
    const char *key = json_string_value(json_object_get(json, "finish_key"));
    if (key && (strlen(key) != 1 || strchr("0123456789*#", *key) == NULL))
        return error_field(err, "finish_key", "finish_key is one key");
    if (key)
        script.finish_key = arena_strdup(arena, key);
    const char *message = json_string_value(json_object_get(json, "leaves_message"));
    if (message)
        script.message = arena_strdup(arena, message);
    if (script.answer_after_ms < 0 && script.outcome == CALLEE_ANSWERS)
        script.outcome = CALLEE_NO_ANSWER;
    const char *answered_by = json_string_value(json_object_get(json, "answered_by"));
    if (answered_by)
        script.answered_by = arena_strdup(arena, answered_by);
    *out = script;
    return 0;
}

/* ---- rules ---- */

static void rule_release(struct rule *rule)
{
    free(rule->match);
    arena_free(rule->arena);
    json_decref(rule->source);
}

static void rules_free(struct rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++)
        rule_release(&rules[i]);
    free(rules);
}

void rules_clear(struct sim *sim)
{
    rules_free(sim->rules, sim->rule_count);
    sim->rules = NULL;
    sim->rule_count = 0;
}

static int rule_read(const json_t *json, struct rule *out, struct error *err)
{
    const char *match = json_string_value(json_object_get(json, "match"));
    if (match == NULL)
        return error_field(err, "match",
                           "match is a number, client:identity, or a beginning with *");
    struct rule rule = {.script = script_default, .arena = arena_create()};
    if (script_read(json, rule.arena, &rule.script, err) < 0) {
        arena_free(rule.arena);
        return -1;
    }
    rule.match = xstrdup(match);
    rule.source = json_deep_copy(json);
    *out = rule;
    return 0;
}

int rules_add(struct sim *sim, const json_t *json, struct error *err)
{
    if (sim->rule_count >= RULES_MAX)
        return error_set(err, ERROR_TOO_LARGE, "at most %d rules", RULES_MAX);
    struct rule rule;
    if (rule_read(json, &rule, err) < 0)
        return -1;
    sim->rules = xrealloc(sim->rules, (sim->rule_count + 1) * sizeof(*sim->rules));
    memmove(sim->rules + 1, sim->rules, sim->rule_count * sizeof(*sim->rules));
    sim->rules[0] = rule;
    sim->rule_count++;
    return 0;
}

static int add_all(struct sim *sim, const json_t *json, struct error *err)
{
    if (!json_is_array(json))
        return rules_add(sim, json, err);
    for (size_t i = json_array_size(json); i > 0; i--)
        if (rules_add(sim, json_array_get(json, i - 1), err) < 0)
            return -1;
    return 0;
}

int rules_load(struct sim *sim, const char *text, size_t len, struct error *err)
{
    json_error_t why;
    json_auto_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
    if (json == NULL)
        return error_set(err, ERROR_MALFORMED, "line %d, column %d: %s", why.line, why.column,
                         why.text);
    struct rule *old = sim->rules;
    size_t old_count = sim->rule_count;
    sim->rules = NULL;
    sim->rule_count = 0;
    int result = add_all(sim, json, err);
    if (result == 0) {
        rules_free(old, old_count);
        return 0;
    }
    rules_clear(sim);
    sim->rules = old;
    sim->rule_count = old_count;
    return -1;
}

json_t *rules_json(const struct sim *sim)
{
    json_t *list = json_array();
    for (size_t i = 0; i < sim->rule_count; i++)
        json_array_append(list, sim->rules[i].source);
    return list;
}
