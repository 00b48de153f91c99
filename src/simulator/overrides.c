/* Connection overrides. Pure functions. */
#include "overrides.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/macros.h"
#include "core/text.h"

enum { BAD_NUMBER = 11240, BAD_WORD = 11241, VALUE_BYTES = 64 };

static const struct overrides defaults = {.connect_ms = 5000,
                                          .read_ms = 15000,
                                          .total_ms = 15000,
                                          .retries = 1,
                                          .retry_on = FAILURE_CONNECT};

static const struct {
    const char *word;
    unsigned failures;
} policies[] = {
    {"ct",  FAILURE_CONNECT},
    {"rt",  FAILURE_READ   },
    {"4xx", FAILURE_4XX    },
    {"5xx", FAILURE_5XX    },
    {"all", FAILURE_ALL    },
};

static unsigned policy_of(const char *word, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(policies); i++)
        if (strlen(policies[i].word) == len && strncmp(policies[i].word, word, len) == 0)
            return policies[i].failures;
    return 0;
}

static int read_policy(const char *value, unsigned *out)
{
    unsigned all = 0;
    for (const char *at = value;; at++) {
        size_t len = strcspn(at, ",");
        unsigned one = policy_of(at, len);
        if (one == 0)
            return BAD_WORD;
        all |= one;
        at += len;
        if (*at == '\0')
            break;
    }
    *out = all;
    return 0;
}

static int read_number(const char *value, int64_t min, int64_t max, int64_t *out)
{
    return text_to_int64(value, min, max, out) ? 0 : BAD_NUMBER;
}

static int read_one(const char *name, const char *value, struct overrides *out)
{
    int64_t retries = out->retries;
    if (strcmp(name, "ct") == 0)
        return read_number(value, 100, 10000, &out->connect_ms);
    if (strcmp(name, "rt") == 0)
        return read_number(value, 100, 15000, &out->read_ms);
    if (strcmp(name, "tt") == 0)
        return read_number(value, 100, 15000, &out->total_ms);
    if (strcmp(name, "rp") == 0)
        return read_policy(value, &out->retry_on);
    if (strcmp(name, "rc") != 0)
        return 0; /* e, sni and what is not for Twilio: nothing to do on loopback */
    int bad = read_number(value, 0, 5, &retries);
    out->retries = (unsigned)retries;
    return bad;
}

int overrides_parse(const char *url, struct overrides *out)
{
    *out = defaults;
    const char *at = strchr(url, '#');
    int first_bad = 0;
    while (at && *at) {
        char pair[VALUE_BYTES];
        size_t len = strcspn(++at, "&");
        (void)snprintf(pair, sizeof(pair), "%.*s", (int)len, at);
        at += len;
        char *value = strchr(pair, '=');
        if (value == NULL)
            continue;
        *value++ = '\0';
        int bad = read_one(pair, value, out);
        if (first_bad == 0)
            first_bad = bad;
    }
    return first_bad;
}
