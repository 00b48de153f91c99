/* Values that are one piece of text. Members are `const char *`, or struct secret. */
#include <string.h>

#include "core/limits.h"
#include "core/text.h"
#include "identity.h"
#include "mask.h"
#include "options.h"
#include "plain.h"

enum {
    SECRET_BYTES_MAX = 512,
    PATH_BYTES_MAX = 4000,
    NAME_BYTES_MAX = 64,
    KEY_HEX_CHARS = 64,
    KEY_BASE64_CHARS = 44,
};

static void print_text(const struct option *option, const void *member, struct buf *out)
{
    (void)option;
    const char *text = *(const char *const *)member;
    if (text != NULL)
        buf_puts(out, text);
}

/* ---- text for callers' ears ---- */

static int parse_text(const struct option *option,
                      const char *text,
                      struct arena *arena,
                      void *member,
                      struct error *err)
{
    const size_t len = strlen(text);
    if (len > (size_t)option->max)
        return error_set(err, ERROR_INVALID, "it is %zu bytes long", len);
    if (!text_is_xml(text, len))
        return error_set(err, ERROR_INVALID, "it holds bytes that XML cannot carry");
    *(const char **)member = arena_copy(arena, text, len);
    return 0;
}

static void expect_text(const struct option *option, struct buf *out)
{
    buf_printf(out, "text of at most %lld bytes (UTF-8)", (long long)option->max);
}

const struct option_type option_type_text = {
    .name = "text",
    .bytes = sizeof(const char *),
    .parse = parse_text,
    .print = print_text,
    .expect = expect_text,
};

/* ---- secrets ---- */

static bool is_visible_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text <= ' ' || *text > '~')
            return false;
    return true;
}

static int parse_secret(const struct option *option,
                        const char *text,
                        struct arena *arena,
                        void *member,
                        struct error *err)
{
    (void)option;
    const char *confusion = confused_sid(text);
    if (confusion != NULL)
        return error_set(err, ERROR_INVALID, "this is %s, not a secret", confusion);
    if (is_placeholder(text))
        return error_set(err, ERROR_INVALID, "this is the placeholder of an example");
    if (strlen(text) > SECRET_BYTES_MAX)
        return error_set(err, ERROR_INVALID, "it is longer than %d characters", SECRET_BYTES_MAX);
    if (!is_visible_ascii(text))
        return error_set(err, ERROR_INVALID,
                         "it holds a space, a line break or another odd character");
    ((struct secret *)member)->hidden = arena_strdup(arena, text);
    return 0;
}

static void print_secret(const struct option *option, const void *member, struct buf *out)
{
    (void)option;
    buf_puts(out, secret_shown(member));
}

static void expect_secret(const struct option *option, struct buf *out)
{
    buf_puts(out, text_starts_with(option->name, "TWILIO_")
                      ? "32 letters and digits, as Twilio shows it"
                      : "a secret of visible ASCII characters");
}

const struct option_type option_type_secret = {
    .name = "secret",
    .bytes = sizeof(struct secret),
    .is_secret = true,
    .parse = parse_secret,
    .print = print_secret,
    .expect = expect_secret,
};

static int parse_long_secret(const struct option *option,
                             const char *text,
                             struct arena *arena,
                             void *member,
                             struct error *err)
{
    if (strlen(text) > (size_t)option->max)
        return error_set(err, ERROR_INVALID, "it is longer than %d characters", (int)option->max);
    if (!is_visible_ascii(text))
        return error_set(err, ERROR_INVALID,
                         "it holds a space, a line break or another odd character");
    ((struct secret *)member)->hidden = arena_strdup(arena, text);
    return 0;
}

static void expect_long_secret(const struct option *option, struct buf *out)
{
    buf_printf(out, "a secret of at most %lld visible ASCII characters", (long long)option->max);
}

const struct option_type option_type_long_secret = {
    .name = "secret",
    .bytes = sizeof(struct secret),
    .is_secret = true,
    .parse = parse_long_secret,
    .print = print_secret,
    .expect = expect_long_secret,
};

/* ---- keys ---- */

/* Whoever uses them reads them; here a file with something else in it is told from one with keys. */
static bool looks_like_key(const char *text, size_t len)
{
    static const char base64[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    static const char hex[] = "0123456789abcdefABCDEF";
    return (len == KEY_HEX_CHARS && strspn(text, hex) >= len) ||
           (len == KEY_BASE64_CHARS && strspn(text, base64) >= len);
}

static int parse_secrets(const struct option *option,
                         const char *text,
                         struct arena *arena,
                         void *member,
                         struct error *err)
{
    static const char between[] = ", \t\r\n";
    size_t count = 0;
    (void)option;
    for (const char *at = text + strspn(text, between); *at != '\0'; at += strspn(at, between)) {
        const size_t len = strcspn(at, between);
        count++;
        if (!looks_like_key(at, len))
            return error_set(err, ERROR_INVALID, "key %zu has another form", count);
        at += len;
    }
    if (count == 0)
        return error_set(err, ERROR_INVALID, "there is none in it");
    ((struct secret *)member)->hidden = arena_strdup(arena, text);
    return 0;
}

static void expect_secrets(const struct option *option, struct buf *out)
{
    (void)option;
    buf_puts(out,
             "keys of 32 bytes, each as 64 hexadecimal digits or in base64, with commas or white "
             "space between");
}

const struct option_type option_type_secrets = {
    .name = "keys",
    .bytes = sizeof(struct secret),
    .is_secret = true,
    .parse = parse_secrets,
    .print = print_secret,
    .expect = expect_secrets,
};

/* ---- Twilio's SIDs ---- */

static int parse_sid(const struct option *option,
                     const char *text,
                     struct arena *arena,
                     void *member,
                     struct error *err)
{
    if (text_is_sid(text, option->prefix)) {
        *(const char **)member = arena_strdup(arena, text);
        return 0;
    }
    if (is_placeholder(text))
        return error_set(err, ERROR_INVALID, "this is the placeholder of an example");
    const char *confusion = confused_sid(text);
    if (confusion != NULL)
        return error_set(err, ERROR_INVALID, "this is %s", confusion);
    if (text_starts_with(text, option->prefix))
        return error_set(err, ERROR_INVALID, "it has %zu characters or an odd one", strlen(text));
    if (looks_like_token(text))
        return error_set(err, ERROR_INVALID, "this looks like an auth token or a key's secret");
    return error_set(err, ERROR_INVALID, "it does not begin with %s", option->prefix);
}

static void expect_sid(const struct option *option, struct buf *out)
{
    buf_printf(out, "%s and 32 hexadecimal digits", option->prefix);
}

const struct option_type option_type_sid = {
    .name = "SID",
    .bytes = sizeof(const char *),
    .parse = parse_sid,
    .print = print_text,
    .expect = expect_sid,
};

/* ---- phone numbers ---- */

static int parse_e164(const struct option *option,
                      const char *text,
                      struct arena *arena,
                      void *member,
                      struct error *err)
{
    (void)option;
    if (is_placeholder(text))
        return error_set(err, ERROR_INVALID, "this is the placeholder of an example");
    if (!text_is_e164(text))
        return error_set(err, ERROR_INVALID, "it is not a number in E.164 form");
    *(const char **)member = arena_strdup(arena, text);
    return 0;
}

static void expect_e164(const struct option *option, struct buf *out)
{
    (void)option;
    buf_puts(out,
             "a number in E.164 form: +, country code, number, digits only, e.g. +15005550006");
}

const struct option_type option_type_e164 = {
    .name = "phone number",
    .bytes = sizeof(const char *),
    .parse = parse_e164,
    .print = print_text,
    .expect = expect_e164,
};

/* ---- names of Twilio's voices, languages, regions, edges ---- */

static int parse_name(const struct option *option,
                      const char *text,
                      struct arena *arena,
                      void *member,
                      struct error *err)
{
    (void)option;
    const size_t len = strlen(text);
    if (strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") != len)
        return error_set(err, ERROR_INVALID, "it holds other characters");
    if (len > NAME_BYTES_MAX)
        return error_set(err, ERROR_INVALID, "it is longer than %d characters", NAME_BYTES_MAX);
    *(const char **)member = arena_strdup(arena, text);
    return 0;
}

static void expect_name(const struct option *option, struct buf *out)
{
    (void)option;
    buf_puts(out, "one word of letters, digits, dots, dashes and underscores");
}

const struct option_type option_type_name = {
    .name = "name",
    .bytes = sizeof(const char *),
    .parse = parse_name,
    .print = print_text,
    .expect = expect_name,
};

/* ---- names of other people's things: claims, issuers ---- */

int plain_check(const char *text, int64_t bytes_max, struct error *err)
{
    if (!is_visible_ascii(text) || strchr(text, ',') != NULL)
        return error_set(err, ERROR_INVALID, "it holds a comma or another odd character");
    if (strlen(text) > (size_t)bytes_max)
        return error_set(err, ERROR_INVALID, "it is longer than %d characters", (int)bytes_max);
    return 0;
}

static int parse_plain(const struct option *option,
                       const char *text,
                       struct arena *arena,
                       void *member,
                       struct error *err)
{
    if (plain_check(text, option->max, err) < 0)
        return -1;
    *(const char **)member = arena_strdup(arena, text);
    return 0;
}

static void expect_plain(const struct option *option, struct buf *out)
{
    buf_printf(out, "visible ASCII characters without spaces and commas, at most %lld",
               (long long)option->max);
}

const struct option_type option_type_plain = {
    .name = "word",
    .bytes = sizeof(const char *),
    .parse = parse_plain,
    .print = print_text,
    .expect = expect_plain,
};

/* ---- identities ---- */

static int parse_identity(const struct option *option,
                          const char *text,
                          struct arena *arena,
                          void *member,
                          struct error *err)
{
    (void)option;
    if (identity_check(text, err) < 0)
        return -1;
    *(const char **)member = arena_strdup(arena, text);
    return 0;
}

static void expect_identity(const struct option *option, struct buf *out)
{
    (void)option;
    buf_printf(out, "a client's identity, at most %d bytes without spaces", LIMIT_IDENTITY_BYTES);
}

const struct option_type option_type_identity = {
    .name = "identity",
    .bytes = sizeof(const char *),
    .parse = parse_identity,
    .print = print_text,
    .expect = expect_identity,
};

/* ---- paths ---- */

static int parse_path(const struct option *option,
                      const char *text,
                      struct arena *arena,
                      void *member,
                      struct error *err)
{
    (void)option;
    if (text_starts_with(text, "~"))
        return error_set(err, ERROR_INVALID, "~ is not expanded here");
    if (strlen(text) > PATH_BYTES_MAX)
        return error_set(err, ERROR_INVALID, "it is longer than %d bytes", PATH_BYTES_MAX);
    *(const char **)member = arena_strdup(arena, text);
    return 0;
}

static void expect_path(const struct option *option, struct buf *out)
{
    (void)option;
    buf_puts(out, "the path of a file");
}

const struct option_type option_type_path = {
    .name = "path",
    .bytes = sizeof(const char *),
    .parse = parse_path,
    .print = print_text,
    .expect = expect_path,
};
