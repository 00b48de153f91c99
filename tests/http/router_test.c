#include "../../src/http/router.h"

#include <stdio.h>
#include <string.h>

#include "support/cmocka_all.h"

static int guard_fn_yes(struct app *app, struct request *request, struct error *err)
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

static const struct guard guard = {.name = "open", .head = guard_fn_yes};
static const struct guard guard_of_nothing = {.name = "nothing"};

#define ROW(m, p)                                                                                  \
    {                                                                                              \
        .methods = (m), .path = (p), .guard = &guard, .handle = handle                             \
    }

/* clang-format off */
static const struct route rows[] = {
    ROW(HTTP_GET, "/"),                         /* 0 */
    ROW(HTTP_GET | HTTP_POST, "/calls"),        /* 1 */
    ROW(HTTP_GET, "/calls/{id}"),               /* 2 */
    ROW(HTTP_GET, "/calls/active"),             /* 3 */
    ROW(HTTP_POST, "/calls/{call}/hangup"),     /* 4 */
    ROW(HTTP_GET, "/calls/*"),                  /* 5 */
    ROW(HTTP_DELETE, "/calls/{sid}"),           /* 6 */
    ROW(HTTP_POST, "/webhook/*"),               /* 7 */
    ROW(HTTP_GET, "/{a}/{b}/{c}"),              /* 8 */
    ROW(HTTP_PUT, "/calls/{id}/*"),             /* 9 */
};

enum { NONE = 99 };

static const struct {
    enum http_method method;
    unsigned allowed; /* where no row is found */
    const char *target;
    size_t row;
    const char *params;
} finds[] = {
    {HTTP_GET, 0, "/", 0, ""},
    {HTTP_GET, 0, "/?x=1", 0, ""},
    {HTTP_HEAD, 0, "/calls", 1, ""},
    {HTTP_POST, 0, "/calls?a=b/c", 1, ""},
    {HTTP_GET, 0, "/calls/active", 3, ""},
    {HTTP_GET, 0, "/calls/%61ctive", 3, ""},
    {HTTP_GET, 0, "/calls/CA1", 2, "id=CA1 "},
    {HTTP_GET, 0, "/calls/a%2Fb", 2, "id=a/b "},
    {HTTP_GET, 0, "/calls/a%3Fb", 2, "id=a?b "},
    {HTTP_DELETE, 0, "/calls/active", 6, "sid=active "},
    {HTTP_DELETE, 0, "/calls/CA1", 6, "sid=CA1 "},
    {HTTP_POST, 0, "/calls/CA1/hangup", 4, "call=CA1 "},
    {HTTP_GET, 0, "/calls/CA1/hangup", 5, ""},
    {HTTP_GET, 0, "/calls/CA1/hangup/x", 5, ""},
    {HTTP_PUT, 0, "/calls/CA1/x/y", 9, "id=CA1 "},
    {HTTP_PUT, 0, "/calls/CA1", 9, "id=CA1 "},
    {HTTP_GET, 0, "/calls/", 5, ""},
    {HTTP_GET, 0, "/x/y/z", 8, "a=x b=y c=z "},
    {HTTP_GET, 0, "/x/calls/z", 8, "a=x b=calls c=z "},
    {HTTP_POST, 0, "/webhook", 7, ""},
    {HTTP_POST, 0, "/webhook/", 7, ""},
    {HTTP_POST, 0, "/webhook/a/b", 7, ""},
    {HTTP_POST, 0, "/webhooks", NONE, ""},
    {HTTP_GET, HTTP_POST, "/webhook/a", NONE, ""},
    {HTTP_GET, 0, "/x//z", NONE, ""},
    {HTTP_GET, 0, "//", NONE, ""},
    {HTTP_GET, 0, "/Calls", NONE, ""},
    {HTTP_DELETE, HTTP_GET | HTTP_POST, "/calls", NONE, ""},
    {HTTP_DELETE, HTTP_GET, "/", NONE, ""},
    {0, HTTP_GET | HTTP_DELETE | HTTP_PUT, "/calls/CA1", NONE, ""},
};
/* clang-format on */

static struct router *build(const struct route *some, size_t count)
{
    const struct route_table table = {"test", some, count};
    const struct route_table *const tables[] = {&table};
    struct router *router = NULL;
    struct error err = {0};
    if (router_create(tables, 1, &router, &err) < 0)
        fail_msg("%s", err.message);
    return router;
}

static void exact_beats_parameter_beats_prefix(void **state)
{
    (void)state;
    struct router *router = build(rows, ARRAY_LEN(rows));
    for (size_t i = 0; i < ARRAY_LEN(finds); i++) {
        auto_arena struct arena *arena = arena_create();
        struct error err = {0};
        struct target target;
        assert_int_equal(target_parse(finds[i].target, arena, &target, &err), 0);
        struct router_match match;
        router_match(router, finds[i].method, &target, arena, &match);
        size_t row = match.route == NULL ? NONE : match.index;
        if (row != finds[i].row)
            fail_msg("%s: row %zu", finds[i].target, row);
        char params[128] = "";
        for (size_t j = 0; j < match.params.count; j++)
            (void)snprintf(params + strlen(params), sizeof params - strlen(params), "%s=%s ",
                           match.params.items[j].name, match.params.items[j].value);
        assert_string_equal(params, finds[i].params);
        if (row == NONE)
            assert_int_equal(match.allowed, finds[i].allowed);
    }
    router_free(router);
}

/* clang-format off */
static const struct {
    struct route rows[2];
    enum error_kind kind;
    const char *names[2]; /* must be in the message */
} refused[] = {
    {{ROW(HTTP_GET, "/a"), ROW(HTTP_GET | HTTP_POST, "/a")}, ERROR_CONFLICT, {"GET /a", "first"}},
    {{ROW(HTTP_GET, "/a/{x}"), ROW(HTTP_GET, "/a/{y}")}, ERROR_CONFLICT, {"/a/{x}", "/a/{y}"}},
    {{ROW(HTTP_GET, "/a/*"), ROW(HTTP_GET, "/a/*")}, ERROR_CONFLICT, {"second", "/a/*"}},
    {{ROW(HTTP_GET, "a"), ROW(HTTP_GET, "/b")}, ERROR_INVALID, {"first", "a"}},
    {{ROW(HTTP_GET, NULL), ROW(HTTP_GET, "/b")}, ERROR_INVALID, {"first", "no path"}},
    {{ROW(HTTP_GET, "/a/"), ROW(HTTP_GET, "/b")}, ERROR_INVALID, {"/a/", ""}},
    {{ROW(HTTP_GET, "/a//b"), ROW(HTTP_GET, "/b")}, ERROR_INVALID, {"/a//b", ""}},
    {{ROW(HTTP_GET, "/a?b"), ROW(HTTP_GET, "/b")}, ERROR_INVALID, {"/a?b", ""}},
    {{ROW(HTTP_GET, "/%41"), ROW(HTTP_GET, "/b")}, ERROR_INVALID, {"/%41", ""}},
    {{ROW(HTTP_GET, "/a/{}"), ROW(HTTP_GET, "/b")}, ERROR_INVALID, {"/a/{}", ""}},
    {{ROW(HTTP_GET, "/a/{b"), ROW(HTTP_GET, "/b")}, ERROR_INVALID, {"/a/{b", ""}},
    {{ROW(HTTP_GET, "/a/x{b}"), ROW(HTTP_GET, "/b")}, ERROR_INVALID, {"/a/x{b}", ""}},
    {{ROW(HTTP_GET, "/a/{b}/{b}"), ROW(HTTP_GET, "/b")}, ERROR_INVALID, {"twice", ""}},
    {{ROW(HTTP_GET, "/*/a"), ROW(HTTP_GET, "/b")}, ERROR_INVALID, {"/*/a", ""}},
    {{ROW(HTTP_GET, "/1/2/3/4/5/6/7/8/9/10/11/12/13"), ROW(HTTP_GET, "/b")},
     ERROR_INVALID,
     {"too many", ""}},
    {{ROW(HTTP_HEAD, "/a"), ROW(HTTP_GET, "/b")}, ERROR_INVALID, {"methods", ""}},
    {{ROW(0, "/a"), ROW(HTTP_GET, "/b")}, ERROR_INVALID, {"methods", ""}},
    {{ROW(1 << 12, "/a"), ROW(HTTP_GET, "/b")}, ERROR_INVALID, {"methods", ""}},
    {{{.methods = HTTP_GET, .path = "/a", .handle = handle}, ROW(HTTP_GET, "/b")},
     ERROR_INVALID,
     {"guard", ""}},
    {{{.methods = HTTP_GET, .path = "/a", .guard = &guard_of_nothing, .handle = handle},
      ROW(HTTP_GET, "/b")},
     ERROR_INVALID,
     {"guard", ""}},
    {{{.methods = HTTP_GET, .path = "/a", .guard = &guard}, ROW(HTTP_GET, "/b")},
     ERROR_INVALID,
     {"handler", ""}},
};

/* clang-format on */

static void rows_that_collide_or_lack_something_stop_the_server(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        const struct route_table first = {"first", &refused[i].rows[0], 1};
        const struct route_table second = {"second", &refused[i].rows[1], 1};
        const struct route_table *const tables[] = {&first, &second};
        struct router *router = NULL;
        struct error err = {0};
        assert_int_equal(router_create(tables, 2, &router, &err), -1);
        assert_null(router);
        assert_int_equal(err.kind, refused[i].kind);
        for (size_t j = 0; j < 2; j++)
            if (strstr(err.message, refused[i].names[j]) == NULL)
                fail_msg("%s: no %s", err.message, refused[i].names[j]);
    }
}

static void different_methods_share_a_path(void **state)
{
    (void)state;
    static const struct route some[] = {ROW(HTTP_GET, "/a"), ROW(HTTP_POST, "/a"),
                                        ROW(HTTP_OPTIONS, "/a")};
    struct router *router = build(some, ARRAY_LEN(some));
    assert_int_equal(router_count(router), 3);
    router_free(router);
}

static void count_row(const struct route *row, void *context)
{
    size_t *next = context;
    assert_ptr_equal(row->path, rows[*next].path);
    ++*next;
}

static void walking_sees_every_row_in_order(void **state)
{
    (void)state;
    struct router *router = build(rows, ARRAY_LEN(rows));
    size_t count = 0;
    router_walk(router, count_row, &count);
    assert_int_equal(count, ARRAY_LEN(rows));
    router_free(router);
}

/* clang-format off */
static const struct {
    const char *raw;
    enum error_kind kind; /* ERROR_NONE: fine */
    const char *path;
    size_t segments;
    const char *query;
} targets[] = {
    {"/",                             ERROR_NONE,      "/",        0,  ""      },
    {"/?",                            ERROR_NONE,      "/",        0,  ""      },
    {"/a/b?c=/d?e",                   ERROR_NONE,      "/a/b",     2,  "c=/d?e"},
    {"/a+b/%C3%A4",                   ERROR_NONE,      "/a+b/\303\244", 2, ""  },
    {"/\303\244",                     ERROR_NONE,      "/\303\244", 1, ""      },
    {"/...",                          ERROR_NONE,      "/...",     1,  ""      },
    {"/1/2/3/4/5/6/7/8/9/10/11/12",   ERROR_NONE,      "/1/2/3/4/5/6/7/8/9/10/11/12", 12, ""},
    {"/1/2/3/4/5/6/7/8/9/10/11/12/",  ERROR_NOT_FOUND, NULL,       0,  NULL    },
    {"/.",                            ERROR_MALFORMED, NULL,       0,  NULL    },
    {"/a/../b",                       ERROR_MALFORMED, NULL,       0,  NULL    },
    {"/a/%2e%2E",                     ERROR_MALFORMED, NULL,       0,  NULL    },
    {"/%",                            ERROR_MALFORMED, NULL,       0,  NULL    },
    {"/%4",                           ERROR_MALFORMED, NULL,       0,  NULL    },
    {"/%4/1",                         ERROR_MALFORMED, NULL,       0,  NULL    },
    {"/%00",                          ERROR_MALFORMED, NULL,       0,  NULL    },
    {"/%ff",                          ERROR_MALFORMED, NULL,       0,  NULL    },
    {"/\303",                         ERROR_MALFORMED, NULL,       0,  NULL    },
};

/* clang-format on */

static void targets_are_taken_apart_before_they_are_decoded(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
        auto_arena struct arena *arena = arena_create();
        struct error err = {0};
        struct target target;
        int result = target_parse(targets[i].raw, arena, &target, &err);
        if (err.kind != targets[i].kind)
            fail_msg("%s: %s", targets[i].raw, err.message);
        if (result < 0)
            continue;
        assert_string_equal(target.path, targets[i].path);
        assert_int_equal(target.segment_count, targets[i].segments);
        assert_string_equal(target.query, targets[i].query);
    }
}

static void take_path(const struct route *row, void *context)
{
    char *paths = context;
    size_t len = strlen(paths);
    (void)snprintf(paths + len, 256 - len, "%s ", row->path);
}

/* The same rows in two places: each knows its whole path, and they find each other nowhere. */
static void tables_stand_below_their_prefixes(void **state)
{
    static const struct route two[] = {ROW(HTTP_GET, "/a/{id}"), ROW(HTTP_POST, "/b/*")};
    static const struct route_table table = {"two", two, ARRAY_LEN(two)};
    const struct route_mount mounts[] = {
        {&table, NULL  },
        {&table, "/x/y"},
        {&table, "/z"  },
    };
    struct error err = {0};
    struct router *router;
    char paths[256] = "";
    (void)state;
    assert_int_equal(router_create_mounted(mounts, ARRAY_LEN(mounts), &router, &err), 0);
    router_walk(router, take_path, paths);
    assert_string_equal(paths, "/a/{id} /b/* /x/y/a/{id} /x/y/b/* /z/a/{id} /z/b/* ");
    auto_arena struct arena *arena = arena_create();
    struct target target;
    struct router_match match;
    assert_int_equal(target_parse("/x/y/a/7", arena, &target, &err), 0);
    router_match(router, HTTP_GET, &target, arena, &match);
    assert_int_equal(match.index, 2);
    assert_string_equal(fields_get(&match.params, "id"), "7");
    router_free(router);
}

static void tables_that_meet_are_both_named(void **state)
{
    static const struct route ours[] = {ROW(HTTP_GET | HTTP_POST, "/x/a")};
    static const struct route theirs[] = {ROW(HTTP_POST, "/a")};
    static const struct route_table first = {"first", ours, ARRAY_LEN(ours)};
    static const struct route_table second = {"second", theirs, ARRAY_LEN(theirs)};
    const struct route_mount mounts[] = {
        {&first,  ""  },
        {&second, "/x"},
    };
    struct error err = {0};
    struct router *router;
    (void)state;
    assert_int_equal(router_create_mounted(mounts, ARRAY_LEN(mounts), &router, &err), -1);
    assert_int_equal(err.kind, ERROR_CONFLICT);
    assert_string_equal(err.message,
                        "routes collide: POST /x/a of table first and /x/a of table second");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_beats_parameter_beats_prefix),
        cmocka_unit_test(rows_that_collide_or_lack_something_stop_the_server),
        cmocka_unit_test(different_methods_share_a_path),
        cmocka_unit_test(walking_sees_every_row_in_order),
        cmocka_unit_test(targets_are_taken_apart_before_they_are_decoded),
        cmocka_unit_test(tables_stand_below_their_prefixes),
        cmocka_unit_test(tables_that_meet_are_both_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
