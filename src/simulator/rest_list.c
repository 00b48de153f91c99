/* Pages. */
#include "rest_list.h"

#include <string.h>

#include "core/text.h"
#include "rest_check.h"

enum { PAGE_SIZE = 50, PAGE_SIZE_MAX = 1000, CODE_PARAMETER = 20001, CODE_PAGE_SIZE = 20007 };

/* What the query asks for. */
struct page {
    const char *resource;
    size_t size;
    size_t number;
    const char
        *token; /* NULL on the first page: PA, and the SID of the last item before this page */
};

static int read_page(struct rest *rest, const char *resource, struct page *out)
{
    const struct fields *query = rest->request->query;
    int64_t size = PAGE_SIZE;
    int64_t number = 0;
    const char *given = fields_get(query, "PageSize");
    if (given && !text_to_int64(given, 1, PAGE_SIZE_MAX, &size))
        return rest_refuse(rest, 400, CODE_PAGE_SIZE, "Page size must be 1 to %d", PAGE_SIZE_MAX);
    given = fields_get(query, "Page");
    if (given && !text_to_int64(given, 0, INT32_MAX, &number))
        return rest_refuse(rest, 400, CODE_PARAMETER, "Page is not a number");
    const char *token = fields_get(query, "PageToken");
    if (number > 0 && (token == NULL || !text_starts_with(token, "PA")))
        return rest_refuse(rest, 400, CODE_PARAMETER, "Page without PageToken");
    *out = (struct page){.resource = resource,
                         .size = (size_t)size,
                         .number = (size_t)number,
                         .token = number > 0 ? token : NULL};
    return 0;
}

/* The query of a page: the filters as they were, then where it is. */
static const char *page_uri(const struct sim *sim,
                            const struct rest *rest,
                            const struct page *page,
                            size_t number,
                            const char *token)
{
    static const char *const mine[] = {"Page", "PageToken", "PageSize"};
    auto_buf struct buf query;
    buf_init(&query, KiB(8));
    const struct fields *given = rest->request->query;
    struct fields kept = {0};
    for (size_t i = 0; i < given->count; i++) {
        bool is_mine = false;
        for (size_t j = 0; j < ARRAY_LEN(mine); j++)
            is_mine |= strcmp(given->items[i].name, mine[j]) == 0;
        if (!is_mine)
            fields_add(&kept, rest->arena, given->items[i].name, given->items[i].value);
    }
    fields_add(&kept, rest->arena, "PageSize", arena_printf(rest->arena, "%zu", page->size));
    fields_add(&kept, rest->arena, "Page", arena_printf(rest->arena, "%zu", number));
    if (token)
        fields_add(&kept, rest->arena, "PageToken", token);
    if (fields_encode(&query, &kept) < 0)
        return "";
    return arena_printf(rest->arena, REST_PREFIX "%s/%s.json?%s", sim->settings->account_sid,
                        page->resource, query.data);
}

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

/* `last` is the SID of the last item of `some` if there are more, else NULL. Takes `some` over. */
static int answer(struct sim *sim,
                  struct rest *rest,
                  const struct page *page,
                  const char *name,
                  json_t *some,
                  const char *last)
{
    size_t begin = page->number * page->size;
    size_t end = begin + json_array_size(some);
    const char *next =
        last ? page_uri(sim, rest, page, page->number + 1, arena_printf(rest->arena, "PA%s", last))
             : NULL;
    return rest_answer(rest, 200,
                       json_pack("{s:o, s:I, s:I, s:I, s:I, s:s, s:s, s:o, s:n}", name, some,
                                 "page", (json_int_t)page->number, "page_size",
                                 (json_int_t)page->size, "start", (json_int_t)begin, "end",
                                 (json_int_t)(end > 0 ? end - 1 : 0), "uri",
                                 page_uri(sim, rest, page, page->number, page->token),
                                 "first_page_uri", page_uri(sim, rest, page, 0, NULL),
                                 "next_page_uri", text_or_null(next), "previous_page_uri"));
}

/* ---- long lists ---- */

static const void *next_wanted(const struct sim *sim,
                               const struct rest *rest,
                               const struct rest_items *items,
                               const void *item)
{
    while (item && !items->wanted(sim, rest, item))
        item = items->next(item);
    return item;
}

int rest_page(struct sim *sim,
              struct rest *rest,
              const char *resource,
              const char *name,
              const struct rest_items *items)
{
    struct page page;
    if (read_page(rest, resource, &page) < 0)
        return -1;
    const void *item = page.token ? items->find(sim, page.token + 2) : items->first(sim);
    if (page.token && item == NULL) /* it was forgotten meanwhile */
        return rest_refuse(rest, 400, CODE_PARAMETER, "PageToken '%s' is not known", page.token);
    if (page.token)
        item = items->next(item);
    json_t *some = json_array();
    const char *last = NULL;
    for (item = next_wanted(sim, rest, items, item); item && json_array_size(some) < page.size;
         item = next_wanted(sim, rest, items, items->next(item))) {
        json_array_append_new(some, items->json(sim, rest, item));
        last = items->sid(item);
    }
    return answer(sim, rest, &page, name, some, item ? last : NULL);
}

/* ---- short lists ---- */

static const char *sid_at(const json_t *all, size_t i)
{
    return json_string_value(json_object_get(json_array_get(all, i), "sid"));
}

static size_t find_token(const json_t *all, const char *token)
{
    for (size_t i = 0; i < json_array_size(all); i++)
        if (text_equal(sid_at(all, i), token + 2))
            return i + 1;
    return json_array_size(all);
}

int rest_list(
    struct sim *sim, struct rest *rest, const char *resource, const char *name, json_t *all)
{
    json_auto_t *items = all;
    struct page page;
    if (read_page(rest, resource, &page) < 0)
        return -1;
    size_t begin = page.token ? find_token(items, page.token) : 0;
    size_t total = json_array_size(items);
    size_t end = total - begin < page.size ? total : begin + page.size;
    json_t *some = json_array();
    for (size_t i = begin; i < end; i++)
        json_array_append(some, json_array_get(items, i));
    return answer(sim, rest, &page, name, some, end < total ? sid_at(items, end - 1) : NULL);
}

/* ---- filters ---- */

bool rest_time_matches(const struct rest *rest, const char *name, bool known, int64_t is_ms)
{
    static const char *const operators[] = {"", ">", "<"};
    for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
        int64_t from_ms = 0;
        int64_t until_ms = 0;
        const char *wanted =
            fields_get(rest->request->query, arena_printf(rest->arena, "%s%s", name, operators[i]));
        if (text_is_empty(wanted) || !rest_day_or_time(wanted, &from_ms, &until_ms))
            continue;
        if (!known || (i != 2 && is_ms < from_ms) || (i != 1 && is_ms >= until_ms))
            return false;
    }
    return true;
}
