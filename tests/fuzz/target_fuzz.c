/*
 * Request targets: taken apart and looked up. What is found is a row whose parameters are all there, and no decoded
 * path walks up a tree.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../../src/http/router.h"
#include "core/text.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int yes(struct app *app, struct request *request, struct error *err)
{
    (void)app;
    (void)request;
    (void)err;
    return 0;
}

static int
handle(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)app;
    (void)request;
    (void)response;
    (void)err;
    return 0;
}

static const struct guard guard = {.name = "open", .head = yes};

static const struct route rows[] = {
    {HTTP_GET | HTTP_POST, "/calls",             &guard, 0, NULL, handle, NULL},
    {HTTP_GET,             "/calls/{id}",        &guard, 0, NULL, handle, NULL},
    {HTTP_GET,             "/calls/active",      &guard, 0, NULL, handle, NULL},
    {HTTP_POST,            "/calls/{id}/hangup", &guard, 0, NULL, handle, NULL},
    {HTTP_POST,            "/{a}/{b}/{c}",       &guard, 0, NULL, handle, NULL},
    {HTTP_POST,            "/webhook/*",         &guard, 0, NULL, handle, NULL},
};
static const struct route_table table = {"fuzz", rows, ARRAY_LEN(rows)};
static struct router *router;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    const struct route_table *const tables[] = {&table};
    struct error err = {0};
    ASSERT(router_create(tables, 1, &router, &err) == 0);
    return 0;
}

static void check_target(const struct target *target)
{
    ASSERT(target->path[0] == '/' && text_is_utf8(target->path, strlen(target->path)));
    ASSERT(target->segment_count <= LIMIT_PATH_SEGMENTS);
    for (size_t i = 0; i < target->segment_count; i++)
        ASSERT(strcmp(target->segments[i], ".") != 0 && strcmp(target->segments[i], "..") != 0);
}

static void check_match(const struct target *target, enum http_method method, struct arena *arena)
{
    struct router_match match;
    router_match(router, method, target, arena, &match);
    if (match.route == NULL)
        return;
    ASSERT((match.route->methods & method) != 0 || method == HTTP_HEAD);
    size_t params = 0;
    for (const char *brace = match.route->path; (brace = strchr(brace, '{')) != NULL; brace++)
        params++;
    ASSERT(match.params.count == params);
    for (size_t i = 0; i < params; i++)
        ASSERT(match.params.items[i].value_len > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_arena struct arena *arena = arena_create();
    const char *raw = arena_printf(arena, "/%.*s", (int)size, (const char *)data);
    struct error err = {0};
    struct target target;
    if (target_parse(raw, arena, &target, &err) < 0) {
        ASSERT(err.kind == ERROR_MALFORMED || err.kind == ERROR_NOT_FOUND);
        return 0;
    }
    check_target(&target);
    check_match(&target, HTTP_GET, arena);
    check_match(&target, HTTP_HEAD, arena);
    check_match(&target, HTTP_POST, arena);
    return 0;
}
