/* Options: one table, from which they are read, checked and explained. */
#include "simulator/settings.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/text.h"
#include "url.h"

enum { REAL_MIN_MS = 10, REAL_MAX_MS = 60 * 1000 };

enum kind {
    FLAG,
    TEXT,
    SID,    /* its prefix in `hint` */
    SECRET, /* not empty */
    NUMBER, /* a telephone number, repeatable: a list and its count follow */
    URL,    /* or "" */
    API,    /* the same, or self */
    BASE,   /* URL without query, its last slash taken off */
    METHOD,
    LISTEN,  /* host:port on loopback */
    SIGNAL,  /* the same, or none */
    REAL_MS, /* 10 to 60000 */
    DELAY,   /* 0 to 2^31 ms */
    LENGTH,  /* 1 to 86400 s */
    SPEED,   /* a number, or max */
    PACE,    /* a number */
    COUNT,   /* 0 to 2^31 */
    SEED,
};

struct option {
    const char *name;
    enum kind kind;
    const char *hint; /* what the value is, for people */
    size_t offset;
    const char *environment; /* names, separated by spaces; NULL: none */
    const char *help;
};

#define AT(member) offsetof(struct sim_settings, member)

static const struct option options[] = {
    {"--listen",         LISTEN,  "HOST:PORT", AT(listen),           NULL,
     "where REST and control API are served, on loopback (127.0.0.1:9080); port 0 takes a free "
     "one"                                                                                                                                                                                     },
    {"--signal-listen",  SIGNAL,  "HOST:PORT", AT(signal_listen),    NULL,
     "where browsers' signalling is served, on loopback, path /signal (the port after --listen's; "
     "a free one if that is 0); none: nowhere"                                                                                                                                                 },
    {"--account",        SID,     "AC...",     AT(account_sid),      "TWILIO_ACCOUNT_SID",
     "the account that is played"                                                                                                                                                              },
    {"--auth-token",     SECRET,  "TOKEN",     AT(auth_token),       "TWILIO_AUTH_TOKEN",
     "signs the webhooks and opens the REST API"                                                                                                                                               },
    {"--api-key",        SID,     "SK...",     AT(api_key_sid),      "TWILIO_API_KEY_SID TWILIO_API_KEY",
     "an API key that opens the REST API as well"                                                                                                                                              },
    {"--api-secret",     SECRET,  "SECRET",    AT(api_key_secret),
     "TWILIO_API_KEY_SECRET TWILIO_API_SECRET",                                                                     "its secret"                                                               },
    {"--app",            SID,     "AP...",     AT(app_sid),          "TWILIO_TWIML_APP_SID TWILIO_APPLICATION_SID",
     "the TwiML app that browsers call through"                                                                                                                                                },
    {"--number",         NUMBER,  "+1...",     AT(numbers),          "TWILIO_PHONE_NUMBER",
     "a number of the account, once for each (+15005550006)"                                                                                                                                   },
    {"--verified",       NUMBER,  "+1...",     AT(verified),         NULL,
     "a verified caller id that is no number of the account, once for each"                                                                                                                    },
    {"--voice-url",      URL,     "URL",       AT(voice_url),        NULL,
     "voice URL of the app and of every number (BASE/twiml, or http://127.0.0.1:8080/twiml)"                                                                                                   },
    {"--voice-method",   METHOD,  "GET|POST",  AT(voice_method),     NULL,                                          "its method (POST)"                                                        },
    {"--inbound-url",    URL,     "URL",       AT(inbound_url),      NULL,
     "voice URL of the numbers, where it is another one"                                                                                                                                       },
    {"--fallback-url",   URL,     "URL",       AT(fallback_url),     NULL,
     "voice fallback URL of the app and of every number"                                                                                                                                       },
    {"--status-url",     URL,     "URL",       AT(status_url),       NULL,
     "StatusCallback of the app and of every number: told when a call is over"                                                                                                                 },
    {"--status-method",  METHOD,  "GET|POST",  AT(status_method),    NULL,                                          "its method (POST)"                                                        },
    {"--public-base",    BASE,    "BASE",      AT(public_base),
     "TWILIO_WEBHOOK_BASE_URL BACKEND_URL PUBLIC_BASE_URL",                                                         "webhooks below this address are signed for it, but called at --deliver-to"},
    {"--deliver-to",     BASE,    "BASE",      AT(deliver_to),       NULL,
     "where the server really listens (the public base if that is plain http, else "
     "http://127.0.0.1:8080)"                                                                                                                                                                  },
    {"--script",         TEXT,    "FILE",      AT(script_file),      NULL,
     "JSON rules for how the people behave who are called, as PUT /sim/script takes them"                                                                                                      },
    {"--speed",          SPEED,   "N",         AT(speed),            NULL,
     "simulated seconds per real second (1); max: time jumps to whatever comes next"                                                                                                           },
    {"--browser-speed",  PACE,    "N",         AT(browser_speed),    NULL,
     "the same while a call rings or talks in a browser (1)"                                                                                                                                   },
    {"--reconnect-ms",   REAL_MS, "N",         AT(reconnect_ms),     NULL,
     "real milliseconds in which a browser whose connection broke may come back to its call "
     "(15000)"                                                                                                                                                                                 },
    {"--heartbeat-ms",   REAL_MS, "N",         AT(heartbeat_ms),     NULL,
     "real milliseconds between two beats of a browser's connection; after three without a word it "
     "is closed (5000)"                                                                                                                                                                        },
    {"--api-base",       API,     "BASE|self", AT(api_base),         NULL,
     "what a RecordingUrl begins with (https://api.twilio.com); self: the address of --listen"                                                                                                 },
    {"--media-delay-ms", DELAY,   "N",         AT(media_delay_ms),   NULL,
     "real milliseconds from a recording's completed callback until its sound can be fetched; 404 "
     "before (250)"                                                                                                                                                                            },
    {"--media-max-s",    LENGTH,  "N",         AT(media_max_s),      NULL,
     "a recording's sound has at most that many seconds, whatever its duration says (120)"                                                                                                     },
    {"--price-delay-ms", DELAY,   "N",         AT(price_delay_ms),   NULL,
     "real milliseconds from the end of a call or recording until its price is known (60000)"                                                                                                  },
    {"--seed",           SEED,    "N",         AT(seed),             NULL,                                          "the same SIDs and tokens on every run"                                    },
    {"--cps",            COUNT,   "N",         AT(calls_per_second), NULL,
     "how many REST calls leave the queue per simulated second (0: all at once)"                                                                                                               },
    {"--trial",          FLAG,    NULL,        AT(trial),            NULL,
     "a trial account: only own and verified numbers are called"                                                                                                                               },
    {"--lenient",        FLAG,    NULL,        AT(lenient),          NULL,
     "ignore REST parameters that Twilio does not publish"                                                                                                                                     },
    {"--quiet",          FLAG,    NULL,        AT(quiet),            NULL,                                          "do not tell the story of the calls"                                       },
};

void sim_settings_default(struct arena *arena, struct sim_settings *out)
{
    *out = (struct sim_settings){
        .listen = "127.0.0.1:9080",
        .signal_listen = "",
        /* samples, made here so that nothing in the tree looks like somebody's */
        .account_sid = arena_printf(arena, "AC%032d", 1),
        .auth_token = arena_printf(arena, "%032d", 2),
        .api_key_sid = arena_printf(arena, "SK%032d", 3),
        .api_key_secret = arena_printf(arena, "%032d", 4),
        .app_sid = arena_printf(arena, "AP%032d", 5),
        .voice_url = "",
        .voice_method = "POST",
        .inbound_url = "",
        .fallback_url = "",
        .status_url = "",
        .status_method = "POST",
        .public_base = "",
        .deliver_to = "",
        .script_file = "",
        .speed = 1,
        .browser_speed = 1,
        .reconnect_ms = 15 * 1000,
        .heartbeat_ms = 5000,
        .api_base = "https://api.twilio.com",
        .media_delay_ms = 250,
        .media_max_s = 120,
        .price_delay_ms = 60 * 1000,
    };
}

/* ---- values ---- */

static bool is_loopback(const char *listen)
{
    static const char *const hosts[] = {"127.0.0.1:", "[::1]:", "localhost:"};
    int64_t port = 0;
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++)
        if (text_starts_with(listen, hosts[i]))
            return text_to_int64(listen + strlen(hosts[i]), 0, 65535, &port);
    return false;
}

static bool read_pace(const char *value, double *out)
{
    char *end = NULL;
    double speed = strtod(value, &end);
    if (end == value || *end != '\0' || !(speed >= 0.01 && speed <= 100000))
        return false;
    *out = speed;
    return true;
}

static bool read_speed(const char *value, double *out)
{
    if (strcmp(value, "max") != 0)
        return read_pace(value, out);
    *out = 0;
    return true;
}

static bool read_count(const char *value, int64_t min, int64_t max, unsigned *out)
{
    int64_t number = 0;
    if (!text_to_int64(value, min, max, &number))
        return false;
    *out = (unsigned)number;
    return true;
}

static bool read_seed(const char *value, uint64_t *out)
{
    int64_t number = 0;
    if (!text_to_int64(value, 0, INT64_MAX, &number))
        return false;
    *out = (uint64_t)number;
    return true;
}

static bool value_fits(const struct option *option, const char *value)
{
    char prefix[3] = "";
    switch (option->kind) {
    case SID:
        memcpy(prefix, option->hint, 2);
        return text_is_sid(value, prefix);
    case SECRET:
        return *value != '\0';
    case NUMBER:
        return text_is_e164(value);
    case URL:
        return *value == '\0' || url_is_valid(value);
    case API:
        return strcmp(value, "self") == 0 || (url_is_valid(value) && strpbrk(value, "?#") == NULL);
    case BASE:
        return *value == '\0' || (url_is_valid(value) && strpbrk(value, "?#") == NULL);
    case METHOD:
        return strcmp(value, "GET") == 0 || strcmp(value, "POST") == 0;
    case LISTEN:
        return is_loopback(value);
    case SIGNAL:
        return strcmp(value, "none") == 0 || is_loopback(value);
    case FLAG:
    case TEXT:
    case SPEED:
    case COUNT:
    case SEED:
    case PACE:
    case REAL_MS:
    case DELAY:
    case LENGTH:
        return true;
    }
    return false;
}

static bool add_number(struct sim_settings *settings, const char **list, const char *value)
{
    unsigned *count =
        list == settings->numbers ? &settings->number_count : &settings->verified_count;
    if (*count == SIM_NUMBERS_MAX)
        return false;
    list[(*count)++] = value;
    return true;
}

static bool take(struct sim_settings *settings,
                 const struct option *option,
                 const char *value,
                 struct arena *arena)
{
    void *place = (char *)settings + option->offset;
    if (!value_fits(option, value))
        return false;
    switch (option->kind) {
    case FLAG:
        *(bool *)place = true;
        return true;
    case SPEED:
        return read_speed(value, place);
    case PACE:
        return read_pace(value, place);
    case COUNT:
        return read_count(value, 0, INT32_MAX, place);
    case REAL_MS:
        return read_count(value, REAL_MIN_MS, REAL_MAX_MS, place);
    case DELAY:
        return read_count(value, 0, INT32_MAX, place);
    case LENGTH:
        return read_count(value, 1, 86400, place);
    case SEED:
        return read_seed(value, place);
    case NUMBER:
        return add_number(settings, place, arena_strdup(arena, value));
    case API:
    case BASE: {
        size_t len = strlen(value);
        *(const char **)place =
            arena_copy(arena, value, len > 0 && value[len - 1] == '/' ? len - 1 : len);
        return true;
    }
    case TEXT:
    case SID:
    case SECRET:
    case URL:
    case METHOD:
    case LISTEN:
    case SIGNAL:
        *(const char **)place = arena_strdup(arena, value);
        return true;
    }
    return false;
}

/* ---- sources ---- */

static const struct option *find(const char *name, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(options); i++)
        if (strlen(options[i].name) == len && strncmp(options[i].name, name, len) == 0)
            return &options[i];
    return NULL;
}

/* The first of the names that is set and not empty. */
static const char *
look_up(const char *(*environment)(const char *), const char *names, struct arena *arena)
{
    for (const char *at = names; *at;) {
        size_t len = strcspn(at, " ");
        const char *value = environment(arena_copy(arena, at, len));
        if (!text_is_empty(value))
            return value;
        at += len + (at[len] == ' ');
    }
    return NULL;
}

static int read_environment(const char *(*environment)(const char *),
                            struct arena *arena,
                            struct sim_settings *settings,
                            struct error *err)
{
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        const struct option *option = &options[i];
        const char *value =
            option->environment ? look_up(environment, option->environment, arena) : NULL;
        if (value && !take(settings, option, value, arena))
            return error_field(err, option->environment, "the environment's %s is not %s",
                               option->environment, option->hint);
    }
    return 0;
}

static int read_arguments(int argc,
                          const char *const *argv,
                          struct arena *arena,
                          struct sim_settings *settings,
                          struct error *err)
{
    bool own_numbers = false;
    for (int i = 1; i < argc; i++) {
        size_t len = strcspn(argv[i], "=");
        const struct option *option = find(argv[i], len);
        if (option == NULL)
            return error_field(err, argv[i], "there is no option %s; try --help", argv[i]);
        const char *value = argv[i][len] == '=' ? argv[i] + len + 1 : NULL;
        if (option->kind != FLAG && value == NULL && ++i < argc)
            value = argv[i];
        if (option->kind == FLAG ? value != NULL : value == NULL)
            return error_field(err, option->name,
                               option->kind == FLAG ? "%s takes no value" : "%s needs a value",
                               option->name);
        if (option->offset == AT(numbers) && !own_numbers) {
            own_numbers = true; /* those of the command line replace the environment's */
            settings->number_count = 0;
        }
        if (!take(settings, option, value ? value : "", arena))
            return error_field(err, option->name, "%s: '%s' is not %s", option->name, value,
                               option->hint);
    }
    return 0;
}

/* The port after the one of REST; where that is whichever is free, so is this. */
static const char *signal_beside(const char *listen, struct arena *arena)
{
    const char *colon = strrchr(listen, ':');
    int64_t port = 0;
    bool known = text_to_int64(colon + 1, 1, 65534, &port);
    return arena_printf(arena, "%.*s:%lld", (int)(colon - listen), listen,
                        known ? (long long)port + 1 : 0);
}

static void complete(struct sim_settings *settings, struct arena *arena)
{
    if (*settings->signal_listen == '\0')
        settings->signal_listen = signal_beside(settings->listen, arena);
    if (settings->number_count == 0)
        settings->numbers[settings->number_count++] = "+15005550006";
    /* A public base in plain http can only be this machine's: the server listens there itself. */
    if (*settings->public_base && *settings->deliver_to == '\0')
        settings->deliver_to = text_starts_with(settings->public_base, "http://")
                                   ? settings->public_base
                                   : "http://127.0.0.1:8080";
    if (*settings->voice_url == '\0')
        settings->voice_url =
            arena_printf(arena, "%s/twiml",
                         *settings->public_base ? settings->public_base : "http://127.0.0.1:8080");
}

int sim_settings_parse(int argc,
                       const char *const *argv,
                       const char *(*environment)(const char *name),
                       struct arena *arena,
                       struct sim_settings *out,
                       bool *help,
                       struct error *err)
{
    struct sim_settings settings;
    sim_settings_default(arena, &settings);
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0) {
            *help = true;
            return 0;
        }
    if (read_environment(environment, arena, &settings, err) < 0 ||
        read_arguments(argc, argv, arena, &settings, err) < 0)
        return -1;
    complete(&settings, arena);
    *help = false;
    *out = settings;
    return 0;
}

/* ---- help ---- */

static const char introduction[] =
    "usage: switchhook-sim [OPTION...]\n"
    "\n"
    "Plays Twilio on this machine: the REST API on one side, signed webhooks and TwiML on the "
    "other.\n"
    "Nobody is called and nothing is paid. Point a server at it with\n"
    "\n"
    "    TWILIO_API_BASE_URL=http://127.0.0.1:9080\n"
    "\n"
    "and give both the same TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and so on. Then let somebody "
    "call:\n"
    "\n"
    "    curl -d '{\"from\": \"+14155550100\"}' http://127.0.0.1:9080/sim/inbound\n"
    "    curl -d '{\"identity\": \"alice\", \"to\": \"+14155550199\"}' "
    "http://127.0.0.1:9080/sim/browser\n"
    "    curl http://127.0.0.1:9080/sim/calls\n"
    "\n"
    "docs/simulator.md has the rest: scripts for the people who are called, faults, waiting.\n"
    "\n"
    "Options (in brackets: the default; names in capitals: the environment variable that says the "
    "same):\n";

const char *sim_settings_help(struct arena *arena)
{
    auto_buf struct buf text;
    buf_init(&text, KiB(16));
    (void)buf_puts(&text, introduction);
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        const struct option *option = &options[i];
        (void)buf_printf(&text, "  %s%s%s\n        %s\n", option->name, option->hint ? " " : "",
                         option->hint ? option->hint : "", option->help);
        if (option->environment)
            (void)buf_printf(&text, "        %s\n", option->environment);
    }
    return arena_copy(arena, text.data, text.len);
}
