/*
 * For operators, on a listener of their own, so that a full house can still be observed. Twilio being out of reach is
 * reported in the metrics; it never makes us unready.
 */
#include "api/api.h"
#include "app/app.h"
#include "app/hand_over.h"
#include "core/buf.h"
#include "http/response.h"

enum { READY_DEADLINE_MS = 3000, METRICS_BYTES_MAX = 4 * 1024 * 1024 };

static int
health_get(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)app;
    (void)err;
    response_json(request, response, 200,
                  json_pack("{s:s, s:s}", "status", "ok", "version", SWITCHHOOK_VERSION));
    return 0;
}

static int ready_apply(struct store_tx *tx, void *work, struct arena *arena, struct error *err)
{
    (void)work;
    (void)arena;
    return store_touch(tx, err);
}

/* Recordings wait for room; calls do not, so it is told and makes nobody unready. */
static const char *recordings_word(const struct app *app)
{
    if (app->media == NULL)
        return "left-at-twilio";
    return media_is_paused(app->media) ? "no-room" : "fetched";
}

static int
ready_reply(struct app *app, struct request *request, struct response *response, struct error *err)
{
    struct error cause = {0};
    int64_t free_bytes;
    if (hand_over_result(request, &cause) < 0)
        return error_set(err, ERROR_UNAVAILABLE, "the store cannot write: %s", cause.message);
    if (store_free_bytes(app->store, &free_bytes, err) < 0)
        return -1;
    if (free_bytes < (int64_t)app->config->store.min_free_bytes)
        return error_set(err, ERROR_UNAVAILABLE, "the disk has only %lld bytes left",
                         (long long)free_bytes);
    response_json(request, response, 200,
                  json_pack("{s:s, s:I, s:s}", "status", "ready", "free_bytes",
                            (json_int_t)free_bytes, "recordings", recordings_word(app)));
    return 0;
}

static int
ready_get(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)response;
    struct hand_over what = {
        .apply = ready_apply, .reply = ready_reply, .deadline_ms = READY_DEADLINE_MS};
    return hand_over(app, request, &what, err);
}

static int
metrics_get(struct app *app, struct request *request, struct response *response, struct error *err)
{
    auto_buf struct buf out;
    buf_init(&out, METRICS_BYTES_MAX);
    if (metrics_render(app->metrics, &out) < 0)
        return error_set(err, ERROR_INTERNAL, "the metrics do not fit into %d bytes",
                         METRICS_BYTES_MAX);
    const char *text = arena_copy(request->arena, out.data, out.len);
    response_body(response, 200, "text/plain; version=0.0.4; charset=utf-8", text, out.len);
    return 0;
}

/* clang-format off */
static const struct route rows[] = {
    {HTTP_GET, "/healthz", &guard_open, 0, NULL, health_get,  NULL},
    {HTTP_GET, "/readyz",  &guard_open, 0, NULL, ready_get,   NULL},
    {HTTP_GET, "/metrics", &guard_open, 0, NULL, metrics_get, NULL},
};
/* clang-format on */

const struct route_table api_health_routes = {"api/health", rows, ARRAY_LEN(rows)};
