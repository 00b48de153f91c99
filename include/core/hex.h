/* Hexadecimal text. Pure functions, any thread. */
#ifndef CORE_HEX_H
#define CORE_HEX_H

#include <stdbool.h>
#include <stddef.h>

/** Lower-case digits and a NUL: 2 * len + 1 chars. */
void hex_encode(char *out, const void *data, size_t len);

/** Exactly 2 * len digits of either case; false otherwise. */
bool hex_decode(const char *text, void *out, size_t len);

#endif
