/* The people of the control API: who calls, hangs up, answers, presses keys. */
#include <string.h>

#include "calling.h"
#include "control_request.h"
#include "gather.h"
#include "leg.h"
#include "record.h"
#include "script.h"

/* ---- people who call ---- */

static int take_script(struct control *control, struct leg *leg)
{
    leg->script = script_caller;
    const json_t *given = json_object_get(control->body, "script");
    struct error err = {0};
    if (given && script_read(given, leg->arena, &leg->script, &err) < 0)
        return control_refuse(control, 422, "%s", err.message);
    return 0;
}

/* The leg calls in, with its line's instructions. */
static int
call_in(struct sim *sim, struct control *control, struct leg *leg, const struct line *line)
{
    if (take_script(control, leg) < 0) {
        leg_forget(sim, leg);
        return -1;
    }
    calling_start(sim, leg, line);
    return control_answer(control, 201, control_leg_json(sim, leg));
}

int control_inbound(struct sim *sim, struct control *control)
{
    if (sim->settings->number_count == 0)
        return control_refuse(control, 409, "the simulator owns no number");
    const char *from = control_member(control, "from", "+14155550100");
    const char *to = control_member(control, "to", sim->numbers[0].number);
    struct line *number = world_find_number(sim, to);
    if (number == NULL)
        return control_refuse(control, 404, "%s is not a number of this account", to);
    const struct line *line = *number->application_sid ? &sim->app : number;
    if (*line->voice_url == '\0')
        return control_refuse(control, 409, "%s has no voice URL", to);
    struct leg *leg = leg_create(sim, LEG_INBOUND, from, to, NULL);
    leg->phone_number_sid = arena_strdup(leg->arena, number->sid);
    if (line == &sim->app)
        leg->application_sid = arena_strdup(leg->arena, line->sid);
    return call_in(sim, control, leg, line);
}

static int take_parameters(struct control *control, struct leg *leg)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(json_object_get(control->body, "params"), name, value)
    {
        if (!json_is_string(value))
            return control_refuse(control, 422, "params.%s is no text", name);
        if (strcmp(name, "To") != 0)
            fields_add(&leg->custom, leg->arena, arena_strdup(leg->arena, name),
                       arena_strdup(leg->arena, json_string_value(value)));
    }
    return 0;
}

int control_browser(struct sim *sim, struct control *control)
{
    const char *identity = control_member(control, "identity", "");
    if (*identity == '\0')
        return control_refuse(control, 422, "who calls? identity is missing");
    if (*sim->app.voice_url == '\0')
        return control_refuse(control, 409, "the application has no voice URL");
    const json_t *params = json_object_get(control->body, "params");
    const char *to = json_string_value(json_object_get(params, "To"));
    struct leg *leg = calling_browser(sim, identity, to ? to : control_member(control, "to", ""));
    if (take_parameters(control, leg) < 0) {
        leg_forget(sim, leg);
        return -1;
    }
    return call_in(sim, control, leg, &sim->app);
}

/* ---- what people do ---- */

static struct leg *find_leg(struct sim *sim, struct control *control)
{
    const char *sid = control_member(control, "call_sid", "");
    struct leg *leg = leg_find(sim, sid);
    if (leg == NULL)
        control_refuse(control, 404, "no call %s", sid);
    return leg;
}

int control_hangup(struct sim *sim, struct control *control)
{
    struct leg *leg = find_leg(sim, control);
    if (leg == NULL)
        return -1;
    leg_person_hangs_up(sim, leg);
    return control_answer(control, 200, control_leg_json(sim, leg));
}

int control_pick_up(struct sim *sim, struct control *control)
{
    struct leg *leg = find_leg(sim, control);
    if (leg == NULL)
        return -1;
    if (leg->direction == LEG_INBOUND || leg_is_over(leg) || leg->was_answered)
        return control_refuse(control, 409, "%s does not ring", leg->sid);
    if (leg->browsers)
        return control_refuse(control, 409, "%s rings in a browser: answer it there", leg->sid);
    leg_pick_up(sim, leg);
    return control_answer(control, 200, control_leg_json(sim, leg));
}

int control_press(struct sim *sim, struct control *control)
{
    struct leg *leg = find_leg(sim, control);
    if (leg == NULL)
        return -1;
    const char *digits = control_member(control, "digits", NULL);
    const char *words = control_member(control, "says", NULL);
    bool heard = false;
    if (digits)
        heard = gather_press(sim, leg, digits) || record_press(sim, leg, digits);
    else if (words)
        heard = gather_say(sim, leg, words);
    else
        return control_refuse(control, 422, "digits or says is missing");
    if (!heard)
        return control_refuse(control, 409, "%s does not listen for that", leg->sid);
    return control_answer(control, 200, control_leg_json(sim, leg));
}
