#include "adopt.h"

#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "core/text.h"
#include "gentle.h"
#include "jobs/call_moves.h"
#include "jobs/call_news.h"
#include "jobs/recordings.h"
#include "known_numbers.h"
#include "rest_news.h"
#include "twilio/identity.h"
#include "voice/adoption.h"

enum { SIBLINGS_MAX = 200, NAMELESS_MS = 60 * 60 * 1000 };

void adopt_begin(struct adopting *adopting)
{
    memset(adopting->repaired, 0, sizeof(adopting->repaired));
    adopting->media = false;
    adopting->event_count = 0;
}

static const struct reconcile_settings *settings_of(const struct adopting *adopting)
{
    return &adopting->attempt->with->reconcile;
}

static bool is_of_our_account(const struct adopting *adopting, const char *account_sid)
{
    return text_is_empty(account_sid) ||
           text_equal(account_sid, adopting->attempt->with->account->account_sid);
}

/* 1 found, 0 not, -1 */
static int find_call_of(struct store_tx *tx,
                        const struct adopting *adopting,
                        const char *sid,
                        struct call_row *out,
                        struct error *err)
{
    if (store_get_call_by_sid(store_tx_reader(tx), sid, adopting->attempt->arena, out, err) == 0)
        return 1;
    if (err->kind != ERROR_NOT_FOUND)
        return -1;
    error_clear(err);
    return 0;
}

/* ---- writing it down ---- */

static void note(struct adopting *adopting, enum repair_of what)
{
    adopting->repaired[what]++;
}

static int append(struct store_tx *tx,
                  struct adopting *adopting,
                  const struct call_row *call,
                  struct timeline_row *entry,
                  enum event_kind kind,
                  struct error *err)
{
    entry->call_number = call->number;
    entry->account_sid = call->account_sid;
    entry->at_ms = attempt_now_ms(adopting->attempt);
    entry->kind = TIMELINE_REPAIR;
    entry->route = adopting->route;
    if (call->timeline_count >= LIMIT_TIMELINE_ENTRIES)
        return 0;
    if (store_append_timeline(tx, entry, err) < 0)
        return -1;
    if (adopting->event_count < ADOPT_EVENTS_MAX)
        adopting->events[adopting->event_count++] =
            (struct event){kind, call->number, entry->sequence};
    return 0;
}

static int settle_repair(struct store_tx *tx,
                         struct adopting *adopting,
                         struct repair *repair,
                         const char *effect,
                         const struct rest_call *about,
                         struct error *err)
{
    if (repair_take(tx, repair, err) < 0)
        return -1;
    struct timeline_row entry = {
        .leg_sid = about->sid,
        .effect = effect != NULL ? effect : news_effect_text(repair->effect),
        .raw = repair_raw(adopting->said->summary, effect, repair->root,
                          repair->leg_count > 0 ? repair->legs : NULL, repair->leg_count,
                          repair->arena),
        .news = call_news_text(&repair->news, &repair->call),
    };
    if (repair->settled_price)
        note(adopting, REPAIR_PRICE);
    return append(tx, adopting, &repair->call, &entry, EVENT_CALL_STATUS, err);
}

static struct repair repair_of(const struct adopting *adopting, const struct call_row *call)
{
    return (struct repair){
        .arena = adopting->attempt->arena,
        .silence = adopting->attempt->with->silence,
        .now_ms = attempt_now_ms(adopting->attempt),
        .asked_at_ms = adopting->asked_at_ms,
        .settle_after_ms = settings_of(adopting)->settle_after_ms,
        .call = *call,
    };
}

/* Its child legs on the same page: so a call ends together with whoever it was connected to, and not a moment before. */
static void add_legs(const struct adopting *adopting, struct repair *repair, const char *sid)
{
    struct rest_call *legs = arena_alloc(repair->arena, adopting->page_count * sizeof(*legs));
    for (size_t i = 0; i < adopting->page_count; i++) {
        if (text_equal(adopting->page[i].parent_call_sid, sid))
            legs[repair->leg_count++] = adopting->page[i];
    }
    repair->legs = legs;
}

/* ---- a root leg that is known ---- */

/* It goes on, as we know; so there is no need to ask about it alone. */
static int
hear(struct store_tx *tx, const struct adopting *adopting, struct call_row *call, struct error *err)
{
    int64_t now_ms = attempt_now_ms(adopting->attempt);
    if (call->due_at_ms == 0 || call->due_at_ms > now_ms ||
        call_status_is_terminal(call->root.status))
        return 0;
    call->due_at_ms = silence_due_at(adopting->attempt->with->silence, call->placement,
                                     call->root.status, now_ms);
    return store_update_call(tx, call, err);
}

static int take_root(struct store_tx *tx,
                     struct adopting *adopting,
                     struct call_row *call,
                     const struct rest_call *listed,
                     struct error *err)
{
    struct repair repair = repair_of(adopting, call);
    struct call_row probe = *call;
    enum news_effect effect = call_take_resource(&probe, listed, repair.silence, repair.now_ms);
    if (effect == NEWS_CHANGES_NOTHING || effect == NEWS_CONTRADICTS)
        return hear(tx, adopting, call, err);
    repair.root = listed;
    add_legs(adopting, &repair, listed->sid);
    if (settle_repair(tx, adopting, &repair, NULL, listed, err) < 0)
        return -1;
    note(adopting, REPAIR_STATE);
    return 0;
}

/* ---- a child leg ---- */

static bool is_news(struct store_tx *tx,
                    const struct adopting *adopting,
                    const struct rest_call *listed,
                    struct error *err)
{
    struct leg_row leg;
    struct leg_news news = news_of_resource(listed, attempt_now_ms(adopting->attempt));
    if (store_get_leg(store_tx_reader(tx), listed->sid, adopting->attempt->arena, &leg, err) < 0)
        return true; /* or the store has failed, which the next step will tell */
    bool unanswered = news.status == CALL_STATUS_COMPLETED && listed->started_at_ms != 0 &&
                      leg.state.answered_at_ms == 0;
    enum news_effect effect = leg_take_news(&leg.state, &news);
    return unanswered || effect == NEWS_ADVANCES || effect == NEWS_COMPLETES;
}

static int stamp(struct store_tx *tx,
                 const struct adopting *adopting,
                 struct call_row *call,
                 const char *address,
                 struct error *err)
{
    static const char scheme[] = "client:";
    struct arena *arena = adopting->attempt->arena;
    if (call->identity != NULL || !text_starts_with(address, scheme))
        return 0;
    const char *client = address + sizeof(scheme) - 1;
    char identity[IDENTITY_BYTES];
    call->identity = arena_strdup(arena, identity_decode(client, identity) ? identity : client);
    if (call->group != NULL || store_get_identity_group(store_tx_reader(tx), call->identity, arena,
                                                        &call->group, err) == 0)
        return 0;
    if (err->kind != ERROR_NOT_FOUND)
        return -1;
    error_clear(err);
    return 0;
}

static int take_child(struct store_tx *tx,
                      struct adopting *adopting,
                      struct call_row *call,
                      const struct rest_call *listed,
                      struct error *err)
{
    bool news = is_news(tx, adopting, listed, err);
    error_clear(err);
    if (!news)
        return 0;
    struct repair repair = repair_of(adopting, call);
    repair.legs = listed;
    repair.leg_count = 1;
    if (call->direction == CALL_DIRECTION_INBOUND &&
        stamp(tx, adopting, &repair.call, listed->to, err) < 0)
        return -1;
    if (settle_repair(tx, adopting, &repair, NULL, listed, err) < 0)
        return -1;
    note(adopting, REPAIR_LEG);
    return 0;
}

/* ---- a call that nobody has told us of ---- */

/* It may be one of ours that has no name yet: find_call knows how to tell (handlers/find_call.c). */
static int is_perhaps_nameless(struct store_tx *tx,
                               const struct adopting *adopting,
                               const struct rest_call *listed,
                               bool *out,
                               struct error *err)
{
    struct call_filter filter = {
        .account_sid = adopting->attempt->with->account->account_sid,
        .direction = call_direction_text(CALL_DIRECTION_OUTBOUND_API),
        .number = listed->to,
        .since_ms = attempt_now_ms(adopting->attempt) - NAMELESS_MS,
        .limit = SIBLINGS_MAX,
    };
    struct call_rows rows;
    *out = false;
    if (store_list_calls(store_tx_reader(tx), &filter, adopting->attempt->arena, &rows, err) < 0)
        return -1;
    for (size_t i = 0; i < rows.count; i++) {
        const struct call_row *row = &rows.items[i];
        bool nameless =
            row->placement == CALL_PLACEMENT_SENDING || row->placement == CALL_PLACEMENT_UNKNOWN;
        *out = *out || (nameless && text_equal(row->from, listed->from));
    }
    return 0;
}

static struct call_row
new_row(const struct adopting *adopting, const struct rest_call *listed, enum call_direction as)
{
    const struct attempt *attempt = adopting->attempt;
    const struct reconcile_settings *settings = settings_of(adopting);
    int64_t now_ms = attempt_now_ms(attempt);
    int64_t created_ms = listed->created_at_ms != 0 ? listed->created_at_ms : now_ms;
    char *id = arena_alloc(attempt->arena, RESOURCE_ID_BYTES);
    return (struct call_row){
        .number = settings->new_id(settings->context, RESOURCE_CALL, id),
        .id = id,
        .account_sid = attempt->with->account->account_sid,
        .root_sid = listed->sid,
        .direction = as,
        .placement = CALL_PLACEMENT_PLACED,
        .root = leg_state_new(),
        .from = listed->from,
        .to = listed->to,
        .created_at_ms = created_ms < now_ms ? created_ms : now_ms,
        .heard_at_ms = now_ms,
    };
}

static int adopt(struct store_tx *tx,
                 struct adopting *adopting,
                 const struct rest_call *listed,
                 enum call_direction as,
                 struct error *err)
{
    struct call_row row = new_row(adopting, listed, as);
    struct repair repair = repair_of(adopting, &row);
    const char *whose = as == CALL_DIRECTION_OUTBOUND_BROWSER ? row.from : row.to;
    repair.root = listed;
    repair.is_new = true;
    add_legs(adopting, &repair, listed->sid);
    if (stamp(tx, adopting, &row, whose, err) < 0)
        return -1;
    for (size_t i = 0; as == CALL_DIRECTION_INBOUND && i < repair.leg_count; i++) {
        if (stamp(tx, adopting, &row, repair.legs[i].to, err) < 0) /* whoever was rung for it */
            return -1;
    }
    if (store_insert_call(tx, &row, err) < 0)
        return -1;
    repair.call = row;
    note(adopting, REPAIR_ADOPTED);
    return settle_repair(tx, adopting, &repair, "adopted", listed, err);
}

static int consider(struct store_tx *tx,
                    struct adopting *adopting,
                    const struct rest_call *listed,
                    struct error *err)
{
    const struct reconcile_settings *settings = settings_of(adopting);
    struct adoption_facts facts = {listed->direction, listed->from, listed->to};
    enum call_direction as = adoption_direction(&facts);
    bool ours =
        known_numbers_has(runner_numbers(adopting->attempt->runner), adoption_number(&facts));
    bool nameless = false;
    if (!adoption_wants(&settings->adoption, &facts, ours))
        return 0;
    if (as == CALL_DIRECTION_OUTBOUND_API &&
        is_perhaps_nameless(tx, adopting, listed, &nameless, err) < 0)
        return -1;
    return nameless ? 0 : adopt(tx, adopting, listed, as, err);
}

int adopt_call_resource(struct store_tx *tx,
                        struct adopting *adopting,
                        const struct rest_call *listed,
                        struct error *err)
{
    struct call_row call;
    if (!is_of_our_account(adopting, listed->account_sid))
        return 0;
    int found = find_call_of(tx, adopting, listed->sid, &call, err);
    if (found == 1 && text_equal(call.root_sid, listed->sid))
        return take_root(tx, adopting, &call, listed, err);
    if (found == 0 && text_is_empty(listed->parent_call_sid))
        return consider(tx, adopting, listed, err);
    if (found == 0)
        found = find_call_of(tx, adopting, listed->parent_call_sid, &call, err);
    if (found == 0)
        return 0; /* of a call that is not ours, or that is listed later: see handlers/sweep_account.c */
    return found < 0 ? -1 : take_child(tx, adopting, &call, listed, err);
}

/* ---- recordings ---- */

static int append_recording(struct store_tx *tx,
                            struct adopting *adopting,
                            const struct call_row *call,
                            const struct rest_recording *listed,
                            struct error *err)
{
    struct arena *arena = adopting->attempt->arena;
    struct call_news news = call_news_begin(call, arena);
    news.recording = true;
    struct timeline_row entry = {
        .leg_sid = listed->call_sid,
        .effect = "recording",
        .raw = repair_recording_raw(adopting->said->summary, listed, arena),
        .news = call_news_text(&news, call),
    };
    return append(tx, adopting, call, &entry, EVENT_CALL_RECORDING, err);
}

/* Is there anything that we do not know? -1, 0, 1 */
static int recording_is_news(struct store_tx *tx,
                             const struct adopting *adopting,
                             const struct rest_recording *listed,
                             bool *known,
                             struct error *err)
{
    struct recording_row row;
    *known = store_get_recording(store_tx_reader(tx), listed->sid, adopting->attempt->arena, &row,
                                 err) == 0;
    if (!*known) {
        bool missing = err->kind == ERROR_NOT_FOUND;
        if (missing)
            error_clear(err);
        return missing ? 1 : -1;
    }
    return recording_status_rank(listed->status) > recording_status_rank(row.status) ||
           (row.duration_s < 0 && listed->duration_s >= 0);
}

int adopt_recording_resource(struct store_tx *tx,
                             struct adopting *adopting,
                             const struct rest_recording *listed,
                             struct error *err)
{
    const struct reconcile_settings *settings = settings_of(adopting);
    struct attempt *attempt = adopting->attempt;
    struct call_row call = {0};
    bool known;
    int found = 0;
    if (!is_of_our_account(adopting, listed->account_sid))
        return 0;
    int news = recording_is_news(tx, adopting, listed, &known, err);
    if (news <= 0)
        return news;
    if (!text_is_empty(listed->call_sid))
        found = find_call_of(tx, adopting, listed->call_sid, &call, err);
    if (found < 0)
        return -1;
    if (found == 0 && !known && settings->adoption.which != ADOPTION_ALL)
        return 0; /* of a call that is not ours */
    struct recording_row told = recording_of_resource(listed, attempt_now_ms(attempt));
    char *id = arena_alloc(attempt->arena, RESOURCE_ID_BYTES);
    told.number = settings->new_id(settings->context, RESOURCE_RECORDING, id);
    told.id = id;
    told.account_sid = attempt->with->account->account_sid;
    told.call_number = call.number;
    struct recording_intake intake = {.fetch = settings->fetch,
                                      .now_ms = attempt_now_ms(attempt),
                                      .unsure_ms = settings->unsure_ms};
    struct recording_row row;
    bool enqueued = false;
    if (recording_take(tx, &told, &intake, attempt->arena, &row, &enqueued, err) < 0)
        return -1;
    adopting->media = adopting->media || enqueued;
    note(adopting, REPAIR_RECORDING);
    return found == 1 ? append_recording(tx, adopting, &call, listed, err) : 0;
}

/* ---- after the commit ---- */

void adopt_count(const struct attempt *attempt, enum repair_of what, int64_t count)
{
    static const char *const texts[] = {
#define X(name, text) [REPAIR_##name] = (text),
        REPAIRS(X)
#undef X
    };
    char labels[40];
    (void)snprintf(labels, sizeof(labels), "what=\"%s\"", texts[what]);
    metric_add(metrics_counter(attempt->with->metrics, "switchhook_repairs_total", labels,
                               "What was found by asking Twilio, because nobody had told us."),
               count);
}

void adopt_tell(const struct adopting *adopting)
{
    const struct attempt *attempt = adopting->attempt;
    for (size_t i = 0; i < REPAIR_COUNT; i++)
        adopt_count(attempt, (enum repair_of)i, adopting->repaired[i]);
    for (size_t i = 0; i < adopting->event_count; i++)
        bus_publish(attempt->with->bus, &adopting->events[i]);
    if (adopting->media)
        runner_wake(attempt->runner, JOB_LANE_MEDIA);
}

/* ---- numbers that lead here ---- */

static bool leads_here(const struct attempt *attempt, const struct rest_number *number)
{
    const char *application = attempt->with->reconcile.application_sid;
    const struct hook_settings *hooks = attempt->hooks;
    if (!text_is_empty(number->voice_application_sid))
        return text_equal(number->voice_application_sid, application);
    if (text_is_empty(number->voice_url))
        return false;
    return text_starts_with(number->voice_url, hooks->base) ||
           (hooks->voice != NULL && text_starts_with(number->voice_url, hooks->voice));
}

static int ask_number(struct attempt *attempt, const char *number, bool *out, struct error *err)
{
    struct rest_request request;
    struct rest_number_page page;
    struct talk said;
    *out = false;
    if (rest_list_incoming_numbers(attempt->with->account, number, attempt->arena, &request, err) <
            0 ||
        talk_gently(attempt, &request, &said, err) < 0 || talk_must_be_done(&said, err) < 0 ||
        rest_read_numbers(said.body, said.body_len, attempt->arena, &page, err) < 0)
        return -1;
    for (size_t i = 0; i < page.count; i++)
        *out = *out || leads_here(attempt, &page.items[i]);
    return 0;
}

int adopt_learn_numbers(struct attempt *attempt,
                        const struct rest_call *listed,
                        size_t count,
                        struct error *err)
{
    const struct adoption_settings *adoption = &attempt->with->reconcile.adoption;
    struct known_numbers *numbers = runner_numbers(attempt->runner);
    for (size_t i = 0; adoption->which == ADOPTION_OURS && i < count; i++) {
        struct adoption_facts facts = {listed[i].direction, listed[i].from, listed[i].to};
        const char *number = adoption_number(&facts);
        bool ours;
        if (!text_is_empty(listed[i].parent_call_sid) || number == NULL ||
            text_starts_with(facts.direction, "trunking") || adoption_knows(adoption, number) ||
            known_numbers_tell(numbers, number))
            continue;
        if (ask_number(attempt, number, &ours, err) < 0)
            return -1;
        known_numbers_put(numbers, number, ours);
    }
    return 0;
}
