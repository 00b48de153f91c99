/*
 * How far the reconciler is: one row.
 */
#include "engine.h"
#include "row.h"

static const char get_sql[] =
    "SELECT alive_at, swept_until, pending_since, since, began_at, stage, cursor FROM reconciler";

int sqlite_get_reconciler(struct store_session *s,
                          struct arena *arena,
                          struct reconciler_row *out,
                          struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(s, get_sql, &statement, err) < 0)
        return -1;
    int step = statement_step(&statement, err);
    if (step < 0)
        return -1;
    if (step == 0)
        return error_set(err, ERROR_INTERNAL, "the row of the reconciler is gone");
    *out = (struct reconciler_row){
        .alive_at_ms = sqlite3_column_int64(statement.raw, 0),
        .swept_until_ms = sqlite3_column_int64(statement.raw, 1),
        .pending_since_ms = sqlite3_column_int64(statement.raw, 2),
        .since_ms = sqlite3_column_int64(statement.raw, 3),
        .began_at_ms = sqlite3_column_int64(statement.raw, 4),
        .stage = sqlite3_column_int(statement.raw, 5),
        .cursor = column_text(&statement, 6, arena),
    };
    return 0;
}

static const char put_sql[] =
    "UPDATE reconciler SET alive_at = ?1, swept_until = ?2, pending_since = ?3, since = ?4, "
    "began_at = ?5, stage = ?6, cursor = ?7";

int sqlite_put_reconciler(struct store_session *s,
                          const struct reconciler_row *row,
                          struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_write_statement(s, put_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, row->alive_at_ms);
    bind_int64(&statement, 2, row->swept_until_ms);
    bind_int64(&statement, 3, row->pending_since_ms);
    bind_int64(&statement, 4, row->since_ms);
    bind_int64(&statement, 5, row->began_at_ms);
    bind_int64(&statement, 6, row->stage);
    bind_text(&statement, 7, row->cursor == NULL ? "" : row->cursor);
    return statement_run(&statement, NULL, err);
}
