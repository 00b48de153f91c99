/*
 * Where values come from, before anybody asks what they mean: the environment, one .env file,
 * NAME_FILE files and systemd credentials. What is wrong with a source goes into the report.
 */
#ifndef CONFIG_SRC_SOURCES_H
#define CONFIG_SRC_SOURCES_H

#include <stdbool.h>

#include "config/load.h"
#include "env_file.h"
#include "options.h"

struct sources {
    const struct config_sources *given;
    const char *file_name; /**< of the .env file, or NULL if none is read */
    struct env_file file;
    struct config_report *report;
    struct arena *arena; /**< of the load */
};

/** A value that was found, and how to name the place in a sentence: "from the environment". */
struct source_value {
    const char *name; /**< the variable as it was written: a synonym, NAME_FILE */
    const char *text; /**< never empty */
    const char *from;
};

enum source_answer { SOURCE_HAS_NONE, SOURCE_HAS_ONE, SOURCE_IS_WRONG };

/** Find and read the .env file. Problems are reported; afterwards `sources` can be used in any case. */
void sources_open(struct sources *sources,
                  const struct config_sources *given,
                  struct arena *arena,
                  struct config_report *report);

/** A plain variable, from the environment or the file. False if it is not set, or set to nothing.
 */
bool sources_get(const struct sources *sources, const char *name, struct source_value *out);

/** The value of an option, looking at its synonyms and files too. SOURCE_IS_WRONG has been reported. */
enum source_answer
sources_get_option(struct sources *sources, const struct option *option, struct source_value *out);

/** Every name that is set somewhere, empty or not. `where` is "the environment" or ".env, line 3".
 */
typedef void source_name_fn(void *context, const char *name, const char *where);
void sources_each_name(const struct sources *sources, source_name_fn *visit, void *context);

#endif
