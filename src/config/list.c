#include "list.h"

#include <string.h>

#include "core/text.h"

static const char separators[] = ", \t\r\n";

/** The next item at or after *at, copied into the arena, or NULL; moves *at behind it. */
static const char *next_item(const char **at, struct arena *arena)
{
    const char *start = *at + strspn(*at, separators);
    const size_t len = strcspn(start, separators);
    *at = start + len;
    return len == 0 ? NULL : arena_copy(arena, start, len);
}

static size_t count_items(const char *text)
{
    size_t count = 0;
    const char *at = text + strspn(text, separators);
    while (*at != '\0') {
        count++;
        at += strcspn(at, separators);
        at += strspn(at, separators);
    }
    return count;
}

static int check_count(const char *text, size_t *count, struct error *err)
{
    *count = count_items(text);
    if (*count == 0)
        return error_set(err, ERROR_INVALID, "the list has no items");
    if (*count > LIST_ITEMS_MAX)
        return error_set(err, ERROR_INVALID, "the list has more than %d items", LIST_ITEMS_MAX);
    return 0;
}

/** Put the item's place in front of what its check said. */
static int bad_item(size_t index, const struct error *why, struct error *err)
{
    return error_set(err, ERROR_INVALID, "item %zu: %.200s", index + 1, why->message);
}

int list_parse(const char *text,
               list_item_fn *check,
               struct arena *arena,
               struct text_list *out,
               struct error *err)
{
    size_t total;
    if (check_count(text, &total, err) < 0)
        return -1;
    const char **items = arena_alloc(arena, total * sizeof(*items));
    struct text_list list = {.items = items};
    const char *at = text;
    for (size_t i = 0; i < total; i++) {
        const char *item = next_item(&at, arena);
        struct error why = {0};
        if (check(&item, arena, &why) < 0)
            return bad_item(i, &why, err);
        if (!text_list_has(&list, item))
            items[list.count++] = item;
    }
    *out = list;
    return 0;
}

static int parse_pair(const char *item,
                      list_pair_fn *check,
                      const struct pair_list *before,
                      struct arena *arena,
                      struct text_pair *out,
                      struct error *err)
{
    const char *equals = strchr(item, '=');
    if (equals == NULL || equals == item || equals[1] == '\0')
        return error_set(err, ERROR_INVALID, "it is not written as name=value");
    out->name = arena_copy(arena, item, (size_t)(equals - item));
    out->value = equals + 1;
    if (check(out, arena, err) < 0)
        return -1;
    if (pair_list_get(before, out->name) != NULL)
        return error_set(err, ERROR_INVALID, "what stands before its = is in the list twice");
    return 0;
}

int list_parse_pairs(const char *text,
                     list_pair_fn *check,
                     struct arena *arena,
                     struct pair_list *out,
                     struct error *err)
{
    size_t total;
    if (check_count(text, &total, err) < 0)
        return -1;
    struct text_pair *items = arena_alloc(arena, total * sizeof(*items));
    struct pair_list list = {.items = items};
    const char *at = text;
    for (size_t i = 0; i < total; i++) {
        struct error why = {0};
        if (parse_pair(next_item(&at, arena), check, &list, arena, &items[i], &why) < 0)
            return bad_item(i, &why, err);
        list.count++;
    }
    *out = list;
    return 0;
}

void list_print(const struct text_list *list, struct buf *out)
{
    for (size_t i = 0; i < list->count; i++)
        buf_printf(out, "%s%s", i > 0 ? "," : "", list->items[i]);
}

void list_print_pairs(const struct pair_list *list, struct buf *out)
{
    for (size_t i = 0; i < list->count; i++)
        buf_printf(out, "%s%s=%s", i > 0 ? "," : "", list->items[i].name, list->items[i].value);
}
