#include "contract/store_contract.h"

#include <stdlib.h>
#include <string.h>

#include "core/macros.h"
#include "core/random.h"
#include "core/xmalloc.h"
#include "support/cmocka_all.h"
#include "voice/resource_id.h"

#define ACCOUNT "AC00000000000000000000000000000001"

static const struct store_contract *tested;

struct fixture {
    struct store *store;
    void *context;
    struct arena *arena;
};

static int open_empty(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    f->arena = arena_create();
    f->store = tested->open(&f->context);
    *state = f;
    return f->store ? 0 : -1;
}

static int close_again(void **state)
{
    struct fixture *f = *state;
    tested->close(f->store, f->context);
    arena_free(f->arena);
    free(f);
    return 0;
}

/* ---- the door, callable from a test
 * ------------------------------------------------------------------------------ Each function runs
 * one store function in a unit or read of its own and answers the kind of the error.
 */

struct args {
    const void *row; /* what is written */
    const char *text;
    const char *other;
    int64_t number;
    int64_t after;
    size_t limit;
    uint64_t key;
    int lane;
    void *out;
    bool *flag;
    struct arena *arena;
};

#define WRITE(name, ...)                                                                           \
    static int apply_##name(struct store_tx *tx, void *work, struct error *err)                    \
    {                                                                                              \
        struct args *a = work;                                                                     \
        return store_##name(tx, __VA_ARGS__, err);                                                 \
    }                                                                                              \
    static enum error_kind name(struct fixture *f, struct args a)                                  \
    {                                                                                              \
        struct error err = {0};                                                                    \
        a.arena = f->arena;                                                                        \
        int result = store_apply(f->store, apply_##name, &a, &err);                                \
        assert_int_equal(result, err.kind == ERROR_NONE ? 0 : -1);                                 \
        return err.kind;                                                                           \
    }

#define READ(name, ...)                                                                            \
    static int run_##name(struct store_rx *rx, void *work, struct error *err)                      \
    {                                                                                              \
        struct args *a = work;                                                                     \
        return store_##name(rx, __VA_ARGS__, err);                                                 \
    }                                                                                              \
    static enum error_kind name(struct fixture *f, struct args a)                                  \
    {                                                                                              \
        struct error err = {0};                                                                    \
        a.arena = f->arena;                                                                        \
        int result = store_run_read(f->store, run_##name, &a, &err);                               \
        assert_int_equal(result, err.kind == ERROR_NONE ? 0 : -1);                                 \
        return err.kind;                                                                           \
    }

/* clang-format off */
WRITE(insert_call, a->row)
WRITE(update_call, a->row)
READ(get_call, a->text, a->arena, a->out)
READ(get_call_by_number, a->number, a->arena, a->out)
READ(get_call_by_sid, a->text, a->arena, a->out)
READ(list_calls, a->row, a->arena, a->out)
READ(list_due_calls, a->number, a->limit, a->arena, a->out)
READ(get_reconciler, a->arena, a->out)
WRITE(put_reconciler, a->row)
READ(count_open_calls, a->out)
READ(get_usage, a->out)
WRITE(put_usage, a->row)
WRITE(put_place, a->row)
READ(get_place, a->number, a->arena, a->out)
WRITE(recount_usage, a->out)
WRITE(prune_usage, a->number)
WRITE(put_identity_group, a->text, a->other, a->number)
READ(get_identity_group, a->text, a->arena, a->out)
WRITE(put_leg, a->row)
READ(get_leg, a->text, a->arena, a->out)
READ(list_legs, a->number, a->arena, a->out)
WRITE(append_timeline, a->out)
READ(find_repeat, a->number, a->key, a->arena, a->out)
READ(list_news, a->after, a->limit, a->arena, a->out)
READ(newest_sequence, a->out)
READ(get_event_key, a->out)
READ(list_calls_going_on, a->row, a->limit, a->arena, a->out)
WRITE(count_repeat, a->number)
READ(list_timeline, a->number, a->after, a->limit, a->arena, a->out)
WRITE(put_recording, a->row)
READ(get_recording, a->text, a->arena, a->out)
READ(get_recording_by_id, a->text, a->arena, a->out)
READ(list_call_recordings, a->number, a->arena, a->out)
READ(list_recordings, a->row, a->arena, a->out)
READ(list_expired_recordings, a->number, a->limit, a->arena, a->out)
READ(count_wanted_recordings, a->out)
WRITE(insert_voicemail, a->out, a->arena)
WRITE(update_voicemail, a->row)
READ(get_voicemail, a->text, a->arena, a->out)
READ(get_voicemail_of_recording, a->text, a->arena, a->out)
READ(list_voicemails, a->row, a->arena, a->out)
READ(count_new_voicemails, a->row, a->number, a->out)
WRITE(put_transcription, a->out)
READ(get_transcription, a->text, a->arena, a->out)
READ(get_transcription_of_recording, a->text, a->arena, a->out)
READ(list_transcriptions, a->number, a->arena, a->out)
WRITE(clear_transcription, a->number)
WRITE(insert_transcript_line, a->out)
READ(get_transcript_line, a->number, a->arena, a->out)
READ(last_transcript_sequence, a->number, a->after, a->text, a->out)
WRITE(put_transcript_partial, a->row)
WRITE(drop_transcript_partial, a->number, a->text, a->after)
READ(list_transcript, a->number, a->row, a->limit, a->arena, a->out)
READ(list_transcript_partials, a->number, a->arena, a->out)
READ(search_transcripts, a->row, a->arena, a->out)
WRITE(insert_job, a->out)
WRITE(claim_job, (enum job_lane)a->lane, a->number, a->after, a->arena, a->out, a->flag)
WRITE(finish_job, a->number)
WRITE(retry_job, a->number, a->after, a->text)
WRITE(return_job, a->number, a->after, a->text)
WRITE(bury_job, a->number, a->text)
WRITE(cancel_job, (enum job_kind)a->key, a->number, a->text == NULL ? "" : a->text)
READ(next_job_at, (enum job_lane)a->lane, a->out)
WRITE(expire_leases, a->number)
READ(get_job, a->number, a->arena, a->out)
WRITE(revive_job, a->number, a->after)
READ(list_jobs, a->row, a->arena, a->out)
WRITE(insert_api_key, a->row)
WRITE(revoke_api_key, a->text, a->number)
READ(list_api_keys, a->arena, a->out)
READ(data_version, a->out)
WRITE(insert_idempotency, a->row)
READ(get_idempotency, a->text, a->other, a->arena, a->out)
WRITE(answer_idempotency, a->row)
WRITE(prune_idempotency, a->number, a->limit, a->out)
WRITE(append_audit, a->out)
READ(list_audit, a->row, a->arena, a->out)
WRITE(prune_audit, a->number, a->limit, a->out)
/* clang-format on */

/* ---- rows to play with ---------------------------------------------------------------------- */

enum { CREATED_MS = 1700000000 };

/* The n-th call: created n ms after CREATED_MS. */
static struct call_row make_call(struct fixture *f, int n)
{
    char *id = arena_alloc(f->arena, RESOURCE_ID_BYTES);
    int64_t created_ms = CREATED_MS + n;
    resource_id_format(RESOURCE_CALL, created_ms << 20, 0xfeedfacecafebeefU + (uint64_t)n, id);
    return (struct call_row){
        .number = created_ms << 20,
        .id = id,
        .account_sid = ACCOUNT,
        .direction = CALL_DIRECTION_INBOUND,
        .placement = CALL_PLACEMENT_PLACED,
        .root = leg_state_new(),
        .from = "+14155550100",
        .to = "+15005550006",
        .created_at_ms = created_ms,
        .heard_at_ms = created_ms,
    };
}

static struct call_row insert_nth(struct fixture *f, int n)
{
    struct call_row row = make_call(f, n);
    assert_int_equal(insert_call(f, (struct args){.row = &row}), ERROR_NONE);
    return row;
}

static const char *sid_of(struct fixture *f, const char *prefix, int n)
{
    return arena_printf(f->arena, "%s%032x", prefix, (unsigned)n);
}

static void assert_text(const char *a, const char *b)
{
    if (!a || !b)
        assert_ptr_equal(a, b);
    else
        assert_string_equal(a, b);
}

static void assert_state(const struct leg_state *a, const struct leg_state *b)
{
    assert_int_equal(a->status, b->status);
    assert_int_equal(a->sequence, b->sequence);
    assert_int_equal(a->answered_at_ms, b->answered_at_ms);
    assert_int_equal(a->ended_at_ms, b->ended_at_ms);
    assert_int_equal(a->duration_s, b->duration_s);
    assert_int_equal(a->sip_code, b->sip_code);
}

static void assert_call(const struct call_row *a, const struct call_row *b)
{
    assert_int_equal(a->number, b->number);
    assert_text(a->id, b->id);
    assert_text(a->account_sid, b->account_sid);
    assert_text(a->root_sid, b->root_sid);
    assert_int_equal(a->direction, b->direction);
    assert_int_equal(a->placement, b->placement);
    assert_state(&a->root, &b->root);
    assert_int_equal(a->outcome, b->outcome);
    assert_text(a->from, b->from);
    assert_text(a->to, b->to);
    assert_text(a->identity, b->identity);
    assert_text(a->owner, b->owner);
    assert_text(a->group, b->group);
    assert_text(a->plan, b->plan);
    assert_text(a->metadata, b->metadata);
    assert_text(a->price, b->price);
    assert_text(a->price_unit, b->price_unit);
    assert_int_equal(a->refusal_code, b->refusal_code);
    assert_text(a->refusal, b->refusal);
    assert_int_equal(a->created_at_ms, b->created_at_ms);
    assert_int_equal(a->heard_at_ms, b->heard_at_ms);
    assert_int_equal(a->due_at_ms, b->due_at_ms);
    assert_int_equal(a->hangup_wanted, b->hangup_wanted);
    assert_int_equal(a->hangup_asked_at_ms, b->hangup_asked_at_ms);
    assert_int_equal(a->voicemail_at_ms, b->voicemail_at_ms);
    assert_text(a->consent_text, b->consent_text);
    assert_text(a->consent_wish, b->consent_wish);
    assert_int_equal(a->consent_caller_heard_ms, b->consent_caller_heard_ms);
    assert_int_equal(a->consent_callee_heard_ms, b->consent_callee_heard_ms);
}

/* A call with every member set, and with texts that need care. */
static struct call_row make_full_call(struct fixture *f, int n)
{
    struct call_row row = make_call(f, n);
    row.root_sid = sid_of(f, "CA", n);
    row.direction = CALL_DIRECTION_OUTBOUND_API;
    row.placement = CALL_PLACEMENT_REFUSED;
    row.root = (struct leg_state){CALL_STATUS_NO_ANSWER, 7, 11, 22, 33, 486};
    row.outcome = CALL_OUTCOME_VOICEMAIL;
    row.from = "client:\xc3\xa4lice 'quoted\"";
    row.to = "sip:bob@example.com;x=%00";
    row.identity = "\xc3\xa4lice";
    row.owner = "key1";
    row.group = "s\xc3\xa4les";
    row.plan = "{\"flow\":\"dial\"}";
    row.metadata = "{\"a\":\"\\u0000\"}";
    row.price = "-0.0130";
    row.price_unit = "USD";
    row.refusal_code = 21211;
    row.refusal = "not a number";
    row.due_at_ms = CREATED_MS + 60000;
    row.hangup_wanted = true;
    row.hangup_asked_at_ms = CREATED_MS + 5;
    row.voicemail_at_ms = CREATED_MS + 6;
    row.consent_text = "This call is recorded.";
    row.consent_wish = "dual -";
    row.consent_caller_heard_ms = CREATED_MS + 7;
    row.consent_callee_heard_ms = CREATED_MS + 8;
    return row;
}

/* ---- calls ---------------------------------------------------------------------------------- */

static void keeps_every_member_of_a_call(void **state)
{
    struct fixture *f = *state;
    struct call_row rows[] = {make_call(f, 1), make_full_call(f, 2)};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct call_row got = {0};
        assert_int_equal(insert_call(f, (struct args){.row = &rows[i]}), ERROR_NONE);
        assert_int_equal(get_call(f, (struct args){.text = rows[i].id, .out = &got}), ERROR_NONE);
        assert_call(&got, &rows[i]);
        assert_int_equal(got.timeline_count, 0);
    }
}

static void keeps_every_word_of_a_call(void **state)
{
    struct fixture *f = *state;
    for (int n = 0; n < 10; n++) {
        struct call_row row = make_call(f, n);
        struct call_row got = {0};
        row.direction = (enum call_direction)(n % 3);
        row.placement = (enum call_placement)(n % 6);
        row.root.status = (enum call_status)n;
        row.outcome = (enum call_outcome)(n % 8);
        assert_int_equal(insert_call(f, (struct args){.row = &row}), ERROR_NONE);
        assert_int_equal(get_call(f, (struct args){.text = row.id, .out = &got}), ERROR_NONE);
        assert_call(&got, &row);
    }
}

static void refuses_a_number_or_root_sid_twice(void **state)
{
    struct fixture *f = *state;
    struct call_row first = make_full_call(f, 1);
    struct call_row same_sid = make_call(f, 2);
    same_sid.root_sid = first.root_sid;
    assert_int_equal(insert_call(f, (struct args){.row = &first}), ERROR_NONE);
    assert_int_equal(insert_call(f, (struct args){.row = &first}), ERROR_CONFLICT);
    assert_int_equal(insert_call(f, (struct args){.row = &same_sid}), ERROR_CONFLICT);
    same_sid.root_sid = NULL;
    assert_int_equal(insert_call(f, (struct args){.row = &same_sid}), ERROR_NONE);
}

static void finds_no_call_by_half_an_id(void **state)
{
    struct fixture *f = *state;
    struct call_row row = insert_nth(f, 1);
    struct call_row got = {.number = -5};
    char id[RESOURCE_ID_BYTES];
    resource_id_format(RESOURCE_CALL, row.number, 1, id);
    const char *wrong[] = {id, "", "call_", "nonsense", "CA00000000000000000000000000000001"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_int_equal(get_call(f, (struct args){.text = wrong[i], .out = &got}),
                         ERROR_NOT_FOUND);
        assert_int_equal(got.number, -5);
    }
}

static void finds_a_call_by_the_sid_of_any_of_its_legs(void **state)
{
    struct fixture *f = *state;
    struct call_row row = make_full_call(f, 1);
    struct leg_row leg = {.call_number = row.number,
                          .account_sid = ACCOUNT,
                          .sid = sid_of(f, "CA", 99),
                          .parent_sid = row.root_sid,
                          .state = leg_state_new()};
    struct call_row got = {0};
    assert_int_equal(insert_call(f, (struct args){.row = &row}), ERROR_NONE);
    assert_int_equal(put_leg(f, (struct args){.row = &leg}), ERROR_NONE);
    assert_int_equal(get_call_by_sid(f, (struct args){.text = row.root_sid, .out = &got}),
                     ERROR_NONE);
    assert_call(&got, &row);
    got = (struct call_row){0};
    assert_int_equal(get_call_by_sid(f, (struct args){.text = leg.sid, .out = &got}), ERROR_NONE);
    assert_call(&got, &row);
    assert_int_equal(get_call_by_sid(f, (struct args){.text = sid_of(f, "CA", 3), .out = &got}),
                     ERROR_NOT_FOUND);
}

static void finds_a_call_by_its_number(void **state)
{
    struct fixture *f = *state;
    struct call_row row = make_full_call(f, 1);
    struct call_row got = {0};
    assert_int_equal(insert_call(f, (struct args){.row = &row}), ERROR_NONE);
    struct args find = {.number = row.number, .out = &got};
    assert_int_equal(get_call_by_number(f, find), ERROR_NONE);
    assert_call(&got, &row);
    find.number++;
    assert_int_equal(get_call_by_number(f, find), ERROR_NOT_FOUND);
}

static void updates_all_that_may_change(void **state)
{
    struct fixture *f = *state;
    struct call_row before = make_call(f, 1);
    struct call_row after = make_full_call(f, 1);
    struct call_row got = {0};
    assert_int_equal(insert_call(f, (struct args){.row = &before}), ERROR_NONE);
    after.direction = CALL_DIRECTION_OUTBOUND_BROWSER; /* not written */
    after.account_sid = "AC00000000000000000000000000000002";
    after.created_at_ms = 5;
    assert_int_equal(update_call(f, (struct args){.row = &after}), ERROR_NONE);
    assert_int_equal(get_call(f, (struct args){.text = before.id, .out = &got}), ERROR_NONE);
    after.direction = before.direction;
    after.account_sid = before.account_sid;
    after.created_at_ms = before.created_at_ms;
    assert_call(&got, &after);
    assert_int_equal(get_call_by_sid(f, (struct args){.text = after.root_sid, .out = &got}),
                     ERROR_NONE);

    assert_int_equal(update_call(f, (struct args){.row = &before}), ERROR_NONE);
    assert_int_equal(get_call(f, (struct args){.text = before.id, .out = &got}), ERROR_NONE);
    assert_call(&got, &before);
    assert_int_equal(get_call_by_sid(f, (struct args){.text = after.root_sid, .out = &got}),
                     ERROR_NOT_FOUND);
}

static void refuses_an_update_of_nothing_or_with_anothers_sid(void **state)
{
    struct fixture *f = *state;
    struct call_row owner = make_full_call(f, 1);
    struct call_row other = insert_nth(f, 2);
    struct call_row missing = make_call(f, 3);
    struct call_row got = {0};
    assert_int_equal(insert_call(f, (struct args){.row = &owner}), ERROR_NONE);
    assert_int_equal(update_call(f, (struct args){.row = &missing}), ERROR_NOT_FOUND);
    struct call_row thief = other;
    thief.root_sid = owner.root_sid;
    thief.refusal = "must be rolled back";
    assert_int_equal(update_call(f, (struct args){.row = &thief}), ERROR_CONFLICT);
    assert_int_equal(get_call(f, (struct args){.text = other.id, .out = &got}), ERROR_NONE);
    assert_call(&got, &other);
}

static void lists_the_silent_calls_longest_overdue_first(void **state)
{
    struct fixture *f = *state;
    const int64_t due[] = {0, 500, 100, 300, 900};
    int64_t open = -1;
    struct call_rows rows = {0};
    for (int i = 0; i < 5; i++) {
        struct call_row row = make_call(f, i);
        row.due_at_ms = due[i];
        assert_int_equal(insert_call(f, (struct args){.row = &row}), ERROR_NONE);
    }
    assert_int_equal(count_open_calls(f, (struct args){.out = &open}), ERROR_NONE);
    assert_int_equal(open, 4);
    assert_int_equal(list_due_calls(f, (struct args){.number = 500, .limit = 10, .out = &rows}),
                     ERROR_NONE);
    assert_int_equal(rows.count, 3);
    assert_int_equal(rows.items[0].due_at_ms, 100);
    assert_int_equal(rows.items[1].due_at_ms, 300);
    assert_int_equal(rows.items[2].due_at_ms, 500);
    assert_false(rows.more);
    assert_int_equal(list_due_calls(f, (struct args){.number = 500, .limit = 2, .out = &rows}),
                     ERROR_NONE);
    assert_int_equal(rows.count, 2);
    assert_true(rows.more);
}

static void remembers_how_far_the_reconciler_is(void **state)
{
    struct fixture *f = *state;
    struct reconciler_row got = {.stage = 9};
    assert_int_equal(get_reconciler(f, (struct args){.out = &got}), ERROR_NONE);
    assert_int_equal(got.alive_at_ms, 0);
    assert_int_equal(got.stage, 0);
    assert_string_equal(got.cursor, "");
    for (int i = 1; i <= 2; i++) { /* there is one row, however often it is written */
        const struct reconciler_row row = {
            .alive_at_ms = 10 * i,
            .swept_until_ms = 20 * i,
            .pending_since_ms = 30 * i,
            .since_ms = 40 * i,
            .began_at_ms = 50 * i,
            .stage = i,
            .cursor = i == 1 ? "/2010-04-01/Accounts/AC1/Calls.json?Page=1" : "",
        };
        assert_int_equal(put_reconciler(f, (struct args){.row = &row}), ERROR_NONE);
        assert_int_equal(get_reconciler(f, (struct args){.out = &got}), ERROR_NONE);
        assert_int_equal(got.alive_at_ms, row.alive_at_ms);
        assert_int_equal(got.swept_until_ms, row.swept_until_ms);
        assert_int_equal(got.pending_since_ms, row.pending_since_ms);
        assert_int_equal(got.since_ms, row.since_ms);
        assert_int_equal(got.began_at_ms, row.began_at_ms);
        assert_int_equal(got.stage, row.stage);
        assert_string_equal(got.cursor, row.cursor);
    }
}

static void remembers_the_group_of_an_identity(void **state)
{
    struct fixture *f = *state;
    const char *got = NULL;
    struct args get = {.text = "\xc3\xa4lice", .out = &got};
    struct args put = {.text = "\xc3\xa4lice", .other = "sales", .number = 5};
    assert_int_equal(get_identity_group(f, get), ERROR_NOT_FOUND);
    assert_int_equal(put_identity_group(f, put), ERROR_NONE);
    assert_int_equal(put_identity_group(f, put), ERROR_NONE);
    assert_int_equal(get_identity_group(f, get), ERROR_NONE);
    assert_string_equal(got, "sales");
    put.other = "support";
    assert_int_equal(put_identity_group(f, put), ERROR_NONE);
    assert_int_equal(get_identity_group(f, get), ERROR_NONE);
    assert_string_equal(got, "support");
    put.other = NULL;
    assert_int_equal(put_identity_group(f, put), ERROR_NONE);
    assert_int_equal(put_identity_group(f, put), ERROR_NONE);
    assert_int_equal(get_identity_group(f, get), ERROR_NOT_FOUND);
}

/* ---- who calls how much ---- */

static struct usage_row usage_of(struct fixture *f, enum usage_counter counter, const char *name)
{
    struct usage_row row = {.account_sid = ACCOUNT, .counter = counter, .name = name};
    row.usage.at_once = 99; /* whoever is not known has {0} */
    assert_int_equal(get_usage(f, (struct args){.out = &row}), ERROR_NONE);
    return row;
}

static void keeps_counters_of_each_kind_and_name(void **state)
{
    struct fixture *f = *state;
    struct usage_row row = usage_of(f, USAGE_OF_IDENTITY, "alice");
    assert_int_equal(row.usage.at_once, 0);
    row.usage = (struct usage){.at_once = 2, .slot = 5000000};
    for (int i = 0; i < USAGE_SLOTS; i++)
        row.usage.admitted[i] = 100 + i;
    assert_int_equal(put_usage(f, (struct args){.row = &row}), ERROR_NONE);
    assert_int_equal(put_usage(f, (struct args){.row = &row}), ERROR_NONE);
    struct usage_row got = usage_of(f, USAGE_OF_IDENTITY, "alice");
    assert_memory_equal(&got.usage, &row.usage, sizeof(row.usage));
    assert_int_equal(usage_of(f, USAGE_OF_IDENTITY, "alic").usage.at_once, 0);
    assert_int_equal(usage_of(f, USAGE_OF_KEY, "alice").usage.slot, 0);
    assert_int_equal(usage_of(f, USAGE_OF_ACCOUNT, "").usage.slot, 0);
}

static void admit_all(struct fixture *f, const struct call_row *call)
{
    static const struct {
        enum usage_counter counter;
        const char *name;
    } counters[] = {
        {USAGE_OF_ACCOUNT,  ""  },
        {USAGE_OF_KEY,      "k1"},
        {USAGE_OF_GROUP,    "g" },
        {USAGE_OF_IDENTITY, "i" }
    };
    const struct place_row place = {call->number, ACCOUNT, "k1", "g", "i", 77};
    for (size_t i = 0; i < ARRAY_LEN(counters); i++) {
        struct usage_row row = usage_of(f, counters[i].counter, counters[i].name);
        usage_admit(&row.usage, 1000);
        assert_int_equal(put_usage(f, (struct args){.row = &row}), ERROR_NONE);
    }
    assert_int_equal(put_place(f, (struct args){.row = &place}), ERROR_NONE);
}

static void assert_at_once(struct fixture *f, int64_t count)
{
    assert_int_equal(usage_of(f, USAGE_OF_ACCOUNT, "").usage.at_once, count);
    assert_int_equal(usage_of(f, USAGE_OF_KEY, "k1").usage.at_once, count);
    assert_int_equal(usage_of(f, USAGE_OF_GROUP, "g").usage.at_once, count);
    assert_int_equal(usage_of(f, USAGE_OF_IDENTITY, "i").usage.at_once, count);
}

static void a_call_that_is_over_gives_its_place_back_once(void **state)
{
    struct fixture *f = *state;
    static const struct {
        enum call_placement placement;
        enum call_status status;
        bool over;
    } cases[] = {
        {CALL_PLACEMENT_INTENDED, CALL_STATUS_NONE,        false},
        {CALL_PLACEMENT_UNKNOWN,  CALL_STATUS_NONE,        false},
        {CALL_PLACEMENT_PLACED,   CALL_STATUS_IN_PROGRESS, false},
        {CALL_PLACEMENT_PLACED,   CALL_STATUS_COMPLETED,   true },
        {CALL_PLACEMENT_PLACED,   CALL_STATUS_BUSY,        true },
        {CALL_PLACEMENT_PLACED,   CALL_STATUS_FAILED,      true },
        {CALL_PLACEMENT_PLACED,   CALL_STATUS_NO_ANSWER,   true },
        {CALL_PLACEMENT_PLACED,   CALL_STATUS_CANCELED,    true },
        {CALL_PLACEMENT_CANCELED, CALL_STATUS_NONE,        true },
        {CALL_PLACEMENT_REFUSED,  CALL_STATUS_NONE,        true },
    };
    struct call_row other = insert_nth(f, 99);
    admit_all(f, &other);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct call_row call = insert_nth(f, (int)i + 1);
        struct place_row place = {0};
        admit_all(f, &call);
        struct args get = {.number = call.number, .out = &place};
        assert_int_equal(get_place(f, get), ERROR_NONE);
        assert_true(place.call_number == call.number && place.taken_at_ms == 77);
        assert_string_equal(place.identity, "i");
        assert_string_equal(place.group, "g");
        assert_string_equal(place.key, "k1");
        assert_int_equal(put_place(f, (struct args){.row = &place}), ERROR_CONFLICT);
        assert_at_once(f, 2);
        call.placement = cases[i].placement;
        call.root.status = cases[i].status;
        for (int again = 0; again < 2; again++) {
            assert_int_equal(update_call(f, (struct args){.row = &call}), ERROR_NONE);
            assert_at_once(f, cases[i].over ? 1 : 2);
            assert_int_equal(get_place(f, get), cases[i].over ? ERROR_NOT_FOUND : ERROR_NONE);
        }
        call.placement = CALL_PLACEMENT_CANCELED;
        assert_int_equal(update_call(f, (struct args){.row = &call}), ERROR_NONE);
    }
    assert_int_equal(usage_of(f, USAGE_OF_KEY, "k1").usage.admitted[0], ARRAY_LEN(cases) + 1);
}

static void recounts_what_has_drifted(void **state)
{
    struct fixture *f = *state;
    int64_t corrected = 99;
    struct call_row going_on = insert_nth(f, 1);
    struct call_row over = insert_nth(f, 2);
    over.placement = CALL_PLACEMENT_CANCELED;
    assert_int_equal(update_call(f, (struct args){.row = &over}), ERROR_NONE);
    admit_all(f, &going_on);
    assert_int_equal(recount_usage(f, (struct args){.out = &corrected}), ERROR_NONE);
    assert_int_equal(corrected, 0);
    assert_at_once(f, 1);
    /* a place of a call that is over, one of a call that is not there, a counter of nobody */
    admit_all(f, &over);
    admit_all(f, &(struct call_row){.number = 12345});
    struct usage_row nobody = {
        .account_sid = ACCOUNT, .counter = USAGE_OF_IDENTITY, .name = "n", .usage = {.at_once = 7}};
    assert_int_equal(put_usage(f, (struct args){.row = &nobody}), ERROR_NONE);
    assert_at_once(f, 3);
    assert_int_equal(recount_usage(f, (struct args){.out = &corrected}), ERROR_NONE);
    assert_int_equal(corrected, 2 + 4 + 1);
    assert_at_once(f, 1);
    assert_int_equal(usage_of(f, USAGE_OF_IDENTITY, "n").usage.at_once, 0);
    assert_int_equal(usage_of(f, USAGE_OF_KEY, "k1").usage.admitted[0], 3);
    assert_int_equal(recount_usage(f, (struct args){.out = &corrected}), ERROR_NONE);
    assert_int_equal(corrected, 0);
}

static void prunes_counters_that_count_nothing(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *name;
        int64_t at_once, slot;
        bool stays;
    } cases[] = {
        {"old",  0, 99,  false},
        {"new",  0, 100, true },
        {"busy", 1, 5,   true }
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct usage_row row = {
            ACCOUNT, USAGE_OF_KEY, cases[i].name, {cases[i].at_once, cases[i].slot, {1}}
        };
        assert_int_equal(put_usage(f, (struct args){.row = &row}), ERROR_NONE);
    }
    assert_int_equal(prune_usage(f, (struct args){.number = 100}), ERROR_NONE);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(usage_of(f, USAGE_OF_KEY, cases[i].name).usage.admitted[0],
                         cases[i].stays);
}

/* ---- lists ---------------------------------------------------------------------------------- */

/* Twelve calls, three of each kind, numbered 0.. */
static void insert_a_dozen(struct fixture *f)
{
    for (int n = 0; n < 12; n++) {
        struct call_row row = make_call(f, n);
        row.direction = (enum call_direction)(n % 3);
        row.root.status = n % 2 ? CALL_STATUS_COMPLETED : CALL_STATUS_RINGING;
        row.identity = n % 4 == 0 ? "alice" : NULL;
        row.owner = n % 3 == 0 ? "key1" : NULL;
        row.group = n % 5 == 0 ? "sales" : NULL;
        row.from = n == 5 ? "+14155550105" : row.from;
        row.to = n == 7 ? "+14155550105" : row.to;
        row.account_sid = n == 11 ? "AC00000000000000000000000000000002" : ACCOUNT;
        assert_int_equal(insert_call(f, (struct args){.row = &row}), ERROR_NONE);
    }
}

struct list_case {
    const char *what;
    struct call_filter filter;
    const char *expected; /* which of the dozen, newest first: a..l */
};

static const struct list_case list_cases[] = {
    {"all",                      {0},                                                                         "lkjihgfedcba"},
    {"account",                  {.account_sid = ACCOUNT},                                                    "kjihgfedcba" },
    {"status",                   {.status = "ringing"},                                                       "kigeca"      },
    {"direction",                {.direction = "inbound"},                                                    "lifc"        },
    {"number, from or to",       {.number = "+14155550105"},                                                  "hf"          },
    {"identity",                 {.identity = "alice"},                                                       "iea"         },
    {"owner",                    {.owner = "key1"},                                                           "jgda"        },
    {"owned by either",          {.owned_by_identity = "alice", .owned_by_owner = "key1"},                    "jigeda"      },
    {"group",                    {.group = "sales"},                                                          "kfa"         },
    {"owned by any",
     {.owned_by_identity = "alice", .owned_by_owner = "key1", .owned_by_group = "sales"},
     "kjigfeda"                                                                                                             },
    {"owned by group alone",     {.owned_by_group = "sales"},                                                 "kfa"         },
    {"a group of a stranger's",  {.group = "sales", .owned_by_identity = "alice"},                            "a"           },
    {"owned by identity alone",  {.owned_by_identity = "alice"},                                              "iea"         },
    {"owned by owner alone",     {.owned_by_owner = "key1"},                                                  "jgda"        },
    {"identity of a stranger's",
     {.identity = "alice", .owned_by_identity = "bob", .owned_by_owner = "key1"},
     "a"                                                                                                                    },
    {"identity and owner",       {.identity = "alice", .owner = "key1"},                                      "a"           },
    {"nobody",                   {.identity = "bob"},                                                         ""            },
    {"since",                    {.since_ms = CREATED_MS + 9},                                                "lkj"         },
    {"until",                    {.until_ms = CREATED_MS + 3},                                                "cba"         },
    {"between",                  {.since_ms = CREATED_MS + 3, .until_ms = CREATED_MS + 6},                    "fed"         },
    {"several",                  {.direction = "inbound", .status = "completed", .since_ms = CREATED_MS + 6}, "l"           },
    {"injection",                {.identity = "' OR 1 OR '"},                                                 ""            },
};

/* Page through with `limit` and spell what comes. */
static void spell(struct fixture *f, struct call_filter filter, size_t limit, char *out)
{
    size_t used = 0;
    filter.limit = limit;
    for (int pages = 0; pages < 20; pages++) {
        struct call_rows rows = {0};
        assert_int_equal(list_calls(f, (struct args){.row = &filter, .out = &rows}), ERROR_NONE);
        assert_true(rows.count <= limit);
        for (size_t i = 0; i < rows.count; i++)
            out[used++] = (char)('a' + (rows.items[i].created_at_ms - CREATED_MS));
        assert_int_equal(rows.more, rows.next_before > 0);
        if (!rows.more)
            break;
        filter.before_number = rows.next_before;
    }
    out[used] = '\0';
}

static void lists_what_the_filters_say_newest_first_page_by_page(void **state)
{
    struct fixture *f = *state;
    const size_t limits[] = {1, 2, 3, 5, 12, 200};
    insert_a_dozen(f);
    for (size_t i = 0; i < ARRAY_LEN(list_cases); i++) {
        for (size_t j = 0; j < ARRAY_LEN(limits); j++) {
            char got[64];
            spell(f, list_cases[i].filter, limits[j], got);
            if (strcmp(got, list_cases[i].expected) != 0)
                fail_msg("%s, %zu per page: %s instead of %s", list_cases[i].what, limits[j], got,
                         list_cases[i].expected);
        }
    }
}

static void refuses_a_list_without_a_sane_limit(void **state)
{
    struct fixture *f = *state;
    const size_t limits[] = {0, 201, SIZE_MAX};
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        struct call_filter filter = {.limit = limits[i]};
        struct call_rows rows = {0};
        assert_int_equal(list_calls(f, (struct args){.row = &filter, .out = &rows}), ERROR_INVALID);
    }
}

/* ---- legs ----------------------------------------------------------------------------------- */

static void assert_leg(const struct leg_row *a, const struct leg_row *b)
{
    assert_int_equal(a->call_number, b->call_number);
    assert_text(a->account_sid, b->account_sid);
    assert_text(a->sid, b->sid);
    assert_text(a->parent_sid, b->parent_sid);
    assert_text(a->from, b->from);
    assert_text(a->to, b->to);
    assert_state(&a->state, &b->state);
    assert_int_equal(a->created_at_ms, b->created_at_ms);
}

static void keeps_and_replaces_legs_of_one_call_only(void **state)
{
    struct fixture *f = *state;
    struct call_row call = insert_nth(f, 1);
    struct call_row other = insert_nth(f, 2);
    struct leg_row leg = {call.number,    ACCOUNT, sid_of(f, "CA", 7), "CAparent",
                          "+14155550100", NULL,    leg_state_new(),    44};
    struct leg_row got = {0};
    struct leg_rows rows = {0};

    assert_int_equal(put_leg(f, (struct args){.row = &leg}), ERROR_NONE);
    assert_int_equal(get_leg(f, (struct args){.text = leg.sid, .out = &got}), ERROR_NONE);
    assert_leg(&got, &leg);
    leg.state = (struct leg_state){CALL_STATUS_BUSY, 3, 1, 2, 9, 486};
    leg.to = "client:bob";
    assert_int_equal(put_leg(f, (struct args){.row = &leg}), ERROR_NONE);
    assert_int_equal(list_legs(f, (struct args){.number = call.number, .out = &rows}), ERROR_NONE);
    assert_int_equal(rows.count, 1);
    assert_leg(&rows.items[0], &leg);

    struct leg_row stolen = leg;
    stolen.call_number = other.number;
    assert_int_equal(put_leg(f, (struct args){.row = &stolen}), ERROR_CONFLICT);
    assert_int_equal(list_legs(f, (struct args){.number = other.number, .out = &rows}), ERROR_NONE);
    assert_int_equal(rows.count, 0);
    assert_int_equal(get_leg(f, (struct args){.text = "CA0", .out = &got}), ERROR_NOT_FOUND);
}

/* ---- the timeline --------------------------------------------------------------------------- */

static struct timeline_row make_entry(const struct call_row *call, int n)
{
    return (struct timeline_row){
        .call_number = call->number,
        .account_sid = ACCOUNT,
        .at_ms = CREATED_MS + n,
        .kind = (enum timeline_kind)(n % 7),
        .route = n % 2 ? "/webhooks/call-status" : NULL,
        .leg_sid = n % 3 ? "CA00000000000000000000000000000009" : NULL,
        .repeat_key = n == 0 ? 0 : UINT64_MAX - (uint64_t)n,
        .effect = n % 2 ? "advances" : NULL,
        .answer = n % 4 ? "dial" : NULL,
        .raw = n % 5 ? "CallSid=CA1&From=%2B1" : NULL,
        .news = n % 3 ? "call.created leg.ringing=CA1" : NULL,
    };
}

static void assert_entry(const struct timeline_row *a, const struct timeline_row *b)
{
    assert_int_equal(a->sequence, b->sequence);
    assert_int_equal(a->call_number, b->call_number);
    assert_text(a->account_sid, b->account_sid);
    assert_int_equal(a->at_ms, b->at_ms);
    assert_int_equal(a->kind, b->kind);
    assert_text(a->route, b->route);
    assert_text(a->leg_sid, b->leg_sid);
    assert_true(a->repeat_key == b->repeat_key);
    assert_text(a->effect, b->effect);
    assert_text(a->answer, b->answer);
    assert_text(a->raw, b->raw);
    assert_text(a->news, b->news);
}

static void keeps_timelines_in_order_and_counts_them(void **state)
{
    struct fixture *f = *state;
    struct call_row calls[] = {insert_nth(f, 1), insert_nth(f, 2)};
    struct timeline_row entries[20];
    struct timeline_rows rows = {0};
    struct call_row got = {0};
    for (int n = 0; n < 20; n++) {
        entries[n] = make_entry(&calls[n % 2], n);
        assert_int_equal(append_timeline(f, (struct args){.out = &entries[n]}), ERROR_NONE);
        assert_true(n == 0 || entries[n].sequence > entries[n - 1].sequence);
    }
    assert_int_equal(
        list_timeline(f, (struct args){.number = calls[1].number, .limit = 100, .out = &rows}),
        ERROR_NONE);
    assert_int_equal(rows.count, 10);
    for (size_t i = 0; i < rows.count; i++)
        assert_entry(&rows.items[i], &entries[2 * i + 1]);

    struct args page = {
        .number = calls[1].number, .after = entries[5].sequence, .limit = 2, .out = &rows};
    assert_int_equal(list_timeline(f, page), ERROR_NONE);
    assert_int_equal(rows.count, 2);
    assert_entry(&rows.items[0], &entries[7]);
    assert_entry(&rows.items[1], &entries[9]);
    assert_int_equal(get_call(f, (struct args){.text = calls[0].id, .out = &got}), ERROR_NONE);
    assert_int_equal(got.timeline_count, 10);
}

static void keeps_a_fact_about_no_call(void **state)
{
    struct fixture *f = *state;
    struct call_row call = insert_nth(f, 1);
    struct timeline_row stray = make_entry(&call, 6);
    struct timeline_rows rows = {0};
    stray.call_number = 0;
    assert_int_equal(append_timeline(f, (struct args){.out = &stray}), ERROR_NONE);
    assert_true(stray.sequence > 0);
    assert_int_equal(
        list_timeline(f, (struct args){.number = call.number, .limit = 9, .out = &rows}),
        ERROR_NONE);
    assert_int_equal(rows.count, 0);
}

static void lists_the_news_of_all_calls_from_a_sequence(void **state)
{
    struct fixture *f = *state;
    struct call_row calls[] = {insert_nth(f, 1), make_full_call(f, 2)};
    assert_int_equal(insert_call(f, (struct args){.row = &calls[1]}), ERROR_NONE);
    struct timeline_row entries[6];
    struct news_rows rows = {0};
    int64_t newest = -1;
    assert_int_equal(newest_sequence(f, (struct args){.out = &newest}), ERROR_NONE);
    assert_int_equal(newest, 0);
    for (int n = 0; n < 6; n++) {
        entries[n] = make_entry(&calls[n % 2], n);
        if (n == 5)
            entries[n].call_number = 0;
        assert_int_equal(append_timeline(f, (struct args){.out = &entries[n]}), ERROR_NONE);
    }
    struct args page = {.after = entries[1].sequence, .limit = 3, .out = &rows};
    assert_int_equal(list_news(f, page), ERROR_NONE);
    assert_int_equal(rows.count, 3);
    for (size_t i = 0; i < rows.count; i++) {
        assert_int_equal(rows.items[i].sequence, entries[i + 2].sequence);
        assert_int_equal(rows.items[i].call_number, entries[i + 2].call_number);
        assert_int_equal(rows.items[i].at_ms, entries[i + 2].at_ms);
        assert_text(rows.items[i].news, entries[i + 2].news);
        assert_text(rows.items[i].owner, calls[i % 2].owner);
        assert_text(rows.items[i].identity, calls[i % 2].identity);
        assert_text(rows.items[i].group, calls[i % 2].group);
    }
    page.after = entries[4].sequence;
    assert_int_equal(list_news(f, page), ERROR_NONE);
    assert_int_equal(rows.count, 1);
    assert_int_equal(rows.items[0].call_number, 0);
    page.after = entries[5].sequence;
    assert_int_equal(list_news(f, page), ERROR_NONE);
    assert_int_equal(rows.count, 0);
    assert_int_equal(newest_sequence(f, (struct args){.out = &newest}), ERROR_NONE);
    assert_int_equal(newest, entries[5].sequence);
}

static void has_a_key_for_event_ids_that_stays(void **state)
{
    struct fixture *f = *state;
    unsigned char keys[2][STORE_EVENT_KEY_BYTES] = {{0}};
    static const unsigned char nothing[STORE_EVENT_KEY_BYTES];
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(get_event_key(f, (struct args){.out = keys[i]}), ERROR_NONE);
    assert_memory_equal(keys[0], keys[1], sizeof keys[0]);
    assert_memory_not_equal(keys[0], nothing, sizeof nothing);
}

static void assert_going_on(struct fixture *f,
                            const struct viewer *viewer,
                            size_t limit,
                            const struct call_row *const *wanted,
                            size_t count)
{
    struct call_rows rows = {0};
    struct args args = {.row = viewer, .limit = limit, .out = &rows};
    assert_int_equal(list_calls_going_on(f, args), ERROR_NONE);
    assert_int_equal(rows.count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(rows.items[i].number, wanted[i]->number);
    assert_int_equal(rows.more, limit < 4 && viewer->sees_all);
}

static void lists_the_calls_going_on_that_somebody_may_see(void **state)
{
    struct fixture *f = *state;
    struct call_row rings = make_call(f, 1);
    struct call_row over = make_call(f, 2);
    struct call_row intended = make_call(f, 3);
    struct call_row ending = make_call(f, 4);
    struct call_row talks = make_call(f, 5);
    struct call_row grouped = make_call(f, 6);
    rings.due_at_ms = talks.due_at_ms = ending.due_at_ms = grouped.due_at_ms = CREATED_MS;
    over.root.ended_at_ms = ending.root.ended_at_ms = CREATED_MS;
    rings.identity = over.identity = ending.identity = "alice";
    talks.identity = intended.owner = "bob";
    intended.placement = CALL_PLACEMENT_INTENDED;
    grouped.group = "sales";
    struct call_row *const all[] = {&rings, &over, &intended, &ending, &talks, &grouped};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        assert_int_equal(insert_call(f, (struct args){.row = all[i]}), ERROR_NONE);
    struct job_row job = {
        .account_sid = ACCOUNT, .kind = JOB_PLACE_CALL, .call_number = intended.number};
    struct job_row other = {
        .account_sid = ACCOUNT, .kind = JOB_REFRESH_CALL, .call_number = over.number};
    assert_int_equal(insert_job(f, (struct args){.out = &job}), ERROR_NONE);
    assert_int_equal(insert_job(f, (struct args){.out = &other}), ERROR_NONE);

    const struct call_row *const open[] = {&grouped, &talks, &intended, &rings};
    const struct viewer anybody = {.sees_all = true};
    const struct viewer alice = {.identity = "alice", .owner = "user:alice"};
    const struct viewer bob = {.identity = "bob", .owner = "bob"};
    const struct viewer seller = {.identity = "carol", .group = "sales"};
    const struct viewer nobody = {0};
    assert_going_on(f, &anybody, 10, open, 4);
    assert_going_on(f, &anybody, 2, open, 2);
    assert_going_on(f, &alice, 10, &open[3], 1);
    assert_going_on(f, &bob, 10, &open[1], 2);
    assert_going_on(f, &seller, 10, &open[0], 1);
    assert_going_on(f, &nobody, 10, NULL, 0);
}

static void counts_how_often_a_delivery_came_again(void **state)
{
    struct fixture *f = *state;
    struct call_row call = insert_nth(f, 1);
    struct timeline_row entries[] = {make_entry(&call, 1), make_entry(&call, 2)};
    struct timeline_rows rows = {0};
    for (size_t i = 0; i < ARRAY_LEN(entries); i++)
        assert_int_equal(append_timeline(f, (struct args){.out = &entries[i]}), ERROR_NONE);
    for (int i = 0; i < 2; i++)
        assert_int_equal(count_repeat(f, (struct args){.number = entries[1].sequence}), ERROR_NONE);
    assert_int_equal(count_repeat(f, (struct args){.number = entries[1].sequence + 1}),
                     ERROR_NOT_FOUND);
    assert_int_equal(
        list_timeline(f, (struct args){.number = call.number, .limit = 9, .out = &rows}),
        ERROR_NONE);
    assert_int_equal(rows.items[0].repeats, 0);
    assert_int_equal(rows.items[1].repeats, 2);
}

static void finds_a_repeat_within_its_call_alone(void **state)
{
    struct fixture *f = *state;
    struct call_row calls[] = {insert_nth(f, 1), insert_nth(f, 2)};
    struct timeline_row first = make_entry(&calls[0], 1);
    struct timeline_row second = first;
    struct timeline_row none = make_entry(&calls[0], 0);
    struct timeline_row got = {0};
    second.at_ms++;
    assert_int_equal(append_timeline(f, (struct args){.out = &none}), ERROR_NONE);
    assert_int_equal(append_timeline(f, (struct args){.out = &first}), ERROR_NONE);
    assert_int_equal(append_timeline(f, (struct args){.out = &second}), ERROR_NONE);
    struct args args = {.number = calls[0].number, .key = first.repeat_key, .out = &got};
    assert_int_equal(find_repeat(f, args), ERROR_NONE);
    assert_entry(&got, &first);
    args.key--;
    assert_int_equal(find_repeat(f, args), ERROR_NOT_FOUND);
    args.key = 0;
    assert_int_equal(find_repeat(f, args), ERROR_NOT_FOUND);
    args = (struct args){.number = calls[1].number, .key = first.repeat_key, .out = &got};
    assert_int_equal(find_repeat(f, args), ERROR_NOT_FOUND);
}

/* ---- recordings ----------------------------------------------------------------------------- */

/* The n-th recording, made n ms after CREATED_MS; nothing is set that need not be. */
static struct recording_row make_recording(struct fixture *f, int n)
{
    char *id = arena_alloc(f->arena, RESOURCE_ID_BYTES);
    int64_t created_ms = CREATED_MS + n;
    resource_id_format(RESOURCE_RECORDING, created_ms << 20, 0xfeedfacecafebeefU + (uint64_t)n, id);
    return (struct recording_row){
        .number = created_ms << 20,
        .id = id,
        .sid = sid_of(f, "RE", n),
        .account_sid = ACCOUNT,
        .duration_s = -1,
        .created_at_ms = created_ms,
        .updated_at_ms = created_ms,
    };
}

static void assert_recording(const struct recording_row *a, const struct recording_row *b)
{
    assert_int_equal(a->number, b->number);
    assert_text(a->id, b->id);
    assert_text(a->sid, b->sid);
    assert_text(a->account_sid, b->account_sid);
    assert_int_equal(a->call_number, b->call_number);
    assert_text(a->call_sid, b->call_sid);
    assert_text(a->status, b->status);
    assert_text(a->url, b->url);
    assert_text(a->source, b->source);
    assert_text(a->track, b->track);
    assert_int_equal(a->channels, b->channels);
    assert_int_equal(a->duration_s, b->duration_s);
    assert_int_equal(a->started_at_ms, b->started_at_ms);
    assert_int_equal(a->error_code, b->error_code);
    assert_int_equal(a->created_at_ms, b->created_at_ms);
    assert_int_equal(a->updated_at_ms, b->updated_at_ms);
    assert_int_equal(a->media, b->media);
    assert_text(a->media_key, b->media_key);
    assert_text(a->media_type, b->media_type);
    assert_int_equal(a->media_bytes, b->media_bytes);
    assert_text(a->media_sha256, b->media_sha256);
    assert_int_equal(a->media_stored_at_ms, b->media_stored_at_ms);
    assert_text(a->media_error, b->media_error);
    assert_int_equal(a->remote_deleted_at_ms, b->remote_deleted_at_ms);
    assert_int_equal(a->deleted_at_ms, b->deleted_at_ms);
    assert_int_equal(a->hold, b->hold);
    assert_text(a->tag, b->tag);
    assert_int_equal(a->expires_at_ms, b->expires_at_ms);
}

static void keeps_and_replaces_recordings(void **state)
{
    struct fixture *f = *state;
    struct call_row call = insert_nth(f, 1);
    struct recording_row row = make_recording(f, 1);
    struct recording_row stray = make_recording(f, 2);
    struct recording_row got = {0};
    struct recording_rows rows = {0};
    assert_int_equal(put_recording(f, (struct args){.row = &row}), ERROR_NONE);
    assert_int_equal(put_recording(f, (struct args){.row = &stray}), ERROR_NONE);
    row = (struct recording_row){
        .number = row.number,
        .id = row.id,
        .sid = row.sid,
        .account_sid = ACCOUNT,
        .call_number = call.number,
        .call_sid = "CA1",
        .status = "completed",
        .url = "https://example.com/RE1",
        .source = "DialVerb",
        .track = "both",
        .channels = 2,
        .duration_s = 12,
        .started_at_ms = 5,
        .error_code = 4,
        .created_at_ms = 6,
        .updated_at_ms = 7,
        .media = RECORDING_MEDIA_STORED,
        .media_key = "2026/11/26/rec_1.wav",
        .media_type = "audio/x-wav",
        .media_bytes = 1234567890123,
        .media_sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        .media_stored_at_ms = 8,
        .media_error = "it took two",
        .remote_deleted_at_ms = 9,
        .deleted_at_ms = 10,
        .hold = true,
        .tag = "billing",
        .expires_at_ms = 11,
    };
    struct recording_row other_name = row; /* what was first is kept */
    other_name.number++;
    other_name.id = stray.id;
    assert_int_equal(put_recording(f, (struct args){.row = &other_name}), ERROR_NONE);
    assert_int_equal(get_recording(f, (struct args){.text = row.sid, .out = &got}), ERROR_NONE);
    assert_recording(&got, &row);
    assert_int_equal(get_recording_by_id(f, (struct args){.text = row.id, .out = &got}),
                     ERROR_NONE);
    assert_recording(&got, &row);
    assert_int_equal(get_recording(f, (struct args){.text = stray.sid, .out = &got}), ERROR_NONE);
    assert_recording(&got, &stray);
    assert_int_equal(list_call_recordings(f, (struct args){.number = call.number, .out = &rows}),
                     ERROR_NONE);
    assert_int_equal(rows.count, 1);
    assert_int_equal(get_recording(f, (struct args){.text = "RE3", .out = &got}), ERROR_NOT_FOUND);
}

static void finds_a_recording_by_the_whole_id_only(void **state)
{
    struct fixture *f = *state;
    struct recording_row row = make_recording(f, 1);
    struct recording_row got = {0};
    char other[RESOURCE_ID_BYTES];
    assert_int_equal(put_recording(f, (struct args){.row = &row}), ERROR_NONE);
    resource_id_format(RESOURCE_RECORDING, row.number, 1, other);
    const char *const strangers[] = {other, row.sid, make_call(f, 1).id, "", "rec_"};
    for (size_t i = 0; i < ARRAY_LEN(strangers); i++)
        assert_int_equal(get_recording_by_id(f, (struct args){.text = strangers[i], .out = &got}),
                         ERROR_NOT_FOUND);
}

static void refuses_a_recording_without_an_id_of_its_own(void **state)
{
    struct fixture *f = *state;
    struct recording_row row = make_recording(f, 1);
    struct recording_row second = make_recording(f, 2);
    assert_int_equal(put_recording(f, (struct args){.row = &row}), ERROR_NONE);
    second.number = row.number;
    assert_int_equal(put_recording(f, (struct args){.row = &second}), ERROR_INTERNAL);
    second.id = row.id;
    assert_int_equal(put_recording(f, (struct args){.row = &second}), ERROR_CONFLICT);
    second.id = NULL;
    assert_int_equal(put_recording(f, (struct args){.row = &second}), ERROR_INTERNAL);
}

/* Whose the call is: also if that is known only later. */
static void knows_whose_recordings_are(void **state)
{
    struct fixture *f = *state;
    struct call_row call = insert_nth(f, 1);
    struct recording_row row = make_recording(f, 1);
    struct recording_row got = {0};
    struct args get = {.text = row.sid, .out = &got};
    row.call_number = call.number;
    assert_int_equal(put_recording(f, (struct args){.row = &row}), ERROR_NONE);
    assert_int_equal(get_recording(f, get), ERROR_NONE);
    assert_text(got.direction, "inbound");
    assert_text(got.identity, NULL);
    call.identity = "alice";
    call.owner = "key1";
    call.group = "sales";
    assert_int_equal(update_call(f, (struct args){.row = &call}), ERROR_NONE);
    assert_int_equal(get_recording(f, get), ERROR_NONE);
    assert_text(got.identity, "alice");
    assert_text(got.owner, "key1");
    assert_text(got.group, "sales");
    got.identity = "mallory"; /* read only */
    assert_int_equal(put_recording(f, (struct args){.row = &got}), ERROR_NONE);
    assert_int_equal(get_recording(f, get), ERROR_NONE);
    assert_text(got.identity, "alice");
}

/* Twelve recordings, numbered 0.., the last one of no call. */
static int64_t insert_a_dozen_recordings(struct fixture *f)
{
    struct call_row calls[] = {make_call(f, 20), make_call(f, 21), make_call(f, 22)};
    calls[0].identity = "alice";
    calls[1].owner = "key1";
    calls[1].direction = CALL_DIRECTION_OUTBOUND_API;
    calls[2].group = "sales";
    for (size_t i = 0; i < ARRAY_LEN(calls); i++)
        assert_int_equal(insert_call(f, (struct args){.row = &calls[i]}), ERROR_NONE);
    for (int n = 0; n < 12; n++) {
        struct recording_row row = make_recording(f, n);
        row.call_number = n == 11 ? 0 : calls[n % 3].number;
        row.status = n % 2 ? "completed" : "in-progress";
        row.media = n % 4 == 1 ? RECORDING_MEDIA_WANTED : RECORDING_MEDIA_NONE;
        row.source = n == 5 ? "RecordVerb" : "DialVerb";
        row.tag = n == 6 ? "billing" : NULL;
        row.expires_at_ms = n > 7 ? 100 - n : 0;
        row.hold = n == 8;
        row.deleted_at_ms = n == 9 ? 1 : 0;
        assert_int_equal(put_recording(f, (struct args){.row = &row}), ERROR_NONE);
    }
    return calls[2].number;
}

struct recording_list_case {
    const char *what;
    struct recording_filter filter;
    const char *expected;
};

static const struct recording_list_case recording_list_cases[] = {
    {"all",             {0},                                                              "lkjihgfedcba"},
    {"account",         {.account_sid = "AC2"},                                           ""            },
    {"status",          {.status = "completed"},                                          "ljhfdb"      },
    {"media",           {.media = "wanted"},                                              "jfb"         },
    {"source",          {.source = "RecordVerb"},                                         "f"           },
    {"direction",       {.direction = "outbound-api"},                                    "kheb"        },
    {"tag",             {.tag = "billing"},                                               "g"           },
    {"identity",        {.identity = "alice"},                                            "jgda"        },
    {"owner",           {.owner = "key1"},                                                "kheb"        },
    {"group",           {.group = "sales"},                                               "ifc"         },
    {"owned by any",
     {.owned_by_identity = "alice", .owned_by_owner = "key1", .owned_by_group = "sales"},
     "kjihgfedcba"                                                                                      },
    {"owned by either", {.owned_by_identity = "alice", .owned_by_group = "sales"},        "jigfdca"     },
    {"of a stranger's", {.identity = "alice", .owned_by_identity = "bob"},                ""            },
    {"between",         {.since_ms = CREATED_MS + 3, .until_ms = CREATED_MS + 6},         "fed"         },
    {"injection",       {.tag = "' OR 1 OR '"},                                           ""            },
};

static void
spell_recordings(struct fixture *f, struct recording_filter filter, size_t limit, char *out)
{
    size_t used = 0;
    filter.limit = limit;
    for (int pages = 0; pages < 20; pages++) {
        struct recording_rows rows = {0};
        assert_int_equal(list_recordings(f, (struct args){.row = &filter, .out = &rows}),
                         ERROR_NONE);
        assert_true(rows.count <= limit);
        for (size_t i = 0; i < rows.count; i++)
            out[used++] = (char)('a' + (rows.items[i].created_at_ms - CREATED_MS));
        assert_int_equal(rows.more, rows.next_before > 0);
        if (!rows.more)
            break;
        filter.before_number = rows.next_before;
    }
    out[used] = '\0';
}

static void lists_recordings_newest_first_page_by_page(void **state)
{
    struct fixture *f = *state;
    const size_t limits[] = {1, 2, 5, 12, 200};
    char got[64];
    int64_t wanted = 0;
    int64_t third = insert_a_dozen_recordings(f);
    for (size_t i = 0; i < ARRAY_LEN(recording_list_cases); i++) {
        for (size_t j = 0; j < ARRAY_LEN(limits); j++) {
            spell_recordings(f, recording_list_cases[i].filter, limits[j], got);
            if (strcmp(got, recording_list_cases[i].expected) != 0)
                fail_msg("%s, %zu per page: %s instead of %s", recording_list_cases[i].what,
                         limits[j], got, recording_list_cases[i].expected);
        }
    }
    spell_recordings(f, (struct recording_filter){.call_number = third}, 2, got);
    assert_string_equal(got, "ifc");
    assert_int_equal(count_wanted_recordings(f, (struct args){.out = &wanted}), ERROR_NONE);
    assert_int_equal(wanted, 3);
    struct recording_filter none = {0};
    struct recording_rows rows = {0};
    assert_int_equal(list_recordings(f, (struct args){.row = &none, .out = &rows}), ERROR_INVALID);
}

static void lists_recordings_whose_time_is_over(void **state)
{
    struct fixture *f = *state;
    struct recording_rows rows = {0};
    insert_a_dozen_recordings(f); /* k expires at 90, l at 89; one is held, one is deleted */
    struct args args = {.number = 89, .limit = 1, .out = &rows};
    assert_int_equal(list_expired_recordings(f, args), ERROR_NONE);
    assert_int_equal(rows.count, 1);
    assert_false(rows.more);
    assert_int_equal(rows.items[0].expires_at_ms, 89);
    args.number = 1000;
    assert_int_equal(list_expired_recordings(f, args), ERROR_NONE);
    assert_int_equal(rows.count, 1);
    assert_true(rows.more);
    args.limit = 5;
    assert_int_equal(list_expired_recordings(f, args), ERROR_NONE);
    assert_int_equal(rows.count, 2);
    assert_false(rows.more);
    assert_int_equal(rows.items[1].expires_at_ms, 90);
}

/* ---- jobs ----------------------------------------------------------------------------------- */

static struct job_row
add_job(struct fixture *f, const struct call_row *call, enum job_kind kind, int64_t at)
{
    struct job_row job = {.account_sid = ACCOUNT,
                          .kind = kind,
                          .call_number = call->number,
                          .run_at_ms = at,
                          .created_at_ms = 1};
    assert_int_equal(insert_job(f, (struct args){.out = &job}), ERROR_NONE);
    assert_true(job.number > 0);
    return job;
}

static enum error_kind claim(struct fixture *f, int64_t now, struct job_row *out, bool *expired)
{
    return claim_job(f, (struct args){.number = now, .after = 1000, .out = out, .flag = expired});
}

static void claims_jobs_when_they_are_due_and_again_when_the_lease_ends(void **state)
{
    struct fixture *f = *state;
    struct call_row call = insert_nth(f, 1);
    struct job_row late = add_job(f, &call, JOB_PLACE_CALL, 200);
    struct job_row early = add_job(f, &call, JOB_HANGUP_CALL, 100);
    struct job_row got = {0};
    bool expired = true;
    int64_t next = -1;

    assert_int_equal(claim(f, 99, &got, &expired), ERROR_NOT_FOUND);
    assert_int_equal(next_job_at(f, (struct args){.out = &next}), ERROR_NONE);
    assert_int_equal(next, 100);
    assert_int_equal(claim(f, 100, &got, &expired), ERROR_NONE);
    assert_int_equal(got.number, early.number);
    assert_int_equal(got.kind, JOB_HANGUP_CALL);
    assert_int_equal(got.call_number, call.number);
    assert_int_equal(got.state, JOB_LEASED);
    assert_int_equal(got.attempts, 1);
    assert_int_equal(got.leased_until_ms, 1100);
    assert_false(expired);
    assert_int_equal(claim(f, 150, &got, &expired), ERROR_NOT_FOUND);
    assert_int_equal(claim(f, 200, &got, &expired), ERROR_NONE);
    assert_int_equal(got.number, late.number);
    assert_int_equal(next_job_at(f, (struct args){.out = &next}), ERROR_NONE);
    assert_int_equal(next, 1100);

    assert_int_equal(claim(f, 1100, &got, &expired), ERROR_NONE);
    assert_int_equal(got.number, early.number);
    assert_int_equal(got.attempts, 2);
    assert_true(expired);
    assert_int_equal(expire_leases(f, (struct args){.number = 1150}), ERROR_NONE);
    assert_int_equal(claim(f, 1150, &got, &expired), ERROR_NONE);
    assert_true(expired);
}

static void finishes_retries_buries_and_cancels_jobs(void **state)
{
    struct fixture *f = *state;
    struct call_row call = insert_nth(f, 1);
    struct job_row job = add_job(f, &call, JOB_PLACE_CALL, 100);
    struct job_row got = {0};
    struct job_rows dead = {0};
    bool expired = false;
    int64_t next = -1;

    assert_int_equal(claim(f, 100, &got, &expired), ERROR_NONE);
    assert_int_equal(cancel_job(f, (struct args){.key = JOB_PLACE_CALL, .number = call.number}),
                     ERROR_NOT_FOUND);
    assert_int_equal(
        retry_job(f, (struct args){.number = job.number, .after = 300, .text = "busy"}),
        ERROR_NONE);
    assert_int_equal(claim(f, 299, &got, &expired), ERROR_NOT_FOUND);
    assert_int_equal(claim(f, 300, &got, &expired), ERROR_NONE);
    assert_false(expired);
    assert_int_equal(got.attempts, 2);
    assert_text(got.last_error, "busy");
    struct args give_back = {.number = job.number, .after = 400, .text = "not yet"};
    assert_int_equal(return_job(f, give_back), ERROR_NONE);
    assert_int_equal(claim(f, 399, &got, &expired), ERROR_NOT_FOUND);
    assert_int_equal(claim(f, 400, &got, &expired), ERROR_NONE);
    assert_int_equal(got.attempts, 2); /* that claim did not count */
    assert_text(got.last_error, "not yet");
    assert_int_equal(bury_job(f, (struct args){.number = job.number, .text = "gave up"}),
                     ERROR_NONE);
    assert_int_equal(claim(f, 99999, &got, &expired), ERROR_NOT_FOUND);
    assert_int_equal(next_job_at(f, (struct args){.out = &next}), ERROR_NONE);
    assert_int_equal(next, 0);
    const struct job_filter buried = {.dead = true, .limit = 10};
    assert_int_equal(list_jobs(f, (struct args){.row = &buried, .out = &dead}), ERROR_NONE);
    assert_int_equal(dead.count, 1);
    assert_text(dead.items[0].last_error, "gave up");
    assert_int_equal(dead.items[0].state, JOB_DEAD);

    struct job_row again =
        add_job(f, &call, JOB_PLACE_CALL, 5); /* the dead one is not in the way */
    assert_int_equal(cancel_job(f, (struct args){.key = JOB_PLACE_CALL, .number = call.number}),
                     ERROR_NONE);
    assert_int_equal(finish_job(f, (struct args){.number = again.number}), ERROR_NOT_FOUND);
    struct job_row last = add_job(f, &call, JOB_PLACE_CALL, 5);
    assert_true(last.number > again.number); /* a late worker cannot hit another's job */
    assert_int_equal(finish_job(f, (struct args){.number = last.number}), ERROR_NONE);
    assert_int_equal(finish_job(f, (struct args){.number = last.number}), ERROR_NOT_FOUND);
    assert_int_equal(retry_job(f, (struct args){.number = last.number}), ERROR_NOT_FOUND);
    assert_int_equal(bury_job(f, (struct args){.number = last.number}), ERROR_NOT_FOUND);
}

static void refuses_a_second_open_job_of_a_kind_for_a_call(void **state)
{
    struct fixture *f = *state;
    struct call_row call = insert_nth(f, 1);
    struct call_row other = insert_nth(f, 2);
    struct job_row job = add_job(f, &call, JOB_HANGUP_CALL, 100);
    struct job_row second = job;
    struct job_row got = {0};
    bool expired = false;
    assert_int_equal(insert_job(f, (struct args){.out = &second}), ERROR_CONFLICT);
    add_job(f, &call, JOB_FIND_CALL, 500);
    add_job(f, &other, JOB_HANGUP_CALL, 500);
    assert_int_equal(claim(f, 100, &got, &expired), ERROR_NONE);
    assert_int_equal(insert_job(f, (struct args){.out = &second}), ERROR_CONFLICT);
}

static void lists_jobs_by_whether_they_are_buried_and_page_by_page(void **state)
{
    struct fixture *f = *state;
    struct call_row call = insert_nth(f, 1);
    struct job_row first = add_job(f, &call, JOB_PLACE_CALL, 100);
    struct job_row second = add_job(f, &call, JOB_HANGUP_CALL, 100);
    struct job_row third = add_job(f, &call, JOB_FIND_CALL, 100);
    struct job_rows got = {0};
    assert_int_equal(bury_job(f, (struct args){.number = second.number}), ERROR_NONE);
    struct job_filter filter = {.dead = true, .limit = 5};
    assert_int_equal(list_jobs(f, (struct args){.row = &filter, .out = &got}), ERROR_NONE);
    assert_int_equal(got.count, 1);
    assert_int_equal(got.items[0].number, second.number);
    filter.before_number = second.number;
    assert_int_equal(list_jobs(f, (struct args){.row = &filter, .out = &got}), ERROR_NONE);
    assert_int_equal(got.count, 0);
    filter = (struct job_filter){.limit = 1};
    assert_int_equal(list_jobs(f, (struct args){.row = &filter, .out = &got}), ERROR_NONE);
    assert_int_equal(got.items[0].number, third.number);
    filter.before_number = third.number;
    assert_int_equal(list_jobs(f, (struct args){.row = &filter, .out = &got}), ERROR_NONE);
    assert_int_equal(got.count, 1);
    assert_int_equal(got.items[0].number, first.number);
}

static void revives_what_was_buried_unless_another_is_open(void **state)
{
    struct fixture *f = *state;
    struct call_row call = insert_nth(f, 1);
    struct job_row job = add_job(f, &call, JOB_HANGUP_CALL, 100);
    struct job_row got = {0};
    bool expired = false;
    struct args revive = {.number = job.number, .after = 700};
    assert_int_equal(claim(f, 100, &got, &expired), ERROR_NONE);
    assert_int_equal(revive_job(f, revive), ERROR_NOT_FOUND); /* somebody is at it */
    assert_int_equal(bury_job(f, (struct args){.number = job.number, .text = "x"}), ERROR_NONE);
    struct job_row other = add_job(f, &call, JOB_HANGUP_CALL, 100);
    assert_int_equal(revive_job(f, revive), ERROR_CONFLICT);
    assert_int_equal(finish_job(f, (struct args){.number = other.number}), ERROR_NONE);
    assert_int_equal(revive_job(f, revive), ERROR_NONE);
    assert_int_equal(get_job(f, (struct args){.number = job.number, .out = &got}), ERROR_NONE);
    assert_int_equal(got.state, JOB_PENDING);
    assert_int_equal(got.attempts, 0);
    assert_int_equal(got.run_at_ms, 700);
    assert_text(got.last_error, "x");
    assert_int_equal(get_job(f, (struct args){.number = 999, .out = &got}), ERROR_NOT_FOUND);
}

/* A recording's job is about the recording, whether or not there is a call. */
static void tells_jobs_apart_by_their_subject(void **state)
{
    struct fixture *f = *state;
    struct call_row call = insert_nth(f, 1);
    const int64_t calls[] = {0, call.number};
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        struct job_row job = {.account_sid = ACCOUNT,
                              .kind = JOB_HANGUP_CALL,
                              .call_number = calls[i],
                              .subject = "rec_1",
                              .run_at_ms = 100};
        assert_int_equal(insert_job(f, (struct args){.out = &job}), ERROR_NONE);
        assert_int_equal(insert_job(f, (struct args){.out = &job}), ERROR_CONFLICT);
        job.subject = "rec_2";
        assert_int_equal(insert_job(f, (struct args){.out = &job}), ERROR_NONE);
        struct args first = {.key = JOB_HANGUP_CALL, .number = calls[i], .text = "rec_1"};
        assert_int_equal(cancel_job(f, first), ERROR_NONE);
        assert_int_equal(cancel_job(f, first), ERROR_NOT_FOUND);
        struct job_row got = {0};
        bool expired = false;
        assert_int_equal(claim(f, 100, &got, &expired), ERROR_NONE);
        assert_int_equal(got.call_number, calls[i]);
        assert_text(got.subject, "rec_2");
        assert_int_equal(finish_job(f, (struct args){.number = got.number}), ERROR_NONE);
    }
}

static void hands_out_no_job_of_another_lane(void **state)
{
    struct fixture *f = *state;
    struct call_row call = insert_nth(f, 1);
    struct job_row got = {0};
    bool expired = false;
    int64_t next = -1;
    struct args media = {
        .lane = JOB_LANE_MEDIA, .number = 999, .after = 1000, .out = &got, .flag = &expired};
    add_job(f, &call, JOB_HANGUP_CALL, 100);
    assert_int_equal(claim_job(f, media), ERROR_NOT_FOUND);
    assert_int_equal(next_job_at(f, (struct args){.lane = JOB_LANE_MEDIA, .out = &next}),
                     ERROR_NONE);
    assert_int_equal(next, 0);
    assert_int_equal(claim(f, 100, &got, &expired), ERROR_NONE);
}

/* ---- keys ----------------------------------------------------------------------------------- */

static void keeps_and_revokes_api_keys(void **state)
{
    struct fixture *f = *state;
    struct api_key_row key = {.id = "k1",
                              .account_sid = ACCOUNT,
                              .name = "backend",
                              .scopes = "calls:place calls:read",
                              .created_at_ms = 10};
    struct api_key_rows rows = {0};
    int64_t before = 0;
    int64_t after = 0;
    random_bytes(key.secret_sha256, sizeof key.secret_sha256);

    assert_int_equal(data_version(f, (struct args){.out = &before}), ERROR_NONE);
    assert_int_equal(insert_api_key(f, (struct args){.row = &key}), ERROR_NONE);
    assert_int_equal(data_version(f, (struct args){.out = &after}), ERROR_NONE);
    assert_int_not_equal(before, after);
    assert_int_equal(data_version(f, (struct args){.out = &before}), ERROR_NONE);
    assert_int_equal(before, after);
    assert_int_equal(insert_api_key(f, (struct args){.row = &key}), ERROR_CONFLICT);
    assert_int_equal(revoke_api_key(f, (struct args){.text = "k1", .number = 20}), ERROR_NONE);
    assert_int_equal(revoke_api_key(f, (struct args){.text = "k1", .number = 30}), ERROR_NONE);
    assert_int_equal(revoke_api_key(f, (struct args){.text = "k2", .number = 30}), ERROR_NOT_FOUND);
    assert_int_equal(list_api_keys(f, (struct args){.out = &rows}), ERROR_NONE);
    assert_int_equal(rows.count, 1);
    assert_text(rows.items[0].id, "k1");
    assert_text(rows.items[0].name, "backend");
    assert_text(rows.items[0].scopes, key.scopes);
    assert_text(rows.items[0].account_sid, ACCOUNT);
    assert_memory_equal(rows.items[0].secret_sha256, key.secret_sha256, sizeof key.secret_sha256);
    assert_int_equal(rows.items[0].created_at_ms, 10);
    assert_int_equal(rows.items[0].revoked_at_ms, 20);
}

static void keeps_the_first_answer_under_an_idempotency_key(void **state)
{
    struct fixture *f = *state;
    struct call_row call = insert_nth(f, 1);
    struct idempotency_row row = {.caller = "k1",
                                  .key = "abc",
                                  .account_sid = ACCOUNT,
                                  .call_number = call.number,
                                  .created_at_ms = 10};
    struct idempotency_row got = {0};
    struct args find = {.text = "k1", .other = "abc", .out = &got};
    memset(row.request_sha256, 7, sizeof row.request_sha256);

    assert_int_equal(get_idempotency(f, find), ERROR_NOT_FOUND);
    assert_int_equal(insert_idempotency(f, (struct args){.row = &row}), ERROR_NONE);
    assert_int_equal(insert_idempotency(f, (struct args){.row = &row}), ERROR_CONFLICT);
    assert_int_equal(get_idempotency(f, find), ERROR_NONE);
    assert_int_equal(got.status, 0);
    assert_null(got.body);
    struct idempotency_row answer = row;
    answer.status = 201;
    answer.content_type = "application/json";
    answer.body = "{}";
    answer.location = "/calls/1";
    assert_int_equal(answer_idempotency(f, (struct args){.row = &answer}), ERROR_NONE);
    struct idempotency_row later = answer;
    later.status = 500;
    assert_int_equal(answer_idempotency(f, (struct args){.row = &later}), ERROR_NONE);
    assert_int_equal(get_idempotency(f, find), ERROR_NONE);
    assert_int_equal(got.status, 201);
    assert_text(got.content_type, "application/json");
    assert_text(got.body, "{}");
    assert_text(got.location, "/calls/1");
    assert_int_equal(got.call_number, call.number);
    assert_memory_equal(got.request_sha256, row.request_sha256, sizeof row.request_sha256);
    row.caller = "k2"; /* another caller's key of the same name is another key */
    assert_int_equal(insert_idempotency(f, (struct args){.row = &row}), ERROR_NONE);
}

static void prunes_old_idempotency_keys_a_few_at_a_time(void **state)
{
    struct fixture *f = *state;
    int64_t removed = 0;
    for (int i = 0; i < 5; i++) {
        struct idempotency_row row = {.caller = "k1",
                                      .key = arena_printf(f->arena, "%d", i),
                                      .account_sid = ACCOUNT,
                                      .created_at_ms = 10 + i};
        assert_int_equal(insert_idempotency(f, (struct args){.row = &row}), ERROR_NONE);
    }
    struct args prune = {.number = 13, .limit = 2, .out = &removed};
    assert_int_equal(prune_idempotency(f, prune), ERROR_NONE);
    assert_int_equal(removed, 2);
    assert_int_equal(prune_idempotency(f, prune), ERROR_NONE);
    assert_int_equal(removed, 3);
    struct idempotency_row got = {0};
    assert_int_equal(get_idempotency(f, (struct args){.text = "k1", .other = "2", .out = &got}),
                     ERROR_NOT_FOUND);
    assert_int_equal(get_idempotency(f, (struct args){.text = "k1", .other = "3", .out = &got}),
                     ERROR_NONE);
}

/* ---- voicemails ------------------------------------------------------------------------------ */

static struct voicemail_row make_voicemail(struct fixture *f, const struct call_row *call, int n)
{
    return (struct voicemail_row){
        .account_sid = ACCOUNT,
        .call_number = call->number,
        .recording_sid = sid_of(f, "RE", n),
        .identity = "alice",
        .group = "sales",
        .from = "+14155550100",
        .to = "+15005550006",
        .created_at_ms = CREATED_MS + n,
    };
}

static void assert_voicemail(const struct voicemail_row *a, const struct voicemail_row *b)
{
    assert_int_equal(a->number, b->number);
    assert_text(a->id, b->id);
    assert_text(a->account_sid, b->account_sid);
    assert_int_equal(a->call_number, b->call_number);
    assert_text(a->recording_sid, b->recording_sid);
    assert_text(a->identity, b->identity);
    assert_text(a->group, b->group);
    assert_text(a->from, b->from);
    assert_text(a->to, b->to);
    assert_int_equal(a->created_at_ms, b->created_at_ms);
    assert_int_equal(a->read_at_ms, b->read_at_ms);
    assert_int_equal(a->deleted_at_ms, b->deleted_at_ms);
}

static void keeps_one_voicemail_of_a_recording(void **state)
{
    struct fixture *f = *state;
    struct call_row call = insert_nth(f, 1);
    struct voicemail_row row = make_voicemail(f, &call, 1);
    struct voicemail_row got = {0};
    assert_int_equal(insert_voicemail(f, (struct args){.out = &row}), ERROR_NONE);
    assert_true(row.number >= row.created_at_ms << 20);
    assert_int_equal(get_voicemail(f, (struct args){.text = row.id, .out = &got}), ERROR_NONE);
    assert_voicemail(&got, &row);

    struct voicemail_row again = make_voicemail(f, &call, 1);
    assert_int_equal(insert_voicemail(f, (struct args){.out = &again}), ERROR_CONFLICT);
    struct voicemail_row earlier = make_voicemail(f, &call, 2);
    earlier.created_at_ms = 1;
    assert_int_equal(insert_voicemail(f, (struct args){.out = &earlier}), ERROR_NONE);
    assert_true(earlier.number > row.number); /* whatever the clock says */
    struct voicemail_row of_no_call = make_voicemail(f, &call, 3);
    of_no_call.call_number++;
    assert_int_not_equal(insert_voicemail(f, (struct args){.out = &of_no_call}), ERROR_NONE);
}

static void finds_a_deleted_voicemail_by_its_recording_alone(void **state)
{
    struct fixture *f = *state;
    struct call_row call = insert_nth(f, 1);
    struct voicemail_row row = make_voicemail(f, &call, 1);
    struct voicemail_row got = {0};
    assert_int_equal(insert_voicemail(f, (struct args){.out = &row}), ERROR_NONE);
    row.read_at_ms = 5;
    row.deleted_at_ms = 7;
    row.from = row.identity = row.group = NULL;
    assert_int_equal(update_voicemail(f, (struct args){.row = &row}), ERROR_NONE);
    assert_int_equal(get_voicemail(f, (struct args){.text = row.id, .out = &got}), ERROR_NOT_FOUND);
    struct args by_recording = {.text = row.recording_sid, .out = &got};
    assert_int_equal(get_voicemail_of_recording(f, by_recording), ERROR_NONE);
    assert_voicemail(&got, &row);
    struct voicemail_rows list = {0};
    const struct voicemail_filter all = {.limit = 9};
    assert_int_equal(list_voicemails(f, (struct args){.row = &all, .out = &list}), ERROR_NONE);
    assert_int_equal(list.count, 0);

    row.number++;
    assert_int_equal(update_voicemail(f, (struct args){.row = &row}), ERROR_NOT_FOUND);
    for (size_t i = 0; i < 3; i++) {
        static const char *const none[] = {"", "vm_1", "call_00000000000000000000000000"};
        assert_int_equal(get_voicemail(f, (struct args){.text = none[i], .out = &got}),
                         ERROR_NOT_FOUND);
    }
}

/* 0: of alice in sales, 1: of bob in sales, 2: of carol, read, 3: of nobody, from another number */
static void insert_four_voicemails(struct fixture *f)
{
    struct call_row call = insert_nth(f, 1);
    static const char *const identities[] = {"alice", "bob", "carol", NULL};
    for (int n = 0; n < 4; n++) {
        struct voicemail_row row = make_voicemail(f, &call, n);
        row.identity = identities[n];
        row.group = n < 2 ? "sales" : NULL;
        row.read_at_ms = n == 2 ? 9 : 0;
        row.from = n == 3 ? "+14155550103" : "+14155550100";
        assert_int_equal(insert_voicemail(f, (struct args){.out = &row}), ERROR_NONE);
    }
}

static void lists_voicemails_by_what_is_asked_for(void **state)
{
    struct fixture *f = *state;
    insert_four_voicemails(f);
    static const struct {
        struct voicemail_filter filter;
        const char *expected; /* the last digits of the recordings, newest first */
    } cases[] = {
        {{.limit = 9},                                                          "3210"},
        {{.limit = 9, .account_sid = ACCOUNT},                                  "3210"},
        {{.limit = 9, .account_sid = "AC2"},                                    ""    },
        {{.limit = 9, .identity = "bob"},                                       "1"   },
        {{.limit = 9, .state = 1},                                              "310" },
        {{.limit = 9, .state = -1},                                             "2"   },
        {{.limit = 9, .number = "+14155550103"},                                "3"   },
        {{.limit = 9, .number = "+15005550006"},                                "3210"},
        {{.limit = 9, .since_ms = CREATED_MS + 2},                              "32"  },
        {{.limit = 9, .until_ms = CREATED_MS + 2},                              "10"  },
        {{.limit = 9, .owned_by_identity = "carol"},                            "2"   },
        {{.limit = 9, .owned_by_identity = "alice", .owned_by_group = "sales"}, "10"  },
        {{.limit = 9, .owned_by_group = "sales", .identity = "bob"},            "1"   },
        {{.limit = 9, .owned_by_identity = "alice", .identity = "bob"},         ""    },
        {{.limit = 9, .owned_by_nobody = true},                                 ""    },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct voicemail_rows got = {0};
        const char *found = "";
        struct args list = {.row = &cases[i].filter, .out = &got};
        assert_int_equal(list_voicemails(f, list), ERROR_NONE);
        for (size_t k = 0; k < got.count; k++)
            found = arena_printf(f->arena, "%s%s", found, got.items[k].recording_sid + 33);
        assert_string_equal(found, cases[i].expected);
        assert_false(got.more);
    }
}

static void lists_voicemails_page_by_page_and_counts_new_ones(void **state)
{
    struct fixture *f = *state;
    insert_four_voicemails(f);
    struct voicemail_filter filter = {.limit = 3};
    struct voicemail_rows got = {0};
    assert_int_equal(list_voicemails(f, (struct args){.row = &filter, .out = &got}), ERROR_NONE);
    assert_int_equal(got.count, 3);
    assert_true(got.more);
    filter.before_number = got.next_before;
    assert_int_equal(list_voicemails(f, (struct args){.row = &filter, .out = &got}), ERROR_NONE);
    assert_int_equal(got.count, 1);
    assert_false(got.more);
    filter.limit = 0;
    assert_int_equal(list_voicemails(f, (struct args){.row = &filter, .out = &got}), ERROR_INVALID);
    filter.limit = 201;
    assert_int_equal(list_voicemails(f, (struct args){.row = &filter, .out = &got}), ERROR_INVALID);

    static const struct {
        struct voicemail_filter filter;
        int64_t most;
        int64_t expected;
    } counts[] = {
        {{0},                            99, 3},
        {{0},                            2,  2},
        {{.owned_by_identity = "alice"}, 99, 1},
        {{.owned_by_identity = "carol"}, 99, 0},
        {{.owned_by_group = "sales"},    99, 2},
        {{.owned_by_nobody = true},      99, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        int64_t count = -1;
        struct args args = {.row = &counts[i].filter, .number = counts[i].most, .out = &count};
        assert_int_equal(count_new_voicemails(f, args), ERROR_NONE);
        assert_int_equal(count, counts[i].expected);
    }
}

/* ---- transcripts ----------------------------------------------------------------------------- */

static struct transcription_row
insert_transcription(struct fixture *f, const struct call_row *call, int n)
{
    struct transcription_row row = {
        .sid = sid_of(f, "GT", n),
        .account_sid = ACCOUNT,
        .call_number = call->number,
        .status = "started",
        .started_at_ms = CREATED_MS,
    };
    assert_int_equal(put_transcription(f, (struct args){.out = &row}), ERROR_NONE);
    return row;
}

static struct transcript_line_row
make_line(const struct transcription_row *transcription, int64_t sequence, const char *text)
{
    return (struct transcript_line_row){
        .call_number = transcription->call_number,
        .transcription_number = transcription->number,
        .sequence = sequence,
        .track = "inbound_track",
        .at_ms = CREATED_MS + sequence,
        .confidence = 987,
        .text = text,
    };
}

static void
say(struct fixture *f, const struct transcription_row *transcription, int64_t n, const char *text)
{
    struct transcript_line_row row = make_line(transcription, n, text);
    struct transcript_line_row got = {0};
    assert_int_equal(insert_transcript_line(f, (struct args){.out = &row}), ERROR_NONE);
    assert_true(row.number >= row.at_ms << 20);
    struct args by_number = {.number = row.number, .out = &got};
    assert_int_equal(get_transcript_line(f, by_number), ERROR_NONE);
    assert_text(got.text, text);
}

static void keeps_and_replaces_transcriptions(void **state)
{
    struct fixture *f = *state;
    struct call_row call = insert_nth(f, 1);
    struct transcription_row row = insert_transcription(f, &call, 1);
    struct transcription_row other = insert_transcription(f, &call, 2);
    assert_true(other.number > row.number);
    row.leg_sid = "CA1";
    row.recording_sid = "RE1";
    row.status = "failed";
    row.language = "en-GB";
    row.inbound_label = "\xc3\xa4";
    row.outbound_label = "b";
    row.error_code = 32650;
    row.error = "why";
    row.ended_at_ms = 77;
    int64_t number = row.number;
    assert_int_equal(put_transcription(f, (struct args){.out = &row}), ERROR_NONE);
    assert_int_equal(row.number, number);
    struct transcription_row got = {0};
    assert_int_equal(get_transcription(f, (struct args){.text = row.sid, .out = &got}), ERROR_NONE);
    assert_int_equal(got.number, number);
    assert_text(got.account_sid, ACCOUNT);
    assert_int_equal(got.call_number, call.number);
    assert_text(got.leg_sid, "CA1");
    assert_text(got.recording_sid, "RE1");
    assert_text(got.status, "failed");
    assert_text(got.language, "en-GB");
    assert_text(got.inbound_label, row.inbound_label);
    assert_text(got.outbound_label, "b");
    assert_int_equal(got.error_code, 32650);
    assert_text(got.error, "why");
    assert_int_equal(got.started_at_ms, CREATED_MS);
    assert_int_equal(got.ended_at_ms, 77);
    struct args by_recording = {.text = "RE1", .out = &got};
    assert_int_equal(get_transcription_of_recording(f, by_recording), ERROR_NONE);
    assert_int_equal(got.number, number);
    struct transcription_rows all = {0};
    assert_int_equal(list_transcriptions(f, (struct args){.number = call.number, .out = &all}),
                     ERROR_NONE);
    assert_int_equal(all.count, 2);
    assert_int_equal(all.items[1].number, other.number);
    assert_int_equal(get_transcription(f, (struct args){.text = "GT9", .out = &got}),
                     ERROR_NOT_FOUND);
}

static void keeps_a_transcript_in_order_however_it_comes(void **state)
{
    struct fixture *f = *state;
    struct call_row call = insert_nth(f, 1);
    struct transcription_row first = insert_transcription(f, &call, 1);
    struct transcription_row second = insert_transcription(f, &call, 2);
    say(f, &second, 1, "d");
    say(f, &first, 7, "c");
    say(f, &first, 2, "a");
    say(f, &first, 4, "b");
    struct transcript_line_row again = make_line(&first, 4, "other words");
    assert_int_equal(insert_transcript_line(f, (struct args){.out = &again}), ERROR_CONFLICT);

    const char *text = "";
    struct transcript_place place = {0};
    struct transcript_line_rows got = {.more = true};
    for (int pages = 0; got.more; pages++) {
        struct args page = {.number = call.number, .row = &place, .limit = 2, .out = &got};
        assert_int_equal(list_transcript(f, page), ERROR_NONE);
        for (size_t i = 0; i < got.count; i++)
            text = arena_printf(f->arena, "%s%s", text, got.items[i].text);
        const struct transcript_line_row *last = &got.items[got.count - 1];
        place = (struct transcript_place){last->transcription_number, last->sequence, last->track};
        assert_true(pages < 3);
    }
    assert_string_equal(text, "abcd");
    int64_t last = 0;
    struct args of_track = {
        .number = call.number, .after = first.number, .text = "inbound_track", .out = &last};
    assert_int_equal(last_transcript_sequence(f, of_track), ERROR_NONE);
    assert_int_equal(last, 7);
    of_track.text = "outbound_track";
    assert_int_equal(last_transcript_sequence(f, of_track), ERROR_NONE);
    assert_int_equal(last, -1);
    struct transcription_row counted = {0};
    assert_int_equal(get_transcription(f, (struct args){.text = first.sid, .out = &counted}),
                     ERROR_NONE);
    assert_int_equal(counted.lines, 3);
}

static void keeps_the_newest_partial_of_a_track(void **state)
{
    struct fixture *f = *state;
    struct call_row call = insert_nth(f, 1);
    struct transcription_row transcription = insert_transcription(f, &call, 1);
    static const struct {
        int64_t sequence;
        const char *text;
    } steps[] = {
        {3, "he"    },
        {5, "hello" },
        {4, "hell"  },
        {5, "hello!"},
    };
    struct transcript_line_rows got = {0};
    struct args list = {.number = call.number, .out = &got};
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        struct transcript_line_row row =
            make_line(&transcription, steps[i].sequence, steps[i].text);
        assert_int_equal(put_transcript_partial(f, (struct args){.row = &row}), ERROR_NONE);
    }
    assert_int_equal(list_transcript_partials(f, list), ERROR_NONE);
    assert_int_equal(got.count, 1);
    assert_text(got.items[0].text, "hello!");
    struct args drop = {.number = transcription.number, .text = "inbound_track", .after = 4};
    assert_int_equal(drop_transcript_partial(f, drop), ERROR_NONE);
    assert_int_equal(list_transcript_partials(f, list), ERROR_NONE);
    assert_int_equal(got.count, 1);
    drop.text = NULL;
    drop.after = 5;
    assert_int_equal(drop_transcript_partial(f, drop), ERROR_NONE);
    assert_int_equal(list_transcript_partials(f, list), ERROR_NONE);
    assert_int_equal(got.count, 0);
}

/* ---- search ---------------------------------------------------------------------------------- */

/* What is found, as the first letters of the lines, the newest first; limit and terms are filled in. */
static const char *search(struct fixture *f, const char *words, struct search_filter filter)
{
    struct search_terms terms;
    struct search_rows got = {0};
    struct error err = {0};
    assert_int_equal(search_terms_read(words, f->arena, &terms, &err), 0);
    filter.terms = &terms;
    filter.limit = 9;
    assert_int_equal(search_transcripts(f, (struct args){.row = &filter, .out = &got}), ERROR_NONE);
    char *found = arena_alloc(f->arena, got.count + 1);
    for (size_t i = 0; i < got.count; i++) {
        const char *text = got.items[i].line.text;
        found[i] = text[0] == SEARCH_MATCH_BEGIN ? text[1] : text[0];
    }
    return found;
}

static struct call_row
insert_call_of(struct fixture *f, int n, const char *identity, const char *owner, const char *group)
{
    struct call_row call = make_call(f, n);
    call.identity = identity;
    call.owner = owner;
    call.group = group;
    assert_int_equal(insert_call(f, (struct args){.row = &call}), ERROR_NONE);
    return call;
}

static void finds_words_phrases_and_beginnings(void **state)
{
    struct fixture *f = *state;
    struct call_row call = insert_nth(f, 1);
    struct transcription_row transcription = insert_transcription(f, &call, 1);
    say(f, &transcription, 1, "a. The invoice is late, isn't it?");
    say(f, &transcription, 2, "b. Late? Which invoices, caf\xc3\xa9 or restaurant?");
    say(f, &transcription, 3, "c. \"is late\" NEAR AND OR NOT text:");
    static const struct {
        const char *words;
        const char *expected;
    } cases[] = {
        {"late",                  "cba"},
        {"LATE invoice",          "a"  },
        {"invoi*",                "ba" },
        {"\"is late\"",           "ca" },
        {"\"late is\"",           ""   },
        {"\"is la\"*",            "ca" },
        {"cafe",                  "b"  },
        {"caf\xc3\x89",           "b"  },
        {"near",                  "c"  },
        {"late NOT invoice",      ""   },
        {"text:",                 "c"  },
        {"text:late",             ""   },
        {"scope:d",               ""   },
        {"late OR nothing",       ""   },
        {"isn't",                 "a"  },
        {"late - - \xe2\x80\xa6", "cba"},
        {"dinbound",              ""   },
        {"(late",                 "cba"},
        {"late^2",                ""   },
        {"\"late",                "cba"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (strcmp(search(f, cases[i].words, (struct search_filter){0}), cases[i].expected) != 0)
            fail_msg("%s found %s", cases[i].words,
                     search(f, cases[i].words, (struct search_filter){0}));
}

static void finds_only_what_somebody_may_see(void **state)
{
    struct fixture *f = *state;
    struct call_row calls[] = {
        insert_call_of(f, 1, "alice", NULL, "sales"),
        insert_call_of(f, 2, "bob", "key1", NULL),
        insert_call_of(f, 3, NULL, NULL, NULL),
    };
    static const char *const said[] = {"a hello", "b hello", "c hello"};
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        struct transcription_row transcription = insert_transcription(f, &calls[i], (int)i);
        say(f, &transcription, (int64_t)i, said[i]);
    }
    static const struct {
        struct search_filter filter;
        const char *expected;
    } cases[] = {
        {{0},                                                   "cba"},
        {{.owned_by_identity = "alice"},                        "a"  },
        {{.owned_by_identity = "alic"},                         ""   },
        {{.owned_by_owner = "key1"},                            "b"  },
        {{.owned_by_group = "sales", .owned_by_owner = "key1"}, "ba" },
        {{.owned_by_group = "alice"},                           ""   },
        {{.owned_by_nobody = true},                             ""   },
        {{.identity = "bob"},                                   "b"  },
        {{.owned_by_identity = "alice", .identity = "bob"},     ""   },
        {{.direction = "inbound"},                              "cba"},
        {{.direction = "outbound-api"},                         ""   },
        {{.since_ms = CREATED_MS + 1},                          "cb" },
        {{.until_ms = CREATED_MS + 1},                          "a"  },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(search(f, "hello", cases[i].filter), cases[i].expected);

    calls[2].identity = "al\"ice' OR";
    calls[0].group = NULL;
    assert_int_equal(update_call(f, (struct args){.row = &calls[2]}), ERROR_NONE);
    assert_int_equal(update_call(f, (struct args){.row = &calls[0]}), ERROR_NONE);
    struct search_filter own = {.owned_by_identity = "al\"ice' OR"};
    assert_string_equal(search(f, "hello", own), "c");
    assert_string_equal(search(f, "hello", (struct search_filter){.owned_by_group = "sales"}), "");
}

static void tells_where_it_was_found(void **state)
{
    struct fixture *f = *state;
    struct call_row call = make_call(f, 1);
    call.root_sid = "CA1";
    call.identity = "alice";
    assert_int_equal(insert_call(f, (struct args){.row = &call}), ERROR_NONE);
    struct transcription_row transcription = insert_transcription(f, &call, 1);
    transcription.recording_sid = sid_of(f, "RE", 1);
    assert_int_equal(put_transcription(f, (struct args){.out = &transcription}), ERROR_NONE);
    struct voicemail_row voicemail = make_voicemail(f, &call, 1);
    assert_int_equal(insert_voicemail(f, (struct args){.out = &voicemail}), ERROR_NONE);
    say(f, &transcription, 3, "Please call me back");
    struct search_terms terms = {
        &(struct search_term){"call", false},
         1
    };
    struct search_filter filter = {.terms = &terms, .limit = 1};
    struct search_rows got = {0};
    assert_int_equal(search_transcripts(f, (struct args){.row = &filter, .out = &got}), ERROR_NONE);
    assert_int_equal(got.count, 1);
    const struct search_row *row = got.items;
    assert_text(row->line.text, "Please \x02"
                                "call\x03 me back");
    assert_int_equal(row->line.sequence, 3);
    assert_int_equal(row->line.confidence, 987);
    assert_text(row->line.track, "inbound_track");
    assert_text(row->transcription_sid, transcription.sid);
    assert_text(row->recording_sid, transcription.recording_sid);
    assert_text(row->voicemail_id, voicemail.id);
    assert_text(row->call_id, call.id);
    assert_text(row->call_sid, "CA1");
    assert_text(row->identity, "alice");
    assert_text(row->from, call.from);
    assert_text(row->to, call.to);
    struct transcript_line_row line = {0};
    struct args by_number = {.number = row->line.number, .out = &line};
    assert_int_equal(get_transcript_line(f, by_number), ERROR_NONE);
    assert_text(line.text, "Please call me back");
}

static void finds_nothing_of_what_is_cleared(void **state)
{
    struct fixture *f = *state;
    struct call_row call = insert_nth(f, 1);
    struct transcription_row gone = insert_transcription(f, &call, 1);
    struct transcription_row stays = insert_transcription(f, &call, 2);
    for (int n = 0; n < 5; n++) {
        say(f, &gone, n, "g hello");
        say(f, &stays, n, "s hello");
    }
    struct search_terms terms = {
        &(struct search_term){"hello", false},
         1
    };
    struct search_filter filter = {.terms = &terms, .limit = 3};
    struct search_rows page = {0};
    assert_int_equal(search_transcripts(f, (struct args){.row = &filter, .out = &page}),
                     ERROR_NONE);
    assert_int_equal(page.count, 3);
    assert_true(page.more);
    assert_int_equal(clear_transcription(f, (struct args){.number = gone.number}), ERROR_NONE);
    assert_string_equal(search(f, "hello", (struct search_filter){0}), "sssss");
    filter.before_number = page.next_before;
    assert_int_equal(search_transcripts(f, (struct args){.row = &filter, .out = &page}),
                     ERROR_NONE);
    assert_int_equal(page.count, 3);
    assert_int_equal(get_transcription(f, (struct args){.text = gone.sid, .out = &gone}),
                     ERROR_NONE);
    assert_int_equal(gone.lines, 0);
}

/* ---- the audit log --------------------------------------------------------------------------- */

static struct audit_row make_audit(struct fixture *f, int n)
{
    struct call_row call = make_call(f, n / 2);
    return (struct audit_row){
        .account_sid = ACCOUNT,
        .at_ms = CREATED_MS + n,
        .action = n % 3 == 0 ? "call.place" : "token.mint",
        .allowed = n % 2 == 0,
        .actor_kind = "key",
        .actor = n % 4 == 0 ? "k1" : "k2",
        .identity = n == 5 ? "k1" : NULL,
        .call_number = call.number,
        .call_id = call.id,
        .times = 1,
    };
}

static void keeps_every_member_of_an_audit_row(void **state)
{
    struct fixture *f = *state;
    struct audit_row row = {
        .account_sid = ACCOUNT,
        .at_ms = CREATED_MS,
        .action = "key.create",
        .allowed = true,
        .actor_kind = "operator",
        .actor = "root",
        .actor_name = "a name",
        .identity = "alice",
        .address = "192.0.2.7",
        .request_id = "0123456789abcdef",
        .call_number = 77,
        .call_id = "call_x",
        .subject = "k1",
        .number = "+*******0100",
        .reason = "forbidden",
        .detail = "in words",
        .times = 12,
    };
    struct audit_rows got = {0};
    const struct audit_filter filter = {.limit = 1};
    assert_int_equal(append_audit(f, (struct args){.out = &row}), ERROR_NONE);
    assert_int_equal(list_audit(f, (struct args){.row = &filter, .out = &got}), ERROR_NONE);
    assert_int_equal(got.count, 1);
    const struct audit_row *read = got.items;
    assert_int_equal(read->sequence, row.sequence);
    assert_int_equal(read->at_ms, row.at_ms);
    assert_int_equal(read->call_number, 77);
    assert_int_equal(read->times, 12);
    assert_true(read->allowed);
    const char *const pairs[][2] = {
        {read->account_sid, ACCOUNT       },
        {read->action,      row.action    },
        {read->actor,       row.actor     },
        {read->actor_kind,  row.actor_kind},
        {read->identity,    row.identity  },
        {read->actor_name,  row.actor_name},
        {read->address,     row.address   },
        {read->request_id,  row.request_id},
        {read->call_id,     row.call_id   },
        {read->subject,     row.subject   },
        {read->number,      row.number    },
        {read->reason,      row.reason    },
        {read->detail,      row.detail    },
    };
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
        assert_text(pairs[i][0], pairs[i][1]);
}

/* A clock that was set back gives no sequence twice, and lets none run backwards. */
static void keeps_audit_rows_in_order_whatever_the_clock_says(void **state)
{
    struct fixture *f = *state;
    int64_t last = 0;
    static const int steps[] = {3, 3, 1, 9};
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        struct audit_row row = make_audit(f, steps[i]);
        assert_int_equal(append_audit(f, (struct args){.out = &row}), ERROR_NONE);
        assert_true(row.sequence > last);
        assert_true(row.sequence >= row.at_ms << 20);
        last = row.sequence;
    }
}

static void lists_the_audit_log_by_what_is_asked_for(void **state)
{
    struct fixture *f = *state;
    enum { ROWS = 12 };
    for (int i = 0; i < ROWS; i++) {
        struct audit_row row = make_audit(f, i);
        assert_int_equal(append_audit(f, (struct args){.out = &row}), ERROR_NONE);
    }
    struct call_row third = make_call(f, 3);
    const struct {
        struct audit_filter filter;
        size_t count;
        int newest;
    } cases[] = {
        {{.limit = 200},                                                   12, 11},
        {{.limit = 200, .account_sid = ACCOUNT},                           12, 11},
        {{.limit = 200, .account_sid = "AC0"},                             0,  0 },
        {{.limit = 200, .actor = "k1"},                                    4,  8 },
        {{.limit = 200, .action = "call.place"},                           4,  9 },
        {{.limit = 200, .allowed = 1},                                     6,  10},
        {{.limit = 200, .allowed = -1},                                    6,  11},
        {{.limit = 200, .since_ms = CREATED_MS + 4},                       8,  11},
        {{.limit = 200, .until_ms = CREATED_MS + 4},                       4,  3 },
        {{.limit = 200, .call_number = third.number, .call_id = third.id}, 2,  7 },
        {{.limit = 200, .call_number = third.number, .call_id = "call_y"}, 0,  0 },
        {{.limit = 200, .call_number = 7, .call_id = third.id},            0,  0 },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct audit_rows got = {0};
        struct args list = {.row = &cases[i].filter, .out = &got};
        assert_int_equal(list_audit(f, list), ERROR_NONE);
        if (got.count != cases[i].count)
            fail_msg("case %zu: %zu rows", i, got.count);
        assert_false(got.more);
        if (got.count > 0)
            assert_int_equal(got.items[0].at_ms, CREATED_MS + cases[i].newest);
    }
}

static void lists_the_audit_log_page_by_page(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 5; i++) {
        struct audit_row row = make_audit(f, i);
        assert_int_equal(append_audit(f, (struct args){.out = &row}), ERROR_NONE);
    }
    struct audit_filter filter = {.limit = 2};
    int seen = 0;
    for (int page = 0; page < 3; page++) {
        struct audit_rows got = {0};
        assert_int_equal(list_audit(f, (struct args){.row = &filter, .out = &got}), ERROR_NONE);
        for (size_t i = 0; i < got.count; i++)
            assert_int_equal(got.items[i].at_ms, CREATED_MS + 4 - seen++);
        assert_int_equal(got.more, page < 2);
        filter.before_sequence = got.next_before;
    }
    assert_int_equal(seen, 5);
    static const size_t limits[] = {0, 201};
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        struct audit_rows got = {0};
        filter.limit = limits[i];
        assert_int_equal(list_audit(f, (struct args){.row = &filter, .out = &got}), ERROR_INVALID);
    }
}

static void prunes_old_audit_rows_a_few_at_a_time(void **state)
{
    struct fixture *f = *state;
    int64_t removed = 0;
    for (int i = 0; i < 5; i++) {
        struct audit_row row = make_audit(f, i);
        assert_int_equal(append_audit(f, (struct args){.out = &row}), ERROR_NONE);
    }
    struct args prune = {.number = CREATED_MS + 3, .limit = 2, .out = &removed};
    assert_int_equal(prune_audit(f, prune), ERROR_NONE);
    assert_int_equal(removed, 2);
    assert_int_equal(prune_audit(f, prune), ERROR_NONE);
    assert_int_equal(removed, 3);
    assert_int_equal(prune_audit(f, prune), ERROR_NONE);
    assert_int_equal(removed, 3);
    struct audit_rows got = {0};
    const struct audit_filter filter = {.limit = 9};
    assert_int_equal(list_audit(f, (struct args){.row = &filter, .out = &got}), ERROR_NONE);
    assert_int_equal(got.count, 2);
    assert_int_equal(got.items[1].at_ms, CREATED_MS + 3);
}

/* ---- units ---------------------------------------------------------------------------------- */

struct two_writes {
    struct call_row first;
    struct call_row second;
    int64_t seen; /* by the unit itself, of its own writes */
};

static int write_two(struct store_tx *tx, void *work, struct error *err)
{
    struct two_writes *writes = work;
    struct call_row got = {0};
    auto_arena struct arena *arena = arena_create();
    if (store_insert_call(tx, &writes->first, err) < 0 ||
        store_get_call(store_tx_reader(tx), writes->first.id, arena, &got, err) < 0)
        return -1;
    writes->seen = got.number;
    return store_insert_call(tx, &writes->second, err);
}

static void keeps_all_of_a_unit_or_nothing(void **state)
{
    struct fixture *f = *state;
    struct call_row known = insert_nth(f, 1);
    struct two_writes writes = {make_call(f, 2), known, 0};
    struct error err = {0};
    struct call_row got = {0};
    assert_int_equal(store_apply(f->store, write_two, &writes, &err), -1);
    assert_int_equal(err.kind, ERROR_CONFLICT);
    assert_int_equal(writes.seen, writes.first.number);
    assert_int_equal(get_call(f, (struct args){.text = writes.first.id, .out = &got}),
                     ERROR_NOT_FOUND);
    writes.second = make_call(f, 3);
    error_clear(&err);
    assert_int_equal(store_apply(f->store, write_two, &writes, &err), 0);
    assert_int_equal(get_call(f, (struct args){.text = writes.first.id, .out = &got}), ERROR_NONE);
    assert_int_equal(get_call(f, (struct args){.text = writes.second.id, .out = &got}), ERROR_NONE);
}

static void answers_a_probe_and_the_free_space(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    int64_t bytes = 0;
    assert_int_equal(store_probe(f->store, &err), 0);
    assert_int_equal(store_free_bytes(f->store, &bytes, &err), 0);
    assert_true(bytes > 0);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, open_empty, close_again)

int store_contract_run(const struct store_contract *contract)
{
    const struct CMUnitTest tests[] = {
        EACH(keeps_every_member_of_a_call),
        EACH(keeps_every_word_of_a_call),
        EACH(refuses_a_number_or_root_sid_twice),
        EACH(finds_no_call_by_half_an_id),
        EACH(finds_a_call_by_the_sid_of_any_of_its_legs),
        EACH(finds_a_call_by_its_number),
        EACH(updates_all_that_may_change),
        EACH(refuses_an_update_of_nothing_or_with_anothers_sid),
        EACH(lists_the_silent_calls_longest_overdue_first),
        EACH(keeps_counters_of_each_kind_and_name),
        EACH(a_call_that_is_over_gives_its_place_back_once),
        EACH(recounts_what_has_drifted),
        EACH(prunes_counters_that_count_nothing),
        EACH(remembers_how_far_the_reconciler_is),
        EACH(remembers_the_group_of_an_identity),
        EACH(lists_what_the_filters_say_newest_first_page_by_page),
        EACH(refuses_a_list_without_a_sane_limit),
        EACH(keeps_and_replaces_legs_of_one_call_only),
        EACH(keeps_timelines_in_order_and_counts_them),
        EACH(keeps_a_fact_about_no_call),
        EACH(lists_the_news_of_all_calls_from_a_sequence),
        EACH(has_a_key_for_event_ids_that_stays),
        EACH(lists_the_calls_going_on_that_somebody_may_see),
        EACH(counts_how_often_a_delivery_came_again),
        EACH(finds_a_repeat_within_its_call_alone),
        EACH(keeps_and_replaces_recordings),
        EACH(finds_a_recording_by_the_whole_id_only),
        EACH(refuses_a_recording_without_an_id_of_its_own),
        EACH(knows_whose_recordings_are),
        EACH(lists_recordings_newest_first_page_by_page),
        EACH(lists_recordings_whose_time_is_over),
        EACH(claims_jobs_when_they_are_due_and_again_when_the_lease_ends),
        EACH(finishes_retries_buries_and_cancels_jobs),
        EACH(refuses_a_second_open_job_of_a_kind_for_a_call),
        EACH(lists_jobs_by_whether_they_are_buried_and_page_by_page),
        EACH(revives_what_was_buried_unless_another_is_open),
        EACH(tells_jobs_apart_by_their_subject),
        EACH(hands_out_no_job_of_another_lane),
        EACH(keeps_and_revokes_api_keys),
        EACH(keeps_the_first_answer_under_an_idempotency_key),
        EACH(prunes_old_idempotency_keys_a_few_at_a_time),
        EACH(keeps_one_voicemail_of_a_recording),
        EACH(finds_a_deleted_voicemail_by_its_recording_alone),
        EACH(lists_voicemails_by_what_is_asked_for),
        EACH(lists_voicemails_page_by_page_and_counts_new_ones),
        EACH(keeps_and_replaces_transcriptions),
        EACH(keeps_a_transcript_in_order_however_it_comes),
        EACH(keeps_the_newest_partial_of_a_track),
        EACH(finds_words_phrases_and_beginnings),
        EACH(finds_only_what_somebody_may_see),
        EACH(tells_where_it_was_found),
        EACH(finds_nothing_of_what_is_cleared),
        EACH(keeps_every_member_of_an_audit_row),
        EACH(keeps_audit_rows_in_order_whatever_the_clock_says),
        EACH(lists_the_audit_log_by_what_is_asked_for),
        EACH(lists_the_audit_log_page_by_page),
        EACH(prunes_old_audit_rows_a_few_at_a_time),
        EACH(keeps_all_of_a_unit_or_nothing),
        EACH(answers_a_probe_and_the_free_space),
    };
    tested = contract;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
