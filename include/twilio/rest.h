/*
 * What we ask Twilio's REST API (2010-04-01): each function turns plain data into a request,
 * checked as far as Twilio's published description and documentation say what it takes. Nothing is
 * sent here. Recordings have a door of their own, rest_recordings.h.
 *
 * Texts of inputs are borrowed for the call and may be NULL where a parameter is not given; results
 * live in the arena. A wrong value is INVALID and names Twilio's parameter as its field. Pure
 * functions, any thread. Source: Twilio, "Call resource", "REST API: your requests", and the
 * OpenAPI document of api.twilio.com.
 */
#ifndef TWILIO_REST_H
#define TWILIO_REST_H

#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/error.h"
#include "core/macros.h"

/** Content-Type of a request that has a body. */
#define REST_CONTENT_TYPE "application/x-www-form-urlencoded"

enum {
    REST_TWIML_CHARACTERS = 4000,  /* of a document given with a call */
    REST_SEND_DIGITS_MAX = 32,     /* keys dialled after the answer */
    REST_TIMEOUT_MAX_S = 600,      /* how long a call may ring */
    REST_TIME_LIMIT_MAX_S = 86400, /* how long a call may last */
    REST_PAGE_SIZE_MAX = 1000,     /* rows of one page of a list */
};

/** Whose resources, and where. */
struct rest_account {
    const char *account_sid; /**< in the path, also with the credentials of a parent account */
    const char *base_url;    /**< from rest_base_url */
};

/** HTTP basic authentication. */
struct rest_credentials {
    const char *username;
    const char *password;
};

/** What to send. `body` is NULL without one; `url` is absolute and in escaped form. */
struct rest_request {
    const char *method;
    const char *url;
    const char *body;
    size_t body_len;
};

/**
 * The origin of the API: `https://api[.edge][.region].twilio.com`, where an edge alone means region
 * us1.
 *
 * @param region, edge  one DNS label each; NULL or "" for none
 * @param instead       an origin to use in its place (a simulator, a proxy), or NULL or "": https,
 * or http to loopback only; no path, no credentials
 * @param err           INVALID: region, edge or base_url
 */
int rest_base_url(const char *region,
                  const char *edge,
                  const char *instead,
                  struct arena *arena,
                  const char **out,
                  struct error *err) MUST_USE;

/**
 * The key and its secret if there are both, else the account with its auth token. Texts stay
 * borrowed.
 * @param err  INVALID: neither, half a key, or a SID that is none
 */
int rest_credentials_choose(const char *account_sid,
                            const char *key_sid,
                            const char *key_secret,
                            const char *auth_token,
                            struct rest_credentials *out,
                            struct error *err) MUST_USE;

/** A yes or no that may also be left to Twilio. */
enum rest_choice { REST_DEFAULT, REST_NO, REST_YES };

/**
 * A call to place: Twilio's parameters under our spelling. Lists are words with one space between
 * and become repeated keys. Numbers are 0, texts NULL where Twilio's default shall hold.
 */
struct rest_call_create {
    const char *to;   /**< E.164, client:identity, sip:... or app:AP... */
    const char *from; /**< E.164 if `to` is */

    /* What happens when it is answered: exactly one of url, twiml, application_sid. */
    const char *url;
    const char *method;
    const char *twiml;
    const char *application_sid; /**< Twilio then ignores URLs given here, so they are refused */
    const char *fallback_url;
    const char *fallback_method;

    const char *status_callback;
    const char *status_callback_method;
    const char *status_callback_events; /**< of: initiated ringing answered completed */

    int timeout_s;    /**< ringing */
    int time_limit_s; /**< the whole call */
    const char *send_digits;
    const char *caller_id; /**< of SIP and client calls */
    const char *call_reason;
    const char *call_token; /**< of an incoming call, to show its number when forwarding it */
    const char *byoc;
    const char *sip_auth_username;
    const char *sip_auth_password;

    enum rest_choice record;
    const char *recording_channels; /**< mono, dual */
    const char *recording_track;    /**< inbound, outbound, both */
    const char *trim;               /**< trim-silence, do-not-trim */
    const char *recording_status_callback;
    const char *recording_status_callback_method;
    const char *recording_status_callback_events; /**< of: in-progress completed absent */

    const char *machine_detection; /**< Enable, DetectMessageEnd */
    int machine_detection_timeout_s;
    int machine_detection_speech_threshold_ms;
    int machine_detection_speech_end_threshold_ms;
    int machine_detection_silence_timeout_ms;
    enum rest_choice async_amd;
    const char *async_amd_status_callback;
    const char *async_amd_status_callback_method;
};

/** POST .../Calls.json. Not repeatable: see rest_refusal.h for what may be sent again. */
int rest_create_call(const struct rest_account *account,
                     const struct rest_call_create *call,
                     struct arena *arena,
                     struct rest_request *out,
                     struct error *err) MUST_USE;

/** GET .../Calls/{sid}.json */
int rest_fetch_call(const struct rest_account *account,
                    const char *call_sid,
                    struct arena *arena,
                    struct rest_request *out,
                    struct error *err) MUST_USE;

/** DELETE .../Calls/{sid}.json: the call's record, once it has ended (else 20009). 204, no body. */
int rest_delete_call(const struct rest_account *account,
                     const char *call_sid,
                     struct arena *arena,
                     struct rest_request *out,
                     struct error *err) MUST_USE;

/** A change to a call: at least one field, and at most one of status, url, twiml. */
struct rest_call_update {
    const char *status; /**< completed (any call), canceled (one that was not answered) */
    const char *url;
    const char *method;
    const char *twiml;
    const char *fallback_url;
    const char *fallback_method;
    const char *status_callback;
    const char *status_callback_method;
    int time_limit_s;
};

/** POST .../Calls/{sid}.json. An ended call answers 21220. */
int rest_update_call(const struct rest_account *account,
                     const char *call_sid,
                     const struct rest_call_update *update,
                     struct arena *arena,
                     struct rest_request *out,
                     struct error *err) MUST_USE;

/**
 * Which calls. Times are milliseconds since 1970, sent in whole seconds (rounded away from the range); 0 for open.
 */
struct rest_call_query {
    const char *to;
    const char *from;
    const char *status;
    const char *parent_call_sid;
    int64_t started_from_ms;
    int64_t started_until_ms;
    int page_size; /**< 0: Twilio's 50 */
};

/** GET .../Calls.json */
int rest_list_calls(const struct rest_account *account,
                    const struct rest_call_query *query,
                    struct arena *arena,
                    struct rest_request *out,
                    struct error *err) MUST_USE;

/**
 * The next page of any list: `next_page_uri` as Twilio gave it. It decides where our credentials
 * go, so it must be a path below the account's; anything else is UPSTREAM.
 */
int rest_next_page(const struct rest_account *account,
                   const char *next_page_uri,
                   struct arena *arena,
                   struct rest_request *out,
                   struct error *err) MUST_USE;

/** GET .../Accounts/{sid}.json: are the credentials good, is the account active? */
int rest_fetch_account(const struct rest_account *account,
                       struct arena *arena,
                       struct rest_request *out,
                       struct error *err) MUST_USE;

/** GET .../Applications/{sid}.json: where does the TwiML App point? */
int rest_fetch_application(const struct rest_account *account,
                           const char *application_sid,
                           struct arena *arena,
                           struct rest_request *out,
                           struct error *err) MUST_USE;

/** GET .../IncomingPhoneNumbers.json and .../OutgoingCallerIds.json: of one number, or all if `number` is NULL. */
int rest_list_incoming_numbers(const struct rest_account *account,
                               const char *number,
                               struct arena *arena,
                               struct rest_request *out,
                               struct error *err) MUST_USE;
int rest_list_outgoing_caller_ids(const struct rest_account *account,
                                  const char *number,
                                  struct arena *arena,
                                  struct rest_request *out,
                                  struct error *err) MUST_USE;

#endif
