/*
 * Our ids: a word that says of what (`call_`, `rec_`, `vm_`) and 26 characters of Crockford's base 32, sortable by time.
 * 128 bits: a 64-bit number (time in ms shifted by 20, made strictly increasing within the process) and 64 random
 * bits. The number is the row's key in the store, so an id needs no index of its own; the random
 * half makes ids unguessable and is compared on lookup.
 */
#ifndef VOICE_RESOURCE_ID_H
#define VOICE_RESOURCE_ID_H

#include <stdbool.h>
#include <stdint.h>

/* name, what its ids begin with (at most 5 characters) */
#define RESOURCE_KINDS(X)                                                                          \
    X(CALL, "call_")                                                                               \
    X(RECORDING, "rec_")                                                                           \
    X(VOICEMAIL, "vm_")

enum resource_kind {
#define X(name, prefix) RESOURCE_##name,
    RESOURCE_KINDS(X)
#undef X
};

enum {
    RESOURCE_ID_BYTES = 32,         /* the longest prefix + 26 + NUL */
    RESOURCE_NUMBER_TIME_SHIFT = 20 /* a number is milliseconds since 1970 shifted by this */
};

/** Write the id of a number and 64 random bits. */
void resource_id_format(enum resource_kind kind,
                        int64_t number,
                        uint64_t random,
                        char out[RESOURCE_ID_BYTES]);

/**
 * False if it is no id of that kind: wrong prefix, length, character or a number that is not positive. NULL is false.
 */
bool resource_id_parse(enum resource_kind kind, const char *id, int64_t *number, uint64_t *random);

/**
 * The next number: greater than `*last` and at least now_ms << 20. `last` is shared by all threads
 * of a process (atomic), and by all kinds; start it at 0.
 */
int64_t resource_number_next(_Atomic int64_t *last, int64_t now_ms);

#endif
