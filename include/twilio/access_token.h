/*
 * Twilio access tokens: the JWT that lets a browser be a phone.
 *
 *     header  {"alg":"HS256","typ":"JWT","cty":"twilio-fpa;v=1"}
 *             and "twr":"ie1" if there is a region
 *     claims  {"jti":"SK...-1700000000","iss":"SK...","sub":"AC...","iat":...,"exp":...,
 *              "grants":{"identity":"alice","voice":{"incoming":{"allow":true}, ...}, ...}}
 *             and "nbf" if it was asked for
 *
 * Made here, without asking anybody; signed with the secret of an API key. Source: Twilio, "Access
 * Tokens"; npm twilio 6.2.0. Pure functions, any thread; about 11 us each.
 */
#ifndef TWILIO_ACCESS_TOKEN_H
#define TWILIO_ACCESS_TOKEN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/error.h"

enum {
    ACCESS_TOKEN_TTL_MIN_S = 60,
    ACCESS_TOKEN_TTL_MAX_S = 24 * 60 * 60, /* Twilio's error 20104 beyond */
};

/*
 * Grants. A text that is NULL or "" is left out. A grant with nothing in it is an empty object.
 */

struct voice_grant {
    bool incoming_allow;                  /**< may register and be called */
    const char *outgoing_application_sid; /**< AP...: whose TwiML answers its calls */
    const json_t *outgoing_params; /**< object given to that application; only with an application;
                                      may be NULL */
    const char *push_credential_sid; /**< CR... */
    const char *endpoint_id;
};

struct video_grant {
    const char *room; /**< unique name or RM...; none means any room */
};

struct chat_grant {
    const char *service_sid; /**< IS... */
    const char *endpoint_id;
    const char *deployment_role_sid;
    const char *push_credential_sid; /**< CR... */
};

struct sync_grant {
    const char *service_sid; /**< IS... */
    const char *endpoint_id;
};

struct task_router_grant {
    const char *workspace_sid; /**< WS... */
    const char *worker_sid;    /**< WK... */
    const char *role;          /**< e.g. worker */
};

/** What a token says. Everything is borrowed. */
struct access_token {
    const char *account_sid; /**< AC...: the account that the key belongs to */
    const char *key_sid;     /**< SK... */
    const char *key_secret;
    const char *region;   /**< home region of key and account; NULL or "" for us1 */
    const char *identity; /**< who the bearer is; a string even if it looks like a number */
    int64_t now_s;
    int64_t ttl_s;
    bool with_not_before;
    int64_t not_before_s; /**< sent only with `with_not_before`; Twilio's package sends none */

    /* NULL leaves a grant out */
    const struct voice_grant *voice;
    const struct video_grant *video;
    const struct chat_grant *chat;
    const struct sync_grant *sync;
    const struct task_router_grant *task_router;
    const json_t *player; /**< an object from Twilio's PlaybackGrant, sent as it is */
};

/**
 * Is this a token that Twilio would take, and that we want to give away? Identity (legal and not
 * too long, see identity.h), time to live (ACCESS_TOKEN_TTL_MIN_S to ACCESS_TOKEN_TTL_MAX_S) and
 * the shape of every SID. To be asked before minting.
 *
 * @return 0, or -1 with INVALID naming the field: "identity", "ttl", or the SID's name
 */
int access_token_check(const struct access_token *token, struct error *err) MUST_USE;

/**
 * Write and sign the token that was asked for, whatever access_token_check would say of it.
 *
 * @return the token in `arena`, or NULL with INVALID if account, key, secret or identity is empty
 * or a text is not UTF-8
 */
char *access_token_mint(const struct access_token *token, struct arena *arena, struct error *err);

#endif
