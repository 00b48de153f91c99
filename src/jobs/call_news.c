#include "jobs/call_news.h"

#include "core/text.h"
#include "voice/news.h"

struct call_news call_news_begin(const struct call_row *before, struct arena *arena)
{
    struct call_news news = {.arena = arena};
    if (before != NULL)
        news.before = *before;
    return news;
}

static bool same_state(const struct leg_state *a, const struct leg_state *b)
{
    return a->status == b->status && a->answered_at_ms == b->answered_at_ms &&
           a->ended_at_ms == b->ended_at_ms && a->duration_s == b->duration_s &&
           a->sip_code == b->sip_code;
}

static const char *add(const char *list, const char *word, struct arena *arena)
{
    return list == NULL ? word : arena_printf(arena, "%s %s", list, word);
}

static bool same_addresses(const struct leg_row *a, const struct leg_row *b)
{
    return text_equal(a->to, b->to) && text_equal(a->from, b->from);
}

int call_news_put_leg(struct store_tx *tx,
                      struct call_news *news,
                      const struct leg_row *leg,
                      struct error *err)
{
    struct leg_row before = {.state = leg_state_new()};
    enum news_kind kind = news_of_leg_status(leg->state.status);
    if (store_get_leg(store_tx_reader(tx), leg->sid, news->arena, &before, err) < 0) {
        if (err->kind != ERROR_NOT_FOUND)
            return -1;
        error_clear(err);
    }
    if (before.state.status == leg->state.status)
        kind = NEWS_LEG_UPDATED;
    if (kind != NEWS_LEG_UPDATED || !same_state(&before.state, &leg->state) ||
        !same_addresses(&before, leg))
        news->legs =
            add(news->legs, arena_printf(news->arena, "%s=%s", news_kind_text(kind), leg->sid),
                news->arena);
    return store_put_leg(tx, leg, err);
}

static bool same_words(const struct call_row *a, const struct call_row *b)
{
    return text_equal(a->root_sid, b->root_sid) && text_equal(a->from, b->from) &&
           text_equal(a->to, b->to) && text_equal(a->identity, b->identity) &&
           text_equal(a->group, b->group) && text_equal(a->price, b->price) &&
           text_equal(a->price_unit, b->price_unit) && text_equal(a->refusal, b->refusal) &&
           text_equal(a->metadata, b->metadata);
}

static bool is_otherwise_same(const struct call_row *a, const struct call_row *b)
{
    return same_state(&a->root, &b->root) && same_words(a, b) && a->outcome == b->outcome &&
           a->refusal_code == b->refusal_code && a->hangup_asked_at_ms == b->hangup_asked_at_ms;
}

/* Its legs come before its own status: when a call has ended, so have they. */
const char *call_news_text(const struct call_news *news, const struct call_row *after)
{
    struct arena *arena = news->arena;
    const struct call_row *before = &news->before;
    bool is_new = before->number == 0;
    bool moved = after->root.status != before->root.status;
    enum news_kind status = news_of_call_status(after->root.status);
    const char *text = NULL;
    if (is_new)
        text = news_kind_text(NEWS_CALL_CREATED);
    else if (before->placement != after->placement)
        text = news_kind_text(NEWS_CALL_PLACEMENT);
    bool told = text != NULL;
    if (news->legs != NULL)
        text = add(text, news->legs, arena);
    if (moved && status != NEWS_CALL_UPDATED)
        text = add(text, news_kind_text(status), arena);
    else if (!told && !is_otherwise_same(before, after))
        text = add(text, news_kind_text(NEWS_CALL_UPDATED), arena);
    if (news->recording)
        text = add(text, news_kind_text(NEWS_CALL_RECORDING), arena);
    return text;
}
