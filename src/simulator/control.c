/* The control API: routing, and the requests that change something. */
#include "control_request.h"

#include <string.h>

#include "core/text.h"
#include "device.h"
#include "faults.h"
#include "leg.h"
#include "pending.h"
#include "script.h"

enum { LIST_MAX = 1000 };

int control_refuse(struct control *control, int status, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    const char *message = arena_vprintf(control->arena, format, values);
    va_end(values);
    control->reply.status = status;
    control->reply.json = json_pack("{s:s}", "error", message);
    return -1;
}

int control_answer(struct control *control, int status, json_t *json)
{
    control->reply.status = status;
    control->reply.json = json;
    return 0;
}

const char *control_member(const struct control *control, const char *name, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(control->body, name));
    return text ? text : otherwise;
}

/* ---- scripts and faults ---- */

static int script_get(struct sim *sim, struct control *control)
{
    return control_answer(control, 200, json_pack("{s:o}", "rules", rules_json(sim)));
}

static int script_put(struct sim *sim, struct control *control)
{
    struct error err = {0};
    if (rules_load(sim, control->request->body, control->request->body_len, &err) < 0)
        return control_refuse(control, 422, "%s", err.message);
    return script_get(sim, control);
}

static int script_post(struct sim *sim, struct control *control)
{
    struct error err = {0};
    if (rules_add(sim, control->body, &err) < 0)
        return control_refuse(control, 422, "%s", err.message);
    return script_get(sim, control);
}

static int script_delete(struct sim *sim, struct control *control)
{
    rules_clear(sim);
    return script_get(sim, control);
}

static int faults_get(struct sim *sim, struct control *control)
{
    return control_answer(control, 200, json_pack("{s:o}", "faults", faults_json(sim)));
}

static int faults_post(struct sim *sim, struct control *control)
{
    struct error err = {0};
    if (faults_add(sim, control->body, &err) < 0)
        return control_refuse(control, 422, "%s", err.message);
    return faults_get(sim, control);
}

static int faults_delete(struct sim *sim, struct control *control)
{
    faults_clear(sim);
    return faults_get(sim, control);
}

/* ---- the truth ---- */

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
        return control_refuse(control, 422, "limit is 1 to %d", LEGS_MAX);
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
    return control_answer(control, 200, json);
}

static int requests(struct sim *sim, struct control *control)
{
    return control_answer(control, 200, json_pack("{s:o}", "requests", json_copy(sim->requests)));
}

static int warnings(struct sim *sim, struct control *control)
{
    return control_answer(control, 200, json_pack("{s:o}", "warnings", json_copy(sim->warnings)));
}

static int devices(struct sim *sim, struct control *control)
{
    return control_answer(control, 200, json_pack("{s:o}", "devices", devices_json(sim)));
}

static int drop(struct sim *sim, struct control *control)
{
    const char *identity = control_member(control, "identity", "");
    size_t count = devices_break(sim, identity);
    if (count == 0)
        return control_refuse(control, 404, "no browser of '%s' is connected", identity);
    return control_answer(control, 200, json_pack("{s:I}", "dropped", (json_int_t)count));
}

static int health(struct sim *sim, struct control *control)
{
    json_t *json = control_summary(sim);
    json_object_set_new(json, "status", json_string("ok"));
    json_object_set_new(json, "account_sid", json_string(sim->settings->account_sid));
    return control_answer(control, 200, json);
}

static int reset(struct sim *sim, struct control *control)
{
    world_reset(sim);
    return control_answer(control, 200, control_summary(sim));
}

/* ---- waiting ---- */

static int add_number(struct control *control, json_t *condition, const char *name)
{
    int64_t number = 0;
    const char *text = fields_get(control->request->query, name);
    if (text == NULL)
        return 0;
    if (!text_to_int64(text, 0, INT32_MAX, &number))
        return control_refuse(control, 422, "%s is a number", name);
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
    return control_refuse(control, 422, "no status '%s'", text);
}

static int wait_for(struct sim *sim, struct control *control)
{
    static const char *const texts[] = {"call_sid", "to", "from", "registered"};
    static const char *const numbers[] = {"calls_ended", "legs_ended", "requests",
                                          "recordings_completed", "recordings_downloaded"};
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
        return control_refuse(control, 422,
                              "wait for what? calls_ended, legs_ended, requests, "
                              "recordings_completed, recordings_downloaded, call_sid, to, "
                              "from, status, registered");
    control->wait_for = json_incref(condition);
    return 0;
}

static int idle(struct sim *sim, struct control *control)
{
    (void)sim;
    control->wait_for = json_pack("{s:b}", "idle", 1);
    return 0;
}

/* ---- routing ---- */

static const struct {
    const char *method;
    const char *path;
    control_fn *handle;
} routes[] = {
    {"POST",   "/sim/inbound",    control_inbound   },
    {"POST",   "/sim/browser",    control_browser   },
    {"POST",   "/sim/hangup",     control_hangup    },
    {"POST",   "/sim/answer",     control_pick_up   },
    {"POST",   "/sim/press",      control_press     },
    {"GET",    "/sim/script",     script_get        },
    {"PUT",    "/sim/script",     script_put        },
    {"POST",   "/sim/script",     script_post       },
    {"DELETE", "/sim/script",     script_delete     },
    {"GET",    "/sim/faults",     faults_get        },
    {"POST",   "/sim/faults",     faults_post       },
    {"DELETE", "/sim/faults",     faults_delete     },
    {"GET",    "/sim/calls",      calls             },
    {"GET",    "/sim/recordings", control_recordings},
    {"GET",    "/sim/media",      control_media_get },
    {"PUT",    "/sim/media",      control_media_put },
    {"GET",    "/sim/requests",   requests          },
    {"GET",    "/sim/devices",    devices           },
    {"POST",   "/sim/drop",       drop              },
    {"GET",    "/sim/warnings",   warnings          },
    {"GET",    "/sim/wait",       wait_for          },
    {"GET",    "/sim/idle",       idle              },
    {"GET",    "/sim/health",     health            },
    {"POST",   "/sim/reset",      reset             },
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
    return control_refuse(control, known ? 405 : 404, "no %s %s", control->request->method,
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
        return control_refuse(control, 400, "line %d, column %d: %s", why.line, why.column,
                              why.text);
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
