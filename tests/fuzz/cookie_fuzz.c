/*
 * Cookie headers as any client may send them, one for each line. The cookie that is found stands in the text, has only
 * characters that a cookie may have, and is the only one of its name.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/macros.h"
#include "http/cookie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADERS_MAX = 8 };

static void split_lines(char *text, struct request *request)
{
    static struct field items[HEADERS_MAX];
    size_t count = 0;
    for (char *line = text; count < HEADERS_MAX; count++) {
        char *end = strchr(line, '\n');
        items[count] = (struct field){.name = "Cookie", .name_len = 6, .value = line};
        if (end == NULL) {
            count++;
            break;
        }
        *end = '\0';
        line = end + 1;
    }
    request->headers = (struct fields){.items = items, .count = count};
}

static size_t occurrences(const struct request *request, const char *needle)
{
    size_t count = 0;
    for (size_t i = 0; i < request->headers.count; i++)
        for (const char *at = request->headers.items[i].value; (at = strstr(at, needle)) != NULL;
             at++)
            count++;
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_arena struct arena *arena = arena_create();
    struct request request = {.arena = arena};
    struct error err = {0};
    const char *value = "untouched";
    split_lines(arena_copy(arena, data, size), &request);
    if (cookie_find(&request, "session", &value, &err) < 0) {
        ASSERT(err.kind == ERROR_MALFORMED && occurrences(&request, "session=") > 0);
        return 0;
    }
    ASSERT(err.kind == ERROR_NONE);
    if (value == NULL || *value == '\0')
        return 0;
    ASSERT(occurrences(&request, "session=") > 0 && strpbrk(value, "\",;\\ \t\r\n") == NULL);
    ASSERT(occurrences(&request, value) > 0);
    return 0;
}
