/*
 * A person is erased: the calls that are theirs one by one, then whatever else names them, table by table (personal.h).
 */
#include "engine.h"
#include "personal.h"
#include "row.h"
#include "store/privacy.h"

#include <string.h>

#include "core/buf.h"
#include "core/macros.h"
#include "voice/person.h"

enum { ROWS_AT_ONCE = 500, PAGES_AT_ONCE = 64, FILLERS_AT_ONCE = 4, SQL_BYTES = 16 * 1024 };

/* ---- what SQL asks voice/person.h ---- */

static const char *text_argument(sqlite3_value **arguments, int index)
{
    return (const char *)sqlite3_value_text(arguments[index]);
}

/* person_is(who, text): is it that person's name? */
static void sql_is(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    sqlite3_result_int(context,
                       person_is(text_argument(arguments, 0), text_argument(arguments, 1)));
}

/* person_in(who, text): does it name the person? */
static void sql_in(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    const char *who = text_argument(arguments, 0);
    const char *text = text_argument(arguments, 1);
    size_t length = 0;
    (void)count;
    sqlite3_result_int(context, person_is(who, text) || person_find(who, text, &length) != NULL);
}

/* person_masked(who, text) */
static void sql_masked(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    auto_arena struct arena *arena = arena_create();
    const char *who = text_argument(arguments, 0);
    const char *text = text_argument(arguments, 1);
    const char *masked = person_is(who, text) && strchr(text, ':') == NULL
                             ? PERSON_ERASED
                             : person_mask(who, text, arena);
    (void)count;
    sqlite3_result_text(context, masked, -1, SQLITE_TRANSIENT);
}

int erase_add_functions(sqlite3 *db)
{
    static const struct {
        const char *name;
        void (*run)(sqlite3_context *, int, sqlite3_value **);
    } functions[] = {
        {"person_is",     sql_is    },
        {"person_in",     sql_in    },
        {"person_masked", sql_masked},
    };
    int code = SQLITE_OK;
    for (size_t i = 0; i < ARRAY_LEN(functions) && code == SQLITE_OK; i++)
        code = sqlite3_create_function_v2(db, functions[i].name, 2,
                                          SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY,
                                          NULL, functions[i].run, NULL, NULL, NULL);
    return code;
}

/* ---- calls ---- */

#define GOES_ON(call)                                                                              \
    "NOT (" call ".placement = 'refused' OR " call ".placement = 'canceled' OR " call              \
    ".status = 'completed' OR " call ".status = 'busy' OR " call ".status = 'failed' OR " call     \
    ".status = 'no-answer' OR " call ".status = 'canceled')"

static const char list_sql[] =
    "SELECT p.number, p.mine, p.goes_on, EXISTS (SELECT 1 FROM recordings AS r "
    "WHERE r.call_number = p.number AND r.hold = 1) FROM ("
    "SELECT c.number AS number, " GOES_ON(
        "c") " AS goes_on, "
             "person_is(?1, c.from_address) OR person_is(?1, c.to_address) OR person_is(?1, "
             "c.identity) "
             "OR person_is(?1, c.owner) OR person_in(?1, c.plan) "
             "OR EXISTS (SELECT 1 FROM legs AS l WHERE l.call_number = c.number "
             "AND (person_is(?1, l.from_address) OR person_is(?1, l.to_address))) "
             "OR EXISTS (SELECT 1 FROM voicemails AS v WHERE v.call_number = c.number "
             "AND (person_is(?1, v.from_address) OR person_is(?1, v.identity))) AS mine "
             "FROM calls AS c WHERE c.number > ?2 ORDER BY c.number LIMIT ?3) AS p";

int sqlite_list_calls_of_person(struct store_session *s,
                                const char *who,
                                int64_t after,
                                size_t limit,
                                struct arena *arena,
                                struct person_calls *out,
                                struct error *err)
{
    auto_statement struct statement statement = {0};
    struct person_calls calls = {.upto = after,
                                 .items = arena_alloc(arena, limit * sizeof(*calls.items))};
    size_t seen = 0;
    int step;
    if (session_statement(s, list_sql, &statement, err) < 0)
        return -1;
    bind_text(&statement, 1, who);
    bind_int64(&statement, 2, after);
    bind_int64(&statement, 3, (int64_t)limit);
    while ((step = statement_step(&statement, err)) > 0) {
        seen++;
        calls.upto = sqlite3_column_int64(statement.raw, 0);
        if (sqlite3_column_int(statement.raw, 1) != 0)
            calls.items[calls.count++] =
                (struct person_call){.number = calls.upto,
                                     .going_on = sqlite3_column_int(statement.raw, 2) != 0,
                                     .held = sqlite3_column_int(statement.raw, 3) != 0};
    }
    if (step < 0)
        return -1;
    calls.more = seen == limit;
    *out = calls;
    return 0;
}

/* ?1 call, ?2 who, ?3 now, ?4 rows at once, ?5 now, negative if Twilio keeps what it has. Those that count and may be many come first. */
static const char *const call_sql[] = {
    "UPDATE timeline SET raw = NULL, answer = NULL WHERE sequence IN (SELECT sequence FROM "
    "timeline "
    "WHERE call_number = ?1 AND (raw IS NOT NULL OR answer IS NOT NULL) LIMIT ?4)",
    "DELETE FROM transcript_lines WHERE number IN "
    "(SELECT number FROM transcript_lines WHERE call_number = ?1 LIMIT ?4)",
    "DELETE FROM transcript_partials WHERE call_number = ?1",
    "UPDATE transcriptions SET inbound_label = NULL, outbound_label = NULL, error = NULL, lines = "
    "0 "
    "WHERE call_number = ?1",
    "UPDATE voicemails SET from_address = person_masked(?2, from_address), "
    "to_address = person_masked(?2, to_address), "
    "identity = CASE WHEN person_is(?2, identity) THEN NULL ELSE identity END, "
    "deleted_at = CASE deleted_at WHEN 0 THEN ?3 ELSE deleted_at END WHERE call_number = ?1",
    "UPDATE recordings SET media = CASE WHEN media = 'absent' OR media = 'none' THEN media "
    "ELSE 'deleted' END, media_key = NULL, media_sha256 = NULL, media_error = NULL, tag = NULL, "
    "deleted_at = CASE deleted_at WHEN 0 THEN ?3 ELSE deleted_at END, "
    "identity = CASE WHEN person_is(?2, identity) THEN NULL ELSE identity END, "
    "owner = CASE WHEN person_is(?2, owner) THEN NULL ELSE owner END WHERE call_number = ?1",
    "UPDATE legs SET from_address = person_masked(?2, from_address), "
    "to_address = person_masked(?2, to_address) WHERE call_number = ?1",
    "DELETE FROM jobs WHERE call_number = ?1 AND state <> 'leased' AND kind <> 'erase_at_twilio'",
    "UPDATE idempotency SET body = '{}' WHERE call_number = ?1 AND body IS NOT NULL",
    "UPDATE audit SET number = CASE WHEN number IS NULL THEN NULL ELSE 'erased' END "
    "WHERE call_number = ?1",
    "UPDATE calls SET from_address = person_masked(?2, from_address), "
    "to_address = person_masked(?2, to_address), "
    "identity = CASE WHEN person_is(?2, identity) THEN NULL ELSE identity END, "
    "owner = CASE WHEN person_is(?2, owner) THEN NULL ELSE owner END, "
    "refusal = NULL, plan = NULL, metadata = NULL, due_at = 0, "
    "erased_at = CASE erased_at WHEN 0 THEN ?5 ELSE erased_at END WHERE number = ?1",
};
enum { ENTRIES_SQL, LINES_SQL };

static int run_call_sql(struct store_session *s,
                        const char *sql,
                        const struct call_erasure *work,
                        int64_t *changes,
                        struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_write_statement(s, sql, &statement, err) < 0)
        return -1;
    int parameters = sqlite3_bind_parameter_count(statement.raw);
    bind_int64(&statement, 1, work->call_number);
    if (parameters >= 2)
        bind_text(&statement, 2, work->who);
    if (parameters >= 3)
        bind_int64(&statement, 3, work->now_ms);
    if (parameters >= 4)
        bind_int64(&statement, 4, ROWS_AT_ONCE);
    if (parameters >= 5)
        bind_int64(&statement, 5, work->keep_at_twilio ? -work->now_ms : work->now_ms);
    return statement_run(&statement, changes, err);
}

static int erase_call(struct store_session *s, struct call_erasure *work, struct error *err)
{
    for (size_t i = 0; i < ARRAY_LEN(call_sql); i++) {
        int64_t changes = 0;
        if (run_call_sql(s, call_sql[i], work, &changes, err) < 0)
            return -1;
        if (i == ENTRIES_SQL)
            work->entries = changes;
        if (i == LINES_SQL)
            work->lines = changes;
        work->more = i <= LINES_SQL && changes == ROWS_AT_ONCE;
        if (work->more)
            return 0;
    }
    return 0;
}

static const char erased_sql[] = "SELECT erased_at FROM calls WHERE number = ?";

int sqlite_get_call_erased(struct store_session *s,
                           int64_t call_number,
                           enum call_erased *out,
                           struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(s, erased_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, call_number);
    int step = statement_step(&statement, err);
    int64_t at_ms = step > 0 ? sqlite3_column_int64(statement.raw, 0) : 0;
    *out = at_ms == 0 ? CALL_NOT_ERASED : at_ms > 0 ? CALL_ERASED : CALL_ERASED_HERE;
    return step < 0 ? -1 : 0;
}

/* ---- everything else ---- */

/* Calls `each` with the name of each column of a list. */
typedef void column_fn(struct buf *sql, const char *column, int length);

static void for_each(struct buf *sql, const char *list, column_fn *each)
{
    while (list != NULL && *list != '\0') {
        size_t length = strcspn(list, " ");
        each(sql, list, (int)length);
        list += length + (list[length] == ' ' ? 1 : 0);
    }
}

/* The texts are made of the lists above, which fit. */
#define add(sql, ...) ASSERT(buf_printf(sql, __VA_ARGS__) == 0)

static void add_hit(struct buf *sql, const char *column, int length)
{
    add(sql, " OR person_in(?1, %.*s)", length, column);
}

static void add_masked(struct buf *sql, const char *column, int length)
{
    add(sql, ", %.*s = person_masked(?1, %.*s)", length, column, length, column);
}

static void add_unset(struct buf *sql, const char *column, int length)
{
    add(sql, ", %.*s = CASE WHEN person_is(?1, %.*s) THEN NULL ELSE %.*s END", length, column,
        length, column, length, column);
}

static void add_emptied(struct buf *sql, const char *column, int length)
{
    add(sql, ", %.*s = NULL", length, column);
}

static void add_hits(struct buf *sql, const struct personal_table *table, bool dropped_only)
{
    add(sql, "(0");
    for_each(sql, table->dropped, add_hit);
    if (!dropped_only) {
        for_each(sql, table->masked, add_hit);
        for_each(sql, table->unset, add_hit);
        for_each(sql, table->emptied, add_hit);
        for_each(sql, table->settings, add_hit);
    }
    if (!dropped_only && table->also != NULL)
        add(sql, " OR (%s)", table->also);
    add(sql, ")");
    if (table->call != NULL)
        add(sql,
            " AND NOT EXISTS (SELECT 1 FROM calls AS c WHERE c.number = t.%s AND " GOES_ON(
                "c") ")"
                     " AND NOT EXISTS (SELECT 1 FROM recordings AS r WHERE r.call_number = t.%s "
                     "AND r.hold "
                     "= 1)",
            table->call, table->call);
}

static bool is_walked(const struct personal_table *table)
{
    return table->masked != NULL || table->unset != NULL || table->emptied != NULL ||
           table->dropped != NULL || table->settings != NULL;
}

static bool is_settings_alone(const struct personal_table *table)
{
    return table->masked == NULL && table->settings != NULL;
}

/* How many rows, how many of them name the person, the last key. */
static void write_find(struct buf *sql, const struct personal_table *table)
{
    if (table->key == NULL) {
        add(sql, "SELECT 0, count(*), 0 FROM %s AS t WHERE ", table->name);
        add_hits(sql, table, false);
        return;
    }
    add(sql, "SELECT count(*), ifnull(sum(hit), 0), ifnull(max(k), 0) FROM (SELECT t.%s AS k, ",
        table->key);
    add_hits(sql, table, false);
    add(sql, " AS hit FROM %s AS t WHERE t.%s > ?2 ORDER BY t.%s LIMIT ?3)", table->name,
        table->key, table->key);
}

int sqlite_find_person(struct store_session *s, struct person_walk *walk, struct error *err)
{
    while (walk->table < personal_table_count && !is_walked(&personal_tables[walk->table]))
        walk->table++;
    walk->found = 0;
    walk->name = NULL;
    if (walk->table >= personal_table_count)
        return 0;
    const struct personal_table *table = &personal_tables[walk->table];
    auto_statement struct statement statement = {0};
    auto_buf struct buf sql;
    buf_init(&sql, SQL_BYTES);
    write_find(&sql, table);
    if (session_prepare(s, sql.data, &statement, err) < 0)
        return -1;
    bind_text(&statement, 1, walk->who);
    if (table->key != NULL) {
        bind_int64(&statement, 2, walk->after);
        bind_int64(&statement, 3, (int64_t)walk->limit);
    }
    if (statement_step(&statement, err) < 0)
        return -1;
    bool last = sqlite3_column_int64(statement.raw, 0) < (int64_t)walk->limit;
    walk->found = sqlite3_column_int64(statement.raw, 1);
    walk->upto = last ? INT64_MAX : sqlite3_column_int64(statement.raw, 2);
    walk->name = table->name;
    walk->is_settings = is_settings_alone(table);
    return 0;
}

static void write_where(struct buf *sql, const struct personal_table *table, bool dropped_only)
{
    if (table->key != NULL)
        add(sql, " WHERE t.%s > ?2 AND t.%s <= ?3 AND ", table->key, table->key);
    else
        add(sql, " WHERE ");
    add_hits(sql, table, dropped_only);
}

static int run_mask(struct store_session *s,
                    const struct person_walk *walk,
                    const char *sql,
                    struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_prepare(s, sql, &statement, err) < 0)
        return -1;
    bind_text(&statement, 1, walk->who);
    if (sqlite3_bind_parameter_count(statement.raw) > 1) {
        bind_int64(&statement, 2, walk->after);
        bind_int64(&statement, 3, walk->upto);
    }
    return statement_run(&statement, NULL, err);
}

static int drop_rows(struct store_session *s,
                     const struct person_walk *walk,
                     const struct personal_table *table,
                     struct error *err)
{
    auto_buf struct buf sql;
    buf_init(&sql, SQL_BYTES);
    add(&sql, "DELETE FROM %s AS t", table->name);
    write_where(&sql, table, true);
    return run_mask(s, walk, sql.data, err);
}

static int mask_rows(struct store_session *s,
                     const struct person_walk *walk,
                     const struct personal_table *table,
                     struct error *err)
{
    auto_buf struct buf columns;
    auto_buf struct buf sql;
    buf_init(&columns, SQL_BYTES);
    buf_init(&sql, SQL_BYTES);
    for_each(&columns, table->masked, add_masked);
    for_each(&columns, table->unset, add_unset);
    for_each(&columns, table->emptied, add_emptied);
    add(&sql, "UPDATE %s AS t SET %s", table->name, columns.data + strlen(", "));
    write_where(&sql, table, false);
    return run_mask(s, walk, sql.data, err);
}

static int mask_person(struct store_session *s, const struct person_walk *walk, struct error *err)
{
    const struct personal_table *table = &personal_tables[walk->table];
    if (table->dropped != NULL && drop_rows(s, walk, table, err) < 0)
        return -1;
    if (table->masked == NULL && table->unset == NULL && table->emptied == NULL)
        return 0;
    return mask_rows(s, walk, table, err);
}

/* ---- what was written before is overwritten ---- */

typedef int wiping_fn(struct store_session *s, void *work, struct error *err);

/* Pages that become free are overwritten as well, which costs too much in everyday's work. */
static int wiping(struct store_session *s, wiping_fn *run, void *work, struct error *err)
{
    if (session_exec(s, "PRAGMA secure_delete = ON", err) < 0)
        return -1;
    int failed = run(s, work, err);
    struct error ignored = {0};
    if (session_exec(s, "PRAGMA secure_delete = FAST", failed ? &ignored : err) < 0)
        return -1;
    return failed;
}

static int wipe_call(struct store_session *s, void *work, struct error *err)
{
    return erase_call(s, work, err);
}

int sqlite_erase_call(struct store_session *s, struct call_erasure *work, struct error *err)
{
    return wiping(s, wipe_call, work, err);
}

static int wipe_rows(struct store_session *s, void *work, struct error *err)
{
    const struct person_walk *const *walk = work;
    return mask_person(s, *walk, err);
}

int sqlite_mask_person(struct store_session *s, const struct person_walk *walk, struct error *err)
{
    return wiping(s, wipe_rows, &walk, err);
}

/* A merge that was begun goes on, a bounded number of pages at a time, until all is one segment without what has gone. */
static const char merge_sql[] =
    "INSERT INTO transcript_search (transcript_search, rank) VALUES ('merge', -200)";

static int wipe_words(struct store_session *s, void *work, struct error *err)
{
    bool *more = work;
    int before = sqlite3_total_changes(s->db);
    auto_statement struct statement statement = {0};
    if (session_write_statement(s, merge_sql, &statement, err) < 0 ||
        statement_run(&statement, NULL, err) < 0)
        return -1;
    *more = sqlite3_total_changes(s->db) - before >= 2; /* so SQLite's documentation of 'merge' */
    return 0;
}

int sqlite_rewrite_search(struct store_session *s, bool *more, struct error *err)
{
    *more = false;
    return wiping(s, wipe_words, more, err);
}

/* ---- free pages ---- */

static const char free_sql[] =
    "SELECT freelist_count, page_size FROM pragma_freelist_count, pragma_page_size";
static const char fill_sql[] = "INSERT INTO filler (blank) VALUES (zeroblob(?))";
static const char drop_sql[] =
    "DELETE FROM filler WHERE number IN (SELECT number FROM filler LIMIT ?)";

int sqlite_fill_free_pages(struct store_session *s, bool *more, struct error *err)
{
    auto_statement struct statement count = {0};
    auto_statement struct statement fill = {0};
    if (session_prepare(s, free_sql, &count, err) < 0 || statement_step(&count, err) < 0)
        return -1;
    int64_t pages = sqlite3_column_int64(count.raw, 0);
    int64_t page_bytes = sqlite3_column_int64(count.raw, 1);
    *more = pages > PAGES_AT_ONCE;
    if (pages == 0)
        return 0;
    if (session_write_statement(s, fill_sql, &fill, err) < 0)
        return -1;
    bind_int64(&fill, 1, (*more ? PAGES_AT_ONCE : pages) * page_bytes);
    return statement_run(&fill, NULL, err);
}

static int wipe_filler(struct store_session *s, void *work, struct error *err)
{
    bool *more = work;
    int64_t changes = 0;
    auto_statement struct statement statement = {0};
    if (session_write_statement(s, drop_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, FILLERS_AT_ONCE);
    if (statement_run(&statement, &changes, err) < 0)
        return -1;
    *more = changes == FILLERS_AT_ONCE;
    return 0;
}

int sqlite_drop_filler(struct store_session *s, bool *more, struct error *err)
{
    *more = false;
    return wiping(s, wipe_filler, more, err);
}
