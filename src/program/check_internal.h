/* The two halves of `switchhook check`. */
#ifndef PROGRAM_CHECK_INTERNAL_H
#define PROGRAM_CHECK_INTERNAL_H

#include "core/arena.h"
#include "internal.h"

struct check {
    const struct config *config;
    struct arena *arena;
    int errors;
    int warnings;
};

/** Print one line: what was looked at, and what to do if it is not as it should be. */
void check_ok(struct check *check, const char *what, const char *text);
void check_warning(struct check *check, const char *what, const char *text);
void check_error(struct check *check, const char *what, const char *text);

/** Ask Twilio: account, TwiML App, caller number. */
void check_online(struct check *check);

#endif
