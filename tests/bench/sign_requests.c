/*
 * Signed requests, made before the clock runs: one line each, `SIGNATURE TOKEN BODY`, every one
 * about a call of its own.
 *
 *   sign_requests KIND COUNT SALT URL      KIND: twiml (a browser places a call) or status (a call
 * has ended)
 *
 * The auth token comes from the environment, TWILIO_AUTH_TOKEN. SALT (below 65536) keeps the calls
 * of several runs apart.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/fields.h"
#include "core/macros.h"
#include "twilio/signature.h"

enum { BODY_BYTES_MAX = 4096, COUNT_MAX = 10 * 1000 * 1000 };

struct pair {
    const char *name;
    const char *value; /* NULL: the SID of the call */
};

/* What Twilio sends when a browser places a call. Source: Twilio, "TwiML: request parameters". */
static const struct pair twiml_pairs[] = {
    {"AccountSid",     "AC00000000000000000000000000000001"},
    {"ApiVersion",     "2010-04-01"                        },
    {"ApplicationSid", "AP00000000000000000000000000000001"},
    {"CallSid",        NULL                                },
    {"CallStatus",     "ringing"                           },
    {"Called",         ""                                  },
    {"Caller",         "client:alice"                      },
    {"Direction",      "inbound"                           },
    {"From",           "client:alice"                      },
    {"To",             "+15005550009"                      },
};

/* The last thing it says about a call. Source: Twilio, "Call resource", status callbacks. */
static const struct pair status_pairs[] = {
    {"AccountSid",     "AC00000000000000000000000000000001"},
    {"ApiVersion",     "2010-04-01"                        },
    {"CallDuration",   "49"                                },
    {"CallSid",        NULL                                },
    {"CallStatus",     "completed"                         },
    {"CallbackSource", "call-progress-events"              },
    {"Called",         "+15005550006"                      },
    {"Caller",         "+14155550100"                      },
    {"Direction",      "inbound"                           },
    {"Duration",       "1"                                 },
    {"From",           "+14155550100"                      },
    {"SequenceNumber", "3"                                 },
    {"Timestamp",      "Thu, 01 Jan 2026 12:00:00 +0000"   },
    {"To",             "+15005550006"                      },
};

static const struct kind {
    const char *name;
    const struct pair *pairs;
    size_t count;
} kinds[] = {
    {"twiml",  twiml_pairs,  ARRAY_LEN(twiml_pairs) },
    {"status", status_pairs, ARRAY_LEN(status_pairs)},
};

static const struct kind *find_kind(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    }
    return NULL;
}

static int print_request(const struct kind *kind,
                         unsigned long salt,
                         unsigned long number,
                         const char *token,
                         const char *url,
                         struct error *err)
{
    auto_arena struct arena *arena = arena_create();
    auto_buf struct buf body;
    buf_init(&body, BODY_BYTES_MAX);
    struct fields fields = {0};
    const char *sid = arena_printf(arena, "CA%016lx%016lx", salt, number);
    for (size_t i = 0; i < kind->count; i++) {
        const struct pair *pair = &kind->pairs[i];
        fields_add(&fields, arena, pair->name, pair->value == NULL ? sid : pair->value);
    }
    char signature[SIGNATURE_BYTES];
    if (signature_compute(token, url, &fields, arena, signature, err) < 0)
        return -1;
    if (fields_encode(&body, &fields) < 0)
        return error_set(err, ERROR_TOO_LARGE, "a body over %d bytes", BODY_BYTES_MAX);
    printf("%s %08lx-0000-4000-8000-%012lx %s\n", signature, salt, number, body.data);
    return 0;
}

int main(int argc, char **argv)
{
    const char *token = getenv("TWILIO_AUTH_TOKEN"); /* NOLINT(concurrency-mt-unsafe): one thread */
    const struct kind *kind = argc == 5 ? find_kind(argv[1]) : NULL;
    unsigned long count = argc == 5 ? strtoul(argv[2], NULL, 10) : 0;
    unsigned long salt = argc == 5 ? strtoul(argv[3], NULL, 10) : 0;
    if (token == NULL || kind == NULL || count == 0 || count > COUNT_MAX) {
        (void)fprintf(stderr,
                      "usage: TWILIO_AUTH_TOKEN=... sign_requests twiml|status COUNT SALT URL\n");
        return 2;
    }
    struct error err = {0};
    for (unsigned long i = 0; i < count; i++) {
        if (print_request(kind, salt, i, token, argv[4], &err) < 0) {
            (void)fprintf(stderr, "sign_requests: %s\n", err.message);
            return 1;
        }
    }
    return 0;
}
