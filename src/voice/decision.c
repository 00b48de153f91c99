/* Decisions as text: a form, like plans (voice/plan.c), so an operator can read what was answered.
 */
#include "voice/decision.h"

#include <string.h>

#include "core/buf.h"
#include "core/fields.h"
#include "core/limits.h"
#include "core/macros.h"
#include "core/text.h"

static const char *const kind_texts[] = {
#define X(name, text) [DECIDE_##name] = (text),
    DECISIONS(X)
#undef X
};

static const struct {
    const char *code;
    const char *sentence;
} reasons[] = {
#define X(name, words, spoken) [REASON_##name] = {.code = (words), .sentence = (spoken)},
    REASONS(X)
#undef X
};

const char *reason_code(enum reason reason)
{
    return reasons[reason].code;
}

bool reason_is_of_policy(enum reason reason)
{
    static const enum reason of_policy[] = {
        REASON_DESTINATION_DENIED, REASON_CALLER_ID_NOT_ALLOWED, REASON_TOO_MANY_CALLS,
        REASON_HOURLY_LIMIT,       REASON_ACCOUNT_LIMIT,         REASON_BLOCKED,
    };
    for (size_t i = 0; i < ARRAY_LEN(of_policy); i++) {
        if (reason == of_policy[i])
            return true;
    }
    return false;
}

const char *reason_sentence(enum reason reason)
{
    return reasons[reason].sentence;
}

static void add_text(struct fields *fields, struct arena *arena, const char *name, const char *text)
{
    if (!text_is_empty(text))
        fields_add(fields, arena, name, text);
}

static void add_int(struct fields *fields, struct arena *arena, const char *name, int number)
{
    if (number != 0)
        fields_add(fields, arena, name, arena_printf(arena, "%d", number));
}

const char *decision_to_text(const struct decision *decision, struct arena *arena)
{
    struct fields fields = {0};
    fields_add(&fields, arena, "do", kind_texts[decision->kind]);
    add_text(&fields, arena, "reason", reason_code(decision->reason));
    add_text(&fields, arena, "number", decision->number);
    add_text(&fields, arena, "client", decision->client);
    add_text(&fields, arena, "mailbox", decision->mailbox);
    add_text(&fields, arena, "caller_id", decision->caller_id);
    add_text(&fields, arena, "record", decision->record);
    add_text(&fields, arena, "trim", decision->trim);
    add_text(&fields, arena, "announcement", decision->announcement);
    add_int(&fields, arena, "timeout", decision->timeout_s);
    add_int(&fields, arena, "time_limit", decision->time_limit_s);
    add_int(&fields, arena, "transcribe", decision->transcribe);
    auto_buf struct buf out;
    buf_init(&out, KiB(32));
    int full = fields_encode(&out, &fields);
    ASSERT(full == 0);
    return arena_copy(arena, out.data, out.len);
}

static bool find_kind(const char *text, enum decision_kind *out)
{
    for (size_t i = 0; i < ARRAY_LEN(kind_texts); i++) {
        if (text_equal(text, kind_texts[i])) {
            *out = (enum decision_kind)i;
            return true;
        }
    }
    return false;
}

static enum reason find_reason(const char *text)
{
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
        if (text_equal(text, reasons[i].code))
            return (enum reason)i;
    }
    return REASON_NONE;
}

static int read_int(const struct fields *fields, const char *name)
{
    int64_t number = 0;
    (void)text_to_int64(fields_text(fields, name), 0, INT32_MAX, &number);
    return (int)number;
}

int decision_from_text(const char *text,
                       struct arena *arena,
                       struct decision *out,
                       struct error *err)
{
    struct fields fields;
    if (fields_decode(text, strlen(text), LIMIT_FORM_PAIRS, arena, &fields, err) < 0)
        return -1;
    struct decision decision = {
        .reason = find_reason(fields_text(&fields, "reason")),
        .number = fields_get(&fields, "number"),
        .client = fields_get(&fields, "client"),
        .mailbox = fields_get(&fields, "mailbox"),
        .caller_id = fields_get(&fields, "caller_id"),
        .record = fields_get(&fields, "record"),
        .trim = fields_get(&fields, "trim"),
        .announcement = fields_get(&fields, "announcement"),
        .timeout_s = read_int(&fields, "timeout"),
        .time_limit_s = read_int(&fields, "time_limit"),
        .transcribe = read_int(&fields, "transcribe") != 0,
    };
    if (!find_kind(fields_get(&fields, "do"), &decision.kind))
        return error_set(err, ERROR_INTERNAL, "stored decision is none of ours: %.80s", text);
    *out = decision;
    return 0;
}
