/*
 * Asking the application who sent a request: what the request brings (its cookie, its Authorization) is passed in a
 * GET to an URL of the application, and the answer says who that is.
 *
 *     GET /auth                           200
 *     Cookie: session=...                 X-Auth-Identity: alice
 *     X-Forwarded-Method: POST            X-Auth-Group: sales
 *     X-Forwarded-Uri: /calls             (or as JSON: {"identity": "alice", "group": "sales"})
 *
 * 2xx is a yes, 401 and 403 are a no, and everything else (no answer, another status, nobody named) is 503: nobody gets
 * in while the application cannot be asked. An answer holds for a short time for the same credential, of which a digest
 * is kept; requests with the same credential at the same time share one question. A request sleeps meanwhile.
 */
#ifndef APP_FORWARD_AUTH_H
#define APP_FORWARD_AUTH_H

#include "app/caller.h"
#include "app/credential.h"
#include "core/metrics.h"
#include "http/request.h"

struct forward_auth;

/** Texts are copied. */
struct forward_auth_settings {
    const char *url;
    const char *ca_file; /**< or NULL */
    const char *user_agent;
    int64_t timeout_ms;
    int64_t cache_ms; /**< a refusal holds for a quarter of it; 0: every request is asked about */
    const char *identity_header;
    const char *scopes_header;
    const char *group_header;
};

/** `metrics` must outlive it. INVALID, UNAVAILABLE as net_create. */
int forward_auth_create(const struct forward_auth_settings *settings,
                        struct metrics *metrics,
                        struct forward_auth **out,
                        struct error *err) MUST_USE;

/** Nobody is asked any more; who sleeps is woken. Takes NULL. */
void forward_auth_stop(struct forward_auth *forward);
/** Stops if that was not done; when no request refers to it any more. Takes NULL. */
void forward_auth_free(struct forward_auth *forward);

/** One question, in the arena of its request. */
struct forward_question;

/** The question about this credential; its texts are borrowed from the request. */
struct forward_question *forward_auth_question(struct request *request,
                                               const struct credential *credential);

/** Has the application let this credential in, so lately that it need not be asked again? */
bool forward_auth_remembers(struct forward_auth *forward, const struct forward_question *question);

enum forward_state {
    FORWARD_ANSWERED, /**< forward_auth_take says how */
    FORWARD_ASLEEP,   /**< the request sleeps; `reply` will run, and take the answer */
};

/** Is the answer known? Else the request goes to sleep until it is, or until the timeout. */
enum forward_state forward_auth_ask(struct forward_auth *forward,
                                    struct forward_question *question,
                                    handler_fn *reply);

/**
 * The answer; once, and also when the time was over before it came.
 * @param user_scopes  what every user may do
 * @param err  UNAUTHENTICATED or FORBIDDEN if the application has said no, UNAVAILABLE if it has said nothing that can be
 *             understood
 */
int forward_auth_take(struct forward_auth *forward,
                      struct forward_question *question,
                      unsigned user_scopes,
                      const struct caller **out,
                      struct error *err) MUST_USE;

#endif
