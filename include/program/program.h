/* The subcommands of `switchhook`. Each gets what follows its own name and returns an exit status. */
#ifndef PROGRAM_PROGRAM_H
#define PROGRAM_PROGRAM_H

/** Exit statuses: sysexits is older than most of our operators, so there are three. */
enum {
    EXIT_OK = 0,
    EXIT_FAILED = 1,            /**< it was tried and did not work */
    EXIT_BAD_CONFIGURATION = 2, /**< settings or arguments are wrong; nothing was tried */
};

typedef int subcommand_fn(int argc, char **argv);

subcommand_fn program_serve;
subcommand_fn program_check;
subcommand_fn program_token;
subcommand_fn program_key;
subcommand_fn program_jobs;
subcommand_fn program_erase;
subcommand_fn program_explain;
subcommand_fn program_replay;

/** Prints what `SUBCOMMAND --help` says: the subcommands, where settings come from, the scopes of keys. */
void program_print_usage(void);

/** Prints `--help`: subcommands and every option of the configuration. */
void program_print_help(void);

#endif
