/*
 * A user's token, as an application would sign it, valid for an hour: printed on standard output.
 *
 *   sign_token HS256 USER                    the secret comes from the environment, BENCH_SECRET
 *   sign_token RS256 USER PUBLIC-KEY-FILE    the key is made here; its public half is written to the file, the other
 *                                            half is nowhere once this has ended
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <time.h>

#include "../crypto/signing.h"

enum { KEY_BITS = 2048, VALID_S = 3600 };

static const char *claims_of(struct arena *arena, const char *user)
{
    long long now_s = (long long)time(NULL);
    return arena_printf(arena, "{\"sub\":\"%s\",\"iat\":%lld,\"exp\":%lld}", user, now_s,
                        now_s + VALID_S);
}

static const char *by_secret(struct arena *arena, const char *user)
{
    const char *secret = getenv("BENCH_SECRET"); /* NOLINT(concurrency-mt-unsafe): one thread */
    const char *header = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
    return secret == NULL
               ? NULL
               : signing_with_secret(arena, signing_input(arena, header, claims_of(arena, user)),
                                     secret, strlen(secret));
}

static const char *by_key(struct arena *arena, const char *user, const char *public_file)
{
    const char *header = "{\"alg\":\"RS256\",\"typ\":\"JWT\"}";
    EVP_PKEY *key = EVP_RSA_gen(KEY_BITS);
    FILE *file = fopen(public_file, "we");
    if (key == NULL || file == NULL || fputs(signing_pem(arena, key, false), file) < 0 ||
        fclose(file) != 0)
        return NULL;
    const char *token = signing_with_key(
        arena, signing_input(arena, header, claims_of(arena, user)), key, EVP_sha256());
    EVP_PKEY_free(key);
    return token;
}

int main(int argc, char **argv)
{
    auto_arena struct arena *arena = arena_create();
    const char *token = NULL;
    if (argc == 3 && strcmp(argv[1], "HS256") == 0)
        token = by_secret(arena, argv[2]);
    else if (argc == 4 && strcmp(argv[1], "RS256") == 0)
        token = by_key(arena, argv[2], argv[3]);
    if (token == NULL) {
        (void)fprintf(stderr, "usage: BENCH_SECRET=... sign_token HS256 USER | sign_token RS256 "
                              "USER PUBLIC-KEY-FILE\n");
        return 2;
    }
    printf("%s\n", token);
    return 0;
}
