#include "strict_json.h"

#include "core/limits.h"
#include "core/text.h"

void strict_mistake(struct strict *strict,
                    const char *path,
                    const char *problem,
                    const char *expected)
{
    if (++strict->mistakes > LIMIT_DOCUMENT_MISTAKES)
        return;
    bool last = strict->mistakes == LIMIT_DOCUMENT_MISTAKES;
    struct arena *arena = strict->report->arena;
    config_report_mistake(
        strict->report,
        &(struct config_mistake){
            .variable = arena_printf(arena, "%s%s%s", strict->file, *path != '\0' ? " " : "", path),
            .problem =
                last ? arena_printf(arena, "%s (further mistakes are not told)", problem) : problem,
            .expected = expected,
        });
}

/* ---- places ---- */

enum { SHOWN_BYTES = 120 };

const char *strict_shown(struct strict *strict, const char *text)
{
    char *shown = arena_alloc(strict->report->arena, SHOWN_BYTES + 1);
    size_t len = 0;
    for (; text[len] != '\0' && len < SHOWN_BYTES; len++) {
        unsigned char c = (unsigned char)text[len];
        shown[len] = (char)(c < ' ' || c == 0x7f ? '?' : c);
    }
    shown[len] = '\0';
    return shown;
}

const char *strict_member_path(struct strict *strict, const char *path, const char *name)
{
    char escaped[2 * SHOWN_BYTES + 1];
    size_t len = 0;
    for (const char *c = strict_shown(strict, name); *c != '\0'; c++) {
        if (*c == '~' || *c == '/')
            escaped[len++] = '~';
        escaped[len++] = (char)(*c == '~' ? '0' : *c == '/' ? '1' : *c);
    }
    escaped[len] = '\0';
    return arena_printf(strict->report->arena, "%s/%s", path, escaped);
}

const char *strict_item_path(struct strict *strict, const char *path, size_t index)
{
    return arena_printf(strict->report->arena, "%s/%zu", path, index);
}

/* ---- the whole ---- */

json_t *strict_parse(struct strict *strict, const struct config_document *document)
{
    struct arena *arena = strict->report->arena;
    json_error_t reason;
    json_t *json = json_loadb(document->text, document->len,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &reason);
    if (json == NULL) {
        strict_mistake(strict, "",
                       arena_printf(arena, "it is not JSON: line %d, column %d: %s", reason.line,
                                    reason.column, strict_shown(strict, reason.text)),
                       "one JSON object, without comments and without members that occur twice");
        return NULL;
    }
    if (json_is_object(json))
        return json;
    json_decref(json);
    strict_mistake(strict, "", "it is JSON, but no object", "one JSON object");
    return NULL;
}

/* ---- values ---- */

static const char *
names_of(struct strict *strict, const struct strict_member *members, size_t count)
{
    const char *names = "one of";
    for (size_t i = 0; i < count; i++)
        names = arena_printf(strict->report->arena, "%s %s", names, members[i].name);
    return names;
}

static const struct strict_member *
find_member(const struct strict_member *members, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (text_equal(members[i].name, name))
            return &members[i];
    }
    return NULL;
}

void strict_object(struct strict *strict,
                   const char *path,
                   json_t *value,
                   const struct strict_member *members,
                   size_t count,
                   void *at)
{
    const char *name;
    json_t *inner;
    if (!strict_is_object(strict, path, value))
        return;
    json_object_foreach(value, name, inner)
    {
        const char *where = strict_member_path(strict, path, name);
        const struct strict_member *member = find_member(members, count, name);
        if (member == NULL)
            strict_mistake(strict, where, "there is no such member",
                           names_of(strict, members, count));
        else if (member->read != NULL)
            member->read(strict, where, inner, member, (char *)at + member->offset);
    }
}

void strict_int(struct strict *strict,
                const char *path,
                json_t *value,
                const struct strict_member *member,
                void *at)
{
    json_int_t number = json_integer_value(value);
    if (json_is_integer(value) && number >= member->min && number <= member->max)
        *(int64_t *)at = number;
    else
        strict_mistake(strict, path, "it is no such number",
                       arena_printf(strict->report->arena, "an integer from %lld to %lld",
                                    (long long)member->min, (long long)member->max));
}

static bool has_room(struct strict *strict, const char *path, size_t count)
{
    if (count <= LIMIT_POLICY_ITEMS)
        return true;
    strict_mistake(strict, path, arena_printf(strict->report->arena, "it has %zu entries", count),
                   arena_printf(strict->report->arena, "at most %d", LIMIT_POLICY_ITEMS));
    return false;
}

bool strict_is_array(struct strict *strict, const char *path, const json_t *value)
{
    if (json_is_array(value))
        return has_room(strict, path, json_array_size(value));
    strict_mistake(strict, path, "it is no list", "an array");
    return false;
}

bool strict_is_object(struct strict *strict, const char *path, const json_t *value)
{
    if (json_is_object(value))
        return has_room(strict, path, json_object_size(value));
    strict_mistake(strict, path, "it is no object", "an object");
    return false;
}
