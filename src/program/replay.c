/*
 * switchhook replay: every call's state rebuilt from its timeline in a copy, by the code that built it, and compared with what is
 * stored. Deliveries go through the handlers that took them (app/retelling.h), Twilio's answers through jobs/retell.h; no
 * network, no jobs, and the database is only read. Exit status 1 if anything differs.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "app/explain.h"
#include "app/retelling.h"
#include "core/log.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "generation.h"
#include "http/request.h"
#include "http/response.h"
#include "internal.h"
#include "jobs/retell.h"
#include "routes/routes.h"
#include "store_sqlite/store_sqlite.h"
#include "twilio/twiml.h"
#include "voice/resource_id.h"

static const char usage[] =
    "switchhook replay [ID] [--since TIME] [--json] [--env-file FILE]   (no ID: every call)";

enum { CALLS_PER_PAGE = 100, TIME_SLACK_MS = 2000, FOLDER_BYTES = 512 };

struct replaying {
    const struct config *config;
    struct app app;
    struct generation *generation;
    struct router *router;
    struct store *stored;
    struct store *copy;
    char folder[FOLDER_BYTES];
    bool json;

    int64_t calls;
    int64_t differing;
    int64_t skipped; /* entries whose address no row answers any more */
    int64_t removed; /* calls of which something was removed: they cannot be rebuilt */
};

/* ---- tell it again ---- */

static const struct route *row_of(const struct replaying *r, const struct timeline_row *entry)
{
    auto_arena struct arena *arena = arena_create();
    struct request probe = {.arena = arena, .target = entry->route};
    return router_find(r->router, &probe, HTTP_POST);
}

static int deliver(struct store_tx *tx,
                   struct replaying *r,
                   const struct call_row *call,
                   const struct timeline_row *entry,
                   struct arena *arena,
                   struct error *err)
{
    const struct route *route = row_of(r, entry);
    if (route == NULL || entry->raw == NULL) {
        r->skipped++;
        return 0;
    }
    struct retelling retelling = {.tx = tx,
                                  .call_number = call->number,
                                  .call_id = call->id,
                                  .repeat_key = entry->repeat_key,
                                  .answer = entry->answer};
    bool form = entry->raw[0] != '{';
    struct request request = {
        .arena = arena,
        .id = "replay",
        .method = HTTP_POST,
        .target = entry->route,
        .path = entry->route,
        .route = route,
        .peer = "",
        .client = "",
        .arrived_ms = entry->at_ms,
        .media_type = form ? "application/x-www-form-urlencoded" : "application/json",
        .body = entry->raw,
        .body_len = strlen(entry->raw),
        .retelling = &retelling,
    };
    if (form && fields_decode(entry->raw, request.body_len, LIMIT_FORM_PAIRS, arena, &request.form,
                              err) < 0)
        return -1;
    struct response response = {0};
    return route->handle(&r->app, &request, &response, err);
}

static bool is_delivery(const struct timeline_row *entry)
{
    return entry->route != NULL && entry->route[0] == '/';
}

static bool is_placed_after(const struct timeline_rows *rows, size_t at)
{
    for (size_t i = at + 1; i < rows->count; i++) {
        if (text_equal(rows->items[i].route, "POST /Calls.json"))
            return true;
    }
    return false;
}

struct telling {
    struct replaying *replaying;
    const struct explain_rows *told;
    struct arena *arena;
    size_t at; /* the entry under way, for messages */
};

static int tell(struct store_tx *tx, void *work, struct error *err)
{
    struct telling *telling = work;
    const struct explain_rows *told = telling->told;
    struct replaying *r = telling->replaying;
    if (retell_begin(tx, &told->call, telling->arena, err) < 0)
        return -1;
    for (telling->at = 0; telling->at < told->timeline.count; telling->at++) {
        const struct timeline_row *entry = &told->timeline.items[telling->at];
        struct retold retold = {.stored = &told->call,
                                .entry = entry,
                                .placed_later = is_placed_after(&told->timeline, telling->at),
                                .silence = &r->app.silence};
        int failed = is_delivery(entry) ? deliver(tx, r, &told->call, entry, telling->arena, err)
                                        : retell_entry(tx, &retold, telling->arena, err);
        if (failed < 0)
            return -1;
    }
    return 0;
}

/* ---- compare ---- */

struct comparison {
    struct replaying *replaying;
    const struct explain_rows *stored;
    bool differs;
};

static void differ(struct comparison *c, const char *what, const char *stored, const char *rebuilt)
{
    const struct call_row *call = &c->stored->call;
    c->differs = true;
    if (c->replaying->json)
        (void)printf(
            "{\"id\":\"%s\",\"sid\":\"%s\",\"what\":\"%s\",\"stored\":\"%s\",\"rebuilt\":\"%s\"}\n",
            call->id, call->root_sid == NULL ? "" : call->root_sid, what, stored, rebuilt);
    else
        (void)printf("%s %s: %s is stored as %s, rebuilt as %s\n", call->id,
                     call->root_sid == NULL ? "-" : call->root_sid, what,
                     *stored == '\0' ? "nothing" : stored, *rebuilt == '\0' ? "nothing" : rebuilt);
}

static void compare_text(struct comparison *c, const char *what, const char *a, const char *b)
{
    a = a == NULL ? "" : a;
    b = b == NULL ? "" : b;
    if (!text_equal(a, b))
        differ(c, what, a, b);
}

static void
compare_number(struct comparison *c, const char *what, int64_t a, int64_t b, int64_t slack)
{
    char stored[24];
    char rebuilt[24];
    if (a - b <= slack && b - a <= slack)
        return;
    (void)snprintf(stored, sizeof(stored), "%lld", (long long)a);
    (void)snprintf(rebuilt, sizeof(rebuilt), "%lld", (long long)b);
    differ(c, what, stored, rebuilt);
}

static void compare_state(struct comparison *c,
                          const char *whose,
                          const struct leg_state *a,
                          const struct leg_state *b)
{
    char what[64];
#define OF(member) ((void)snprintf(what, sizeof(what), "%s %s", whose, member), what)
    compare_text(c, OF("status"), call_status_text(a->status), call_status_text(b->status));
    compare_number(c, OF("duration"), a->duration_s, b->duration_s, 0);
    compare_number(c, OF("SIP code"), a->sip_code, b->sip_code, 0);
    compare_number(c, OF("answered_at"), a->answered_at_ms, b->answered_at_ms, TIME_SLACK_MS);
    compare_number(c, OF("ended_at"), a->ended_at_ms, b->ended_at_ms, TIME_SLACK_MS);
#undef OF
}

static void
compare_legs(struct comparison *c, const struct leg_rows *stored, const struct leg_rows *rebuilt)
{
    compare_number(c, "number of child legs", (int64_t)stored->count, (int64_t)rebuilt->count, 0);
    for (size_t i = 0; i < stored->count; i++) {
        const struct leg_row *leg = &stored->items[i];
        for (size_t j = 0; j < rebuilt->count; j++) {
            if (text_equal(leg->sid, rebuilt->items[j].sid))
                compare_state(c, leg->sid, &leg->state, &rebuilt->items[j].state);
        }
    }
}

static void compare_recordings(struct comparison *c,
                               const struct recording_rows *stored,
                               const struct recording_rows *rebuilt)
{
    compare_number(c, "number of recordings", (int64_t)stored->count, (int64_t)rebuilt->count, 0);
    for (size_t i = 0; i < stored->count; i++) {
        const struct recording_row *row = &stored->items[i];
        for (size_t j = 0; j < rebuilt->count; j++) {
            const struct recording_row *other = &rebuilt->items[j];
            if (!text_equal(row->sid, other->sid))
                continue;
            compare_text(c, row->sid, row->status, other->status);
            compare_number(c, row->sid, row->duration_s, other->duration_s, 0);
        }
    }
}

static void compare(struct comparison *c, const struct explain_rows *rebuilt)
{
    const struct call_row *a = &c->stored->call;
    const struct call_row *b = &rebuilt->call;
    compare_text(c, "placement", call_placement_text(a->placement),
                 call_placement_text(b->placement));
    compare_text(c, "SID", a->root_sid, b->root_sid);
    compare_text(c, "outcome", call_outcome_text(a->outcome), call_outcome_text(b->outcome));
    compare_text(c, "price", a->price, b->price);
    compare_state(c, "call", &a->root, &b->root);
    compare_legs(c, &c->stored->legs, &rebuilt->legs);
    compare_recordings(c, &c->stored->recordings, &rebuilt->recordings);
}

/* ---- one call ---- */

struct reading {
    int64_t number;
    struct arena *arena;
    struct explain_rows *out;
};

static int read_call(struct store_rx *rx, void *work, struct error *err)
{
    const struct reading *reading = work;
    struct call_row call;
    if (store_get_call_by_number(rx, reading->number, reading->arena, &call, err) < 0)
        return -1;
    return explain_read(rx, &call, reading->arena, reading->out, err);
}

/* It shared its name with another call for a while, so its own entries do not tell all (jobs/claim.h). */
static bool is_entangled(const struct explain_rows *told)
{
    for (size_t i = 0; i < told->timeline.count; i++) {
        const char *effect = told->timeline.items[i].effect;
        if (text_equal(effect, "exchanged") || text_equal(effect, "was-another"))
            return true;
    }
    return told->timeline.count >= LIMIT_TIMELINE_ENTRIES;
}

/* By age, or because somebody was erased. What is left would come to something else, which is no difference. */
static void tell_removed(struct replaying *r, const struct explain_rows *stored)
{
    char from[TIME_TEXT_BYTES];
    r->removed++;
    if (r->json)
        return;
    time_to_rfc3339(stored->kept_from_ms, from);
    (void)printf("%s %s: entries from before %s, or their parameters, were removed: not compared\n",
                 stored->call.id, stored->call.root_sid == NULL ? "-" : stored->call.root_sid,
                 from);
}

static int replay_call(struct replaying *r, int64_t number, struct error *err)
{
    auto_arena struct arena *arena = arena_create();
    struct explain_rows stored = {0};
    struct explain_rows rebuilt = {0};
    struct reading reading = {number, arena, &stored};
    if (store_run_read(r->stored, read_call, &reading, err) < 0)
        return -1;
    struct telling telling = {r, &stored, arena, 0};
    struct comparison comparison = {.replaying = r, .stored = &stored};
    if (stored.kept_from_ms != 0) {
        tell_removed(r, &stored);
        return 0;
    }
    r->calls++;
    if (is_entangled(&stored)) {
        r->skipped += (int64_t)stored.timeline.count;
        return 0;
    }
    reading.out = &rebuilt;
    if (store_apply(r->copy, tell, &telling, err) < 0) {
        char at[64];
        (void)snprintf(at, sizeof(at), "entry %zu cannot be told again", telling.at + 1);
        differ(&comparison, at, "taken", err->message);
    } else if (store_run_read(r->copy, read_call, &reading, err) < 0) {
        differ(&comparison, "call", "there", "");
    } else {
        compare(&comparison, &rebuilt);
    }
    error_clear(err);
    r->differing += comparison.differs;
    return 0;
}

/* ---- stopping ---- */

static volatile sig_atomic_t asked_to_stop; /* the signal, or 0 */

static void stop(int signal)
{
    asked_to_stop = signal;
}

/* The copy holds what was told of persons: whoever ends this, or the pipe that it writes to, does not leave it behind. */
static void watch_signals(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
    const struct sigaction action = {.sa_handler = stop};
    for (size_t i = 0; i < ARRAY_LEN(signals); i++)
        (void)sigaction(signals[i], &action, NULL);
}

/* It ends as if nobody had watched. */
static void end_by_signal(int signal)
{
    const struct sigaction action = {.sa_handler = SIG_DFL};
    (void)sigaction(signal, &action, NULL);
    (void)raise(signal);
}

/* ---- which calls ---- */

struct paging {
    struct call_filter filter;
    struct arena *arena;
    struct call_rows rows;
};

static int read_page(struct store_rx *rx, void *work, struct error *err)
{
    struct paging *paging = work;
    return store_list_calls(rx, &paging->filter, paging->arena, &paging->rows, err);
}

static int replay_since(struct replaying *r, int64_t since_ms, struct error *err)
{
    struct paging paging = {
        .filter = {.since_ms = since_ms, .limit = CALLS_PER_PAGE}
    };
    bool more = true;
    while (more) {
        auto_arena struct arena *arena = arena_create();
        paging.arena = arena;
        if (store_run_read(r->stored, read_page, &paging, err) < 0)
            return -1;
        for (size_t i = 0; i < paging.rows.count && asked_to_stop == 0; i++) {
            if (replay_call(r, paging.rows.items[i].number, err) < 0)
                return -1;
        }
        more = paging.rows.more && asked_to_stop == 0;
        paging.filter.before_number = paging.rows.next_before;
    }
    return 0;
}

struct finding_call {
    const char *key;
    int64_t number;
};

static int find_call_of(struct store_rx *rx, void *work, struct error *err)
{
    struct finding_call *finding = work;
    auto_arena struct arena *arena = arena_create();
    struct call_row call;
    int found = text_is_sid(finding->key, "CA")
                    ? store_get_call_by_sid(rx, finding->key, arena, &call, err)
                    : store_get_call(rx, finding->key, arena, &call, err);
    finding->number = found < 0 ? 0 : call.number;
    return found;
}

static int replay_one(struct replaying *r, const char *key, struct error *err)
{
    struct finding_call finding = {.key = key};
    if (store_run_read(r->stored, find_call_of, &finding, err) < 0)
        return -1;
    return replay_call(r, finding.number, err);
}

/* ---- the copy ---- */

static int open_copy(struct replaying *r, struct error *err)
{
    const char *where = getenv("TMPDIR");
    int bytes = snprintf(r->folder, sizeof(r->folder), "%s/switchhook-replay-XXXXXX",
                         text_is_empty(where) ? "/tmp" : where);
    if ((size_t)bytes >= sizeof(r->folder)) {
        r->folder[0] = '\0';
        return error_set(err, ERROR_INVALID, "TMPDIR is longer than %d bytes", FOLDER_BYTES - 32);
    }
    if (mkdtemp(r->folder) == NULL) {
        r->folder[0] = '\0';
        return error_errno(err, ERROR_UNAVAILABLE, "making a folder for the copy");
    }
    char path[FOLDER_BYTES + 32];
    (void)snprintf(path, sizeof(path), "%s/copy.db", r->folder);
    return store_sqlite_open(&(struct store_sqlite_settings){.path = path, .readers = 1}, &r->copy,
                             err);
}

static void remove_copy(const struct replaying *r)
{
    static const char *const names[] = {"copy.db", "copy.db-wal", "copy.db-shm", "copy.db-journal"};
    char path[FOLDER_BYTES + 32];
    for (size_t i = 0; r->folder[0] != '\0' && i < ARRAY_LEN(names); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", r->folder, names[i]);
        (void)unlink(path);
    }
    if (r->folder[0] != '\0')
        (void)rmdir(r->folder);
}

static int open_all(struct replaying *r, struct error *err)
{
    struct generation *first = generation_create(r->config, NULL, err);
    if (first == NULL)
        return -1;
    generation_use(&r->generation, first, &r->app);
    r->app.silence = app_silence(r->config);
    r->app.clock = wall_clock_real();
    r->app.metrics = metrics_create();
    app_register_counters(&r->app);
    r->stored = store_open_to_read(r->config);
    if (r->stored == NULL)
        return error_set(err, ERROR_UNAVAILABLE, "there is nothing to replay");
    return routes_public(r->config, &r->router, err) < 0 ? -1 : open_copy(r, err);
}

static void close_all(struct replaying *r)
{
    store_close(r->copy);
    store_close(r->stored);
    remove_copy(r);
    router_free(r->router);
    metrics_free(r->app.metrics);
    generation_free_all(r->generation);
}

static int replay(const struct config *config, const char *key, int64_t since_ms, bool json)
{
    struct replaying r = {.config = config, .json = json};
    struct error err = {0};
    log_set_threshold(LOG_LEVEL_ERROR);
    twiml_setup();
    watch_signals();
    int failed = open_all(&r, &err);
    if (failed == 0)
        failed = key != NULL ? replay_one(&r, key, &err) : replay_since(&r, since_ms, &err);
    close_all(&r);
    twiml_teardown();
    if (asked_to_stop != 0)
        end_by_signal(asked_to_stop);
    if (failed < 0) {
        (void)fprintf(stderr, "switchhook: %s\n",
                      err.kind == ERROR_NOT_FOUND ? "there is no such call" : err.message);
        return EXIT_FAILED;
    }
    (void)fprintf(json ? stderr : stdout,
                  "%lld calls told again, %lld differ, %lld entries could not be told\n",
                  (long long)r.calls, (long long)r.differing, (long long)r.skipped);
    if (r.removed > 0)
        (void)fprintf(
            json ? stderr : stdout,
            "%lld calls not compared: what was told of them was removed, in whole or in part\n",
            (long long)r.removed);
    if (r.skipped > 0)
        (void)fputs(
            "What cannot be told: words of a transcript, what retention has removed, and calls "
            "that were taken for each other\n",
            json ? stderr : stdout);
    return r.differing > 0 ? EXIT_FAILED : EXIT_OK;
}

int program_replay(int argc, char **argv)
{
    const char *env_file = NULL;
    const char *since = NULL;
    int json = 0;
    int64_t since_ms = 0;
    const struct argument known[] = {
        {"--env-file", &env_file, NULL },
        {"--since",    &since,    NULL },
        {"--json",     NULL,      &json},
    };
    int named = argc > 0 && argv[0][0] != '-';
    if (arguments_read(argc - named, argv + named, known, ARRAY_LEN(known), usage) < 0)
        return EXIT_BAD_CONFIGURATION;
    if (since != NULL && !time_from_rfc3339(since, &since_ms)) {
        (void)fprintf(stderr,
                      "switchhook: --since is a time such as 2026-01-31T12:00:00Z\nusage: %s\n",
                      usage);
        return EXIT_BAD_CONFIGURATION;
    }
    struct config *config = configuration_load(env_file, CONFIG_FOR_SERVE);
    if (config == NULL)
        return EXIT_BAD_CONFIGURATION;
    int status = replay(config, named ? argv[0] : NULL, since_ms, json != 0);
    config_free(config);
    return status;
}
