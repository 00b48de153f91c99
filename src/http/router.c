/*
 * Routes become a tree of path segments. A node has its literal children (sorted), one child for
 * "any segment", the rows that end here and the rows that take everything below.
 *
 *   /calls/{id}/hangup      root -> "calls" -> any -> "hangup": ends
 *   /webhook/ *             root -> "webhook": below
 *
 * Built once, then only read, by any number of threads.
 */
#include "router.h"

#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/text.h"
#include "http/request.h"

/* A row in its place. */
struct entry {
    const struct route *route;
    const char *table;
    size_t index;
    size_t param_count;
    const char *param_names[LIMIT_PATH_SEGMENTS];
    struct entry *next; /* at the same place */
};

struct node {
    const char *segment;
    struct node **children; /* sorted by segment */
    size_t child_count;
    size_t child_cap;
    struct node *any;
    struct entry *ends;
    struct entry *below;
};

struct router {
    struct arena *arena;
    struct node root;
    struct entry **entries;
    size_t count;
};

/* ---- methods ---- */

static const struct {
    const char *name;
    enum http_method method;
} methods[] = {
    {"GET",     HTTP_GET    },
    {"HEAD",    HTTP_HEAD   },
    {"POST",    HTTP_POST   },
    {"PUT",     HTTP_PUT    },
    {"PATCH",   HTTP_PATCH  },
    {"DELETE",  HTTP_DELETE },
    {"OPTIONS", HTTP_OPTIONS},
};

enum {
    METHODS_IN_ROWS = HTTP_GET | HTTP_POST | HTTP_PUT | HTTP_PATCH | HTTP_DELETE | HTTP_OPTIONS
};

const char *http_method_name(enum http_method method)
{
    for (size_t i = 0; i < ARRAY_LEN(methods); i++)
        if (methods[i].method == method)
            return methods[i].name;
    return "-";
}

enum http_method http_method_of(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(methods); i++)
        if (strcmp(methods[i].name, name) == 0)
            return methods[i].method;
    return (enum http_method)0;
}

/* Into a buffer that holds all of them. */
static void name_methods(unsigned set, struct buf *out)
{
    for (size_t i = 0; i < ARRAY_LEN(methods); i++)
        if ((set & methods[i].method) != 0)
            (void)buf_printf(out, "%s%s", out->len > 0 ? ", " : "", methods[i].name);
}

const char *router_allow(unsigned set, struct arena *arena)
{
    auto_buf struct buf text;
    buf_init(&text, 64);
    set |= HTTP_OPTIONS;
    if ((set & HTTP_GET) != 0)
        set |= HTTP_HEAD;
    name_methods(set, &text);
    return arena_copy(arena, text.data, text.len);
}

/* ---- building ---- */

static bool is_param_name(const char *name, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((name[i] < 'a' || name[i] > 'z') && name[i] != '_')
            return false;
    return len > 0;
}

static bool is_literal(const char *segment)
{
    return segment[0] != '\0' && segment[strcspn(segment, "{}*%?# ")] == '\0';
}

/* Where `segment` is among the children, or belongs. */
static size_t child_place(const struct node *node, const char *segment, bool *found)
{
    size_t low = 0;
    size_t high = node->child_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(node->children[middle]->segment, segment);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *found = false;
    return low;
}

static struct node *child_add(struct router *router, struct node *node, const char *segment)
{
    bool found;
    size_t place = child_place(node, segment, &found);
    if (found)
        return node->children[place];
    if (node->child_count == node->child_cap) {
        size_t cap = node->child_cap == 0 ? 4 : node->child_cap * 2;
        struct node **grown = arena_alloc(router->arena, cap * sizeof(struct node *));
        if (node->child_count > 0)
            memcpy(grown, node->children, node->child_count * sizeof(struct node *));
        node->children = grown;
        node->child_cap = cap;
    }
    struct node *child = arena_alloc(router->arena, sizeof *child);
    child->segment = segment;
    memmove(&node->children[place + 1], &node->children[place],
            (node->child_count - place) * sizeof(struct node *));
    node->children[place] = child;
    node->child_count++;
    return child;
}

static int bad_row(const struct entry *entry, const char *what, struct error *err)
{
    return error_set(err, ERROR_INVALID, "route %s of table %s: %s",
                     entry->route->path == NULL ? "(no path)" : entry->route->path, entry->table,
                     what);
}

static int add_param(struct entry *entry, char *segment, struct error *err)
{
    size_t len = strlen(segment);
    if (segment[len - 1] != '}' || !is_param_name(segment + 1, len - 2))
        return bad_row(entry, "a parameter is a whole segment {lower_case}", err);
    segment[len - 1] = '\0';
    for (size_t i = 0; i < entry->param_count; i++)
        if (strcmp(entry->param_names[i], segment + 1) == 0)
            return bad_row(entry, "a parameter is named twice", err);
    entry->param_names[entry->param_count++] = segment + 1;
    return 0;
}

/* Walk down the row's path, making what is missing. NULL with `err`. `*rest`: it ended in a star.
 */
static struct node *
find_place(struct router *router, struct entry *entry, bool *rest, struct error *err)
{
    struct node *node = &router->root;
    const char *path = entry->route->path;
    char *copy = arena_strdup(router->arena, path + 1);
    size_t depth = 0;
    *rest = false;
    for (char *segment = copy, *next; segment != NULL && path[1] != '\0'; segment = next) {
        next = strchr(segment, '/');
        if (next != NULL)
            *next++ = '\0';
        if (++depth > LIMIT_PATH_SEGMENTS)
            return bad_row(entry, "too many segments", err), NULL;
        if (next == NULL && strcmp(segment, "*") == 0) {
            *rest = true;
        } else if (segment[0] == '{') {
            if (add_param(entry, segment, err) < 0)
                return NULL;
            if (node->any == NULL)
                node->any = arena_alloc(router->arena, sizeof *node->any);
            node = node->any;
        } else if (is_literal(segment)) {
            node = child_add(router, node, segment);
        } else {
            return bad_row(entry, "not a legal path", err), NULL;
        }
    }
    return node;
}

static int check_row(const struct entry *entry, struct error *err)
{
    const struct route *route = entry->route;
    if (route->path == NULL || route->path[0] != '/')
        return bad_row(entry, "a path begins with /", err);
    if (route->methods == 0 || (route->methods & ~(unsigned)METHODS_IN_ROWS) != 0)
        return bad_row(entry, "no methods, or one that no row may have", err);
    if (route->guard == NULL || (route->guard->head == NULL && route->guard->body == NULL))
        return bad_row(entry, "no guard", err);
    if (route->handle == NULL)
        return bad_row(entry, "no handler", err);
    return 0;
}

static int collide(const struct entry *a, const struct entry *b, struct error *err)
{
    auto_buf struct buf both;
    buf_init(&both, 64);
    name_methods(a->route->methods & b->route->methods, &both);
    return error_set(err, ERROR_CONFLICT, "routes collide: %s %s of table %s and %s of table %s",
                     both.data, a->route->path, a->table, b->route->path, b->table);
}

static int add_row(struct router *router, struct entry *entry, struct error *err)
{
    bool rest;
    struct node *node;
    if (check_row(entry, err) < 0 || (node = find_place(router, entry, &rest, err)) == NULL)
        return -1;
    struct entry **place = rest ? &node->below : &node->ends;
    for (; *place != NULL; place = &(*place)->next)
        if (((*place)->route->methods & entry->route->methods) != 0)
            return collide(*place, entry, err);
    *place = entry;
    router->entries[router->count++] = entry;
    return 0;
}

/* The row as it is served: below a prefix it is a copy. */
static const struct route *
place_row(const struct route_mount *mount, const struct route *row, struct arena *arena)
{
    if (text_is_empty(mount->prefix) || row->path == NULL)
        return row;
    struct route *placed = arena_alloc(arena, sizeof *placed);
    *placed = *row;
    placed->path = arena_printf(arena, "%s%s", mount->prefix, row->path);
    return placed;
}

static int add_table(struct router *router, const struct route_mount *mount, struct error *err)
{
    const struct route_table *table = mount->table;
    for (size_t i = 0; i < table->count; i++) {
        struct entry *entry = arena_alloc(router->arena, sizeof *entry);
        *entry = (struct entry){.route = place_row(mount, &table->rows[i], router->arena),
                                .table = table->name,
                                .index = router->count};
        if (add_row(router, entry, err) < 0)
            return -1;
    }
    return 0;
}

int router_create_mounted(const struct route_mount *mounts,
                          size_t count,
                          struct router **out,
                          struct error *err)
{
    auto_arena struct arena *arena = arena_create();
    struct router *router = arena_alloc(arena, sizeof *router);
    router->arena = arena;
    size_t rows = 0;
    for (size_t i = 0; i < count; i++)
        rows += mounts[i].table->count;
    router->entries = arena_alloc(arena, rows * sizeof(struct entry *));
    for (size_t i = 0; i < count; i++)
        if (add_table(router, &mounts[i], err) < 0)
            return -1;
    arena = NULL; /* lives on in the router */
    *out = router;
    return 0;
}

int router_create(const struct route_table *const *tables,
                  size_t count,
                  struct router **out,
                  struct error *err)
{
    auto_arena struct arena *arena = arena_create();
    struct route_mount *mounts = arena_alloc(arena, count * sizeof *mounts);
    for (size_t i = 0; i < count; i++)
        mounts[i].table = tables[i];
    return router_create_mounted(mounts, count, out, err);
}

void router_free(struct router *router)
{
    if (router != NULL)
        arena_free(router->arena);
}

void router_walk(const struct router *router,
                 void (*each)(const struct route *row, void *context),
                 void *context)
{
    for (size_t i = 0; i < router->count; i++)
        each(router->entries[i]->route, context);
}

size_t router_count(const struct router *router)
{
    return router->count;
}

const struct route *router_row(const struct router *router, size_t index)
{
    return router->entries[index]->route;
}

/* ---- finding ---- */

struct search {
    const struct target *target;
    unsigned method;
    unsigned allowed;
    const struct entry *found;
    const char *values[LIMIT_PATH_SEGMENTS]; /* of the parameters passed on the way */
    size_t value_count;
};

static bool try_rows(struct search *search, const struct entry *entry)
{
    for (; entry != NULL; entry = entry->next) {
        search->allowed |= entry->route->methods;
        if ((entry->route->methods & search->method) != 0) {
            search->found = entry;
            return true;
        }
    }
    return false;
}

/* Exact before parameter before prefix, at every level. */
static bool descend(struct search *search, const struct node *node, size_t depth)
{
    if (depth == search->target->segment_count)
        return try_rows(search, node->ends) || try_rows(search, node->below);

    const char *segment = search->target->segments[depth];
    bool found;
    size_t place = child_place(node, segment, &found);
    if (found && descend(search, node->children[place], depth + 1))
        return true;
    if (node->any != NULL && segment[0] != '\0') {
        search->values[search->value_count++] = segment;
        if (descend(search, node->any, depth + 1))
            return true;
        search->value_count--;
    }
    return try_rows(search, node->below);
}

void router_match(const struct router *router,
                  enum http_method method,
                  const struct target *target,
                  struct arena *arena,
                  struct router_match *out)
{
    struct search search = {.target = target, .method = method == HTTP_HEAD ? HTTP_GET : method};
    *out = (struct router_match){0};
    if (descend(&search, &router->root, 0)) {
        out->route = search.found->route;
        out->index = search.found->index;
        for (size_t i = 0; i < search.found->param_count; i++)
            fields_add(&out->params, arena, search.found->param_names[i], search.values[i]);
    }
    out->allowed = search.allowed;
}

const struct route *
router_find(const struct router *router, const struct request *request, enum http_method method)
{
    struct target target;
    struct router_match match;
    struct error unreadable = {0};
    if (request->target[0] != '/' ||
        target_parse(request->target, request->arena, &target, &unreadable) < 0)
        return NULL;
    router_match(router, method, &target, request->arena, &match);
    return match.route;
}
