/*
 * Whose call is it? The only place that decides.
 */
#ifndef VOICE_ACCESS_H
#define VOICE_ACCESS_H

#include <stdbool.h>

/** Who looks. Texts may be NULL. */
struct viewer {
    const char *owner;    /**< id of the API key, or NULL */
    const char *identity; /**< the application's user, or NULL */
    bool sees_all;        /**< scope calls:read-all */
};

/**
 * May the viewer see (and end) a call that `call_owner` asked for by REST and that belongs to
 * `call_identity`? Either may be NULL. Nothing in common means no, and the answer is then 404, as
 * for a call that does not exist.
 */
bool access_may_see(const struct viewer *viewer, const char *call_owner, const char *call_identity);

#endif
