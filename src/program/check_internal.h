/* The parts of `switchhook check`. */
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

/** The policy: what it comes to, what is dangerous. */
void check_policy(struct check *check);

/** Whether callers are asked for messages, and with which greetings. */
void check_voicemail(struct check *check);

/** Somebody wants to call a number. Members but the first may be NULL. */
struct check_call {
    const char *destination;
    const char *caller_id;
    const char *identity;
    const char *key;
    const char *group;
};

/** Print what the policy says to that call, and nothing else. @return the exit status: 0 if it may be made */
int check_one_call(const struct config *config, const struct check_call *call);

/** The keys of users' tokens, and what users may do; online, whether the application answers. */
void check_users(struct check *check);
void check_users_online(struct check *check);

/** Where recordings are kept; online, whether an object can be written, read and removed there. */
void check_storage(struct check *check);
void check_storage_online(struct check *check);

/** Ask Twilio: account, TwiML App, caller number. */
void check_online(struct check *check);

#endif
