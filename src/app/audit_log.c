/*
 * Audit rows that are written behind the answer. What is new waits in a list; one unit of work at a time takes all that
 * waits, so however fast it comes, the writer sees few units and each request only takes a lock.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "app/audit.h"
#include "app/client_address.h"
#include "audit_repeats.h"
#include "core/hash.h"
#include "core/lock.h"
#include "core/log.h"
#include "core/random.h"
#include "core/xmalloc.h"

enum {
    STRANGER_SETS = 16, /* of eight: 128 strangers at a time; the others share one row */
    CALLER_SETS = 512,  /* of eight; who finds no place is written each time */
    WAITING_MAX = 4096, /* rows */
    COMPLAIN_EVERY_MS = 5000,
};

/* A row with its texts, in one piece of memory. */
struct item {
    struct item *next;
    struct audit_row row;
    char texts[];
};

struct audit_log {
    struct store *store;
    struct metric *rows;
    struct metric *lost;
    uint64_t seed;

    pthread_mutex_t lock; /* of all below */
    pthread_cond_t idle;  /* nothing is under way */
    struct repeats strangers;
    struct repeats callers;
    struct repeat crowd; /* of strangers without a place; its item is the latest one */
    struct item *first;  /* what waits */
    struct item **last;
    size_t waiting;
    struct item *batch; /* what the unit under way writes; its own until it is done */
    struct store_unit unit;
    int64_t complained_ms;
    int64_t lost_since; /* rows, since the last complaint */
};

/* ---- items --------------------------------------------------------------------------------------------------- */

static const size_t texts[] = {
    offsetof(struct audit_row, account_sid), offsetof(struct audit_row, action),
    offsetof(struct audit_row, actor_kind),  offsetof(struct audit_row, actor),
    offsetof(struct audit_row, actor_name),  offsetof(struct audit_row, identity),
    offsetof(struct audit_row, address),     offsetof(struct audit_row, request_id),
    offsetof(struct audit_row, call_id),     offsetof(struct audit_row, subject),
    offsetof(struct audit_row, number),      offsetof(struct audit_row, reason),
    offsetof(struct audit_row, detail),
};

static const char **text_of(struct audit_row *row, size_t i)
{
    return (const char **)(void *)((char *)row + texts[i]);
}

static struct item *item_create(struct audit_row row)
{
    size_t bytes = 0;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        bytes += *text_of(&row, i) != NULL ? strlen(*text_of(&row, i)) + 1 : 0;
    struct item *item = xcalloc(1, sizeof *item + bytes);
    char *place = item->texts;
    item->row = row;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        const char **text = text_of(&item->row, i);
        if (*text == NULL)
            continue;
        size_t len = strlen(*text) + 1;
        memcpy(place, *text, len);
        *text = place;
        place += len;
    }
    return item;
}

static void drop_all(struct item *list)
{
    while (list != NULL) {
        struct item *next = list->next;
        free(list);
        list = next;
    }
}

static size_t count_all(const struct item *list)
{
    size_t count = 0;
    for (; list != NULL; list = list->next)
        count++;
    return count;
}

/* ---- writing ------------------------------------------------------------------------------------------------- */

static void lose(struct audit_log *log, size_t rows, int64_t now_ms, const char *why)
{
    metric_add(log->lost, (int64_t)rows);
    log->lost_since += (int64_t)rows;
    if (now_ms - log->complained_ms < COMPLAIN_EVERY_MS)
        return;
    log_error("audit.lost", LOG_TEXT("job", "-"), LOG_INT("rows", log->lost_since),
              LOG_PHONE("error", why));
    log->complained_ms = now_ms;
    log->lost_since = 0;
}

static int write_batch(struct store_tx *tx, void *work, struct error *err)
{
    const struct audit_log *log = work;
    for (struct item *item = log->batch; item != NULL; item = item->next)
        if (store_append_audit(tx, &item->row, err) < 0)
            return -1;
    return 0;
}

/* With the lock held: if nothing is under way, let the writer have all that waits. */
static void submit(struct audit_log *log)
{
    if (log->batch != NULL || log->first == NULL)
        return;
    struct error err = {0};
    log->batch = log->first;
    log->first = NULL;
    log->last = &log->first;
    log->waiting = 0;
    if (store_submit(log->store, &log->unit, &err) == 0)
        return;
    lose(log, count_all(log->batch), log->batch->row.at_ms, err.message);
    drop_all(log->batch);
    log->batch = NULL;
}

static void written(void *work, const struct error *err)
{
    struct audit_log *log = work;
    auto_unlock pthread_mutex_t *held = lock(&log->lock);
    size_t count = count_all(log->batch);
    if (err->kind != ERROR_NONE)
        lose(log, count, log->batch->row.at_ms, err->message);
    else
        metric_add(log->rows, (int64_t)count);
    drop_all(log->batch);
    log->batch = NULL;
    submit(log);
    if (log->batch == NULL)
        pthread_cond_broadcast(&log->idle);
}

/* With the lock held; the one who holds it submits. */
static void enqueue(struct audit_log *log, struct audit_row row)
{
    if (log->waiting >= WAITING_MAX) {
        lose(log, 1, row.at_ms, "too many rows wait for the store");
        return;
    }
    struct item *item = item_create(row);
    *log->last = item;
    log->last = &item->next;
    log->waiting++;
}

/* ---- repeats ------------------------------------------------------------------------------------------------- */

/* The number in full: the last four digits of many are the same. */
static uint64_t key_of(const struct audit_log *log,
                       const struct audit_entry *entry,
                       const struct audit_row *row,
                       bool stranger)
{
    char group[CLIENT_GROUP_BYTES];
    client_group(row->address, group);
    uint64_t hash = hash_text(log->seed, row->action);
    hash = hash_text(hash, row->allowed ? "1" : "0");
    hash = hash_text(hash, row->actor_kind);
    hash = hash_text(hash, row->actor);
    hash = hash_text(hash, row->identity);
    hash = hash_text(hash, stranger ? group : row->address);
    hash = hash_text(hash, row->call_id);
    hash = hash_text(hash, row->subject);
    hash = hash_text(hash, entry->number);
    return hash_finish(hash_text(hash, row->reason));
}

/* Strangers without a place of their own: one row for the first of them, one for the others. */
static void note_crowd(struct audit_log *log, struct audit_row row, int64_t repeat_ms)
{
    row.address = NULL;
    row.detail = "from more addresses than are told apart";
    if (log->crowd.key != 0) {
        log->crowd.count++;
        log->crowd.last_ms = row.at_ms;
        return;
    }
    log->crowd = (struct repeat){.key = 1,
                                 .until_ms = row.at_ms + repeat_ms,
                                 .last_ms = row.at_ms,
                                 .item = item_create(row)};
    enqueue(log, row);
}

static void note(struct audit_log *log,
                 const struct audit_entry *entry,
                 struct audit_row row,
                 int64_t repeat_ms)
{
    bool stranger = entry->caller == NULL;
    void **item = NULL;
    switch (repeats_note(stranger ? &log->strangers : &log->callers,
                         key_of(log, entry, &row, stranger), row.at_ms, repeat_ms, &item)) {
    case REPEATS_FIRST:
        *item = item_create(row);
        enqueue(log, row);
        break;
    case REPEATS_COUNTED:
        break;
    case REPEATS_FULL:
        if (stranger)
            note_crowd(log, row, repeat_ms);
        else
            enqueue(log, row);
        break;
    }
}

void audit_later(struct audit_log *log,
                 const struct config *config,
                 const struct audit_entry *entry)
{
    auto_arena struct arena *arena = arena_create();
    struct audit_row row = audit_row_of(config, entry, arena);
    auto_unlock pthread_mutex_t *held = lock(&log->lock);
    if (entry->operator_id != NULL)
        enqueue(log, row);
    else
        note(log, entry, row, config->audit.repeat_ms);
    submit(log);
}

/* The repeats of a row whose time is over; the first one is written already. */
static void settle(struct audit_log *log, const struct repeat *repeat)
{
    struct item *item = repeat->item;
    item->row.times = repeat->count;
    item->row.at_ms = repeat->last_ms;
    if (repeat->count > 0)
        enqueue(log, item->row);
    free(item);
}

void audit_log_tick(struct audit_log *log, int64_t now_ms)
{
    struct repeat over;
    auto_unlock pthread_mutex_t *held = lock(&log->lock);
    for (size_t place = 0; repeats_take(&log->strangers, now_ms, &place, &over);)
        settle(log, &over);
    for (size_t place = 0; repeats_take(&log->callers, now_ms, &place, &over);)
        settle(log, &over);
    if (log->crowd.key != 0 && log->crowd.until_ms <= now_ms) {
        settle(log, &log->crowd);
        log->crowd = (struct repeat){0};
    }
    submit(log);
}

void audit_log_flush(struct audit_log *log)
{
    audit_log_tick(log, INT64_MAX);
    auto_unlock pthread_mutex_t *held = lock(&log->lock);
    while (log->batch != NULL)
        pthread_cond_wait(&log->idle, &log->lock);
}

/* ---- life ---------------------------------------------------------------------------------------------------- */

struct audit_log *audit_log_create(struct store *store, struct metrics *metrics)
{
    struct audit_log *log = xcalloc(1, sizeof *log);
    log->store = store;
    log->rows = metrics_counter(metrics, "switchhook_audit_rows_total", "",
                                "Audit rows written behind the answer.");
    log->lost = metrics_counter(metrics, "switchhook_audit_lost_total", "",
                                "Audit rows that did not fit or were not stored.");
    log->seed = random_u64();
    log->last = &log->first;
    log->unit = (struct store_unit){.apply = write_batch, .done = written, .work = log};
    pthread_mutex_init(&log->lock, NULL);
    pthread_cond_init(&log->idle, NULL);
    repeats_init(&log->strangers, STRANGER_SETS);
    repeats_init(&log->callers, CALLER_SETS);
    return log;
}

void audit_log_free(struct audit_log *log)
{
    if (log == NULL)
        return;
    repeats_release(&log->strangers, free);
    repeats_release(&log->callers, free);
    free(log->crowd.item);
    drop_all(log->first);
    pthread_cond_destroy(&log->idle);
    pthread_mutex_destroy(&log->lock);
    free(log);
}
