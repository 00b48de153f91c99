/* Who has subscribed: the store's rows, and what is known of them besides. */
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/text.h"
#include "core/xmalloc.h"
#include "internal.h"

bool subscriber_is_open(const struct subscriber *subscriber)
{
    return subscriber->listed && subscriber->row.state == SUBSCRIPTION_ENABLED &&
           subscriber->secret != NULL;
}

void subscriber_judge_backlog(struct dispatch *dispatch, struct subscriber *subscriber)
{
    int64_t most = dispatch->config->backlog;
    if (subscriber->row.open_count >= most)
        subscriber->held = true;
    if (!subscriber->held || subscriber->row.open_count > most / 2)
        return;
    subscriber->held = false;
    dispatch->busy = true;
}

static uint64_t kinds_of(const char *events)
{
    uint64_t kinds = 0;
    for (const char *word = events; *word != '\0';) {
        size_t len = strcspn(word, " ");
        (void)news_kinds_add(word, len, &kinds); /* one that this version does not know is none */
        word += len;
        word += strspn(word, " ");
    }
    return kinds;
}

/* The file's secrets are not in the store. */
static void find_secrets(const struct dispatch *dispatch, struct subscriber *subscriber)
{
    const struct subscription_row *row = &subscriber->row;
    const struct subscriptions_file *file = atomic_load(&dispatch->file);
    const struct subscription_entry *entry =
        row->name != NULL ? subscriptions_file_find(file, row->name) : NULL;
    subscriber->secret = entry != NULL ? secret_reveal(&entry->secret) : row->secret;
    subscriber->old_secret = entry != NULL ? secret_reveal(&entry->old_secret) : row->old_secret;
    subscriber->old_secret_until_ms = entry != NULL ? INT64_MAX : row->old_secret_until_ms;
}

/* The row's texts are copied by reading it again into an arena of its own: a list is read into one arena for all. */
static void take_row(const struct dispatch *dispatch,
                     struct subscriber *subscriber,
                     const struct subscription_row *row)
{
    struct arena *arena = arena_create();
    struct subscription_row *mine = &subscriber->row;
    struct error err = {0};
    *mine = *row;
    mine->name = arena_strdup(arena, row->name);
    mine->url = arena_strdup(arena, row->url);
    mine->events = arena_strdup(arena, row->events);
    mine->identity = arena_strdup(arena, row->identity);
    mine->group = arena_strdup(arena, row->group);
    mine->secret = arena_strdup(arena, row->secret);
    mine->old_secret = arena_strdup(arena, row->old_secret);
    mine->account_sid = mine->description = mine->scopes = NULL; /* nobody asks for these here */
    mine->disabled_because = mine->created_by = mine->failure = NULL;
    arena_free(subscriber->arena);
    subscriber->arena = arena;
    subscriber->kinds = kinds_of(row->events);
    subscriber->may = (struct caller){0};
    if (scopes_from_text(row->scopes, &subscriber->may.scopes, &err) < 0)
        subscriber->may.scopes = 0;
    subscriber->listed = row->state != SUBSCRIPTION_DELETED;
    subscriber->look_at_ms = 0;
    find_secrets(dispatch, subscriber);
}

static struct subscriber *find(const struct dispatch *dispatch, int64_t number)
{
    struct subscriber *subscriber = dispatch->subscribers;
    while (subscriber != NULL && subscriber->row.number != number)
        subscriber = subscriber->next;
    return subscriber;
}

static void take(struct dispatch *dispatch, const struct subscription_row *row)
{
    struct subscriber *subscriber = find(dispatch, row->number);
    bool was_open = subscriber != NULL && subscriber_is_open(subscriber);
    if (subscriber == NULL) {
        if (row->state == SUBSCRIPTION_DELETED)
            return;
        subscriber = xcalloc(1, sizeof *subscriber);
        subscriber->next = dispatch->subscribers;
        dispatch->subscribers = subscriber;
        dispatch_write_id(dispatch, DISPATCH_ID_SUBSCRIPTION, row->number, subscriber->id);
    }
    /* One that takes nothing stands where the store says, and goes on from there. */
    if (!was_open || row->cursor > subscriber->cursor)
        subscriber->cursor = row->cursor;
    take_row(dispatch, subscriber, row);
    subscriber_judge_backlog(dispatch, subscriber);
    if (!was_open) { /* it begins anew */
        subscriber->failures = 0;
        subscriber->not_before_ms = 0;
    }
}

void subscribers_count(struct dispatch *dispatch)
{
    unsigned open = 0;
    int64_t closed = 0;
    int64_t deliveries = 0;
    for (const struct subscriber *s = dispatch->subscribers; s != NULL; s = s->next) {
        open += subscriber_is_open(s);
        closed += s->listed && !subscriber_is_open(s);
        deliveries += s->listed ? s->row.open_count : 0;
    }
    atomic_store(&dispatch->subscribed, open);
    metric_set(dispatch->count.enabled, open);
    metric_set(dispatch->count.disabled, closed);
    metric_set(dispatch->count.open, deliveries);
}

struct loading {
    struct arena *arena;
    struct subscription_rows rows;
};

static int read_all(struct store_rx *rx, void *work, struct error *err)
{
    struct loading *loading = work;
    return store_list_subscriptions(rx, loading->arena, &loading->rows, err);
}

int subscribers_load(struct dispatch *dispatch)
{
    auto_arena struct arena *arena = arena_create();
    struct loading loading = {.arena = arena};
    struct error err = {0};
    if (store_run_read(dispatch->with.store, read_all, &loading, &err) < 0) {
        log_warning("dispatch.unreadable", LOG_TEXT("error", err.message));
        return -1;
    }
    for (struct subscriber *s = dispatch->subscribers; s != NULL; s = s->next)
        s->listed = false;
    for (size_t i = 0; i < loading.rows.count; i++)
        take(dispatch, &loading.rows.items[i]);
    subscribers_count(dispatch);
    return 0;
}

void subscribers_drop(struct dispatch *dispatch)
{
    struct subscriber **link = &dispatch->subscribers;
    while (*link != NULL) {
        struct subscriber *subscriber = *link;
        if (subscriber->listed || subscriber->in_flight > 0) {
            link = &subscriber->next;
            continue;
        }
        *link = subscriber->next;
        arena_free(subscriber->arena);
        free(subscriber);
    }
}

void subscribers_free(struct dispatch *dispatch)
{
    for (struct subscriber *s = dispatch->subscribers; s != NULL; s = s->next) {
        s->listed = false;
        s->in_flight = 0;
    }
    subscribers_drop(dispatch);
}
