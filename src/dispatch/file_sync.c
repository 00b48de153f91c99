/*
 * The subscriptions of the file become rows: new ones are told what happens from now on, changed ones are changed, those
 * that are not in the file any more are deleted. Secrets stay where they are; the store never sees them.
 */
#include "app/audit.h"
#include "core/log.h"
#include "core/text.h"
#include "internal.h"

struct sync {
    struct dispatch *dispatch;
    const struct subscriptions_file *file;
    int64_t now_ms;
    struct arena *arena;
    struct subscription_rows rows;
};

static int write_audit(const struct sync *sync,
                       struct store_tx *tx,
                       enum audit_action action,
                       const struct subscription_row *row,
                       const char *name,
                       struct error *err)
{
    char id[DISPATCH_ID_BYTES];
    char operator_id[AUDIT_OPERATOR_BYTES];
    struct audit_entry entry = audit_of_operator(action, sync->now_ms, operator_id);
    dispatch_write_id(sync->dispatch, DISPATCH_ID_SUBSCRIPTION, row->number, id);
    entry.subject = id;
    entry.detail = arena_printf(sync->arena, SUBSCRIPTIONS_FILE_NAME ": %s", name);
    return audit_append(tx, sync->dispatch->with.config, &entry, err);
}

static const struct subscription_row *find_row(const struct sync *sync, const char *name)
{
    for (size_t i = 0; i < sync->rows.count; i++)
        if (text_equal(sync->rows.items[i].name, name))
            return &sync->rows.items[i];
    return NULL;
}

/* What the file says, over what was there. */
static struct subscription_row row_of(const struct sync *sync,
                                      const struct subscription_entry *entry,
                                      const struct subscription_row *before)
{
    struct subscription_row row = before != NULL ? *before : (struct subscription_row){0};
    row.account_sid = sync->dispatch->with.config->twilio.account_sid;
    row.name = entry->name;
    row.url = entry->url;
    row.events = entry->events;
    row.identity = entry->identity;
    row.group = entry->group;
    row.description = entry->description;
    row.scopes = "all";
    row.updated_at_ms = sync->now_ms;
    return row;
}

static bool is_same(const struct subscription_row *a, const struct subscription_row *b)
{
    return text_equal(a->url, b->url) && text_equal(a->events, b->events) &&
           text_equal(a->identity, b->identity) && text_equal(a->group, b->group) &&
           text_equal(a->description, b->description) && text_equal(a->scopes, b->scopes);
}

static int put_entry(struct sync *sync,
                     struct store_tx *tx,
                     const struct subscription_entry *entry,
                     struct error *err)
{
    const struct subscription_row *before = find_row(sync, entry->name);
    struct subscription_row row = row_of(sync, entry, before);
    if (before != NULL && is_same(before, &row))
        return 0;
    if (before != NULL)
        return store_update_subscription(tx, &row, err) < 0
                   ? -1
                   : write_audit(sync, tx, AUDIT_SUBSCRIPTION_UPDATE, &row, entry->name, err);
    row.created_at_ms = sync->now_ms;
    if (store_newest_sequence(store_tx_reader(tx), &row.cursor, err) < 0 ||
        store_insert_subscription(tx, &row, err) < 0)
        return -1;
    return write_audit(sync, tx, AUDIT_SUBSCRIPTION_CREATE, &row, entry->name, err);
}

static int delete_row(struct sync *sync,
                      struct store_tx *tx,
                      const struct subscription_row *before,
                      struct error *err)
{
    struct subscription_row row = *before;
    row.name = NULL; /* another one may have it */
    row.state = SUBSCRIPTION_DELETED;
    row.updated_at_ms = sync->now_ms;
    if (store_update_subscription(tx, &row, err) < 0)
        return -1;
    return write_audit(sync, tx, AUDIT_SUBSCRIPTION_DELETE, &row, before->name, err);
}

static int apply(struct store_tx *tx, void *work, struct error *err)
{
    struct sync *sync = work;
    if (store_list_subscriptions(store_tx_reader(tx), sync->arena, &sync->rows, err) < 0)
        return -1;
    for (size_t i = 0; i < sync->rows.count; i++) {
        const struct subscription_row *row = &sync->rows.items[i];
        if (row->name != NULL && subscriptions_file_find(sync->file, row->name) == NULL &&
            delete_row(sync, tx, row, err) < 0)
            return -1;
    }
    for (size_t i = 0; i < sync->file->count; i++)
        if (put_entry(sync, tx, &sync->file->items[i], err) < 0)
            return -1;
    return 0;
}

int dispatch_use_file(struct dispatch *dispatch,
                      const struct subscriptions_file *file,
                      struct error *err)
{
    auto_arena struct arena *arena = arena_create();
    struct sync sync = {
        .dispatch = dispatch,
        .file = file,
        .now_ms = wall_clock_now_ms(dispatch->with.clock),
        .arena = arena,
    };
    if (store_apply(dispatch->with.store, apply, &sync, err) < 0)
        return -1;
    atomic_store(&dispatch->file, file);
    dispatch_look_again(dispatch);
    return 0;
}
