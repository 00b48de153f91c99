/*
 * Who is calling: set by a guard, read by handlers. Lives in the request's arena or is static.
 */
#ifndef APP_CALLER_H
#define APP_CALLER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "http/request.h"
#include "voice/access.h"

/* A scope is noun:verb. name in C, text */
#define SCOPES(X)                                                                                  \
    X(TOKENS_MINT, "tokens:mint")         /* for oneself */                                        \
    X(TOKENS_MINT_ANY, "tokens:mint-any") /* for any identity */                                   \
    X(CALLS_PLACE, "calls:place")                                                                  \
    X(CALLS_READ, "calls:read")             /* one's own */                                        \
    X(CALLS_READ_GROUP, "calls:read-group") /* and those of one's group */                         \
    X(CALLS_READ_ALL, "calls:read-all")                                                            \
    X(CALLS_CONTROL, "calls:control")             /* end those one may read */                     \
    X(CALLS_TWIML, "calls:twiml")                 /* hand Twilio a document of one's own */        \
    X(RECORDINGS_READ, "recordings:read")         /* of calls one may read */                      \
    X(RECORDINGS_READ_ALL, "recordings:read-all") /* of all calls, and of none */                  \
    X(RECORDINGS_CONTROL, "recordings:control")   /* start, pause, resume, stop; tag */            \
    X(RECORDINGS_DELETE, "recordings:delete")                                                      \
    X(RECORDINGS_HOLD, "recordings:hold") /* keep from being deleted, and let go */                \
    X(VOICEMAILS_READ, "voicemails:read")                                                          \
    X(VOICEMAILS_MANAGE, "voicemails:manage") /* read or unread, delete, call back */              \
    X(TRANSCRIPTS_READ, "transcripts:read")   /* what was said, and look for it */                 \
    X(AUDIT_READ, "audit:read")                                                                    \
    X(WEBHOOKS_MANAGE, "webhooks:manage") /* the application's own */                              \
    X(JOBS_MANAGE, "jobs:manage")         /* look at what was given up, let it try again */

enum scope {
#define X(name, text) SCOPE_##name,
    SCOPES(X)
#undef X
};

enum {
#define X(name, text) SCOPES_ALL_##name = 1u << SCOPE_##name,
    SCOPES(X)
#undef X
#define X(name, text) | SCOPES_ALL_##name
        SCOPES_ALL = 0 SCOPES(X), /**< every scope: what `all` stands for */
#undef X
};

enum caller_kind {
    CALLER_KEY,     /**< an API key */
    CALLER_NOBODY,  /**< SWITCHHOOK_AUTH=none: everybody on this machine */
    CALLER_TWILIO,  /**< a valid signature */
    CALLER_JWT,     /**< a user of the application, by its own token */
    CALLER_FORWARD, /**< a user of the application, by its own word */
    CALLER_LINK,    /**< whoever has a signed link, to what it leads to and nothing else */
};

/**
 * Whoever sent a request. Texts live as long as the request.
 *
 * `owner` is who owns its calls and idempotency keys: the id of a key (hexadecimal digits), "user:" and the identity of
 * a user, "local" for nobody. So a key and a user never share anything, whatever they are called.
 */
struct caller {
    enum caller_kind kind;
    const char *owner;
    const char *name;     /**< of the key or the user, for people */
    const char *identity; /**< the application's user, or NULL */
    const char *group;    /**< which of the application's groups the user is in, or NULL */
    unsigned scopes;      /**< bits 1u << enum scope */
    int64_t until_ms;     /**< when these rights end by themselves (a token's expiry); 0: not */
    bool by_cookie; /**< a browser sent the credential by itself, whatever page asked for it */
};

/** As keys and documents spell it: "calls:place". */
const char *scope_text(enum scope scope);

/** A list of scopes separated by spaces or commas, or `all`. INVALID names the one that is none. */
int scopes_from_text(const char *text, unsigned *out, struct error *err) MUST_USE;

/** The bits as text in `arena`: "calls:place tokens:mint", or "all". */
const char *scopes_to_text(unsigned scopes, struct arena *arena);

/** May the caller do what `scope` stands for? */
bool caller_has(const struct caller *caller, enum scope scope);

/** FORBIDDEN naming the scope that is missing. */
int caller_needs(const struct caller *caller, enum scope scope, struct error *err) MUST_USE;

/** FORBIDDEN unless the caller may read calls: its own, its group's or all. */
int caller_needs_reading(const struct caller *caller, struct error *err) MUST_USE;

/** May it know of the recordings of a call that it may see? */
bool caller_may_know_recordings(const struct caller *caller);

/** FORBIDDEN unless the caller may read recordings: those of the calls that it may see, or all. */
int caller_needs_recordings(const struct caller *caller, struct error *err) MUST_USE;

/** The same caller with texts in `arena`: for whoever outlives the request. */
struct caller caller_copy(const struct caller *caller, struct arena *arena);

/** What voice/access.h wants to know. */
struct viewer caller_viewer(const struct caller *caller);

/** The same for recordings: they are whose their call is, and may be seen without the calls. */
struct viewer caller_recordings_viewer(const struct caller *caller);

#endif
