/*
 * What live events are made of: the timeline over all calls, from where a listener stands.
 */
#include "call_columns.h"
#include "engine.h"

#include <string.h>

#include "core/macros.h"

static const struct column columns[] = {
    COLUMN(INT64, news_row, sequence), COLUMN(INT64, news_row, call_number),
    COLUMN(INT64, news_row, at_ms),    COLUMN(TEXT, news_row, news),
    COLUMN(TEXT, news_row, owner),     COLUMN(TEXT, news_row, identity),
    COLUMN(TEXT, news_row, group),
};

static int read_news(struct statement *statement, struct arena *arena, void *row, struct error *err)
{
    return row_read(statement, 0, columns, ARRAY_LEN(columns), arena, row, err);
}

static const char list_sql[] =
    "SELECT t.sequence, ifnull(t.call_number, 0), t.at, t.news, c.owner, c.identity, c.call_group "
    "FROM timeline AS t LEFT JOIN calls AS c ON c.number = t.call_number WHERE t.sequence > ? "
    "ORDER BY t.sequence LIMIT ?";

int sqlite_list_news(struct store_session *s,
                     int64_t after_sequence,
                     size_t limit,
                     struct arena *arena,
                     struct news_rows *out,
                     struct error *err)
{
    auto_statement struct statement statement = {0};
    void *items = NULL;

    if (session_statement(s, list_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, after_sequence);
    bind_int64(&statement, 2, (int64_t)limit);
    if (rows_collect(&statement, read_news, sizeof *out->items, arena, &items, &out->count, err) <
        0)
        return -1;
    out->items = items;
    return 0;
}

static const char newest_sql[] = "SELECT ifnull(max(sequence), 0) FROM timeline";

int sqlite_newest_sequence(struct store_session *s, int64_t *out, struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(s, newest_sql, &statement, err) < 0 ||
        statement_step(&statement, err) < 0)
        return -1;
    *out = sqlite3_column_int64(statement.raw, 0);
    return 0;
}

static const char key_sql[] = "SELECT secret FROM event_key";

int sqlite_get_event_key(struct store_session *s,
                         unsigned char out[STORE_EVENT_KEY_BYTES],
                         struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(s, key_sql, &statement, err) < 0 || statement_step(&statement, err) < 0)
        return -1;
    if (sqlite3_column_bytes(statement.raw, 0) != STORE_EVENT_KEY_BYTES)
        return error_set(err, ERROR_INTERNAL, "the database has no key for event ids");
    memcpy(out, sqlite3_column_blob(statement.raw, 0), STORE_EVENT_KEY_BYTES);
    return 0;
}

/*
 * The calls that go on are those that may fall silent (calls_due), and those that a job is about to place or to find; both
 * are indexes as small as the number of calls going on.
 */
static const char going_on_sql[] =
    CALL_SELECT "WHERE number IN (SELECT number FROM calls WHERE due_at > 0 UNION "
                "SELECT call_number FROM jobs WHERE state <> 'dead' AND lane = 'calls' AND kind IN "
                "('place_call', 'find_call')) "
                "AND ended_at = 0 AND (?1 OR identity = ?2 OR owner = ?3 OR call_group = ?4) "
                "ORDER BY number DESC LIMIT ?5";

int sqlite_list_calls_going_on(struct store_session *s,
                               const struct viewer *viewer,
                               size_t limit,
                               struct arena *arena,
                               struct call_rows *out,
                               struct error *err)
{
    auto_statement struct statement statement = {0};
    void *items = NULL;

    if (session_statement(s, going_on_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, viewer->sees_all);
    bind_text(&statement, 2, viewer->identity);
    bind_text(&statement, 3, viewer->owner);
    bind_text(&statement, 4, viewer->group);
    bind_int64(&statement, 5, (int64_t)limit + 1);
    *out = (struct call_rows){0};
    if (rows_collect(&statement, call_read, sizeof *out->items, arena, &items, &out->count, err) <
        0)
        return -1;
    out->items = items;
    out->more = out->count > limit;
    if (out->more)
        out->count = limit;
    return 0;
}
