/*
 * Every limit has a name and a unit. What an operator may change is an option (config/options.c) instead.
 */
#ifndef CORE_LIMITS_H
#define CORE_LIMITS_H

#include "core/macros.h"

enum {
    LIMIT_FORM_PAIRS = 512,         /* pairs in a form body or query; Twilio sends up to about 60 */
    LIMIT_PATH_SEGMENTS = 12,       /* segments in a request path */
    LIMIT_TARGET_BYTES = 8 * 1024,  /* request target as sent, query included */
    LIMIT_HEADER_BYTES = 20 * 1024, /* request line and headers; the library's pool is 32 KiB */
    LIMIT_HEADER_COUNT = 100,       /* header lines */
    LIMIT_LOG_LINE_BYTES = 2 * 1024,       /* one log line */
    LIMIT_TWIML_BYTES = 64 * 1024,         /* a TwiML document; Twilio's error 11750 beyond */
    LIMIT_IDENTITY_BYTES = 121,            /* client identity as Twilio takes it everywhere */
    LIMIT_WEB_TOKEN_BYTES = 16 * 1024,     /* a caller's JWT; it travels in a header or a cookie */
    LIMIT_TOKEN_KEYS = 32,                 /* keys that one source of callers' keys may have */
    LIMIT_JWKS_BYTES = 64 * 1024,          /* a key set or PEM file with callers' keys */
    LIMIT_FORWARD_ANSWERS = 8192,          /* answers of the application that are remembered */
    LIMIT_FORWARD_REPLY_BYTES = 64 * 1024, /* one answer of the application about a caller */
    LIMIT_GROUPS_IN_MEMORY = 4096, /* identities whose group is known without asking the store */
    LIMIT_UNTOLD_KEPT_S = 604800,  /* old entries wait a week for the slowest subscription */
    LIMIT_TIMELINE_ENTRIES = 5000, /* timeline entries kept for one call */
    LIMIT_DOCUMENT_BYTES = 1024 * 1024, /* policy.json and other documents of settings */
    LIMIT_DOCUMENT_MISTAKES = 50,       /* mistakes in one of them that are told at once */
    LIMIT_SOUNDS_EACH = 8,              /* that one person, or one link, plays at once */
    LIMIT_SUBSCRIPTIONS = 200,          /* of the application's webhooks */
    LIMIT_POLICY_ITEMS = 10000,         /* entries of one list or object of the policy */
    LIMIT_PROXY_HOPS = 16,              /* hops that are walked to find the client's address */
    LIMIT_TICKETS = 4096,               /* open tickets for streams of events */
    LIMIT_TICKETS_OF_CALLER = 256,      /* of these, of one caller */
    LIMIT_SEARCH_BYTES = 256,           /* what is looked for in transcripts */
    LIMIT_SEARCH_TERMS = 16,            /* words or phrases of one search */
    LIMIT_SEARCH_PREFIX_MIN = 2,    /* characters before a star; one alone begins too many words */
    LIMIT_TRANSCRIPTIONS = 100,     /* transcriptions of one call */
    LIMIT_TRANSCRIPT_LINES = 10000, /* lines of all transcriptions of one call */
    LIMIT_TRANSCRIPT_LINE_BYTES = 16 * 1024,      /* text of one of them */
    LIMIT_METADATA_BYTES = 4 * 1024,              /* metadata of a call, as JSON text */
    LIMIT_NET_URL_BYTES = 8 * 1024,               /* URL of an outgoing request */
    LIMIT_NET_BODY_BYTES = 1024 * 1024,           /* body of an outgoing request */
    LIMIT_NET_LENT_BODY_BYTES = 64 * 1024 * 1024, /* of one that is not copied */
    LIMIT_STORAGE_KEY_BYTES = 200,        /* name of an object in the storage of recordings */
    LIMIT_REST_REPLY_BYTES = 1024 * 1024, /* one answer of Twilio's REST API */
};

#endif
