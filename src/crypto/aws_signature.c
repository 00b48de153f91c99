/*
 * What is signed is built in four steps, each the input of the next:
 *
 *     canonical request   METHOD \n path \n query \n name:value\n ... \n names;... \n digest of the body
 *     string to sign      AWS4-HMAC-SHA256 \n time \n day/region/service/aws4_request \n digest of the canonical request
 *     signing key         HMAC of "aws4_request" under HMAC of the service under HMAC of the region under HMAC of the day
 *                         under "AWS4" + secret
 *     signature           HMAC of the string to sign under the signing key, in hexadecimal
 */
#include "crypto/aws_signature.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/hex.h"
#include "crypto/compare.h"
#include "crypto/digest.h"
#include "crypto/hmac.h"

static const char algorithm[] = "AWS4-HMAC-SHA256";

enum { DAY_CHARS = 8 };

/* ---- encoding ------------------------------------------------------------------------------------------------ */

static const char *encode(const char *text, const char *also_kept, struct arena *arena)
{
    static const char digits[] = "0123456789ABCDEF";
    char *out = arena_alloc(arena, 3 * strlen(text) + 1);
    char *at = out;
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        bool kept = *c < 0x80 && (isalnum(*c) || strchr("-._~", *c) != NULL);
        if (kept || strchr(also_kept, *c) != NULL) {
            *at++ = (char)*c;
            continue;
        }
        *at++ = '%';
        *at++ = digits[*c >> 4];
        *at++ = digits[*c & 15];
    }
    return out;
}

const char *aws_encode_path(const char *path, struct arena *arena)
{
    return encode(path, "/", arena);
}

static int by_name_then_value(const void *left, const void *right)
{
    const struct aws_pair *a = left;
    const struct aws_pair *b = right;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : strcmp(a->value, b->value);
}

const char *aws_query(const struct aws_pair *pairs, size_t count, struct arena *arena)
{
    struct aws_pair encoded[AWS_QUERY_MAX];
    ASSERT(count <= AWS_QUERY_MAX);
    for (size_t i = 0; i < count; i++)
        encoded[i] = (struct aws_pair){.name = encode(pairs[i].name, "", arena),
                                       .value = encode(pairs[i].value, "", arena)};
    if (count > 1)
        qsort(encoded, count, sizeof *encoded, by_name_then_value);
    const char *text = "";
    for (size_t i = 0; i < count; i++)
        text = arena_printf(arena, "%s%s%s=%s", text, i == 0 ? "" : "&", encoded[i].name,
                            encoded[i].value);
    return text;
}

void aws_time(int64_t now_s, char out[AWS_TIME_BYTES])
{
    struct tm parts;
    time_t seconds = (time_t)now_s;
    ASSERT(gmtime_r(&seconds, &parts) != NULL);
    ASSERT(strftime(out, AWS_TIME_BYTES, "%Y%m%dT%H%M%SZ", &parts) == AWS_TIME_BYTES - 1);
}

/* ---- the canonical request ----------------------------------------------------------------------------------- */

/* Without white space around it, and one space where there were more. */
static const char *trimmed(const char *value, struct arena *arena)
{
    char *out = arena_alloc(arena, strlen(value) + 1);
    char *at = out;
    for (const char *c = value; *c != '\0'; c++) {
        bool space = *c == ' ' || *c == '\t';
        if (!space)
            *at++ = *c;
        else if (at > out && at[-1] != ' ')
            *at++ = ' ';
    }
    if (at > out && at[-1] == ' ')
        at--;
    *at = '\0';
    return out;
}

static const char *lower(const char *name, struct arena *arena)
{
    char *out = arena_strdup(arena, name);
    for (char *c = out; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    return out;
}

struct signed_header {
    const char *name;
    const char *value;
    size_t place; /* values of one name keep their order */
};

static int by_name_then_place(const void *left, const void *right)
{
    const struct signed_header *a = left;
    const struct signed_header *b = right;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : a->place < b->place ? -1 : a->place > b->place;
}

/* "name:value\n" for each, and "name;name" into `names`. Values of the same name become one line. */
static const char *
header_lines(const struct aws_request *request, const char **names, struct arena *arena)
{
    struct signed_header sorted[AWS_HEADERS_MAX];
    ASSERT(request->header_count > 0 && request->header_count <= AWS_HEADERS_MAX);
    for (size_t i = 0; i < request->header_count; i++)
        sorted[i] = (struct signed_header){.name = lower(request->headers[i].name, arena),
                                           .value = trimmed(request->headers[i].value, arena),
                                           .place = i};
    qsort(sorted, request->header_count, sizeof *sorted, by_name_then_place);
    const char *lines = arena_printf(arena, "%s:%s", sorted[0].name, sorted[0].value);
    *names = sorted[0].name;
    for (size_t i = 1; i < request->header_count; i++) {
        bool again = strcmp(sorted[i].name, sorted[i - 1].name) == 0;
        if (again)
            lines = arena_printf(arena, "%s,%s", lines, sorted[i].value);
        else
            lines = arena_printf(arena, "%s\n%s:%s", lines, sorted[i].name, sorted[i].value);
        if (!again)
            *names = arena_printf(arena, "%s;%s", *names, sorted[i].name);
    }
    return arena_printf(arena, "%s\n", lines);
}

/* ---- the signature ------------------------------------------------------------------------------------------- */

static int mac(unsigned char key[HMAC_SHA256_BYTES], const char *text, struct error *err)
{
    return hmac_once(HMAC_HASH_SHA256, key, HMAC_SHA256_BYTES, text, strlen(text), key, err);
}

/* Day, region and service are mixed in one after the other, so that a key of one place is of no use at another. */
static int signing_key(const char *secret,
                       const char *day,
                       const struct aws_request *request,
                       struct arena *arena,
                       unsigned char out[HMAC_SHA256_BYTES],
                       struct error *err)
{
    if (secret[0] == '\0')
        return error_set(err, ERROR_INVALID, "the secret access key is empty");
    char *first = arena_printf(arena, "AWS4%s", secret);
    int made = hmac_once(HMAC_HASH_SHA256, first, strlen(first), day, strlen(day), out, err);
    secret_wipe(first, strlen(first));
    if (made < 0 || mac(out, request->region, err) < 0 || mac(out, request->service, err) < 0)
        return -1;
    return mac(out, "aws4_request", err);
}

int aws_sign(const struct aws_key *key,
             const struct aws_request *request,
             struct arena *arena,
             struct aws_signature *out,
             struct error *err)
{
    char when[AWS_TIME_BYTES];
    char digest[SHA256_HEX_BYTES];
    char signature[SHA256_HEX_BYTES];
    unsigned char code[HMAC_SHA256_BYTES];
    const char *names = "";
    aws_time(request->now_s, when);
    const char *day = arena_copy(arena, when, DAY_CHARS);
    const char *scope =
        arena_printf(arena, "%s/%s/%s/aws4_request", day, request->region, request->service);
    const char *lines = header_lines(request, &names, arena);
    const char *query = aws_query(request->query, request->query_count, arena);
    const char *canonical = arena_printf(arena, "%s\n%s\n%s\n%s\n%s\n%s", request->method,
                                         request->path, query, lines, names, request->payload_hash);
    digest_sha256_hex(canonical, strlen(canonical), digest);
    const char *to_sign = arena_printf(arena, "%s\n%s\n%s\n%s", algorithm, when, scope, digest);
    if (signing_key(key->secret, day, request, arena, code, err) < 0 || mac(code, to_sign, err) < 0)
        return -1;
    hex_encode(signature, code, sizeof code);
    *out = (struct aws_signature){
        .canonical_request = canonical,
        .string_to_sign = to_sign,
        .authorization = arena_printf(arena, "%s Credential=%s/%s, SignedHeaders=%s, Signature=%s",
                                      algorithm, key->id, scope, names, signature),
    };
    return 0;
}
