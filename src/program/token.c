/* switchhook token: mint one access token, without a server. */
#include <stdio.h>

#include "app/minting.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "internal.h"

static const char usage[] = "switchhook token --identity NAME [--ttl SECONDS] [--env-file FILE]";

static int print_token(const struct config *config, const char *identity, int64_t ttl_s)
{
    auto_arena struct arena *arena = arena_create();
    struct minted_token minted;
    struct error err = {0};
    int64_t now_ms = wall_clock_now_ms(wall_clock_real());
    if (mint_token(config, identity, ttl_s, now_ms, arena, &minted, &err) < 0) {
        (void)fprintf(stderr, "switchhook: no token: %s\n", err.message);
        return EXIT_BAD_CONFIGURATION;
    }
    (void)puts(minted.token);
    return EXIT_OK;
}

int program_token(int argc, char **argv)
{
    const char *identity = NULL;
    const char *ttl = NULL;
    const char *env_file = NULL;
    int64_t ttl_s = 0;
    const struct argument known[] = {
        {"--identity", &identity, NULL},
        {"--ttl",      &ttl,      NULL},
        {"--env-file", &env_file, NULL},
    };
    if (arguments_read(argc, argv, known, ARRAY_LEN(known), usage) < 0)
        return EXIT_BAD_CONFIGURATION;
    if (text_is_empty(identity) || (ttl != NULL && !text_to_int64(ttl, 60, 86400, &ttl_s))) {
        (void)fprintf(
            stderr,
            "switchhook: --identity is needed, and --ttl is 60 to 86400 seconds\nusage: %s\n",
            usage);
        return EXIT_BAD_CONFIGURATION;
    }
    struct config *config = configuration_load(env_file, CONFIG_FOR_TOKEN);
    if (config == NULL)
        return EXIT_BAD_CONFIGURATION;
    int status = print_token(config, identity, ttl_s);
    config_free(config);
    return status;
}
