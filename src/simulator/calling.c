/* How a call that comes in begins: with its line's instructions. */
#include "calling.h"

#include "execute.h"
#include "leg.h"

static void take_line(const struct line *line, struct leg *leg)
{
    struct arena *arena = leg->arena;
    leg->instructions = (struct instructions){
        .url = arena_strdup(arena, line->voice_url),
        .method = arena_strdup(arena, line->voice_method),
        .fallback_url = *line->fallback_url ? arena_strdup(arena, line->fallback_url) : NULL,
        .fallback_method = arena_strdup(arena, line->fallback_method),
    };
    leg->status_callback = (struct subscription){
        .url = *line->status_url ? arena_strdup(arena, line->status_url) : NULL,
        .method = arena_strdup(arena, line->status_method),
        .events = EVENT_COMPLETED,
        .progress = false,
    };
}

struct leg *calling_browser(struct sim *sim, const char *identity, const char *to)
{
    auto_arena struct arena *arena = arena_create();
    struct leg *leg =
        leg_create(sim, LEG_INBOUND, arena_printf(arena, "client:%s", identity), to, NULL);
    leg->application_sid = arena_strdup(leg->arena, sim->app.sid);
    return leg;
}

static void on_gives_up(struct sim *sim, void *context)
{
    leg_person_hangs_up(sim, context);
}

void calling_start(struct sim *sim, struct leg *leg, const struct line *line)
{
    take_line(line, leg);
    if (leg->script.gives_up_after_ms >= 0)
        timer_arm(&sim->timers, &leg->hang, sim->now.sim_ms + leg->script.gives_up_after_ms,
                  on_gives_up, leg);
    leg->started = sim->now;
    leg_note(sim, leg, "calls", "asks %s", line->voice_url);
    run_start(sim, leg);
}
