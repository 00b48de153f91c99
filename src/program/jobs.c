/* switchhook jobs list|retry|discard: works on the database directly, whether or not a server is running. */
#include <inttypes.h>
#include <stdio.h>

#include "app/audit.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "internal.h"

static const char usage[] = "switchhook jobs list | retry ID | discard ID [--env-file FILE]";

enum { MOST_LISTED = 1000 };

struct jobs_work {
    const struct config *config;
    struct audit_entry audit;
    int64_t number;
    int64_t now_ms;
    struct arena *arena;
    struct job_rows rows;
};

static int read_dead(struct store_rx *rx, void *data, struct error *err)
{
    struct jobs_work *work = data;
    const struct job_filter filter = {.dead = true, .limit = MOST_LISTED};
    return store_list_jobs(rx, &filter, work->arena, &work->rows, err);
}

static int write_audit(struct store_tx *tx, struct jobs_work *work, struct error *err)
{
    struct job_row row;
    if (store_get_job(store_tx_reader(tx), work->number, work->arena, &row, err) < 0)
        return -1;
    work->audit.subject = arena_printf(work->arena, "%" PRId64, row.number);
    work->audit.reason = job_kind_text(row.kind);
    work->audit.call_number = row.call_number;
    return audit_append(tx, work->config, &work->audit, err);
}

static int retry(struct store_tx *tx, void *data, struct error *err)
{
    struct jobs_work *work = data;
    if (store_revive_job(tx, work->number, work->now_ms, err) < 0)
        return -1;
    return write_audit(tx, work, err);
}

static int discard(struct store_tx *tx, void *data, struct error *err)
{
    struct jobs_work *work = data;
    struct job_row row;
    if (store_get_job(store_tx_reader(tx), work->number, work->arena, &row, err) < 0)
        return -1;
    if (row.state != JOB_DEAD)
        return error_set(err, ERROR_NOT_FOUND, "the job was not given up");
    if (write_audit(tx, work, err) < 0)
        return -1;
    return store_finish_job(tx, work->number, err);
}

static int list_jobs(struct store *store)
{
    auto_arena struct arena *arena = arena_create();
    struct jobs_work work = {.arena = arena};
    struct error err = {0};
    if (store_run_read(store, read_dead, &work, &err) < 0) {
        (void)fprintf(stderr, "switchhook: the jobs cannot be read: %s\n", err.message);
        return EXIT_FAILED;
    }
    (void)printf("%-8s %-18s %-24s %-8s %-32s %s\n", "ID", "KIND", "CREATED", "ATTEMPTS", "SUBJECT",
                 "LAST ERROR");
    for (size_t i = 0; i < work.rows.count; i++) {
        const struct job_row *row = &work.rows.items[i];
        char created[TIME_TEXT_BYTES];
        time_to_rfc3339(row->created_at_ms, created);
        (void)printf("%-8" PRId64 " %-18s %-24s %-8d %-32s %s\n", row->number,
                     job_kind_text(row->kind), created, row->attempts,
                     *row->subject != '\0' ? row->subject : "-",
                     row->last_error != NULL ? row->last_error : "");
    }
    if (work.rows.count == MOST_LISTED)
        (void)fprintf(stderr, "switchhook: there may be more than these %d\n", MOST_LISTED);
    return EXIT_OK;
}

static int
move_job(struct store *store, const struct config *config, const char *id, enum audit_action action)
{
    auto_arena struct arena *arena = arena_create();
    bool again = action == AUDIT_JOB_RETRY;
    char operator_id[AUDIT_OPERATOR_BYTES];
    struct jobs_work work = {
        .config = config, .arena = arena, .now_ms = wall_clock_now_ms(wall_clock_real())};
    struct error err = {0};
    work.audit = audit_of_operator(action, work.now_ms, operator_id);
    if (!text_to_int64(id, 1, INT64_MAX, &work.number)) {
        (void)fprintf(stderr,
                      "switchhook: ID must be a number, as switchhook jobs list shows it\n");
        return EXIT_BAD_CONFIGURATION;
    }
    if (store_apply(store, again ? retry : discard, &work, &err) < 0) {
        (void)fprintf(stderr, "switchhook: %s\n",
                      err.kind == ERROR_NOT_FOUND
                          ? "no job of this number waits or was given up; see "
                            "switchhook jobs list"
                      : err.kind == ERROR_CONFLICT ? "another job about the same is open already"
                                                   : err.message);
        return EXIT_FAILED;
    }
    (void)printf(again ? "%s tries again\n" : "discarded %s\n", id);
    return EXIT_OK;
}

static int run(const char *verb, const char *id, const struct config *config)
{
    struct store *store = store_open(config, 1);
    if (store == NULL)
        return EXIT_FAILED;
    int status = text_equal(verb, "list")
                     ? list_jobs(store)
                     : move_job(store, config, id,
                                text_equal(verb, "retry") ? AUDIT_JOB_RETRY : AUDIT_JOB_DISCARD);
    store_close(store);
    return status;
}

int program_jobs(int argc, char **argv)
{
    const char *env_file = NULL;
    const struct argument known[] = {
        {"--env-file", &env_file, NULL},
    };
    const char *verb = argc > 0 ? argv[0] : "";
    bool moves = text_equal(verb, "retry") || text_equal(verb, "discard");
    if ((!text_equal(verb, "list") && !moves) || (moves && argc < 2)) {
        (void)fprintf(stderr, "usage: %s\n", usage);
        return EXIT_BAD_CONFIGURATION;
    }
    int used = moves ? 2 : 1;
    if (arguments_read(argc - used, argv + used, known, ARRAY_LEN(known), usage) < 0)
        return EXIT_BAD_CONFIGURATION;
    struct config *config = configuration_load(env_file, CONFIG_FOR_KEY);
    if (config == NULL)
        return EXIT_BAD_CONFIGURATION;
    int status = run(verb, moves ? argv[1] : NULL, config);
    config_free(config);
    return status;
}
