/* The world as a whole: how it begins, goes on and is forgotten. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"
#include "core/random.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "core/xmalloc.h"
#include "delivery.h"
#include "device.h"
#include "faults.h"
#include "leg.h"
#include "pending.h"
#include "recording.h"
#include "rest.h"
#include "script.h"

/* splitmix64 (Steele, Lea, Flood 2014): small, and the same for the same seed everywhere. */
static uint64_t next_random(struct sim *sim)
{
    sim->random += 0x9e3779b97f4a7c15U;
    uint64_t z = sim->random;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

uint64_t world_random(struct sim *sim, uint64_t below)
{
    return next_random(sim) % below;
}

void world_sid(struct sim *sim, const char *prefix, char out[SID_BYTES])
{
    (void)snprintf(out, SID_BYTES, "%.2s%016llx%016llx", prefix,
                   (unsigned long long)next_random(sim), (unsigned long long)next_random(sim));
}

void world_uuid(struct sim *sim, char out[37])
{
    uint64_t a = next_random(sim);
    uint64_t b = next_random(sim);
    (void)snprintf(out, 37, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(a >> 32),
                   (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff),
                   (unsigned)(0x8000 | (b >> 48 & 0x3fff)),
                   (unsigned long long)(b & 0xffffffffffffU));
}

struct line *world_find_number(struct sim *sim, const char *number)
{
    for (unsigned i = 0; i < sim->settings->number_count; i++)
        if (strcmp(sim->numbers[i].number, number) == 0)
            return &sim->numbers[i];
    return NULL;
}

bool world_may_call_from(const struct sim *sim, const char *number)
{
    for (unsigned i = 0; i < sim->settings->number_count; i++)
        if (strcmp(sim->settings->numbers[i], number) == 0)
            return true;
    for (unsigned i = 0; i < sim->settings->verified_count; i++)
        if (strcmp(sim->settings->verified[i], number) == 0)
            return true;
    return false;
}

void world_stamp(const struct sim *sim, struct sim_time time, json_t *object)
{
    char text[TIME_TEXT_BYTES];
    time_to_rfc3339(time.wall_ms, text);
    json_object_set_new(object, "at_ms", json_integer(time.sim_ms - sim->started.sim_ms));
    json_object_set_new(object, "at", json_string(text));
}

/* ---- lines ---- */

static void line_init(const struct sim *sim, struct line *line, const char *voice_url)
{
    const struct sim_settings *settings = sim->settings;
    line->voice_url = xstrdup(voice_url);
    line->voice_method = xstrdup(settings->voice_method);
    line->fallback_url = xstrdup(settings->fallback_url);
    line->fallback_method = xstrdup("POST");
    line->status_url = xstrdup(settings->status_url);
    line->status_method = xstrdup(settings->status_method);
    line->application_sid = xstrdup("");
    line->updated_ms = sim->now.wall_ms;
}

static void line_release(struct line *line)
{
    free(line->number);
    free(line->friendly_name);
    free(line->voice_url);
    free(line->voice_method);
    free(line->fallback_url);
    free(line->fallback_method);
    free(line->status_url);
    free(line->status_method);
    free(line->application_sid);
    *line = (struct line){0};
}

static void make_lines(struct sim *sim)
{
    const struct sim_settings *settings = sim->settings;
    line_init(sim, &sim->app, settings->voice_url);
    sim->app.friendly_name = xstrdup("Simulated application");
    (void)snprintf(sim->app.sid, SID_BYTES, "%s", settings->app_sid);
    const char *inbound = *settings->inbound_url ? settings->inbound_url : settings->voice_url;
    for (unsigned i = 0; i < settings->number_count; i++) {
        struct line *line = &sim->numbers[i];
        line_init(sim, line, inbound);
        line->number = xstrdup(settings->numbers[i]);
        line->friendly_name = xstrdup(settings->numbers[i]);
        (void)snprintf(line->sid, SID_BYTES, "PN%032x", i + 1);
    }
}

static void release_lines(struct sim *sim)
{
    line_release(&sim->app);
    for (unsigned i = 0; i < sim->settings->number_count; i++)
        line_release(&sim->numbers[i]);
}

/* ---- the world ---- */

static void set_media(struct sim *sim)
{
    sim->media = (struct media_setup){.delay_ms = sim->settings->media_delay_ms,
                                      .max_s = sim->settings->media_max_s,
                                      .sound_s = -1};
}

struct sim *
sim_create(const struct sim_settings *settings, const struct sim_ports *ports, struct sim_time now)
{
    struct sim *sim = xcalloc(1, sizeof(*sim));
    sim->settings = settings;
    sim->ports = *ports;
    sim->now = now;
    sim->started = now;
    sim->random = settings->seed ? settings->seed : random_u64();
    sdp_secrets_make(&sim->sdp_secrets);
    sim->requests = json_array();
    sim->warnings = json_array();
    sim->api_base = xstrdup(settings->api_base);
    set_media(sim);
    make_lines(sim);
    return sim;
}

static void forget_everything(struct sim *sim)
{
    pending_answer_all(sim);
    while (sim->last)
        leg_forget(sim, sim->last);
    recordings_forget_all(sim); /* verbs look at them until their leg is forgotten */
    rules_clear(sim);
    faults_clear(sim);
    json_array_clear(sim->requests);
    json_array_clear(sim->warnings);
    sim->calls_ended = 0;
    sim->legs_ended = 0;
    sim->queue_free_ms = 0;
}

void world_reset(struct sim *sim)
{
    forget_everything(sim);
    release_lines(sim);
    make_lines(sim);
    set_media(sim);
}

void sim_free(struct sim *sim)
{
    if (sim == NULL)
        return;
    forget_everything(sim);
    devices_free(sim);
    deliveries_free_orphans(sim);
    release_lines(sim);
    timers_release(&sim->timers);
    timers_release(&sim->real_timers);
    json_decref(sim->requests);
    json_decref(sim->warnings);
    free(sim->api_base);
    free(sim);
}

static void at(struct sim *sim, struct sim_time now)
{
    ASSERT(now.sim_ms >= sim->now.sim_ms && now.real_ms >= sim->now.real_ms);
    sim->now = now;
}

static bool fire_due(struct sim *sim, struct timers *timers, int64_t now_ms)
{
    bool something = false;
    for (struct timer *timer = timers_take_due(timers, now_ms); timer;
         timer = timers_take_due(timers, now_ms)) {
        timer->fire(sim, timer->context);
        something = true;
    }
    return something;
}

void sim_advance(struct sim *sim, struct sim_time now)
{
    at(sim, now);
    bool real = fire_due(sim, &sim->real_timers, now.real_ms);
    if (fire_due(sim, &sim->timers, now.sim_ms) || real)
        world_wake(sim);
}

static bool next_due(const struct timers *timers, int64_t *due_ms)
{
    const struct timer *first = timers_first(timers);
    if (first)
        *due_ms = first->due_ms;
    return first != NULL;
}

bool sim_next_due(const struct sim *sim, int64_t *sim_ms)
{
    return next_due(&sim->timers, sim_ms);
}

size_t sim_browser_calls(const struct sim *sim)
{
    return sim->device_call_count;
}

bool sim_next_real_due(const struct sim *sim, int64_t *real_ms)
{
    return next_due(&sim->real_timers, real_ms);
}

bool sim_at_rest(const struct sim *sim)
{
    return sim->delivering == 0 && sim->timers.count == sim->timers.guards;
}

size_t sim_in_flight(const struct sim *sim)
{
    return sim->in_flight;
}

void sim_answered(struct sim *sim,
                  struct sim_time now,
                  struct delivery *delivery,
                  const struct sim_answer *answer)
{
    at(sim, now);
    delivery_answered(sim, delivery, answer);
    world_wake(sim);
}

void sim_handle(struct sim *sim,
                struct sim_time now,
                const struct sim_request *request,
                sim_reply_fn *reply,
                void *context)
{
    at(sim, now);
    if (text_starts_with(request->path, "/sim/"))
        control_handle(sim, request, reply, context);
    else
        rest_handle(sim, request, reply, context);
    world_wake(sim);
}

struct device *sim_connected(struct sim *sim, struct sim_time now, void *peer)
{
    at(sim, now);
    return device_create(sim, peer);
}

void sim_heard(
    struct sim *sim, struct sim_time now, struct device *device, const char *text, size_t len)
{
    at(sim, now);
    device_heard(sim, device, text, len);
    world_wake(sim);
}

void sim_disconnected(struct sim *sim,
                      struct sim_time now,
                      struct device *device,
                      enum sim_goodbye goodbye)
{
    at(sim, now);
    device_gone(sim, device, goodbye == SIM_PAGE_LEFT);
    world_wake(sim);
}

void sim_downloaded(struct sim *sim,
                    struct sim_time now,
                    const struct sim_media *media,
                    uint64_t bytes)
{
    at(sim, now);
    recording_downloaded(sim, media, bytes);
    world_wake(sim);
}

void sim_serve_at(struct sim *sim, const char *base)
{
    free(sim->api_base);
    sim->api_base = xstrdup(base);
}

void sim_give_up(struct sim *sim, struct sim_time now, const void *context)
{
    at(sim, now);
    pending_give_up(sim, context);
}

int sim_load_script(struct sim *sim, const char *text, size_t len, struct error *err)
{
    return rules_load(sim, text, len, err);
}
