/*
 * Checking a user's token. The order matters: the header chooses a key, the key checks the signature, and only then
 * are the claims read. libjwt's 1.x verification would take the algorithm from the token and parse the key each time.
 */
#include "crypto/caller_token.h"

#include <string.h>

#include "core/macros.h"
#include "core/text.h"
#include "crypto/base64.h"
#include "token_keys_internal.h"
#include "token_parts.h"

enum { SIGNATURE_BYTES_MAX = 1024 }; /* RSA of 8192 bits */

/* ---- the header ---- */

/* RFC 7519 5.1 and RFC 9068; "application/" may be left out (RFC 7515 4.1.9). Other kinds are for other doors. */
static bool is_kind_of_token(const json_t *typ)
{
    static const char prefix[] = "application/";
    const char *text = json_string_value(typ);
    if (text_starts_with_nocase(text, prefix))
        text += sizeof(prefix) - 1;
    return typ == NULL || text_equal_nocase(text, "JWT") || text_equal_nocase(text, "at+jwt");
}

static bool read_algorithm(const json_t *header, unsigned taken, enum token_algorithm *out)
{
    for (unsigned i = TOKEN_HS256; i <= TOKEN_ES256; i++) {
        *out = (enum token_algorithm)i;
        if ((taken & 1u << i) != 0 && token_object_says(header, "alg", token_algorithm_text(*out)))
            return true;
    }
    return false;
}

struct wanted {
    enum token_algorithm algorithm;
    const char *kid; /* NULL: the token does not say; borrowed from the header */
};

static int read_header(const json_t *header,
                       const struct caller_token_rules *rules,
                       struct wanted *out,
                       struct error *err)
{
    const json_t *kid = json_object_get(header, "kid");
    if (!read_algorithm(header, rules->algorithms, &out->algorithm))
        return error_set(err, ERROR_UNAUTHENTICATED,
                         "the token is signed with an algorithm that is not taken here");
    if (json_object_get(header, "crit") != NULL)
        return error_set(err, ERROR_UNAUTHENTICATED, "the token has critical headers");
    if (json_object_get(header, "cty") != NULL || !is_kind_of_token(json_object_get(header, "typ")))
        return error_set(err, ERROR_UNAUTHENTICATED, "the token is of another kind");
    if (kid != NULL && !json_is_string(kid))
        return error_set(err, ERROR_UNAUTHENTICATED, "the token's kid is no text");
    out->kid = json_string_value(kid);
    return 0;
}

/* ---- the signature ---- */

struct candidate {
    const struct token_parts *parts;
    const struct wanted *wanted;
    unsigned char signature[SIGNATURE_BYTES_MAX];
    size_t signature_len;
    size_t tried;
};

static bool has_signed(const struct token_key *key, struct candidate *candidate)
{
    const struct wanted *wanted = candidate->wanted;
    if (key->algorithm != wanted->algorithm ||
        (key->kid != NULL && wanted->kid != NULL && strcmp(key->kid, wanted->kid) != 0))
        return false;
    candidate->tried++;
    return token_key_signed(key, candidate->parts->header, token_parts_signed_len(candidate->parts),
                            candidate->signature, candidate->signature_len);
}

static enum caller_token_result check_signature(const struct token_parts *parts,
                                                const struct token_keys *const *sets,
                                                size_t set_count,
                                                const struct wanted *wanted,
                                                struct error *err)
{
    struct candidate candidate = {.parts = parts, .wanted = wanted};
    if (!base64url_decode(parts->signature, parts->signature_len, candidate.signature,
                          sizeof(candidate.signature), &candidate.signature_len)) {
        (void)error_set(err, ERROR_UNAUTHENTICATED, "the token's signature cannot be read");
        return CALLER_TOKEN_BAD;
    }
    for (size_t s = 0; s < set_count; s++)
        for (size_t i = 0; sets[s] != NULL && i < sets[s]->count; i++)
            if (has_signed(&sets[s]->items[i], &candidate))
                return CALLER_TOKEN_GOOD;
    (void)error_set(err, ERROR_UNAUTHENTICATED, "the token is not signed with a key that is known");
    return candidate.tried == 0 ? CALLER_TOKEN_UNKNOWN_KEY : CALLER_TOKEN_BAD;
}

/* ---- the claims ---- */

static bool is_one_of(const json_t *value, const struct text_list *list)
{
    const char *text = json_string_value(value);
    return text != NULL && text_list_has(list, text);
}

/* RFC 7519 4.1.3: a text or a list of texts. */
static bool is_for_us(const json_t *aud, const struct text_list *audiences)
{
    for (size_t i = 0; i < json_array_size(aud); i++)
        if (is_one_of(json_array_get(aud, i), audiences))
            return true;
    return is_one_of(aud, audiences);
}

static int
check_age(const json_t *claims, const struct caller_token_rules *rules, struct error *err)
{
    const json_t *iat = json_object_get(claims, "iat");
    const double now = (double)rules->now_s;
    const double leeway = (double)rules->leeway_s;
    if (iat == NULL && rules->age_max_s > 0)
        return error_set(err, ERROR_UNAUTHENTICATED, "the token has no iat");
    if (iat == NULL)
        return 0;
    if (!json_is_number(iat))
        return error_set(err, ERROR_UNAUTHENTICATED, "a time in the token is not a number");
    if (json_number_value(iat) > now + leeway)
        return error_set(err, ERROR_UNAUTHENTICATED, "the token was made in the future");
    if (rules->age_max_s > 0 && now - json_number_value(iat) > (double)rules->age_max_s + leeway)
        return error_set(err, ERROR_UNAUTHENTICATED, "the token is too old");
    return 0;
}

static int
check_claims(const json_t *claims, const struct caller_token_rules *rules, struct error *err)
{
    const struct text_list *audiences = rules->audiences;
    const struct token_times times = {.now_s = rules->now_s, .leeway_s = rules->leeway_s};
    if (rules->issuer != NULL && !token_object_says(claims, "iss", rules->issuer))
        return error_set(err, ERROR_UNAUTHENTICATED, "the token comes from another issuer");
    if (audiences != NULL && audiences->count > 0 &&
        !is_for_us(json_object_get(claims, "aud"), audiences))
        return error_set(err, ERROR_UNAUTHENTICATED, "the token is for another audience");
    if (json_is_object(json_object_get(claims, "grants")))
        return error_set(err, ERROR_UNAUTHENTICATED,
                         "an access token for Twilio is no credential here");
    return token_check_times(claims, &times, err) < 0 ? -1 : check_age(claims, rules, err);
}

/* ---- the whole ---- */

enum caller_token_result caller_token_verify(const char *text,
                                             const struct token_keys *const *sets,
                                             size_t set_count,
                                             const struct caller_token_rules *rules,
                                             json_t **claims,
                                             struct error *err)
{
    struct token_parts parts = {0};
    struct wanted wanted = {0};
    if (token_parts_split(text, &parts, err) < 0)
        return CALLER_TOKEN_BAD;
    json_auto_t *header = token_part_object(parts.header, parts.header_len, "header", err);
    if (header == NULL || read_header(header, rules, &wanted, err) < 0)
        return CALLER_TOKEN_BAD;
    enum caller_token_result result = check_signature(&parts, sets, set_count, &wanted, err);
    if (result != CALLER_TOKEN_GOOD)
        return result;
    json_auto_t *found = token_part_object(parts.claims, parts.claims_len, "claim set", err);
    if (found == NULL || check_claims(found, rules, err) < 0)
        return CALLER_TOKEN_BAD;
    *claims = json_incref(found);
    return CALLER_TOKEN_GOOD;
}
