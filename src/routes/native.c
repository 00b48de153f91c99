/*
 * All there is. A new endpoint in five steps:
 *
 *  1. The test: tests/scenarios/ or tests/api/, request in, response out.
 *  2. Rules go into voice/ as a pure function with its own test.
 *  3. New data: a function in include/store/store.h, its contract test, its SQL, a migration if the schema moves.
 *  4. The handler in src/api/<resource>.c and its row in that file's table, with guard, limit and documentation.
 *  5. A line in docs/api.md. A new resource also adds one line here.
 */
#include "routes/routes.h"

#include "api/api.h"
#include "phone/phone.h"
#include "routes/dialects.h"
#include "webhooks/webhooks.h"

static const struct route_table *const public_tables[] = {
    &api_token_routes,
    &api_call_routes,
    &api_voicemail_routes,
    &api_transcript_routes,
    &api_event_routes,
    &api_openapi_routes,
    &api_audit_routes,
    &webhooks_twiml_routes,
    &webhooks_status_routes,
    &webhooks_recording_routes,
    &webhooks_transcription_routes,
    &api_job_routes,
    &phone_routes,
    &api_sound_routes,
    &api_recording_routes,
    &api_subscription_routes,
    &api_delivery_routes,
};

static const struct route_table *const admin_tables[] = {
    &api_health_routes,
};

int routes_public(const struct config *config, struct router **out, struct error *err)
{
    struct route_mount mounts[ARRAY_LEN(public_tables) + DIALECT_MOUNTS_MAX];
    size_t count = 0;
    for (; count < ARRAY_LEN(public_tables); count++)
        mounts[count] = (struct route_mount){.table = public_tables[count]};
    count += dialect_mounts(config, mounts + count);
    return router_create_mounted(mounts, count, out, err);
}

int routes_admin(struct router **out, struct error *err)
{
    return router_create(admin_tables, ARRAY_LEN(admin_tables), out, err);
}
