/*
 * sweep_account: what Twilio lists since a time, compared with what is stored. After a start it goes back to before the last
 * time at which the server was alive, later to before the last sweep, because lists lag behind and webhooks get lost while we
 * are up as well. A page is an attempt; where to go on is kept in the store with what the page has brought, so it can end
 * anywhere and nothing is left out.
 *
 * Root legs come first and child legs in a second pass over the same list, because Twilio lists the newest first: a leg would
 * come before the call it belongs to. Those that still go on are listed by status, however old they are.
 */
#include "../adopt.h"
#include "../gentle.h"
#include "../internal.h"
#include "../known_numbers.h"

#include "core/log.h"
#include "core/text.h"

enum { LISTED_PER_PAGE = 200, LISTED_PER_UNIT = 10 };

enum stage { ROOTS, LEGS, QUEUED, RINGING, IN_PROGRESS, RECORDINGS, STAGES };

static const struct {
    const char *status; /* of the calls that are listed, or NULL: those since a time */
} stages[] = {
    [ROOTS] = {NULL},
    [LEGS] = {NULL},
    [QUEUED] = {"queued"},
    [RINGING] = {"ringing"},
    [IN_PROGRESS] = {"in-progress"},
    [RECORDINGS] = {NULL},
};

struct sweeping {
    struct attempt *attempt;
    struct reconciler_row row;
    struct adopting adopting;
    struct talk said;
    struct rest_call_page calls;
    struct rest_recording_page recordings;
    size_t from; /* of the page: what the next unit takes */
    size_t to;
    const char *next; /* page, "" if that was the last */
    bool ended;       /* the sweep is over */
};

/* ---- begin ---- */

static int begin(struct store_tx *tx, void *work, struct error *err)
{
    struct sweeping *s = work;
    int64_t now_ms = attempt_now_ms(s->attempt);
    s->ended = false;
    if (store_get_reconciler(store_tx_reader(tx), s->attempt->arena, &s->row, err) < 0)
        return -1;
    if (s->row.began_at_ms != 0)
        return 0;
    if (s->row.pending_since_ms == 0) {
        s->ended = true;
        return attempt_finish(tx, s->attempt, err);
    }
    s->row.since_ms = s->row.pending_since_ms;
    s->row.pending_since_ms = 0;
    s->row.began_at_ms = now_ms;
    s->row.stage = ROOTS;
    s->row.cursor = "";
    return store_put_reconciler(tx, &s->row, err);
}

/* ---- ask ---- */

static int build(const struct sweeping *s, struct rest_request *out, struct error *err)
{
    const struct attempt *attempt = s->attempt;
    const struct rest_account *account = attempt->with->account;
    struct rest_recording_query recordings = {.created_from_ms = s->row.since_ms,
                                              .page_size = LISTED_PER_PAGE};
    struct rest_call_query calls = {.page_size = LISTED_PER_PAGE};
    if (!text_is_empty(s->row.cursor))
        return rest_next_page(account, s->row.cursor, attempt->arena, out, err);
    if (s->row.stage == RECORDINGS)
        return rest_list_recordings(account, &recordings, attempt->arena, out, err);
    calls.status = stages[s->row.stage].status;
    calls.started_from_ms = calls.status == NULL ? s->row.since_ms : 0;
    return rest_list_calls(account, &calls, attempt->arena, out, err);
}

static int read_page(struct sweeping *s, struct error *err)
{
    struct arena *arena = s->attempt->arena;
    if (s->row.stage == RECORDINGS) {
        if (rest_read_recordings(s->said.body, s->said.body_len, arena, &s->recordings, err) < 0)
            return -1;
        s->next = s->recordings.next_page_uri;
        return 0;
    }
    if (rest_read_calls(s->said.body, s->said.body_len, arena, &s->calls, err) < 0)
        return -1;
    s->next = s->calls.next_page_uri;
    return 0;
}

static int ask(struct sweeping *s, struct error *err)
{
    struct rest_request request;
    s->adopting = (struct adopting){
        .attempt = s->attempt,
        .said = &s->said,
        .route = s->row.stage == RECORDINGS ? "GET /Recordings.json" : "GET /Calls.json",
        .asked_at_ms = attempt_now_ms(s->attempt),
    };
    if (build(s, &request, err) < 0 || talk_gently(s->attempt, &request, &s->said, err) < 0)
        return -1;
    /* Twilio keeps a place in a list for a while only: from the first page again, which repeats nothing that was done. */
    if (s->said.result == TALK_REFUSED && !text_is_empty(s->row.cursor)) {
        s->next = NULL;
        return 0;
    }
    return talk_must_be_done(&s->said, err) < 0 ? -1 : read_page(s, err);
}

/* ---- take ---- */

static bool is_of_stage(const struct sweeping *s, const struct rest_call *listed)
{
    bool root = text_is_empty(listed->parent_call_sid);
    return s->row.stage == ROOTS ? root : s->row.stage == LEGS ? !root : true;
}

static int take_some(struct store_tx *tx, void *work, struct error *err)
{
    struct sweeping *s = work;
    adopt_begin(&s->adopting);
    for (size_t i = s->from; i < s->to; i++) {
        int failed = 0;
        if (s->row.stage == RECORDINGS)
            failed = adopt_recording_resource(tx, &s->adopting, &s->recordings.items[i], err);
        else if (is_of_stage(s, &s->calls.items[i]))
            failed = adopt_call_resource(tx, &s->adopting, &s->calls.items[i], err);
        if (failed < 0)
            return -1;
    }
    return 0;
}

static int take_page(struct sweeping *s, struct error *err)
{
    size_t count = s->row.stage == RECORDINGS ? s->recordings.count : s->calls.count;
    s->adopting.page = s->calls.items;
    s->adopting.page_count = s->calls.count;
    if (s->row.stage == ROOTS && adopt_learn_numbers(s->attempt, s->calls.items, count, err) < 0)
        return -1;
    for (s->from = 0; s->from < count; s->from = s->to) {
        s->to = s->from + LISTED_PER_UNIT < count ? s->from + LISTED_PER_UNIT : count;
        if (store_apply(s->attempt->with->store, take_some, s, err) < 0)
            return -1;
        adopt_tell(&s->adopting);
    }
    return 0;
}

/* ---- go on ---- */

static int again(struct store_tx *tx, const struct sweeping *s, struct error *err)
{
    int64_t now_ms = attempt_now_ms(s->attempt);
    /* Due since it began: a page answers many questions, so it comes before those about single calls. */
    struct job_row job = {.account_sid = s->attempt->job.account_sid,
                          .kind = JOB_SWEEP_ACCOUNT,
                          .run_at_ms = s->row.began_at_ms,
                          .created_at_ms = now_ms};
    return store_insert_job(tx, &job, err);
}

static int go_on(struct store_tx *tx, void *work, struct error *err)
{
    struct sweeping *s = work;
    struct reconciler_row row;
    if (store_get_reconciler(store_tx_reader(tx), s->attempt->arena, &row, err) < 0)
        return -1;
    s->ended = false;
    row.cursor = s->next != NULL ? s->next : "";
    if (s->next != NULL && *s->next == '\0' && ++row.stage == STAGES) {
        s->ended = true;
        row.stage = ROOTS;
        row.swept_until_ms = row.began_at_ms;
        row.began_at_ms = 0;
    }
    if (store_put_reconciler(tx, &row, err) < 0 || attempt_finish(tx, s->attempt, err) < 0)
        return -1;
    return s->ended && row.pending_since_ms == 0 ? 0 : again(tx, s, err);
}

static void tell_end(const struct sweeping *s)
{
    const struct attempt *attempt = s->attempt;
    int64_t now_ms = attempt_now_ms(attempt);
    log_info("sweep.done", LOG_INT("job", attempt->job.number),
             LOG_INT("back_s", (s->row.began_at_ms - s->row.since_ms) / 1000),
             LOG_INT("took_ms", now_ms - s->row.began_at_ms));
    metric_set(metrics_gauge(attempt->with->metrics, "switchhook_swept_timestamp_seconds", "",
                             "When the last comparison with Twilio's lists began that was "
                             "finished, in seconds since 1970."),
               s->row.began_at_ms / 1000);
}

int sweep_account(struct attempt *attempt, struct error *err)
{
    struct sweeping s = {.attempt = attempt, .next = ""};
    if (store_apply(attempt->with->store, begin, &s, err) < 0)
        return -1;
    if (s.ended)
        return 0;
    if (s.row.stage == ROOTS && text_is_empty(s.row.cursor))
        known_numbers_forget(runner_numbers(attempt->runner));
    if (ask(&s, err) < 0 || (s.next != NULL && take_page(&s, err) < 0) ||
        store_apply(attempt->with->store, go_on, &s, err) < 0)
        return -1;
    attempt_count(attempt, s.ended ? "done" : "page");
    if (s.ended)
        tell_end(&s);
    return 0;
}
