/*
 * switchhook check: one line for each thing that can be wrong, before a caller finds out. Offline it changes nothing
 * and asks nobody; with --online it asks Twilio and the
 * application.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/minting.h"
#include "check_internal.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "crypto/web_token.h"
#include "routes/dialects.h"
#include "store_sqlite/store_sqlite.h"

static const char usage[] =
    "switchhook check [--online] [--env-file FILE]\n"
    "       switchhook check --destination NUMBER [--identity NAME] [--key ID] [--group NAME] "
    "[--caller-id NUMBER] [--env-file FILE]";

/* ---- the lines ---- */

static void say(struct check *check, const char *mark, const char *what, const char *text)
{
    (void)check;
    (void)printf("%-8s %-14s %s\n", mark, what, text);
}

void check_ok(struct check *check, const char *what, const char *text)
{
    say(check, "ok", what, text);
}

void check_warning(struct check *check, const char *what, const char *text)
{
    check->warnings++;
    say(check, "warning", what, text);
}

void check_error(struct check *check, const char *what, const char *text)
{
    check->errors++;
    say(check, "error", what, text);
}

/* ---- offline ---- */

/* Does the key mint a token that says what was meant? */
static void check_token(struct check *check)
{
    const struct config *config = check->config;
    struct minted_token minted;
    struct error err = {0};
    int64_t now_ms = wall_clock_now_ms(wall_clock_real());
    if (mint_token(config, "check", 0, now_ms, check->arena, &minted, &err) < 0) {
        check_error(check, "token",
                    arena_printf(check->arena, "cannot be minted: %s", err.message));
        return;
    }
    const char *secret = secret_reveal(&config->twilio.api_key_secret);
    struct web_token_rules rules = {
        .now_s = now_ms / 1000, .cty = "twilio-fpa;v=1", .issuer = config->twilio.api_key_sid};
    auto_web_token struct web_token token = {0};
    const char *identity = NULL;
    const char *app_sid = NULL;
    if (web_token_verify_hs256(minted.token, secret, strlen(secret), &rules, &token, &err) < 0 ||
        json_unpack(token.claims, "{s:{s:s, s:{s:{s:s}}}}", "grants", "identity", &identity,
                    "voice", "outgoing", "application_sid", &app_sid) < 0 ||
        !text_equal(identity, "check") || !text_equal(app_sid, config->twilio.twiml_app_sid)) {
        check_error(check, "token", "decodes to something else than was meant; please report this");
        return;
    }
    check_ok(check, "token",
             "the API key mints tokens that decode to what was meant (whether Twilio takes the "
             "key: --online)");
}

static void check_public_url(struct check *check)
{
    const struct config_url *base = &check->config->hooks.base;
    if (base->loopback)
        check_warning(check, "public URL",
                      arena_printf(check->arena,
                                   "%s is this machine: Twilio cannot call it. Fine with the "
                                   "simulator; else use a tunnel",
                                   base->text));
    else if (!base->https)
        check_error(check, "public URL",
                    arena_printf(check->arena,
                                 "%s is not https: callers' data would travel in the clear",
                                 base->text));
    else if (strchr(base->host, '_') != NULL)
        check_error(check, "public URL",
                    "has an underscore in its host name: Twilio refuses that (error 11100)");
    else
        check_ok(check, "public URL", arena_printf(check->arena, "%s", base->text));
}

struct dead_jobs {
    struct arena *arena;
    struct job_rows rows;
};

static int list_dead_jobs(struct store_rx *rx, void *work, struct error *err)
{
    enum { MOST_COUNTED = 1000 };
    struct dead_jobs *dead = work;
    const struct job_filter buried = {.dead = true, .limit = MOST_COUNTED};
    return store_list_jobs(rx, &buried, dead->arena, &dead->rows, err);
}

/* Jobs that were given up stay until somebody looks; here is where somebody does. */
static void check_jobs(struct check *check)
{
    struct dead_jobs dead = {.arena = check->arena};
    struct error err = {0};
    struct store *store = store_open(check->config, 1);
    if (store == NULL || store_run_read(store, list_dead_jobs, &dead, &err) < 0)
        check_error(check, "jobs", arena_printf(check->arena, "cannot be read: %s", err.message));
    else if (dead.rows.count == 0)
        check_ok(check, "jobs", "none is buried");
    else
        check_warning(check, "jobs",
                      arena_printf(check->arena,
                                   "%zu buried; the newest is %s: %s (switchhook jobs list shows "
                                   "them, jobs retry tries again)",
                                   dead.rows.count, job_kind_text(dead.rows.items[0].kind),
                                   dead.rows.items[0].last_error));
    store_close(store);
}

static void check_schema_is_ours(struct check *check, const char *path, int version)
{
    check_ok(check, "database", arena_printf(check->arena, "%s opens, schema %d", path, version));
    check_jobs(check);
}

/* Somewhere above `path`: the first folder that is there already. */
static const char *existing_folder(const char *path, struct arena *arena)
{
    char *folder = arena_strdup(arena, path);
    char *slash;
    while ((slash = strrchr(folder, '/')) != NULL && slash != folder) {
        *slash = '\0';
        if (access(folder, F_OK) == 0)
            return folder;
    }
    return slash == NULL ? "." : "/";
}

static void check_new_database(struct check *check, const char *path)
{
    const char *folder = existing_folder(path, check->arena);
    if (access(folder, W_OK | X_OK) == 0)
        check_ok(check, "database",
                 arena_printf(check->arena, "%s does not exist yet; serve makes it", path));
    else
        check_error(check, "database",
                    arena_printf(check->arena, "%s cannot be made: this user may not write in %s",
                                 path, folder));
}

static void check_database(struct check *check)
{
    const char *path = check->config->store.database;
    struct error err = {0};
    int version = 0;
    if (access(path, F_OK) != 0) {
        check_new_database(check, path);
        return;
    }
    if (store_sqlite_file_version(path, &version, &err) < 0)
        check_error(check, "database", arena_printf(check->arena, "%s: %s", path, err.message));
    else if (version > store_sqlite_schema_version())
        check_error(
            check, "database",
            arena_printf(check->arena, "%s was written by a newer version of switchhook", path));
    else if (version < store_sqlite_schema_version())
        check_warning(check, "database",
                      arena_printf(check->arena, "%s has schema %d; serve brings it to %d", path,
                                   version, store_sqlite_schema_version()));
    else
        check_schema_is_ours(check, path, version);
}

/* What can be set and is not looked at yet; nobody shall believe that it does anything. */
static void check_unused(struct check *check)
{
    const struct config *config = check->config;
    const struct {
        bool is_set;
        const char *name;
    } unused[] = {
        {config->twilio.workspace_sid != NULL,  "TWILIO_WORKSPACE_SID" },
        {config->twilio.workflow_sid != NULL,   "TWILIO_WORKFLOW_SID"  },
        {config->twilio.task_queue_sid != NULL, "TWILIO_TASK_QUEUE_SID"},
    };
    for (size_t i = 0; i < ARRAY_LEN(unused); i++) {
        if (unused[i].is_set)
            check_warning(
                check, "settings",
                arena_printf(check->arena, "%s is set and has no effect yet", unused[i].name));
    }
}

/* Every address of a dialect, so that whoever looks for his own finds it, moved or not. */
static void check_dialect(struct check *check, enum config_dialect dialect)
{
    const struct config *config = check->config;
    const char *word = config_dialect_text(dialect);
    const char *prefix = pair_list_get(&config->server.dialect_prefixes, word);
    const char *paths = "";
    const struct route_table *const *tables = dialect_tables(dialect);
    for (; *tables != NULL; tables++) {
        for (size_t i = 0; i < (*tables)->count; i++)
            paths = arena_printf(check->arena, "%s %s%s", paths, prefix != NULL ? prefix : "",
                                 (*tables)->rows[i].path);
    }
    check_ok(check, "dialect", arena_printf(check->arena, "%s serves%s", word, paths));
}

static void check_dialects(struct check *check)
{
    const struct config *config = check->config;
    for (int i = 0; i < CONFIG_DIALECT_COUNT; i++) {
        const char *word = config_dialect_text((enum config_dialect)i);
        if (config_has_dialect(config, (enum config_dialect)i))
            check_dialect(check, (enum config_dialect)i);
        else if (pair_list_get(&config->server.dialect_prefixes, word) != NULL)
            check_warning(check, "dialect",
                          arena_printf(check->arena, "%s has a prefix and is switched off", word));
    }
}

static void check_offline(struct check *check)
{
    check_ok(check, "settings", "complete and consistent");
    check_dialects(check);
    check_unused(check);
    check_token(check);
    check_public_url(check);
    check_users(check);
    check_database(check);
    check_storage(check);
    check_policy(check);
    check_voicemail(check);
}

/* ---- the subcommand ---- */

static int run(const struct config *config, int online)
{
    auto_arena struct arena *arena = arena_create();
    struct check check = {.config = config, .arena = arena};
    check_offline(&check);
    if (online) {
        check_online(&check);
        check_users_online(&check);
        check_storage_online(&check);
    }
    (void)printf("%d error%s, %d warning%s\n", check.errors, check.errors == 1 ? "" : "s",
                 check.warnings, check.warnings == 1 ? "" : "s");
    return check.errors == 0 ? EXIT_OK : EXIT_FAILED;
}

int program_check(int argc, char **argv)
{
    const char *env_file = NULL;
    int online = 0;
    struct check_call call = {0};
    const struct argument known[] = {
        {"--env-file",    &env_file,         NULL   },
        {"--online",      NULL,              &online},
        {"--destination", &call.destination, NULL   },
        {"--caller-id",   &call.caller_id,   NULL   },
        {"--identity",    &call.identity,    NULL   },
        {"--key",         &call.key,         NULL   },
        {"--group",       &call.group,       NULL   },
    };
    if (arguments_read(argc, argv, known, ARRAY_LEN(known), usage) < 0)
        return EXIT_BAD_CONFIGURATION;
    struct config *config = configuration_load(env_file, CONFIG_FOR_SERVE);
    if (config == NULL)
        return EXIT_BAD_CONFIGURATION;
    int status = call.destination != NULL ? check_one_call(config, &call) : run(config, online);
    config_free(config);
    return status;
}
