#include "app/open_door.h"

#include <string.h>

#include "core/text.h"

static const char *const traces[] = {
    "Forwarded",          "Via",
    "X-Forwarded-For",    "X-Forwarded-Host",
    "X-Forwarded-Proto",  "X-Forwarded-Port",
    "X-Forwarded-Server", "X-Real-IP",
};

/* 127.0.0.0/8 as dotted numbers and nothing else: "127.0.0.1.evil.example" is a name. */
static bool is_loopback_v4(const char *host, size_t len)
{
    if (len < strlen("127.0.0.0") || strncmp(host, "127.", 4) != 0)
        return false;
    return strspn(host, "0123456789.") == len;
}

static bool is_loopback_host(const char *host)
{
    if (host[0] == '[')
        return strcmp(host, "[::1]") == 0 || strncmp(host, "[::1]:", 6) == 0;
    size_t len = strcspn(host, ":");
    bool named = len == strlen("localhost") && strncasecmp(host, "localhost", len) == 0;
    return named || (is_loopback_v4(host, len) && strspn(host, "0123456789.") == len);
}

int open_door_check(const struct request *request, struct error *err)
{
    const char *host = request_header(request, "Host");
    if (host == NULL || !is_loopback_host(host))
        return error_set(err, ERROR_FORBIDDEN,
                         "this server is open, so it answers only at a loopback address");
    for (size_t i = 0; i < ARRAY_LEN(traces); i++) {
        if (request_header(request, traces[i]) != NULL)
            return error_set(err, ERROR_FORBIDDEN,
                             "this server is open, so it answers nobody behind a proxy (%s)",
                             traces[i]);
    }
    return 0;
}
