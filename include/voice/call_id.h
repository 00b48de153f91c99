/*
 * Our ids: `call_` and 26 characters of Crockford's base 32, sortable by time. 128 bits: a 64-bit
 * number (time in ms shifted by 20, made strictly increasing within the process) and 64 random
 * bits. The number is the row's key in the store, so an id needs no index of its own; the random
 * half makes ids unguessable and is compared on lookup.
 */
#ifndef VOICE_CALL_ID_H
#define VOICE_CALL_ID_H

#include <stdbool.h>
#include <stdint.h>

enum { CALL_ID_BYTES = 32 }; /* "call_" + 26 + NUL */

/** Write the id of a number and 64 random bits. */
void call_id_format(int64_t number, uint64_t random, char out[CALL_ID_BYTES]);

/** False if it is no id of ours: wrong prefix, length, character or a number that is not positive. NULL is false. */
bool call_id_parse(const char *id, int64_t *number, uint64_t *random);

/**
 * The next number: greater than `*last` and at least now_ms << 20. `last` is shared by all threads
 * of a process (atomic); start it at 0.
 */
int64_t call_number_next(_Atomic int64_t *last, int64_t now_ms);

#endif
