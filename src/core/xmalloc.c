/*
 * Allocation that ends the process instead of failing.
 */
#include "core/xmalloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/macros.h"

/* Nothing here may allocate, so no printf. */
static void *checked(void *pointer)
{
    static const char message[] = "out of memory\n";
    if (pointer != NULL)
        return pointer;
    if (write(STDERR_FILENO, message, sizeof message - 1) < 0) {
        /* nobody left to tell */
    }
    abort();
}

void *xcalloc(size_t count, size_t bytes)
{
    if (count == 0 || bytes == 0)
        count = bytes = 1;
    return checked(calloc(count, bytes));
}

void *xcalloc_aligned(size_t alignment, size_t count, size_t bytes)
{
    ASSERT(bytes == 0 || count <= SIZE_MAX / 2 / bytes);
    void *pointer = NULL;
    size_t all = count * bytes == 0 ? 1 : count * bytes;
    int failed = posix_memalign(&pointer, alignment, all);
    return memset(checked(failed == 0 ? pointer : NULL), 0, all);
}

void *xrealloc(void *pointer, size_t bytes)
{
    return checked(realloc(pointer, bytes == 0 ? 1 : bytes));
}

char *xstrdup(const char *text)
{
    return text == NULL ? NULL : xmemdup(text, strlen(text));
}

char *xmemdup(const void *data, size_t bytes)
{
    ASSERT(bytes < SIZE_MAX);
    char *copy = xrealloc(NULL, bytes + 1);
    if (bytes > 0)
        memcpy(copy, data, bytes);
    copy[bytes] = '\0';
    return copy;
}
