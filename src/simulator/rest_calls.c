/* The Calls resource but for its creation: list, fetch, update, delete. */
#include <string.h>

#include "core/text.h"
#include "dial.h"
#include "execute.h"
#include "leg.h"
#include "rest.h"
#include "rest_check.h"
#include "rest_form.h"
#include "rest_list.h"

enum {
    SIP_OK = 200,
    SIP_CANCELED = 487,
    WRONG_STATE = 21220,
    STILL_RUNNING = 20009,
    NOTHING_TO_DO = 20001,
};

/* ---- one call ---- */

static struct leg *find(struct sim *sim, struct rest *rest)
{
    struct leg *leg = leg_find(sim, rest->sid);
    if (leg && !rest_is_seen(sim, rest, leg->created))
        leg = NULL;
    if (leg == NULL)
        rest_no_such(rest);
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
    if (leg == NULL || rest_check(sim, rest, SHAPE_CALL_UPDATE) < 0)
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

static bool listed(const struct sim *sim, const struct rest *rest, const void *item)
{
    const struct leg *leg = item;
    const struct fields *query = rest->request->query;
    int64_t started = leg->was_answered ? leg->answered_at.wall_ms : leg->created.wall_ms;
    return rest_is_seen(sim, rest, leg->created) && text_matches(query, "To", leg->to) &&
           text_matches(query, "From", leg->from) &&
           text_matches(query, "ParentCallSid", leg->parent ? leg->parent->sid : "") &&
           text_matches(query, "Status", leg_rest_status(leg)) &&
           rest_time_matches(rest, "StartTime", true, started) &&
           rest_time_matches(rest, "EndTime", leg_is_over(leg), leg->ended_at.wall_ms);
}

static const void *newest(const struct sim *sim)
{
    return sim->last;
}

static const void *older(const void *item)
{
    return ((const struct leg *)item)->previous;
}

static const void *find_item(const struct sim *sim, const char *sid)
{
    return leg_find(sim, sid);
}

static const char *sid_of(const void *item)
{
    return ((const struct leg *)item)->sid;
}

static json_t *item_json(const struct sim *sim, const struct rest *rest, const void *item)
{
    (void)rest;
    return rest_call_json(sim, item);
}

static const struct rest_items legs = {
    .first = newest,
    .next = older,
    .find = find_item,
    .sid = sid_of,
    .wanted = listed,
    .json = item_json,
};

int rest_calls_list(struct sim *sim, struct rest *rest)
{
    if (rest_check(sim, rest, SHAPE_CALL_LIST) < 0)
        return -1;
    return rest_page(sim, rest, "Calls", "calls", &legs);
}
