/* Reading a request as it came over the wire, and computing its signature anew from that alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/hex.h"
#include "core/macros.h"
#include "crypto/digest.h"
#include "crypto/hmac.h"
#include "s3_stand_in_parts.h"

/* ---- reading what came --------------------------------------------------------------------------------------- */

const char *request_header(const struct request *request, const char *name)
{
    const char *at = request->head;
    const size_t len = strlen(name);
    while (at != NULL && *at != '\0') {
        if (strncasecmp(at, name, len) == 0 && at[len] == ':') {
            const char *value = at + len + 1 + strspn(at + len + 1, " ");
            return arena_copy(request->arena, value, strcspn(value, "\r\n"));
        }
        at = strstr(at, "\r\n");
        at = at == NULL ? NULL : at + 2;
    }
    return NULL;
}

char *percent_decoded(struct arena *arena, const char *text, size_t len)
{
    char *out = arena_copy(arena, text, len);
    char *at = out;
    for (size_t i = 0; i < len; i++, at++) {
        unsigned char byte = 0;
        *at = text[i];
        if (text[i] == '%' && i + 2 < len + 0 + 1 &&
            hex_decode(arena_copy(arena, text + i + 1, 2), &byte, 1)) {
            *at = (char)byte;
            i += 2;
        }
    }
    *at = '\0';
    return out;
}

/* Value of a parameter, or NULL; "" if it has none. */
const char *request_parameter(const struct request *request, const char *name)
{
    const size_t len = strlen(name);
    for (const char *at = request->query; *at != '\0';) {
        const size_t pair = strcspn(at, "&");
        if (strncmp(at, name, len) == 0 && (at[len] == '=' || len == pair))
            return len == pair ? "" : percent_decoded(request->arena, at + len + 1, pair - len - 1);
        at += pair + (at[pair] == '&');
    }
    return NULL;
}

/* ---- the signature, computed anew ---------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *sorted_query(const struct request *request)
{
    const char *parts[32];
    size_t count = 0;
    char *text = arena_strdup(request->arena, request->query);
    char *rest = NULL;
    for (char *part = strtok_r(text, "&", &rest); part != NULL; part = strtok_r(NULL, "&", &rest))
        parts[count++] =
            strchr(part, '=') != NULL ? part : arena_printf(request->arena, "%s=", part);
    qsort(parts, count, sizeof *parts, by_text);
    const char *out = "";
    for (size_t i = 0; i < count; i++)
        out = arena_printf(request->arena, "%s%s%s", out, i == 0 ? "" : "&", parts[i]);
    return out;
}

/* "name:value\n" for each of the names in `a;b;c`; NULL if one was not sent. */
static const char *signed_lines(const struct request *request, const char *names)
{
    const char *out = "";
    char *text = arena_strdup(request->arena, names);
    char *rest = NULL;
    for (char *name = strtok_r(text, ";", &rest); name != NULL; name = strtok_r(NULL, ";", &rest)) {
        const char *value = request_header(request, name);
        if (value == NULL)
            return NULL;
        out = arena_printf(request->arena, "%s%s:%s\n", out, name, value);
    }
    return out;
}

static void
mac(const void *key, size_t key_len, const char *text, unsigned char out[HMAC_SHA256_BYTES])
{
    ASSERT(hmac_once(HMAC_HASH_SHA256, key, key_len, text, strlen(text), out, NULL) == 0);
}

static const char *
between(struct arena *arena, const char *text, const char *start, const char *stops)
{
    const char *at = text == NULL ? NULL : strstr(text, start);
    return at == NULL ? NULL
                      : arena_copy(arena, at + strlen(start), strcspn(at + strlen(start), stops));
}

/* The code of the error, or NULL if all is well. */
const char *judge_signature(const struct request *request)
{
    struct arena *arena = request->arena;
    char digest[SHA256_HEX_BYTES];
    char expected[SHA256_HEX_BYTES];
    unsigned char code[HMAC_SHA256_BYTES];
    const char *given = request_header(request, "authorization");
    const char *date = request_header(request, "x-amz-date");
    const char *hash = request_header(request, "x-amz-content-sha256");
    const char *token = request_header(request, "x-amz-security-token");
    const char *credential = between(arena, given, "AWS4-HMAC-SHA256 Credential=", ",");
    const char *names = between(arena, given, "SignedHeaders=", ",");
    const char *signature = between(arena, given, "Signature=", ",");
    if (credential == NULL || names == NULL || signature == NULL || date == NULL || hash == NULL ||
        strlen(date) != 16)
        return "AccessDenied";
    const char *day = arena_copy(arena, date, 8);
    const char *scope = arena_printf(arena, "%s/" STAND_IN_REGION "/s3/aws4_request", day);
    if (strncmp(credential, STAND_IN_KEY_ID "/", sizeof STAND_IN_KEY_ID) != 0)
        return "InvalidAccessKeyId";
    if (strcmp(credential + sizeof STAND_IN_KEY_ID, scope) != 0)
        return "AuthorizationHeaderMalformed";
    if (token != NULL &&
        (strcmp(token, STAND_IN_TOKEN) != 0 || strstr(names, "x-amz-security-token") == NULL))
        return "InvalidToken";
    const char *lines = signed_lines(request, names);
    if (lines == NULL || strstr(lines, "host:") == NULL || strstr(lines, "x-amz-date:") == NULL)
        return "AccessDenied";
    const char *canonical = arena_printf(arena, "%s\n%s\n%s\n%s\n%s\n%s", request->method,
                                         request->path, sorted_query(request), lines, names, hash);
    digest_sha256_hex(canonical, strlen(canonical), digest);
    mac("AWS4" STAND_IN_SECRET, strlen("AWS4" STAND_IN_SECRET), day, code);
    mac(code, sizeof code, STAND_IN_REGION, code);
    mac(code, sizeof code, "s3", code);
    mac(code, sizeof code, "aws4_request", code);
    mac(code, sizeof code, arena_printf(arena, "AWS4-HMAC-SHA256\n%s\n%s\n%s", date, scope, digest),
        code);
    hex_encode(expected, code, sizeof code);
    if (strcmp(signature, expected) != 0)
        return "SignatureDoesNotMatch";
    digest_sha256_hex(request->body.len > 0 ? request->body.data : (const void *)"",
                      request->body.len, digest);
    return strcmp(hash, digest) == 0 ? NULL : "XAmzContentSHA256Mismatch";
}
