/*
 * The memory is a table of a fixed number of answers. An answer is found by the digest of what was asked about; a new
 * one takes the place of whichever is next in turn. One that is still awaited keeps its place; if all are (a server with
 * very many connections, and an application that hangs), whoever comes next is told 503.
 *
 * Who waits for an answer is in its list, and is given a copy in memory of its request's: neither a deadline nor the
 * table's turn takes it away, and whoever has gone meanwhile leaves nothing behind.
 */
#include "app/forward_auth.h"

#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "app/users.h"
#include "core/limits.h"
#include "core/lock.h"
#include "core/log.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "core/xmalloc.h"
#include "crypto/digest.h"
#include "net/net.h"

enum {
    BUCKETS = 4096, /* a power of two */
    NOWHERE = -1,
    CONNECT_TIMEOUT_MS = 2000,
    CONNECTION_AGE_MS = 4000, /* below the 5 s after which many application servers close */
    IN_FLIGHT_MAX = 64,
    REFUSAL_SHARE = 4, /* of the time of a yes */
    SPARE_MS = 500,    /* the transfer's own deadline comes first, so that its failure is told */
};

/* ---- what the application has said ---- */

struct verdict {
    enum error_kind refusal; /* ERROR_NONE: it is this one */
    char *identity;
    char *scopes;
    char *group;
};

static struct verdict *verdict_refusing(enum error_kind kind)
{
    struct verdict *verdict = xcalloc(1, sizeof(*verdict));
    verdict->refusal = kind;
    return verdict;
}

static void verdict_free(struct verdict *verdict)
{
    if (verdict == NULL)
        return;
    free(verdict->identity);
    free(verdict->scopes);
    free(verdict->group);
    free(verdict);
}

static const struct verdict *verdict_copy(const struct verdict *verdict, struct arena *arena)
{
    struct verdict *copy = arena_alloc(arena, sizeof(*copy));
    *copy = (struct verdict){
        .refusal = verdict->refusal,
        .identity = arena_strdup(arena, verdict->identity),
        .scopes = arena_strdup(arena, verdict->scopes),
        .group = arena_strdup(arena, verdict->group),
    };
    return copy;
}

struct question_key {
    unsigned char digest[SHA256_BYTES];
};

struct entry {
    struct question_key key;
    int next; /* of the same bucket */
    bool used;
    struct verdict *verdict; /* NULL: awaited */
    int64_t expires_ms;      /* monotonic */
    struct forward_question *waiting;
};

struct forward_question {
    struct forward_question *next; /* of those who wait for the same */
    struct request *request;
    const struct credential *credential;
    uint32_t ticket;
    struct entry *entry; /* in whose list it waits, or NULL */
    struct arena *arena; /* for the answer, which comes on another thread */
    const struct verdict *verdict;
};

struct forward_auth {
    struct net *net;
    char *url;
    char *identity_header; /* in lower case */
    char *scopes_header;
    char *group_header;
    int64_t timeout_ms;
    int64_t cache_ms;
    struct metric *from_cache;
    struct metric *shared;
    struct metric *asked;
    struct metric *known;
    struct metric *refused;
    struct metric *failed;
    struct histogram *seconds;

    pthread_mutex_t lock; /* guards the rest */
    int buckets[BUCKETS];
    int turn;
    struct entry entries[LIMIT_FORWARD_ANSWERS];
};

/* ---- the table, under the lock ---- */

static int *bucket_of(struct forward_auth *forward, const struct question_key *key)
{
    unsigned number = 0;
    memcpy(&number, key->digest, sizeof(number));
    return &forward->buckets[number % BUCKETS];
}

static struct entry *find_entry(struct forward_auth *forward, const struct question_key *key)
{
    for (int i = *bucket_of(forward, key); i != NOWHERE; i = forward->entries[i].next)
        if (memcmp(forward->entries[i].key.digest, key->digest, SHA256_BYTES) == 0)
            return &forward->entries[i];
    return NULL;
}

static void forget_entry(struct forward_auth *forward, struct entry *entry)
{
    int *link = bucket_of(forward, &entry->key);
    while (*link != entry - forward->entries)
        link = &forward->entries[*link].next;
    *link = entry->next;
    verdict_free(entry->verdict);
    *entry = (struct entry){.next = NOWHERE};
}

/* NULL if every place is awaited. */
static struct entry *take_place(struct forward_auth *forward)
{
    for (int tried = 0; tried < LIMIT_FORWARD_ANSWERS; tried++) {
        struct entry *entry = &forward->entries[forward->turn];
        forward->turn = (forward->turn + 1) % LIMIT_FORWARD_ANSWERS;
        if (!entry->used)
            return entry;
        if (entry->verdict != NULL) {
            forget_entry(forward, entry);
            return entry;
        }
    }
    return NULL;
}

static struct entry *add_entry(struct forward_auth *forward, const struct question_key *key)
{
    struct entry *entry = take_place(forward);
    if (entry == NULL)
        return NULL;
    int *bucket = bucket_of(forward, key);
    *entry = (struct entry){.key = *key, .used = true, .next = *bucket};
    *bucket = (int)(entry - forward->entries);
    return entry;
}

/* ---- reading the answer ---- */

/* A header, else a member of the JSON; a copy, or NULL. */
static char *read_text(const struct net_answer *answer,
                       const json_t *json,
                       const char *header,
                       const char *member)
{
    auto_arena struct arena *arena = arena_create();
    const char *text = net_answer_header(answer, header);
    return xstrdup(text != NULL ? text : user_text(json, member, arena));
}

/* Whoever it names must be somebody who could be a user here; -1 if not. */
static int read_yes(const struct forward_auth *forward,
                    const struct net_answer *answer,
                    struct verdict *out,
                    struct error *err)
{
    auto_arena struct arena *arena = arena_create();
    json_auto_t *json = json_loadb(answer->body, answer->body_len, JSON_REJECT_DUPLICATES, NULL);
    const struct caller *caller = NULL;
    out->identity = read_text(answer, json, forward->identity_header, "identity");
    out->scopes = read_text(answer, json, forward->scopes_header, "scopes");
    out->group = read_text(answer, json, forward->group_header, "group");
    const struct user_claim claim = {.identity = out->identity, .group = out->group};
    return user_check_group(json, "group", err) < 0 ? -1
                                                    : user_caller(&claim, 0, arena, &caller, err);
}

static int read_answer(const struct forward_auth *forward,
                       const struct net_answer *answer,
                       struct verdict **out,
                       struct error *err)
{
    if (answer->result != NET_ANSWERED)
        return error_set(err, ERROR_UPSTREAM, "%.200s", answer->problem);
    if (answer->status == 401 || answer->status == 403) {
        *out = verdict_refusing(answer->status == 401 ? ERROR_UNAUTHENTICATED : ERROR_FORBIDDEN);
        return 0;
    }
    if (answer->status < 200 || answer->status > 299)
        return error_set(err, ERROR_UPSTREAM, "the answer has the status %d", answer->status);
    struct verdict *verdict = verdict_refusing(ERROR_NONE);
    if (read_yes(forward, answer, verdict, err) < 0) {
        verdict_free(verdict); /* nobody else has it yet */
        return -1;
    }
    *out = verdict;
    return 0;
}

/* ---- the end of a question ---- */

struct fetch {
    struct forward_auth *forward;
    struct entry *entry;
    int64_t started_ms;
};

static struct forward_question *
settle(struct forward_auth *forward, struct entry *entry, struct verdict *verdict)
{
    auto_unlock pthread_mutex_t *held = lock(&forward->lock);
    struct forward_question *list = entry->waiting;
    for (struct forward_question *question = list; question != NULL; question = question->next) {
        question->entry = NULL;
        question->verdict = verdict_copy(verdict, question->arena);
    }
    entry->waiting = NULL;
    entry->verdict = verdict;
    bool keep = forward->cache_ms > 0 && verdict->refusal != ERROR_UNAVAILABLE;
    int64_t for_ms =
        verdict->refusal == ERROR_NONE ? forward->cache_ms : forward->cache_ms / REFUSAL_SHARE;
    entry->expires_ms = monotonic_ms() + for_ms;
    if (!keep)
        forget_entry(forward, entry);
    return list;
}

static void wake_all(struct forward_question *question)
{
    while (question != NULL) {
        struct forward_question *next =
            question->next; /* its request may be gone after the last line */
        struct request *request = question->request;
        request_wake(request, question->ticket);
        request_unref(request);
        question = next;
    }
}

static void end_fetch(struct fetch *fetch, struct verdict *verdict)
{
    struct forward_auth *forward = fetch->forward;
    metric_add(verdict->refusal == ERROR_NONE          ? forward->known
               : verdict->refusal == ERROR_UNAVAILABLE ? forward->failed
                                                       : forward->refused,
               1);
    histogram_observe(forward->seconds, (double)(monotonic_ms() - fetch->started_ms) / 1000);
    struct forward_question *list = settle(forward, fetch->entry, verdict);
    free(fetch);
    wake_all(list);
}

static void fail(struct fetch *fetch, const struct error *err)
{
    log_warning("forward_auth.failed", LOG_TEXT("error", err->message));
    end_fetch(fetch, verdict_refusing(ERROR_UNAVAILABLE));
}

static void on_answer(void *context, const struct net_answer *answer)
{
    struct fetch *fetch = context;
    struct verdict *verdict = NULL;
    struct error err = {0};
    if (read_answer(fetch->forward, answer, &verdict, &err) < 0)
        fail(fetch, &err);
    else
        end_fetch(fetch, verdict);
}

/* ---- its beginning ---- */

static const char *method_text(const struct request *request)
{
    static const struct {
        enum http_method method;
        const char *text;
    } names[] = {
        {HTTP_GET,    "GET"   },
        {HTTP_HEAD,   "HEAD"  },
        {HTTP_POST,   "POST"  },
        {HTTP_PUT,    "PUT"   },
        {HTTP_PATCH,  "PATCH" },
        {HTTP_DELETE, "DELETE"},
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (names[i].method == request->method)
            return names[i].text;
    return "OPTIONS";
}

/* The path without its query, which may hold what no log of the application should. */
static const char *path_as_sent(const struct request *request)
{
    return arena_copy(request->arena, request->target, strcspn(request->target, "?"));
}

/* The table's place is this question's already: nobody else asks. */
static void begin_fetch(struct forward_auth *forward,
                        const struct forward_question *question,
                        struct entry *entry)
{
    enum { HEADERS_MAX = 5 };
    const struct request *request = question->request;
    struct net_header headers[HEADERS_MAX] = {
        {"Accept",             "application/json"   },
        {"X-Forwarded-Method", method_text(request) },
        {"X-Forwarded-Uri",    path_as_sent(request)},
    };
    size_t count = 3;
    if (question->credential->cookie != NULL)
        headers[count++] = (struct net_header){"Cookie", question->credential->cookie};
    if (question->credential->authorization != NULL)
        headers[count++] =
            (struct net_header){"Authorization", question->credential->authorization};
    const struct net_request wire = {
        .method = "GET", .url = forward->url, .headers = headers, .header_count = count};
    struct fetch *fetch = xcalloc(1, sizeof(*fetch));
    *fetch = (struct fetch){forward, entry, monotonic_ms()};
    struct error err = {0};
    metric_add(forward->asked, 1);
    if (net_start(forward->net, &wire, on_answer, fetch, &err) < 0)
        fail(fetch, &err);
}

/* Lengths between the parts, so that no two credentials have one spelling. Without a cache the application may look at
 * method and path, so that a question is about them as well. */
static struct question_key key_of(const struct forward_auth *forward,
                                  const struct forward_question *question)
{
    const struct request *request = question->request;
    const struct credential *credential = question->credential;
    const char *cookie = credential->cookie != NULL ? credential->cookie : "";
    const char *authorization = credential->authorization != NULL ? credential->authorization : "";
    const char *about = forward->cache_ms > 0 ? ""
                                              : arena_printf(request->arena, "%s %s",
                                                             method_text(request), request->target);
    const char *text = arena_printf(request->arena, "%zu:%s%zu:%s%s", strlen(cookie), cookie,
                                    strlen(authorization), authorization, about);
    struct question_key key;
    digest_sha256(text, strlen(text), key.digest);
    return key;
}

/* Under the lock. A yes or no that is too old is as none. */
static struct entry *current_entry(struct forward_auth *forward, const struct question_key *key)
{
    struct entry *entry = find_entry(forward, key);
    if (entry == NULL || entry->verdict == NULL || entry->expires_ms > monotonic_ms())
        return entry;
    forget_entry(forward, entry);
    return NULL;
}

struct forward_question *forward_auth_question(struct request *request,
                                               const struct credential *credential)
{
    struct forward_question *question = arena_alloc(request->arena, sizeof(*question));
    question->request = request;
    question->credential = credential;
    return question;
}

bool forward_auth_remembers(struct forward_auth *forward, const struct forward_question *question)
{
    struct question_key key = key_of(forward, question);
    auto_unlock pthread_mutex_t *held = lock(&forward->lock);
    const struct entry *entry = current_entry(forward, &key);
    return entry != NULL && entry->verdict != NULL && entry->verdict->refusal == ERROR_NONE;
}

/* Under the lock: join those who wait. */
static void wait_for(struct entry *entry, struct forward_question *question)
{
    (void)request_ref(question->request);
    question->arena = arena_create();
    request_keep_arena(question->request, question->arena);
    question->entry = entry;
    question->next = entry->waiting;
    entry->waiting = question;
}

enum forward_state
forward_auth_ask(struct forward_auth *forward, struct forward_question *question, handler_fn *reply)
{
    struct question_key key = key_of(forward, question);
    pthread_mutex_lock(&forward->lock);
    struct entry *entry = current_entry(forward, &key);
    bool mine = entry == NULL && (entry = add_entry(forward, &key)) != NULL;
    bool asleep = entry != NULL && entry->verdict == NULL;
    if (asleep) {
        question->ticket = request_await(question->request, reply, forward->timeout_ms + SPARE_MS);
        wait_for(entry, question);
    } else if (entry != NULL) {
        question->verdict = verdict_copy(entry->verdict, question->request->arena);
    }
    pthread_mutex_unlock(&forward->lock);
    if (!mine)
        metric_add(asleep ? forward->shared : forward->from_cache, 1);
    if (mine)
        begin_fetch(forward, question, entry);
    return asleep ? FORWARD_ASLEEP : FORWARD_ANSWERED;
}

/* ---- taking the answer ---- */

static int say_no(enum error_kind kind, struct error *err)
{
    if (kind == ERROR_UNAUTHENTICATED)
        return error_set(err, kind, "the application does not know who this is");
    if (kind == ERROR_FORBIDDEN)
        return error_set(err, kind, "the application does not let this user in");
    return error_set(err, ERROR_UNAVAILABLE, "the application could not be asked who is calling");
}

static int take_verdict(const struct forward_question *question,
                        unsigned user_scopes,
                        const struct caller **out,
                        struct error *err)
{
    const struct verdict *verdict = question->verdict;
    if (verdict == NULL)
        return say_no(ERROR_UNAVAILABLE, err);
    if (verdict->refusal != ERROR_NONE)
        return say_no(verdict->refusal, err);
    const struct user_claim claim = {
        .kind = CALLER_FORWARD,
        .identity = verdict->identity,
        .group = verdict->group,
        .scopes = verdict->scopes,
        .by_cookie = question->credential->by_cookie,
    };
    return user_caller(&claim, user_scopes, question->request->arena, out, err);
}

/* Woken by its deadline, it is still in a list: whoever has the answer then must not write here any more. Its reference
 * is given back by the one who takes it off the list, here or there. */
static bool leave_list(struct forward_question *question)
{
    if (question->entry == NULL)
        return false;
    struct forward_question **link = &question->entry->waiting;
    while (*link != question)
        link = &(*link)->next;
    *link = question->next;
    question->entry = NULL;
    return true;
}

int forward_auth_take(struct forward_auth *forward,
                      struct forward_question *question,
                      unsigned user_scopes,
                      const struct caller **out,
                      struct error *err)
{
    pthread_mutex_lock(&forward->lock);
    bool left = leave_list(question);
    int failed = take_verdict(question, user_scopes, out, err);
    pthread_mutex_unlock(&forward->lock);
    if (left)
        request_unref(question->request);
    return failed;
}

/* ---- life ---- */

static char *lower_copy(const char *text)
{
    char *copy = xstrdup(text);
    for (char *c = copy; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    return copy;
}

static void register_metrics(struct forward_auth *forward, struct metrics *metrics)
{
    static const char asked[] = "switchhook_forward_auth_total";
    static const char asked_help[] =
        "Requests whose caller the application knows, by how it was asked.";
    static const char answers[] = "switchhook_forward_auth_answers_total";
    static const char answers_help[] = "What the application said when it was asked.";
    forward->from_cache = metrics_counter(metrics, asked, "source=\"cache\"", asked_help);
    forward->shared = metrics_counter(metrics, asked, "source=\"shared\"", asked_help);
    forward->asked = metrics_counter(metrics, asked, "source=\"asked\"", asked_help);
    forward->known = metrics_counter(metrics, answers, "answer=\"known\"", answers_help);
    forward->refused = metrics_counter(metrics, answers, "answer=\"refused\"", answers_help);
    forward->failed = metrics_counter(metrics, answers, "answer=\"failed\"", answers_help);
    forward->seconds = metrics_histogram(metrics, "switchhook_forward_auth_seconds", "",
                                         "How long the application took to say who is calling.",
                                         metrics_latency_bounds, metrics_latency_bounds_count);
}

static struct forward_auth *make(const struct forward_auth_settings *settings)
{
    struct forward_auth *forward = xcalloc(1, sizeof(*forward));
    pthread_mutex_init(&forward->lock, NULL);
    forward->url = xstrdup(settings->url);
    forward->identity_header = lower_copy(settings->identity_header);
    forward->scopes_header = lower_copy(settings->scopes_header);
    forward->group_header = lower_copy(settings->group_header);
    forward->timeout_ms = settings->timeout_ms;
    forward->cache_ms = settings->cache_ms;
    for (size_t i = 0; i < BUCKETS; i++)
        forward->buckets[i] = NOWHERE;
    return forward;
}

int forward_auth_create(const struct forward_auth_settings *settings,
                        struct metrics *metrics,
                        struct forward_auth **out,
                        struct error *err)
{
    const struct net_settings net = {
        .user_agent = settings->user_agent,
        .ca_file = settings->ca_file,
        .connect_timeout_ms =
            settings->timeout_ms < CONNECT_TIMEOUT_MS ? settings->timeout_ms : CONNECT_TIMEOUT_MS,
        .total_timeout_ms = settings->timeout_ms,
        .in_flight_max = IN_FLIGHT_MAX,
        .queue_max = LIMIT_FORWARD_ANSWERS,
        .reply_max_bytes = LIMIT_FORWARD_REPLY_BYTES,
        .connection_age_max_ms = CONNECTION_AGE_MS,
    };
    struct forward_auth *forward = make(settings);
    register_metrics(forward, metrics);
    if (net_create(&net, NULL, &forward->net, err) < 0) {
        forward_auth_free(forward);
        return -1;
    }
    *out = forward;
    return 0;
}

void forward_auth_stop(struct forward_auth *forward)
{
    if (forward != NULL)
        net_stop(forward->net);
}

void forward_auth_free(struct forward_auth *forward)
{
    if (forward == NULL)
        return;
    net_free(forward->net);
    for (size_t i = 0; i < LIMIT_FORWARD_ANSWERS; i++)
        verdict_free(forward->entries[i].verdict);
    free(forward->url);
    free(forward->identity_header);
    free(forward->scopes_header);
    free(forward->group_header);
    pthread_mutex_destroy(&forward->lock);
    free(forward);
}
