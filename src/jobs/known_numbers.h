/* Which numbers of the account lead here, as far as Twilio was asked. Bounded; locks inside. */
#ifndef JOBS_KNOWN_NUMBERS_H
#define JOBS_KNOWN_NUMBERS_H

#include <stdbool.h>

struct known_numbers;

struct known_numbers *known_numbers_create(void);

/** Takes NULL. */
void known_numbers_free(struct known_numbers *numbers);

/** Was it asked about? */
bool known_numbers_tell(struct known_numbers *numbers, const char *number);

/** ... and does it lead here? NULL does not. */
bool known_numbers_has(struct known_numbers *numbers, const char *number);

/** Remember an answer. With too many of them all are forgotten, and asked for again. */
void known_numbers_put(struct known_numbers *numbers, const char *number, bool ours);

/** Settings may have changed at Twilio: ask again. */
void known_numbers_forget(struct known_numbers *numbers);

#endif
