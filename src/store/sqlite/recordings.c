/*
 * Recordings: what Twilio has told about them.
 */
#include "engine.h"
#include "row.h"

#include "core/macros.h"

static const struct column columns[] = {
    COLUMN(TEXT, recording_row, sid),
    COLUMN(TEXT, recording_row, account_sid),
    COLUMN(INT64_SET, recording_row, call_number),
    COLUMN(TEXT, recording_row, call_sid),
    COLUMN(TEXT, recording_row, status),
    COLUMN(TEXT, recording_row, url),
    COLUMN(TEXT, recording_row, source),
    COLUMN(TEXT, recording_row, track),
    COLUMN(INT, recording_row, channels),
    COLUMN(INT64, recording_row, duration_s),
    COLUMN(INT64, recording_row, started_at_ms),
    COLUMN(INT, recording_row, error_code),
    COLUMN(INT64, recording_row, created_at_ms),
    COLUMN(INT64, recording_row, updated_at_ms),
};
#define COLUMNS                                                                                    \
    "sid, account_sid, call_number, call_sid, status, url, source, track, channels, duration_s, "  \
    "started_at, error_code, created_at, updated_at"

static int
read_recording(struct statement *statement, struct arena *arena, void *row, struct error *err)
{
    return row_read(statement, 0, columns, ARRAY_LEN(columns), arena, row, err);
}

static const char put_sql[] =
    "INSERT INTO recordings (" COLUMNS ") VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14) "
    "ON CONFLICT (sid) DO UPDATE SET (account_sid, call_number, call_sid, status, url, source, "
    "track, channels, "
    "duration_s, started_at, error_code, created_at, updated_at) = "
    "(?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14)";

int sqlite_put_recording(struct store_session *s,
                         const struct recording_row *row,
                         struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_write_statement(s, put_sql, &statement, err) < 0)
        return -1;
    row_bind(&statement, 1, columns, ARRAY_LEN(columns), row);
    return statement_run(&statement, NULL, err);
}

static const char get_sql[] = "SELECT " COLUMNS " FROM recordings WHERE sid = ?";

int sqlite_get_recording(struct store_session *s,
                         const char *sid,
                         struct arena *arena,
                         struct recording_row *out,
                         struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(s, get_sql, &statement, err) < 0)
        return -1;
    bind_text(&statement, 1, sid);
    return row_find(&statement, read_recording, sizeof *out, arena, out, err);
}

static const char list_sql[] =
    "SELECT " COLUMNS " FROM recordings WHERE call_number = ? ORDER BY created_at, sid";

int sqlite_list_recordings(struct store_session *s,
                           int64_t call_number,
                           struct arena *arena,
                           struct recording_rows *out,
                           struct error *err)
{
    auto_statement struct statement statement = {0};
    void *items = NULL;

    if (session_statement(s, list_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, call_number);
    if (rows_collect(&statement, read_recording, sizeof *out->items, arena, &items, &out->count,
                     err) < 0)
        return -1;
    out->items = items;
    return 0;
}
