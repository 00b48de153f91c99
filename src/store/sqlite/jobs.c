/*
 * Jobs: pending, leased, dead; done ones are gone.
 */
#include "engine.h"
#include "words.h"

#include "core/macros.h"

static const struct column columns[] = {
    COLUMN(TEXT, job_row, account_sid),      COLUMN_OF_WORDS(job_words, job_row, kind),
    COLUMN(INT64_SET, job_row, call_number), COLUMN_OF_WORDS(job_state_words, job_row, state),
    COLUMN(INT64, job_row, run_at_ms),       COLUMN(INT64, job_row, leased_until_ms),
    COLUMN(INT, job_row, attempts),          COLUMN(TEXT, job_row, last_error),
    COLUMN(INT64, job_row, created_at_ms),   COLUMN(TEXT, job_row, subject),
};
#define COLUMNS                                                                                    \
    "account_sid, kind, call_number, state, run_at, leased_until, attempts, last_error, "          \
    "created_at, subject"
enum { NUMBER_AT = ARRAY_LEN(columns) };

/* The words of the partial indexes jobs_due and jobs_open: without them they are not used. */
#define OPEN "state <> 'dead'"

/* When a job is due; the words of index jobs_due as well. */
#define DUE "CASE state WHEN 'leased' THEN leased_until ELSE run_at END"

static int read_job(struct statement *statement, struct arena *arena, void *out, struct error *err)
{
    struct job_row *row = out;
    row->number = sqlite3_column_int64(statement->raw, NUMBER_AT);
    return row_read(statement, 0, columns, ARRAY_LEN(columns), arena, row, err);
}

static const char insert_sql[] =
    "INSERT INTO jobs (" COLUMNS ", lane) VALUES (?,?,?,?,?,?,?,?,?,?,?)";

int sqlite_insert_job(struct store_session *s, struct job_row *row, struct error *err)
{
    auto_statement struct statement statement = {0};
    struct job_row fresh = *row;
    fresh.state = JOB_PENDING;
    fresh.leased_until_ms = 0;
    fresh.attempts = 0;
    fresh.last_error = NULL;
    if (fresh.subject == NULL)
        fresh.subject = "";

    if (session_write_statement(s, insert_sql, &statement, err) < 0)
        return -1;
    row_bind(&statement, 1, columns, ARRAY_LEN(columns), &fresh);
    bind_text(&statement, ARRAY_LEN(columns) + 1, job_lane_text(job_kind_lane(fresh.kind)));
    if (statement_run(&statement, NULL, err) < 0)
        return -1;
    fresh.number = sqlite3_last_insert_rowid(s->db);
    *row = fresh;
    return 0;
}

/* ---- claiming ---- */

static const char next_sql[] =
    "SELECT " COLUMNS ", number FROM jobs "
    "WHERE " OPEN " AND lane = ? AND " DUE " <= ? ORDER BY " DUE ", number LIMIT 1";
static const char lease_sql[] = "UPDATE jobs SET state = 'leased', leased_until = ?2, attempts = "
                                "attempts + 1 WHERE number = ?1";

int sqlite_claim_job(struct store_session *s,
                     enum job_lane lane,
                     int64_t now_ms,
                     int64_t lease_ms,
                     struct arena *arena,
                     struct job_row *out,
                     bool *expired,
                     struct error *err)
{
    auto_statement struct statement next = {0};
    auto_statement struct statement lease = {0};
    struct job_row row = {0};

    if (session_write_statement(s, next_sql, &next, err) < 0 ||
        session_write_statement(s, lease_sql, &lease, err) < 0)
        return -1;
    bind_text(&next, 1, job_lane_text(lane));
    bind_int64(&next, 2, now_ms);
    if (row_find(&next, read_job, sizeof row, arena, &row, err) < 0)
        return -1;
    bind_int64(&lease, 1, row.number);
    bind_int64(&lease, 2, now_ms + lease_ms);
    if (statement_run(&lease, NULL, err) < 0)
        return -1;
    *expired = row.state == JOB_LEASED;
    row.state = JOB_LEASED;
    row.attempts++;
    row.leased_until_ms = now_ms + lease_ms;
    *out = row;
    return 0;
}

static const char expire_sql[] =
    "UPDATE jobs SET leased_until = ?1 WHERE state = 'leased' AND leased_until > ?1 AND " OPEN;

int sqlite_expire_leases(struct store_session *s, int64_t now_ms, struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_write_statement(s, expire_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, now_ms);
    return statement_run(&statement, NULL, err);
}

static const char next_at_sql[] =
    "SELECT " DUE " FROM jobs WHERE " OPEN " AND lane = ? ORDER BY " DUE " LIMIT 1";

int sqlite_next_job_at(struct store_session *s, enum job_lane lane, int64_t *out, struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(s, next_at_sql, &statement, err) < 0)
        return -1;
    bind_text(&statement, 1, job_lane_text(lane));
    int step = statement_step(&statement, err);
    if (step < 0)
        return -1;
    *out = step > 0 ? sqlite3_column_int64(statement.raw, 0) : 0;
    return 0;
}

/* ---- ending ---- */

static int run_on_one(struct statement *statement, struct error *err)
{
    int64_t changes = 0;
    if (statement_run(statement, &changes, err) < 0)
        return -1;
    return changes > 0 ? 0 : error_set(err, ERROR_NOT_FOUND, "there is no such job");
}

static const char finish_sql[] = "DELETE FROM jobs WHERE number = ?";

int sqlite_finish_job(struct store_session *s, int64_t number, struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_write_statement(s, finish_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, number);
    return run_on_one(&statement, err);
}

static const char retry_sql[] = "UPDATE jobs SET state = 'pending', run_at = ?2, leased_until = 0, "
                                "last_error = ?3 WHERE number = ?1";
static const char return_sql[] =
    "UPDATE jobs SET state = 'pending', run_at = ?2, leased_until = 0, "
    "last_error = ?3, attempts = max(attempts - 1, 0) WHERE number = ?1";

static int run_again(struct store_session *s,
                     const char *sql,
                     int64_t number,
                     int64_t run_at_ms,
                     const char *why,
                     struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_write_statement(s, sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, number);
    bind_int64(&statement, 2, run_at_ms);
    bind_text(&statement, 3, why);
    return run_on_one(&statement, err);
}

int sqlite_retry_job(struct store_session *s,
                     int64_t number,
                     int64_t run_at_ms,
                     const char *last_error,
                     struct error *err)
{
    return run_again(s, retry_sql, number, run_at_ms, last_error, err);
}

int sqlite_return_job(
    struct store_session *s, int64_t number, int64_t run_at_ms, const char *why, struct error *err)
{
    return run_again(s, return_sql, number, run_at_ms, why, err);
}

static const char bury_sql[] =
    "UPDATE jobs SET state = 'dead', leased_until = 0, last_error = ?2 WHERE number = ?1";

int sqlite_bury_job(struct store_session *s,
                    int64_t number,
                    const char *last_error,
                    struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_write_statement(s, bury_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, number);
    bind_text(&statement, 2, last_error);
    return run_on_one(&statement, err);
}

static const char cancel_sql[] =
    "DELETE FROM jobs "
    "WHERE call_number IS ? AND kind = ? AND subject = ? AND state = 'pending' AND " OPEN;

int sqlite_cancel_job(struct store_session *s,
                      enum job_kind kind,
                      int64_t call_number,
                      const char *subject,
                      struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_write_statement(s, cancel_sql, &statement, err) < 0)
        return -1;
    if (call_number != 0) /* else NULL, as it is stored */
        bind_int64(&statement, 1, call_number);
    bind_text(&statement, 2, job_kind_text(kind));
    bind_text(&statement, 3, subject);
    return run_on_one(&statement, err);
}

/* ---- for an operator ---- */

static const char get_sql[] = "SELECT " COLUMNS ", number FROM jobs WHERE number = ?";

int sqlite_get_job(struct store_session *s,
                   int64_t number,
                   struct arena *arena,
                   struct job_row *out,
                   struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(s, get_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, number);
    return row_find(&statement, read_job, sizeof *out, arena, out, err);
}

static const char revive_sql[] = "UPDATE jobs SET state = 'pending', run_at = ?2, attempts = 0 "
                                 "WHERE number = ?1 AND state <> 'leased'";

int sqlite_revive_job(struct store_session *s, int64_t number, int64_t run_at_ms, struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_write_statement(s, revive_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, number);
    bind_int64(&statement, 2, run_at_ms);
    return run_on_one(&statement, err);
}

static const char dead_sql[] = "SELECT " COLUMNS ", number FROM jobs "
                               "WHERE state = 'dead' AND number < ? ORDER BY number DESC LIMIT ?";
/* By the key: the open ones are most of the table. */
static const char open_sql[] = "SELECT " COLUMNS ", number FROM jobs NOT INDEXED "
                               "WHERE " OPEN " AND number < ? ORDER BY number DESC LIMIT ?";

int sqlite_list_jobs(struct store_session *s,
                     const struct job_filter *filter,
                     struct arena *arena,
                     struct job_rows *out,
                     struct error *err)
{
    auto_statement struct statement statement = {0};
    void *items = NULL;

    if (session_statement(s, filter->dead ? dead_sql : open_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, filter->before_number > 0 ? filter->before_number : INT64_MAX);
    bind_int64(&statement, 2, (int64_t)filter->limit);
    if (rows_collect(&statement, read_job, sizeof *out->items, arena, &items, &out->count, err) < 0)
        return -1;
    out->items = items;
    return 0;
}
