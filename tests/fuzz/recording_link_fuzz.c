/*
 * Links as anybody may show them: three lines, expires, by and signature. None is taken that was not made here; one that was
 * made is taken, and none of its parts can be put in the place of another.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "app/recording_links.h"
#include "core/arena.h"
#include "core/macros.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct recording_links *links;
    if (links == NULL)
        links = recording_links_create((const unsigned char *)"0123456789abcdef", 16);
    auto_arena struct arena *arena = arena_create();
    char *rest = arena_copy(arena, data, size);
    struct shown_link link = {.recording_id = "rec_0t3ynbe8qg000a9x95d695a3qs"};
    const char **const parts[] = {&link.expires, &link.by, &link.signature};
    for (size_t i = 0; i < ARRAY_LEN(parts) && rest != NULL; i++) {
        char *end = strchr(rest, '\n');
        *parts[i] = rest;
        rest = end == NULL ? NULL : end + 1;
        if (end != NULL)
            *end = '\0';
    }
    struct error err = {0};
    int64_t sequence = 0;
    ASSERT(recording_links_check(links, &link, 0, &err) < 0 && err.kind == ERROR_UNAUTHENTICATED);
    ASSERT(link.by == NULL || !recording_links_maker(links, link.by, &sequence));
    return 0;
}
