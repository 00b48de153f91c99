/* The words that enums are stored as: those of the API, so that a person with a SQL prompt can read
 * them. */
#ifndef STORE_SQLITE_WORDS_H
#define STORE_SQLITE_WORDS_H

#include "row.h"

extern const struct words direction_words;
extern const struct words placement_words;
extern const struct words status_words;
extern const struct words outcome_words;
extern const struct words timeline_words;
extern const struct words job_words;
extern const struct words job_state_words;
extern const struct words counter_words;
extern const struct words media_words;
extern const struct words subscription_state_words;
extern const struct words delivery_state_words;

#endif
