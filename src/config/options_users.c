/* Options: how the application's own users say who they are. */
#include "core/macros.h"
#include "groups.h"
#include "words.h"

#define X(name, text) WORD_ROW(text, 1u << CONFIG_JWT_##name),
static const struct option_word algorithm_words[] = {WORD_ROW("all", WORD_FULL_SET),
                                                     CONFIG_JWT_ALGORITHMS(X) WORD_ROW(NULL, 0)};
#undef X

static const struct option_word credential_words[] = {
    WORD_ROW("cookie", 1u << CONFIG_CREDENTIAL_COOKIE),
    WORD_ROW("authorization", 1u << CONFIG_CREDENTIAL_AUTHORIZATION),
    WORD_ROW(NULL, 0),
};

enum { CLAIM_BYTES_MAX = 200, AUDIENCE_BYTES_MAX = 500 };

static const struct option users[] = {
    OPTION(.name = "SWITCHHOOK_USER_SCOPES",
           PLAIN_LIST(users.scopes, 64),
           .fallback = "tokens:mint,calls:place,calls:read,calls:control",
           .reloadable = true,
           .about = "What every user of the application may do, by jwt or forward; none leaves it "
                    "to what the application says of each."),
    OPTION(.name = "SWITCHHOOK_JWT_SECRET",
           SECRET(users.jwt_secret),
           .reloadable = true,
           .about = "The secret that the application signs its users' tokens with (HS256), at "
                    "least 32 bytes."),
    OPTION(.name = "SWITCHHOOK_JWT_PUBLIC_KEY_FILE",
           PATH(users.jwt_public_key_file),
           .reloadable = true,
           .about = "A PEM file with the public keys or certificates of whoever signs users' "
                    "tokens (RS256, ES256)."),
    OPTION(.name = "SWITCHHOOK_JWT_JWKS_FILE",
           PATH(users.jwks_file),
           .reloadable = true,
           .about = "A file with those keys as a JSON Web Key Set."),
    OPTION(.name = "SWITCHHOOK_JWT_JWKS_URL",
           SERVICE_URL(users.jwks_url),
           .about = "Where those keys are fetched from as a JSON Web Key Set."),
    OPTION(.name = "SWITCHHOOK_JWT_JWKS_AGE_MS",
           MILLISECONDS(users.jwks_age_ms, 1000, 86400000),
           .fallback = "600000",
           .about = "How old fetched keys become before they are fetched again."),
    OPTION(.name = "SWITCHHOOK_JWT_JWKS_REFETCH_MS",
           MILLISECONDS(users.jwks_refetch_ms, 100, 3600000),
           .fallback = "10000",
           .about = "A token with an unknown key, or a fetch that failed, asks for them again, at "
                    "most once in this time."),
    OPTION(.name = "SWITCHHOOK_JWT_ALGORITHMS",
           WORD_SET(users.jwt_algorithms, algorithm_words),
           .fallback = "all",
           .reloadable = true,
           .about = "Which signatures are taken, of those that the keys are for."),
    OPTION(.name = "SWITCHHOOK_JWT_ISSUER",
           PLAIN(users.jwt_issuer, AUDIENCE_BYTES_MAX),
           .reloadable = true,
           .about = "What a token's iss must be."),
    OPTION(.name = "SWITCHHOOK_JWT_AUDIENCE",
           PLAIN_LIST(users.jwt_audiences, AUDIENCE_BYTES_MAX),
           .reloadable = true,
           .about = "A token's aud must have one of these."),
    OPTION(.name = "SWITCHHOOK_JWT_LEEWAY",
           SECONDS(users.jwt_leeway_s, 0, 600),
           .fallback = "30",
           .reloadable = true,
           .about = "How far the application's clock and ours may be apart."),
    OPTION(.name = "SWITCHHOOK_JWT_MAX_AGE",
           SECONDS(users.jwt_age_max_s, 0, 31536000),
           .fallback = "0",
           .reloadable = true,
           .about = "How old a token may be, by its iat, whatever its exp says; 0 asks only exp."),
    OPTION(.name = "SWITCHHOOK_JWT_IDENTITY_CLAIM",
           PLAIN(users.jwt_identity_claim, CLAIM_BYTES_MAX),
           .fallback = "sub",
           .reloadable = true,
           .about = "The claim that says who the user is."),
    OPTION(.name = "SWITCHHOOK_JWT_SCOPES_CLAIM",
           PLAIN(users.jwt_scopes_claim, CLAIM_BYTES_MAX),
           .fallback = "scope",
           .reloadable = true,
           .about = "The claim with further scopes, a text or a list; words that are none of ours "
                    "are passed over."),
    OPTION(.name = "SWITCHHOOK_JWT_GROUP_CLAIM",
           PLAIN(users.jwt_group_claim, CLAIM_BYTES_MAX),
           .reloadable = true,
           .about = "The claim with the group of the user; at most one."),
    OPTION(.name = "SWITCHHOOK_JWT_COOKIE",
           NAME(users.jwt_cookie),
           .reloadable = true,
           .about =
               "The cookie in which browsers bring a token, where they bring it in no header."),
};

static const struct option forward[] = {
    OPTION(.name = "SWITCHHOOK_FORWARD_AUTH_URL",
           SERVICE_URL(users.forward_url),
           .about = "The address of the application that says who sent a request."),
    OPTION(.name = "SWITCHHOOK_FORWARD_AUTH_SEND",
           WORD_SET(users.forward_send, credential_words),
           .fallback = "cookie,authorization",
           .about = "Which of a request's headers are passed on to it."),
    OPTION(.name = "SWITCHHOOK_FORWARD_AUTH_TIMEOUT_MS",
           MILLISECONDS(users.forward_timeout_ms, 100, 30000),
           .fallback = "3000",
           .about = "How long its answer is waited for; then 503."),
    OPTION(.name = "SWITCHHOOK_FORWARD_AUTH_CACHE_MS",
           MILLISECONDS(users.forward_cache_ms, 0, 600000),
           .fallback = "10000",
           .about = "How long its answer holds for the same credential, a refusal for a quarter of "
                    "it; 0 asks for every request."),
    OPTION(.name = "SWITCHHOOK_FORWARD_AUTH_IDENTITY_HEADER",
           NAME(users.forward_identity_header),
           .fallback = "X-Auth-Identity",
           .about = "The header of its answer that says who the user is; else the member identity "
                    "of its JSON."),
    OPTION(.name = "SWITCHHOOK_FORWARD_AUTH_SCOPES_HEADER",
           NAME(users.forward_scopes_header),
           .fallback = "X-Auth-Scopes",
           .about = "The header with further scopes; else the member scopes."),
    OPTION(.name = "SWITCHHOOK_FORWARD_AUTH_GROUP_HEADER",
           NAME(users.forward_group_header),
           .fallback = "X-Auth-Group",
           .about = "The header with the group of the user; else the member group."),
    OPTION(.name = "SWITCHHOOK_AUTH_CA_FILE",
           PATH(users.ca_file),
           .about = "Certificates to trust for both of these addresses instead of the system's."),
};

const struct option_group group_users = {
    "Users of the application",
    "For SWITCHHOOK_AUTH with jwt or forward.",
    users,
    ARRAY_LEN(users),
};

const struct option_group group_forward = {
    "Asking the application",
    "For SWITCHHOOK_AUTH with forward.",
    forward,
    ARRAY_LEN(forward),
};
