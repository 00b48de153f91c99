/*
 * What grows old goes. A kind is looked through in the order of its key, which is that of time, from a cursor on; each row
 * comes with its time and whether it has to stay. Where nothing old is left the cursor goes back to the beginning, for
 * what stayed last time: but that of the raw parameters, of which nothing but the emptied remains behind it.
 */
#include "engine.h"
#include "row.h"

#include "core/macros.h"

enum { CHILDREN_AT_ONCE = 500 };

struct old_row {
    int64_t key;
    int64_t at_ms;
    int64_t belongs_to;
    bool stays;
};

/* Remove the row. @return 1 if it is gone, 0 if there was too much of it for once, -1 */
typedef int remove_fn(struct store_session *s, const struct old_row *row, struct error *err);

struct aging {
    const char
        *list_sql; /* ?1 cursor, ?2 rows, ?3 time, ?4 time before which it goes even untold */
    remove_fn *remove;
    bool goes_round;
    bool wide; /* a row is a lot of work */
};

static int run_with(struct store_session *s,
                    const char *sql,
                    int64_t first,
                    int64_t second,
                    int64_t *changes,
                    struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_write_statement(s, sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, first);
    if (sqlite3_bind_parameter_count(statement.raw) > 1)
        bind_int64(&statement, 2, second);
    return statement_run(&statement, changes, err);
}

/* ---- marks ---- */

static const char cursor_sql[] = "SELECT cursor FROM retention WHERE name = ?";

static int
read_cursor(struct store_session *s, enum retention_kind kind, int64_t *out, struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(s, cursor_sql, &statement, err) < 0)
        return -1;
    bind_text(&statement, 1, retention_kind_text(kind));
    int step = statement_step(&statement, err);
    *out = step > 0 ? sqlite3_column_int64(statement.raw, 0) : 0;
    return step < 0 ? -1 : 0;
}

static const char put_mark_sql[] =
    "INSERT INTO retention (name, cursor, removed_before, removed_upto) VALUES (?1, 0, ?2, ?3) "
    "ON CONFLICT (name) DO UPDATE SET removed_before = max(removed_before, ?2), "
    "removed_upto = max(removed_upto, ?3)";
static const char put_cursor_sql[] =
    "INSERT INTO retention (name, cursor, removed_before, removed_upto) VALUES (?1, ?2, 0, 0) "
    "ON CONFLICT (name) DO UPDATE SET cursor = ?2";

static int put_mark(struct store_session *s,
                    enum retention_kind kind,
                    int64_t before_ms,
                    int64_t upto,
                    struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_write_statement(s, put_mark_sql, &statement, err) < 0)
        return -1;
    bind_text(&statement, 1, retention_kind_text(kind));
    bind_int64(&statement, 2, before_ms);
    bind_int64(&statement, 3, upto);
    return statement_run(&statement, NULL, err);
}

static int
put_cursor(struct store_session *s, enum retention_kind kind, int64_t cursor, struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_write_statement(s, put_cursor_sql, &statement, err) < 0)
        return -1;
    bind_text(&statement, 1, retention_kind_text(kind));
    bind_int64(&statement, 2, cursor);
    return statement_run(&statement, NULL, err);
}

static const char mark_sql[] = "SELECT removed_before, removed_upto FROM retention WHERE name = ?";

int sqlite_get_retention_mark(struct store_session *s,
                              enum retention_kind kind,
                              struct retention_mark *out,
                              struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(s, mark_sql, &statement, err) < 0)
        return -1;
    bind_text(&statement, 1, retention_kind_text(kind));
    int step = statement_step(&statement, err);
    *out = (struct retention_mark){0};
    if (step > 0)
        *out = (struct retention_mark){sqlite3_column_int64(statement.raw, 0),
                                       sqlite3_column_int64(statement.raw, 1)};
    return step < 0 ? -1 : 0;
}

/* ---- the timeline ---- */

#define IS_HELD(number)                                                                            \
    "EXISTS (SELECT 1 FROM recordings AS r WHERE r.call_number = " number " AND r.hold = 1)"
/* The place of the slowest subscription, or the end of the world. */
#define TOLD_UPTO                                                                                  \
    "ifnull((SELECT min(cursor) FROM subscriptions WHERE state = 'enabled'), 9223372036854775807)"
#define NEWEST "(SELECT max(sequence) FROM timeline)"

static const char list_raw_sql[] = "SELECT t.sequence, t.at, 0, t.raw IS NULL OR " IS_HELD(
    "t.call_number") " "
                     "FROM timeline AS t WHERE t.sequence > ?1 ORDER BY t.sequence LIMIT ?2";

/* The newest entry stays: its sequence is what the next one's is counted from. */
static const char list_timeline_sql[] =
    "SELECT t.sequence, t.at, 0, t.sequence = " NEWEST " OR (t.at >= ?4 AND t.sequence > " TOLD_UPTO
    ") OR " IS_HELD(
        "t.call_number") " "
                         "FROM timeline AS t WHERE t.sequence > ?1 ORDER BY t.sequence LIMIT ?2";

static const char clear_raw_sql[] = "UPDATE timeline SET raw = NULL WHERE sequence = ?";
static const char delete_entry_sql[] = "DELETE FROM timeline WHERE sequence = ?";

static int clear_raw(struct store_session *s, const struct old_row *row, struct error *err)
{
    return run_with(s, clear_raw_sql, row->key, 0, NULL, err) < 0 ? -1 : 1;
}

static int delete_entry(struct store_session *s, const struct old_row *row, struct error *err)
{
    return run_with(s, delete_entry_sql, row->key, 0, NULL, err) < 0 ? -1 : 1;
}

/* ---- transcripts ---- */

static const char list_lines_sql[] =
    "SELECT l.number, l.number >> 20, l.transcription_number, " IS_HELD(
        "l.call_number") " "
                         "FROM transcript_lines AS l WHERE l.number > ?1 ORDER BY l.number LIMIT "
                         "?2";
static const char delete_line_sql[] = "DELETE FROM transcript_lines WHERE number = ?";
static const char uncount_line_sql[] =
    "UPDATE transcriptions SET lines = lines - 1 WHERE number = ? AND lines > 0";

static int delete_line(struct store_session *s, const struct old_row *row, struct error *err)
{
    if (run_with(s, delete_line_sql, row->key, 0, NULL, err) < 0 ||
        run_with(s, uncount_line_sql, row->belongs_to, 0, NULL, err) < 0)
        return -1;
    return 1;
}

/* ---- calls ---- */

static const char list_calls_sql[] =
    "SELECT c.number, c.number >> 20, 0, c.due_at <> 0 "
    "OR c.placement = 'intended' OR c.placement = 'sending' OR c.placement = 'unknown' "
    "OR EXISTS (SELECT 1 FROM recordings AS r WHERE r.call_number = c.number AND "
    "(r.hold = 1 OR r.media = 'wanted' OR r.media = 'stored' OR r.media = 'failed')) "
    "OR EXISTS (SELECT 1 FROM jobs AS j WHERE j.call_number = c.number AND j.state <> 'dead') "
    "OR EXISTS (SELECT 1 FROM subscriptions CROSS JOIN deliveries AS d "
    "WHERE d.subscription = subscriptions.number AND d.call_number = c.number "
    "AND (d.state = 'pending' OR d.state = 'waiting')) "
    "OR EXISTS (SELECT 1 FROM timeline AS t WHERE t.call_number = c.number AND (t.sequence "
    "= " NEWEST " OR (t.at >= ?4 AND t.sequence > " TOLD_UPTO "))) "
    "FROM calls AS c WHERE c.number > ?1 AND c.number < (?3 << 20) ORDER BY c.number LIMIT ?2";

static const char last_entry_sql[] =
    "SELECT ifnull(max(sequence), 0) FROM timeline WHERE call_number = ?";

/* What there may be a lot of comes first, so many rows at once. */
static const char *const children_sql[] = {
    "DELETE FROM timeline WHERE sequence IN "
    "(SELECT sequence FROM timeline WHERE call_number = ? LIMIT ?)",
    "DELETE FROM transcript_lines WHERE number IN "
    "(SELECT number FROM transcript_lines WHERE call_number = ? LIMIT ?)",
    "DELETE FROM transcript_partials WHERE call_number = ?",
    "DELETE FROM transcriptions WHERE call_number = ?",
    "DELETE FROM voicemails WHERE call_number = ?",
    "DELETE FROM recordings WHERE call_number = ?",
    "DELETE FROM jobs WHERE call_number = ?",
    "DELETE FROM idempotency WHERE call_number = ?",
    "DELETE FROM places WHERE call_number = ?",
    "DELETE FROM legs WHERE call_number = ?",
    "DELETE FROM calls WHERE number = ?",
};

/* Who listens to live events and comes back is told that some are missing. */
static int mark_entries(struct store_session *s, const struct old_row *row, struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(s, last_entry_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, row->key);
    if (statement_step(&statement, err) < 0)
        return -1;
    return put_mark(s, RETENTION_TIMELINE, 0, sqlite3_column_int64(statement.raw, 0), err);
}

static int delete_call(struct store_session *s, const struct old_row *row, struct error *err)
{
    if (mark_entries(s, row, err) < 0)
        return -1;
    for (size_t i = 0; i < ARRAY_LEN(children_sql); i++) {
        int64_t changes = 0;
        if (run_with(s, children_sql[i], row->key, CHILDREN_AT_ONCE, &changes, err) < 0)
            return -1;
        if (changes == CHILDREN_AT_ONCE)
            return 0;
    }
    return 1;
}

/* ---- what has an order of its own ---- */

static const char prune_jobs_sql[] =
    "DELETE FROM jobs WHERE number IN (SELECT number FROM "
    "(SELECT number, created_at FROM jobs WHERE state = 'dead' ORDER BY number LIMIT ?2) "
    "WHERE created_at < ?1)";
static const char prune_groups_sql[] =
    "DELETE FROM identity_groups WHERE identity IN "
    "(SELECT identity FROM identity_groups WHERE updated_at < ? ORDER BY updated_at LIMIT ?)";

static int prune_by_age(struct store_session *s, struct pruning *step, struct error *err)
{
    const char *sql = step->kind == RETENTION_DEAD_JOBS ? prune_jobs_sql : prune_groups_sql;
    int64_t removed = 0;
    if (session_prune(s, sql, step->before_ms, step->limit, &removed, err) < 0)
        return -1;
    step->removed += removed;
    step->more = removed == (int64_t)step->limit;
    return removed == 0 ? 0 : put_mark(s, step->kind, step->before_ms, 0, err);
}

/* ---- a step ---- */

static const struct aging agings[RETENTION_KIND_COUNT] = {
    [RETENTION_RAW] = {list_raw_sql,      clear_raw,    false, false},
    [RETENTION_TIMELINE] = {list_timeline_sql, delete_entry, true,  false},
    [RETENTION_TRANSCRIPTS] = {list_lines_sql,    delete_line,  true,  false},
    [RETENTION_CALLS] = {list_calls_sql,    delete_call,  true,  true },
};

static int read_row(struct statement *statement, struct arena *arena, void *out, struct error *err)
{
    struct old_row *row = out;
    (void)arena;
    (void)err;
    *row = (struct old_row){
        .key = sqlite3_column_int64(statement->raw, 0),
        .at_ms = sqlite3_column_int64(statement->raw, 1),
        .belongs_to = sqlite3_column_int64(statement->raw, 2),
        .stays = sqlite3_column_int(statement->raw, 3) != 0,
    };
    return 0;
}

struct old_rows {
    struct old_row *items;
    size_t count;
    size_t limit;
    int64_t cursor;
};

static int list_rows(struct store_session *s,
                     const struct pruning *step,
                     struct arena *arena,
                     struct old_rows *out,
                     struct error *err)
{
    const struct aging *aging = &agings[step->kind];
    auto_statement struct statement statement = {0};
    void *items = NULL;
    if (read_cursor(s, step->kind, &out->cursor, err) < 0 ||
        session_statement(s, aging->list_sql, &statement, err) < 0)
        return -1;
    int parameters = sqlite3_bind_parameter_count(statement.raw);
    out->limit = aging->wide ? step->limit / 10 + 1 : step->limit;
    bind_int64(&statement, 1, out->cursor);
    bind_int64(&statement, 2, (int64_t)out->limit);
    if (parameters > 2)
        bind_int64(&statement, 3, step->before_ms);
    if (parameters > 3)
        bind_int64(&statement, 4, step->told_before_ms);
    if (rows_collect(&statement, read_row, sizeof *out->items, arena, &items, &out->count, err) < 0)
        return -1;
    out->items = items;
    return 0;
}

/* @return how many were passed: removed, or left because they stay; fewer than `count` if the rest is young, or later */
static int remove_old(struct store_session *s,
                      struct pruning *step,
                      struct old_rows *rows,
                      size_t *passed,
                      int64_t *upto,
                      struct error *err)
{
    for (*passed = 0; *passed < rows->count; (*passed)++) {
        const struct old_row *row = &rows->items[*passed];
        if (row->at_ms >= step->before_ms)
            return 0;
        if (row->stays)
            continue;
        int gone = agings[step->kind].remove(s, row, err);
        if (gone < 0)
            return -1;
        if (gone == 0) {
            step->more = true;
            return 0;
        }
        *upto = row->key;
        step->removed++;
    }
    step->more = rows->count == rows->limit;
    return 0;
}

static int prune_in_order(struct store_session *s, struct pruning *step, struct error *err)
{
    auto_arena struct arena *arena = arena_create();
    struct old_rows rows = {0};
    size_t passed = 0;
    int64_t upto = 0;
    if (list_rows(s, step, arena, &rows, err) < 0 ||
        remove_old(s, step, &rows, &passed, &upto, err) < 0)
        return -1;
    int64_t cursor = passed > 0 ? rows.items[passed - 1].key : rows.cursor;
    if (agings[step->kind].goes_round && !step->more)
        cursor = 0;
    if (cursor != rows.cursor && put_cursor(s, step->kind, cursor, err) < 0)
        return -1;
    return upto == 0 ? 0 : put_mark(s, step->kind, step->before_ms, upto, err);
}

/* Pages that become free are overwritten as well, which costs too much in everyday's work. */
int sqlite_prune(struct store_session *s, struct pruning *step, struct error *err)
{
    if (session_exec(s, "PRAGMA secure_delete = ON", err) < 0)
        return -1;
    int failed = agings[step->kind].remove != NULL ? prune_in_order(s, step, err)
                                                   : prune_by_age(s, step, err);
    struct error ignored = {0};
    if (session_exec(s, "PRAGMA secure_delete = FAST", failed ? &ignored : err) < 0)
        return -1;
    return failed;
}
