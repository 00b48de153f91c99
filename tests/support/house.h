/*
 * The real server in this process, on ephemeral ports and with a database of its own, and a Twilio that does what the
 * test says. A test is a caller at both doors: it asks as a frontend does, and signs as Twilio does.
 */
#ifndef SUPPORT_HOUSE_H
#define SUPPORT_HOUSE_H

#include <jansson.h>

#include "app/app.h"
#include "core/fields.h"
#include "program/parts.h"
#include "store/store.h"
#include "support/fake_twilio.h"
#include "support/raw_http.h"

#define HOUSE_BASE "https://voice.example.com"
#define HOUSE_NUMBER "+15005550006"
#define HOUSE_AUTH_TOKEN "77777777abcdef77777777abcdef7777"

struct house {
    struct parts *parts;
    struct app *app;
    struct config *config;
    struct fake_twilio *twilio;
    struct arena *arena; /**< for whatever a test reads; goes with the house */
    char folder[64];
    unsigned port;
    unsigned admin_port;
    const char *key;        /**< an API key that may do everything */
    const char *auth_token; /**< what this Twilio signs with */
};

/** Open with `settings` ("NAME=VALUE", ended by NULL; or NULL) in place of or beside the usual ones. Asserts. */
void house_open(struct house *house, const char *const *settings);

/** The same server again on the same database, as after a restart. */
void house_reopen(struct house *house, const char *const *settings);

/** Reload with other settings, as after SIGHUP. */
void house_reload(struct house *house, const char *const *settings);

void house_close(struct house *house);

/** cmocka set-up and tear-down for tests that want nothing special: *state is a struct house *. */
int house_set_up(void **state);
int house_tear_down(void **state);

/** A new API key with these scopes; the text to present. */
const char *house_new_key(struct house *house, const char *name, const char *scopes);

/* ---- as a frontend ------------------------------------------------------------------------------------------- */

/** One request with `key` (NULL: none) and `json` (NULL: no body). `more`: further header lines with CRLF, or NULL. */
struct raw_response house_ask(struct house *house,
                              const char *key,
                              const char *method,
                              const char *target,
                              const char *json,
                              const char *more);

/** Send such a request and do not wait: read the answer with raw_read. */
struct raw_connection house_send(struct house *house,
                                 const char *key,
                                 const char *method,
                                 const char *target,
                                 const char *json,
                                 const char *more);

/** The body as JSON, which it must be; json_decref it. */
json_t *house_json(const struct raw_response *response);

/** A text member of a JSON body in the house's arena, or NULL if it is none. */
const char *house_text(struct house *house, const struct raw_response *response, const char *name);

/** Place a call to `to` and return its id. */
const char *house_place(struct house *house, const char *to);

/* ---- as Twilio ----------------------------------------------------------------------------------------------- */

/** A form of name, value, ..., NULL in the house's arena, with AccountSid in front. */
struct fields house_form(struct house *house, ...) __attribute__((sentinel));

/** POST it, signed. `token` is I-Twilio-Idempotency-Token, or NULL. */
struct raw_response
house_post(struct house *house, const char *target, const struct fields *form, const char *token);

/** The same by GET, the fields in the query. */
struct raw_response house_get(struct house *house, const char *target, const struct fields *form);

/** A status callback about a leg; `call_id` (or NULL) goes into the query. Expects nothing. */
struct raw_response house_status(struct house *house,
                                 const char *call_id,
                                 const char *sid,
                                 const char *status,
                                 const char *sequence);

/* ---- what is true -------------------------------------------------------------------------------------------- */

/** The row of a call, by id or SID; it must be there. */
struct call_row house_call(struct house *house, const char *key);
bool house_has_call(struct house *house, const char *key);
struct leg_rows house_legs(struct house *house, const char *key);
struct timeline_rows house_timeline(struct house *house, const char *key);
struct recording_rows house_recordings(struct house *house, const char *key);
struct job_rows house_dead_jobs(struct house *house);

/** How many calls there are. */
size_t house_call_count(struct house *house);

/** Run a unit of work of the test's own; it must succeed. */
void house_apply(struct house *house,
                 int (*apply)(struct store_tx *, void *, struct error *),
                 void *work);

/** Wait until no job is open. */
void house_settle(struct house *house);

/** Wait until `reached` says so; it is asked every few milliseconds. */
void house_until(struct house *house, bool (*reached)(struct house *, void *), void *context);

/** Wait until the call has that placement. */
void house_until_placement(struct house *house, const char *key, enum call_placement placement);

/** A counter's value by its line in the metrics, e.g. `switchhook_apologies_total`; 0 if there is none. */
long house_metric(struct house *house, const char *line);

#endif
