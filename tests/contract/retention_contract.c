/* What every store must do with what grows old. */
#include "store/retention.h"

#include <stdlib.h>

#include "contract/store_contract.h"
#include "core/macros.h"
#include "core/xmalloc.h"
#include "store/subscriptions.h"
#include "support/cmocka_all.h"
#include "voice/resource_id.h"

#define ACCOUNT "AC00000000000000000000000000000001"

static const struct store_contract *tested;

enum { OLD_MS = 1000, YOUNG_MS = 5000, BEFORE_MS = 2000 };

struct fixture {
    struct store *store;
    void *context;
    struct arena *arena;
    struct error err;
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

static void
apply(struct fixture *f, int (*run)(struct store_tx *, void *, struct error *), void *work)
{
    if (store_apply(f->store, run, work, &f->err) < 0)
        fail_msg("%s", f->err.message);
}

/* ---- what a call leaves behind ---- */

struct story {
    struct fixture *f;
    int64_t at_ms;
    int entries;
    enum recording_media media; /* none: no recording */
    bool hold;
    bool open;
    bool job;
    int64_t number; /* set */
    int64_t last;   /* set: its last entry */
};

static int write_recording(struct store_tx *tx, struct story *story, struct error *err)
{
    char id[RESOURCE_ID_BYTES];
    resource_id_format(RESOURCE_RECORDING, story->number, 7, id);
    const struct recording_row row = {
        .number = story->number,
        .id = id,
        .sid = arena_printf(story->f->arena, "RE%032llx", (unsigned long long)story->number),
        .account_sid = ACCOUNT,
        .call_number = story->number,
        .media = story->media,
        .hold = story->hold,
    };
    return story->media == RECORDING_MEDIA_NONE ? 0 : store_put_recording(tx, &row, err);
}

static int write_entries(struct store_tx *tx, struct story *story, struct error *err)
{
    for (int i = 0; i < story->entries; i++) {
        struct timeline_row row = {.call_number = story->number,
                                   .account_sid = ACCOUNT,
                                   .at_ms = story->at_ms,
                                   .kind = TIMELINE_STATUS,
                                   .raw = "CallStatus=ringing"};
        if (store_append_timeline(tx, &row, err) < 0)
            return -1;
        story->last = row.sequence;
    }
    return 0;
}

static int write_words(struct store_tx *tx, struct story *story, struct error *err)
{
    struct transcription_row transcription = {
        .sid = arena_printf(story->f->arena, "GT%032llx", (unsigned long long)story->number),
        .account_sid = ACCOUNT,
        .call_number = story->number,
        .status = "stopped"};
    if (store_put_transcription(tx, &transcription, err) < 0)
        return -1;
    struct transcript_line_row line = {.call_number = story->number,
                                       .transcription_number = transcription.number,
                                       .track = "inbound_track",
                                       .at_ms = story->at_ms,
                                       .text = "goodbye"};
    struct voicemail_row voicemail = {
        .account_sid = ACCOUNT,
        .call_number = story->number,
        .recording_sid =
            arena_printf(story->f->arena, "RE%032llx", (unsigned long long)story->number)};
    if (store_insert_voicemail(tx, &voicemail, story->f->arena, err) < 0)
        return -1;
    return store_insert_transcript_line(tx, &line, err);
}

static int write_work(struct store_tx *tx, struct story *story, struct error *err)
{
    struct job_row job = {
        .call_number = story->number, .account_sid = ACCOUNT, .kind = JOB_HANGUP_CALL};
    const struct idempotency_row key = {
        .caller = "k",
        .key = arena_printf(story->f->arena, "%lld", (long long)story->number),
        .account_sid = ACCOUNT,
        .call_number = story->number};
    const struct leg_row leg = {
        .call_number = story->number,
        .account_sid = ACCOUNT,
        .sid = arena_printf(story->f->arena, "CA%032llx", (unsigned long long)story->number),
        .state = leg_state_new()};
    if (store_put_leg(tx, &leg, err) < 0 || store_insert_idempotency(tx, &key, err) < 0)
        return -1;
    return story->job ? store_insert_job(tx, &job, err) : 0;
}

static int write_story(struct store_tx *tx, void *work, struct error *err)
{
    struct story *story = work;
    char id[RESOURCE_ID_BYTES];
    resource_id_format(RESOURCE_CALL, story->number, 7, id);
    const struct call_row call = {
        .number = story->number,
        .id = id,
        .account_sid = ACCOUNT,
        .direction = CALL_DIRECTION_INBOUND,
        .placement = CALL_PLACEMENT_PLACED,
        .root = leg_state_new(),
        .created_at_ms = story->at_ms,
        .due_at_ms = story->open ? story->at_ms : 0,
    };
    if (store_insert_call(tx, &call, err) < 0 || write_entries(tx, story, err) < 0 ||
        write_recording(tx, story, err) < 0 || write_words(tx, story, err) < 0)
        return -1;
    return write_work(tx, story, err);
}

static struct story tell(struct fixture *f, struct story story)
{
    static int64_t told;
    story.f = f;
    story.number = (story.at_ms << 20) + ++told;
    story.entries = story.entries == 0 ? 1 : story.entries;
    apply(f, write_story, &story);
    return story;
}

static int run_prune(struct store_tx *tx, void *work, struct error *err)
{
    return store_prune(tx, work, err);
}

/* Step by step to the end; how many went. */
static int64_t prune(struct fixture *f, enum retention_kind kind, size_t limit)
{
    struct pruning step = {.kind = kind, .before_ms = BEFORE_MS, .limit = limit};
    int64_t removed = 0;
    int steps = 0;
    do {
        apply(f, run_prune, &step);
        removed += step.removed;
        assert_in_range(++steps, 1, 1000);
    } while (step.more);
    return removed;
}

struct look {
    struct fixture *f;
    int64_t number;
    bool found;
    struct timeline_rows entries;
    struct transcript_line_rows lines;
    struct retention_mark mark;
};

static int run_look(struct store_rx *rx, void *work, struct error *err)
{
    struct look *look = work;
    struct call_row call;
    const struct transcript_place start = {0};
    struct error none = {0};
    look->found = store_get_call_by_number(rx, look->number, look->f->arena, &call, &none) == 0;
    if (store_list_timeline(rx, look->number, 0, 10000, look->f->arena, &look->entries, err) < 0 ||
        store_list_transcript(rx, look->number, &start, 1000, look->f->arena, &look->lines, err) <
            0)
        return -1;
    return store_get_retention_mark(rx, RETENTION_TIMELINE, &look->mark, err);
}

static struct look look_at(struct fixture *f, const struct story *story)
{
    struct look look = {.f = f, .number = story->number};
    if (store_run_read(f->store, run_look, &look, &f->err) < 0)
        fail_msg("%s", f->err.message);
    return look;
}

/* ---- tests ---- */

static void takes_old_calls_with_all_that_is_theirs(void **state)
{
    struct fixture *f = *state;
    struct story gone = tell(f, (struct story){.at_ms = OLD_MS, .entries = 1203});
    struct story also = tell(f, (struct story){.at_ms = OLD_MS, .media = RECORDING_MEDIA_DELETED});
    struct story young = tell(f, (struct story){.at_ms = YOUNG_MS});
    assert_int_equal(look_at(f, &gone).mark.removed_upto, 0);
    assert_int_equal(prune(f, RETENTION_CALLS, 1), 2);
    assert_false(look_at(f, &gone).found);
    assert_false(look_at(f, &also).found);
    assert_int_equal(look_at(f, &gone).entries.count, 0);
    assert_int_equal(look_at(f, &gone).lines.count, 0);
    assert_true(look_at(f, &young).found);
    assert_int_equal(look_at(f, &young).entries.count, 1);
    assert_int_equal(look_at(f, &young).lines.count, 1);
    assert_int_equal(look_at(f, &gone).mark.removed_upto, also.last);
    assert_int_equal(prune(f, RETENTION_CALLS, 1), 0);
}

static void keeps_old_calls_that_are_needed(void **state)
{
    struct fixture *f = *state;
    static const struct story cases[] = {
        {.media = RECORDING_MEDIA_STORED },
        {.media = RECORDING_MEDIA_WANTED },
        {.media = RECORDING_MEDIA_FAILED },
        {.media = RECORDING_MEDIA_DELETED, .hold = true},
        {.open = true                               },
        {.job = true},
    };
    struct story kept[ARRAY_LEN(cases)];
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct story story = cases[i];
        story.at_ms = OLD_MS;
        kept[i] = tell(f, story);
    }
    struct story gone = tell(f, (struct story){.at_ms = OLD_MS});
    (void)tell(f, (struct story){.at_ms = YOUNG_MS});
    assert_int_equal(prune(f, RETENTION_CALLS, 1), 1);
    assert_false(look_at(f, &gone).found);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (!look_at(f, &kept[i]).found || look_at(f, &kept[i]).lines.count != 1)
            fail_msg("case %zu", i);
}

static void never_takes_the_newest_entry(void **state)
{
    struct fixture *f = *state;
    struct story story = tell(f, (struct story){.at_ms = OLD_MS, .entries = 5});
    assert_int_equal(prune(f, RETENTION_CALLS, 10), 0);
    assert_int_equal(prune(f, RETENTION_TIMELINE, 2), 4);
    assert_int_equal(look_at(f, &story).entries.count, 1);
    assert_int_equal(look_at(f, &story).mark.removed_upto, story.last - 1);
    assert_int_equal(look_at(f, &story).mark.removed_before_ms, BEFORE_MS);
    struct story next = tell(f, (struct story){.at_ms = YOUNG_MS});
    assert_int_equal(next.last, story.last + 1);
}

static void empties_entries_before_they_go(void **state)
{
    struct fixture *f = *state;
    struct story old = tell(f, (struct story){.at_ms = OLD_MS, .entries = 5});
    struct story held =
        tell(f, (struct story){.at_ms = OLD_MS, .media = RECORDING_MEDIA_STORED, .hold = true});
    struct story young = tell(f, (struct story){.at_ms = YOUNG_MS});
    assert_int_equal(prune(f, RETENTION_RAW, 2), 5);
    assert_int_equal(prune(f, RETENTION_RAW, 2), 0);
    assert_int_equal(look_at(f, &old).entries.count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_null(look_at(f, &old).entries.items[i].raw);
    assert_non_null(look_at(f, &held).entries.items[0].raw);
    assert_non_null(look_at(f, &young).entries.items[0].raw);
}

static int hold_no_more(struct store_tx *tx, void *work, struct error *err)
{
    struct story *story = work;
    story->hold = false;
    return write_recording(tx, story, err);
}

static void comes_back_for_what_was_held(void **state)
{
    struct fixture *f = *state;
    struct story held =
        tell(f, (struct story){.at_ms = OLD_MS, .media = RECORDING_MEDIA_STORED, .hold = true});
    struct story old = tell(f, (struct story){.at_ms = OLD_MS});
    (void)tell(f, (struct story){.at_ms = YOUNG_MS});
    assert_int_equal(prune(f, RETENTION_TIMELINE, 1), 1);
    assert_int_equal(prune(f, RETENTION_TRANSCRIPTS, 1), 1);
    assert_int_equal(look_at(f, &held).entries.count, 1);
    assert_int_equal(look_at(f, &held).lines.count, 1);
    assert_int_equal(look_at(f, &old).entries.count, 0);
    assert_int_equal(look_at(f, &old).lines.count, 0);
    apply(f, hold_no_more, &held);
    assert_int_equal(prune(f, RETENTION_TIMELINE, 1), 1);
    assert_int_equal(prune(f, RETENTION_TRANSCRIPTS, 1), 1);
    assert_int_equal(look_at(f, &held).lines.count, 0);
}

static int subscribe(struct store_tx *tx, void *work, struct error *err)
{
    struct subscription_row row = {.account_sid = ACCOUNT,
                                   .url = "https://app.example/hook",
                                   .events = "*",
                                   .scopes = "",
                                   .created_at_ms = 1,
                                   .cursor = *(int64_t *)work};
    return store_insert_subscription(tx, &row, err);
}

static void waits_for_the_slowest_subscription_and_not_for_ever(void **state)
{
    struct fixture *f = *state;
    struct story told = tell(f, (struct story){.at_ms = OLD_MS});
    struct story untold = tell(f, (struct story){.at_ms = OLD_MS});
    (void)tell(f, (struct story){.at_ms = YOUNG_MS});
    apply(f, subscribe, &told.last);
    assert_int_equal(prune(f, RETENTION_TIMELINE, 5), 1);
    assert_int_equal(look_at(f, &told).entries.count, 0);
    assert_int_equal(look_at(f, &untold).entries.count, 1);
    assert_int_equal(prune(f, RETENTION_CALLS, 50), 1);
    assert_true(look_at(f, &untold).found);
    struct pruning step = {.kind = RETENTION_TIMELINE,
                           .before_ms = BEFORE_MS,
                           .told_before_ms = BEFORE_MS,
                           .limit = 10};
    apply(f, run_prune, &step);
    assert_int_equal(step.removed, 1);
    assert_int_equal(look_at(f, &untold).entries.count, 0);
}

static int bury_all(struct store_tx *tx, void *work, struct error *err)
{
    static const int64_t created_ms[] = {OLD_MS, OLD_MS, YOUNG_MS};
    (void)work;
    for (size_t i = 0; i < ARRAY_LEN(created_ms); i++) {
        struct job_row job = {.account_sid = ACCOUNT,
                              .kind = JOB_HANGUP_CALL,
                              .subject = i == 0   ? "a"
                                         : i == 1 ? "b"
                                                  : "c",
                              .created_at_ms = created_ms[i]};
        if (store_insert_job(tx, &job, err) < 0 || store_bury_job(tx, job.number, "", err) < 0)
            return -1;
    }
    struct job_row open = {
        .account_sid = ACCOUNT, .kind = JOB_HANGUP_CALL, .created_at_ms = OLD_MS};
    return store_insert_job(tx, &open, err);
}

static void forgets_jobs_that_nobody_looked_at(void **state)
{
    struct fixture *f = *state;
    apply(f, bury_all, NULL);
    assert_int_equal(prune(f, RETENTION_DEAD_JOBS, 1), 2);
    assert_int_equal(prune(f, RETENTION_DEAD_JOBS, 10), 0);
}

static int write_groups(struct store_tx *tx, void *work, struct error *err)
{
    static const int64_t day_ms = 24 * 60 * 60 * 1000;
    (void)work;
    if (store_put_identity_group(tx, "gone", "sales", OLD_MS, err) < 0 ||
        store_put_identity_group(tx, "there", "sales", OLD_MS, err) < 0)
        return -1;
    return store_put_identity_group(tx, "there", "sales", OLD_MS + day_ms + 1, err);
}

static void forgets_groups_of_those_who_do_not_come_back(void **state)
{
    struct fixture *f = *state;
    apply(f, write_groups, NULL);
    assert_int_equal(prune(f, RETENTION_IDENTITY_GROUPS, 1), 1);
    assert_int_equal(prune(f, RETENTION_IDENTITY_GROUPS, 1), 0);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, open_empty, close_again)

int retention_contract_run(const struct store_contract *contract)
{
    const struct CMUnitTest tests[] = {
        EACH(takes_old_calls_with_all_that_is_theirs),
        EACH(keeps_old_calls_that_are_needed),
        EACH(never_takes_the_newest_entry),
        EACH(empties_entries_before_they_go),
        EACH(comes_back_for_what_was_held),
        EACH(waits_for_the_slowest_subscription_and_not_for_ever),
        EACH(forgets_jobs_that_nobody_looked_at),
        EACH(forgets_groups_of_those_who_do_not_come_back),
    };
    tested = contract;
    return cmocka_run_group_tests_name("retention", tests, NULL, NULL);
}
