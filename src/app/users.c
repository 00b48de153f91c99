#include "app/users.h"

#include <stdlib.h>
#include <string.h>

#include "app/identity.h"
#include "config/directory.h"
#include "core/limits.h"
#include "core/text.h"
#include "core/xmalloc.h"

/* ---- settings ---- */

typedef int add_fn(struct token_keys *keys, const char *text, size_t len, struct error *err);

static int add_file(
    struct token_keys *keys, const char *option, const char *path, add_fn *add, struct error *err)
{
    auto_arena struct arena *arena = arena_create();
    struct config_document file;
    struct error why = {0};
    if (path == NULL)
        return 0;
    if (config_file_read(path, LIMIT_JWKS_BYTES, arena, &file, &why) < 0 ||
        add(keys, file.text, file.len, &why) < 0)
        return error_set(err, ERROR_INVALID, "%s: %.80s: %s", option, path, why.message);
    return 0;
}

static int add_secret(struct token_keys *keys, const struct secret *secret, struct error *err)
{
    struct error why = {0};
    const char *text = secret_reveal(secret);
    if (text == NULL || token_keys_add_secret(keys, text, strlen(text), &why) == 0)
        return 0;
    return error_set(err, ERROR_INVALID, "SWITCHHOOK_JWT_SECRET: %s", why.message);
}

static int add_keys(struct token_keys *keys, const struct config_users *users, struct error *err)
{
    if (add_secret(keys, &users->jwt_secret, err) < 0 ||
        add_file(keys, "SWITCHHOOK_JWT_PUBLIC_KEY_FILE", users->jwt_public_key_file,
                 token_keys_add_pem, err) < 0)
        return -1;
    return add_file(keys, "SWITCHHOOK_JWT_JWKS_FILE", users->jwks_file, token_keys_add_jwks, err);
}

static int read_scopes(const struct text_list *list, unsigned *out, struct error *err)
{
    *out = 0;
    if (list->count == 1 && text_equal(list->items[0], "none"))
        return 0;
    for (size_t i = 0; i < list->count; i++) {
        struct error why = {0};
        unsigned bits = 0;
        if (scopes_from_text(list->items[i], &bits, &why) < 0)
            return error_set(err, ERROR_INVALID, "SWITCHHOOK_USER_SCOPES: %s", why.message);
        *out |= bits;
    }
    return 0;
}

static void release_settings(struct user_settings **settings)
{
    user_settings_free(*settings);
}

int user_settings_load(const struct config *config, struct user_settings **out, struct error *err)
{
    __attribute__((cleanup(release_settings))) struct user_settings *settings =
        xcalloc(1, sizeof(*settings));
    settings->keys = token_keys_create();
    if (read_scopes(&config->users.scopes, &settings->scopes, err) < 0)
        return -1;
    if (config_has_auth(config, CONFIG_AUTH_JWT) &&
        add_keys(settings->keys, &config->users, err) < 0)
        return -1;
    *out = steal(&settings);
    return 0;
}

void user_settings_free(struct user_settings *settings)
{
    if (settings == NULL)
        return;
    token_keys_unref(settings->keys);
    free(settings);
}

/* ---- one user ---- */

enum { GROUP_BYTES_MAX = 200 };

static bool is_printable(const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return false;
    return text_is_utf8(text, strlen(text));
}

static int check_identity(const char *identity, struct arena *arena, struct error *err)
{
    if (text_is_empty(identity))
        return error_set(err, ERROR_UNAUTHENTICATED, "it does not say who the user is");
    if (!is_printable(identity) || client_of_identity(identity, arena) == NULL)
        return error_set(err, ERROR_UNAUTHENTICATED,
                         "the user's identity is too long for Twilio, or not made of characters");
    return 0;
}

static int check_group(const char *group, struct error *err)
{
    if (group == NULL || (strlen(group) <= GROUP_BYTES_MAX && is_printable(group)))
        return 0;
    return error_set(err, ERROR_UNAUTHENTICATED,
                     "the user's group is longer than %d bytes, or not made of characters",
                     GROUP_BYTES_MAX);
}

/* Tokens carry other applications' scopes as well; and `all` would be ours only by accident. */
static unsigned known_scopes(const char *text, struct arena *arena)
{
    static const char separators[] = " ,\t";
    unsigned bits = 0;
    if (text == NULL)
        return 0;
    for (text += strspn(text, separators); *text != '\0'; text += strspn(text, separators)) {
        size_t len = strcspn(text, separators);
        const char *word = arena_copy(arena, text, len);
        struct error ignored = {0};
        unsigned found = 0;
        if (!text_equal(word, "all") && scopes_from_text(word, &found, &ignored) == 0)
            bits |= found;
        text += len;
    }
    return bits;
}

int user_caller(const struct user_claim *claim,
                unsigned scopes,
                struct arena *arena,
                const struct caller **out,
                struct error *err)
{
    const char *group = text_is_empty(claim->group) ? NULL : claim->group;
    if (check_identity(claim->identity, arena, err) < 0 || check_group(group, err) < 0)
        return -1;
    struct caller *caller = arena_alloc(arena, sizeof(*caller));
    const char *identity = arena_strdup(arena, claim->identity);
    *caller = (struct caller){
        .kind = claim->kind,
        .owner = arena_printf(arena, "user:%s", identity),
        .name = identity,
        .identity = identity,
        .group = arena_strdup(arena, group),
        .scopes = scopes | known_scopes(claim->scopes, arena),
        .until_ms = claim->until_ms,
        .by_cookie = claim->by_cookie,
    };
    *out = caller;
    return 0;
}

/* ---- tokens ---- */

static const char *join(const json_t *list, struct arena *arena)
{
    const char *text = "";
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *word = json_string_value(json_array_get(list, i));
        if (word != NULL)
            text = arena_printf(arena, "%s%s%s", text, *text == '\0' ? "" : " ", word);
    }
    return text;
}

const char *user_text(const json_t *object, const char *name, struct arena *arena)
{
    const json_t *value = name == NULL ? NULL : json_object_get(object, name);
    if (json_is_integer(value))
        return arena_printf(arena, "%lld", (long long)json_integer_value(value));
    if (json_is_array(value))
        return join(value, arena);
    return arena_strdup(arena, json_string_value(value));
}

int user_check_group(const json_t *object, const char *name, struct error *err)
{
    if (name == NULL || json_array_size(json_object_get(object, name)) <= 1)
        return 0;
    return error_set(err, ERROR_UNAUTHENTICATED, "the user is in more than one group");
}

/* enum config_jwt_algorithm and enum token_algorithm are one list in two rooms that do not know each other. */
_Static_assert((int)CONFIG_JWT_HS256 == (int)TOKEN_HS256 &&
                   (int)CONFIG_JWT_RS256 == (int)TOKEN_RS256 &&
                   (int)CONFIG_JWT_ES256 == (int)TOKEN_ES256,
               "bits are passed on");

/* Any number may stand there: what is beyond all times is as good as no end. */
static int64_t end_of(const json_t *claims, int64_t leeway_s)
{
    const double latest_s = 253402300799; /* the end of the year 9999 */
    double end_s = json_number_value(json_object_get(claims, "exp")) + (double)leeway_s;
    return end_s > latest_s ? 0 : (int64_t)end_s * 1000;
}

enum caller_token_result user_from_token(const struct config *config,
                                         const struct user_settings *settings,
                                         const struct token_keys *fetched,
                                         const char *token,
                                         bool by_cookie,
                                         int64_t now_ms,
                                         struct arena *arena,
                                         const struct caller **out,
                                         struct error *err)
{
    const struct config_users *users = &config->users;
    const struct token_keys *const sets[] = {settings->keys, fetched};
    const struct caller_token_rules rules = {
        .now_s = now_ms / 1000,
        .leeway_s = users->jwt_leeway_s,
        .age_max_s = users->jwt_age_max_s,
        .algorithms = users->jwt_algorithms,
        .issuer = users->jwt_issuer,
        .audiences = &users->jwt_audiences,
    };
    json_auto_t *claims = NULL;
    enum caller_token_result result =
        caller_token_verify(token, sets, ARRAY_LEN(sets), &rules, &claims, err);
    if (result != CALLER_TOKEN_GOOD)
        return result;
    const struct user_claim claim = {
        .kind = CALLER_JWT,
        .identity = user_text(claims, users->jwt_identity_claim, arena),
        .group = user_text(claims, users->jwt_group_claim, arena),
        .scopes = user_text(claims, users->jwt_scopes_claim, arena),
        .until_ms = end_of(claims, users->jwt_leeway_s),
        .by_cookie = by_cookie,
    };
    if (user_check_group(claims, users->jwt_group_claim, err) < 0 ||
        user_caller(&claim, settings->scopes, arena, out, err) < 0)
        return CALLER_TOKEN_BAD;
    return CALLER_TOKEN_GOOD;
}
