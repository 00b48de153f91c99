/* The rules of a diagnosis, each a function of its own. */
#include "voice/diagnosis.h"

#include "core/macros.h"
#include "core/text.h"
#include "core/wall_clock.h"

static const struct {
    const char *code;
    enum finding_weight weight;
    const char *advice;
} kinds[] = {
#define X(name, words, heaviness, sentence)                                                        \
    [FINDING_##name] = {words, FINDING_WEIGHT_##heaviness, sentence},
    FINDINGS(X)
#undef X
};

static const char *const weight_texts[] = {
#define X(name, text) [FINDING_WEIGHT_##name] = (text),
    FINDING_WEIGHTS(X)
#undef X
};

const char *finding_code(enum finding_kind kind)
{
    return kinds[kind].code;
}

const char *finding_weight_text(enum finding_kind kind)
{
    return weight_texts[kinds[kind].weight];
}

const char *finding_advice(enum finding_kind kind)
{
    return kinds[kind].advice;
}

struct diagnosing {
    const struct diagnosis_case *what;
    struct arena *arena;
    const struct told **latest; /* of each leg: its report with the highest number so far */
    struct finding *items;
    size_t count;
};

static void find(struct diagnosing *d,
                 enum finding_kind kind,
                 int64_t at_ms,
                 const char *leg_sid,
                 const char *text)
{
    if (d->count == DIAGNOSIS_FINDINGS_MAX)
        return;
    d->items[d->count++] = (struct finding){
        .kind = kind,
        .at_ms = at_ms,
        .leg_sid = text_is_empty(leg_sid) ? NULL : leg_sid,
        .text = text,
    };
}

static long long seconds(int64_t ms)
{
    return (long long)(ms / 1000);
}

/* ---- of one entry ---- */

static void look_at_lateness(struct diagnosing *d, const struct told *entry)
{
    int64_t late_ms = entry->at_ms - entry->happened_ms;
    if (entry->happened_ms != 0 && late_ms >= DIAGNOSIS_LATE_MS)
        find(d, FINDING_LATE, entry->at_ms, entry->leg_sid,
             arena_printf(d->arena, "it arrived %lld s after it happened", seconds(late_ms)));
}

static void look_at_repeats(struct diagnosing *d, const struct told *entry)
{
    if (entry->repeats > 0)
        find(d, FINDING_REPEATED, entry->at_ms, entry->leg_sid,
             arena_printf(d->arena, "it was delivered %lld times", (long long)entry->repeats + 1));
}

/* Later news of the same leg were here before it. */
static void look_at_order(struct diagnosing *d, const struct told *entry)
{
    for (size_t i = 0; entry->sequence >= 0 && i < d->what->leg_count; i++) {
        const struct told **latest = &d->latest[i];
        if (!text_equal(d->what->legs[i].sid, entry->leg_sid))
            continue;
        if (*latest == NULL || (*latest)->sequence <= entry->sequence) {
            *latest = entry;
            return;
        }
        find(d, FINDING_OUT_OF_ORDER, entry->at_ms, entry->leg_sid,
             arena_printf(d->arena, "%s (%lld) came after %s (%lld)",
                          call_status_text(entry->status), (long long)entry->sequence,
                          call_status_text((*latest)->status), (long long)(*latest)->sequence));
        return;
    }
}

static void look_at_status(struct diagnosing *d, const struct told *entry)
{
    look_at_order(d, entry);
    if (text_equal(entry->effect, "not-understood"))
        find(d, FINDING_NOT_UNDERSTOOD, entry->at_ms, entry->leg_sid,
             "it says a status that nobody knows");
}

static void look_at_contradiction(struct diagnosing *d, const struct told *entry)
{
    if (text_equal(entry->effect, news_effect_text(NEWS_CONTRADICTS)))
        find(d, FINDING_CONTRADICTION, entry->at_ms, entry->leg_sid,
             "it tells of another end than was told before");
}

static void look_at_instruction(struct diagnosing *d, const struct told *entry)
{
    if (entry->asks_fallback)
        find(d, FINDING_FALLBACK, entry->at_ms, entry->leg_sid,
             entry->code != 0 ? arena_printf(d->arena, "Twilio asked the fallback: error %lld",
                                             (long long)entry->code)
                              : "Twilio asked the fallback");
    if (entry->decided && reason_is_of_policy(entry->decision.reason))
        find(d, FINDING_REFUSED_BY_US, entry->at_ms, entry->leg_sid,
             arena_printf(d->arena, "the policy says no: %s", reason_code(entry->decision.reason)));
}

static void look_at_rest(struct diagnosing *d, const struct told *entry)
{
    static const char *const failures[] = {"throttled", "never_sent", "unknown"};
    for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
        if (text_equal(entry->effect, failures[i]))
            find(d, FINDING_REST_FAILED, entry->at_ms, entry->leg_sid,
                 arena_printf(d->arena, "%s: %s%s%s", entry->route, failures[i],
                              text_is_empty(entry->problem) ? "" : ", ", entry->problem));
    }
    if (text_equal(entry->effect, "refused"))
        find(d, FINDING_REFUSED_BY_TWILIO, entry->at_ms, entry->leg_sid,
             arena_printf(d->arena, "%s: %s (%lld)", entry->route, entry->problem,
                          (long long)entry->code));
}

static void look_at_repair(struct diagnosing *d, const struct told *entry)
{
    static const struct {
        const char *effect;
        enum finding_kind kind;
        const char *text;
    } rows[] = {
        {"adopted",     FINDING_ADOPTED,  "nobody had told us of this call"                       },
        {"advances",    FINDING_REPAIRED, "the state was found by asking"                         },
        {"completes",   FINDING_REPAIRED, "what was missing was completed by asking"              },
        {"recording",   FINDING_REPAIRED, "a recording that nobody had told us of was found"      },
        {"found",       FINDING_REPAIRED, "the call was found after its request had got no answer"},
        {"not_there",   FINDING_REPAIRED, "the request had never reached Twilio"                  },
        {"exchanged",   FINDING_REPAIRED,
         "the call had been taken for another one and changed names"                              },
        {"was-another", FINDING_REPAIRED, "the call had been taken for another one"               },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (text_equal(entry->effect, rows[i].effect))
            find(d, rows[i].kind, entry->at_ms, entry->leg_sid, rows[i].text);
    }
}

static void look_at_entry(struct diagnosing *d, const struct told *entry)
{
    look_at_lateness(d, entry);
    look_at_repeats(d, entry);
    look_at_contradiction(d, entry);
    switch (entry->kind) {
    case TOLD_INSTRUCTION:
        look_at_instruction(d, entry);
        break;
    case TOLD_STATUS:
        look_at_status(d, entry);
        break;
    case TOLD_REST:
        look_at_rest(d, entry);
        break;
    case TOLD_REPAIR:
        look_at_repair(d, entry);
        break;
    case TOLD_RECORDING:
    case TOLD_OTHER:
        break;
    }
}

/* ---- what has not come ---- */

/* Which statuses of a leg were reported, as bits 1u << status; a terminal one is one end like any other. */
static unsigned statuses_told(const struct diagnosis_case *what, const char *leg_sid)
{
    unsigned told = 0;
    for (size_t i = 0; i < what->entry_count; i++) {
        const struct told *entry = &what->entries[i];
        if (entry->kind == TOLD_STATUS && text_equal(entry->leg_sid, leg_sid))
            told |= 1u << (unsigned)entry->status;
    }
    return told;
}

static bool end_told(unsigned told)
{
    for (unsigned status = 0; told >> status != 0; status++) {
        if ((told >> status & 1u) != 0 && call_status_is_terminal((enum call_status)status))
            return true;
    }
    return false;
}

/* Carriers and browsers skip `ringing`, so its absence says nothing; an answer and an end are always told. */
static void look_for_statuses(struct diagnosing *d, const struct told_leg *leg)
{
    unsigned told = statuses_told(d->what, leg->sid);
    int64_t answered_ms = leg_answered_at_ms(&leg->state);
    if (!call_status_is_terminal(leg->state.status) || text_is_empty(leg->sid))
        return;
    if (leg->all_events && answered_ms != 0 && (told >> CALL_STATUS_IN_PROGRESS & 1u) == 0)
        find(d, FINDING_MISSING_STATUS, answered_ms, leg->sid, "its answer was never reported");
    if (!end_told(told))
        find(d, leg->all_events ? FINDING_MISSING_STATUS : FINDING_MISSING_END,
             leg->state.ended_at_ms, leg->sid, "its end was never reported");
}

enum { SEQUENCES_LOOKED_AT = 64 };

static uint64_t sequences_told(const struct diagnosis_case *what, const char *leg_sid)
{
    uint64_t told = 0;
    for (size_t i = 0; i < what->entry_count; i++) {
        const struct told *entry = &what->entries[i];
        if (entry->kind == TOLD_STATUS && entry->sequence >= 0 &&
            entry->sequence < SEQUENCES_LOOKED_AT && text_equal(entry->leg_sid, leg_sid))
            told |= (uint64_t)1 << (unsigned)entry->sequence;
    }
    return told;
}

/* Twilio numbers what it sends of a leg from 0 on. */
static void look_for_gaps(struct diagnosing *d, const struct told_leg *leg)
{
    uint64_t told = sequences_told(d->what, leg->sid);
    for (unsigned i = 0; i < SEQUENCES_LOOKED_AT && told >> i != 0; i++) {
        if ((told >> i & 1u) == 0)
            find(d, FINDING_MISSING_SEQUENCE, 0, leg->sid,
                 arena_printf(d->arena, "its callback number %u never came", i));
    }
}

static bool dials(const struct told *entry)
{
    return entry->decided && (entry->decision.kind == DECIDE_DIAL_NUMBER ||
                              entry->decision.kind == DECIDE_DIAL_CLIENT);
}

/* A call that is over, whose dial nobody asked about afterwards: with the caller gone Twilio does so as well. */
static void look_for_dial_action(struct diagnosing *d)
{
    const struct diagnosis_case *what = d->what;
    const struct told *dial = NULL;
    for (size_t i = 0; i < what->entry_count; i++) {
        if (dials(&what->entries[i]))
            dial = &what->entries[i];
        else if (what->entries[i].asks_after_dial)
            dial = NULL;
    }
    bool over = what->leg_count > 0 && call_status_is_terminal(what->legs[0].state.status);
    if (dial != NULL && over)
        find(d, FINDING_MISSING_DIAL_ACTION, dial->at_ms, dial->leg_sid,
             "nobody asked what to do after this dial");
}

static bool was_answered(const struct diagnosis_case *what)
{
    for (size_t i = 1; i < what->leg_count; i++) {
        if (leg_answered_at_ms(&what->legs[i].state) != 0)
            return true;
    }
    return what->leg_count == 1 && leg_answered_at_ms(&what->legs[0].state) != 0;
}

static void look_at_recordings(struct diagnosing *d)
{
    const struct diagnosis_case *what = d->what;
    bool over = what->leg_count > 0 && call_status_is_terminal(what->legs[0].state.status);
    if (what->recording_wanted && what->recording_count == 0 && over && was_answered(what))
        find(d, FINDING_MISSING_RECORDING, 0, NULL, "a recording was asked for, and there is none");
    for (size_t i = 0; i < what->recording_count; i++) {
        const struct told_recording *recording = &what->recordings[i];
        if (!recording->completed || recording->stored)
            continue;
        find(d, recording->given_up ? FINDING_NOT_STORED : FINDING_NOT_STORED_YET, 0, NULL,
             arena_printf(d->arena, "%s is not stored%s%s", recording->sid,
                          text_is_empty(recording->error) ? "" : ": ", recording->error));
    }
}

/* ---- of the whole call ---- */

static void look_at_placement(struct diagnosing *d)
{
    const struct diagnosis_case *what = d->what;
    if (what->placement == CALL_PLACEMENT_UNKNOWN)
        find(d, FINDING_UNKNOWN, 0, NULL, "nobody knows whether Twilio has this call");
    if (what->placement == CALL_PLACEMENT_REFUSED)
        find(d, FINDING_REFUSED_BY_TWILIO, 0, NULL,
             what->refusal_code != 0
                 ? arena_printf(d->arena, "the call was not placed: %s (%d)", what->refusal,
                                what->refusal_code)
                 : arena_printf(d->arena, "the call was not placed: %s", what->refusal));
    else if (what->outcome == CALL_OUTCOME_REFUSED)
        find(d, FINDING_REFUSED_BY_US, 0, NULL,
             arena_printf(d->arena, "nobody was dialled: %s",
                          what->refusal == NULL ? "no reason is known" : what->refusal));
}

static void look_at_life(struct diagnosing *d)
{
    const struct diagnosis_case *what = d->what;
    if (what->leg_count == 0)
        return;
    const struct leg_state *root = &what->legs[0].state;
    if (!call_is_over(what->placement, root->status)) {
        bool silent = what->due_at_ms != 0 && what->due_at_ms < what->now_ms;
        find(d, silent ? FINDING_SILENT : FINDING_OPEN, 0, what->legs[0].sid,
             arena_printf(d->arena, "the call is going on; it was last spoken of %lld s ago",
                          seconds(what->now_ms - what->heard_at_ms)));
    } else if (root->status == CALL_STATUS_COMPLETED && !what->has_price &&
               what->now_ms - root->ended_at_ms > DIAGNOSIS_PRICE_MS) {
        find(d, FINDING_PRICE_MISSING, 0, what->legs[0].sid, "its price is not known");
    }
}

/* Insertion is enough: findings come nearly sorted. Those of the whole call (0) stay last. */
static void sort(struct diagnosing *d)
{
    for (size_t i = 1; i < d->count; i++) {
        struct finding moved = d->items[i];
        size_t j = i;
        for (; moved.at_ms != 0 && j > 0 &&
               (d->items[j - 1].at_ms == 0 || d->items[j - 1].at_ms > moved.at_ms);
             j--)
            d->items[j] = d->items[j - 1];
        d->items[j] = moved;
    }
}

/* What arrived and what did not can be told of a call only while all of its entries say what they said. */
static bool is_all_kept(struct diagnosing *d)
{
    char from[TIME_TEXT_BYTES];
    if (d->what->kept_from_ms == 0)
        return true;
    time_to_rfc3339(d->what->kept_from_ms, from);
    find(d, FINDING_NOT_KEPT, 0, NULL,
         arena_printf(d->arena, "entries from before %s, or what they said, were removed", from));
    return false;
}

struct findings diagnose(const struct diagnosis_case *what, struct arena *arena)
{
    struct diagnosing d = {
        .what = what,
        .arena = arena,
        .latest = arena_alloc(arena, what->leg_count * sizeof(*d.latest)),
        .items = arena_alloc(arena, DIAGNOSIS_FINDINGS_MAX * sizeof(struct finding)),
    };
    bool all_kept = is_all_kept(&d);
    for (size_t i = 0; i < what->entry_count; i++)
        look_at_entry(&d, &what->entries[i]);
    for (size_t i = 0; all_kept && i < what->leg_count; i++) {
        look_for_statuses(&d, &what->legs[i]);
        look_for_gaps(&d, &what->legs[i]);
    }
    if (all_kept)
        look_for_dial_action(&d);
    look_at_recordings(&d);
    look_at_placement(&d);
    look_at_life(&d);
    sort(&d);
    return (struct findings){d.items, d.count};
}
