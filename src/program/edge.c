#include "edge.h"

#include <string.h>

#include "app/app.h"
#include "app/audit.h"
#include "app/client_address.h"
#include "app/cors.h"
#include "app/limits.h"
#include "app/security_headers.h"
#include "core/log.h"

/* ---- before routing -------------------------------------------------------------------------------------------- */

/* Said once: rates by address do nothing then, and the audit log names the proxy. */
static void tell_hidden(struct app *app, const struct request *request)
{
    bool told = false;
    if (client_is_hidden(app->config, request) &&
        atomic_compare_exchange_strong(&app->hidden_logged, &told, true))
        log_warning("proxy.unlisted", LOG_TEXT("req", request->id), LOG_TEXT("peer", request->peer),
                    LOG_TEXT("hint", "name it in SWITCHHOOK_TRUSTED_PROXIES"));
}

static int find_client(struct app *app, struct request *request, struct error *err)
{
    (void)err;
    const struct config_server *server = &app->config->server;
    request->client = client_address(&server->trusted_proxies, server->forwarded, request->peer,
                                     &request->headers, request->arena);
    tell_hidden(app, request);
    return 0;
}

/* ---- refusals --------------------------------------------------------------------------------------------------- */

static bool has_credentials(const struct request *request)
{
    static const char *const names[] = {"Authorization", "X-API-Key", "Cookie"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (request_header(request, names[i]) != NULL)
            return true;
    return false;
}

/* Which refusals people ask about later; false for all others. */
static bool action_of(const struct request *request, enum error_kind kind, enum audit_action *out)
{
    bool known = request->caller != NULL;
    switch ((int)kind) {
    case ERROR_UNAUTHENTICATED:
    case ERROR_BAD_SIGNATURE:
        *out = AUDIT_AUTH_REFUSED;
        return true;
    case ERROR_FORBIDDEN:
        *out = known ? AUDIT_ACCESS_REFUSED : AUDIT_AUTH_REFUSED;
        return true;
    case ERROR_RATE_LIMITED:
        *out = AUDIT_RATE_REFUSED;
        return request->rates != NULL; /* else it was Twilio's word */
    default:
        return false;
    }
}

static void tell_audit(struct app *app, const struct request *request, const struct error *err)
{
    enum audit_action action;
    if (request->route == NULL || !action_of(request, err->kind, &action))
        return;
    struct audit_entry entry = audit_of(request, action);
    entry.allowed = false;
    entry.subject = request->route->path;
    entry.reason = error_info(err->kind)->code;
    entry.detail = err->message;
    audit_later(app->audit, app->config, &entry);
}

static void refused(struct app *app, struct request *request, struct error *err)
{
    if (err->kind == ERROR_UNAUTHENTICATED && has_credentials(request))
        limits_take_failure(app, request, err);
    else if (err->kind == ERROR_UNAUTHENTICATED)
        limits_take_stranger(app, request, err);
    tell_audit(app, request, err);
}

/* ---- answers ---------------------------------------------------------------------------------------------------- */

static void finish(struct app *app, const struct request *request, struct response *response)
{
    limits_add_headers(request, response);
    cors_add_headers(app, request, response);
    security_headers_add(app->config, request, response);
}

static void finish_admin(struct app *app, const struct request *request, struct response *response)
{
    security_headers_add(app->config, request, response);
}

void edge_guard_public(struct http_settings *settings)
{
    settings->screen = find_client;
    settings->admit = limits_admit;
    settings->refused = refused;
    settings->finish = finish;
}

void edge_guard_admin(struct http_settings *settings)
{
    settings->screen = NULL;
    settings->admit = NULL;
    settings->refused = NULL;
    settings->finish = finish_admin;
}
