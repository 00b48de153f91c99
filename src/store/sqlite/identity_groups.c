/*
 * Which group an identity is in, as far as anybody has told.
 */
#include "engine.h"
#include "row.h"

/* Who is still there is written down once a day: the others are forgotten one day (retention.c). */
static const char put_sql[] =
    "INSERT INTO identity_groups (identity, call_group, updated_at) VALUES (?1, ?2, ?3) "
    "ON CONFLICT (identity) DO UPDATE SET call_group = ?2, updated_at = ?3 "
    "WHERE call_group IS NOT ?2 OR updated_at < ?3 - 86400000";
static const char forget_sql[] = "DELETE FROM identity_groups WHERE identity = ?1";

static int forget(struct store_session *s, const char *identity, struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_write_statement(s, forget_sql, &statement, err) < 0)
        return -1;
    bind_text(&statement, 1, identity);
    return statement_run(&statement, NULL, err);
}

int sqlite_put_identity_group(struct store_session *s,
                              const char *identity,
                              const char *group,
                              int64_t now_ms,
                              struct error *err)
{
    auto_statement struct statement statement = {0};
    if (group == NULL)
        return forget(s, identity, err);
    if (session_write_statement(s, put_sql, &statement, err) < 0)
        return -1;
    bind_text(&statement, 1, identity);
    bind_text(&statement, 2, group);
    bind_int64(&statement, 3, now_ms);
    return statement_run(&statement, NULL, err);
}

static const char get_sql[] = "SELECT call_group FROM identity_groups WHERE identity = ?";

int sqlite_get_identity_group(struct store_session *s,
                              const char *identity,
                              struct arena *arena,
                              const char **out,
                              struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(s, get_sql, &statement, err) < 0)
        return -1;
    bind_text(&statement, 1, identity);
    int step = statement_step(&statement, err);
    if (step > 0)
        *out = column_text(&statement, 0, arena);
    else if (step == 0)
        return error_set(err, ERROR_NOT_FOUND, "this identity is in no group");
    return step < 0 ? -1 : 0;
}
