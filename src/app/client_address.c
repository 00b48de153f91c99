#include "app/client_address.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/macros.h"

_Static_assert((int)CLIENT_GROUP_BYTES >= INET6_ADDRSTRLEN, "every address fits");

void client_group(const char *address, char out[CLIENT_GROUP_BYTES])
{
    enum { MAPPED_BYTES = 12, NETWORK_BYTES = 8 };
    unsigned char bytes[16];
    const char *text = NULL;
    out[0] = '\0';
    if (address == NULL)
        return;
    if (inet_pton(AF_INET, address, bytes) == 1)
        text = inet_ntop(AF_INET, bytes, out, CLIENT_GROUP_BYTES);
    else if (inet_pton(AF_INET6, address, bytes) != 1)
        return;
    else if (IN6_IS_ADDR_V4MAPPED((struct in6_addr *)(void *)bytes))
        text = inet_ntop(AF_INET, bytes + MAPPED_BYTES, out, CLIENT_GROUP_BYTES);
    else {
        memset(bytes + NETWORK_BYTES, 0, sizeof bytes - NETWORK_BYTES);
        text = inet_ntop(AF_INET6, bytes, out, CLIENT_GROUP_BYTES);
    }
    ASSERT(text != NULL); /* there is room for every address */
}
