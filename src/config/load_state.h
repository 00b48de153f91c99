/* What the steps of one config_load share. */
#ifndef CONFIG_SRC_LOAD_STATE_H
#define CONFIG_SRC_LOAD_STATE_H

#include "config/load.h"
#include "options.h"
#include "sources.h"

enum { LOAD_OPTIONS_MAX = 128 };

struct load {
    struct sources sources;
    struct config *config; /**< being filled */
    struct config_report *report;
    struct arena *arena; /**< gone after the load */
    unsigned needs;
    const char *bad[LOAD_OPTIONS_MAX]; /**< options whose value was not taken */
    size_t bad_count;
};

void load_mark_bad(struct load *load, const struct option *option);
bool load_is_bad(const struct load *load, const char *name);

/** names.c: variables that are ours and unknown, misspelt, or secrets on their way into a browser.
 */
void names_check(struct load *load);

/** derive.c: the defaults that depend on other values: the database's path, the REST API's address.
 */
void derive_defaults(struct load *load);

/** checks.c: what only two options together can get wrong. Checks that involve a bad option are left out. */
void checks_run(struct load *load);

#endif
