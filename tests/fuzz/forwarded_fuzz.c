/*
 * Any bytes as the headers of a proxy: whatever they say, the client is the peer or an address, and it is the same again
 * when it is asked about itself. The first byte says which header is read, line breaks divide its lines.
 */
#include <arpa/inet.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "app/client_address.h"
#include "core/macros.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct config_network networks[] = {
    {AF_INET,  {127},                                8 },
    {AF_INET,  {10},                                 8 },
    {AF_INET6, {0x20, 0x01, 0x0d, 0xb8, 0xff, 0xff}, 48},
};

static void add_lines(struct fields *headers, struct arena *arena, const char *name, char *text)
{
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
        fields_add(headers, arena, name, line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct network_list proxies = {networks, ARRAY_LEN(networks), true};
    if (size == 0)
        return 0;
    enum config_forwarded header =
        data[0] % 2 == 0 ? CONFIG_FORWARDED_FORWARDED : CONFIG_FORWARDED_X_FORWARDED_FOR;
    auto_arena struct arena *arena = arena_create();
    struct fields headers = {0};
    add_lines(&headers, arena,
              header == CONFIG_FORWARDED_FORWARDED ? "Forwarded" : "X-Forwarded-For",
              arena_copy(arena, data + 1, size - 1));

    const char *client = client_address(&proxies, header, "unix", &headers, arena);
    unsigned char bytes[16];
    char group[CLIENT_GROUP_BYTES];
    bool is_address =
        inet_pton(AF_INET, client, bytes) == 1 || inet_pton(AF_INET6, client, bytes) == 1;
    client_group(client, group);
    ASSERT(is_address || strcmp(client, "unix") == 0);
    ASSERT(is_address == (group[0] != '\0'));
    ASSERT(client_address(&proxies, header, "192.0.2.1", &headers, arena)[0] == '1');
    char again[CLIENT_GROUP_BYTES];
    client_group(group, again);
    ASSERT(strcmp(group, again) == 0);
    return 0;
}
