/*
 * Child legs.
 */
#include "engine.h"
#include "words.h"

#include "core/macros.h"

static const struct column columns[] = {
    COLUMN(TEXT, leg_row, sid),
    COLUMN(INT64, leg_row, call_number),
    COLUMN(TEXT, leg_row, account_sid),
    COLUMN(TEXT, leg_row, parent_sid),
    COLUMN(TEXT, leg_row, from),
    COLUMN(TEXT, leg_row, to),
    COLUMN_OF_WORDS(status_words, leg_row, state.status),
    COLUMN(INT64, leg_row, state.sequence),
    COLUMN(INT64, leg_row, state.answered_at_ms),
    COLUMN(INT64, leg_row, state.ended_at_ms),
    COLUMN(INT64, leg_row, state.duration_s),
    COLUMN(INT, leg_row, state.sip_code),
    COLUMN(INT64, leg_row, created_at_ms),
};
#define COLUMNS                                                                                    \
    "sid, call_number, account_sid, parent_sid, from_address, to_address, status, sequence, "      \
    "answered_at, ended_at, duration_s, sip_code, created_at"

static int read_leg(struct statement *statement, struct arena *arena, void *row, struct error *err)
{
    return row_read(statement, 0, columns, ARRAY_LEN(columns), arena, row, err);
}

/* Another call's leg is left alone, and then no row has changed. */
static const char put_sql[] =
    "INSERT INTO legs (" COLUMNS ") VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13) "
    "ON CONFLICT (sid) DO UPDATE SET (account_sid, parent_sid, from_address, to_address, status, "
    "sequence, "
    "answered_at, ended_at, duration_s, sip_code, created_at) = "
    "(?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13) "
    "WHERE call_number = ?2";

int sqlite_put_leg(struct store_session *s, const struct leg_row *row, struct error *err)
{
    auto_statement struct statement statement = {0};
    int64_t changes = 0;

    if (session_write_statement(s, put_sql, &statement, err) < 0)
        return -1;
    row_bind(&statement, 1, columns, ARRAY_LEN(columns), row);
    if (statement_run(&statement, &changes, err) < 0)
        return -1;
    if (changes == 0)
        return error_set(err, ERROR_CONFLICT, "leg %s belongs to another call", row->sid);
    return 0;
}

static const char get_sql[] = "SELECT " COLUMNS " FROM legs WHERE sid = ?";

int sqlite_get_leg(struct store_session *s,
                   const char *sid,
                   struct arena *arena,
                   struct leg_row *out,
                   struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(s, get_sql, &statement, err) < 0)
        return -1;
    bind_text(&statement, 1, sid);
    return row_find(&statement, read_leg, sizeof *out, arena, out, err);
}

static const char list_sql[] =
    "SELECT " COLUMNS " FROM legs WHERE call_number = ? ORDER BY created_at, sid";

int sqlite_list_legs(struct store_session *s,
                     int64_t call_number,
                     struct arena *arena,
                     struct leg_rows *out,
                     struct error *err)
{
    auto_statement struct statement statement = {0};
    void *items = NULL;

    if (session_statement(s, list_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, call_number);
    if (rows_collect(&statement, read_leg, sizeof *out->items, arena, &items, &out->count, err) < 0)
        return -1;
    out->items = items;
    return 0;
}
