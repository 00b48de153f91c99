/* Making and ending it; what it does is in s3_request.c, s3_upload.c and s3_download.c. */
#include "storage/s3.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/lock.h"
#include "core/text.h"
#include "core/xmalloc.h"
#include "crypto/compare.h"
#include "s3_parts.h"

enum {
    CONNECTION_AGE_MS = 15 * 1000,  /* stores close idle ones after 20 s and less */
    ANSWER_BYTES_MAX = 1024 * 1024, /* a window, or a page of a list */
    QUEUE_MAX = 64,
    LABEL_BYTES = 32,
    HTTP_PORT = 80,
    HTTPS_PORT = 443,
};

static void register_metrics(struct s3 *s3, struct metrics *metrics)
{
    static const char *const outcomes[S3_OUTCOMES] = {"done", "refused", "failed"};
    static const char help[] = "Requests to the S3-compatible store; what failed is tried again.";
    if (metrics == NULL)
        metrics = s3->own_metrics = metrics_create();
    for (size_t i = 0; i < S3_OUTCOMES; i++) {
        char label[LABEL_BYTES];
        (void)snprintf(label, sizeof label, "outcome=\"%s\"", outcomes[i]);
        s3->outcomes[i] =
            metrics_counter(metrics, "switchhook_object_store_requests_total", label, help);
    }
    s3->seconds =
        metrics_histogram(metrics, "switchhook_object_store_request_seconds", "",
                          "Requests to the S3-compatible store, waiting for a place included.",
                          metrics_latency_bounds, metrics_latency_bounds_count);
}

static void copy_texts(struct s3 *s3)
{
    struct s3_settings *with = &s3->with;
    const char **texts[] = {&with->host, &with->region, &with->bucket, &with->prefix};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        *texts[i] = arena_strdup(s3->arena, *texts[i]);
}

/* curl leaves the port out of Host if it is the scheme's own, and Host is signed. */
static void make_addresses(struct s3 *s3)
{
    const struct s3_settings *with = &s3->with;
    const bool in_name = with->style == S3_STYLE_HOST;
    const bool v6 = strchr(with->host, ':') != NULL;
    const char *port = with->port == (with->https ? HTTPS_PORT : HTTP_PORT)
                           ? ""
                           : arena_printf(s3->arena, ":%u", with->port);
    s3->host = arena_printf(s3->arena, "%s%s%s%s%s%s", in_name ? with->bucket : "",
                            in_name ? "." : "", v6 ? "[" : "", with->host, v6 ? "]" : "", port);
    s3->origin = arena_printf(s3->arena, "%s://%s", with->https ? "https" : "http", s3->host);
    s3->base_path = in_name ? "" : arena_printf(s3->arena, "/%s", with->bucket);
}

static int make_net(struct s3 *s3, struct error *err)
{
    const struct net_settings settings = {
        .user_agent = s3->with.user_agent,
        .ca_file = s3->with.ca_file,
        .connect_timeout_ms = s3->with.connect_timeout_ms,
        .total_timeout_ms = s3->with.timeout_ms,
        .in_flight_max = s3->with.in_flight_max,
        .queue_max = QUEUE_MAX,
        .reply_max_bytes = ANSWER_BYTES_MAX,
        .connection_age_max_ms = CONNECTION_AGE_MS,
    };
    return net_create(&settings, NULL, &s3->net, err);
}

/* Secrets do not live in the arena: they are wiped. */
static void forget(char **text)
{
    if (*text != NULL)
        secret_wipe(*text, strlen(*text));
    free(steal(text));
}

static void replace(char **text, const char *with)
{
    forget(text);
    *text = text_is_empty(with) ? NULL : xstrdup(with);
}

void s3_use(struct s3 *s3, const struct s3_credentials *credentials)
{
    auto_unlock pthread_mutex_t *held = lock(&s3->mutex);
    replace(&s3->access_key_id, credentials->access_key_id);
    replace(&s3->secret_access_key, credentials->secret_access_key);
    replace(&s3->session_token, credentials->session_token);
}

int s3_create(const struct s3_settings *settings,
              struct metrics *metrics,
              struct s3 **out,
              struct error *err)
{
    pthread_condattr_t attributes;
    struct s3 *s3 = xcalloc(1, sizeof *s3);
    ASSERT(settings->part_bytes >= S3_PART_BYTES_MIN && settings->part_bytes <= S3_PART_BYTES_MAX);
    *s3 =
        (struct s3){.with = *settings, .arena = arena_create(), .mutex = PTHREAD_MUTEX_INITIALIZER};
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&s3->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    s3->started_ms = wall_clock_now_ms(settings->clock);
    copy_texts(s3);
    s3_use(s3, &settings->credentials);
    make_addresses(s3);
    register_metrics(s3, metrics);
    if (make_net(s3, err) < 0) {
        s3_free(s3);
        return -1;
    }
    *out = s3;
    return 0;
}

void s3_stop(struct s3 *s3)
{
    if (s3 == NULL)
        return;
    {
        auto_unlock pthread_mutex_t *held = lock(&s3->mutex);
        s3->stopping = true;
        (void)pthread_cond_broadcast(&s3->changed);
    }
    net_stop(s3->net);
}

void s3_free(struct s3 *s3)
{
    if (s3 == NULL)
        return;
    net_free(s3->net);
    forget(&s3->access_key_id);
    forget(&s3->secret_access_key);
    forget(&s3->session_token);
    arena_free(s3->arena);
    metrics_free(s3->own_metrics);
    (void)pthread_cond_destroy(&s3->changed);
    (void)pthread_mutex_destroy(&s3->mutex);
    free(s3);
}

/* ---- the backend --------------------------------------------------------------------------------------------- */

static int no_bound(void *context, int64_t *out, struct error *err)
{
    (void)context;
    (void)err;
    *out = INT64_MAX;
    return 0;
}

static void destroy(void *context)
{
    s3_free(context);
}

static const struct storage_backend backend = {
    .name = "s3",
    .begin = s3_begin,
    .write = s3_write,
    .commit = s3_commit,
    .abort = s3_abort,
    .open = s3_open,
    .read = s3_read,
    .close = s3_close,
    .remove = s3_remove,
    .free_bytes = no_bound,
    .sweep = s3_sweep,
    .destroy = destroy,
};

struct storage *s3_storage(struct s3 *s3)
{
    return storage_create(&backend, s3);
}
