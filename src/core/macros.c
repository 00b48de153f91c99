/*
 * What happens when a promise of our own code is broken.
 */
#include "core/macros.h"

#include <stdio.h>
#include <unistd.h>

void assert_failed(const char *condition, const char *file, int line, const char *function)
{
    /* Straight to stderr: the log's thread may be the one that is broken. */
    (void)dprintf(STDERR_FILENO, "broken promise: %s, in %s at %s:%d\n", condition, function, file,
                  line);
    abort();
}
