#include "feed_page.h"

#include "app/told_call.h"
#include "core/log.h"

static bool takes_part(const struct page *page, const struct listener *listener)
{
    return listener->live == page->live && !listener->stuck &&
           !atomic_load_explicit(&listener->closed, memory_order_relaxed);
}

static bool is_wanted(const struct page *page, size_t index)
{
    const struct feed *feed = page->feed;
    const struct news_row *row = &page->rows.items[index];
    for (size_t i = 0; i < feed->count; i++)
        if (takes_part(page, feed->list[i]) &&
            feed->list[i]->place < feed_place_after(row->sequence) &&
            listener_sees(feed->list[i], row, &page->interests[index]))
            return true;
    return false;
}

static const struct told_call *known_call(const struct page *page, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (page->calls[i] != NULL &&
            page->rows.items[i].call_number == page->rows.items[index].call_number)
            return page->calls[i];
    return NULL;
}

static int read_call(struct store_rx *rx, struct page *page, size_t index, struct error *err)
{
    int64_t number = page->rows.items[index].call_number;
    page->calls[index] = known_call(page, index);
    if (page->calls[index] != NULL)
        return 0;
    struct told_call *told = arena_alloc(page->arena, sizeof(*told));
    if (told_call_read(rx, number, page->arena, told, err) < 0)
        return -1;
    page->calls[index] = told;
    return 0;
}

/* What the entry is about: entries of voicemails and lines have one piece. */
static int read_subject(struct store_rx *rx, struct page *page, size_t index, struct error *err)
{
    const char *rest = page->rows.items[index].news;
    struct news_piece piece;
    if (!news_next(&rest, &piece) || piece.leg_sid == NULL)
        return 0;
    const char *subject = arena_copy(page->arena, piece.leg_sid, piece.leg_sid_len);
    return told_subject_read(rx, piece.kind, subject, page->arena, &page->subjects[index], err);
}

/* A reader's thread; the feed's waits for it, so the list stands still. */
static int read_page(struct store_rx *rx, void *work, struct error *err)
{
    struct page *page = work;
    if (store_list_news(rx, page->after, FEED_PAGE_ROWS, page->arena, &page->rows, err) < 0)
        return -1;
    for (size_t i = 0; i < page->rows.count; i++) {
        const struct news_row *row = &page->rows.items[i];
        if (page->before != 0 && row->sequence > page->before) {
            page->rows.count = i;
            return 0;
        }
        if (row->news == NULL || row->call_number == 0)
            continue;
        page->interests[i] = interest_of(row->owner, row->identity, row->group);
        if (!is_wanted(page, i))
            continue;
        if (read_call(rx, page, i, err) < 0 || read_subject(rx, page, i, err) < 0)
            return -1;
    }
    return 0;
}

static struct stream_text *render(const struct page *page,
                                  size_t index,
                                  const struct news_piece *piece,
                                  int64_t at,
                                  bool with_recordings)
{
    struct feed *feed = page->feed;
    const struct told_call *told = page->calls[index];
    char id[FEED_ID_BYTES];
    feed_write_id(feed, at, id);
    const struct feed_event event = {
        .id = id,
        .kind = piece->kind,
        .at_ms = page->rows.items[index].at_ms,
        .call = &told->call,
        .legs = &told->legs,
        .recordings = with_recordings ? &told->recordings : NULL,
        .leg_sid = piece->leg_sid == NULL
                       ? NULL
                       : arena_copy(page->arena, piece->leg_sid, piece->leg_sid_len),
        .subject = &page->subjects[index],
    };
    struct stream_text *text = NULL;
    metric_add(feed->rendered, 1);
    feed->with.render(&event, &text);
    return text;
}

static void
hand_to(const struct page *page, struct listener *listener, struct stream_text *text, int64_t at)
{
    switch (stream_send(listener->stream, text)) {
    case STREAM_TAKEN:
        listener->place = at;
        metric_add(page->feed->sent, 1);
        break;
    case STREAM_FULL:
        /* More came at once than waits: it is told the rest in pages, at its own pace. */
        if (page->live)
            listener->behind_since_ms = monotonic_ms();
        listener->live = false;
        listener->stuck = true;
        break;
    case STREAM_OVER:
        break; /* it is closed, or about to be */
    }
}

static bool wants(const struct page *page,
                  size_t index,
                  enum news_kind kind,
                  int64_t at,
                  const struct listener *listener)
{
    return told_call_may_hear(&listener->caller, kind) && takes_part(page, listener) &&
           listener->place < at && (listener->kinds & news_kind_bit(kind)) != 0 &&
           listener_sees(listener, &page->rows.items[index], &page->interests[index]);
}

/* One event to everybody; rendered for the first who wants it, without and with the call's recordings. */
static void
tell_piece(const struct page *page, size_t index, const struct news_piece *piece, int64_t at)
{
    const struct feed *feed = page->feed;
    struct stream_text *texts[2] = {NULL, NULL};
    for (size_t i = 0; i < feed->count; i++) {
        struct listener *listener = feed->list[i];
        if (!wants(page, index, piece->kind, at, listener))
            continue;
        bool recordings = caller_may_know_recordings(&listener->caller);
        if (texts[recordings] == NULL)
            texts[recordings] = render(page, index, piece, at, recordings);
        hand_to(page, listener, texts[recordings], at);
    }
    stream_text_unref(texts[0]);
    stream_text_unref(texts[1]);
}

static void tell_row(const struct page *page, size_t index)
{
    const struct news_row *row = &page->rows.items[index];
    const char *rest = row->news;
    struct news_piece piece;
    for (int64_t i = 0; i < FEED_PIECES && news_next(&rest, &piece); i++)
        tell_piece(page, index, &piece, row->sequence * FEED_PIECES + i);
    if (page->live)
        histogram_observe(page->feed->lag,
                          (double)(wall_clock_now_ms(page->feed->with.clock) - row->at_ms) / 1e3);
}

void page_move_on(const struct page *page, int64_t upto)
{
    struct feed *feed = page->feed;
    for (size_t i = 0; i < feed->count; i++) {
        struct listener *listener = feed->list[i];
        if (takes_part(page, listener) && listener->place < feed_place_after(upto))
            listener->place = feed_place_after(upto);
    }
}

int page_tell(struct page *page)
{
    struct error err = {0};
    auto_arena struct arena *arena = arena_create();
    page->arena = arena;
    if (store_run_read(page->feed->with.store, read_page, page, &err) < 0) {
        if (!page->feed->unreadable)
            log_warning("feed.unreadable", LOG_TEXT("error", err.message));
        page->feed->unreadable = true;
        return -1;
    }
    page->feed->unreadable = false;
    for (size_t i = 0; i < page->rows.count; i++)
        if (page->calls[i] != NULL)
            tell_row(page, i);
    if (page->rows.count > 0) {
        page->last = page->rows.items[page->rows.count - 1].sequence;
        page_move_on(page, page->last);
    }
    return (int)page->rows.count;
}
