/*
 * Randomness from the kernel. Any thread.
 */
#ifndef CORE_RANDOM_H
#define CORE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/** Fill with cryptographically strong bytes; ends the process if the kernel has none. At most 256 bytes. */
void random_bytes(void *out, size_t bytes);

/** Any number of 64 bits, as random_bytes gives it. */
uint64_t random_u64(void);

/** Evenly in [0, below); `below` must not be 0. */
uint64_t random_below(uint64_t below);

/** Lower-case hexadecimal text of `bytes` random bytes (at most 64), NUL-terminated: 2 * bytes + 1 chars. */
void random_hex(char *out, size_t bytes);

#endif
