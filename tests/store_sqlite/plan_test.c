/*
 * No statement reads a whole table that grows. Every function of the engine is called once, then each statement that
 * the session has kept is asked for its plan.
 */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../../src/store/sqlite/engine.h"
#include "../../src/store/sqlite/schema.h"
#include "core/macros.h"
#include "support/cmocka_all.h"
#include "temp_store.h"

/* What may be scanned, and by which statement: tables of a few rows, indexes that end at the first entry. */
/* A row a line, so that two who add one do not meet. */
/* clang-format off */
static const struct {
    const char *plan; /* begins with */
    const char *sql;  /* has in it */
} allowed[] = {
    {"SCAN (subquery", ""},
    {"SCAN api_keys", ""},
    {"SCAN subscriptions", ""},      /* as many as are allowed */
    {"SCAN probe", ""},
    {"SCAN event_key", ""},
    {"SCAN places", "GROUP BY"},     /* as many rows as calls go on: at the start */
    {"SCAN places", "NOT EXISTS"},   /* the same */
    {"SCAN t", "MATERIALIZED"},      /* the same, counted */
    {"SCAN CONSTANT ROW", ""},       /* no table at all */
    {"SCAN u", "MATERIALIZED"},      /* who calls: at the start */
    {"SCAN usage", "at_once <> 0"},  /* the same, where it was wrong */
    {"SCAN usage", "DELETE"},        /* who called lately: once an hour */
    {"SCAN filler", "LIMIT"},        /* ends after a few rows */
    {"SCAN p", "person_is"}, /* a page of calls, for a command */
    {"SCAN recordings USING INDEX recordings_wanted", "count(*)"}, /* those to be fetched, for a gauge */
    {"SCAN jobs USING INDEX jobs_dead", ""}, /* only those, for an operator */
    {"SCAN jobs USING INDEX jobs_open", "state = 'leased'"}, /* all leases end: once, at the start */
    {"SCAN transcript_search VIRTUAL TABLE INDEX", "MATCH"}, /* the full-text index */
    {"SCAN voicemails USING INDEX voicemails_new", "count(*)"}, /* new ones, so many at most */
};
/* clang-format on */

static bool is_allowed(const char *plan, const char *sql)
{
    for (size_t i = 0; i < ARRAY_LEN(allowed); i++)
        if (strncmp(plan, allowed[i].plan, strlen(allowed[i].plan)) == 0 &&
            strstr(sql, allowed[i].sql))
            return true;
    return false;
}

/* Statements that the full-text index keeps for its own tables, and for the text that it reads by its key. */
static bool is_the_engines(const char *sql)
{
    return strstr(sql, "'transcript_search_") != NULL ||
           strstr(sql, "'main'.'transcript_") != NULL ||
           strstr(sql, "\"main\".\"transcript_") != NULL;
}

static int check_plan(sqlite3 *db, const char *sql)
{
    auto_arena struct arena *arena = arena_create();
    sqlite3_stmt *plan = NULL;
    int found = 0;
    assert_int_equal(
        sqlite3_prepare_v2(db, arena_printf(arena, "EXPLAIN QUERY PLAN %s", sql), -1, &plan, NULL),
        SQLITE_OK);
    while (sqlite3_step(plan) == SQLITE_ROW) {
        const char *detail = (const char *)sqlite3_column_text(plan, 3);
        if (strncmp(detail, "SCAN ", 5) == 0 && !is_allowed(detail, sql)) {
            print_error("%s\n    %s\n", detail, sql);
            found++;
        }
    }
    sqlite3_finalize(plan);
    return found;
}

/* Their results do not matter, only that each statement is prepared. */
static void call_everything(struct store_session *s, struct arena *arena)
{
    struct error err = {0};
    union {
        struct call_row call;
        struct leg_row leg;
        struct timeline_row entry;
        struct recording_row recording;
        struct job_row job;
        struct idempotency_row idempotency;
        struct call_rows calls;
        struct leg_rows legs;
        struct timeline_rows entries;
        struct recording_rows recordings;
        struct job_rows jobs;
        struct api_key_rows keys;
        struct audit_rows audit;
        struct place_row place;
        struct news_rows news;
        struct voicemail_row voicemail;
        struct voicemail_rows voicemails;
        struct transcription_row transcription;
        struct transcription_rows transcriptions;
        struct transcript_line_row line;
        struct transcript_line_rows lines;
        struct search_rows found;
        unsigned char key[STORE_EVENT_KEY_BYTES];
        int64_t number;
        struct subscription_row subscription;
        struct subscription_rows subscriptions;
        struct delivery_row delivery;
        struct delivery_rows deliveries;
        struct delivery_attempts attempts;
    } out;
    char id[RESOURCE_ID_BYTES];
    resource_id_format(RESOURCE_CALL, 5, 5, id);
    const struct call_row call = {.number = 5, .id = id, .account_sid = ""};
    const struct leg_row leg = {.call_number = 5, .sid = "CA1", .account_sid = ""};
    char recording_id[RESOURCE_ID_BYTES];
    resource_id_format(RESOURCE_RECORDING, 5, 5, recording_id);
    const struct recording_row recording = {
        .number = 5, .id = recording_id, .sid = "RE1", .account_sid = "", .call_number = 5};
    const struct recording_filter recordings = {.limit = 1};
    const struct api_key_row key = {.id = "k", .account_sid = "", .name = "", .scopes = ""};
    const struct idempotency_row idempotency = {.caller = "", .key = "", .account_sid = ""};
    struct timeline_row entry = {.call_number = 5, .account_sid = ""};
    struct job_row job = {.call_number = 5, .account_sid = ""};
    struct job_row other = {.call_number = 5, .account_sid = "", .kind = JOB_HANGUP_CALL};
    const struct call_filter filter = {.limit = 1};
    const struct audit_filter audits = {.limit = 1};
    const struct audit_filter audits_of_call = {.limit = 1, .call_number = 5};
    struct audit_row audit = {.account_sid = "", .action = "a", .actor_kind = "k", .times = 1};
    const struct place_row place = {.call_number = 5, .account_sid = "", .identity = "i"};
    struct usage_row usage = {.account_sid = "", .counter = USAGE_OF_IDENTITY, .name = "i"};
    const struct viewer viewer = {.identity = "a"};
    struct subscription_row subscription = {
        .account_sid = "", .url = "", .events = "", .scopes = "", .created_at_ms = 1};
    struct delivery_row delivery = {.subscription = 1, .kind = "k", .call_number = 5};
    struct voicemail_row voicemail = {.account_sid = "", .call_number = 5, .recording_sid = "RE1"};
    struct transcription_row transcription = {.sid = "GT1",
                                              .account_sid = "",
                                              .call_number = 5,
                                              .status = "started",
                                              .recording_sid = "RE1"};
    struct transcript_line_row line = {
        .call_number = 5, .transcription_number = 1, .track = "", .text = "word"};
    const struct transcript_place from_the_start = {0};
    const struct search_terms terms = {
        &(struct search_term){"word", false},
         1
    };
    const struct search_filter search = {.terms = &terms, .limit = 1};
    int64_t removed = 0;
    bool expired = false;
    const char *group = NULL;
    int failed = 0;

    failed += sqlite_insert_call(s, &call, &err) < 0;
    failed += sqlite_update_call(s, &call, &err) < 0;
    failed += sqlite_get_call(s, id, arena, &out.call, &err) < 0;
    failed += sqlite_get_call_by_number(s, 5, arena, &out.call, &err) < 0;
    failed += sqlite_put_leg(s, &leg, &err) < 0;
    failed += sqlite_get_call_by_sid(s, "CA1", arena, &out.call, &err) < 0;
    failed += sqlite_list_calls(s, &filter, arena, &out.calls, &err) < 0;
    failed += sqlite_list_due_calls(s, 1, 1, arena, &out.calls, &err) < 0;
    failed += sqlite_count_open_calls(s, &out.number, &err) < 0;
    failed += sqlite_get_usage(s, &usage, &err) < 0;
    failed += sqlite_put_usage(s, &usage, &err) < 0;
    failed += sqlite_put_place(s, &place, &err) < 0;
    failed += sqlite_get_place(s, 5, arena, &out.place, &err) < 0;
    failed += sqlite_recount_usage(s, &removed, &err) < 0;
    failed += sqlite_release_place(s, 5, &err) < 0;
    failed += sqlite_prune_usage(s, 1, &err) < 0;
    failed += sqlite_put_identity_group(s, "i", "g", 1, &err) < 0;
    failed += sqlite_get_identity_group(s, "i", arena, &group, &err) < 0;
    failed += sqlite_put_identity_group(s, "i", NULL, 1, &err) < 0;
    failed += sqlite_get_leg(s, "CA1", arena, &out.leg, &err) < 0;
    failed += sqlite_list_legs(s, 5, arena, &out.legs, &err) < 0;
    failed += sqlite_append_timeline(s, &entry, &err) < 0;
    failed += sqlite_count_repeat(s, entry.sequence, &err) < 0;
    failed += sqlite_list_timeline(s, 5, 0, 1, arena, &out.entries, &err) < 0;
    failed += sqlite_list_news(s, 0, 1, arena, &out.news, &err) < 0;
    failed += sqlite_newest_sequence(s, &out.number, &err) < 0;
    failed += sqlite_get_event_key(s, out.key, &err) < 0;
    failed += sqlite_list_calls_going_on(s, &viewer, 1, arena, &out.calls, &err) < 0;
    failed += sqlite_put_recording(s, &recording, &err) < 0;
    failed += sqlite_get_recording(s, "RE1", arena, &out.recording, &err) < 0;
    failed += sqlite_get_recording_by_id(s, recording_id, arena, &out.recording, &err) < 0;
    failed += sqlite_list_call_recordings(s, 5, arena, &out.recordings, &err) < 0;
    failed += sqlite_list_recordings(s, &recordings, arena, &out.recordings, &err) < 0;
    failed += sqlite_list_expired_recordings(s, 1, 1, arena, &out.recordings, &err) < 0;
    failed += sqlite_count_wanted_recordings(s, &out.number, &err) < 0;
    failed += sqlite_insert_voicemail(s, &voicemail, arena, &err) < 0;
    failed += sqlite_update_voicemail(s, &voicemail, &err) < 0;
    failed += sqlite_get_voicemail(s, voicemail.id, arena, &out.voicemail, &err) < 0;
    failed += sqlite_get_voicemail_of_recording(s, "RE1", arena, &out.voicemail, &err) < 0;
    for (int i = 0; i < 4; i++) {
        const struct voicemail_filter mailbox = {
            .limit = 1, .owned_by_identity = i > 1 ? "a" : NULL, .identity = i % 2 ? "a" : NULL};
        failed += sqlite_list_voicemails(s, &mailbox, arena, &out.voicemails, &err) < 0;
        failed += sqlite_count_new_voicemails(s, &mailbox, 1, &out.number, &err) < 0;
    }
    failed += sqlite_put_transcription(s, &transcription, &err) < 0;
    failed += sqlite_get_transcription(s, "GT1", arena, &out.transcription, &err) < 0;
    failed += sqlite_get_transcription_of_recording(s, "RE1", arena, &out.transcription, &err) < 0;
    failed += sqlite_list_transcriptions(s, 5, arena, &out.transcriptions, &err) < 0;
    failed += sqlite_insert_transcript_line(s, &line, &err) < 0;
    failed += sqlite_get_transcript_line(s, line.number, arena, &out.line, &err) < 0;
    failed += sqlite_last_transcript_sequence(s, 5, 1, "", &out.number, &err) < 0;
    failed += sqlite_put_transcript_partial(s, &line, &err) < 0;
    failed += sqlite_list_transcript_partials(s, 5, arena, &out.lines, &err) < 0;
    failed += sqlite_list_transcript(s, 5, &from_the_start, 1, arena, &out.lines, &err) < 0;
    failed += sqlite_search_transcripts(s, &search, arena, &out.found, &err) < 0;
    failed += sqlite_drop_transcript_partial(s, 1, "", 0, &err) < 0;
    failed += sqlite_clear_transcription(s, 1, &err) < 0;
    failed += sqlite_insert_job(s, &job, &err) < 0;
    failed += sqlite_insert_job(s, &other, &err) < 0;
    failed += sqlite_cancel_job(s, JOB_HANGUP_CALL, 5, "", &err) < 0;
    failed += sqlite_next_job_at(s, JOB_LANE_CALLS, &out.number, &err) < 0;
    failed += sqlite_claim_job(s, JOB_LANE_CALLS, 1, 1, arena, &out.job, &expired, &err) < 0;
    failed += sqlite_expire_leases(s, 1, &err) < 0;
    failed += sqlite_retry_job(s, job.number, 1, "", &err) < 0;
    failed += sqlite_return_job(s, job.number, 1, "", &err) < 0;
    failed += sqlite_bury_job(s, job.number, "", &err) < 0;
    failed += sqlite_list_jobs(s, &(struct job_filter){.limit = 1}, arena, &out.jobs, &err) < 0;
    failed += sqlite_list_jobs(s, &(struct job_filter){.dead = true, .limit = 1}, arena, &out.jobs,
                               &err) < 0;
    failed += sqlite_get_job(s, job.number, arena, &out.job, &err) < 0;
    failed += sqlite_revive_job(s, job.number, 1, &err) < 0;
    failed += sqlite_finish_job(s, job.number, &err) < 0;
    failed += sqlite_insert_api_key(s, &key, &err) < 0;
    failed += sqlite_revoke_api_key(s, "k", 1, &err) < 0;
    failed += sqlite_list_api_keys(s, arena, &out.keys, &err) < 0;
    failed += sqlite_insert_idempotency(s, &idempotency, &err) < 0;
    failed += sqlite_answer_idempotency(s, &idempotency, &err) < 0;
    failed += sqlite_get_idempotency(s, "", "", arena, &out.idempotency, &err) < 0;
    failed += sqlite_prune_idempotency(s, 1, 1, &removed, &err) < 0;
    failed += sqlite_append_audit(s, &audit, &err) < 0;
    failed += sqlite_list_audit(s, &audits, arena, &out.audit, &err) < 0;
    failed += sqlite_list_audit(s, &audits_of_call, arena, &out.audit, &err) < 0;
    failed += sqlite_prune_audit(s, 1, 1, &removed, &err) < 0;
    failed += sqlite_insert_subscription(s, &subscription, &err) < 0;
    failed += sqlite_update_subscription(s, &subscription, &err) < 0;
    failed += sqlite_get_subscription(s, subscription.number, arena, &out.subscription, &err) < 0;
    failed += sqlite_list_subscriptions(s, arena, &out.subscriptions, &err) < 0;
    failed += sqlite_insert_delivery(s, &delivery, &err) < 0;
    failed += sqlite_get_delivery(s, delivery.number, arena, &out.delivery, &err) < 0;
    failed += sqlite_list_due_deliveries(s, 1, 1, arena, &out.deliveries, &err) < 0;
    failed += sqlite_list_overdue_deliveries(s, 1, 1, 1, arena, &out.deliveries, &err) < 0;
    delivery.attempts = 2;
    delivery.state = DELIVERY_DEAD;
    failed += sqlite_settle_delivery(s, &delivery, 1, &err) < 0;
    failed += sqlite_reopen_delivery(s, delivery.number, 1, 1, &err) < 0;
    failed += sqlite_renew_deliveries(s, 1, 1, 1, &err) < 0;
    failed += sqlite_list_former_attempts(s, 1, arena, &out.attempts, &err) < 0;
    static const char *const states[] = {NULL, "dead", "pending"};
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        const struct delivery_filter wanted = {.subscription = 1, .state = states[i], .limit = 1};
        failed += sqlite_list_deliveries(s, &wanted, arena, &out.deliveries, &err) < 0;
    }
    failed += sqlite_prune_deliveries(s, 1, 1, 1, &removed, &err) < 0;
    failed += sqlite_clear_subscription(s, 1, 1, &removed, &err) < 0;
    for (int i = 0; i < RETENTION_KIND_COUNT; i++) {
        struct retention_mark mark;
        struct pruning step = {
            .kind = (enum retention_kind)i, .before_ms = INT64_MAX >> 20, .limit = 1};
        failed += sqlite_prune(s, &step, &err) < 0;
        failed += sqlite_get_retention_mark(s, step.kind, &mark, &err) < 0;
    }
    struct person_calls of_person;
    struct call_erasure erasure = {.who = "+15005550001", .call_number = 5};
    enum call_erased erased;
    bool more = false;
    failed += sqlite_list_calls_of_person(s, "+15005550001", 0, 1, arena, &of_person, &err) < 0;
    failed += sqlite_erase_call(s, &erasure, &err) < 0;
    failed += sqlite_get_call_erased(s, 5, &erased, &err) < 0;
    failed += sqlite_rewrite_search(s, &more, &err) < 0;
    failed += sqlite_fill_free_pages(s, &more, &err) < 0;
    failed += sqlite_drop_filler(s, &more, &err) < 0;
    failed += sqlite_touch(s, &err) < 0;
    if (failed > 0)
        fail_msg("%d failed, the first with: %s", failed, err.message);
    assert_int_equal(sqlite_find_repeat(s, 5, 1, arena, &out.entry, &err), -1);
}

static void reads_no_growing_table_from_end_to_end(void **state)
{
    char *folder = temp_folder();
    auto_free char *path = temp_path(folder, "test.db");
    auto_arena struct arena *arena = arena_create();
    struct store_session *session = NULL;
    struct error err = {0};
    struct stat facts;
    int statements = 0;
    int found = 0;
    (void)state;

    temp_write(path, "", 0);
    assert_int_equal(stat(path, &facts), 0);
    struct sqlite_context context = {.path = path, .device = facts.st_dev, .inode = facts.st_ino};
    assert_int_equal(session_open(&context, SESSION_WRITER, &session, &err), 0);
    assert_int_equal(
        schema_migrate(session, store_sqlite_migrations, store_sqlite_migration_count, &err), 0);
    assert_int_equal(sqlite_begin(session, &err), 0);
    call_everything(session, arena);
    for (sqlite3_stmt *kept = NULL; (kept = sqlite3_next_stmt(session->db, kept)); statements++)
        found += is_the_engines(sqlite3_sql(kept)) ? 0 : check_plan(session->db, sqlite3_sql(kept));
    assert_true(statements > 30);
    assert_int_equal(found, 0);
    sqlite_rollback(session);
    session_close(session);
    temp_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_no_growing_table_from_end_to_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
