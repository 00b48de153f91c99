/*
 * How a call's state moves. Pure; knows neither Twilio's parameter names nor the store.
 */
#include "voice/call.h"

#include <stddef.h>

#include "core/macros.h"
#include "core/text.h"

static const char *const direction_texts[] = {
#define X(name, text) [CALL_DIRECTION_##name] = (text),
    CALL_DIRECTIONS(X)
#undef X
};

static const char *const placement_texts[] = {
#define X(name, text) [CALL_PLACEMENT_##name] = (text),
    CALL_PLACEMENTS(X)
#undef X
};

static const struct {
    const char *text;
    int rank;
} statuses[] = {
#define X(name, words, number) [CALL_STATUS_##name] = {.text = (words), .rank = (number)},
    CALL_STATUSES(X)
#undef X
};

static const char *const outcome_texts[] = {
#define X(name, text) [CALL_OUTCOME_##name] = (text),
    CALL_OUTCOMES(X)
#undef X
};

const char *call_direction_text(enum call_direction direction)
{
    return direction_texts[direction];
}

const char *call_placement_text(enum call_placement placement)
{
    return placement_texts[placement];
}

const char *call_status_text(enum call_status status)
{
    return statuses[status].text;
}

const char *call_outcome_text(enum call_outcome outcome)
{
    return outcome_texts[outcome];
}

bool call_direction_from_text(const char *text, enum call_direction *out)
{
    for (size_t i = 0; i < ARRAY_LEN(direction_texts); i++) {
        if (text_equal(text, direction_texts[i])) {
            *out = (enum call_direction)i;
            return true;
        }
    }
    return false;
}

/* Words that are no status but are used for one: an event's name, and a spelling of Twilio's own
 * pages. */
static const struct {
    const char *text;
    enum call_status status;
} aliases[] = {
    {"answered",  CALL_STATUS_IN_PROGRESS},
    {"cancelled", CALL_STATUS_CANCELED   },
};

bool call_status_from_text(const char *text, enum call_status *out)
{
    if (text_is_empty(text))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        if (text_equal(text, statuses[i].text)) {
            *out = (enum call_status)i;
            return true;
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(aliases); i++) {
        if (text_equal(text, aliases[i].text)) {
            *out = aliases[i].status;
            return true;
        }
    }
    return false;
}

int call_status_rank(enum call_status status)
{
    return statuses[status].rank;
}

bool call_status_is_terminal(enum call_status status)
{
    return statuses[status].rank == statuses[CALL_STATUS_COMPLETED].rank;
}

bool call_is_over(enum call_placement placement, enum call_status status)
{
    return placement == CALL_PLACEMENT_REFUSED || placement == CALL_PLACEMENT_CANCELED ||
           call_status_is_terminal(status);
}

struct leg_state leg_state_new(void)
{
    return (struct leg_state){.status = CALL_STATUS_NONE, .sequence = -1, .duration_s = -1};
}

/* Sources tell the time in whole seconds, cut: an end is never before its answer. */
static int64_t end_of(const struct leg_state *leg, const struct leg_news *news)
{
    return news->at_ms < leg->answered_at_ms ? leg->answered_at_ms : news->at_ms;
}

/* Facts that any news may bring, in whatever order it comes. True if something was filled in. */
static bool take_facts(struct leg_state *leg, const struct leg_news *news)
{
    bool filled = false;
    bool ended_before = leg->ended_at_ms != 0 && leg->ended_at_ms < news->at_ms;
    int64_t at_ms =
        ended_before ? leg->ended_at_ms : news->at_ms; /* nobody answers after the end */
    if (news->status == CALL_STATUS_IN_PROGRESS &&
        (leg->answered_at_ms == 0 || at_ms < leg->answered_at_ms)) {
        leg->answered_at_ms = at_ms;
        filled = true;
    }
    /* Who tells the end later tells it as late, or as early, as it heard of it. */
    if (news->status == leg->status && call_status_is_terminal(leg->status) &&
        end_of(leg, news) < leg->ended_at_ms) {
        leg->ended_at_ms = end_of(leg, news);
        filled = true;
    }
    if (news->duration_s >= 0 && leg->duration_s < 0) {
        leg->duration_s = news->duration_s;
        filled = true;
    }
    if (news->sip_code > 0 && leg->sip_code == 0) {
        leg->sip_code = news->sip_code;
        filled = true;
    }
    return filled;
}

/* Twilio's words for a leg that nobody has answered: it took no time, whether or not the source says so. */
static bool was_never_answered(enum call_status status)
{
    return status == CALL_STATUS_BUSY || status == CALL_STATUS_NO_ANSWER ||
           status == CALL_STATUS_CANCELED;
}

static void advance(struct leg_state *leg, const struct leg_news *news)
{
    leg->status = news->status;
    if (was_never_answered(news->status) && leg->duration_s < 0)
        leg->duration_s = 0;
    if (call_status_is_terminal(news->status))
        leg->ended_at_ms = end_of(leg, news);
}

const char *news_effect_text(enum news_effect effect)
{
    static const char *const texts[] = {
        [NEWS_ADVANCES] = "advances",
        [NEWS_COMPLETES] = "completes",
        [NEWS_CHANGES_NOTHING] = "changes-nothing",
        [NEWS_CONTRADICTS] = "contradicts",
    };
    return texts[effect];
}

enum news_effect leg_take_news(struct leg_state *leg, const struct leg_news *news)
{
    bool was_terminal = call_status_is_terminal(leg->status);
    if (was_terminal && call_status_is_terminal(news->status) && news->status != leg->status)
        return NEWS_CONTRADICTS;

    bool filled = take_facts(leg, news);
    bool higher = call_status_rank(news->status) > call_status_rank(leg->status);
    if (higher)
        advance(leg, news);
    if (news->sequence > leg->sequence)
        leg->sequence = news->sequence;
    if (higher)
        return NEWS_ADVANCES;
    return filled ? NEWS_COMPLETES : NEWS_CHANGES_NOTHING;
}

int64_t leg_answered_at_ms(const struct leg_state *leg)
{
    if (leg->answered_at_ms == 0 && leg->status == CALL_STATUS_COMPLETED && leg->duration_s > 0)
        return leg->ended_at_ms - leg->duration_s * 1000;
    return leg->answered_at_ms;
}

enum call_outcome outcome_of_leg(const struct leg_state *leg)
{
    switch (leg->status) {
    case CALL_STATUS_COMPLETED:
        return CALL_OUTCOME_ANSWERED;
    case CALL_STATUS_BUSY:
        return CALL_OUTCOME_BUSY;
    case CALL_STATUS_FAILED:
        return CALL_OUTCOME_FAILED;
    case CALL_STATUS_NO_ANSWER:
        return CALL_OUTCOME_NO_ANSWER;
    case CALL_STATUS_CANCELED:
        return CALL_OUTCOME_CANCELED;
    case CALL_STATUS_NONE:
    case CALL_STATUS_QUEUED:
    case CALL_STATUS_INITIATED:
    case CALL_STATUS_RINGING:
    case CALL_STATUS_IN_PROGRESS:
        break;
    }
    return CALL_OUTCOME_NONE;
}

enum call_outcome outcome_of_dial(const char *dial_call_status, const char *dial_bridged)
{
    enum call_status status;
    if (!call_status_from_text(dial_call_status, &status))
        return CALL_OUTCOME_NONE;
    /* "completed" that was never bridged: the callee hung up during a whisper, nobody spoke. */
    if (status == CALL_STATUS_COMPLETED && text_equal(dial_bridged, "false"))
        return CALL_OUTCOME_NO_ANSWER;
    if (status == CALL_STATUS_IN_PROGRESS)
        return CALL_OUTCOME_ANSWERED;
    struct leg_state leg = {.status = status};
    return outcome_of_leg(&leg);
}

/* How much an outcome tells. Callbacks come in any order, so the better one must win whichever comes first. */
static const int outcome_worth[] = {
    [CALL_OUTCOME_NONE] = 0,     [CALL_OUTCOME_NO_ANSWER] = 1,
    [CALL_OUTCOME_CANCELED] = 2, /* why nobody answered: somebody gave up, says the leg that rang */
    [CALL_OUTCOME_FAILED] = 3,   [CALL_OUTCOME_BUSY] = 4,
    [CALL_OUTCOME_REFUSED] = 5,  [CALL_OUTCOME_VOICEMAIL] = 6,
    [CALL_OUTCOME_ANSWERED] = 7,
};

enum call_outcome outcome_merge(enum call_outcome known, enum call_outcome news)
{
    return outcome_worth[news] > outcome_worth[known] ? news : known;
}
