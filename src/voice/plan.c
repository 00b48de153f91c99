/*
 * The text is a form (`flow=bridge&to=...`): ordered, escaped, readable with nothing but the eye.
 * One table says which member has which name.
 */
#include "voice/plan.h"

#include <stddef.h>
#include <string.h>

#include "core/buf.h"
#include "core/fields.h"
#include "core/limits.h"
#include "core/macros.h"
#include "core/text.h"

static const char *const flow_texts[] = {
#define X(name, text) [CALL_FLOW_##name] = (text),
    CALL_FLOWS(X)
#undef X
};

const char *call_flow_text(enum call_flow flow)
{
    return flow_texts[flow];
}

bool call_flow_from_text(const char *text, enum call_flow *out)
{
    for (size_t i = 0; i < ARRAY_LEN(flow_texts); i++) {
        if (text_equal(text, flow_texts[i])) {
            *out = (enum call_flow)i;
            return true;
        }
    }
    return false;
}

enum member_type { MEMBER_FLOW, MEMBER_TEXT, MEMBER_INT, MEMBER_BOOL };

static const struct member {
    const char *name;
    enum member_type type;
    size_t offset;
} members[] = {
    {"flow",               MEMBER_FLOW, offsetof(struct call_plan, flow)              },
    {"to",                 MEMBER_TEXT, offsetof(struct call_plan, to)                },
    {"from",               MEMBER_TEXT, offsetof(struct call_plan, from)              },
    {"identity",           MEMBER_TEXT, offsetof(struct call_plan, identity)          },
    {"number",             MEMBER_TEXT, offsetof(struct call_plan, number)            },
    {"caller_id",          MEMBER_TEXT, offsetof(struct call_plan, caller_id)         },
    {"twiml_url",          MEMBER_TEXT, offsetof(struct call_plan, twiml_url)         },
    {"record",             MEMBER_BOOL, offsetof(struct call_plan, record)            },
    {"recording_channels", MEMBER_TEXT, offsetof(struct call_plan, recording_channels)},
    {"trim",               MEMBER_TEXT, offsetof(struct call_plan, trim)              },
    {"announcement",       MEMBER_TEXT, offsetof(struct call_plan, announcement)      },
    {"timeout",            MEMBER_INT,  offsetof(struct call_plan, timeout_s)         },
    {"time_limit",         MEMBER_INT,  offsetof(struct call_plan, time_limit_s)      },
    {"machine_detection",  MEMBER_TEXT, offsetof(struct call_plan, machine_detection) },
    {"send_digits",        MEMBER_TEXT, offsetof(struct call_plan, send_digits)       },
};

/* The member as text, or NULL if it is not set. */
static const char *
member_text(const struct member *m, const struct call_plan *plan, struct arena *arena)
{
    const void *at = (const char *)plan + m->offset;
    switch (m->type) {
    case MEMBER_FLOW:
        return call_flow_text(*(const enum call_flow *)at);
    case MEMBER_TEXT:
        return *(const char *const *)at;
    case MEMBER_INT:
        return *(const int *)at == 0 ? NULL : arena_printf(arena, "%d", *(const int *)at);
    case MEMBER_BOOL:
        return *(const bool *)at ? "true" : NULL;
    }
    return NULL;
}

static bool set_member(const struct member *m, struct call_plan *plan, const char *text)
{
    void *at = (char *)plan + m->offset;
    int64_t number;
    switch (m->type) {
    case MEMBER_FLOW:
        return call_flow_from_text(text, at);
    case MEMBER_TEXT:
        *(const char **)at = text;
        return true;
    case MEMBER_INT:
        if (!text_to_int64(text, 0, INT32_MAX, &number))
            return false;
        *(int *)at = (int)number;
        return true;
    case MEMBER_BOOL:
        return text_to_bool(text, at);
    }
    return false;
}

const char *plan_to_text(const struct call_plan *plan, struct arena *arena)
{
    struct fields fields = {0};
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        const char *text = member_text(&members[i], plan, arena);
        if (text != NULL)
            fields_add(&fields, arena, members[i].name, text);
    }
    auto_buf struct buf out;
    buf_init(&out, KiB(64));
    int full = fields_encode(&out, &fields);
    ASSERT(full == 0); /* every member is bounded far below */
    return arena_copy(arena, out.data, out.len);
}

int plan_from_text(const char *text, struct arena *arena, struct call_plan *out, struct error *err)
{
    struct fields fields;
    if (fields_decode(text, strlen(text), LIMIT_FORM_PAIRS, arena, &fields, err) < 0)
        return -1;
    struct call_plan plan = {0};
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        const char *value = fields_get(&fields, members[i].name);
        if (value != NULL && !set_member(&members[i], &plan, value))
            return error_set(err, ERROR_INTERNAL, "stored plan: bad %s", members[i].name);
    }
    *out = plan;
    return 0;
}
