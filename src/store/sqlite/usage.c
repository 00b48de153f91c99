/*
 * Who calls how much: counters, and the places that calls hold. Everything is found by its key.
 */
#include "engine.h"
#include "words.h"

#include "core/macros.h"

static const struct column key_columns[] = {
    COLUMN(TEXT, usage_row, account_sid),
    COLUMN_OF_WORDS(counter_words, usage_row, counter),
    COLUMN(TEXT, usage_row, name),
};

#define ADMITTED(i) COLUMN(INT64, usage_row, usage.admitted[i])
static const struct column counts[] = {
    COLUMN(INT64, usage_row, usage.at_once),
    COLUMN(INT64, usage_row, usage.slot),
    ADMITTED(0),
    ADMITTED(1),
    ADMITTED(2),
    ADMITTED(3),
    ADMITTED(4),
    ADMITTED(5),
    ADMITTED(6),
    ADMITTED(7),
    ADMITTED(8),
    ADMITTED(9),
    ADMITTED(10),
    ADMITTED(11),
    ADMITTED(12),
};
_Static_assert(USAGE_SLOTS == 13, "a column for each slot");

#define KEYS "account_sid, counter, name"
#define COUNTS                                                                                     \
    "at_once, slot, admitted_0, admitted_1, admitted_2, admitted_3, admitted_4, admitted_5, "      \
    "admitted_6, admitted_7, admitted_8, admitted_9, admitted_10, admitted_11, admitted_12"

/* ---- counters ---- */

static const char get_sql[] =
    "SELECT " COUNTS " FROM usage WHERE account_sid = ? AND counter = ? AND name = ?";

int sqlite_get_usage(struct store_session *s, struct usage_row *row, struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(s, get_sql, &statement, err) < 0)
        return -1;
    row_bind(&statement, 1, key_columns, ARRAY_LEN(key_columns), row);
    int step = statement_step(&statement, err);
    if (step < 0)
        return -1;
    row->usage = (struct usage){0};
    return step == 0 ? 0 : row_read(&statement, 0, counts, ARRAY_LEN(counts), NULL, row, err);
}

static const char put_sql[] =
    "INSERT INTO usage (" KEYS ", " COUNTS ") "
    "VALUES (?1,?2,?3, ?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18) "
    "ON CONFLICT DO UPDATE SET (" COUNTS ") = "
    "(?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18)";

int sqlite_put_usage(struct store_session *s, const struct usage_row *row, struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_write_statement(s, put_sql, &statement, err) < 0)
        return -1;
    row_bind(&statement, 1, key_columns, ARRAY_LEN(key_columns), row);
    row_bind(&statement, 1 + (int)ARRAY_LEN(key_columns), counts, ARRAY_LEN(counts), row);
    return statement_run(&statement, NULL, err);
}

static const char prune_sql[] = "DELETE FROM usage WHERE at_once = 0 AND slot < ?";

int sqlite_prune_usage(struct store_session *s, int64_t before_slot, struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_write_statement(s, prune_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, before_slot);
    return statement_run(&statement, NULL, err);
}

/* ---- places ---- */

static const struct column place_columns[] = {
    COLUMN(INT64, place_row, call_number), COLUMN(TEXT, place_row, account_sid),
    COLUMN(TEXT, place_row, key),          COLUMN(TEXT, place_row, group),
    COLUMN(TEXT, place_row, identity),     COLUMN(INT64, place_row, taken_at_ms),
};
#define PLACE "call_number, account_sid, key, call_group, identity, taken_at"

static int
read_place(struct statement *statement, struct arena *arena, void *row, struct error *err)
{
    return row_read(statement, 0, place_columns, ARRAY_LEN(place_columns), arena, row, err);
}

static const char put_place_sql[] = "INSERT INTO places (" PLACE ") VALUES (?,?,?,?,?,?)";

int sqlite_put_place(struct store_session *s, const struct place_row *row, struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_write_statement(s, put_place_sql, &statement, err) < 0)
        return -1;
    row_bind(&statement, 1, place_columns, ARRAY_LEN(place_columns), row);
    return statement_run(&statement, NULL, err);
}

static const char get_place_sql[] = "SELECT " PLACE " FROM places WHERE call_number = ?";

int sqlite_get_place(struct store_session *s,
                     int64_t call_number,
                     struct arena *arena,
                     struct place_row *out,
                     struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(s, get_place_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, call_number);
    return row_find(&statement, read_place, sizeof *out, arena, out, err);
}

static const char delete_place_sql[] = "DELETE FROM places WHERE call_number = ? RETURNING " PLACE;
static const char leave_sql[] = "UPDATE usage SET at_once = max(at_once - 1, 0) "
                                "WHERE account_sid = ? AND counter = ? AND name = ?";

static int leave(struct store_session *s,
                 const struct place_row *place,
                 enum usage_counter counter,
                 const char *name,
                 struct error *err)
{
    auto_statement struct statement statement = {0};
    const struct usage_row row = {
        .account_sid = place->account_sid, .counter = counter, .name = name};
    if (name == NULL)
        return 0;
    if (session_write_statement(s, leave_sql, &statement, err) < 0)
        return -1;
    row_bind(&statement, 1, key_columns, ARRAY_LEN(key_columns), &row);
    return statement_run(&statement, NULL, err);
}

/* Most calls that are updated after their end have given their place back already: then one look is all. */
int sqlite_release_place(struct store_session *s, int64_t call_number, struct error *err)
{
    auto_statement struct statement statement = {0};
    auto_arena struct arena *arena = NULL;
    struct place_row place;
    if (session_write_statement(s, delete_place_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, call_number);
    int step = statement_step(&statement, err);
    if (step <= 0)
        return step;
    arena = arena_create();
    if (read_place(&statement, arena, &place, err) < 0 || statement_run(&statement, NULL, err) < 0)
        return -1;
    if (leave(s, &place, USAGE_OF_ACCOUNT, "", err) < 0 ||
        leave(s, &place, USAGE_OF_KEY, place.key, err) < 0 ||
        leave(s, &place, USAGE_OF_GROUP, place.group, err) < 0)
        return -1;
    return leave(s, &place, USAGE_OF_IDENTITY, place.identity, err);
}

/* ---- repair ---- */

static const char forget_over_sql[] =
    "DELETE FROM places WHERE NOT EXISTS (SELECT 1 FROM calls WHERE number = call_number "
    "AND placement NOT IN ('refused', 'canceled') "
    "AND status NOT IN ('completed', 'busy', 'failed', 'no-answer', 'canceled'))";

/* What at_once should be, of everybody who has a place. */
#define TRUE_COUNTS                                                                                \
    "(SELECT account_sid, 'account' AS counter, '' AS name, count(*) AS n FROM places "            \
    "GROUP BY account_sid "                                                                        \
    "UNION ALL SELECT account_sid, 'key', key, count(*) FROM places "                              \
    "WHERE key IS NOT NULL GROUP BY account_sid, key "                                             \
    "UNION ALL SELECT account_sid, 'group', call_group, count(*) FROM places "                     \
    "WHERE call_group IS NOT NULL GROUP BY account_sid, call_group "                               \
    "UNION ALL SELECT account_sid, 'identity', identity, count(*) FROM places "                    \
    "WHERE identity IS NOT NULL GROUP BY account_sid, identity)"

static const char wrong_sql[] =
    "WITH truth AS MATERIALIZED " TRUE_COUNTS
    " SELECT (SELECT count(*) FROM truth AS t LEFT JOIN usage AS u USING (" KEYS ") "
    "WHERE u.at_once IS NOT t.n) + "
    "(SELECT count(*) FROM usage AS u LEFT JOIN truth AS t USING (" KEYS ") "
    "WHERE u.at_once <> 0 AND t.n IS NULL)";

static const char zero_sql[] = "UPDATE usage SET at_once = 0 WHERE at_once <> 0";
static const char recount_sql[] =
    "INSERT INTO usage (" KEYS ", " COUNTS ") "
    "SELECT " KEYS ", n, 0, 0,0,0,0,0,0,0,0,0,0,0,0,0 FROM " TRUE_COUNTS " WHERE TRUE "
    "ON CONFLICT DO UPDATE SET at_once = excluded.at_once";

static int run_plain(struct store_session *s, const char *sql, int64_t *changes, struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_write_statement(s, sql, &statement, err) < 0)
        return -1;
    return statement_run(&statement, changes, err);
}

static int count_wrong(struct store_session *s, int64_t *out, struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(s, wrong_sql, &statement, err) < 0 || statement_step(&statement, err) < 0)
        return -1;
    *out = sqlite3_column_int64(statement.raw, 0);
    return 0;
}

int sqlite_recount_usage(struct store_session *s, int64_t *corrected, struct error *err)
{
    int64_t over = 0;
    int64_t wrong = 0;
    if (run_plain(s, forget_over_sql, &over, err) < 0 || count_wrong(s, &wrong, err) < 0)
        return -1;
    *corrected = over + wrong;
    if (wrong == 0)
        return 0;
    return run_plain(s, zero_sql, NULL, err) < 0 ? -1 : run_plain(s, recount_sql, NULL, err);
}
