#include "media_storage.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/log.h"
#include "core/text.h"
#include "core/xmalloc.h"
#include "storage/directory.h"
#include "storage/s3.h"
#include "storage/sealed.h"

struct media_storage {
    struct storage *storage; /* with encryption before it */
    struct sealed *sealed;   /* the same */
    struct s3 *s3;           /* behind it, or NULL: a directory */
    pthread_t sweeper;
    bool sweeping;
};

/* ---- from the configuration ---------------------------------------------------------------------------------- */

int media_storage_keys(const struct config *config, struct seal_keys **out, struct error *err)
{
    struct error problem = {0};
    const char *text = secret_reveal(&config->storage.keys);
    *out = NULL;
    if (text == NULL)
        return 0;
    *out = seal_keys_create(text, &problem);
    return *out != NULL
               ? 0
               : error_set(err, ERROR_INVALID, "SWITCHHOOK_STORAGE_KEYS: %s", problem.message);
}

static enum sealed_plain plain_of(const struct config *config)
{
    return config->storage.unsealed == CONFIG_UNSEALED_READ ? SEALED_PLAIN_READ
                                                            : SEALED_PLAIN_REFUSED;
}

static struct s3_credentials credentials_of(const struct config_s3 *s3)
{
    return (struct s3_credentials){
        .access_key_id = secret_reveal(&s3->access_key_id),
        .secret_access_key = secret_reveal(&s3->secret_access_key),
        .session_token = secret_reveal(&s3->session_token),
    };
}

/* "" or ending with a slash, so that no object of ours is taken for one of a prefix that goes on differently. */
static const char *prefix_of(const struct config_s3 *s3, struct arena *arena)
{
    const size_t len = s3->prefix == NULL ? 0 : strlen(s3->prefix);
    if (len == 0)
        return "";
    return s3->prefix[len - 1] == '/' ? s3->prefix : arena_printf(arena, "%s/", s3->prefix);
}

static int open_s3(const struct config_s3 *from,
                   struct metrics *metrics,
                   const struct wall_clock *clock,
                   struct s3 **out,
                   struct error *err)
{
    auto_arena struct arena *arena = arena_create();
    const struct s3_settings settings = {
        .host = from->endpoint.host,
        .port = from->endpoint.port,
        .https = from->endpoint.https,
        .region = from->region,
        .bucket = from->bucket,
        .prefix = prefix_of(from, arena),
        .style = from->style == CONFIG_S3_HOST ? S3_STYLE_HOST : S3_STYLE_PATH,
        .credentials = credentials_of(from),
        .ca_file = from->ca_file,
        .user_agent = "switchhook/" SWITCHHOOK_VERSION,
        .part_bytes = from->part_bytes,
        .in_flight_max = from->connections,
        .attempts = from->attempts,
        .retry_ms = from->retry_ms,
        .connect_timeout_ms = from->connect_timeout_ms,
        .timeout_ms = from->timeout_ms,
        .clock = clock,
    };
    return s3_create(&settings, metrics, out, err);
}

static int open_inner(const struct config *config,
                      struct metrics *metrics,
                      const struct wall_clock *clock,
                      struct media_storage *media,
                      struct storage **out,
                      struct error *err)
{
    struct error problem = {0};
    if (config->storage.kind == CONFIG_STORAGE_S3) {
        if (open_s3(&config->storage.s3, metrics, clock, &media->s3, &problem) < 0)
            return error_set(err, problem.kind, "SWITCHHOOK_STORAGE=s3: %s", problem.message);
        *out = s3_storage(media->s3);
        return 0;
    }
    if (storage_directory_open(config->storage.directory, out, &problem) == 0)
        return 0;
    return error_set(err, problem.kind, "SWITCHHOOK_STORAGE_DIRECTORY: %s", problem.message);
}

int media_storage_create(const struct config *config,
                         struct metrics *metrics,
                         const struct wall_clock *clock,
                         struct media_storage **out,
                         struct error *err)
{
    struct seal_keys *keys = NULL;
    struct storage *inner = NULL;
    if (media_storage_keys(config, &keys, err) < 0)
        return -1;
    struct media_storage *media = xcalloc(1, sizeof *media);
    if (open_inner(config, metrics, clock, media, &inner, err) < 0) {
        seal_keys_free(keys);
        free(media);
        return -1;
    }
    media->sealed = sealed_create(inner, keys, plain_of(config));
    media->storage = sealed_storage(media->sealed);
    *out = media;
    return 0;
}

struct storage *media_storage_door(struct media_storage *media)
{
    return media->storage;
}

/* ---- while it is used ---------------------------------------------------------------------------------------- */

static void *sweep(void *context)
{
    struct media_storage *media = context;
    int64_t removed = 0;
    struct error err = {0};
    if (storage_sweep(media->storage, &removed, &err) < 0)
        log_warning("storage.unswept", LOG_TEXT("error", err.message));
    else if (removed > 0)
        log_info("storage.swept", LOG_INT("removed", removed));
    return NULL;
}

int media_storage_start(struct media_storage *media, struct error *err)
{
    if (pthread_create(&media->sweeper, NULL, sweep, media) != 0)
        return error_set(err, ERROR_UNAVAILABLE, "no thread left for the storage");
    media->sweeping = true;
    return 0;
}

void media_storage_use(struct media_storage *media,
                       const struct config *config,
                       struct seal_keys *keys)
{
    sealed_use(media->sealed, keys, plain_of(config));
    if (media->s3 == NULL)
        return;
    const struct s3_credentials credentials = credentials_of(&config->storage.s3);
    s3_use(media->s3, &credentials);
}

void media_storage_stop(struct media_storage *media)
{
    if (media == NULL)
        return;
    s3_stop(media->s3);
    if (media->sweeping)
        (void)pthread_join(media->sweeper, NULL);
    media->sweeping = false;
}

void media_storage_free(struct media_storage *media)
{
    if (media == NULL)
        return;
    media_storage_stop(media);
    storage_free(media->storage);
    free(media);
}
