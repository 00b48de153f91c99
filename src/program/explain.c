/*
 * switchhook explain ID: a call's timeline as a person reads it, and what is the matter with the call. Reads the database beside
 * a running server, or a copy of it; writes nothing.
 */
#include <stdio.h>

#include "api/explanation.h"
#include "app/explain.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "internal.h"
#include "store_sqlite/store_sqlite.h"
#include "voice/resource_id.h"

static const char usage[] = "switchhook explain ID [--json] [--numbers] [--env-file FILE]";

struct explaining {
    const char *key; /* call_..., CA..., rec_... or RE... */
    int64_t now_ms;
    struct arena *arena;
    struct explain_rows rows;
    struct findings findings;
};

/* ---- read ---- */

static int find_by_recording(struct store_rx *rx,
                             const struct explaining *work,
                             struct call_row *out,
                             struct error *err)
{
    struct recording_row recording;
    if (store_get_recording(rx, work->key, work->arena, &recording, err) < 0)
        return -1;
    if (recording.call_number == 0)
        return error_set(err, ERROR_CONFLICT, "the recording %s is of no call", work->key);
    return store_get_call_by_number(rx, recording.call_number, work->arena, out, err);
}

static int
find(struct store_rx *rx, const struct explaining *work, struct call_row *out, struct error *err)
{
    int64_t number;
    uint64_t random;
    if (resource_id_parse(RESOURCE_CALL, work->key, &number, &random))
        return store_get_call(rx, work->key, work->arena, out, err);
    if (text_is_sid(work->key, "CA"))
        return store_get_call_by_sid(rx, work->key, work->arena, out, err);
    return find_by_recording(rx, work, out, err);
}

static int read_rows(struct store_rx *rx, void *data, struct error *err)
{
    struct explaining *work = data;
    struct call_row call;
    if (find(rx, work, &call, err) < 0 ||
        explain_read(rx, &call, work->arena, &work->rows, err) < 0)
        return -1;
    work->findings = explain_findings(&work->rows, work->now_ms, work->arena);
    return 0;
}

/* ---- print ---- */

static const char *or_dash(const char *text)
{
    return text_is_empty(text) ? "-" : text;
}

static const char *shown(const char *text, bool numbers, struct arena *arena)
{
    enum { LONGEST = 256 };
    if (text_is_empty(text) || numbers)
        return or_dash(text);
    char *out = arena_alloc(arena, LONGEST);
    text_mask_number(out, LONGEST, text);
    return out;
}

static void print_call(const struct explaining *work, bool numbers)
{
    const struct call_row *call = &work->rows.call;
    char created[TIME_TEXT_BYTES];
    time_to_rfc3339(call->created_at_ms, created);
    (void)printf("%s  %s\n", call->id, or_dash(call->root_sid));
    (void)printf("%s, %s, status %s, outcome %s, since %s\n", call_direction_text(call->direction),
                 call_placement_text(call->placement), or_dash(call_status_text(call->root.status)),
                 or_dash(call_outcome_text(call->outcome)), created);
    (void)printf("from %s to %s, identity %s", shown(call->from, numbers, work->arena),
                 shown(call->to, numbers, work->arena), or_dash(call->identity));
    if (call->root.duration_s >= 0)
        (void)printf(", %lld s", (long long)call->root.duration_s);
    (void)printf("%s%s\n", text_is_empty(call->price) ? "" : ", price ",
                 text_is_empty(call->price) ? "" : call->price);
}

static const char *when(int64_t at_ms, char *text)
{
    if (at_ms == 0)
        return "not";
    time_to_rfc3339(at_ms, text);
    return text;
}

static void print_consent(const struct explaining *work)
{
    const struct call_row *call = &work->rows.call;
    char caller[TIME_TEXT_BYTES];
    char callee[TIME_TEXT_BYTES];
    if (call->consent_text != NULL)
        (void)printf("told before it is recorded: \"%s\"; the caller %s, the callee %s\n",
                     call->consent_text, when(call->consent_caller_heard_ms, caller),
                     when(call->consent_callee_heard_ms, callee));
}

static void print_legs(const struct explaining *work, bool numbers)
{
    for (size_t i = 0; i < work->rows.legs.count; i++) {
        const struct leg_row *leg = &work->rows.legs.items[i];
        (void)printf("leg %s to %s, %s", leg->sid, shown(leg->to, numbers, work->arena),
                     or_dash(call_status_text(leg->state.status)));
        if (leg->state.duration_s >= 0)
            (void)printf(", %lld s", (long long)leg->state.duration_s);
        (void)putchar('\n');
    }
    for (size_t i = 0; i < work->rows.recordings.count; i++) {
        const struct recording_row *row = &work->rows.recordings.items[i];
        (void)printf("recording %s, %s, sound %s\n", row->sid, or_dash(row->status),
                     recording_media_text(row->media));
    }
}

/* When, since the beginning; who said it; what; and what came of it. */
static void print_entry(const struct explaining *work, const struct timeline_row *row, bool numbers)
{
    char at[TIME_TEXT_BYTES];
    time_to_rfc3339(row->at_ms, at);
    (void)printf("%s %+9.3f  %-10s %-11s %s", at,
                 (double)(row->at_ms - work->rows.call.created_at_ms) / 1000.0, explain_source(row),
                 timeline_kind_text(row->kind), explain_summary(row, numbers, work->arena));
    if (row->effect != NULL)
        (void)printf(" [%s]", row->effect);
    if (row->repeats > 0)
        (void)printf(" (came %lld times)", (long long)row->repeats + 1);
    (void)putchar('\n');
}

static void print_finding(const struct finding *finding)
{
    (void)printf("%-8s %-24s %s%s%s\n", finding_weight_text(finding->kind),
                 finding_code(finding->kind), finding->leg_sid == NULL ? "" : finding->leg_sid,
                 finding->leg_sid == NULL ? "" : ": ", finding->text);
    if (!text_is_empty(finding_advice(finding->kind)))
        (void)printf("         -> %s\n", finding_advice(finding->kind));
}

static void print_text(const struct explaining *work, bool numbers)
{
    print_call(work, numbers);
    print_consent(work);
    print_legs(work, numbers);
    (void)putchar('\n');
    for (size_t i = 0; i < work->rows.timeline.count; i++)
        print_entry(work, &work->rows.timeline.items[i], numbers);
    (void)puts(work->findings.count == 0 ? "\nNothing is the matter." : "\nDiagnosis:");
    for (size_t i = 0; i < work->findings.count; i++)
        print_finding(&work->findings.items[i]);
}

/* What came as it came has numbers in it, so it is shown with them or not at all. */
static void print_json(const struct explaining *work, bool numbers)
{
    const struct call_row *call = &work->rows.call;
    struct explanation_view view = {.parameters = numbers, .recordings = true, .numbers = numbers};
    json_t *items = json_array();
    for (size_t i = 0; i < work->rows.timeline.count; i++)
        json_array_append_new(items, explanation_entry(&work->rows.timeline.items[i], &view));
    json_auto_t *all = json_pack("{s:s, s:s, s:o, s:o}", "id", call->id, "sid",
                                 call->root_sid == NULL ? "" : call->root_sid, "timeline", items,
                                 "diagnosis", explanation_findings(&work->findings));
    (void)json_dumpf(all, stdout, JSON_INDENT(2));
    (void)putchar('\n');
}

/* ---- the subcommand ---- */

static int explain(const struct config *config, const char *key, bool json, bool numbers)
{
    auto_arena struct arena *arena = arena_create();
    struct explaining work = {
        .key = key, .now_ms = wall_clock_now_ms(wall_clock_real()), .arena = arena};
    struct error err = {0};
    struct store *store = store_open_to_read(config);
    if (store == NULL)
        return EXIT_FAILED;
    int failed = store_run_read(store, read_rows, &work, &err);
    store_close(store);
    if (failed < 0) {
        (void)fprintf(stderr, "switchhook: %s\n",
                      err.kind == ERROR_NOT_FOUND
                          ? "there is no such call in this database; an id is "
                            "call_..., CA..., rec_... or RE..."
                          : err.message);
        return EXIT_FAILED;
    }
    (json ? print_json : print_text)(&work, numbers || config->log.show_numbers);
    return EXIT_OK;
}

int program_explain(int argc, char **argv)
{
    const char *env_file = NULL;
    int json = 0;
    int numbers = 0;
    const struct argument known[] = {
        {"--env-file", &env_file, NULL    },
        {"--json",     NULL,      &json   },
        {"--numbers",  NULL,      &numbers},
    };
    if (argc < 1 || argv[0][0] == '-') {
        (void)fprintf(stderr, "usage: %s\n", usage);
        return EXIT_BAD_CONFIGURATION;
    }
    if (arguments_read(argc - 1, argv + 1, known, ARRAY_LEN(known), usage) < 0)
        return EXIT_BAD_CONFIGURATION;
    struct config *config = configuration_load(env_file, CONFIG_FOR_KEY);
    if (config == NULL)
        return EXIT_BAD_CONFIGURATION;
    int status = explain(config, argv[0], json != 0, numbers != 0);
    config_free(config);
    return status;
}
