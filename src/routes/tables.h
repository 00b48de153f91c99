/* The tables of the dialects, and what their rows have in common. */
#ifndef ROUTES_SRC_TABLES_H
#define ROUTES_SRC_TABLES_H

#include "api/api.h"
#include "app/dialect.h"
#include "http/route.h"
#include "webhooks/webhooks.h"

extern const struct route_table kin_routes;
extern const struct route_table voip_dashboard_routes;
extern const struct route_table kennex_routes;
extern const struct route_table kin_sdk_routes;
extern const struct route_table asah_routes;

/* Rows that several dialects have, word for word the same: shared.c. */
extern const struct route_table shared_voice_routes;  /**< /voice */
extern const struct route_table shared_status_routes; /**< /status */

/** Words and statuses that several dialects have: shared.c. */
extern const struct error_text shared_texts[];
extern const struct error_status shared_statuses[];

/** The words of both KIN guides. */
extern const struct dialect_shape kin_shape;
extern const struct dialect dialect_kin;       /**< of frontends, and of facts */
extern const struct dialect dialect_kin_twiml; /**< of instructions */

/* docs.c: what /openapi.json says of rows that more than one dialect has */
extern const struct route_doc doc_voice;
extern const struct route_doc doc_menu;
extern const struct route_doc doc_status;    /**< answered 204 */
extern const struct route_doc doc_status_ok; /**< answered OK */
extern const struct route_doc doc_recording_ok;
extern const struct route_doc doc_any_ok;
extern const struct route_doc doc_taskrouter_ok;

#define TOKEN_BODY_MAX_BYTES KiB(4)
#define CALL_BODY_MAX_BYTES KiB(16)

/* Both methods on each alias: guides disagree about which. */
#define INSTRUCTION(where, dialect_, handler, doc_)                                                \
    {                                                                                              \
        .methods = HTTP_GET | HTTP_POST, .path = (where), .guard = &guard_twilio,                  \
        .body_max_bytes = WEBHOOK_BODY_MAX_BYTES, .dialect = (dialect_), .handle = (handler),      \
        .doc = (doc_),                                                                             \
    }
#define FACT(where, dialect_, handler, doc_) INSTRUCTION(where, dialect_, handler, doc_)
#define TOKEN(where, dialect_, doc_)                                                               \
    {                                                                                              \
        .methods = HTTP_GET | HTTP_POST, .path = (where), .guard = &guard_frontend,                \
        .body_max_bytes = TOKEN_BODY_MAX_BYTES, .dialect = (dialect_), .handle = token_mint,       \
        .doc = (doc_),                                                                             \
    }

/* The members of a token's answer, for the schemas of each dialect's envelope. */
#define TOKEN_PROPERTIES                                                                           \
    "\"token\":{\"type\":\"string\"},\"identity\":{\"type\":\"string\"},"                          \
    "\"expires_in\":{\"type\":\"integer\"},"                                                       \
    "\"expires_at\":{\"type\":\"string\",\"format\":\"date-time\"},"                               \
    "\"refresh_after\":{\"type\":\"integer\"}"
#define TOKEN_REQUIRED "\"token\",\"identity\",\"expires_in\",\"expires_at\",\"refresh_after\""
#define QUERY_TEXT(name) "{\"name\":\"" name "\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}}"

#endif
