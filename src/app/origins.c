#include "app/origins.h"

#include <stdio.h>
#include <string.h>

#include "core/text.h"

bool origin_is_listed(const struct config *config, const char *origin)
{
    return !text_is_empty(origin) && text_list_has(&config->server.cors_origins, origin);
}

bool origin_is_own(const struct config *config, const char *origin)
{
    enum { ORIGIN_BYTES = 300, PORT_HTTPS = 443, PORT_HTTP = 80 };
    const struct config_url *base = &config->hooks.base;
    if (text_is_empty(origin) || base->text == NULL)
        return false;
    char own[ORIGIN_BYTES];
    bool v6 = strchr(base->host, ':') != NULL;
    bool usual = base->port == (base->https ? PORT_HTTPS : PORT_HTTP);
    char port[8] = "";
    if (!usual)
        (void)snprintf(port, sizeof port, ":%u", (unsigned)base->port);
    int len = snprintf(own, sizeof own, "%s://%s%s%s%s", base->https ? "https" : "http",
                       v6 ? "[" : "", base->host, v6 ? "]" : "", port);
    return len > 0 && (size_t)len < sizeof own && text_equal(own, origin);
}
