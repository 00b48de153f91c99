/* switchhook erase: everything that is known of a person goes, whether or not a server is running. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/erasure.h"
#include "core/text.h"
#include "internal.h"
#include "media_storage.h"
#include "store_sqlite/store_sqlite.h"
#include "twilio/identity.h"
#include "voice/person.h"

static const char usage[] =
    "switchhook erase --number +NUMBER | --identity NAME [--dry-run] [--yes] [--keep-at-twilio] "
    "[--leave-some] [--env-file FILE]";

enum { NUMBER_DIGITS_MIN = 7, NUMBER_DIGITS_MAX = 15 };

struct wish {
    const char *number;
    const char *identity;
    const char *who;
    int dry_run;
    int yes;
    int keep_at_twilio;
    int leave_some;
};

/* ---- who ---- */

static bool is_e164(const char *number)
{
    size_t digits = strlen(number) - 1;
    return number[0] == '+' && number[1] >= '1' && number[1] <= '9' &&
           strspn(number + 1, "0123456789") == digits && digits >= NUMBER_DIGITS_MIN &&
           digits <= NUMBER_DIGITS_MAX;
}

/* An identity is looked for under both its names: the application's, and what Twilio is told. */
static int find_who(struct wish *wish, struct arena *arena, struct error *err)
{
    char mapped[IDENTITY_BYTES];
    if (text_is_empty(wish->number) == text_is_empty(wish->identity))
        return error_field(err, "--number", "say whom: --number or --identity, one of them");
    if (wish->number != NULL) {
        wish->who = wish->number;
        return is_e164(wish->number)
                   ? 0
                   : error_field(err, "--number",
                                 "--number must be a number in E.164, + and %d to %d digits",
                                 NUMBER_DIGITS_MIN, NUMBER_DIGITS_MAX);
    }
    if (identity_encode(wish->identity, mapped, err) < 0)
        return -1;
    if (wish->identity[0] == '+' || strchr(wish->identity, '\n') != NULL)
        return error_field(err, "--identity",
                           "--identity must not begin with + or have line breaks");
    wish->who = arena_printf(arena, "%s\n%s", wish->identity, mapped);
    return 0;
}

static bool is_confirmed(const struct wish *wish)
{
    char answer[8] = "";
    if (wish->yes || wish->dry_run)
        return true;
    if (!isatty(STDIN_FILENO)) {
        (void)fputs("switchhook: nothing was erased: add --yes, or --dry-run to look first\n",
                    stderr);
        return false;
    }
    (void)fputs("This cannot be undone. Erase? Type yes: ", stderr);
    return fgets(answer, sizeof answer, stdin) != NULL && strcmp(answer, "yes\n") == 0;
}

/* ---- what it says ---- */

static void show_progress(void *context, const char *doing, int64_t done)
{
    (void)context;
    if (isatty(STDERR_FILENO))
        (void)fprintf(stderr, "\r%s: %" PRId64 "        ", doing, done);
}

static void print_row(const char *what, int64_t count)
{
    if (count > 0)
        (void)printf("  %-44s %" PRId64 "\n", what, count);
}

static bool is_empty(const struct erasure_receipt *receipt)
{
    int64_t others = 0;
    for (size_t i = 0; i < receipt->others_count; i++)
        others += receipt->others[i].rows;
    return receipt->calls + receipt->entries + receipt->lines + receipt->recordings +
               receipt->files + receipt->voicemails + receipt->at_twilio + receipt->held +
               receipt->going_on + others ==
           0;
}

static void print_receipt(const struct wish *wish, const struct erasure_receipt *receipt)
{
    if (isatty(STDERR_FILENO))
        (void)fputc('\n', stderr);
    if (is_empty(receipt)) {
        (void)puts("nothing is known of this person");
        return;
    }
    (void)puts(wish->dry_run ? "found:" : "erased:");
    print_row("calls", receipt->calls);
    print_row("timeline entries of them", receipt->entries);
    print_row("lines of transcripts of them", receipt->lines);
    print_row("recordings", receipt->recordings);
    print_row("files of recordings", receipt->files);
    print_row("voicemails", receipt->voicemails);
    print_row("deletions to be made at Twilio", receipt->at_twilio);
    for (size_t i = 0; i < receipt->others_count; i++)
        if (!receipt->others[i].is_settings)
            print_row(receipt->others[i].name, receipt->others[i].rows);
    for (size_t i = 0; i < receipt->others_count; i++)
        if (receipt->others[i].is_settings)
            (void)printf("left, because an operator has written it: %" PRId64 " rows of %s\n",
                         receipt->others[i].rows, receipt->others[i].name);
    if (receipt->held > 0)
        (void)printf("left, because a recording is held: %" PRId64 " calls\n", receipt->held);
    if (receipt->going_on > 0)
        (void)printf("left, because they are not over: %" PRId64 " calls\n", receipt->going_on);
}

/* ---- the work ---- */

static int refuse(const struct erasure_receipt *receipt)
{
    (void)fprintf(stderr,
                  "switchhook: nothing was erased: %" PRId64
                  " calls have a recording that is held, %" PRId64
                  " are not over. --leave-some erases the rest\n",
                  receipt->held, receipt->going_on);
    return EXIT_FAILED;
}

static int overwrite(const struct config *config)
{
    struct error err = {0};
    if (store_sqlite_empty_log(config->store.database, &err) == 0)
        return EXIT_OK;
    (void)fprintf(
        stderr,
        "switchhook: erased, but the old pages are still in the write-ahead log: %s. Run this "
        "again in a minute\n",
        err.message);
    return EXIT_FAILED;
}

static int erase(const struct wish *wish,
                 const struct config *config,
                 struct store *store,
                 struct storage *storage)
{
    struct erasure_receipt receipt;
    struct error err = {0};
    const struct erasure erasure = {
        .store = store,
        .storage = storage,
        .config = config,
        .clock = wall_clock_real(),
        .who = wish->who,
        .dry_run = wish->dry_run,
        .keep_at_twilio = wish->keep_at_twilio,
        .leave_some = wish->leave_some,
        .progress = show_progress,
    };
    int failed = erase_person(&erasure, &receipt, &err);
    if (failed && err.kind == ERROR_CONFLICT)
        return refuse(&receipt);
    print_receipt(wish, &receipt);
    if (failed) {
        (void)fprintf(stderr, "switchhook: not everything was erased: %s. Run this again\n",
                      err.message);
        return EXIT_FAILED;
    }
    return receipt.held + receipt.going_on > 0 ? EXIT_FAILED : EXIT_OK;
}

static int run(const struct wish *wish, const struct config *config)
{
    struct media_storage *media = NULL;
    struct error err = {0};
    if (media_storage_create(config, NULL, wall_clock_real(), &media, &err) < 0) {
        (void)fprintf(stderr, "switchhook: the storage of recordings: %s\n", err.message);
        return EXIT_BAD_CONFIGURATION;
    }
    struct store *store = store_open(config, 1);
    int status =
        store != NULL ? erase(wish, config, store, media_storage_door(media)) : EXIT_FAILED;
    if (store != NULL) {
        store_close(store);
        if (!wish->dry_run && overwrite(config) != EXIT_OK)
            status = EXIT_FAILED;
    }
    media_storage_stop(media);
    media_storage_free(media);
    return status;
}

int program_erase(int argc, char **argv)
{
    auto_arena struct arena *arena = arena_create();
    struct wish wish = {0};
    struct error err = {0};
    const char *env_file = NULL;
    const struct argument known[] = {
        {"--number",         &wish.number,   NULL                },
        {"--identity",       &wish.identity, NULL                },
        {"--env-file",       &env_file,      NULL                },
        {"--dry-run",        NULL,           &wish.dry_run       },
        {"--yes",            NULL,           &wish.yes           },
        {"--keep-at-twilio", NULL,           &wish.keep_at_twilio},
        {"--leave-some",     NULL,           &wish.leave_some    },
    };
    if (arguments_read(argc, argv, known, ARRAY_LEN(known), usage) < 0)
        return EXIT_BAD_CONFIGURATION;
    if (find_who(&wish, arena, &err) < 0) {
        (void)fprintf(stderr, "switchhook: %s\nusage: %s\n", err.message, usage);
        return EXIT_BAD_CONFIGURATION;
    }
    if (!is_confirmed(&wish))
        return EXIT_BAD_CONFIGURATION;
    struct config *config = configuration_load(env_file, CONFIG_FOR_KEY);
    if (config == NULL)
        return EXIT_BAD_CONFIGURATION;
    int status = run(&wish, config);
    config_free(config);
    return status;
}
