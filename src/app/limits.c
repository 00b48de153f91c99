#include "app/limits.h"

#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "app/caller.h"
#include "app/client_address.h"
#include "app/rate_table.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "core/xmalloc.h"

enum { SETS = 2048, RATES_MAX = 3 }; /* 16 384 places, 256 KiB for each rate */

enum rate {
#define X(member, what) RATE_##member,
    CONFIG_RATES(X)
#undef X
        RATE_COUNT
};

static const struct {
    const char *name; /* in the header and in metrics */
    const char *labels;
    const char *what;
    size_t offset;
} kinds[] = {
#define X(member, what)                                                                            \
    [RATE_##member] = {#member, "rate=\"" #member "\"", (what),                                    \
                       offsetof(struct config_rates, member)},
    CONFIG_RATES(X)
#undef X
};

struct limits {
    struct rate_table *tables[RATE_COUNT];
    struct metric *refused[RATE_COUNT];
};

/* What one request was held against; the first one that refused is the last. */
struct rates {
    struct {
        enum rate kind;
        struct config_rate rate;
        struct rate_level level;
    } items[RATES_MAX];
    size_t count;
};

struct limits *limits_create(struct metrics *metrics)
{
    struct limits *limits = xcalloc(1, sizeof *limits);
    for (size_t i = 0; i < RATE_COUNT; i++) {
        limits->tables[i] = rate_table_create(SETS);
        limits->refused[i] = metrics_counter(metrics, "switchhook_rate_refused_total",
                                             kinds[i].labels, "Requests answered with 429 here.");
    }
    return limits;
}

void limits_free(struct limits *limits)
{
    if (limits == NULL)
        return;
    for (size_t i = 0; i < RATE_COUNT; i++)
        rate_table_free(limits->tables[i]);
    free(limits);
}

/* ---- taking -------------------------------------------------------------------------------------------------- */

static void remember(struct request *request,
                     enum rate kind,
                     const struct config_rate *rate,
                     const struct rate_level *level)
{
    if (request->rates == NULL)
        request->rates = arena_alloc(request->arena, sizeof *request->rates);
    struct rates *rates = request->rates;
    if (rates->count == RATES_MAX)
        return;
    rates->items[rates->count].kind = kind;
    rates->items[rates->count].rate = *rate;
    rates->items[rates->count++].level = *level;
}

static const struct config_rate *rate_of(const struct app *app, enum rate kind)
{
    const struct config *config = app->config;
    return (const struct config_rate *)(const void *)((const char *)&config->rates +
                                                      kinds[kind].offset);
}

static int take(struct app *app,
                struct request *request,
                enum rate kind,
                const char *who,
                const char *what,
                struct error *err)
{
    const struct config_rate *rate = rate_of(app, kind);
    struct rate_table *table = app->limits->tables[kind];
    struct rate_level level;
    if (rate->per_minute == 0)
        return 0;
    bool taken =
        rate_table_take(table, rate_table_key(table, who, what), rate, monotonic_us(), &level);
    remember(request, kind, rate, &level);
    if (taken)
        return 0;
    metric_add(app->limits->refused[kind], 1);
    return error_set(err, ERROR_RATE_LIMITED, "too many %s; try again in %lld s", kinds[kind].what,
                     (long long)level.retry_s);
}

/* Strangers are told apart by address; who has none (a UNIX socket) is not limited. */
static int
take_of_address(struct app *app, struct request *request, enum rate kind, struct error *err)
{
    char group[CLIENT_GROUP_BYTES];
    client_group(request->client, group);
    if (text_is_empty(group) || client_is_hidden(app->config, request))
        return 0;
    return take(app, request, kind, group, NULL, err);
}

int limits_admit(struct app *app, struct request *request, struct error *err)
{
    const struct caller *caller = request->caller;
    if (strcmp(request->route->guard->name, "twilio") == 0)
        return 0;
    if (caller == NULL)
        return take_of_address(app, request, RATE_address, err);
    switch (caller->kind) {
    case CALLER_KEY:
        return take(app, request, RATE_key, caller->owner, NULL, err);
    case CALLER_JWT:
    case CALLER_FORWARD:
        return take(app, request, RATE_user, caller->owner, NULL, err);
    case CALLER_LINK: /* each link by itself: a player asks often */
        return take(app, request, RATE_user, caller->owner, caller->name, err);
    case CALLER_NOBODY: /* this machine alone */
    case CALLER_TWILIO:
        break;
    }
    return 0;
}

int limits_take_token(struct app *app,
                      struct request *request,
                      const char *identity,
                      struct error *err)
{
    if (request->caller->kind == CALLER_NOBODY)
        return 0;
    return take(app, request, RATE_token, request->caller->owner, identity, err);
}

int limits_take_call(struct app *app, struct request *request, struct error *err)
{
    if (request->caller->kind == CALLER_NOBODY)
        return 0;
    return take(app, request, RATE_calls, request->caller->owner, NULL, err);
}

int limits_take_guess(struct app *app, struct request *request, struct error *err)
{
    return take_of_address(app, request, RATE_failures, err);
}

static bool was_taken(const struct request *request, enum rate kind)
{
    const struct rates *rates = request->rates;
    for (size_t i = 0; rates != NULL && i < rates->count; i++)
        if (rates->items[i].kind == kind)
            return true;
    return false;
}

/* Who is let in is not told how often he might have been wrong. */
void limits_give_guess_back(struct app *app, struct request *request)
{
    char group[CLIENT_GROUP_BYTES];
    struct rate_table *table = app->limits->tables[RATE_failures];
    if (!was_taken(request, RATE_failures))
        return;
    client_group(request->client, group);
    rate_table_give(table, rate_table_key(table, group, NULL), rate_of(app, RATE_failures),
                    monotonic_us());
    request->rates = NULL;
}

void limits_take_failure(struct app *app, struct request *request, struct error *err)
{
    struct error limited = {0};
    if (was_taken(request, RATE_failures))
        return;
    if (take_of_address(app, request, RATE_failures, &limited) < 0)
        *err = limited;
}

void limits_take_stranger(struct app *app, struct request *request, struct error *err)
{
    struct error limited = {0};
    if (take_of_address(app, request, RATE_address, &limited) < 0)
        *err = limited;
}

/* ---- telling ------------------------------------------------------------------------------------------------- */

/* RateLimit-Policy: "key";q=600;w=6   RateLimit: "key";r=599;t=1   (structured fields, RFC 9651) */
void limits_add_headers(const struct request *request, struct response *response)
{
    const struct rates *rates = request->rates;
    if (rates == NULL)
        return;
    const char *policy = "";
    const char *left = "";
    int64_t retry_s = 0;
    for (size_t i = 0; i < rates->count; i++) {
        const char *name = kinds[rates->items[i].kind].name;
        const struct config_rate *rate = &rates->items[i].rate;
        const struct rate_level *level = &rates->items[i].level;
        const char *comma = i > 0 ? ", " : "";
        policy = arena_printf(request->arena, "%s%s\"%s\";q=%u;w=%lld", policy, comma, name,
                              rate->burst, (long long)rate_window_s(rate));
        left = arena_printf(request->arena, "%s%s\"%s\";r=%lld;t=%lld", left, comma, name,
                            (long long)level->remaining, (long long)level->reset_s);
        if (level->retry_s > retry_s)
            retry_s = level->retry_s;
    }
    response_header(response, "RateLimit-Policy", policy);
    response_header(response, "RateLimit", left);
    if (retry_s > 0 && response->status == 429 && !response_has_header(response, "Retry-After"))
        response_header(response, "Retry-After",
                        arena_printf(request->arena, "%lld", (long long)retry_s));
}
