/* switchhook key create|list|revoke: works on the database directly, whether or not a server is running. */
#include <stdio.h>
#include <string.h>

#include "app/audit.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "crypto/api_key.h"
#include "crypto/compare.h"
#include "internal.h"

static const char usage[] =
    "switchhook key create --name NAME --scopes LIST | list | revoke ID [--env-file FILE]";

enum { NAME_BYTES_MAX = 100 };

struct key_work {
    const struct config *config;
    struct audit_entry audit;
    struct api_key_row row;
    struct api_key_rows rows;
    struct arena *arena;
    int64_t now_ms;
};

/* ---- create ---- */

static int insert_key(struct store_tx *tx, void *work, struct error *err)
{
    const struct key_work *key = work;
    if (store_insert_api_key(tx, &key->row, err) < 0)
        return -1;
    return audit_append(tx, key->config, &key->audit, err);
}

static int check_new_key(const char *name, const char *scopes, unsigned *bits, struct error *err)
{
    if (text_is_empty(name) || strlen(name) > NAME_BYTES_MAX || !text_is_utf8(name, strlen(name)))
        return error_field(err, "--name", "--name must have 1 to %d bytes", NAME_BYTES_MAX);
    if (text_is_empty(scopes))
        return error_field(err, "--scopes", "--scopes must name at least one scope, or all");
    if (scopes_from_text(scopes, bits, err) < 0)
        return -1;
    return *bits == 0
               ? error_field(err, "--scopes", "--scopes must name at least one scope, or all")
               : 0;
}

static void print_scopes(void)
{
    static const char *const texts[] = {
#define X(name, text) (text),
        SCOPES(X)
#undef X
    };
    (void)fputs("scopes: all", stderr);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        (void)fprintf(stderr, " %s", texts[i]);
    (void)fputc('\n', stderr);
}

static int
create_key(struct store *store, const struct config *config, const char *name, const char *scopes)
{
    auto_arena struct arena *arena = arena_create();
    struct error err = {0};
    unsigned bits = 0;
    if (check_new_key(name, scopes, &bits, &err) < 0) {
        (void)fprintf(stderr, "switchhook: %s\n", err.message);
        print_scopes();
        return EXIT_BAD_CONFIGURATION;
    }
    char text[API_KEY_TEXT_BYTES];
    struct api_key key;
    api_key_generate(text, &key);
    char operator_id[AUDIT_OPERATOR_BYTES];
    int64_t now_ms = wall_clock_now_ms(wall_clock_real());
    struct key_work work = {
        .config = config,
        .audit = audit_of_operator(AUDIT_KEY_CREATE, now_ms, operator_id),
        .row = {
                .id = key.id,
                .account_sid = config->twilio.account_sid != NULL ? config->twilio.account_sid : "",
                .name = name,
                .scopes = scopes_to_text(bits, arena),
                .created_at_ms = now_ms,
                }
    };
    work.audit.subject = key.id;
    work.audit.detail = arena_printf(arena, "%s: %s", name, work.row.scopes);
    memcpy(work.row.secret_sha256, key.hash, sizeof(work.row.secret_sha256));
    int failed = store_apply(store, insert_key, &work, &err);
    if (failed)
        (void)fprintf(stderr, "switchhook: the key was not stored: %s\n", err.message);
    else
        (void)puts(text);
    secret_wipe(text, sizeof(text));
    return failed ? EXIT_FAILED : EXIT_OK;
}

/* ---- list and revoke ---- */

static int read_keys(struct store_rx *rx, void *work, struct error *err)
{
    struct key_work *key = work;
    return store_list_api_keys(rx, key->arena, &key->rows, err);
}

static int list_keys(struct store *store)
{
    auto_arena struct arena *arena = arena_create();
    struct key_work work = {.arena = arena};
    struct error err = {0};
    if (store_run_read(store, read_keys, &work, &err) < 0) {
        (void)fprintf(stderr, "switchhook: the keys cannot be read: %s\n", err.message);
        return EXIT_FAILED;
    }
    (void)printf("%-18s %-24s %-9s %-20s %s\n", "ID", "CREATED", "STATE", "NAME", "SCOPES");
    for (size_t i = 0; i < work.rows.count; i++) {
        const struct api_key_row *row = &work.rows.items[i];
        char created[TIME_TEXT_BYTES];
        time_to_rfc3339(row->created_at_ms, created);
        (void)printf("%-18s %-24s %-9s %-20s %s\n", row->id, created,
                     row->revoked_at_ms == 0 ? "valid" : "revoked", row->name, row->scopes);
    }
    return EXIT_OK;
}

static int revoke(struct store_tx *tx, void *work, struct error *err)
{
    const struct key_work *key = work;
    if (store_revoke_api_key(tx, key->row.id, key->now_ms, err) < 0)
        return -1;
    return audit_append(tx, key->config, &key->audit, err);
}

static int revoke_key(struct store *store, const struct config *config, const char *id)
{
    char operator_id[AUDIT_OPERATOR_BYTES];
    struct key_work work = {
        .config = config, .row = {.id = id}, .now_ms = wall_clock_now_ms(wall_clock_real())};
    work.audit = audit_of_operator(AUDIT_KEY_REVOKE, work.now_ms, operator_id);
    work.audit.subject = id;
    struct error err = {0};
    if (store_apply(store, revoke, &work, &err) < 0) {
        (void)fprintf(stderr, "switchhook: %s\n",
                      err.kind == ERROR_NOT_FOUND
                          ? "there is no key with this id; see switchhook key list"
                          : err.message);
        return EXIT_FAILED;
    }
    (void)printf("revoked %s\n", id);
    return EXIT_OK;
}

/* ---- the subcommand ---- */

static int run(const char *verb,
               const char *id,
               const struct config *config,
               const char *name,
               const char *scopes)
{
    struct store *store = store_open(config, 1);
    if (store == NULL)
        return EXIT_FAILED;
    int status = text_equal(verb, "create") ? create_key(store, config, name, scopes)
                 : text_equal(verb, "list") ? list_keys(store)
                                            : revoke_key(store, config, id);
    store_close(store);
    return status;
}

int program_key(int argc, char **argv)
{
    const char *name = NULL;
    const char *scopes = NULL;
    const char *env_file = NULL;
    const struct argument known[] = {
        {"--name",     &name,     NULL},
        {"--scopes",   &scopes,   NULL},
        {"--env-file", &env_file, NULL},
    };
    const char *verb = argc > 0 ? argv[0] : "";
    bool revoking = text_equal(verb, "revoke");
    if ((!text_equal(verb, "create") && !text_equal(verb, "list") && !revoking) ||
        (revoking && argc < 2)) {
        (void)fprintf(stderr, "usage: %s\n", usage);
        return EXIT_BAD_CONFIGURATION;
    }
    int used = revoking ? 2 : 1;
    if (arguments_read(argc - used, argv + used, known, ARRAY_LEN(known), usage) < 0)
        return EXIT_BAD_CONFIGURATION;
    struct config *config = configuration_load(env_file, CONFIG_FOR_KEY);
    if (config == NULL)
        return EXIT_BAD_CONFIGURATION;
    int status = run(verb, revoking ? argv[1] : NULL, config, name, scopes);
    config_free(config);
    return status;
}
