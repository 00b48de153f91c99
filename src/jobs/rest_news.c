#include "rest_news.h"

#include "core/text.h"
#include "voice/outcome.h"

struct leg_news news_of_resource(const struct rest_call *resource, int64_t now_ms)
{
    struct leg_news news = {.sequence = -1, .at_ms = now_ms, .duration_s = -1};
    if (!call_status_from_text(resource->status, &news.status))
        news.status = CALL_STATUS_NONE;
    if (call_status_is_terminal(news.status)) {
        news.duration_s = resource->duration_s;
        if (resource->ended_at_ms != 0)
            news.at_ms = resource->ended_at_ms;
    } else if (news.status == CALL_STATUS_IN_PROGRESS && resource->started_at_ms != 0) {
        news.at_ms = resource->started_at_ms;
    }
    return news;
}

/* A call that only a child leg or a recording has told of so far. */
static void take_addresses(struct call_row *call, const struct rest_call *resource)
{
    if (!text_is_empty(call->from) || text_is_empty(resource->from))
        return;
    call->from = resource->from;
    call->to = resource->to;
}

enum news_effect call_take_resource(struct call_row *call,
                                    const struct rest_call *resource,
                                    const struct silence_settings *silence,
                                    int64_t now_ms)
{
    struct leg_news news = news_of_resource(resource, now_ms);
    enum news_effect effect = leg_take_news(&call->root, &news);
    bool talked = news.status == CALL_STATUS_COMPLETED && resource->started_at_ms != 0;
    if (talked && call->root.answered_at_ms == 0) {
        call->root.answered_at_ms = resource->started_at_ms;
        effect = effect == NEWS_CHANGES_NOTHING ? NEWS_COMPLETES : effect;
    }
    if (!text_is_empty(resource->price) && !text_equal(call->price, resource->price)) {
        call->price = resource->price;
        call->price_unit = resource->price_unit;
        effect = effect == NEWS_CHANGES_NOTHING ? NEWS_COMPLETES : effect;
    }
    call->outcome = outcome_merge(
        call->outcome, outcome_of_root(call->direction, plan_flow(call->plan), &call->root));
    take_addresses(call, resource);
    call->heard_at_ms = now_ms;
    call->due_at_ms = silence_due_at(silence, call->placement, call->root.status, now_ms);
    return effect;
}
