/*
 * Out of the timeline: which entries are whose. Those who have been told everything so far stand together in front; who
 * comes from behind (it was disabled, or its backlog was full) catches up page by page, and holds up nobody.
 */
#include <string.h>

#include "app/told_call.h"
#include "core/text.h"
#include "core/xmalloc.h"
#include "internal.h"

struct page {
    struct dispatch *dispatch;
    struct arena *arena;
    int64_t after;
    struct news_rows rows;
};

static int read_page(struct store_rx *rx, void *work, struct error *err)
{
    struct page *page = work;
    return store_list_news(rx, page->after, PAGE_ROWS, page->arena, &page->rows, err);
}

static bool
wants(const struct subscriber *subscriber, const struct news_row *row, enum news_kind kind)
{
    const struct subscription_row *wish = &subscriber->row;
    return (subscriber->kinds & news_kind_bit(kind)) != 0 &&
           told_call_may_hear(&subscriber->may, kind) &&
           (wish->identity == NULL || text_equal(wish->identity, row->identity)) &&
           (wish->group == NULL || text_equal(wish->group, row->group));
}

static void add(struct made_list *made,
                struct subscriber *subscriber,
                const struct news_row *row,
                const struct news_piece *piece)
{
    if (made->count == made->cap) {
        made->cap = made->cap == 0 ? 64 : 2 * made->cap;
        made->items = xrealloc(made->items, made->cap * sizeof *made->items);
    }
    made->items[made->count++] = (struct made){
        .subscriber = subscriber,
        .sequence = row->sequence,
        .row =
            {
                  .subscription = subscriber->row.number,
                  .kind = news_kind_text(piece->kind),
                  .call_number = row->call_number,
                  .subject = piece->leg_sid == NULL
                               ? NULL
                               : arena_copy(made->arena, piece->leg_sid, piece->leg_sid_len),
                  .happened_at_ms = row->at_ms,
                  },
    };
}

/* All of an entry's news, or none of it if the backlog has no room for another one. */
static bool take_row(const struct dispatch *dispatch,
                     struct subscriber *subscriber,
                     const struct news_row *row,
                     struct made_list *made)
{
    struct news_piece piece;
    const char *rest = row->news == NULL || row->call_number == 0 ? "" : row->news;
    while (news_next(&rest, &piece)) {
        if (!wants(subscriber, row, piece.kind))
            continue;
        if (subscriber->row.open_count >= (int64_t)dispatch->config->backlog) {
            subscriber->held = true;
            return false;
        }
        add(made, subscriber, row, &piece);
        while (news_next(&rest, &piece))
            if (wants(subscriber, row, piece.kind))
                add(made, subscriber, row, &piece);
    }
    return true;
}

static void
take_page(const struct page *page, struct subscriber *subscriber, struct made_list *made)
{
    for (size_t i = 0; i < page->rows.count; i++) {
        const struct news_row *row = &page->rows.items[i];
        size_t before = made->count;
        if (row->sequence <= subscriber->cursor)
            continue;
        if (!take_row(page->dispatch, subscriber, row, made))
            return;
        subscriber->row.open_count += (int64_t)(made->count - before);
        subscriber->cursor = row->sequence;
    }
}

static bool is_eligible(const struct subscriber *subscriber)
{
    return subscriber_is_open(subscriber) && !subscriber->held;
}

/* One page for those whose cursor is within [from, to]. */
static int read_for(
    struct dispatch *dispatch, int64_t from, int64_t to, struct made_list *made, struct error *err)
{
    struct page page = {.dispatch = dispatch, .arena = made->arena, .after = from};
    if (store_run_read(dispatch->with.store, read_page, &page, err) < 0)
        return -1;
    dispatch->busy |= page.rows.count == PAGE_ROWS;
    for (struct subscriber *s = dispatch->subscribers; s != NULL; s = s->next)
        if (is_eligible(s) && s->cursor >= from && s->cursor <= to)
            take_page(&page, s, made);
    return 0;
}

int pump_read(struct dispatch *dispatch, struct error *err)
{
    struct made_list *made = &dispatch->made;
    int64_t front = -1;
    int64_t last = INT64_MAX;
    for (const struct subscriber *s = dispatch->subscribers; s != NULL; s = s->next) {
        if (!is_eligible(s))
            continue;
        front = s->cursor > front ? s->cursor : front;
        last = s->cursor < last ? s->cursor : last;
    }
    if (front < 0)
        return 0;
    if (last < front && read_for(dispatch, last, front - 1, made, err) < 0)
        return -1;
    dispatch->busy |= last < front;
    return read_for(dispatch, front, front, made, err);
}
