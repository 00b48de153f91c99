/*
 * Range fields as any client may send them; the first byte chooses the length of what is asked for. A part lies within
 * it, is not empty, and says the same when its first and last byte are written out and read again.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/macros.h"
#include "http/range.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t lengths[] = {0, 1, 2, 100, 65536, INT64_C(1) << 40, INT64_MAX};
    if (size == 0)
        return 0;
    auto_arena struct arena *arena = arena_create();
    int64_t length = lengths[data[0] % ARRAY_LEN(lengths)];
    struct byte_range range = {-1, -1};
    struct byte_range again;
    char text[64];
    switch (range_read(arena_copy(arena, data + 1, size - 1), length, &range)) {
    case RANGE_WHOLE:
        ASSERT(range.first == 0 && range.bytes == length);
        break;
    case RANGE_UNSATISFIABLE:
        ASSERT(range.first == -1 && range.bytes == -1);
        break;
    case RANGE_PART:
        ASSERT(range.first >= 0 && range.bytes > 0 && range.first <= length - range.bytes);
        (void)snprintf(text, sizeof text, "bytes=%lld-%lld", (long long)range.first,
                       (long long)(range.first + range.bytes - 1));
        ASSERT(range_read(text, length, &again) == RANGE_PART);
        ASSERT(again.first == range.first && again.bytes == range.bytes);
        break;
    }
    return 0;
}
