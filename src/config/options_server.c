/* Options: where we listen, who may call, what is logged. */
#include "config/load.h"
#include "core/macros.h"
#include "groups.h"
#include "words.h"

#define X(name, text) WORD_ROW(text, 1u << CONFIG_DIALECT_##name),
static const struct option_word dialect_words[] = {
    WORD_ROW("all", WORD_FULL_SET),
    WORD_ROW("none", WORD_EMPTY_SET),
    CONFIG_DIALECTS(X) WORD_ROW(NULL, 0),
};
#undef X

const char *config_dialect_text(enum config_dialect dialect)
{
    static const char *const texts[] = {
#define X(name, text) [CONFIG_DIALECT_##name] = (text),
        CONFIG_DIALECTS(X)
#undef X
    };
    return texts[dialect];
}

static const struct option_word auth_words[] = {
    WORD_ROW("key", 1u << CONFIG_AUTH_KEY),
    WORD_ROW("jwt", 1u << CONFIG_AUTH_JWT),
    WORD_ROW("forward", 1u << CONFIG_AUTH_FORWARD),
    WORD_ROW("none", 1u << CONFIG_AUTH_NONE),
    WORD_ROW(NULL, 0),
};

static const struct option_word forwarded_words[] = {
    WORD_ROW("x-forwarded-for", CONFIG_FORWARDED_X_FORWARDED_FOR),
    WORD_ROW("forwarded", CONFIG_FORWARDED_FORWARDED),
    WORD_ROW(NULL, 0),
};

static const struct option_word signature_words[] = {
    WORD_ROW("enforce", CONFIG_SIGNATURE_ENFORCE),
    WORD_ROW("off", CONFIG_SIGNATURE_OFF),
    WORD_ROW(NULL, 0),
};

static const struct option_word log_level_words[] = {
    WORD_ROW("debug", LOG_LEVEL_DEBUG),
    WORD_ROW("info", LOG_LEVEL_INFO),
    WORD_ROW("warning", LOG_LEVEL_WARNING),
    WORD_ROW("error", LOG_LEVEL_ERROR),
    WORD_ROW(NULL, 0),
};

static const struct option server[] = {
    OPTION(.name = "SWITCHHOOK_LISTEN",
           LISTEN(server.listen),
           .fallback = "127.0.0.1:8080",
           .about = "Where frontends and Twilio (through a proxy or tunnel) reach us."),
    OPTION(.name = "SWITCHHOOK_ADMIN_LISTEN",
           LISTEN(server.admin_listen),
           .fallback = "127.0.0.1:8081",
           .about = "Where health and metrics are served; keep it off the internet."),
    OPTION(.name = "SWITCHHOOK_DATABASE",
           PATH(store.database),
           .fallback_note = "switchhook.db in $STATE_DIRECTORY, else $XDG_STATE_HOME/switchhook, "
                            "else ~/.local/state/switchhook",
           .needed_for = CONFIG_NEEDS_DATABASE,
           .about = "The SQLite file with calls, keys and jobs."),
    OPTION(.name = "SWITCHHOOK_CONFIG_DIR",
           PATH(files.directory),
           .fallback_note = "$CONFIGURATION_DIRECTORY, as systemd sets it, else none",
           .reloadable = true,
           .about = "The folder of policy.json, which says who may call whom, how often and how "
                    "long; without it the safe defaults hold."),
    OPTION(.name = "SWITCHHOOK_TRUSTED_PROXIES",
           NETWORKS(server.trusted_proxies),
           .reloadable = true,
           .about =
               "Proxies whose word is believed on the client's address, for the log, the audit "
               "log and rates."),
    OPTION(.name = "SWITCHHOOK_FORWARDED_HEADER",
           WORD(server.forwarded, enum config_forwarded, forwarded_words),
           .fallback = "x-forwarded-for",
           .reloadable = true,
           .about = "The header in which those proxies say it; the other one is not looked at."),
    OPTION(.name = "SWITCHHOOK_CORS_ORIGINS",
           ORIGINS(server.cors_origins),
           .reloadable = true,
           .about = "Pages on other origins that may call us from a browser, with cookies or "
                    "credentials."),
    OPTION(.name = "SWITCHHOOK_HSTS",
           SECONDS(server.hsts_s, 0, 63072000),
           .fallback = "31536000",
           .reloadable = true,
           .about =
               "How long browsers that have seen us by https shall use nothing else; only sent "
               "if the public address is https. 0: not sent."),
    OPTION(.name = "SWITCHHOOK_DIALECTS",
           WORD_SET(server.dialects, dialect_words),
           .fallback = "all",
           .about = "Which frontends' own paths and shapes are served beside the native ones."),
    OPTION(.name = "SWITCHHOOK_DIALECT_PREFIXES",
           PREFIXES(server.dialect_prefixes, dialect_words),
           .about = "What stands before every path of a dialect, where two would meet or one is to "
                    "move."),
};

static const struct option access_options[] = {
    OPTION(.name = "SWITCHHOOK_AUTH",
           WORD_SET(access.auth, auth_words),
           .fallback = "key",
           .about = "How frontends prove who they are, one or more ways; none works only on this "
                    "machine."),
    OPTION(.name = "SWITCHHOOK_SIGNATURE",
           WORD(access.signature, enum config_signature, signature_words),
           .fallback = "enforce",
           .about = "Whether Twilio's requests must be signed; off works only on this machine."),
    OPTION(.name = "SWITCHHOOK_KEY_RELOAD_MS",
           MILLISECONDS(access.key_reload_ms, 100, 2000),
           .fallback = "1000",
           .about = "How often new and revoked API keys are looked for."),
};

static const struct option phone_options[] = {
    OPTION(.name = "SWITCHHOOK_PHONE",
           BOOL(phone.on),
           .fallback = "true",
           .reloadable = true,
           .about = "Whether GET /phone offers a phone in the browser; false answers 404."),
    OPTION(.name = "SWITCHHOOK_PHONE_SIGNALING",
           LOOPBACK(phone.signaling),
           .reloadable = true,
           .about = "Where switchhook-sim plays the signalling of Twilio's browser SDK; only for "
                    "trying the page on this machine."),
};

static const struct option log_options[] = {
    OPTION(.name = "SWITCHHOOK_LOG_LEVEL",
           WORD(log.level, enum log_level, log_level_words),
           .fallback = "info",
           .reloadable = true,
           .about = "The least serious lines that are written."),
    OPTION(.name = "SWITCHHOOK_LOG_NUMBERS",
           BOOL(log.show_numbers),
           .fallback = "false",
           .about = "Write phone numbers in full instead of their last four digits."),
    OPTION(.name = "SWITCHHOOK_LOG_QUEUE_BYTES",
           BYTES(log.queue_bytes, 4096, 1073741824),
           .fallback = "1048576",
           .about =
               "How much may wait for a slow standard error before lines are dropped and counted."),
};

#define RATE(member, option, burst_option, default_rate, default_burst, what)                      \
    OPTION(.name = (option), COUNT(rates.member.per_minute, 0, 100000000),                         \
           .fallback = (default_rate), .reloadable = true,                                         \
           .about = "Most " what ", a minute. 0: any number."),                                    \
        OPTION(.name = (burst_option), COUNT(rates.member.burst, 1, 100000000),                    \
               .fallback = (default_burst), .reloadable = true,                                    \
               .about = "How many of them may come at once.")

/* clang-format off */
static const struct option rates[] = {
    RATE(key, "SWITCHHOOK_RATE_KEY", "SWITCHHOOK_RATE_KEY_BURST", "6000", "600",
         "requests with one API key"),
    RATE(user, "SWITCHHOOK_RATE_USER", "SWITCHHOOK_RATE_USER_BURST", "600", "120",
         "requests of one user of the application"),
    RATE(token, "SWITCHHOOK_RATE_TOKEN", "SWITCHHOOK_RATE_TOKEN_BURST", "30", "10",
         "access tokens of one caller for one identity"),
    RATE(calls, "SWITCHHOOK_RATE_CALLS", "SWITCHHOOK_RATE_CALLS_BURST", "60", "20",
         "calls that one caller places"),
    RATE(address, "SWITCHHOOK_RATE_ADDRESS", "SWITCHHOOK_RATE_ADDRESS_BURST", "1200", "240",
         "requests of one address that show no credentials"),
    RATE(failures, "SWITCHHOOK_RATE_FAILURES", "SWITCHHOOK_RATE_FAILURES_BURST", "20", "10",
         "refused credentials of one address"),
};
/* clang-format on */

static const struct option audit[] = {
    OPTION(.name = "SWITCHHOOK_AUDIT_TTL_MS",
           MILLISECONDS(audit.ttl_ms, 1000, 315576000000),
           .fallback = "7776000000",
           .reloadable = true,
           .about = "How long the audit log is kept; 90 days unless told otherwise."),
    OPTION(.name = "SWITCHHOOK_AUDIT_REPEAT_MS",
           MILLISECONDS(audit.repeat_ms, 10, 86400000),
           .fallback = "600000",
           .about = "The same refusal, or the same token, is written once in this time, and then "
                    "how often."),
};

static const struct option testing[] = {
    OPTION(.name = "SWITCHHOOK_REST_CA_FILE",
           PATH(rest.ca_file),
           .about = "Certificates to trust for REST requests instead of the system's."),
    OPTION(.name = "SWITCHHOOK_REST_CONNECT_TO",
           CONNECT_TO(rest.connect_to),
           .about =
               "Connect REST requests for one address to another one, as curl's --connect-to."),
};

const struct option_group group_server = {
    "The server",
    NULL,
    server,
    ARRAY_LEN(server),
};

const struct option_group group_access = {
    "Who may call",
    NULL,
    access_options,
    ARRAY_LEN(access_options),
};

const struct option_group group_phone = {
    "The phone page",
    NULL,
    phone_options,
    ARRAY_LEN(phone_options),
};

const struct option_group group_log = {
    "The log",
    NULL,
    log_options,
    ARRAY_LEN(log_options),
};

const struct option_group group_rates = {
    "Rates",
    NULL,
    rates,
    ARRAY_LEN(rates),
};

const struct option_group group_audit = {
    "The audit log",
    NULL,
    audit,
    ARRAY_LEN(audit),
};

const struct option_group group_testing = {
    "For tests and unusual networks",
    NULL,
    testing,
    ARRAY_LEN(testing),
};
