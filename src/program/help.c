#include <stdio.h>

#include "config/print.h"
#include "program/program.h"

void program_print_help(void)
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
        "  token --identity NAME [--ttl SECONDS]\n"
        "                                 mint an access token and print it\n"
        "  key create --name NAME --scopes LIST\n"
        "                                 make an API key and print it, once; `all` is every "
        "scope\n"
        "  key list                       the keys there are, without their secrets\n"
        "  key revoke ID                  a running server notices within seconds\n"
        "  --help, --version\n"
        "\n"
        "Exit status: 0 it worked, 1 it did not, 2 the settings or arguments are wrong.\n"
        "\n"
        "Settings come from the environment, else from the file given by --env-file (else ./.env "
        "unless systemd\n"
        "started us). Every secret and TWILIO_ setting may also be given as NAME_FILE or as a "
        "systemd credential of "
        "that name.\n");
    config_print_help(stdout);
}
