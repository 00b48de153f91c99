/*
 * Voicemails: found by their id or their recording, listed newest first. Their numbers are made like calls' numbers
 * (voice/resource_id.h), so a time is a place in the table.
 */
#include "engine.h"
#include "row.h"

#include "core/macros.h"
#include "core/random.h"
#include "numbers.h"
#include "voice/resource_id.h"

enum { SCAN_ROWS = 50000 /* rows looked at per page; 20 ms */ };

static const struct column fixed[] = {
    COLUMN(INT64, voicemail_row, number),        COLUMN(TEXT, voicemail_row, account_sid),
    COLUMN(INT64, voicemail_row, call_number),   COLUMN(TEXT, voicemail_row, recording_sid),
    COLUMN(INT64, voicemail_row, created_at_ms),
};
static const struct column changing[] = {
    COLUMN(TEXT, voicemail_row, identity),    COLUMN(TEXT, voicemail_row, group),
    COLUMN(TEXT, voicemail_row, from),        COLUMN(TEXT, voicemail_row, to),
    COLUMN(INT64, voicemail_row, read_at_ms), COLUMN(INT64, voicemail_row, deleted_at_ms),
};
#define FIXED "number, account_sid, call_number, recording_sid, created_at"
#define CHANGING "identity, call_group, from_address, to_address, read_at, deleted_at"
#define COLUMNS FIXED ", " CHANGING ", id_random"
enum { CHANGING_AT = ARRAY_LEN(fixed), ID_AT = CHANGING_AT + ARRAY_LEN(changing) };

static int
read_voicemail(struct statement *statement, struct arena *arena, void *out, struct error *err)
{
    struct voicemail_row *row = out;
    char *id = arena_alloc(arena, RESOURCE_ID_BYTES);
    if (row_read(statement, 0, fixed, ARRAY_LEN(fixed), arena, row, err) < 0 ||
        row_read(statement, CHANGING_AT, changing, ARRAY_LEN(changing), arena, row, err) < 0)
        return -1;
    resource_id_format(RESOURCE_VOICEMAIL, row->number,
                       (uint64_t)sqlite3_column_int64(statement->raw, ID_AT), id);
    row->id = id;
    return 0;
}

/* ---- writing ---- */

static const char insert_sql[] =
    "INSERT INTO voicemails (" COLUMNS ") VALUES "
    "(max(?1, coalesce((SELECT max(number) FROM voicemails), 0) + 1),?2,?3,?4,?5, "
    "?6,?7,?8,?9,?10,?11, ?12)";

int sqlite_insert_voicemail(struct store_session *s,
                            struct voicemail_row *row,
                            struct arena *arena,
                            struct error *err)
{
    auto_statement struct statement statement = {0};
    uint64_t random = random_u64();
    char *id = arena_alloc(arena, RESOURCE_ID_BYTES);
    if (session_write_statement(s, insert_sql, &statement, err) < 0)
        return -1;
    row->number = number_of_ms(row->created_at_ms);
    row_bind(&statement, 1, fixed, ARRAY_LEN(fixed), row);
    row_bind(&statement, CHANGING_AT + 1, changing, ARRAY_LEN(changing), row);
    bind_int64(&statement, ID_AT + 1, (int64_t)random);
    if (statement_run(&statement, NULL, err) < 0)
        return -1;
    row->number = sqlite3_last_insert_rowid(s->db);
    resource_id_format(RESOURCE_VOICEMAIL, row->number, random, id);
    row->id = id;
    return 0;
}

static const char update_sql[] =
    "UPDATE voicemails SET (" CHANGING ") = (?2,?3,?4,?5,?6,?7) WHERE number = ?1";

int sqlite_update_voicemail(struct store_session *s,
                            const struct voicemail_row *row,
                            struct error *err)
{
    auto_statement struct statement statement = {0};
    int64_t changes = 0;
    if (session_write_statement(s, update_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, row->number);
    row_bind(&statement, 2, changing, ARRAY_LEN(changing), row);
    if (statement_run(&statement, &changes, err) < 0)
        return -1;
    return changes > 0 ? 0 : error_set(err, ERROR_NOT_FOUND, "there is no such voicemail");
}

/* ---- one ---- */

static const char get_sql[] =
    "SELECT " COLUMNS " FROM voicemails WHERE number = ? AND id_random = ? AND deleted_at = 0";

int sqlite_get_voicemail(struct store_session *s,
                         const char *id,
                         struct arena *arena,
                         struct voicemail_row *out,
                         struct error *err)
{
    auto_statement struct statement statement = {0};
    int64_t number = 0;
    uint64_t random = 0;
    if (!resource_id_parse(RESOURCE_VOICEMAIL, id, &number, &random))
        return error_set(err, ERROR_NOT_FOUND, "there is no such voicemail");
    if (session_statement(s, get_sql, &statement, err) < 0)
        return -1;
    bind_int64(&statement, 1, number);
    bind_int64(&statement, 2, (int64_t)random);
    return row_find(&statement, read_voicemail, sizeof *out, arena, out, err);
}

static const char get_of_recording_sql[] =
    "SELECT " COLUMNS " FROM voicemails WHERE recording_sid = ?";

int sqlite_get_voicemail_of_recording(struct store_session *s,
                                      const char *recording_sid,
                                      struct arena *arena,
                                      struct voicemail_row *out,
                                      struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(s, get_of_recording_sql, &statement, err) < 0)
        return -1;
    bind_text(&statement, 1, recording_sid);
    return row_find(&statement, read_voicemail, sizeof *out, arena, out, err);
}

/* ---- lists ---- */

/* The parameters of each list and of what finds its floor; all are bound whether they are used or not. */
#define BEFORE "?1"
#define LOWEST "?2"
#define SCAN "?3"
#define LIMIT "?4"
#define OWN_IDENTITY "?5"
#define OWN_GROUP "?6"
#define IDENTITY "?7"
#define CONDITIONS                                                                                 \
    "deleted_at = 0 AND (?8 IS NULL OR account_sid = ?8) AND (" IDENTITY                           \
    " IS NULL OR identity = " IDENTITY ") "                                                        \
    "AND (?9 IS NULL OR from_address = ?9 OR to_address = ?9) "                                    \
    "AND (?10 = 0 OR (read_at = 0) = (?10 > 0)) "                                                  \
    "AND (?11 = 0 OR created_at >= ?11) AND (?12 = 0 OR created_at < ?12)"
enum {
    PARAMETER_BEFORE = 1,
    PARAMETER_LOWEST,
    PARAMETER_SCAN,
    PARAMETER_LIMIT,
    PARAMETER_OWN_IDENTITY,
    PARAMETER_OWN_GROUP,
    PARAMETER_IDENTITY,
    PARAMETER_ACCOUNT,
    PARAMETER_NUMBER,
    PARAMETER_STATE,
    PARAMETER_SINCE,
    PARAMETER_UNTIL,
};

/* Sources: the whole table, one mailbox, or what the viewer owns (two indexes, by OR). */
#define ALL "1"
#define MAILBOX "identity = " IDENTITY
#define OWNED "(identity = " OWN_IDENTITY " OR call_group = " OWN_GROUP ")"
#define OWNED_MAILBOX MAILBOX " AND " OWNED
#define RANGE "number < " BEFORE " AND number >= " LOWEST
/* The last terms make every statement have all parameters. */
#define EVERY_PARAMETER                                                                            \
    " AND (" OWN_IDENTITY " IS NOT NULL OR " OWN_GROUP " IS NOT NULL OR ?12 IS NOT NULL OR 1)"
#define LIST(source)                                                                               \
    "SELECT " COLUMNS " FROM (SELECT " COLUMNS " FROM voicemails WHERE " source " AND " RANGE      \
    " ORDER BY number DESC LIMIT " SCAN ") WHERE " CONDITIONS EVERY_PARAMETER                      \
    " ORDER BY number DESC LIMIT " LIMIT
#define FLOOR(source)                                                                              \
    "SELECT number FROM voicemails WHERE " source " AND " RANGE EVERY_PARAMETER                    \
    " ORDER BY number DESC LIMIT 1 OFFSET " SCAN

static const struct {
    const char *list;
    const char *floor;
} sources[] = {
    {LIST(ALL),           FLOOR(ALL)          },
    {LIST(MAILBOX),       FLOOR(MAILBOX)      },
    {LIST(OWNED),         FLOOR(OWNED)        },
    {LIST(OWNED_MAILBOX), FLOOR(OWNED_MAILBOX)},
};

static size_t source_of(const struct voicemail_filter *filter)
{
    bool owned = filter->owned_by_identity != NULL || filter->owned_by_group != NULL;
    return (owned ? 2u : 0u) + (filter->identity != NULL ? 1u : 0u);
}

static void bind_filter(struct statement *statement, const struct voicemail_filter *filter)
{
    struct number_range range =
        number_range_of(filter->since_ms, filter->until_ms, filter->before_number);
    bind_int64(statement, PARAMETER_BEFORE, range.before);
    bind_int64(statement, PARAMETER_LOWEST, range.lowest);
    bind_int64(statement, PARAMETER_SCAN, SCAN_ROWS);
    bind_int64(statement, PARAMETER_LIMIT, (int64_t)filter->limit + 1);
    bind_text(statement, PARAMETER_OWN_IDENTITY, filter->owned_by_identity);
    bind_text(statement, PARAMETER_OWN_GROUP, filter->owned_by_group);
    bind_text(statement, PARAMETER_IDENTITY, filter->identity);
    bind_text(statement, PARAMETER_ACCOUNT, filter->account_sid);
    bind_text(statement, PARAMETER_NUMBER, filter->number);
    bind_int64(statement, PARAMETER_STATE, filter->state);
    bind_int64(statement, PARAMETER_SINCE, filter->since_ms);
    bind_int64(statement, PARAMETER_UNTIL, filter->until_ms);
}

static int find_floor(struct store_session *s,
                      const struct voicemail_filter *filter,
                      int64_t *floor,
                      struct error *err)
{
    auto_statement struct statement statement = {0};
    if (session_statement(s, sources[source_of(filter)].floor, &statement, err) < 0)
        return -1;
    bind_filter(&statement, filter);
    int step = statement_step(&statement, err);
    *floor = step > 0 ? sqlite3_column_int64(statement.raw, 0) : 0;
    return step < 0 ? -1 : 0;
}

static int run_list(struct store_session *s,
                    const struct voicemail_filter *filter,
                    struct arena *arena,
                    struct voicemail_rows *out,
                    struct error *err)
{
    auto_statement struct statement statement = {0};
    void *items = NULL;
    if (session_statement(s, sources[source_of(filter)].list, &statement, err) < 0)
        return -1;
    bind_filter(&statement, filter);
    if (rows_collect(&statement, read_voicemail, sizeof *out->items, arena, &items, &out->count,
                     err) < 0)
        return -1;
    out->items = items;
    return 0;
}

int sqlite_list_voicemails(struct store_session *s,
                           const struct voicemail_filter *filter,
                           struct arena *arena,
                           struct voicemail_rows *out,
                           struct error *err)
{
    struct voicemail_rows rows = {0};
    int64_t floor = 0;
    if (!filter->owned_by_nobody && run_list(s, filter, arena, &rows, err) < 0)
        return -1;
    if (rows.count > filter->limit) {
        rows.count = filter->limit;
        rows.next_before = rows.items[rows.count - 1].number;
    } else if (!filter->owned_by_nobody && find_floor(s, filter, &floor, err) < 0) {
        return -1;
    } else if (floor > 0) {
        rows.next_before = floor + 1;
    }
    rows.more = rows.next_before > 0;
    *out = rows;
    return 0;
}

/* ---- how many are new ---- */

#define NEW(source)                                                                                \
    "SELECT count(*) FROM (SELECT 1 FROM voicemails WHERE read_at = 0 AND deleted_at = 0 "         \
    "AND " source " AND (?1 IS NOT NULL OR ?2 IS NOT NULL OR 1) LIMIT ?3)"

static const char new_sql[] = NEW("1");
static const char new_owned_sql[] = NEW("(identity = ?1 OR call_group = ?2)");

int sqlite_count_new_voicemails(struct store_session *s,
                                const struct voicemail_filter *filter,
                                int64_t most,
                                int64_t *out,
                                struct error *err)
{
    auto_statement struct statement statement = {0};
    bool owned = filter->owned_by_identity != NULL || filter->owned_by_group != NULL;
    *out = 0;
    if (filter->owned_by_nobody)
        return 0;
    if (session_statement(s, owned ? new_owned_sql : new_sql, &statement, err) < 0)
        return -1;
    bind_text(&statement, 1, filter->owned_by_identity);
    bind_text(&statement, 2, filter->owned_by_group);
    bind_int64(&statement, 3, most);
    int step = statement_step(&statement, err);
    if (step > 0)
        *out = sqlite3_column_int64(statement.raw, 0);
    return step < 0 ? -1 : 0;
}
