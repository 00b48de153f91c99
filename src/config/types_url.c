/* URLs, origins, and the connection overrides that we hang onto URLs. */
#include <string.h>

#include "core/macros.h"
#include "core/text.h"
#include "list.h"
#include "mask.h"
#include "options.h"
#include "url.h"

static void print_url(const struct option *option, const void *member, struct buf *out)
{
    (void)option;
    const struct config_url *url = member;
    if (url->text != NULL)
        buf_puts(out, url->text);
}

/* ---- a base, to which paths are appended ---- */

static int parse_base_url(const struct option *option,
                          const char *text,
                          struct arena *arena,
                          void *member,
                          struct error *err)
{
    (void)option;
    struct config_url url;
    if (url_parse(text, arena, &url, err) < 0)
        return -1;
    if (strchr(url.path, '?') != NULL)
        return error_set(err, ERROR_INVALID, "it has a query, and paths are appended to it");
    size_t len = strlen(text);
    while (text[len - 1] == '/')
        len--;
    return url_parse(arena_copy(arena, text, len), arena, member, err);
}

static void expect_base_url(const struct option *option, struct buf *out)
{
    (void)option;
    buf_puts(out, "an URL without query, e.g. https://phone.example.com");
}

const struct option_type option_type_base_url = {
    .name = "base URL",
    .bytes = sizeof(struct config_url),
    .parse = parse_base_url,
    .print = print_url,
    .expect = expect_base_url,
};

/* ---- one whole URL ---- */

static int parse_hook_url(const struct option *option,
                          const char *text,
                          struct arena *arena,
                          void *member,
                          struct error *err)
{
    (void)option;
    struct config_url url;
    if (url_parse(text, arena, &url, err) < 0)
        return -1;
    if (!text_starts_with(url.path, "/"))
        return error_set(err, ERROR_INVALID, "it has no path");
    *(struct config_url *)member = url;
    return 0;
}

static void expect_hook_url(const struct option *option, struct buf *out)
{
    (void)option;
    buf_puts(out, "an URL with the path of a webhook, e.g. https://phone.example.com/twiml");
}

const struct option_type option_type_hook_url = {
    .name = "URL",
    .bytes = sizeof(struct config_url),
    .parse = parse_hook_url,
    .print = print_url,
    .expect = expect_hook_url,
};

/* ---- what we ask ourselves ---- */

static int parse_service_url(const struct option *option,
                             const char *text,
                             struct arena *arena,
                             void *member,
                             struct error *err)
{
    (void)option;
    struct config_url url;
    if (url_parse(text, arena, &url, err) < 0)
        return -1;
    if (!url.https && !url.loopback)
        return error_set(
            err, ERROR_INVALID,
            "it is plain http to another machine, where anybody on the way could answer");
    *(struct config_url *)member = url;
    return 0;
}

static void expect_service_url(const struct option *option, struct buf *out)
{
    (void)option;
    buf_puts(out, "an https URL, or an http one of this machine, e.g. http://127.0.0.1:3000/auth");
}

const struct option_type option_type_service_url = {
    .name = "URL",
    .bytes = sizeof(struct config_url),
    .parse = parse_service_url,
    .print = print_url,
    .expect = expect_service_url,
};

/* ---- origins of browsers, RFC 6454 ---- */

/* As browsers write it: in lower case, without the scheme's own port. Source: WHATWG HTML, "serialization of an origin" */
static const char *origin_as_sent(const struct config_url *url, struct arena *arena)
{
    enum { PORT_HTTPS = 443, PORT_HTTP = 80 };
    bool v6 = strchr(url->host, ':') != NULL;
    bool usual = url->port == (url->https ? PORT_HTTPS : PORT_HTTP);
    const char *port = usual ? "" : arena_printf(arena, ":%u", (unsigned)url->port);
    return arena_printf(arena, "%s://%s%s%s%s", url->https ? "https" : "http", v6 ? "[" : "",
                        url->host, v6 ? "]" : "", port);
}

static int check_origin(const char **item, struct arena *arena, struct error *err)
{
    struct config_url url;
    if (text_equal(*item, "*"))
        return error_set(err, ERROR_INVALID, "* is not taken, because requests carry credentials");
    if (url_parse(*item, arena, &url, err) < 0)
        return -1;
    if (url.path[0] != '\0')
        return error_set(err, ERROR_INVALID, "an origin has no path and no slash at its end");
    *item = origin_as_sent(&url, arena);
    return 0;
}

static int parse_origins(const struct option *option,
                         const char *text,
                         struct arena *arena,
                         void *member,
                         struct error *err)
{
    (void)option;
    return list_parse(text, check_origin, arena, member, err);
}

static void print_origins(const struct option *option, const void *member, struct buf *out)
{
    (void)option;
    list_print(member, out);
}

static void expect_origins(const struct option *option, struct buf *out)
{
    (void)option;
    buf_puts(out,
             "origins with commas between, e.g. https://app.example.com,http://localhost:3000");
}

const struct option_type option_type_origins = {
    .name = "origins",
    .bytes = sizeof(struct text_list),
    .parse = parse_origins,
    .print = print_origins,
    .expect = expect_origins,
};

/* ---- connection overrides: rc=3&rp=all ---- */

/*
 * Source: Twilio, "Webhooks: connection overrides". ct, rt and tt are milliseconds for connecting,
 * reading and the whole, rc is the number of retries, rp the list of what is retried.
 */
static const struct {
    const char *key;
    int64_t min;
    int64_t max;
} override_numbers[] = {
    {"ct", 100, 10000},
    {"rt", 100, 15000},
    {"tt", 100, 15000},
    {"rc", 0,   5    },
};

static const char *const override_policies[] = {"ct", "rt", "4xx", "5xx", "all"};

static int check_policy(const char **item, struct arena *arena, struct error *err)
{
    (void)arena;
    for (size_t i = 0; i < ARRAY_LEN(override_policies); i++)
        if (text_equal(*item, override_policies[i]))
            return 0;
    return error_set(err, ERROR_INVALID, "it is none of ct, rt, 4xx, 5xx and all");
}

static int check_policies(const char *value, struct arena *arena, struct error *err)
{
    struct text_list policies;
    struct error why = {0};
    if (strchr(value, ' ') == NULL && list_parse(value, check_policy, arena, &policies, &why) == 0)
        return 0;
    return error_set(err, ERROR_INVALID, "rp is not a list of ct, rt, 4xx, 5xx and all");
}

static int
check_override(const char *key, const char *value, struct arena *arena, struct error *err)
{
    for (size_t i = 0; i < ARRAY_LEN(override_numbers); i++) {
        const int64_t min = override_numbers[i].min;
        const int64_t max = override_numbers[i].max;
        int64_t number;
        if (!text_equal(key, override_numbers[i].key))
            continue;
        if (!text_to_int64(value, min, max, &number))
            return error_set(err, ERROR_INVALID, "%s is not within %d and %d", key, (int)min,
                             (int)max);
        return 0;
    }
    if (text_equal(key, "rp"))
        return check_policies(value, arena, err);
    return error_set(err, ERROR_INVALID, "it has a key other than ct, rt, tt, rc and rp");
}

static int check_overrides(const char *text, struct arena *arena, struct error *err)
{
    enum { OVERRIDES_MAX = 8 };
    struct text_pair seen[OVERRIDES_MAX];
    struct pair_list list = {.items = seen};
    while (*text != '\0') {
        const size_t len = strcspn(text, "&");
        char *item = arena_copy(arena, text, len);
        char *equals = strchr(item, '=');
        if (equals == NULL || list.count == OVERRIDES_MAX)
            return error_set(err, ERROR_INVALID, "it is not written as key=value&key=value");
        *equals = '\0';
        if (check_override(item, equals + 1, arena, err) < 0)
            return -1;
        if (pair_list_get(&list, item) != NULL)
            return error_set(err, ERROR_INVALID, "%s is in it twice", item);
        seen[list.count++] = (struct text_pair){item, equals + 1};
        text += len + (text[len] == '&');
    }
    return 0;
}

static int parse_overrides(const struct option *option,
                           const char *text,
                           struct arena *arena,
                           void *member,
                           struct error *err)
{
    (void)option;
    const char *overrides = text_equal(text, "none") ? "" : text + (text[0] == '#');
    if (check_overrides(overrides, arena, err) < 0)
        return -1;
    *(const char **)member = arena_strdup(arena, overrides);
    return 0;
}

static void print_overrides(const struct option *option, const void *member, struct buf *out)
{
    (void)option;
    const char *text = *(const char *const *)member;
    if (text != NULL)
        buf_puts(out, text[0] == '\0' ? "none" : text);
}

static void expect_overrides(const struct option *option, struct buf *out)
{
    (void)option;
    buf_puts(out,
             "none, or e.g. rc=3&rp=all: ct, rt, tt (ms), rc (0 to 5), rp (ct, rt, 4xx, 5xx, all)");
}

const struct option_type option_type_overrides = {
    .name = "overrides",
    .bytes = sizeof(const char *),
    .parse = parse_overrides,
    .print = print_overrides,
    .expect = expect_overrides,
};
