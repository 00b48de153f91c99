/* What only several options together can get wrong. */
#include <string.h>

#include "core/hex.h"
#include "core/text.h"
#include "load_state.h"

enum {
    CONNECTIONS_PER_WORKER_MAX =
        120, /* libmicrohttpd stalls at exactly 128 ready connections of a worker */
    CHECK_OPTIONS_MAX = 3,
    AUTH_TOKEN_BYTES = 16,
};

static void
mistake(struct load *load, const char *variable, const char *problem, const char *expected)
{
    config_report_mistake(
        load->report,
        &(struct config_mistake){.variable = variable, .problem = problem, .expected = expected});
}

/* ---- who may call ---- */

static bool has_jwt_keys(const struct config_users *users)
{
    return secret_is_set(&users->jwt_secret) || users->jwt_public_key_file != NULL ||
           users->jwks_file != NULL || users->jwks_url.text != NULL;
}

static void check_auth(struct load *load)
{
    const struct config *config = load->config;
    const struct config_users *users = &config->users;
    bool jwt = config_has_auth(config, CONFIG_AUTH_JWT);
    bool forward = config_has_auth(config, CONFIG_AUTH_FORWARD);
    if (config_has_auth(config, CONFIG_AUTH_NONE) && config->access.auth != 1u << CONFIG_AUTH_NONE)
        mistake(load, "SWITCHHOOK_AUTH", "none cannot stand with other words", "one word");
    if (jwt && !has_jwt_keys(users))
        mistake(load, "SWITCHHOOK_AUTH", "jwt has no key to check tokens with",
                "one of SWITCHHOOK_JWT_SECRET, _PUBLIC_KEY_FILE, _JWKS_FILE, _JWKS_URL");
    if (!jwt && has_jwt_keys(users))
        config_report_note(load->report,
                           "SWITCHHOOK_JWT_... is set, but jwt is not in SWITCHHOOK_AUTH");
    if (forward && users->forward_url.text == NULL)
        mistake(load, "SWITCHHOOK_AUTH", "forward has nobody to ask",
                "SWITCHHOOK_FORWARD_AUTH_URL, where the application says who sent a request");
    if (!forward && users->forward_url.text != NULL)
        config_report_note(load->report,
                           "SWITCHHOOK_FORWARD_AUTH_URL is set, but forward is not in "
                           "SWITCHHOOK_AUTH");
}

/** The first address that others than this machine may reach, or NULL. */
static const char *open_address(const struct text_list *addresses)
{
    for (size_t i = 0; i < addresses->count; i++)
        if (!listen_is_loopback(addresses->items[i]))
            return addresses->items[i];
    return NULL;
}

/**
 * A server that asks nobody who they are must not be reachable by anybody: it listens on loopback
 * alone, and its public address is loopback too, because a tunnel in front of an open server is how
 * open servers happen.
 */
static void check_closed(struct load *load, const char *option, const char *word)
{
    const struct config *config = load->config;
    const char *open = open_address(&config->server.listen);
    if (open != NULL)
        mistake(load, option,
                arena_printf(load->arena,
                             "%s is for this machine alone, but SWITCHHOOK_LISTEN has %s", word,
                             open),
                "SWITCHHOOK_LISTEN=127.0.0.1:PORT, or do not switch this off");
    if (config->hooks.base.text != NULL && !config->hooks.base.loopback)
        mistake(load, option,
                arena_printf(load->arena,
                             "%s is for this machine alone, but the public address is %s", word,
                             config->hooks.base.text),
                "TWILIO_WEBHOOK_BASE_URL=http://127.0.0.1:PORT, or do not switch this off");
}

static void check_auth_none(struct load *load)
{
    if (config_has_auth(load->config, CONFIG_AUTH_NONE))
        check_closed(load, "SWITCHHOOK_AUTH", "none");
}

static void check_signature_off(struct load *load)
{
    if (load->config->access.signature == CONFIG_SIGNATURE_OFF)
        check_closed(load, "SWITCHHOOK_SIGNATURE", "off");
}

/* ---- secrets ---- */

static bool same_secret(const struct secret *a, const struct secret *b)
{
    return secret_is_set(a) && text_equal(secret_reveal(a), secret_reveal(b));
}

/** Twilio's auth tokens are 32 hexadecimal digits. Nobody promises that, so another shape is only
 * worth a note. */
static void check_token_shape(struct load *load, const char *name, const struct secret *token)
{
    unsigned char bytes[AUTH_TOKEN_BYTES];
    if (!secret_is_set(token))
        return;
    if (strlen(secret_reveal(token)) == 2 * sizeof(bytes) &&
        hex_decode(secret_reveal(token), bytes, sizeof(bytes)))
        explicit_bzero(bytes, sizeof(bytes));
    else
        config_report_note(load->report, "%s is not 32 hexadecimal digits, as Twilio's are", name);
}

/* With Twilio's secret, the access token of every browser would be a credential here. */
static void check_jwt_secret(struct load *load)
{
    const struct config *config = load->config;
    const struct secret *secret = &config->users.jwt_secret;
    if (same_secret(secret, &config->twilio.api_key_secret) ||
        same_secret(secret, &config->twilio.auth_token) ||
        same_secret(secret, &config->twilio.auth_token_secondary))
        mistake(load, "SWITCHHOOK_JWT_SECRET", "it is a secret of Twilio's",
                "a secret of the application's own");
}

static void check_secrets(struct load *load)
{
    const struct config_twilio *twilio = &load->config->twilio;
    check_token_shape(load, "TWILIO_AUTH_TOKEN", &twilio->auth_token);
    check_token_shape(load, "TWILIO_AUTH_TOKEN_SECONDARY", &twilio->auth_token_secondary);
    if (same_secret(&twilio->auth_token, &twilio->api_key_secret))
        mistake(load, "TWILIO_API_KEY_SECRET", "it is the same as TWILIO_AUTH_TOKEN",
                "the secret that was shown when the API key was created");
    if (same_secret(&twilio->auth_token, &twilio->auth_token_secondary))
        config_report_note(load->report,
                           "TWILIO_AUTH_TOKEN_SECONDARY is the same as TWILIO_AUTH_TOKEN");
    if (secret_is_set(&twilio->auth_token_secondary) && !secret_is_set(&twilio->auth_token))
        mistake(load, "TWILIO_AUTH_TOKEN_SECONDARY", "TWILIO_AUTH_TOKEN is not set",
                "both, or only that one");
}

/* ---- addresses ---- */

static bool is_twilios_host(const char *host)
{
    static const char end[] = ".twilio.com";
    const size_t len = strlen(host);
    return len > sizeof(end) - 1 && text_equal(host + len - (sizeof(end) - 1), end);
}

static void check_api_base(struct load *load)
{
    const struct config_twilio *twilio = &load->config->twilio;
    const struct config_url *url = &twilio->api_base_url;
    if (url->text == NULL)
        return;
    if (!url->https && !url->loopback)
        mistake(load, "TWILIO_API_BASE_URL",
                "plain http would show the account's secret to everybody on the way",
                "https, or an address of this machine");
    if (is_twilios_host(url->host))
        return;
    config_report_note(load->report, "REST requests go to %s, not to Twilio", url->origin);
    if (twilio->region != NULL || twilio->edge != NULL)
        config_report_note(load->report,
                           "TWILIO_API_BASE_URL is set, so region and edge do not matter");
}

static void check_public_url(struct load *load)
{
    const struct config_url *url = &load->config->hooks.base;
    const struct config_url *api = &load->config->twilio.api_base_url;
    if (url->text == NULL || api->text == NULL)
        return;
    if (url->loopback && is_twilios_host(api->host))
        config_report_note(
            load->report,
            "Twilio cannot reach %s: it is this machine; use a tunnel or a public address",
            url->text);
    if (!url->loopback && !url->https)
        config_report_note(load->report, "%s is plain http: everybody on the way can read calls",
                           url->text);
}

/* ---- voicemail ---- */

enum { TRANSCRIBED_MAX_S = 120 }; /* Twilio, "<Record>": longer recordings are not transcribed */

static void check_voicemail_keys(struct load *load)
{
    const char *keys = load->config->voicemail.finish_on_key;
    if (strspn(keys, "0123456789*#") != strlen(keys))
        mistake(load, "SWITCHHOOK_VOICEMAIL_KEYS", "a telephone has no such key",
                "keys out of 0123456789*#, e.g. #");
}

static void check_voicemail_length(struct load *load)
{
    const struct config_voicemail *voicemail = &load->config->voicemail;
    if (voicemail->transcribe && voicemail->length_max_s > TRANSCRIBED_MAX_S)
        mistake(load, "SWITCHHOOK_VOICEMAIL_LENGTH",
                "Twilio transcribes messages of at most 120 seconds",
                "120 or less, or SWITCHHOOK_VOICEMAIL_TRANSCRIBE=false");
}

/* Port 0 is any free one, so two of them never meet. */
static bool is_any_port(const char *address)
{
    const char *colon = strrchr(address, ':');
    return colon != NULL && text_equal(colon, ":0");
}

static void check_listeners(struct load *load)
{
    const struct config_server *server = &load->config->server;
    for (size_t i = 0; i < server->admin_listen.count; i++)
        if (!is_any_port(server->admin_listen.items[i]) &&
            text_list_has(&server->listen, server->admin_listen.items[i]))
            mistake(load, "SWITCHHOOK_ADMIN_LISTEN",
                    arena_printf(load->arena, "%s is in SWITCHHOOK_LISTEN too",
                                 server->admin_listen.items[i]),
                    "an address of its own");
    const char *open = open_address(&server->admin_listen);
    if (open != NULL && !text_starts_with(open, "unix:") && !text_equal(open, "systemd"))
        config_report_note(load->report, "health and metrics on %s need no credentials", open);
}

/* ---- numbers ---- */

static void check_connections(struct load *load)
{
    const struct config_server *server = &load->config->server;
    const unsigned most = CONNECTIONS_PER_WORKER_MAX * server->workers;
    if (server->connections_max > most)
        mistake(load, "SWITCHHOOK_CONNECTIONS_MAX",
                arena_printf(load->arena, "%u connections are too many for %u workers",
                             server->connections_max, server->workers),
                arena_printf(load->arena, "at most %u, or more SWITCHHOOK_WORKERS", most));
}

static void check_lease(struct load *load)
{
    const struct config *config = load->config;
    if (config->jobs.calls.lease_ms <= config->rest.timeout_ms)
        mistake(load, "SWITCHHOOK_JOB_LEASE_MS",
                "a job could be taken over while its REST request is still under way",
                arena_printf(load->arena, "more than SWITCHHOOK_REST_TIMEOUT_MS, which is %lld",
                             (long long)config->rest.timeout_ms));
}

static void check_media_lease(struct load *load)
{
    const struct config *config = load->config;
    if (config->jobs.media.lease_ms <= config->recordings.timeout_ms)
        mistake(load, "SWITCHHOOK_MEDIA_LEASE_MS",
                "a recording could be fetched anew while it is still being downloaded",
                arena_printf(load->arena,
                             "more than SWITCHHOOK_RECORDINGS_TIMEOUT_MS, which is %lld",
                             (long long)config->recordings.timeout_ms));
}

static void check_recordings_ready(struct load *load)
{
    const struct config_recordings *recordings = &load->config->recordings;
    if (recordings->ready_ms > recordings->ready_max_ms)
        mistake(load, "SWITCHHOOK_RECORDINGS_READY_MS",
                "it is longer than SWITCHHOOK_RECORDINGS_READY_MAX_MS", "at most that");
}

static void check_backoff(struct load *load)
{
    const struct config_jobs *jobs = &load->config->jobs;
    if (jobs->calls.backoff_ms > jobs->calls.backoff_max_ms)
        mistake(load, "SWITCHHOOK_JOB_BACKOFF_MS",
                "it is longer than SWITCHHOOK_JOB_BACKOFF_MAX_MS", "at most that");
}

static void check_media_backoff(struct load *load)
{
    const struct config_jobs *jobs = &load->config->jobs;
    if (jobs->media.backoff_ms > jobs->media.backoff_max_ms)
        mistake(load, "SWITCHHOOK_MEDIA_BACKOFF_MS",
                "it is longer than SWITCHHOOK_MEDIA_BACKOFF_MAX_MS", "at most that");
}

static void check_rest_timeouts(struct load *load)
{
    const struct config_rest *rest = &load->config->rest;
    if (rest->connect_timeout_ms > rest->timeout_ms)
        mistake(load, "SWITCHHOOK_REST_CONNECT_TIMEOUT_MS",
                "it is longer than SWITCHHOOK_REST_TIMEOUT_MS", "at most that");
}

/* ---- recordings ---- */

static void check_s3_names(struct load *load)
{
    static const char legal[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._/";
    const struct config_s3 *s3 = &load->config->storage.s3;
    const char *prefix = s3->prefix;
    if (s3->endpoint.path != NULL && s3->endpoint.path[0] != '\0')
        mistake(load, "SWITCHHOOK_S3_ENDPOINT", "it has a path",
                "the address alone; what objects' names begin with is SWITCHHOOK_S3_PREFIX");
    if (prefix != NULL && (prefix[0] == '/' || prefix[strspn(prefix, legal)] != '\0' ||
                           strstr(prefix, "//") != NULL || strstr(prefix, "..") != NULL))
        mistake(load, "SWITCHHOOK_S3_PREFIX", "it is no beginning of an object's name",
                "letters, digits, dots, dashes and underscores with single slashes between, e.g. "
                "calls/");
    if (s3->style == CONFIG_S3_HOST && s3->bucket != NULL && strchr(s3->bucket, '.') != NULL)
        mistake(load, "SWITCHHOOK_S3_STYLE",
                "with a dot in the bucket's name no certificate is for its host", "path");
}

static void check_s3_given(struct load *load)
{
    const struct config_s3 *s3 = &load->config->storage.s3;
    const struct {
        const char *name;
        bool given;
    } needed[] = {
        {"SWITCHHOOK_S3_BUCKET",            s3->bucket != NULL                   },
        {"SWITCHHOOK_S3_ACCESS_KEY_ID",     secret_is_set(&s3->access_key_id)    },
        {"SWITCHHOOK_S3_SECRET_ACCESS_KEY", secret_is_set(&s3->secret_access_key)},
    };
    for (size_t i = 0; i < ARRAY_LEN(needed); i++)
        if (!needed[i].given)
            mistake(load, needed[i].name, "it is not set, and SWITCHHOOK_STORAGE is s3",
                    "its value, or SWITCHHOOK_STORAGE=directory");
    if (s3->connect_timeout_ms > s3->timeout_ms)
        mistake(load, "SWITCHHOOK_S3_CONNECT_TIMEOUT_MS",
                "it is longer than SWITCHHOOK_S3_TIMEOUT_MS", "at most that");
}

static void check_s3(struct load *load)
{
    const struct config_storage *storage = &load->config->storage;
    check_s3_names(load);
    if (storage->kind == CONFIG_STORAGE_S3)
        check_s3_given(load);
    else if (storage->s3.bucket != NULL)
        config_report_note(load->report,
                           "SWITCHHOOK_S3_BUCKET is set, but SWITCHHOOK_STORAGE is not s3");
}

/* ---- the table ---- */

struct check {
    void (*run)(struct load *load);
    const char *options[CHECK_OPTIONS_MAX]; /* it reads these; a bad one was reported already */
};

#define CHECK(function, ...)                                                                       \
    {                                                                                              \
        .run = (function), .options = { __VA_ARGS__ }                                              \
    }

static const struct check checks[] = {
    CHECK(check_auth, "SWITCHHOOK_AUTH", "SWITCHHOOK_JWT_JWKS_URL", "SWITCHHOOK_FORWARD_AUTH_URL"),
    CHECK(check_jwt_secret, "SWITCHHOOK_JWT_SECRET", "TWILIO_AUTH_TOKEN", "TWILIO_API_KEY_SECRET"),
    CHECK(check_auth_none, "SWITCHHOOK_AUTH", "SWITCHHOOK_LISTEN", "TWILIO_WEBHOOK_BASE_URL"),
    CHECK(check_signature_off,
          "SWITCHHOOK_SIGNATURE",
          "SWITCHHOOK_LISTEN",
          "TWILIO_WEBHOOK_BASE_URL"),
    CHECK(
        check_secrets, "TWILIO_AUTH_TOKEN", "TWILIO_AUTH_TOKEN_SECONDARY", "TWILIO_API_KEY_SECRET"),
    CHECK(check_api_base, "TWILIO_API_BASE_URL", "TWILIO_REGION", "TWILIO_EDGE"),
    CHECK(check_public_url, "TWILIO_WEBHOOK_BASE_URL", "TWILIO_API_BASE_URL"),
    CHECK(check_listeners, "SWITCHHOOK_LISTEN", "SWITCHHOOK_ADMIN_LISTEN"),
    CHECK(check_connections, "SWITCHHOOK_WORKERS", "SWITCHHOOK_CONNECTIONS_MAX"),
    CHECK(check_lease, "SWITCHHOOK_JOB_LEASE_MS", "SWITCHHOOK_REST_TIMEOUT_MS"),
    CHECK(check_media_lease, "SWITCHHOOK_MEDIA_LEASE_MS", "SWITCHHOOK_RECORDINGS_TIMEOUT_MS"),
    CHECK(check_recordings_ready,
          "SWITCHHOOK_RECORDINGS_READY_MS",
          "SWITCHHOOK_RECORDINGS_READY_MAX_MS"),
    CHECK(check_backoff, "SWITCHHOOK_JOB_BACKOFF_MS", "SWITCHHOOK_JOB_BACKOFF_MAX_MS"),
    CHECK(check_media_backoff, "SWITCHHOOK_MEDIA_BACKOFF_MS", "SWITCHHOOK_MEDIA_BACKOFF_MAX_MS"),
    CHECK(check_s3, "SWITCHHOOK_STORAGE", "SWITCHHOOK_S3_BUCKET", "SWITCHHOOK_S3_ENDPOINT"),
    CHECK(check_voicemail_keys, "SWITCHHOOK_VOICEMAIL_KEYS"),
    CHECK(check_voicemail_length, "SWITCHHOOK_VOICEMAIL_LENGTH", "SWITCHHOOK_VOICEMAIL_TRANSCRIBE"),
    CHECK(check_rest_timeouts, "SWITCHHOOK_REST_CONNECT_TIMEOUT_MS", "SWITCHHOOK_REST_TIMEOUT_MS"),
};

static bool involves_bad(const struct load *load, const char *const *options)
{
    for (size_t i = 0; i < CHECK_OPTIONS_MAX && options[i] != NULL; i++)
        if (load_is_bad(load, options[i]))
            return true;
    return false;
}

void checks_run(struct load *load)
{
    for (size_t i = 0; i < ARRAY_LEN(checks); i++)
        if (!involves_bad(load, checks[i].options))
            checks[i].run(load);
}
