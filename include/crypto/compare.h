/*
 * Comparing and forgetting secrets. Pure functions, any thread.
 */
#ifndef CRYPTO_COMPARE_H
#define CRYPTO_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

/** Are the `bytes` bytes the same? The time taken depends on `bytes` alone. */
bool secret_equal(const void *a, const void *b, size_t bytes);

/**
 * Are two strings the same? The time taken depends on their lengths alone, which are no secret. NULL equals nothing.
 */
bool secret_text_equal(const char *a, const char *b);

/** Overwrite memory that held a secret; unlike memset this is never optimised away. */
void secret_wipe(void *memory, size_t bytes);

#endif
