#include "app/app.h"

#include "app/identity.h"
#include "core/random.h"

void app_register_counters(struct app *app)
{
#define X(member, name, labels, help)                                                              \
    app->count.member = metrics_counter(app->metrics, name, labels, help);
    APP_COUNTERS(X)
#undef X
}

struct routing_settings app_routing(const struct config *config)
{
    return (struct routing_settings){
        .default_number = config->twilio.phone_number,
        .inbound_identity = config->calls.inbound_identity,
        .inbound_identities = config->calls.inbound_identities,
        .menu = config->speech.menu,
        .emergency_numbers = config->calls.emergency_numbers,
        .record = config_record_text(config->calls.record),
        .announcement = config->calls.recording_announcement,
        .record_directions = config->calls.record_directions,
        .ring_timeout_s = (int)config->calls.ring_timeout_s,
        .time_limit_s = (int)config->calls.time_limit_s,
        .transcribe = config->transcripts.directions,
        .client_of_identity = client_of_identity,
    };
}

struct silence_settings app_silence(const struct config *config)
{
    return (struct silence_settings){
        .queued_ms = config->jobs.queued_silence_ms,
        .ringing_ms = config->jobs.ringing_silence_ms,
        .in_progress_ms = config->jobs.in_progress_silence_ms,
        .ending_ms = config->jobs.ending_silence_ms,
    };
}

struct hook_settings app_hooks(const struct config *config)
{
    return (struct hook_settings){
        .base = config->hooks.base.text,
        .voice = config->hooks.voice.text,
        .status = config->hooks.status.text,
        .recording = config->hooks.recording.text,
        .overrides = config->hooks.overrides,
    };
}

struct recording_intake app_recording_intake(const struct app *app, int64_t now_ms)
{
    return (struct recording_intake){
        .fetch = app->media != NULL,
        .now_ms = now_ms,
        .unsure_ms = app->config->recordings.ready_ms,
    };
}

int64_t app_new_id(struct app *app, enum resource_kind kind, char *out)
{
    int64_t number = resource_number_next(&app->last_number, app_now_ms(app));
    resource_id_format(kind, number, random_u64(), out);
    return number;
}
