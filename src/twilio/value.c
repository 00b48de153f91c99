/*
 * What a value may be: one check for each kind. All take any bytes: only the kinds that hold free
 * text look at more than ASCII, and they refuse what XML cannot carry.
 */
#include "value.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "core/macros.h"
#include "core/text.h"
#include "twilio/identity.h"

enum { WORD_BYTES = 128, URL_BYTES = 4000, HOST_BYTES = 253 };

typedef bool value_is_fn(const struct value_type *type, const char *value);
typedef bool byte_is_fn(unsigned char byte);

static bool is_alphanumeric(unsigned char byte)
{
    unsigned char lower = byte | 0x20U;
    return (lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9');
}

static bool is_scheme_byte(unsigned char byte)
{
    return is_alphanumeric(byte) || byte == '+' || byte == '.' || byte == '-';
}

static bool is_word_byte(unsigned char byte)
{
    return is_alphanumeric(byte) || byte == '_' || byte == '.' || byte == ':' || byte == '-';
}

/* With a port and an IPv6 address in brackets. Twilio takes no underscore. */
static bool is_host_byte(unsigned char byte)
{
    return is_alphanumeric(byte) || byte == '.' || byte == ':' || byte == '-' || byte == '[' ||
           byte == ']';
}

/* Printable ASCII without what has no place in a URL (RFC 3986). */
static bool is_url_byte(unsigned char byte)
{
    switch (byte) {
    case '"':
    case '<':
    case '>':
    case '\\':
    case '^':
    case '`':
    case '{':
    case '|':
    case '}':
        return false;
    default:
        return byte > ' ' && byte <= '~';
    }
}

/* How many bytes at the start are of that sort. */
static size_t span(const char *text, byte_is_fn *is)
{
    size_t len = 0;
    while (text[len] != '\0' && is((unsigned char)text[len]))
        len++;
    return len;
}

static bool is_made_of(const char *value, byte_is_fn *is, size_t most)
{
    size_t len = span(value, is);
    return len > 0 && len <= most && value[len] == '\0';
}

/* Characters of UTF-8: all bytes but the ones that continue. */
static size_t character_count(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xC0U) != 0x80U;
    return count;
}

static bool is_nothing(const struct value_type *type, const char *value)
{
    (void)type;
    return *value == '\0';
}

static bool is_text(const struct value_type *type, const char *value)
{
    size_t len = strlen(value);
    if (type->max > 0 && len > (size_t)type->max && character_count(value) > (size_t)type->max)
        return false;
    return text_is_xml(value, len);
}

static bool is_line(const struct value_type *type, const char *value)
{
    return strpbrk(value, "\t\r\n") == NULL && is_text(type, value);
}

static bool is_name(const struct value_type *type, const char *value)
{
    return value[strspn(value, " ")] != '\0' && is_line(type, value);
}

/* `word` of `len` bytes is one of the words of a list with single spaces. */
static bool is_listed(const char *words, const char *word, size_t len)
{
    while (len > 0 && *words != '\0') {
        size_t next = strcspn(words, " ");
        if (next == len && memcmp(words, word, len) == 0)
            return true;
        words += next;
        words += *words == ' ';
    }
    return false;
}

static bool is_one_of(const struct value_type *type, const char *value)
{
    return strchr(value, ' ') == NULL && is_listed(type->words, value, strlen(value));
}

static bool is_bool(const struct value_type *type, const char *value)
{
    (void)type;
    return strcmp(value, "true") == 0 || strcmp(value, "false") == 0;
}

static bool is_int(const struct value_type *type, const char *value)
{
    int64_t number = 0;
    return text_to_int64(value, type->min, type->max, &number);
}

static bool is_int_or_auto(const struct value_type *type, const char *value)
{
    return strcmp(value, "auto") == 0 || is_int(type, value);
}

static bool is_some_of(const struct value_type *type, const char *value)
{
    if (*value == '\0')
        return true;
    for (;;) {
        size_t len = strcspn(value, " ");
        if (!is_listed(type->words, value, len))
            return false;
        value += len;
        if (*value == '\0')
            return true;
        value++;
    }
}

static bool is_keys(const struct value_type *type, const char *value)
{
    size_t len = strspn(value, type->words);
    return value[len] == '\0' && (type->max == 0 || len <= (size_t)type->max);
}

static bool is_word(const struct value_type *type, const char *value)
{
    (void)type;
    return is_made_of(value, is_word_byte, WORD_BYTES);
}

static bool is_url_text(const char *value)
{
    size_t len = span(value, is_url_byte);
    return len <= URL_BYTES && value[len] == '\0';
}

/* What follows `//`: a host, perhaps with credentials before it. */
static bool is_authority(const char *text)
{
    size_t len = strcspn(text, "/?#");
    const char *at = memrchr(text, '@', len);
    const char *host = at == NULL ? text : at + 1;
    size_t host_len = len - (size_t)(host - text);
    return host_len > 0 && host_len <= HOST_BYTES && *host != ':' &&
           span(host, is_host_byte) >= host_len;
}

/* Length of `scheme:` at the start (RFC 3986 section 3.1), or 0. */
static size_t scheme_length(const char *value)
{
    size_t len = span(value, is_scheme_byte);
    return len > 0 && value[len] == ':' ? len + 1 : 0;
}

static bool is_web_url(const struct value_type *type, const char *value)
{
    (void)type;
    static const char *const schemes[] = {"https://", "http://"};

    for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
        if (text_starts_with_nocase(value, schemes[i]))
            return is_url_text(value) && is_authority(value + strlen(schemes[i]));
    return false;
}

static bool is_url(const struct value_type *type, const char *value)
{
    bool relative = scheme_length(value) == 0 && !text_starts_with(value, "//");
    return (relative && is_url_text(value)) || is_web_url(type, value);
}

static bool is_wss(const struct value_type *type, const char *value)
{
    return is_url_text(value) && strpbrk(value, type->words) == NULL &&
           text_starts_with_nocase(value, "wss://") && is_authority(value + strlen("wss://"));
}

static bool is_phone(const struct value_type *type, const char *value)
{
    (void)type;
    return text_is_e164(value);
}

static bool is_client_name(const struct value_type *type, const char *value)
{
    (void)type;
    return identity_is_legal(value);
}

static bool is_sip_address(const struct value_type *type, const char *value)
{
    (void)type;
    bool sip = text_starts_with_nocase(value, "sip:") || text_starts_with_nocase(value, "sips:");
    return sip && is_url_text(value) && value[scheme_length(value)] != '\0';
}

static bool is_target(const struct value_type *type, const char *value)
{
    if (text_starts_with(value, "client:"))
        return is_client_name(type, value + strlen("client:"));
    return text_is_e164(value) || is_sip_address(type, value);
}

static bool is_caller(const struct value_type *type, const char *value)
{
    return is_target(type, value) || is_client_name(type, value);
}

/* client:identity?name=value&... gives the client parameters (Twilio, "Call resource", To). */
static bool is_endpoint(const struct value_type *type, const char *value)
{
    const char *query = strchr(value, '?');
    if (text_starts_with(value, "client:") && query != NULL) {
        char name[IDENTITY_BYTES];
        value += strlen("client:");
        size_t len = (size_t)(query - value);
        if (len >= sizeof name || !is_url_text(query))
            return false;
        memcpy(name, value, len);
        name[len] = '\0';
        return identity_is_legal(name);
    }
    if (text_starts_with(value, "app:"))
        return text_is_sid(value + strlen("app:"), "AP");
    return is_target(type, value);
}

static bool is_sid(const struct value_type *type, const char *value)
{
    return text_is_sid(value, type->words);
}

static bool is_json_object(const struct value_type *type, const char *value)
{
    (void)type;
    size_t len = strlen(value);
    json_auto_t *json = json_loadb(value, len, JSON_REJECT_DUPLICATES, NULL);
    return json_is_object(json) && text_is_xml(value, len);
}

/* clang-format off */
static const struct {
    value_is_fn *is;
    const char *otherwise;
} checks[] = {
    [VALUE_NOTHING] = {is_nothing, "takes no text"},
    [VALUE_TEXT] = {is_text, "is too long or holds characters that XML cannot carry"},
    [VALUE_LINE] = {is_line, "is too long or holds a line break or control character"},
    [VALUE_NAME] = {is_name, "is blank, too long or holds a line break or control character"},
    [VALUE_BOOL] = {is_bool, "must be true or false"},
    [VALUE_INT] = {is_int, "must be a whole number within its range"},
    [VALUE_INT_OR_AUTO] = {is_int_or_auto, "must be \"auto\" or a whole number within its range"},
    [VALUE_ONE_OF] = {is_one_of, "is none of the words it may be"},
    [VALUE_SOME_OF] = {is_some_of, "must be a list of the words it may hold"},
    [VALUE_KEYS] = {is_keys, "may hold keys of a telephone only"},
    [VALUE_WORD] = {is_word, "must be a word of letters, digits, '.', '_', ':' and '-'"},
    [VALUE_URL] = {is_url, "must be an http(s) or relative URL"},
    [VALUE_WEB_URL] = {is_web_url, "must be an absolute http(s) URL"},
    [VALUE_WSS] = {is_wss, "must be a wss URL (and for a stream without a query)"},
    [VALUE_PHONE] = {is_phone, "must be a number in E.164 form"},
    [VALUE_CALLER] = {is_caller, "must be a number in E.164 form, an identity or a SIP address"},
    [VALUE_TARGET] = {is_target, "must be a number in E.164 form, client:identity or a SIP address"},
    [VALUE_SIP_ADDRESS] = {is_sip_address, "must be a SIP address"},
    [VALUE_CLIENT_NAME] = {is_client_name, "must be an identity: up to 121 of A-Z a-z 0-9 _"},
    [VALUE_ENDPOINT] = {is_endpoint, "must be a number in E.164 form, client:identity, a SIP address or app:SID"},
    [VALUE_SID] = {is_sid, "must be a SID of its kind"},
    [VALUE_JSON] = {is_json_object, "must be a JSON object"},
};
/* clang-format on */

const char *value_problem(const struct value_type *type, const char *value)
{
    ASSERT(type->kind < ARRAY_LEN(checks));
    return checks[type->kind].is(type, value) ? NULL : checks[type->kind].otherwise;
}
