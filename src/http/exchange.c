/*
 * An exchange's life: made, referred to, gone. And the small facts that handlers ask of a request.
 */
#include "exchange.h"

#include <string.h>

#include "core/text.h"
#include "core/wall_clock.h"

struct exchange *exchange_create(struct arena *arena, const char *target, const char *peer)
{
    struct exchange *exchange = arena_alloc(arena, sizeof *exchange);
    atomic_init(&exchange->refs, 1U);
    atomic_init(&exchange->asleep, 0U);
    exchange->started_us = monotonic_us();
    exchange->method_name = "-";
    exchange->response.status = 200;
    const char *peer_text = arena_strdup(arena, peer);
    exchange->request = (struct request){
        .arena = arena,
        .id = exchange->id,
        .target = arena_strdup(arena, target),
        .path = "",
        .peer = peer_text,
        .client = peer_text,
        .media_type = "",
        .body = "",
        .exchange = exchange,
    };
    return exchange;
}

struct request *request_ref(struct request *request)
{
    unsigned before = atomic_fetch_add_explicit(&request->exchange->refs, 1, memory_order_relaxed);
    ASSERT(before > 0);
    return request;
}

static void free_kept(struct exchange *exchange)
{
    for (struct kept_arena *kept = exchange->kept; kept != NULL; kept = kept->next)
        arena_free(kept->arena);
    exchange->kept = NULL;
}

void exchange_drop_kept(struct exchange *exchange)
{
    if (exchange->kept != NULL && atomic_load(&exchange->refs) == 1)
        free_kept(exchange);
}

struct arena *exchange_end(struct exchange *exchange)
{
    unsigned before = atomic_fetch_sub_explicit(&exchange->refs, 1, memory_order_acq_rel);
    ASSERT(before > 0);
    if (before > 1)
        return NULL;
    free_kept(exchange);
    return exchange->request.arena;
}

void request_unref(struct request *request)
{
    arena_free(exchange_end(request->exchange));
}

void request_keep_arena(struct request *request, struct arena *arena)
{
    struct kept_arena *kept = arena_alloc(request->arena, sizeof *kept);
    *kept = (struct kept_arena){.arena = arena, .next = request->exchange->kept};
    request->exchange->kept = kept;
}

void request_at_end(struct request *request, void (*end)(void *context), void *context)
{
    request->exchange->at_end = end;
    request->exchange->at_end_context = context;
}

void request_note(struct request *request, const char *key, const char *value)
{
    struct exchange *exchange = request->exchange;
    if (exchange == NULL || exchange->note_count == EXCHANGE_NOTES_MAX)
        return;
    const char *name = arena_strdup(request->arena, key);
    const char *text = arena_strdup(request->arena, value);
    exchange->notes[exchange->note_count++] =
        text_equal(key, "user") ? LOG_PHONE(name, text) : LOG_TEXT(name, text);
}

const char *request_header(const struct request *request, const char *name)
{
    for (size_t i = 0; i < request->headers.count; i++)
        if (text_equal_nocase(request->headers.items[i].name, name))
            return request->headers.items[i].value;
    return NULL;
}

bool request_has_tag(const struct request *request, const char *tag)
{
    const char *known = request_header(request, "If-None-Match");
    return known != NULL && (text_equal(known, "*") || strstr(known, tag) != NULL);
}

size_t request_header_count(const struct request *request, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < request->headers.count; i++)
        count += text_equal_nocase(request->headers.items[i].name, name);
    return count;
}

const char *request_param(const struct request *request, const char *name)
{
    const char *value = fields_get(&request->params, name);
    ASSERT(value != NULL);
    return value;
}
