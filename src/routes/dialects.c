#include "routes/dialects.h"

#include "core/text.h"
#include "tables.h"

enum { TABLES_MAX = 4 };

/*
 * Which tables make a dialect. The quickstarts' GET /token is the native row, whose answer has all that they read.
 */
static const struct route_table *const tables[][TABLES_MAX] = {
    [CONFIG_DIALECT_KIN] = {&kin_routes,            &shared_voice_routes, &shared_status_routes},
    [CONFIG_DIALECT_VOIP_DASHBOARD] = {&voip_dashboard_routes},
    [CONFIG_DIALECT_KENNEX] = {&kennex_routes},
    [CONFIG_DIALECT_KIN_SDK] = {&kin_sdk_routes,         &shared_voice_routes, &shared_status_routes},
    [CONFIG_DIALECT_ASAH] = {&asah_routes       },
    [CONFIG_DIALECT_QUICKSTART] = {&shared_voice_routes},
};

const struct route_table *const *dialect_tables(enum config_dialect dialect)
{
    return tables[dialect];
}

static bool is_there(const struct route_mount *mounts,
                     size_t count,
                     const struct route_table *table,
                     const char *prefix)
{
    for (size_t i = 0; i < count; i++) {
        if (mounts[i].table == table && text_equal(mounts[i].prefix, prefix))
            return true;
    }
    return false;
}

size_t dialect_mounts(const struct config *config, struct route_mount out[DIALECT_MOUNTS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        const char *word = config_dialect_text((enum config_dialect)i);
        const char *prefix = pair_list_get(&config->server.dialect_prefixes, word);
        if (!config_has_dialect(config, (enum config_dialect)i))
            continue;
        for (size_t t = 0; t < TABLES_MAX && tables[i][t] != NULL; t++) {
            if (is_there(out, count, tables[i][t], prefix))
                continue;
            ASSERT(count < DIALECT_MOUNTS_MAX);
            out[count++] = (struct route_mount){tables[i][t], prefix};
        }
    }
    return count;
}
