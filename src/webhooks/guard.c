/*
 * Twilio is authenticated by its signature over the public URL as Twilio called it: the configured base, or the origin
 * of an explicit hook URL, and the raw request target. Forwarded headers are not asked.
 */
#include <string.h>

#include "app/caller.h"
#include "app/open_door.h"
#include "core/log.h"
#include "core/text.h"
#include "http/body.h"
#include "twilio/signature.h"
#include "webhooks/webhooks.h"

#include "app/app.h"

/* A wrong URL in the configuration fails every request: explain it, but not a thousand times a second. */
enum { EXPLAIN_EVERY_MS = 5000 };

static const struct caller twilio = {.kind = CALLER_TWILIO, .owner = "twilio", .name = "twilio"};

static bool is_hook(const struct config_url *hook, const char *path)
{
    if (hook->text == NULL)
        return false;
    size_t len = strcspn(hook->path, "?");
    return strlen(path) == len && strncmp(hook->path, path, len) == 0;
}

/* An explicit hook URL may have another origin than the base. */
static const char *base_of(const struct app *app, const struct request *request)
{
    const struct config_hooks *hooks = &app->config->hooks;
    const struct config_url *const explicit[] = {&hooks->voice, &hooks->status, &hooks->recording,
                                                 &hooks->taskrouter};
    for (size_t i = 0; i < ARRAY_LEN(explicit); i++) {
        if (is_hook(explicit[i], request -> path))
            return explicit[i] -> origin;
    }
    return hooks->base.text;
}

/* The operator is told which reading would have matched; the caller never is. */
static void explain(struct app *app,
                    const struct request *request,
                    const struct signed_request *signed_request,
                    const char *header)
{
    int64_t now = app_now_ms(app);
    int64_t last = atomic_load(&app->mismatch_logged_ms);
    if (now - last < EXPLAIN_EVERY_MS ||
        !atomic_compare_exchange_strong(&app->mismatch_logged_ms, &last, now)) {
        atomic_fetch_add(&app->mismatches_unlogged, 1);
        return;
    }
    int64_t unlogged = atomic_exchange(&app->mismatches_unlogged, 0);
    struct signature_hints hints = {
        .host = request_header(request, "Host"),
        .forwarded_host = request_header(request, "X-Forwarded-Host"),
        .forwarded_proto = request_header(request, "X-Forwarded-Proto"),
    };
    struct signature_diagnosis diagnosis;
    if (text_is_empty(header))
        log_warning("signature.missing", LOG_TEXT("req", request->id),
                    LOG_PHONE("path", request->path), LOG_TEXT("client", request->client),
                    LOG_INT("unlogged", unlogged));
    else if (signature_diagnose(app->signature_keys, signed_request, header, &hints, request->arena,
                                &diagnosis))
        log_warning("signature.misconfigured", LOG_TEXT("req", request->id),
                    LOG_PHONE("path", request->path),
                    LOG_TEXT("expected_base", signed_request->base),
                    LOG_TEXT("matching_base", diagnosis.base), LOG_TEXT("hint", diagnosis.hint),
                    LOG_TEXT("client", request->client), LOG_INT("unlogged", unlogged));
    else
        log_warning("signature.mismatch", LOG_TEXT("req", request->id),
                    LOG_PHONE("path", request->path),
                    LOG_TEXT("expected_base", signed_request->base),
                    LOG_TEXT("hint", "no configured auth token signs this at any address tried"),
                    LOG_TEXT("client", request->client), LOG_INT("unlogged", unlogged));
}

static int check_signature(struct app *app, struct request *request, struct error *err)
{
    struct signed_request signed_request = {
        .base = base_of(app, request),
        .target = request->target,
        .fields = &request->form,
        .media_type = request->media_type,
        .body = request->body,
        .body_len = request->body_len,
    };
    const char *header = request_header(request, "X-Twilio-Signature");
    struct signature_match match;
    if (signature_check(app->signature_keys, &signed_request, header, request->arena, &match, err) <
        0) {
        metric_add(app->count.signature_refused, 1);
        explain(app, request, &signed_request, header);
        return -1;
    }
    metric_add(match.token == 0 ? app->count.signature_primary : app->count.signature_secondary, 1);
    return 0;
}

/* The row's limit is the most that could be configured; this is what is. */
static int check_length(const struct app *app, int64_t bytes, struct error *err)
{
    size_t most = app->config->server.body_max_bytes;
    if (bytes <= (int64_t)most)
        return 0;
    return error_set(err, ERROR_TOO_LARGE, "the body may have %zu bytes", most);
}

/* Refused before it is sent, where its length is announced. */
static int guard_head(struct app *app, struct request *request, struct error *err)
{
    int64_t length;
    const char *announced = request_header(request, "Content-Length");
    if (announced == NULL || !text_to_int64(announced, 0, INT64_MAX, &length))
        return 0;
    return check_length(app, length, err);
}

static int guard_body(struct app *app, struct request *request, struct error *err)
{
    bool open = app->config->access.signature == CONFIG_SIGNATURE_OFF;
    if (check_length(app, (int64_t)request->body_len, err) < 0)
        return -1;
    if (open ? open_door_check(request, err) : check_signature(app, request, err))
        return -1;
    request->caller = &twilio;
    return request_form_of_json(request,
                                err); /* covered by bodySHA256, else it would not be here */
}

const struct guard guard_twilio = {"twilio", guard_head, guard_body};
