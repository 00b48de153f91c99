/* Faults: a bounded list, looked through in the order they were asked for. */
#include "faults.h"

#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "core/xmalloc.h"

enum {
    DEFAULT_DELAY_MS = 2000,
    REORDER_LIMIT_MS = 5000,
    DEFAULT_BYTES_PER_S = 4000,
    BYTES_PER_S_MAX = 100 * 1000 * 1000,
};

struct fault {
    enum fault_target target;
    struct fault_effect effect;
    int64_t count;      /* turns left */
    json_t *match;      /* object: parameter name to value; may be NULL */
    const char *method; /* NULL: any; borrowed from `source` */
    const char *path;   /* part of URL or path; NULL: any; borrowed from `source` */
    json_t *source;
    struct fault *next;
};

struct word {
    const char *text;
    int value;
    unsigned targets; /* bits 1 << enum fault_target */
};

enum {
    ON_REST = 1 << FAULT_REST,
    ON_CALLBACK = 1 << FAULT_CALLBACK,
    ON_TWIML = 1 << FAULT_TWIML,
    ON_MEDIA = 1 << FAULT_MEDIA,
    ON_RECORDING = 1 << FAULT_RECORDING,
    ON_TRANSCRIPTION = 1 << FAULT_TRANSCRIPTION,
};

static const struct word targets[] = {
    {"rest",          FAULT_REST,          0},
    {"callback",      FAULT_CALLBACK,      0},
    {"twiml",         FAULT_TWIML,         0},
    {"media",         FAULT_MEDIA,         0},
    {"recording",     FAULT_RECORDING,     0},
    {"transcription", FAULT_TRANSCRIPTION, 0},
};

static const struct word kinds[] = {
    {"duplicate",      FAULT_DUPLICATE,      ON_CALLBACK | ON_TWIML         },
    {"reorder",        FAULT_REORDER,        ON_CALLBACK                    },
    {"delay",          FAULT_DELAY,          ON_CALLBACK | ON_TWIML         },
    {"lose",           FAULT_LOSE,           ON_CALLBACK | ON_TWIML         },
    {"deleted",        FAULT_DELETED,        ON_CALLBACK                    },
    {"rate_limit",     FAULT_RATE_LIMIT,     ON_REST | ON_MEDIA             },
    {"server_error",   FAULT_SERVER_ERROR,   ON_REST | ON_MEDIA             },
    {"reset",          FAULT_RESET,          ON_REST | ON_MEDIA             },
    {"slow",           FAULT_SLOW,           ON_REST | ON_MEDIA             },
    {"stale",          FAULT_STALE,          ON_REST                        },
    {"callback_first", FAULT_CALLBACK_FIRST, ON_REST                        },
    {"not_found",      FAULT_NOT_FOUND,      ON_MEDIA                       },
    {"redirect",       FAULT_REDIRECT,       ON_MEDIA                       },
    {"xml",            FAULT_XML,            ON_MEDIA                       },
    {"empty",          FAULT_EMPTY,          ON_MEDIA                       },
    {"not_sound",      FAULT_NOT_SOUND,      ON_MEDIA                       },
    {"wrong_type",     FAULT_WRONG_TYPE,     ON_MEDIA                       },
    {"short",          FAULT_SHORT,          ON_MEDIA                       },
    {"truncate",       FAULT_TRUNCATE,       ON_MEDIA                       },
    {"break",          FAULT_BREAK,          ON_MEDIA                       },
    {"trickle",        FAULT_TRICKLE,        ON_MEDIA                       },
    {"failed",         FAULT_FAILED,         ON_RECORDING | ON_TRANSCRIPTION},
    {"absent",         FAULT_ABSENT,         ON_RECORDING                   },
};

static const struct word *word_find(const struct word *words, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i].text, text) == 0)
            return &words[i];
    return NULL;
}

const char *fault_name(enum fault_kind kind)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (kinds[i].value == (int)kind)
            return kinds[i].text;
    return "none";
}

static void fault_free(struct fault *fault)
{
    json_decref(fault->source);
    free(fault);
}

void faults_clear(struct sim *sim)
{
    while (sim->faults) {
        struct fault *fault = sim->faults;
        sim->faults = fault->next;
        fault_free(fault);
    }
}

static bool fields_match(const struct fields *fields, json_t *match)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(match, name, value) if (!text_equal(fields_get(fields, name),
                                                            json_string_value(value))) return false;
    return true;
}

static bool fault_matches(const struct fault *fault, const struct fault_subject *subject)
{
    if (fault->target != subject->target)
        return false;
    if (fault->method && strcmp(fault->method, subject->method) != 0)
        return false;
    if (fault->path && strstr(subject->url, fault->path) == NULL)
        return false;
    return fault->match == NULL || fields_match(subject->fields, fault->match);
}

struct fault_effect
faults_take(struct sim *sim, const struct fault_subject *subject, struct arena *arena)
{
    for (struct fault **link = &sim->faults; *link; link = &(*link)->next) {
        struct fault *fault = *link;
        if (!fault_matches(fault, subject))
            continue;
        struct fault_effect effect = fault->effect;
        effect.type = effect.type ? arena_strdup(arena, effect.type) : NULL;
        effect.location = effect.location ? arena_strdup(arena, effect.location) : NULL;
        if (--fault->count == 0) {
            *link = fault->next;
            fault_free(fault);
        }
        return effect;
    }
    return (struct fault_effect){.kind = FAULT_NONE};
}

static int check_numbers(const struct fault *fault, struct error *err)
{
    const struct fault_effect *effect = &fault->effect;
    int lowest = effect->kind == FAULT_REDIRECT ? 300 : 400;
    if (fault->count < 1)
        return error_field(err, "count", "count is at least 1");
    if (effect->delay_ms < 0)
        return error_field(err, "delay_ms", "delay_ms is not negative");
    if (effect->retry_after_s < 0)
        return error_field(err, "retry_after_s", "retry_after_s is not negative");
    if (effect->at_bytes < -1)
        return error_field(err, "at_bytes", "at_bytes is not negative");
    if (effect->bytes_per_s < 1 || effect->bytes_per_s > BYTES_PER_S_MAX)
        return error_field(err, "bytes_per_s", "bytes_per_s is 1 to %d", BYTES_PER_S_MAX);
    if (effect->status < lowest || effect->status > lowest + 199)
        return error_field(err, "status", "status is an error status, or a redirection's");
    return 0;
}

static int check(struct fault *fault, const char *target, const char *kind, struct error *err)
{
    const struct word *to = word_find(targets, ARRAY_LEN(targets), target);
    if (to == NULL)
        return error_field(err, "target",
                           "target is rest, callback, twiml, media, recording or transcription");
    const struct word *what = word_find(kinds, ARRAY_LEN(kinds), kind);
    if (what == NULL || (what->targets & 1U << to->value) == 0)
        return error_field(err, "kind", "no fault '%s' for '%s'", kind, target);
    fault->target = (enum fault_target)to->value;
    fault->effect.kind = (enum fault_kind)what->value;
    if (fault->effect.status == 0)
        fault->effect.status = fault->effect.kind == FAULT_REDIRECT ? 302 : 500;
    if (fault->effect.type && strlen(fault->effect.type) >= SIM_MEDIA_TYPE_BYTES)
        return error_field(err, "type", "type has less than %d bytes", SIM_MEDIA_TYPE_BYTES);
    return check_numbers(fault, err);
}

static size_t faults_count(const struct sim *sim)
{
    size_t count = 0;
    for (const struct fault *fault = sim->faults; fault; fault = fault->next)
        count++;
    return count;
}

int faults_add(struct sim *sim, const json_t *json, struct error *err)
{
    if (faults_count(sim) >= FAULTS_MAX)
        return error_set(err, ERROR_TOO_LARGE, "at most %d faults wait", FAULTS_MAX);
    struct fault fault = {.count = 1};
    const char *target = NULL;
    const char *kind = NULL;
    json_int_t count = 1;
    json_int_t delay_ms = -1;
    int processed = -1;
    int html = 0;
    json_error_t why;
    json_int_t at_bytes = -1;
    int bytes_per_s = DEFAULT_BYTES_PER_S;
    if (json_unpack_ex(
            (json_t *)json, &why, JSON_STRICT,
            "{s:s, s:s, s?I, s?o, s?s, s?s, s?I, s?i, s?i, s?b, s?b, s?I, s?i, s?s, s?s}", "target",
            &target, "kind", &kind, "count", &count, "match", &fault.match, "method", &fault.method,
            "path", &fault.path, "delay_ms", &delay_ms, "status", &fault.effect.status,
            "retry_after_s", &fault.effect.retry_after_s, "processed", &processed, "html", &html,
            "at_bytes", &at_bytes, "bytes_per_s", &bytes_per_s, "type", &fault.effect.type,
            "location", &fault.effect.location) < 0)
        return error_set(err, ERROR_INVALID, "fault: %s", why.text);
    fault.count = count;
    fault.effect.at_bytes = at_bytes;
    fault.effect.bytes_per_s = bytes_per_s < 0 ? 0 : (unsigned)bytes_per_s;
    fault.effect.delay_ms = delay_ms;
    if (delay_ms == -1)
        fault.effect.delay_ms = strcmp(kind, "reorder") == 0     ? REORDER_LIMIT_MS
                                : strcmp(kind, "duplicate") == 0 ? 0
                                                                 : DEFAULT_DELAY_MS;
    if (check(&fault, target, kind, err) < 0)
        return -1;
    if (fault.match && !json_is_object(fault.match))
        return error_field(err, "match", "match is an object of parameter names and values");
    fault.effect.html = html != 0;
    fault.effect.processed = processed == -1 ? fault.effect.kind == FAULT_RESET : processed != 0;
    fault.source = json_incref((json_t *)json);
    struct fault **link = &sim->faults;
    while (*link)
        link = &(*link)->next;
    *link = xcalloc(1, sizeof(fault));
    **link = fault;
    return 0;
}

json_t *faults_json(const struct sim *sim)
{
    json_t *list = json_array();
    for (const struct fault *fault = sim->faults; fault; fault = fault->next) {
        json_t *one = json_copy(fault->source);
        json_object_set_new(one, "count", json_integer(fault->count));
        json_array_append_new(list, one);
    }
    return list;
}
