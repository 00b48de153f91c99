/*
 * Which group each user was in when it last asked for a token, as far as this process knows it: so that the next token
 * of the same user in the same group costs no write. Of a bounded size; what has been forgotten is written once more.
 */
#ifndef APP_GROUP_MEMORY_H
#define APP_GROUP_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

struct group_memory;

/** Knows nothing yet; never NULL. Its functions may be called by any thread. */
struct group_memory *group_memory_create(void);
/** Takes NULL. */
void group_memory_free(struct group_memory *memory);

/**
 * Is it known that the store has this group (NULL: none) for that identity? Not a day later: what nobody writes anew is
 * forgotten by age (store/retention.h).
 */
bool group_memory_has(struct group_memory *memory,
                      const char *identity,
                      const char *group,
                      int64_t now_ms);

/** The store has it now. In the order of the commits. */
void group_memory_note(struct group_memory *memory,
                       const char *identity,
                       const char *group,
                       int64_t now_ms);

#endif
