#include "app/tickets.h"

#include <pthread.h>
#include <string.h>

#include "core/limits.h"
#include "core/lock.h"
#include "core/random.h"
#include "core/text.h"
#include "core/xmalloc.h"
#include "crypto/base64.h"
#include "crypto/compare.h"
#include "crypto/digest.h"

enum { SECRET_BYTES = 32, TICKET_CHARS = 43, BUCKETS = 1024 };

struct entry {
    struct entry *next; /* of the same bucket */
    struct entry *newer;
    unsigned char sha256[SHA256_BYTES];
    int64_t expires_at_ms;
    struct arena *arena; /* of the caller */
    struct caller caller;
};

/* All are good equally long, so they end in the order in which they were made. */
struct tickets {
    pthread_mutex_t lock;
    int64_t ttl_ms;
    struct entry *buckets[BUCKETS];
    struct entry *oldest;
    struct entry **newest;
    size_t count;
};

struct tickets *tickets_create(int64_t ttl_ms)
{
    struct tickets *tickets = xcalloc(1, sizeof(*tickets));
    (void)pthread_mutex_init(&tickets->lock, NULL);
    tickets->ttl_ms = ttl_ms;
    tickets->newest = &tickets->oldest;
    return tickets;
}

/* ---- the table, under the lock ---- */

static struct entry **bucket_of(struct tickets *tickets, const unsigned char *sha256)
{
    return &tickets->buckets[(sha256[0] | (unsigned)sha256[1] << 8) % BUCKETS];
}

static struct entry **find(struct tickets *tickets, const unsigned char *sha256)
{
    struct entry **link = bucket_of(tickets, sha256);
    while (*link != NULL && !secret_equal((*link)->sha256, sha256, SHA256_BYTES))
        link = &(*link)->next;
    return link;
}

static void forget_caller(struct entry *entry)
{
    arena_free(entry->arena);
    entry->arena = NULL;
}

/* The oldest: used ones stay in the line until then, without a caller. */
static void drop_oldest(struct tickets *tickets)
{
    struct entry *entry = tickets->oldest;
    struct entry **link = find(tickets, entry->sha256);
    *link = entry->next;
    tickets->oldest = entry->newer;
    if (tickets->oldest == NULL)
        tickets->newest = &tickets->oldest;
    tickets->count--;
    forget_caller(entry);
    free(entry);
}

static void drop_late(struct tickets *tickets, int64_t now_ms)
{
    while (tickets->oldest != NULL && tickets->oldest->expires_at_ms <= now_ms)
        drop_oldest(tickets);
}

static size_t count_of(const struct tickets *tickets, const char *owner)
{
    size_t count = 0;
    for (const struct entry *entry = tickets->oldest; entry != NULL; entry = entry->newer)
        count += entry->arena != NULL && text_equal(entry->caller.owner, owner);
    return count;
}

static void add(struct tickets *tickets, struct entry *entry)
{
    struct entry **bucket = bucket_of(tickets, entry->sha256);
    entry->next = *bucket;
    *bucket = entry;
    *tickets->newest = entry;
    tickets->newest = &entry->newer;
    tickets->count++;
}

void tickets_free(struct tickets *tickets)
{
    if (tickets == NULL)
        return;
    while (tickets->oldest != NULL)
        drop_oldest(tickets);
    (void)pthread_mutex_destroy(&tickets->lock);
    free(tickets);
}

/* ---- issuing and using ---- */

static int check_room(const struct tickets *tickets, const char *owner, struct error *err)
{
    int64_t seconds = (tickets->ttl_ms + 999) / 1000;
    if (tickets->count < LIMIT_TICKETS && count_of(tickets, owner) < LIMIT_TICKETS_OF_CALLER)
        return 0;
    (void)error_set(err, ERROR_RATE_LIMITED, "too many tickets are open: use them, or wait");
    return error_retry_after(err, (int)seconds);
}

/* A ticket has the rights of whoever fetched it, and ends with them. Entries stay in line by `expires_at_ms` alone. */
static int64_t good_until_ms(const struct entry *entry)
{
    int64_t rights_ms = entry->caller.until_ms;
    return rights_ms != 0 && rights_ms < entry->expires_at_ms ? rights_ms : entry->expires_at_ms;
}

int tickets_issue(struct tickets *tickets,
                  const struct caller *caller,
                  int64_t now_ms,
                  struct arena *arena,
                  struct ticket *out,
                  struct error *err)
{
    unsigned char secret[SECRET_BYTES];
    char text[BASE64_BYTES(SECRET_BYTES)];
    random_bytes(secret, sizeof secret);
    (void)base64url_encode(text, secret, sizeof secret);
    auto_unlock pthread_mutex_t *held = lock(&tickets->lock);
    drop_late(tickets, now_ms);
    if (check_room(tickets, caller->owner, err) < 0)
        return -1;
    struct entry *entry = xcalloc(1, sizeof(*entry));
    digest_sha256(text, TICKET_CHARS, entry->sha256);
    entry->expires_at_ms = now_ms + tickets->ttl_ms;
    entry->arena = arena_create();
    entry->caller = caller_copy(caller, entry->arena);
    add(tickets, entry);
    *out = (struct ticket){arena_strdup(arena, text), good_until_ms(entry)};
    return 0;
}

int tickets_use(struct tickets *tickets,
                const char *text,
                int64_t now_ms,
                struct arena *arena,
                const struct caller **out,
                struct error *err)
{
    unsigned char sha256[SHA256_BYTES];
    digest_sha256(text, strlen(text), sha256);
    auto_unlock pthread_mutex_t *held = lock(&tickets->lock);
    drop_late(tickets, now_ms);
    struct entry *entry = *find(tickets, sha256);
    if (entry == NULL || entry->arena == NULL || good_until_ms(entry) <= now_ms)
        return error_set(err, ERROR_UNAUTHENTICATED,
                         "the ticket is not known, was used already or is too old");
    struct caller *caller = arena_alloc(arena, sizeof(*caller));
    *caller = caller_copy(&entry->caller, arena);
    *out = caller;
    forget_caller(entry);
    return 0;
}
