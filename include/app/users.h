/*
 * The application's users as callers: what a token or the application's answer says of one, checked and turned into a
 * struct caller. And the settings that belong to it, of which a reload makes new ones.
 */
#ifndef APP_USERS_H
#define APP_USERS_H

#include <jansson.h>

#include "app/caller.h"
#include "config/config.h"
#include "core/arena.h"
#include "core/error.h"
#include "crypto/caller_token.h"

/** Of one generation; read-only once made. */
struct user_settings {
    struct token_keys *keys; /**< of the secret and the files; NULL: there are none */
    unsigned scopes;         /**< what every user may do */
};

/**
 * Read the key files and the scopes. Blocks on the disk.
 * @param out  yours: user_settings_free
 * @param err  INVALID naming the option that is wrong
 */
int user_settings_load(const struct config *config,
                       struct user_settings **out,
                       struct error *err) MUST_USE;

/** Takes NULL. */
void user_settings_free(struct user_settings *settings);

/** Who somebody says that a user is. Texts may be NULL. */
struct user_claim {
    enum caller_kind kind;
    const char *identity;
    const char *group; /**< NULL or "": none */
    const char
        *scopes;      /**< separated by spaces or commas; what is no scope of ours is passed over */
    int64_t until_ms; /**< when the claim ends; 0: nobody has said */
    bool by_cookie;
};

/**
 * A caller out of it; its texts are copied into `arena`.
 * @param err  UNAUTHENTICATED if the identity is none that Twilio could know (twilio/identity.h), or if identity or
 *             group are empty, too long or hold control characters
 */
int user_caller(const struct user_claim *claim,
                unsigned scopes,
                struct arena *arena,
                const struct caller **out,
                struct error *err) MUST_USE;

/** A text or a number of a JSON object as text in `arena`; a list of texts with spaces between; NULL if it is none. */
const char *user_text(const json_t *object, const char *name, struct arena *arena);

/** UNAUTHENTICATED if that member is a list of several: which of them counts would be a guess about who sees what. */
int user_check_group(const json_t *object, const char *name, struct error *err) MUST_USE;

/**
 * Check a user's token against these key sets, and make a caller of it.
 * @param fetched  further keys, or NULL
 */
enum caller_token_result user_from_token(const struct config *config,
                                         const struct user_settings *settings,
                                         const struct token_keys *fetched,
                                         const char *token,
                                         bool by_cookie,
                                         int64_t now_ms,
                                         struct arena *arena,
                                         const struct caller **out,
                                         struct error *err) MUST_USE;

#endif
