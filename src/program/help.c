#include <stdio.h>
#include <string.h>

#include "app/caller.h"
#include "config/print.h"
#include "program/program.h"

/* As long as lines of the text above get. */
#define COLUMNS 104

static void print_scopes(void)
{
    static const char *const texts[] = {
#define X(name, text) (text),
        SCOPES(X)
#undef X
    };
    int at = printf("Scopes of a key: all,");
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (at + (int)strlen(texts[i]) + 2 > COLUMNS)
            at = printf("\n ") - 1;
        at += printf(" %s%s", texts[i], i + 1 < ARRAY_LEN(texts) ? "," : ".\n\n");
    }
}

void program_print_usage(void)
{
    (void)puts(
        "Switchhook: a voice backend on Twilio for any frontend. Mints access tokens, answers "
        "TwiML webhooks,\n"
        "keeps the truth about every call in one SQLite file.\n"
        "\n"
        "usage: switchhook SUBCOMMAND [--env-file FILE] ...\n"
        "\n"
        "  serve                          run the server in the foreground; SIGTERM drains, "
        "SIGHUP reloads\n"
        "  check [--online]               look for mistakes in the settings, and with --online at "
        "Twilio\n"
        "  check --destination NUMBER     what the policy says to a call; also --identity, --key, "
        "--group, --caller-id\n"
        "  token --identity NAME [--ttl SECONDS]\n"
        "                                 mint an access token and print it\n"
        "  key create --name NAME --scopes LIST\n"
        "                                 make an API key and print it, once; `all` is every "
        "scope\n"
        "  key list                       the keys there are, without their secrets\n"
        "  key revoke ID                  a running server notices within seconds\n"
        "  jobs list                      what was given up after many attempts\n"
        "  jobs retry ID, jobs discard ID\n"
        "                                 let it try again, or forget it\n"
        "  erase --number +NUMBER | --identity NAME [--dry-run] [--yes] [--keep-at-twilio] "
        "[--leave-some]\n"
        "                                 remove what is known of a person, here and at Twilio\n"
        "  explain ID [--json] [--numbers]\n"
        "                                 what happened to a call, and what is the matter with it: "
        "call_..., CA..., rec_... or RE...\n"
        "  replay [ID] [--since TIME] [--json]\n"
        "                                 rebuild calls from what was told, in a copy, and say "
        "what "
        "differs\n"
        "  --help, --version\n"
        "\n"
        "Exit status: 0 it worked, 1 it did not, 2 the settings or arguments are wrong.\n"
        "\n"
        "Settings come from the environment, else from the file given by --env-file (else ./.env "
        "unless systemd\n"
        "started us). Every secret and TWILIO_ setting may also be given as NAME_FILE or as a "
        "systemd credential of "
        "that name.\n");
    print_scopes();
}

void program_print_help(void)
{
    program_print_usage();
    config_print_help(stdout);
}
