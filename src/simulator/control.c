/* The control API: routing, and the requests that change something. */
#include "control.h"

#include <string.h>

#include "core/text.h"
#include "execute.h"
#include "faults.h"
#include "gather.h"
#include "leg.h"
#include "pending.h"
#include "script.h"

enum { LIST_MAX = 1000 };

/* One request being answered. */
struct control {
    const struct sim_request *request;
    struct arena *arena;
    json_t *body;     /* NULL if there is none */
    json_t *wait_for; /* set by a handler that wants to wait instead of answering */
    struct sim_reply reply;
};

static int refuse(struct control *control, int status, const char *format, ...) PRINTF_LIKE(3, 4);

static int refuse(struct control *control, int status, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    const char *message = arena_vprintf(control->arena, format, values);
    va_end(values);
    control->reply.status = status;
    control->reply.json = json_pack("{s:s}", "error", message);
    return -1;
}

static int answer(struct control *control, int status, json_t *json)
{
    control->reply.status = status;
    control->reply.json = json;
    return 0;
}

static const char *member(const struct control *control, const char *name, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(control->body, name));
    return text ? text : otherwise;
}

/* ---- people who call
 * --------------------------------------------------------------------------------------- */

static int take_script(struct control *control, struct leg *leg)
{
    leg->script = script_default;
    leg->script.hangup_after_ms = -1; /* a caller stays until the call is over */
    const json_t *given = json_object_get(control->body, "script");
    struct error err = {0};
    if (given && script_read(given, leg->arena, &leg->script, &err) < 0)
        return refuse(control, 422, "%s", err.message);
    return 0;
}

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

static void on_gives_up(struct sim *sim, void *context)
{
    leg_person_hangs_up(sim, context);
}

/* The leg calls in, with its line's instructions. */
static int
call_in(struct sim *sim, struct control *control, struct leg *leg, const struct line *line)
{
    take_line(line, leg);
    if (take_script(control, leg) < 0) {
        leg_forget(sim, leg);
        return -1;
    }
    if (leg->script.gives_up_after_ms >= 0)
        timer_arm(&sim->timers, &leg->hang, sim->now.sim_ms + leg->script.gives_up_after_ms,
                  on_gives_up, leg);
    leg->started = sim->now;
    leg->was_started = true;
    leg_note(sim, leg, "calls", "asks %s", line->voice_url);
    run_start(sim, leg);
    return answer(control, 201, control_leg_json(sim, leg));
}

static int inbound(struct sim *sim, struct control *control)
{
    if (sim->settings->number_count == 0)
        return refuse(control, 409, "the simulator owns no number");
    const char *from = member(control, "from", "+14155550100");
    const char *to = member(control, "to", sim->numbers[0].number);
    struct line *number = world_find_number(sim, to);
    if (number == NULL)
        return refuse(control, 404, "%s is not a number of this account", to);
    const struct line *line = *number->application_sid ? &sim->app : number;
    if (*line->voice_url == '\0')
        return refuse(control, 409, "%s has no voice URL", to);
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
            return refuse(control, 422, "params.%s is no text", name);
        if (strcmp(name, "To") != 0)
            fields_add(&leg->custom, leg->arena, arena_strdup(leg->arena, name),
                       arena_strdup(leg->arena, json_string_value(value)));
    }
    return 0;
}

static int browser(struct sim *sim, struct control *control)
{
    const char *identity = member(control, "identity", "");
    if (*identity == '\0')
        return refuse(control, 422, "who calls? identity is missing");
    if (*sim->app.voice_url == '\0')
        return refuse(control, 409, "the application has no voice URL");
    const json_t *params = json_object_get(control->body, "params");
    const char *to = json_string_value(json_object_get(params, "To"));
    struct leg *leg =
        leg_create(sim, LEG_INBOUND, arena_printf(control->arena, "client:%s", identity),
                   to ? to : member(control, "to", ""), NULL);
    leg->application_sid = arena_strdup(leg->arena, sim->app.sid);
    if (take_parameters(control, leg) < 0) {
        leg_forget(sim, leg);
        return -1;
    }
    return call_in(sim, control, leg, &sim->app);
}

/* ---- what people do
 * ---------------------------------------------------------------------------------------- */

static struct leg *find_leg(struct sim *sim, struct control *control)
{
    const char *sid = member(control, "call_sid", "");
    struct leg *leg = leg_find(sim, sid);
    if (leg == NULL)
        refuse(control, 404, "no call %s", sid);
    return leg;
}

static int hangup(struct sim *sim, struct control *control)
{
    struct leg *leg = find_leg(sim, control);
    if (leg == NULL)
        return -1;
    leg_person_hangs_up(sim, leg);
    return answer(control, 200, control_leg_json(sim, leg));
}

static int pick_up(struct sim *sim, struct control *control)
{
    struct leg *leg = find_leg(sim, control);
    if (leg == NULL)
        return -1;
    if (leg->direction == LEG_INBOUND || leg_is_over(leg) || leg->was_answered)
        return refuse(control, 409, "%s does not ring", leg->sid);
    leg_pick_up(sim, leg);
    return answer(control, 200, control_leg_json(sim, leg));
}

static int press(struct sim *sim, struct control *control)
{
    struct leg *leg = find_leg(sim, control);
    if (leg == NULL)
        return -1;
    const char *digits = member(control, "digits", NULL);
    const char *words = member(control, "says", NULL);
    bool heard = false;
    if (digits)
        heard = gather_press(sim, leg, digits);
    else if (words)
        heard = gather_say(sim, leg, words);
    else
        return refuse(control, 422, "digits or says is missing");
    if (!heard)
        return refuse(control, 409, "%s does not listen for that", leg->sid);
    return answer(control, 200, control_leg_json(sim, leg));
}

/* ---- scripts and faults
 * ------------------------------------------------------------------------------------ */

static int script_get(struct sim *sim, struct control *control)
{
    return answer(control, 200, json_pack("{s:o}", "rules", rules_json(sim)));
}

static int script_put(struct sim *sim, struct control *control)
{
    struct error err = {0};
    if (rules_load(sim, control->request->body, control->request->body_len, &err) < 0)
        return refuse(control, 422, "%s", err.message);
    return script_get(sim, control);
}

static int script_post(struct sim *sim, struct control *control)
{
    struct error err = {0};
    if (rules_add(sim, control->body, &err) < 0)
        return refuse(control, 422, "%s", err.message);
    return script_get(sim, control);
}

static int script_delete(struct sim *sim, struct control *control)
{
    rules_clear(sim);
    return script_get(sim, control);
}

static int faults_get(struct sim *sim, struct control *control)
{
    return answer(control, 200, json_pack("{s:o}", "faults", faults_json(sim)));
}

static int faults_post(struct sim *sim, struct control *control)
{
    struct error err = {0};
    if (faults_add(sim, control->body, &err) < 0)
        return refuse(control, 422, "%s", err.message);
    return faults_get(sim, control);
}

static int faults_delete(struct sim *sim, struct control *control)
{
    faults_clear(sim);
    return faults_get(sim, control);
}

/* ---- the truth
 * --------------------------------------------------------------------------------------------- */

static bool wanted(const struct control *control, const char *name, const char *is)
{
    const char *text = fields_get(control->request->query, name);
    return text_is_empty(text) || strcmp(text, is) == 0;
}

static int calls(struct sim *sim, struct control *control)
{
    int64_t limit = LIST_MAX;
    const char *given = fields_get(control->request->query, "limit");
    if (given && !text_to_int64(given, 1, LEGS_MAX, &limit))
        return refuse(control, 422, "limit is 1 to %d", LEGS_MAX);
    json_t *list = json_array();
    bool more = false;
    for (const struct leg *leg = sim->first; leg; leg = leg->next) {
        if (!wanted(control, "call_sid", leg->sid) || !wanted(control, "to", leg->to) ||
            !wanted(control, "from", leg->from) ||
            !wanted(control, "direction", leg_direction_text(leg->direction)) ||
            !wanted(control, "parent_call_sid", leg->parent ? leg->parent->sid : ""))
            continue;
        more = (int64_t)json_array_size(list) >= limit;
        if (more)
            break;
        json_array_append_new(list, control_leg_json(sim, leg));
    }
    json_t *json = control_summary(sim);
    json_object_set_new(json, "calls", list);
    json_object_set_new(json, "more", json_boolean(more));
    return answer(control, 200, json);
}

static int requests(struct sim *sim, struct control *control)
{
    return answer(control, 200, json_pack("{s:o}", "requests", json_copy(sim->requests)));
}

static int warnings(struct sim *sim, struct control *control)
{
    return answer(control, 200, json_pack("{s:o}", "warnings", json_copy(sim->warnings)));
}

static int health(struct sim *sim, struct control *control)
{
    json_t *json = control_summary(sim);
    json_object_set_new(json, "status", json_string("ok"));
    json_object_set_new(json, "account_sid", json_string(sim->settings->account_sid));
    return answer(control, 200, json);
}

static int reset(struct sim *sim, struct control *control)
{
    world_reset(sim);
    return answer(control, 200, control_summary(sim));
}

/* ---- waiting
 * -----------------------------------------------------------------------------------------------
 */

static int add_number(struct control *control, json_t *condition, const char *name)
{
    int64_t number = 0;
    const char *text = fields_get(control->request->query, name);
    if (text == NULL)
        return 0;
    if (!text_to_int64(text, 0, INT32_MAX, &number))
        return refuse(control, 422, "%s is a number", name);
    return json_object_set_new(condition, name, json_integer(number));
}

static int add_status(struct control *control, json_t *condition)
{
    const char *text = fields_get(control->request->query, "status");
    if (text == NULL)
        return 0;
    for (enum leg_status status = LEG_QUEUED; status <= LEG_CANCELED; status++)
        if (strcmp(leg_status_text(status), text) == 0) {
            if (status > LEG_COMPLETED)
                status = LEG_COMPLETED; /* over is over: the answer tells how */
            return json_object_set_new(condition, "status_rank", json_integer(status));
        }
    return refuse(control, 422, "no status '%s'", text);
}

static int wait_for(struct sim *sim, struct control *control)
{
    static const char *const texts[] = {"call_sid", "to", "from"};
    static const char *const numbers[] = {"calls_ended", "legs_ended", "requests"};
    (void)sim;
    json_auto_t *condition = json_object();
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        const char *text = fields_get(control->request->query, texts[i]);
        if (text)
            json_object_set_new(condition, texts[i], json_string(text));
    }
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        if (add_number(control, condition, numbers[i]) < 0)
            return -1;
    if (add_status(control, condition) < 0)
        return -1;
    if (json_object_size(condition) == 0)
        return refuse(
            control, 422,
            "wait for what? calls_ended, legs_ended, requests, call_sid, to, from, status");
    control->wait_for = json_incref(condition);
    return 0;
}

static int idle(struct sim *sim, struct control *control)
{
    (void)sim;
    control->wait_for = json_pack("{s:b}", "idle", 1);
    return 0;
}

/* ---- routing
 * -----------------------------------------------------------------------------------------------
 */

static const struct {
    const char *method;
    const char *path;
    int (*handle)(struct sim *sim, struct control *control);
} routes[] = {
    {"POST",   "/sim/inbound",  inbound      },
    {"POST",   "/sim/browser",  browser      },
    {"POST",   "/sim/hangup",   hangup       },
    {"POST",   "/sim/answer",   pick_up      },
    {"POST",   "/sim/press",    press        },
    {"GET",    "/sim/script",   script_get   },
    {"PUT",    "/sim/script",   script_put   },
    {"POST",   "/sim/script",   script_post  },
    {"DELETE", "/sim/script",   script_delete},
    {"GET",    "/sim/faults",   faults_get   },
    {"POST",   "/sim/faults",   faults_post  },
    {"DELETE", "/sim/faults",   faults_delete},
    {"GET",    "/sim/calls",    calls        },
    {"GET",    "/sim/requests", requests     },
    {"GET",    "/sim/warnings", warnings     },
    {"GET",    "/sim/wait",     wait_for     },
    {"GET",    "/sim/idle",     idle         },
    {"GET",    "/sim/health",   health       },
    {"POST",   "/sim/reset",    reset        },
};

static int dispatch(struct sim *sim, struct control *control)
{
    bool known = false;
    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        if (strcmp(routes[i].path, control->request->path) != 0)
            continue;
        known = true;
        if (strcmp(routes[i].method, control->request->method) == 0)
            return routes[i].handle(sim, control);
    }
    return refuse(control, known ? 405 : 404, "no %s %s", control->request->method,
                  control->request->path);
}

static int read_body(struct control *control)
{
    const struct sim_request *request = control->request;
    json_error_t why;
    if (request->body_len == 0) {
        control->body = json_object();
        return 0;
    }
    control->body = json_loadb(request->body, request->body_len, JSON_REJECT_DUPLICATES, &why);
    if (control->body == NULL)
        return refuse(control, 400, "line %d, column %d: %s", why.line, why.column, why.text);
    return 0;
}

void control_handle(struct sim *sim,
                    const struct sim_request *request,
                    sim_reply_fn *reply,
                    void *context)
{
    auto_arena struct arena *arena = arena_create();
    struct control control = {.request = request, .arena = arena};
    if (read_body(&control) == 0)
        dispatch(sim, &control);
    json_decref(control.body);
    if (control.wait_for)
        pending_wait(sim, control.wait_for, reply, context);
    else
        reply(context, &control.reply);
}
