#include "app/cors.h"

#include <string.h>

#include "app/app.h"
#include "app/origins.h"
#include "core/text.h"

/* How long a browser may remember the answer to a preflight. Chromium takes at most two hours. */
static const char preflight_max_age_s[] = "7200";

/* What a page may read beside the body; the fields that every page may read are not named. */
static const char exposed[] = "Location, Retry-After, X-Request-Id, RateLimit, RateLimit-Policy, "
                              "Idempotency-Replayed, WWW-Authenticate, Accept-Ranges, "
                              "Content-Range, Content-Disposition, ETag";

/* What a page may send: ours, and what the usual HTTP clients add by themselves. In lower case, as browsers ask. */
static const char *const request_headers[] = {
    "accept",          "accept-language",   "authorization",
    "cache-control",   "content-language",  "content-type",
    "idempotency-key", "if-modified-since", "if-none-match",
    "if-range",        "last-event-id",     "pragma",
    "range",           "x-api-key",         "x-csrf-token",
    "x-request-id",    "x-requested-with",  "x-xsrf-token",
};

static const enum http_method methods[] = {HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE};

static bool is_twilios(const struct route *row)
{
    return strcmp(row->guard->name, "twilio") == 0;
}

/* Methods of rows for browsers at this address; `*twilios`: there is a row of Twilio's. */
static unsigned methods_here(const struct app *app, const struct request *request, bool *twilios)
{
    unsigned set = 0;
    *twilios = false;
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        const struct route *row = router_find(app->router, request, methods[i]);
        if (row != NULL && is_twilios(row))
            *twilios = true;
        else if (row != NULL)
            set |= methods[i];
    }
    return set;
}

/* Twilio is no browser: its addresses answer no page, whatever goes wrong there. Unknown addresses may say so. */
static bool is_for_browsers(const struct app *app, const struct request *request)
{
    bool twilios = false;
    if (request->route != NULL)
        return !is_twilios(request->route);
    return methods_here(app, request, &twilios) != 0 || !twilios;
}

/* ---- preflights ---- */

static bool is_known_header(const char *name, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(request_headers); i++)
        if (strlen(request_headers[i]) == len && strncasecmp(request_headers[i], name, len) == 0)
            return true;
    return false;
}

/* A comma-separated list (RFC 9110, 5.6.1); NULL is empty. */
static bool are_known_headers(const char *list)
{
    static const char space[] = " \t";
    while (list != NULL && *list != '\0') {
        size_t item = strcspn(list, ",");
        size_t begin = strspn(list, space);
        size_t end = item;
        while (end > begin && strchr(space, list[end - 1]) != NULL)
            end--;
        if (begin < end && !is_known_header(list + begin, end - begin))
            return false;
        list += item + (list[item] == ',');
    }
    return true;
}

static bool is_preflight(const struct request *request)
{
    return request->method == HTTP_OPTIONS &&
           request_header(request, "Access-Control-Request-Method") != NULL;
}

/* Would the request that is announced be taken? If not, the browser is told nothing and does not send it. */
static bool
answer_preflight(const struct app *app, const struct request *request, struct response *response)
{
    bool twilios = false;
    unsigned here = methods_here(app, request, &twilios);
    const char *asked = request_header(request, "Access-Control-Request-Headers");
    enum http_method wanted =
        http_method_of(request_header(request, "Access-Control-Request-Method"));
    if (wanted == HTTP_HEAD)
        wanted = HTTP_GET;
    if (wanted == 0 || (here & wanted) == 0 || !are_known_headers(asked))
        return false;
    response_header(response, "Access-Control-Allow-Methods", router_allow(here, request->arena));
    if (!text_is_empty(asked))
        response_header(response, "Access-Control-Allow-Headers", asked);
    response_header(response, "Access-Control-Max-Age", preflight_max_age_s);
    return true;
}

/* ---- every answer ---- */

void cors_add_headers(const struct app *app,
                      const struct request *request,
                      struct response *response)
{
    const struct config *config = app->config;
    if (config->server.cors_origins.count == 0 || !is_for_browsers(app, request))
        return;
    bool preflight = is_preflight(request);
    response_header(response, "Vary",
                    preflight
                        ? "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
                        : "Origin");
    const char *origin = request_header(request, "Origin");
    if (request_header_count(request, "Origin") != 1 || !origin_is_listed(config, origin))
        return;
    if (preflight && !answer_preflight(app, request, response))
        return;
    response_header(response, "Access-Control-Allow-Origin", origin);
    response_header(response, "Access-Control-Allow-Credentials", "true");
    if (!preflight)
        response_header(response, "Access-Control-Expose-Headers", exposed);
}
