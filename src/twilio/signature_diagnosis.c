/*
 * Why did a genuine request not match? Nearly always because this server believes in another URL
 * than the one Twilio called. The usual differences are tried one base and one change at a time,
 * and the first that fits is named.
 */
#include <string.h>

#include "core/macros.h"
#include "core/text.h"
#include "signature_internal.h"

enum { HOST_MAX = 253 + 6 }; /* a name and a port */

/** A header that can be a host: nothing that would turn it into another part of the URL, and
 * nothing odd for the log. */
static bool is_host(const char *text)
{
    return !text_is_empty(text) && strnlen(text, HOST_MAX + 1) <= HOST_MAX &&
           text[strspn(text,
                       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:[]")] ==
               '\0';
}

/** A way to read one part of the request, and what it means if that was it. */
struct reading {
    const char *text;
    const char *hint;
};

enum { READINGS_MAX = 8 };

struct readings {
    struct reading items[READINGS_MAX];
    size_t count;
};

static void add(struct readings *readings, const char *text, const char *hint)
{
    if (text == NULL)
        return;
    ASSERT(readings->count < READINGS_MAX);
    readings->items[readings->count++] = (struct reading){text, hint};
}

/** The configured base with the other scheme; NULL if it has none of the two. */
static const char *swap_scheme(const char *base, struct arena *arena)
{
    if (text_starts_with_nocase(base, "https://"))
        return arena_printf(arena, "http://%s", base + strlen("https://"));
    if (text_starts_with_nocase(base, "http://"))
        return arena_printf(arena, "https://%s", base + strlen("http://"));
    return NULL;
}

static const char *host_base(const char *scheme, const char *host, struct arena *arena)
{
    return is_host(host) ? arena_printf(arena, "%s://%s", scheme, host) : NULL;
}

static void list_bases(const char *base,
                       const struct signature_hints *hints,
                       struct arena *arena,
                       struct readings *out)
{
    const char *proto = text_equal_nocase(hints->forwarded_proto, "http") ? "http" : "https";
    const char *other = text_equal(proto, "http") ? "https" : "http";
    static const char forwarded[] = "Twilio calls the host in X-Forwarded-Host";
    static const char host[] = "Twilio calls the host in Host";
    add(out, base, "the base is right");
    add(out, swap_scheme(base, arena), "the base has the wrong scheme");
    add(out, signature_origin(base, arena), "the base has a user or path that Twilio does not use");
    add(out, host_base(proto, hints->forwarded_host, arena), forwarded);
    add(out, host_base(other, hints->forwarded_host, arena), forwarded);
    add(out, host_base("https", hints->host, arena), host);
    add(out, host_base("http", hints->host, arena), host);
}

/** The target with the slash at the end of its path toggled. */
static const char *toggle_slash(const char *target, struct arena *arena)
{
    const size_t path = strcspn(target, "?");
    if (path > 1 && target[path - 1] == '/')
        return arena_printf(arena, "%.*s%s", (int)path - 1, target, target + path);
    return arena_printf(arena, "%.*s/%s", (int)path, target, target + path);
}

static void list_targets(const char *target, struct arena *arena, struct readings *out)
{
    const size_t path = strcspn(target, "?");
    const char *bare = target[path] == '\0' ? NULL : arena_copy(arena, target, path);
    add(out, target, "");
    add(out, bare, "; a query was added on the way");
    add(out, toggle_slash(target, arena),
        "; the slash at the end of the path was changed on the way");
    if (bare != NULL)
        add(out, toggle_slash(bare, arena),
            "; the path's last slash and the query were changed on the way");
}

/** What the search shares. */
struct search {
    const struct signature_keys *keys;
    const char *header;
    struct span fields_text;
    struct arena *arena;
};

static bool
matches(const struct search *search, const char *base, const char *target, struct span fields_text)
{
    struct signature_match match;
    struct signature_urls urls = {0};
    signature_urls_add_received(&urls, arena_printf(search->arena, "%s%s", base, target),
                                search->arena);
    return signature_find(search->keys, &urls, 0, fields_text, search->header, &match);
}

static bool try_base(const struct search *search,
                     const struct reading *base,
                     const struct readings *targets,
                     struct signature_diagnosis *out)
{
    for (size_t i = 0; i < targets->count; i++) {
        const struct reading *target = &targets->items[i];
        const char *fields_hint = "";
        if (!matches(search, base->text, target->text, search->fields_text)) {
            if (search->fields_text.len == 0 ||
                !matches(search, base->text, target->text, (struct span){"", 0}))
                continue;
            fields_hint = "; the fields are not what was signed";
        }
        *out = (struct signature_diagnosis){
            .base = base->text,
            .hint = arena_printf(search->arena, "%s%s%s", base->hint, target->hint, fields_hint),
        };
        return true;
    }
    return false;
}

bool signature_diagnose(const struct signature_keys *keys,
                        const struct signed_request *request,
                        const char *header,
                        const struct signature_hints *hints,
                        struct arena *arena,
                        struct signature_diagnosis *out)
{
    struct readings bases = {0};
    struct readings targets = {0};
    if (!signature_has_length(header))
        return false;
    const struct span base = signature_trim_base(request->base);
    const struct search search = {
        .keys = keys,
        .header = header,
        .fields_text = signature_fields_text(request->fields, arena),
        .arena = arena,
    };
    list_bases(arena_copy(arena, base.at, base.len), hints, arena, &bases);
    list_targets(request->target, arena, &targets);
    for (size_t i = 0; i < bases.count; i++)
        if (try_base(&search, &bases.items[i], &targets, out))
            return true;
    return false;
}
