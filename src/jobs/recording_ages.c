/*
 * Two steps. The walk goes over all recordings, the newest first, again and again, because rules may change: what it reads costs
 * the writer nothing, and only rows that have to change are written. Deleting follows an index, so it finds what is due at once.
 */
#include "jobs/recording_ages.h"

#include "core/log.h"
#include "core/text.h"
#include "internal.h"
#include "jobs/recordings.h"
#include "voice/retention.h"

enum { PAGE_ROWS = 200, PAGES = 10, DELETED_AT_ONCE = 100, LATER_MS = 24 * 60 * 60 * 1000 };

struct walk {
    const struct recording_ages *retention;
    int64_t now_ms;
    int64_t before_number;
    struct arena *arena;
    struct recording_rows page;
    int64_t changed;
    int64_t released;
    int64_t expired;
};

/* ---- what has to change ---- */

static int64_t expires_at(const struct walk *walk, const struct recording_row *row)
{
    return retention_expires_at(walk->retention->rules, row->direction, row->tag,
                                row->created_at_ms);
}

static bool is_to_be_released(const struct walk *walk, const struct recording_row *row)
{
    return walk->retention->release && row->media == RECORDING_MEDIA_STORED && !row->hold &&
           row->remote_deleted_at_ms == 0 &&
           row->media_stored_at_ms <= walk->now_ms - walk->retention->release_after_ms;
}

static bool has_to_change(const struct walk *walk, const struct recording_row *row)
{
    return row->deleted_at_ms == 0 &&
           (row->expires_at_ms != expires_at(walk, row) || is_to_be_released(walk, row));
}

static int read_page(struct store_rx *rx, void *work, struct error *err)
{
    struct walk *walk = work;
    const struct recording_filter filter = {.before_number = walk->before_number,
                                            .limit = PAGE_ROWS};
    return store_list_recordings(rx, &filter, walk->arena, &walk->page, err);
}

/* By the row as it is now: the page was read a moment ago. */
static int change(struct store_tx *tx, struct walk *walk, const char *id, struct error *err)
{
    struct recording_row row;
    if (store_get_recording_by_id(store_tx_reader(tx), id, walk->arena, &row, err) < 0)
        return -1;
    if (!has_to_change(walk, &row))
        return 0;
    if (is_to_be_released(walk, &row)) {
        walk->released++;
        if (recording_enqueue_release(tx, &row, walk->now_ms, err) < 0)
            return -1;
    }
    if (row.expires_at_ms == expires_at(walk, &row))
        return 0;
    walk->changed++;
    row.expires_at_ms = expires_at(walk, &row);
    return store_put_recording(tx, &row, err);
}

static int change_page(struct store_tx *tx, void *work, struct error *err)
{
    struct walk *walk = work;
    walk->changed = 0;
    walk->released = 0;
    for (size_t i = 0; i < walk->page.count; i++)
        if (has_to_change(walk, &walk->page.items[i]) &&
            change(tx, walk, walk->page.items[i].id, err) < 0)
            return -1;
    return 0;
}

static bool page_has_to_change(const struct walk *walk)
{
    for (size_t i = 0; i < walk->page.count; i++)
        if (has_to_change(walk, &walk->page.items[i]))
            return true;
    return false;
}

/* ---- whose time is over ---- */

static int append_audit(struct store_tx *tx,
                        const struct walk *walk,
                        const struct recording_row *row,
                        struct error *err)
{
    struct audit_row audit = {
        .account_sid = row->account_sid,
        .at_ms = walk->now_ms,
        .action = "recording.expire",
        .allowed = true,
        .actor_kind = "server",
        .call_number = row->call_number,
        .call_id = row->call_id,
        .subject = row->id,
        .detail = arena_printf(walk->arena, "%s: %s%s", row->sid,
                               row->tag != NULL ? "tag " : "by direction or default",
                               row->tag != NULL ? row->tag : ""),
        .times = 1,
    };
    return store_append_audit(tx, &audit, err);
}

/* What cannot go yet (it is still being recorded) must not stand in the way of the others. */
static int
expire(struct store_tx *tx, struct walk *walk, struct recording_row *row, struct error *err)
{
    if (recording_delete(tx, row, walk->now_ms, err) == 0) {
        walk->expired++;
        return append_audit(tx, walk, row, err);
    }
    if (err->kind != ERROR_CONFLICT)
        return -1;
    error_clear(err);
    row->expires_at_ms = walk->now_ms + LATER_MS;
    return store_put_recording(tx, row, err);
}

static int delete_expired(struct store_tx *tx, void *work, struct error *err)
{
    struct walk *walk = work;
    struct recording_rows due;
    walk->expired = 0;
    if (store_list_expired_recordings(store_tx_reader(tx), walk->now_ms, DELETED_AT_ONCE,
                                      walk->arena, &due, err) < 0)
        return -1;
    for (size_t i = 0; i < due.count; i++)
        if (expire(tx, walk, &due.items[i], err) < 0)
            return -1;
    return 0;
}

/* ---- a look ---- */

static int look_at_page(struct store *store, struct walk *walk, struct error *err)
{
    if (store_run_read(store, read_page, walk, err) < 0)
        return -1;
    if (page_has_to_change(walk) && store_apply(store, change_page, walk, err) < 0)
        return -1;
    walk->before_number = walk->page.more ? walk->page.next_before : 0;
    return 0;
}

static int look(struct runner *runner, struct walk *walk, struct error *err)
{
    struct store *store = runner_with(runner)->store;
    int64_t released = 0;
    for (int i = 0; i < PAGES; i++) {
        if (look_at_page(store, walk, err) < 0)
            return -1;
        released += walk->released;
        if (walk->before_number == 0)
            break;
    }
    if (store_apply(store, delete_expired, walk, err) < 0)
        return -1;
    if (released + walk->expired > 0)
        runner_wake(runner, JOB_LANE_CLEARING);
    if (walk->expired > 0)
        log_info("recordings.expired", LOG_TEXT("job", "-"), LOG_INT("recordings", walk->expired));
    return 0;
}

void runner_age_recordings(struct runner *runner,
                           const struct recording_ages *retention,
                           int64_t *before_number)
{
    auto_arena struct arena *arena = arena_create();
    struct error err = {0};
    struct walk walk = {
        .retention = retention,
        .now_ms = wall_clock_now_ms(runner_with(runner)->clock),
        .before_number = *before_number,
        .arena = arena,
    };
    if (look(runner, &walk, &err) < 0)
        log_warning("recordings.unswept", LOG_TEXT("job", "-"), LOG_PHONE("error", err.message));
    metric_add(metrics_counter(runner_with(runner)->metrics, "switchhook_recordings_expired_total",
                               "", "Recordings deleted because their time was over."),
               walk.expired);
    *before_number = walk.before_number;
}
