/* The Calls resource but for its creation: list, fetch, update, delete. */
#include <string.h>

#include "core/text.h"
#include "dial.h"
#include "execute.h"
#include "leg.h"
#include "rest.h"
#include "rest_check.h"
#include "rest_form.h"

enum {
    SIP_OK = 200,
    SIP_CANCELED = 487,
    WRONG_STATE = 21220,
    STILL_RUNNING = 20009,
    NOT_FOUND = 20404,
    NOTHING_TO_DO = 20001,
};

/* ---- one call ---- */

/* Twilio's list and fetch may lag behind what was created. */
static bool is_seen(const struct sim *sim, const struct rest *rest, const struct leg *leg)
{
    return rest->unseen_ms == 0 || since_ms(sim, leg->created) >= rest->unseen_ms;
}

static struct leg *find(struct sim *sim, struct rest *rest)
{
    struct leg *leg = leg_find(sim, rest->sid);
    if (leg && !is_seen(sim, rest, leg))
        leg = NULL;
    if (leg == NULL)
        rest_refuse(rest, 404, NOT_FOUND, "The requested resource %s was not found",
                    rest->request->path);
    return leg;
}

int rest_calls_fetch(struct sim *sim, struct rest *rest)
{
    const struct leg *leg = find(sim, rest);
    return leg ? rest_answer(rest, 200, rest_call_json(sim, leg)) : -1;
}

int rest_calls_delete(struct sim *sim, struct rest *rest)
{
    struct leg *leg = find(sim, rest);
    if (leg == NULL)
        return -1;
    if (!leg_is_over(leg))
        return rest_refuse(rest, 409, STILL_RUNNING, "Call %s is not over", leg->sid);
    leg_forget(sim, leg);
    return rest_answer(rest, 204, NULL);
}

static int update_status(struct sim *sim, struct rest *rest, struct leg *leg)
{
    const char *status = form_value(rest, "Status");
    if (*status == '\0')
        return 0;
    bool cancel = strcmp(status, "canceled") == 0;
    if (cancel && leg->status == LEG_IN_PROGRESS)
        return rest_refuse(rest, 400, WRONG_STATE, "Call %s is in progress and cannot be canceled",
                           leg->sid);
    leg_note(sim, leg, "REST", "Status=%s", status);
    if (leg->status == LEG_IN_PROGRESS)
        leg_end(sim, leg, LEG_COMPLETED, SIP_OK);
    else
        leg_end(sim, leg, LEG_CANCELED, SIP_CANCELED);
    return 0;
}

static int update_instructions(struct sim *sim, struct rest *rest, struct leg *leg)
{
    const char *url = form_value(rest, "Url");
    const char *twiml = form_value(rest, "Twiml");
    if (*url == '\0' && *twiml == '\0')
        return 0;
    if (leg->status != LEG_IN_PROGRESS && leg->direction != LEG_INBOUND)
        return rest_refuse(rest, 400, WRONG_STATE, "Call %s is not in-progress. Cannot redirect.",
                           leg->sid);
    leg_note(sim, leg, "REST", "redirected to %s", *url ? url : "new TwiML");
    leg->instructions.url = keep_text(leg, url);
    leg->instructions.method = arena_strdup(leg->arena, or_post(form_value(rest, "Method")));
    leg->instructions.twiml = *url ? NULL : keep_text(leg, twiml);
    dial_drop(sim, leg);
    if (leg->member_of)
        dial_member_leaves(sim, leg);
    run_stop(sim, leg);
    run_start(sim, leg);
    return 0;
}

static void update_rest(struct rest *rest, struct leg *leg)
{
    leg->time_limit_ms = seconds_or(rest, "TimeLimit", leg->time_limit_ms);
    if (*form_value(rest, "FallbackUrl"))
        leg->instructions.fallback_url = keep_text(leg, form_value(rest, "FallbackUrl"));
    if (*form_value(rest, "FallbackMethod"))
        leg->instructions.fallback_method = keep_text(leg, form_value(rest, "FallbackMethod"));
    else if (leg->instructions.fallback_method == NULL)
        leg->instructions.fallback_method = "POST";
    if (*form_value(rest, "StatusCallback") == '\0')
        return;
    leg->status_callback = (struct subscription){
        .url = keep_text(leg, form_value(rest, "StatusCallback")),
        .method = arena_strdup(leg->arena, or_post(form_value(rest, "StatusCallbackMethod"))),
        .events = EVENT_COMPLETED,
        .progress = true,
    };
}

int rest_calls_update(struct sim *sim, struct rest *rest)
{
    struct leg *leg = find(sim, rest);
    if (leg == NULL || rest_check_update(sim, rest) < 0)
        return -1;
    if (rest->request->form->count == 0)
        return rest_refuse(rest, 400, NOTHING_TO_DO, "Nothing to update");
    if (leg_is_over(leg))
        return rest_refuse(rest, 400, WRONG_STATE, "Call %s is not in-progress. Cannot redirect.",
                           leg->sid);
    update_rest(rest, leg);
    if (update_instructions(sim, rest, leg) < 0 || update_status(sim, rest, leg) < 0)
        return -1;
    return rest_answer(rest, 200, rest_call_json(sim, leg));
}

/* ---- list ---- */

static bool text_matches(const struct fields *query, const char *name, const char *is)
{
    const char *wanted = fields_get(query, name);
    return text_is_empty(wanted) || strcmp(wanted, is) == 0;
}

/* `Name`: within that day or second; `Name>`: from its beginning on; `Name<`: until its end. */
static bool time_matches(
    const struct fields *query, struct arena *arena, const char *name, bool known, int64_t is_ms)
{
    static const char *const operators[] = {"", ">", "<"};
    for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
        int64_t from_ms = 0;
        int64_t until_ms = 0;
        const char *wanted = fields_get(query, arena_printf(arena, "%s%s", name, operators[i]));
        if (text_is_empty(wanted) || !rest_day_or_time(wanted, &from_ms, &until_ms))
            continue;
        if (!known || (i != 2 && is_ms < from_ms) || (i != 1 && is_ms >= until_ms))
            return false;
    }
    return true;
}

static bool listed(const struct rest *rest, const struct leg *leg)
{
    const struct fields *query = rest->request->query;
    int64_t started = leg->was_answered ? leg->answered_at.wall_ms : leg->created.wall_ms;
    return text_matches(query, "To", leg->to) && text_matches(query, "From", leg->from) &&
           text_matches(query, "ParentCallSid", leg->parent ? leg->parent->sid : "") &&
           text_matches(query, "Status", leg_rest_status(leg)) &&
           time_matches(query, rest->arena, "StartTime", true, started) &&
           time_matches(query, rest->arena, "EndTime", leg_is_over(leg), leg->ended_at.wall_ms);
}

int rest_calls_list(struct sim *sim, struct rest *rest)
{
    if (rest_check_list(sim, rest) < 0)
        return -1;
    json_t *all = json_array();
    for (const struct leg *leg = sim->last; leg; leg = leg->previous)
        if (is_seen(sim, rest, leg) && listed(rest, leg))
            json_array_append_new(all, rest_call_json(sim, leg));
    return rest_list(sim, rest, "Calls", "calls", all);
}
