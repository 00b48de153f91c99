#include "app/caller.h"

#include <string.h>

#include "core/text.h"

static const char *const texts[] = {
#define X(name, text) [SCOPE_##name] = (text),
    SCOPES(X)
#undef X
};

const char *scope_text(enum scope scope)
{
    return texts[scope];
}

static bool find_scope(const char *word, size_t len, unsigned *bits)
{
    if (len == strlen("all") && strncmp(word, "all", len) == 0) {
        *bits |= SCOPES_ALL;
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (strlen(texts[i]) == len && strncmp(texts[i], word, len) == 0) {
            *bits |= 1u << i;
            return true;
        }
    }
    return false;
}

int scopes_from_text(const char *text, unsigned *out, struct error *err)
{
    static const char separators[] = " ,\t";
    unsigned bits = 0;
    for (text += strspn(text, separators); *text != '\0'; text += strspn(text, separators)) {
        size_t len = strcspn(text, separators);
        if (!find_scope(text, len, &bits))
            return error_field(err, "scopes", "there is no scope \"%.*s\"",
                               (int)(len > 40 ? 40 : len), text);
        text += len;
    }
    *out = bits;
    return 0;
}

const char *scopes_to_text(unsigned scopes, struct arena *arena)
{
    if ((scopes & SCOPES_ALL) == SCOPES_ALL)
        return "all";
    const char *list = "";
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (scopes & (1u << i))
            list = arena_printf(arena, "%s%s%s", list, *list == '\0' ? "" : " ", texts[i]);
    }
    return list;
}

bool caller_has(const struct caller *caller, enum scope scope)
{
    return (caller->scopes & (1u << scope)) != 0;
}

int caller_needs(const struct caller *caller, enum scope scope, struct error *err)
{
    if (caller_has(caller, scope))
        return 0;
    return error_set(err, ERROR_FORBIDDEN, "this needs the scope %s", scope_text(scope));
}

int caller_needs_reading(const struct caller *caller, struct error *err)
{
    if (caller_has(caller, SCOPE_CALLS_READ_GROUP) || caller_has(caller, SCOPE_CALLS_READ_ALL))
        return 0;
    return caller_needs(caller, SCOPE_CALLS_READ, err);
}

bool caller_may_know_recordings(const struct caller *caller)
{
    return caller_has(caller, SCOPE_RECORDINGS_READ) ||
           caller_has(caller, SCOPE_RECORDINGS_READ_ALL);
}

int caller_needs_recordings(const struct caller *caller, struct error *err)
{
    if (caller_may_know_recordings(caller))
        return 0;
    return caller_needs(caller, SCOPE_RECORDINGS_READ, err);
}

struct caller caller_copy(const struct caller *caller, struct arena *arena)
{
    struct caller copy = *caller;
    copy.owner = arena_strdup(arena, caller->owner);
    copy.name = arena_strdup(arena, caller->name);
    copy.identity = arena_strdup(arena, caller->identity);
    copy.group = arena_strdup(arena, caller->group);
    return copy;
}

struct viewer caller_viewer(const struct caller *caller)
{
    return (struct viewer){
        .owner = caller->owner,
        .identity = caller->identity,
        .group = caller_has(caller, SCOPE_CALLS_READ_GROUP) ? caller->group : NULL,
        .sees_all = caller_has(caller, SCOPE_CALLS_READ_ALL),
    };
}

struct viewer caller_recordings_viewer(const struct caller *caller)
{
    struct viewer viewer = caller_viewer(caller);
    viewer.sees_all = viewer.sees_all || caller_has(caller, SCOPE_RECORDINGS_READ_ALL);
    return viewer;
}
