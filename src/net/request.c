/*
 * A request as it was asked for: checked, copied, and turned into what curl takes.
 *
 * Checks are strict because callers pass on what others wrote (a cookie to be verified, a
 * callback's address): a line break in a header would be a second request.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/limits.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "core/xmalloc.h"
#include "internal.h"
#include "net/addresses.h"

static const struct method methods[] = {
    {"GET",    false, true },
    {"HEAD",   false, true },
    {"POST",   true,  false},
    {"PUT",    true,  false},
    {"PATCH",  true,  false},
    {"DELETE", true,  false},
};

/* Headers that decide where a message ends; they are curl's. */
static const char *const framing[] = {
    "Connection", "Content-Length", "Expect", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
};

static const struct method *find_method(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        if (text_equal(methods[i].name, name))
            return &methods[i];
    }
    return NULL;
}

/* A token of RFC 9110 section 5.6.2. */
static bool is_token(const char *text)
{
    static const char legal[] = "!#$%&'*+-.^_`|~0123456789"
                                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return !text_is_empty(text) && text[strspn(text, legal)] == '\0';
}

static bool has_control(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        if ((*c < 0x20 && *c != '\t') || *c == 0x7f)
            return true;
    }
    return false;
}

static bool is_framing(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(framing); i++) {
        if (strcasecmp(framing[i], name) == 0)
            return true;
    }
    return false;
}

/* Names below it too (RFC 6761 section 6.3); curl asks no resolver for them. */
static bool is_localhost(const char *host)
{
    static const char name[] = "localhost";
    const size_t len = strlen(host);
    const size_t name_len = sizeof name - 1;
    return len >= name_len && strcasecmp(host + len - name_len, name) == 0 &&
           (len == name_len || host[len - name_len - 1] == '.');
}

/* curl has brought other spellings of an IPv4 address (127.1, 0x7f000001) into dotted form already.
 */
static bool is_loopback(const char *host)
{
    struct in_addr v4;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return (ntohl(v4.s_addr) >> 24) == 127;
    return is_localhost(host) || strcmp(host, "[::1]") == 0;
}

static int check_origin(CURLU *url, struct error *err)
{
    char *scheme = NULL;
    char *host = NULL;
    bool https = false;
    bool plain = false;
    if (curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
        curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
        https = strcmp(scheme, "https") == 0;
        plain = strcmp(scheme, "http") == 0 && is_loopback(host);
    }
    curl_free(scheme);
    curl_free(host);
    if (!https && !plain)
        return error_field(err, "url", "must be https, or http to loopback alone");
    return 0;
}

/* A name is anybody's guess until it is looked up. */
static int check_address(CURLU *url, const struct net_addresses *rule, struct error *err)
{
    char *host = NULL;
    CURLUcode code = curl_url_get(url, CURLUPART_HOST, &host, 0);
    ASSERT(code == CURLUE_OK);
    struct in_addr v4;
    bool is_v6 = host[0] == '[';
    if (is_v6)
        host[strlen(host) - 1] = '\0';
    bool allowed = (!is_v6 && inet_pton(AF_INET, host, &v4) != 1) ||
                   addresses_allow_text(rule, is_v6 ? host + 1 : host);
    curl_free(host);
    return allowed ? 0 : error_field(err, "url", "is at an address that is not public");
}

/* The text of an URL may hold a signature or a token: no message repeats it. */
static int
check_url(const char *text, CURLU *url, const struct net_addresses *rule, struct error *err)
{
    if (text_is_empty(text) || strlen(text) > LIMIT_NET_URL_BYTES)
        return error_field(err, "url", "must be an URL of at most %d bytes",
                           (int)LIMIT_NET_URL_BYTES);
    const char *rest = strstr(text, "://");
    if (rest == NULL || rest[3] == '/') /* curl would take one slash, and three */
        return error_field(err, "url", "is not an URL: no host");
    CURLUcode code = curl_url_set(url, CURLUPART_URL, text, CURLU_PATH_AS_IS | CURLU_DISALLOW_USER);
    if (code == CURLUE_USER_NOT_ALLOWED)
        return error_field(err, "url", "must not hold a user name or password");
    if (code != CURLUE_OK)
        return error_field(err, "url", "is not an URL: %s", curl_url_strerror(code));
    if (check_origin(url, err) < 0)
        return -1;
    return check_address(url, rule, err);
}

static int check_credentials(const struct net_request *request, struct error *err)
{
    const char *username = request->username;
    const char *password = request->password;
    if (username == NULL)
        return password == NULL ? 0 : error_field(err, "password", "has no user name");
    if (strchr(username, ':') != NULL || has_control(username) ||
        strlen(username) > LIMIT_HEADER_BYTES)
        return error_field(err, "username", "cannot be sent");
    if (password != NULL && (has_control(password) || strlen(password) > LIMIT_HEADER_BYTES))
        return error_field(err, "password", "cannot be sent");
    return 0;
}

static int check_headers(const struct net_request *request, struct error *err)
{
    size_t bytes = request->content_type == NULL ? 0 : strlen(request->content_type);
    if (bytes > 0 && has_control(request->content_type))
        return error_field(err, "content_type", "cannot be sent");
    if (request->header_count > LIMIT_HEADER_COUNT)
        return error_field(err, "headers", "are more than %d", (int)LIMIT_HEADER_COUNT);
    for (size_t i = 0; i < request->header_count; i++) {
        const struct net_header *header = &request->headers[i];
        if (!is_token(header->name) || is_framing(header->name))
            return error_field(err, "headers", "header %zu has a name that cannot be sent", i + 1);
        if (has_control(header->value))
            return error_field(err, "headers", "%.40s cannot be sent", header->name);
        bytes += strlen(header->name) + strlen(header->value);
    }
    if (bytes > LIMIT_HEADER_BYTES)
        return error_field(err, "headers", "are longer than %d bytes", (int)LIMIT_HEADER_BYTES);
    return 0;
}

static int check(const struct net_request *request, const struct method *method, struct error *err)
{
    if (method == NULL)
        return error_field(err, "method", "is none that is sent");
    if (request->body_len > 0 && !method->has_body)
        return error_field(err, "body", "%s has none", method->name);
    const size_t body_max = request->body_lent ? LIMIT_NET_LENT_BODY_BYTES : LIMIT_NET_BODY_BYTES;
    if (request->body_len > body_max)
        return error_field(err, "body", "is longer than %zu bytes", body_max);
    if (check_credentials(request, err) < 0)
        return -1;
    return check_headers(request, err);
}

static void add_line(struct transfer *transfer, const char *line)
{
    struct curl_slist *longer = curl_slist_append(transfer->headers, line);
    ASSERT(longer != NULL); /* out of memory */
    transfer->headers = longer;
}

/* "Name;" is curl's way to write an empty value; "Name:" would suppress the header. */
static void add_header(struct transfer *transfer, const char *name, const char *value)
{
    size_t bytes = strlen(name) + strlen(value) + 3;
    auto_free char *line = xcalloc(bytes, 1);
    if (value[0] == '\0')
        (void)snprintf(line, bytes, "%s;", name);
    else
        (void)snprintf(line, bytes, "%s: %s", name, value);
    add_line(transfer, line);
}

static void add_headers(struct transfer *transfer, const struct net_request *request)
{
    add_line(transfer, "Expect:"); /* no waiting for 100 Continue */
    if (request->content_type != NULL)
        add_header(transfer, "Content-Type", request->content_type);
    else if (transfer->method->has_body)
        add_line(transfer, "Content-Type:"); /* curl would call any POST a form */
    for (size_t i = 0; i < request->header_count; i++)
        add_header(transfer, request->headers[i].name, request->headers[i].value);
}

static const struct net_addresses *copy_addresses(const struct net_addresses *rule,
                                                  struct arena *arena)
{
    if (rule == NULL)
        return NULL;
    struct net_addresses *copy = arena_alloc(arena, sizeof *copy);
    struct net_network *also = arena_alloc(arena, rule->also_count * sizeof *also);
    for (size_t i = 0; i < rule->also_count; i++)
        also[i] = rule->also[i];
    *copy = (struct net_addresses){also, rule->also_count};
    return copy;
}

int net_check_url(const char *url, const struct net_addresses *rule, struct error *err)
{
    CURLU *parsed = curl_url();
    ASSERT(parsed != NULL); /* out of memory */
    int failed = check_url(url, parsed, rule, err);
    curl_url_cleanup(parsed);
    return failed;
}

int transfer_create(const struct net_request *request, struct transfer **out, struct error *err)
{
    const struct method *method = find_method(request->method);
    if (check(request, method, err) < 0)
        return -1;
    CURLU *url = curl_url();
    ASSERT(url != NULL); /* out of memory */
    if (check_url(request->url, url, request->addresses, err) < 0) {
        curl_url_cleanup(url);
        return -1;
    }
    struct arena *arena = arena_create();
    struct transfer *transfer = arena_alloc(arena, sizeof *transfer);
    transfer->arena = arena;
    transfer->method = method;
    transfer->url = url;
    transfer->username = arena_strdup(arena, request->username);
    transfer->password = arena_strdup(arena, request->password);
    transfer->body =
        request->body_lent ? request->body : arena_copy(arena, request->body, request->body_len);
    transfer->body_len = request->body_len;
    transfer->addresses = copy_addresses(request->addresses, arena);
    transfer->started_us = monotonic_us();
    add_headers(transfer, request);
    *out = transfer;
    return 0;
}

/* Headers may carry tokens and cookies, so they are wiped like the password. */
static void wipe(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
}

void transfer_free(struct transfer *transfer)
{
    wipe(transfer->password);
    for (struct curl_slist *line = transfer->headers; line != NULL; line = line->next)
        wipe(line->data);
    curl_slist_free_all(transfer->headers);
    curl_url_cleanup(transfer->url);
    buf_release(&transfer->reply);
    arena_free(transfer->arena);
}
