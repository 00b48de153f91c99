/*
 * The options as text, all printed from the one table: for --help, .env.example and
 * docs/configuration.md (a test compares both files with what is printed here; the build target
 * `print_docs` writes them), and what is in effect.
 */
#ifndef CONFIG_PRINT_H
#define CONFIG_PRINT_H

#include <stdio.h>

#include "config/config.h"

/** The section of --help: names, synonyms, defaults, one sentence each, in 80 columns. */
void config_print_help(FILE *out);

/** The whole of .env.example. */
void config_print_env_example(FILE *out);

/** The whole of docs/configuration.md. */
void config_print_markdown(FILE *out);

/** NAME=value of every option, secrets as `***`, what is not set left out. */
void config_print_effective(const struct config *config, FILE *out);

#endif
