/* KIN's SDK guide: hooks at the root, in the words of kin.c. */
#include "tables.h"

static const struct dialect dialect_kin_sdk = {"kin-sdk", dialect_render_error, &kin_shape};

static const struct route rows[] = {
    FACT("/webhook/*", &dialect_kin_sdk, any_fact, &doc_any_ok),
    FACT("/call-status", &dialect_kin_sdk, status_fact, &doc_status_ok),
    FACT("/taskrouter-events", &dialect_kin_sdk, any_fact, &doc_taskrouter_ok),
    FACT("/taskrouter", &dialect_kin_sdk, any_fact, &doc_taskrouter_ok),
};

const struct route_table kin_sdk_routes = {"kin-sdk", rows, ARRAY_LEN(rows)};
