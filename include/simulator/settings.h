/*
 * What the simulator is told when it starts: the account it plays, the numbers it owns, where
 * webhooks go. Options come from the command line; those that have an environment name may come
 * from there.
 */
#ifndef SIMULATOR_SETTINGS_H
#define SIMULATOR_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/error.h"

enum { SIM_NUMBERS_MAX = 64 };

/** Plain facts; texts live in the arena of sim_settings_parse (or are literals), never NULL but where said. */
struct sim_settings {
    const char *listen;        /**< host:port on loopback; port 0 takes a free one */
    const char *signal_listen; /**< the same for browsers' signalling; "none": nowhere */
    const char *account_sid;
    const char *auth_token;
    const char *api_key_sid;
    const char *api_key_secret;
    const char *app_sid;
    const char *numbers[SIM_NUMBERS_MAX]; /**< owned: may be called from, and be called */
    unsigned number_count;
    const char *verified[SIM_NUMBERS_MAX]; /**< verified caller ids, not owned */
    unsigned verified_count;
    const char *voice_url; /**< of the app and of every number; "" if none */
    const char *voice_method;
    const char *inbound_url; /**< of the numbers where it differs from voice_url; "" if not */
    const char *fallback_url;
    const char *status_url; /**< number-level and app-level StatusCallback; "" if none */
    const char *status_method;
    const char *public_base; /**< webhook URLs that begin with this ... */
    const char *deliver_to;  /**< ... are called here instead, signed as they were; "" for both: as
                                they are */
    const char *api_base;    /**< what RecordingUrl begins with; "self": where we listen */
    const char *script_file; /**< rules for callees, as PUT /sim/script takes them; "" if none */
    double speed;            /**< simulated seconds per real second; 0: as fast as answers come */
    double browser_speed;    /**< the same while a call is at a browser; never 0 */
    unsigned reconnect_ms;   /**< real time in which a browser may come back to its call */
    unsigned heartbeat_ms;   /**< real time between two beats of a browser's connection */
    unsigned
        media_delay_ms;   /**< real time from a recording's completion until its sound is there */
    unsigned media_max_s; /**< a recording's sound is no longer, whatever its duration says */
    unsigned
        price_delay_ms; /**< real time from the end of a call or recording until it has a price */
    uint64_t seed;      /**< of SIDs and tokens; 0: random */
    unsigned calls_per_second; /**< how many REST calls leave the queue per simulated second; 0: all
                                  at once */
    bool trial;                /**< only verified numbers may be called (21219) */
    bool lenient; /**< unknown REST parameters are ignored with a warning, not refused (20001) */
    bool quiet;   /**< no story of the calls on standard output */
};

/** Valid sample settings, as if no option was given and the environment were empty. */
void sim_settings_default(struct arena *arena, struct sim_settings *out);

/**
 * Read options and environment.
 *
 * @param environment  looks a name up, NULL if unset (getenv's shape, so tests bring their own)
 * @param help         set if --help was asked for; then nothing else is read
 * @param out          written only on success
 * @param err          INVALID naming the option
 * @return 0 or -1
 */
int sim_settings_parse(int argc,
                       const char *const *argv,
                       const char *(*environment)(const char *name),
                       struct arena *arena,
                       struct sim_settings *out,
                       bool *help,
                       struct error *err) MUST_USE;

/** The text of --help, made from the table of options, in `arena`. */
const char *sim_settings_help(struct arena *arena);

#endif
