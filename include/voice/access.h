/*
 * Whose call is it? The only place that decides.
 */
#ifndef VOICE_ACCESS_H
#define VOICE_ACCESS_H

#include <stdbool.h>

/** Who looks. Texts may be NULL. */
struct viewer {
    const char *owner;    /**< id of the API key, or a user's text (app/caller.h) */
    const char *identity; /**< the application's user */
    const char *group; /**< whose calls are seen as well: NULL without the scope calls:read-group */
    bool sees_all;     /**< scope calls:read-all */
};

/** Whose a call is. Texts may be NULL. */
struct belonging {
    const char *owner;    /**< who asked for it by REST */
    const char *identity; /**< the application's user whose call it is */
    const char *group;    /**< the user's, when the call began */
};

/**
 * May the viewer see (and end) a call? Nothing in common means no, and the answer is then 404, as for a call that does
 * not exist.
 */
bool access_may_see(const struct viewer *viewer, const struct belonging *call);

#endif
