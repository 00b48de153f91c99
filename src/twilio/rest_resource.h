/*
 * A request to one resource of the account, put together. Private to rest*.c.
 */
#ifndef TWILIO_REST_RESOURCE_H
#define TWILIO_REST_RESOURCE_H

#include "core/fields.h"
#include "twilio/rest.h"

/** Before the account's SID. */
#define REST_API_PATH "/2010-04-01/Accounts/"

/**
 * `resource` is the path below the account ("/Calls", "/Calls/CA.../Recordings"), made of constants
 * and SIDs that were checked; `sid` may be NULL, and `query` too.
 * @param err  INVALID: the account is none
 */
int rest_get(const struct rest_account *account,
             const char *resource,
             const char *sid,
             const struct fields *query,
             struct arena *arena,
             struct rest_request *out,
             struct error *err) MUST_USE;
int rest_post(const struct rest_account *account,
              const char *resource,
              const char *sid,
              const struct fields *form,
              struct arena *arena,
              struct rest_request *out,
              struct error *err) MUST_USE;
int rest_delete(const struct rest_account *account,
                const char *resource,
                const char *sid,
                struct arena *arena,
                struct rest_request *out,
                struct error *err) MUST_USE;

/** INVALID, naming the parameter, for what is not `prefix` and 32 hexadecimal digits. */
int rest_check_sid(const char *sid,
                   const char *prefix,
                   const char *name,
                   struct error *err) MUST_USE;

#endif
