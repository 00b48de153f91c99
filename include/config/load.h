/*
 * Making a struct config, and saying everything that is wrong with the settings at once.
 *
 * Where a value comes from: the environment; else the file that --env-file names; else `.env` in
 * the working directory, unless systemd started this very process (then settings come from the
 * unit, and a stray file must not change them). An empty value is "not set", and an empty one in
 * the environment hides the file's. For every secret and every TWILIO_ variable, NAME_FILE may name
 * a file with the value instead, and systemd credentials of that name are read.
 */
#ifndef CONFIG_LOAD_H
#define CONFIG_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "config/config.h"
#include "core/arena.h"
#include "core/macros.h"

/** Where to look. Everything is borrowed for the call. {.environment = environ} is what main wants.
 */
struct config_sources {
    const char *const
        *environment;      /**< NAME=VALUE texts and a NULL; the pointer may be NULL for none */
    const char *env_file;  /**< from --env-file: must exist; NULL: look for `.env` */
    const char *directory; /**< where `.env` is looked for; NULL: the working directory */
    int64_t process_id;    /**< 0: our own; compared with SYSTEMD_EXEC_PID */
};

/** What must be there for a subcommand. What is there must always be right. */
enum config_need {
    CONFIG_NEEDS_ACCOUNT = 1 << 0,
    CONFIG_NEEDS_API_KEY = 1 << 1, /**< SID and secret */
    CONFIG_NEEDS_TWIML_APP = 1 << 2,
    CONFIG_NEEDS_NUMBER = 1 << 3,
    CONFIG_NEEDS_SIGNATURES = 1 << 4, /**< an auth token, unless signatures are off */
    CONFIG_NEEDS_PUBLIC_URL = 1 << 5,
    CONFIG_NEEDS_DATABASE = 1 << 6,

    CONFIG_FOR_NOTHING = 0,
    CONFIG_FOR_KEY = CONFIG_NEEDS_DATABASE,
    CONFIG_FOR_TOKEN = CONFIG_NEEDS_ACCOUNT | CONFIG_NEEDS_API_KEY | CONFIG_NEEDS_TWIML_APP,
    CONFIG_FOR_SERVE = CONFIG_FOR_KEY | CONFIG_FOR_TOKEN | CONFIG_NEEDS_NUMBER |
                       CONFIG_NEEDS_SIGNATURES | CONFIG_NEEDS_PUBLIC_URL,
};

/** One thing that is wrong. Secrets are masked already; texts are safe for a terminal. Members may be NULL. */
struct config_mistake {
    const char *variable; /**< or the file and line */
    const char *found;    /**< what was there and where it came from */
    const char *problem;
    const char *expected;
    const char *where; /**< where Twilio's console shows the right value */
};

/** What was found out while loading. Start with config_report_init. */
struct config_report {
    struct config_mistake *mistakes;
    size_t mistake_count;
    const char **notes; /**< worth saying, but no reason not to start */
    size_t note_count;
    struct arena *arena; /**< owns all of it */
};

void config_report_init(struct config_report *report);
void config_report_release(struct config_report *report);

/** Add a mistake (texts are copied) or a note. For checks that need to know more than this room, such as routes. */
void config_report_mistake(struct config_report *report, const struct config_mistake *mistake);
void config_report_note(struct config_report *report, const char *format, ...) PRINTF_LIKE(2, 3);

/** Print all of it for a person: mistakes first, then notes. Nothing if there is nothing. */
void config_report_print(const struct config_report *report, FILE *out);

/**
 * Load. Not thread-safe against changes of the environment; call it at the start and on SIGHUP.
 *
 * @param needs   CONFIG_FOR_SERVE or another set of enum config_need
 * @param out     yours on success (config_free)
 * @param report  initialised; gets every mistake, not only the first, and the notes (also on
 * success)
 * @return 0, or -1 if there is at least one mistake
 */
int config_load(const struct config_sources *sources,
                unsigned needs,
                struct config **out,
                struct config_report *report) MUST_USE;

/**
 * Which options differ between two loads and cannot be changed by a reload: one note each in
 * `report`.
 * @return how many
 */
size_t config_note_restarts(const struct config *running,
                            const struct config *fresh,
                            struct config_report *report);

/**
 * Make of a fresh load what a reload may make of it: every option that cannot change while we run
 * gets its running value back. Its texts stay those of `running`, which must live as long as `fresh`.
 */
void config_keep_running(struct config *fresh, const struct config *running);

#endif
