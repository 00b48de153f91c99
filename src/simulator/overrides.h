/*
 * Connection overrides: what the fragment of a configured URL tells Twilio about calling it.
 *
 *   #ct=5000&rt=15000&tt=15000&rc=1&rp=ct&e=ashburn&sni=y
 *
 * ct, rt, tt: connect, read and total time in milliseconds; rc: retries; rp: after which failures
 * (ct rt 4xx 5xx all). Source: Twilio, "Webhooks (HTTP callbacks): connection overrides".
 */
#ifndef SIMULATOR_OVERRIDES_H
#define SIMULATOR_OVERRIDES_H

#include <stdint.h>

/** Failures that may be worth a retry, as bits. */
enum failure {
    FAILURE_CONNECT = 1 << 0,
    FAILURE_READ = 1 << 1,
    FAILURE_4XX = 1 << 2,
    FAILURE_5XX = 1 << 3,
    FAILURE_ALL = FAILURE_CONNECT | FAILURE_READ | FAILURE_4XX | FAILURE_5XX,
};

struct overrides {
    int64_t connect_ms;
    int64_t read_ms;
    int64_t total_ms;
    unsigned retries;
    unsigned retry_on;
};

/**
 * Read the fragment of `url`; what is not said, or not valid, is as Twilio's default.
 * @return 0, or Twilio's code for the first bad value: 11240 for a number, 11241 for a word
 */
int overrides_parse(const char *url, struct overrides *out);

#endif
