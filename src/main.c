/*
 * switchhook: the voice backend that nobody has to write again. This file picks the subcommand; the work is in
 * program/.
 */
#include <stdio.h>
#include <string.h>

#include "core/macros.h"
#include "program/program.h"

static const struct {
    const char *name;
    subcommand_fn *run;
} subcommands[] = {
    {"serve", program_serve},
    {"check", program_check},
    {"token", program_token},
    {"key",   program_key  },
};

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "--help";
    for (size_t i = 0; i < ARRAY_LEN(subcommands); i++) {
        if (strcmp(name, subcommands[i].name) == 0)
            return subcommands[i].run(argc - 2, argv + 2);
    }
    if (strcmp(name, "--version") == 0) {
        (void)puts("switchhook " SWITCHHOOK_VERSION);
        return EXIT_OK;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        program_print_help();
        return EXIT_OK;
    }
    (void)fprintf(stderr, "switchhook: there is no subcommand \"%s\"; see switchhook --help\n",
                  name);
    return EXIT_BAD_CONFIGURATION;
}
