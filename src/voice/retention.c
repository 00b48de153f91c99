#include "voice/retention.h"

#include <string.h>

#include "core/duration.h"
#include "core/text.h"

bool retention_is_tag(const char *text)
{
    size_t len = strspn(text, RETENTION_TAG_CHARACTERS);
    return len > 0 && len <= RETENTION_TAG_BYTES_MAX && text[len] == '\0';
}

static const char *rule_of_tag(const struct pair_list *rules, const char *tag)
{
    for (size_t i = 0; tag != NULL && i < rules->count; i++) {
        const char *name = rules->items[i].name;
        if (text_starts_with(name, RETENTION_TAG_PREFIX) &&
            text_equal(name + strlen(RETENTION_TAG_PREFIX), tag))
            return rules->items[i].value;
    }
    return NULL;
}

int64_t retention_expires_at(const struct pair_list *rules,
                             const char *direction,
                             const char *tag,
                             int64_t created_at_ms)
{
    int64_t keep_ms = 0;
    const char *rule = rule_of_tag(rules, tag);
    if (rule == NULL && direction != NULL)
        rule = pair_list_get(rules, direction);
    if (rule == NULL)
        rule = pair_list_get(rules, "default");
    if (rule == NULL || !duration_from_text(rule, &keep_ms))
        return 0;
    return created_at_ms + keep_ms;
}
