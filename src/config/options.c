/* The table of options: its groups in the order in which people read them. */
#include "options.h"

#include "core/macros.h"
#include "core/text.h"
#include "groups.h"

#define GROUPS(X)                                                                                  \
    X(account)                                                                                     \
    X(webhooks)                                                                                    \
    X(server)                                                                                      \
    X(access)                                                                                      \
    X(users)                                                                                       \
    X(forward)                                                                                     \
    X(phone)                                                                                       \
    X(calls)                                                                                       \
    X(speech)                                                                                      \
    X(storage)                                                                                     \
    X(s3)                                                                                          \
    X(voicemail)                                                                                   \
    X(transcripts)                                                                                 \
    X(recordings)                                                                                  \
    X(events)                                                                                      \
    X(dispatch)                                                                                    \
    X(keeping)                                                                                     \
    X(playing)                                                                                     \
    X(deadlines)                                                                                   \
    X(jobs)                                                                                        \
    X(reconcile)                                                                                   \
    X(sizes)                                                                                       \
    X(log)                                                                                         \
    X(retention)                                                                                   \
    X(audit)                                                                                       \
    X(rates)                                                                                       \
    X(taskrouter)                                                                                  \
    X(testing)

const struct option_group *const option_groups[] = {
#define X(name) &group_##name,
    GROUPS(X)
#undef X
};
const size_t option_group_count = ARRAY_LEN(option_groups);

static bool is_named(const struct option *option, const char *name)
{
    if (text_equal(option->name, name))
        return true;
    for (size_t i = 0; i < OPTION_SYNONYMS_MAX && option->synonyms[i] != NULL; i++)
        if (text_equal(option->synonyms[i], name))
            return true;
    return false;
}

const struct option *option_find(const char *name)
{
    for (size_t g = 0; g < option_group_count; g++)
        for (size_t i = 0; i < option_groups[g]->count; i++)
            if (is_named(&option_groups[g]->options[i], name))
                return &option_groups[g]->options[i];
    return NULL;
}

void option_each(option_visit_fn *visit, void *context)
{
    for (size_t g = 0; g < option_group_count; g++)
        for (size_t i = 0; i < option_groups[g]->count; i++)
            visit(&option_groups[g]->options[i], context);
}

bool option_takes_file(const struct option *option)
{
    return option->type->is_secret || text_starts_with(option->name, "TWILIO_");
}

bool option_is_set(const struct option *option, const struct config *config)
{
    auto_buf struct buf text;
    buf_init(&text, OPTION_TEXT_BYTES_MAX);
    option->type->print(option, option_value(option, config), &text);
    return text.len > 0;
}

const char *option_expected(const struct option *option, struct arena *arena)
{
    auto_buf struct buf text;
    buf_init(&text, OPTION_TEXT_BYTES_MAX);
    option->type->expect(option, &text);
    return arena_strdup(arena, text.data);
}
