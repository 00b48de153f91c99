/*
 * Bodies as any client may send them, and their problems. The first byte chooses the media type.
 * Whatever is refused renders as a problem that is JSON itself.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "http/body.h"
#include "http/problem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const types[] = {"application/json", "", "text/plain", "\377"};

static void check_problem(const struct request *request, const struct error *err)
{
    struct response response = {.status = 200};
    problem_render(NULL, request, err, &response);
    ASSERT(response.status == error_info(err->kind)->http_status);
    json_auto_t *problem = json_loadb(response.body, response.body_len, 0, NULL);
    ASSERT(json_is_string(json_object_get(problem, "code")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    auto_arena struct arena *arena = arena_create();
    struct request request = {
        .arena = arena,
        .id = "0123456789abcdef",
        .media_type = types[data[0] % ARRAY_LEN(types)],
        .body = arena_copy(arena, data + 1, size - 1),
        .body_len = size - 1,
    };
    struct error err = {0};
    json_auto_t *json = request_json(&request, &err);
    if (json == NULL) {
        ASSERT(err.kind == ERROR_MALFORMED || err.kind == ERROR_INVALID ||
               err.kind == ERROR_UNSUPPORTED_TYPE);
        check_problem(&request, &err);
        return 0;
    }
    ASSERT(err.kind == ERROR_NONE && json_is_object(json));
    struct response response = {.status = 200};
    response_json(&request, &response, 201, json_incref(json));
    ASSERT(response.status == 201 && strlen(response.body) == response.body_len);
    return 0;
}
