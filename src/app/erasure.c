#include "app/erasure.h"

#include <inttypes.h>
#include <stdlib.h>

#include "app/audit.h"
#include "core/text.h"
#include "core/xmalloc.h"
#include "voice/person.h"

enum { CALLS_AT_ONCE = 500, ROWS_AT_ONCE = 1000 };

struct work {
    const struct erasure *with;
    struct erasure_receipt *receipt;
    struct arena *arena; /* of one step */
    int64_t after;
    struct person_calls page;
    int64_t *calls; /* numbers of those to be erased */
    size_t count;
    size_t cap;
};

static void tell(const struct work *work, const char *doing, int64_t done)
{
    if (work->with->progress != NULL)
        work->with->progress(work->with->context, doing, done);
}

/* ---- whose calls ---- */

static int list_calls(struct store_rx *rx, void *data, struct error *err)
{
    struct work *work = data;
    return store_list_calls_of_person(rx, work->with->who, work->after, CALLS_AT_ONCE, work->arena,
                                      &work->page, err);
}

static void note_call(struct work *work, const struct person_call *call)
{
    work->receipt->held += call->held;
    work->receipt->going_on += call->going_on && !call->held;
    if (call->held || call->going_on)
        return;
    if (work->count == work->cap) {
        work->cap = work->cap == 0 ? 64 : 2 * work->cap;
        work->calls = xrealloc(work->calls, work->cap * sizeof(*work->calls));
    }
    work->calls[work->count++] = call->number;
}

static int find_calls(struct work *work, struct error *err)
{
    int64_t looked_at = 0;
    do {
        auto_arena struct arena *arena = arena_create();
        work->arena = arena;
        if (store_run_read(work->with->store, list_calls, work, err) < 0)
            return -1;
        for (size_t i = 0; i < work->page.count; i++)
            note_call(work, &work->page.items[i]);
        work->after = work->page.upto;
        tell(work, "calls looked at", looked_at += CALLS_AT_ONCE);
    } while (work->page.more);
    return 0;
}

/* ---- a call ---- */

struct one_call {
    const struct erasure *with;
    struct arena *arena;
    struct call_row call;
    struct leg_rows legs;
    struct recording_rows recordings;
    struct transcription_rows transcriptions;
    int64_t voicemails;
    int64_t at_twilio; /* set by each run of the unit */
    struct call_erasure erasure;
    bool begun;
    bool stale; /* set by each run of the unit: a sound has come that is not removed yet */
};

static int count_voicemail(struct store_rx *rx, struct one_call *one, const char *sid)
{
    struct voicemail_row row;
    struct error none = {0};
    return store_get_voicemail_of_recording(rx, sid, one->arena, &row, &none) == 0 &&
           row.deleted_at_ms == 0;
}

static int read_call(struct store_rx *rx, void *data, struct error *err)
{
    struct one_call *one = data;
    int64_t number = one->erasure.call_number;
    if (store_get_call_by_number(rx, number, one->arena, &one->call, err) < 0 ||
        store_list_legs(rx, number, one->arena, &one->legs, err) < 0 ||
        store_list_call_recordings(rx, number, one->arena, &one->recordings, err) < 0 ||
        store_list_transcriptions(rx, number, one->arena, &one->transcriptions, err) < 0)
        return -1;
    for (size_t i = 0; i < one->recordings.count; i++)
        one->voicemails += count_voicemail(rx, one, one->recordings.items[i].sid);
    return 0;
}

static int
delete_at_twilio(struct store_tx *tx, struct one_call *one, const char *sid, struct error *err)
{
    struct job_row job = {.account_sid = one->call.account_sid,
                          .kind = JOB_ERASE_AT_TWILIO,
                          .call_number = one->call.number,
                          .subject = sid,
                          .run_at_ms = one->erasure.now_ms,
                          .created_at_ms = one->erasure.now_ms};
    if (text_is_empty(sid))
        return 0;
    one->at_twilio++;
    if (tx == NULL || store_insert_job(tx, &job, err) == 0)
        return 0;
    if (err->kind != ERROR_CONFLICT)
        return -1;
    error_clear(err); /* it is open already */
    return 0;
}

/* Without a `tx`: count them. */
static int delete_all_at_twilio(struct store_tx *tx, struct one_call *one, struct error *err)
{
    one->at_twilio = 0;
    if (one->with->keep_at_twilio)
        return 0;
    for (size_t i = 0; i < one->transcriptions.count; i++)
        if (text_starts_with(one->transcriptions.items[i].sid, "TR") &&
            delete_at_twilio(tx, one, one->transcriptions.items[i].sid, err) < 0)
            return -1;
    for (size_t i = 0; i < one->recordings.count; i++)
        if (one->recordings.items[i].remote_deleted_at_ms == 0 &&
            delete_at_twilio(tx, one, one->recordings.items[i].sid, err) < 0)
            return -1;
    for (size_t i = 0; i < one->legs.count; i++)
        if (delete_at_twilio(tx, one, one->legs.items[i].sid, err) < 0)
            return -1;
    return delete_at_twilio(tx, one, one->call.root_sid, err);
}

static bool is_removed(const struct one_call *one, const char *key)
{
    for (size_t i = 0; i < one->recordings.count; i++)
        if (text_equal(one->recordings.items[i].media_key, key))
            return true;
    return false;
}

/* A fetch may have ended since the sounds were removed: then its file would be forgotten with its row. */
static int look_for_sounds(struct store_tx *tx, struct one_call *one, struct error *err)
{
    struct recording_rows now;
    if (store_list_call_recordings(store_tx_reader(tx), one->erasure.call_number, one->arena, &now,
                                   err) < 0)
        return -1;
    one->stale = false;
    for (size_t i = 0; i < now.count; i++)
        one->stale |= now.items[i].media_key != NULL && !is_removed(one, now.items[i].media_key);
    return 0;
}

static int apply(struct store_tx *tx, void *data, struct error *err)
{
    struct one_call *one = data;
    if (look_for_sounds(tx, one, err) < 0)
        return -1;
    if (one->stale)
        return 0;
    if (!one->begun && delete_all_at_twilio(tx, one, err) < 0)
        return -1;
    return store_erase_call(tx, &one->erasure, err);
}

/* The sound goes first: while its row is there, whoever is interrupted finds it again. */
static int remove_sounds(struct one_call *one, struct erasure_receipt *receipt, struct error *err)
{
    for (size_t i = 0; i < one->recordings.count; i++) {
        const char *key = one->recordings.items[i].media_key;
        if (key == NULL)
            continue;
        if (!one->with->dry_run && storage_remove(one->with->storage, key, err) < 0)
            return -1;
        receipt->files++;
    }
    return 0;
}

static int erase_rows(struct one_call *one, struct erasure_receipt *receipt, struct error *err)
{
    do {
        if (store_apply(one->with->store, apply, one, err) < 0)
            return -1;
        if (one->stale)
            return error_set(err, ERROR_UNAVAILABLE, "a recording has just been fetched");
        one->begun = true;
        receipt->entries += one->erasure.entries;
        receipt->lines += one->erasure.lines;
    } while (one->erasure.more);
    return 0;
}

static int erase_one(struct work *work, int64_t number, struct error *err)
{
    auto_arena struct arena *arena = arena_create();
    struct erasure_receipt *receipt = work->receipt;
    struct one_call one = {
        .with = work->with,
        .arena = arena,
        .erasure = {.who = work->with->who,
                    .call_number = number,
                    .now_ms = wall_clock_now_ms(work->with->clock),
                    .keep_at_twilio = work->with->keep_at_twilio}
    };
    if (store_run_read(work->with->store, read_call, &one, err) < 0 ||
        remove_sounds(&one, receipt, err) < 0)
        return -1;
    int failed = work->with->dry_run ? delete_all_at_twilio(NULL, &one, err)
                                     : erase_rows(&one, receipt, err);
    if (failed)
        return -1;
    receipt->calls++;
    receipt->recordings += (int64_t)one.recordings.count;
    receipt->voicemails += one.voicemails;
    receipt->at_twilio += one.at_twilio;
    return 0;
}

/* ---- everything else ---- */

static int look(struct store_rx *rx, void *walk, struct error *err)
{
    return store_find_person(rx, walk, err);
}

static int mask(struct store_tx *tx, void *walk, struct error *err)
{
    return store_mask_person(tx, walk, err);
}

static void note_rows(struct erasure_receipt *receipt, const struct person_walk *walk)
{
    size_t last = receipt->others_count;
    if (walk->found == 0)
        return;
    if (last == 0 || !text_equal(receipt->others[last - 1].name, walk->name)) {
        ASSERT(last < ERASURE_TABLES_MAX);
        receipt->others[receipt->others_count++].name = walk->name;
        receipt->others[last].is_settings = walk->is_settings;
        last++;
    }
    receipt->others[last - 1].rows += walk->found;
}

static int walk_tables(struct work *work, struct error *err)
{
    struct person_walk walk = {.who = work->with->who, .limit = ROWS_AT_ONCE};
    int64_t looked_at = 0;
    for (;;) {
        if (store_run_read(work->with->store, look, &walk, err) < 0)
            return -1;
        if (walk.name == NULL)
            return 0;
        if (walk.found > 0 && !walk.is_settings && !work->with->dry_run &&
            store_apply(work->with->store, mask, &walk, err) < 0)
            return -1;
        note_rows(work->receipt, &walk);
        person_walk_on(&walk);
        tell(work, "rows looked at", looked_at += ROWS_AT_ONCE);
    }
}

static int rewrite(struct store_tx *tx, void *more, struct error *err)
{
    return store_rewrite_search(tx, more, err);
}

static int fill(struct store_tx *tx, void *more, struct error *err)
{
    return store_fill_free_pages(tx, more, err);
}

static int drop(struct store_tx *tx, void *more, struct error *err)
{
    return store_drop_filler(tx, more, err);
}

/* What was written before is in the index and in free pages still. */
static int overwrite(struct work *work, struct error *err)
{
    static const struct {
        int (*step)(struct store_tx *, void *, struct error *);
        const char *doing;
    } steps[] = {
        {rewrite, "parts of the search index rewritten"},
        {fill,    "parts of the free pages overwritten"},
        {drop,    "parts of the free pages freed again"},
    };
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        bool more = true;
        for (int64_t done = 1; more; done++) {
            if (store_apply(work->with->store, steps[i].step, &more, err) < 0)
                return -1;
            tell(work, steps[i].doing, done);
        }
    }
    return 0;
}

/* ---- the receipt that stays ---- */

static int write_audit(struct store_tx *tx, void *data, struct error *err)
{
    const struct work *work = data;
    auto_arena struct arena *arena = arena_create();
    const struct erasure_receipt *receipt = work->receipt;
    char operator_id[AUDIT_OPERATOR_BYTES];
    struct audit_entry entry =
        audit_of_operator(AUDIT_PERSON_ERASE, wall_clock_now_ms(work->with->clock), operator_id);
    entry.subject = person_hint(work->with->who, arena);
    entry.detail =
        arena_printf(arena,
                     "%" PRId64 " calls, %" PRId64 " recordings, %" PRId64 " voicemails; %" PRId64
                     " deletions at Twilio; %" PRId64 " calls left",
                     receipt->calls, receipt->recordings, receipt->voicemails, receipt->at_twilio,
                     receipt->held + receipt->going_on);
    return audit_append(tx, work->with->config, &entry, err);
}

static int erase_all(struct work *work, struct error *err)
{
    for (size_t i = 0; i < work->count; i++) {
        if (erase_one(work, work->calls[i], err) < 0)
            return -1;
        tell(work, "calls erased", (int64_t)i + 1);
    }
    if (walk_tables(work, err) < 0)
        return -1;
    if (work->with->dry_run)
        return 0;
    if (overwrite(work, err) < 0)
        return -1;
    return store_apply(work->with->store, write_audit, work, err);
}

int erase_person(const struct erasure *erasure, struct erasure_receipt *receipt, struct error *err)
{
    struct work work = {.with = erasure, .receipt = receipt};
    *receipt = (struct erasure_receipt){0};
    int failed = find_calls(&work, err);
    if (!failed && !erasure->dry_run && !erasure->leave_some &&
        receipt->held + receipt->going_on > 0)
        failed = error_set(err, ERROR_CONFLICT, "some calls cannot be erased now");
    if (!failed)
        failed = erase_all(&work, err);
    free(work.calls);
    return failed;
}
