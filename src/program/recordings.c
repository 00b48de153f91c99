/*
 * What fetches recordings into the storage.
 */
#include "recordings.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "core/xmalloc.h"
#include "internal.h"

enum { STALL_BYTES = 16 * 1024 };

struct recordings {
    struct net *net; /* of its own, so that downloads take no place from calls */
    struct media *media;
};

/* A redirect of Twilio's leads to a public address. One of a simulator's leads to this machine. */
static const struct net_addresses *redirects_of(const struct config *config)
{
    static const struct net_network loopback[] = {
        {.family = AF_INET,  .address = {127},      .prefix_bits = 8  },
        {.family = AF_INET6, .address = {[15] = 1}, .prefix_bits = 128},
    };
    static const struct net_addresses here = {loopback, ARRAY_LEN(loopback)};
    static const struct net_addresses public_alone = {NULL, 0};
    return config->twilio.api_base_url.loopback ? &here : &public_alone;
}

static struct media_settings settings_of(const struct config *config)
{
    const struct config_recordings *with = &config->recordings;
    return (struct media_settings){
        .format = with->format == CONFIG_AUDIO_MP3 ? AUDIO_MP3 : AUDIO_WAV,
        .mono = with->channels == CONFIG_CHANNELS_MONO,
        .bytes_max = (int64_t)with->bytes_max,
        .timeout_ms = with->timeout_ms,
        .stall_ms = with->stall_ms,
        .stall_bytes = STALL_BYTES,
        .ready_ms = with->ready_ms,
        .ready_max_ms = with->ready_max_ms,
        .ready_within_ms = with->ready_within_ms,
        .reserve_bytes = (int64_t)with->reserve_bytes,
        .room_check_ms = with->room_check_ms,
        .redirects = redirects_of(config),
    };
}

static int open_net(const struct config *config, struct net **out, struct error *err)
{
    struct net_settings settings = configuration_net(config);
    settings.in_flight_max = config->jobs.media.workers;
    settings.queue_max = config->jobs.media.workers;
    settings.total_timeout_ms = config->recordings.timeout_ms;
    return net_create(&settings, NULL, out, err);
}

int recordings_create(const struct config *config,
                      struct app *app,
                      struct recordings **out,
                      struct error *err)
{
    if (!config->recordings.fetch)
        return 0;
    struct recordings *recordings = *out = xcalloc(1, sizeof *recordings);
    const struct media_settings settings = settings_of(config);
    if (open_net(config, &recordings->net, err) < 0)
        return -1;
    recordings->media =
        media_create(&settings, app->storage, recordings->net, app->metrics, app->clock);
    app->media = recordings->media;
    return 0;
}

void recordings_stop(struct recordings *recordings)
{
    if (recordings != NULL)
        net_stop(recordings->net);
}

void recordings_free(struct recordings *recordings)
{
    if (recordings == NULL)
        return;
    media_free(recordings->media);
    net_free(recordings->net);
    free(recordings);
}
