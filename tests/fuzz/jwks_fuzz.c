/*
 * Key sets and PEM files as whoever signs tokens may publish them, or somebody on the way. What is taken is counted and
 * of a kind that we know; nothing else is kept.
 */
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/limits.h"
#include "core/macros.h"
#include "crypto/token_keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef int add_fn(struct token_keys *keys, const char *text, size_t len, struct error *err);

static void try_to_add(add_fn *add, const char *text, size_t len)
{
    auto_token_keys struct token_keys *keys = token_keys_create();
    struct error err = {0};
    int result = add(keys, text, len, &err);
    ASSERT((result == 0) == (err.kind == ERROR_NONE));
    ASSERT(result == 0 || err.kind == ERROR_INVALID);
    ASSERT(result != 0 || token_keys_count(keys) > 0);
    ASSERT(token_keys_count(keys) <= LIMIT_TOKEN_KEYS);
    ASSERT(token_keys_count_of(keys, TOKEN_HS256) == 0);
    ASSERT(token_keys_count_of(keys, TOKEN_RS256) + token_keys_count_of(keys, TOKEN_ES256) ==
           token_keys_count(keys));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_arena struct arena *arena = arena_create();
    const char *text = arena_copy(arena, data, size);
    try_to_add(token_keys_add_jwks, text, size);
    try_to_add(token_keys_add_pem, text, size);
    return 0;
}
