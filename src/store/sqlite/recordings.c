/*
 * Recordings: what Twilio has told about them, and what became of their sound.
 */
#include "engine.h"
#include "list_page.h"
#include "row.h"
#include "words.h"

#include "core/macros.h"
#include "voice/resource_id.h"

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
    COLUMN_OF_WORDS(media_words, recording_row, media),
    COLUMN(TEXT, recording_row, media_key),
    COLUMN(TEXT, recording_row, media_type),
    COLUMN(INT64, recording_row, media_bytes),
    COLUMN(TEXT, recording_row, media_sha256),
    COLUMN(INT64, recording_row, media_stored_at_ms),
    COLUMN(TEXT, recording_row, media_error),
    COLUMN(INT64, recording_row, remote_deleted_at_ms),
    COLUMN(INT64, recording_row, deleted_at_ms),
    COLUMN(BOOL, recording_row, hold),
    COLUMN(TEXT, recording_row, tag),
    COLUMN(INT64, recording_row, expires_at_ms),
};
#define CHANGING                                                                                   \
    "account_sid, call_number, call_sid, status, url, source, track, channels, duration_s, "       \
    "started_at, error_code, created_at, updated_at, media, media_key, media_type, media_bytes, "  \
    "media_sha256, media_stored_at, media_error, remote_deleted_at, deleted_at, hold, tag, "       \
    "expires_at"
#define CHANGING_VALUES                                                                            \
    "?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23,?24,?25,?26"

/* The call's, see 0006_recordings.sql. */
#define OF_CALL "direction, identity, owner, call_group"
#define OF_CALL_VALUES                                                                             \
    "(SELECT direction FROM calls WHERE number = ?3), (SELECT identity FROM calls WHERE number = " \
    "?3), (SELECT owner FROM calls WHERE number = ?3), (SELECT call_group FROM calls WHERE "       \
    "number = ?3)"

static const struct column own[] = {
    COLUMN(INT64, recording_row, number), COLUMN(TEXT, recording_row, direction),
    COLUMN(TEXT, recording_row, identity), COLUMN(TEXT, recording_row, owner),
    COLUMN(TEXT, recording_row, group)};

#define SELECT                                                                                     \
    "SELECT sid, " CHANGING ", number, " OF_CALL ", id_random, (SELECT c.id_random FROM calls AS " \
    "c WHERE c.number = recordings.call_number) FROM recordings "
enum {
    OWN_AT = ARRAY_LEN(columns),
    RANDOM_AT = OWN_AT + ARRAY_LEN(own),
    CALL_RANDOM_AT,
    NUMBER_PARAMETER = ARRAY_LEN(columns) + 1,
    RANDOM_PARAMETER,
};

static const char *read_id(const struct statement *statement,
                           enum resource_kind kind,
                           int64_t number,
                           int random_at,
                           struct arena *arena)
{
    if (sqlite3_column_type(statement->raw, random_at) == SQLITE_NULL)
        return NULL;
    char *id = arena_alloc(arena, RESOURCE_ID_BYTES);
    resource_id_format(kind, number, (uint64_t)sqlite3_column_int64(statement->raw, random_at), id);
    return id;
}

static int
read_recording(struct statement *statement, struct arena *arena, void *out, struct error *err)
{
    struct recording_row *row = out;
    if (row_read(statement, 0, columns, ARRAY_LEN(columns), arena, row, err) < 0 ||
        row_read(statement, OWN_AT, own, ARRAY_LEN(own), arena, row, err) < 0)
        return -1;
    row->id = read_id(statement, RESOURCE_RECORDING, row->number, RANDOM_AT, arena);
    row->call_id = read_id(statement, RESOURCE_CALL, row->call_number, CALL_RANDOM_AT, arena);
    return 0;
}

/* ---- writing ---- */

static const char update_sql[] = "UPDATE recordings SET (" CHANGING ", " OF_CALL
                                 ") = (" CHANGING_VALUES ", " OF_CALL_VALUES ") WHERE sid = ?1";
static const char insert_sql[] =
    "INSERT INTO recordings (sid, " CHANGING ", number, id_random, " OF_CALL
    ") VALUES (?1," CHANGING_VALUES ",?27,?28, " OF_CALL_VALUES ")";

static int insert(struct store_session *s, const struct recording_row *row, struct error *err)
{
    auto_statement struct statement statement = {0};
    int64_t number = 0;
    uint64_t random = 0;

    if (!resource_id_parse(RESOURCE_RECORDING, row->id, &number, &random) || number != row->number)
        return error_set(err, ERROR_INTERNAL, "a recording's id does not belong to its number");
    if (session_write_statement(s, insert_sql, &statement, err) < 0)
        return -1;
    row_bind(&statement, 1, columns, ARRAY_LEN(columns), row);
    bind_int64(&statement, NUMBER_PARAMETER, number);
    bind_int64(&statement, RANDOM_PARAMETER, (int64_t)random);
    return statement_run(&statement, NULL, err);
}

int sqlite_put_recording(struct store_session *s,
                         const struct recording_row *row,
                         struct error *err)
{
    auto_statement struct statement statement = {0};
    int64_t changes = 0;

    if (session_write_statement(s, update_sql, &statement, err) < 0)
        return -1;
    row_bind(&statement, 1, columns, ARRAY_LEN(columns), row);
    if (statement_run(&statement, &changes, err) < 0)
        return -1;
    return changes > 0 ? 0 : insert(s, row, err);
}

/* ---- one ---- */

static const char get_sql[] = SELECT "WHERE sid = ?";

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

static const char by_id_sql[] = SELECT "WHERE number = ? AND id_random = ?";

int sqlite_get_recording_by_id(struct store_session *s,
                               const char *id,
                               struct arena *arena,
                               struct recording_row *out,
                               struct error *err)
{
    auto_statement struct statement statement = {0};
    int64_t number = 0;
    uint64_t random = 0;

    if (!resource_id_parse(RESOURCE_RECORDING, id, &number, &random))
        return error_set(err, ERROR_NOT_FOUND, "there is no such recording");
    if (session_statement(s, by_id_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, number);
    bind_int64(&statement, 2, (int64_t)random);
    return row_find(&statement, read_recording, sizeof *out, arena, out, err);
}

/* ---- several ---- */

static int collect(struct statement *statement,
                   struct arena *arena,
                   struct recording_rows *out,
                   struct error *err)
{
    struct recording_rows rows = {0};
    void *items = NULL;
    if (rows_collect(statement, read_recording, sizeof *rows.items, arena, &items, &rows.count,
                     err) < 0)
        return -1;
    rows.items = items;
    *out = rows;
    return 0;
}

static const char list_call_sql[] = SELECT "WHERE call_number = ? ORDER BY number";

int sqlite_list_call_recordings(struct store_session *s,
                                int64_t call_number,
                                struct arena *arena,
                                struct recording_rows *out,
                                struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(s, list_call_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, call_number);
    return collect(&statement, arena, out, err);
}

static const char expired_sql[] =
    SELECT "WHERE expires_at > 0 AND expires_at <= ? AND deleted_at = 0 AND hold = 0 "
           "ORDER BY expires_at LIMIT ?";

int sqlite_list_expired_recordings(struct store_session *s,
                                   int64_t now_ms,
                                   size_t limit,
                                   struct arena *arena,
                                   struct recording_rows *out,
                                   struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(s, expired_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, now_ms);
    bind_int64(&statement, 2, (int64_t)limit + 1);
    if (collect(&statement, arena, out, err) < 0)
        return -1;
    out->more = out->count > limit;
    if (out->more)
        out->count = limit;
    return 0;
}

static const char count_wanted_sql[] = "SELECT count(*) FROM recordings WHERE media = 'wanted'";

int sqlite_count_wanted_recordings(struct store_session *s, int64_t *out, struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(s, count_wanted_sql, &statement, err) < 0 ||
        statement_step(&statement, err) < 0)
        return -1;
    *out = sqlite3_column_int64(statement.raw, 0);
    return 0;
}

/* ---- pages ---- */

#define CONDITION(role, type, member, sql) LIST_FILTER(role, type, recording_filter, member, sql)
static const struct list_condition conditions[] = {
    CONDITION(CONDITION, TEXT, account_sid, "account_sid = ?5"),
    CONDITION(SOURCE, INT64, call_number, "call_number = ?6"),
    CONDITION(CONDITION, TEXT, status, "status = ?7"),
    CONDITION(CONDITION, TEXT, media, "media = ?8"),
    CONDITION(CONDITION, TEXT, source, "source = ?9"),
    CONDITION(CONDITION, TEXT, direction, "direction = ?10"),
    CONDITION(CONDITION, TEXT, tag, "tag = ?11"),
    CONDITION(SOURCE, TEXT, identity, "identity = ?12"),
    CONDITION(SOURCE, TEXT, owner, "owner = ?13"),
    CONDITION(SOURCE, TEXT, group, "call_group = ?14"),
    CONDITION(EITHER, TEXT, owned_by_identity, "identity = ?15"),
    CONDITION(EITHER, TEXT, owned_by_owner, "owner = ?16"),
    CONDITION(EITHER, TEXT, owned_by_group, "call_group = ?17"),
    CONDITION(CONDITION,
              TEXT,
              number,
              "EXISTS (SELECT 1 FROM calls WHERE calls.number = call_number AND "
              "(calls.from_address = ?18 OR calls.to_address = ?18))"),
};

static const struct list_shape shape = {
    .select = SELECT,
    .table = "recordings",
    .columns = "account_sid, call_number, status, media, source, direction, tag, identity, owner, "
               "call_group",
    .conditions = conditions,
    .count = ARRAY_LEN(conditions),
    .read = read_recording,
    .row_bytes = sizeof(struct recording_row),
    .number_offset = offsetof(struct recording_row, number),
};

int sqlite_list_recordings(struct store_session *s,
                           const struct recording_filter *filter,
                           struct arena *arena,
                           struct recording_rows *out,
                           struct error *err)
{
    const struct list_range range = {filter->since_ms, filter->until_ms, filter->before_number,
                                     filter->limit};
    struct list_page page;
    if (list_page_read(s, &shape, filter, &range, arena, &page, err) < 0)
        return -1;
    *out = (struct recording_rows){page.items, page.count, page.more, page.next_before};
    return 0;
}
