/*
 * What Twilio's REST API answers: its JSON as plain structs. What is not an answer of the expected
 * kind is UPSTREAM; what Twilio refuses is read by rest_refusal.h.
 *
 * Texts are never NULL ("" where Twilio has null or nothing) and live in the arena. Twilio writes
 * numbers as strings and times in RFC 2822; here they are numbers and milliseconds since 1970. Pure
 * functions, any thread.
 */
#ifndef TWILIO_REST_ANSWER_H
#define TWILIO_REST_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/error.h"
#include "core/macros.h"

/** One leg, as Twilio sees it now; answers may lag behind webhooks. */
struct rest_call {
    const char *sid; /**< always a CA... */
    const char *parent_call_sid;
    const char *account_sid;
    const char *phone_number_sid;
    const char *status;    /**< never "initiated": that is a word of webhooks */
    const char *direction; /**< inbound, outbound-api, outbound-dial, trunking-... */
    const char *from;
    const char *to;
    const char *forwarded_from;
    const char *caller_name;
    const char *answered_by;
    const char *price; /**< negative decimal text, minutes after the end */
    const char *price_unit;
    int64_t created_at_ms; /**< 0: not known */
    int64_t updated_at_ms;
    int64_t started_at_ms; /**< 0 until it is answered */
    int64_t ended_at_ms;
    int64_t duration_s;    /**< -1: not known */
    int64_t queue_time_ms; /**< -1: not known */
};

/** One page of a list. Ask for the next with rest_next_page unless `next_page_uri` is "". */
struct rest_call_page {
    const struct rest_call *items;
    size_t count;
    const char *next_page_uri;
};

struct rest_account_info {
    const char *sid;
    const char *status; /**< active, suspended, closed */
    const char *type;   /**< Full, Trial */
    const char *friendly_name;
};

struct rest_application {
    const char *sid;
    const char *friendly_name;
    const char *voice_url;
    const char *voice_method;
    const char *voice_fallback_url;
    const char *voice_fallback_method;
    const char *status_callback;
    const char *status_callback_method;
};

/** A number of the account, or (only the first three) a verified caller ID. */
struct rest_number {
    const char *sid;
    const char *phone_number;
    const char *friendly_name;
    const char *voice_application_sid;
    const char *voice_url;
    const char *voice_method;
    const char *voice_fallback_url;
    const char *voice_fallback_method;
    const char *status_callback;
    const char *status_callback_method;
};

struct rest_number_page {
    const struct rest_number *items;
    size_t count;
    const char *next_page_uri;
};

/**
 * Read the body of a 2xx answer. `out` is written only on success.
 * @param err  UPSTREAM: no JSON, or not that resource   @return 0 or -1
 */
int rest_read_call(const char *body,
                   size_t len,
                   struct arena *arena,
                   struct rest_call *out,
                   struct error *err) MUST_USE;
int rest_read_calls(const char *body,
                    size_t len,
                    struct arena *arena,
                    struct rest_call_page *out,
                    struct error *err) MUST_USE;
int rest_read_account(const char *body,
                      size_t len,
                      struct arena *arena,
                      struct rest_account_info *out,
                      struct error *err) MUST_USE;
int rest_read_application(const char *body,
                          size_t len,
                          struct arena *arena,
                          struct rest_application *out,
                          struct error *err) MUST_USE;
/** Of rest_list_incoming_numbers and rest_list_outgoing_caller_ids alike. */
int rest_read_numbers(const char *body,
                      size_t len,
                      struct arena *arena,
                      struct rest_number_page *out,
                      struct error *err) MUST_USE;

#endif
