/*
 * switchhook: the voice backend that nobody has to write again. This file picks the subcommand; the work is in
 * program/.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/macros.h"
#include "program/program.h"

static const struct {
    const char *name;
    subcommand_fn *run;
} subcommands[] = {
    {"serve",   program_serve  },
    {"check",   program_check  },
    {"token",   program_token  },
    {"key",     program_key    },
    {"jobs",    program_jobs   },
    {"erase",   program_erase  },
    {"explain", program_explain},
    {"replay",  program_replay },
};

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "--help";
    for (size_t i = 0; i < ARRAY_LEN(subcommands); i++) {
        if (strcmp(name, subcommands[i].name) != 0)
            continue;
        if (!asks_for_help(argc - 2, argv + 2))
            return subcommands[i].run(argc - 2, argv + 2);
        program_print_usage();
        (void)puts("Every setting: switchhook --help");
        return EXIT_OK;
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
