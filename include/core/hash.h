/* A quick 64-bit hash of several texts, for keys that are compared and not guessed. Not cryptographic. */
#ifndef CORE_HASH_H
#define CORE_HASH_H

#include <stdint.h>

/** Start value; feed it to hash_text. */
#define HASH_START UINT64_C(0xcbf29ce484222325)

/** Mix a text and its end into `hash`, so that ("ab","c") and ("a","bc") differ. NULL is "". */
uint64_t hash_text(uint64_t hash, const char *text);

/** The finished value; never 0, so that 0 can mean "no key". */
uint64_t hash_finish(uint64_t hash);

#endif
