/*
 * Lists of calls, newest first, paged by number.
 *
 * A list follows one source: the index of an identity's, an owner's or a group's calls, several of
 * them together (whoever may see them), or the whole table. What else is asked for is looked up in the rows of
 * that source, at most SCAN_ROWS of them per page and source; then the page ends early and says
 * where to go on. So no question can read a million rows at once, and no index is paid for by every
 * webhook because of a question that is rare.
 */
#include "call_columns.h"
#include "engine.h"

#include <string.h>

#include "core/buf.h"
#include "core/macros.h"

enum {
    SCAN_ROWS = 50000,    /* rows looked at per source and page; 20 ms */
    SQL_BYTES = 8 * 1024, /* the longest statement by far */
    MOST_SOURCES = 3,
    NUMBER_SHIFT = 20,        /* a number is milliseconds shifted by this (voice/call_id.h) */
    CLOCK_SLACK_MS = 86400000 /* how far numbers may run ahead of a clock that was set back */
};

/* The parameters of every statement here; all are bound whether they are used or not. */
#define BEFORE "?1"
#define LOWEST "?2"
#define SCAN "?3"
#define LIMIT "?4"
enum { PARAMETER_BEFORE = 1, PARAMETER_LOWEST, PARAMETER_SCAN, PARAMETER_LIMIT, PARAMETER_FILTERS };

struct condition {
    size_t offset;   /* of the member of the filter */
    const char *sql; /* its parameter is PARAMETER_FILTERS + its position in the table */
};

#define CONDITION(member, sql)                                                                     \
    {                                                                                              \
        offsetof(struct call_filter, member), sql                                                  \
    }
static const struct condition conditions[] = {
    CONDITION(account_sid, "account_sid = ?5"),
    CONDITION(status, "status = ?6"),
    CONDITION(direction, "direction = ?7"),
    CONDITION(number, "(from_address = ?8 OR to_address = ?8)"),
    CONDITION(identity, "identity = ?9"),
    CONDITION(owner, "owner = ?10"),
    CONDITION(group, "call_group = ?11"),
    CONDITION(owned_by_identity, "identity = ?12"),
    CONDITION(owned_by_owner, "owner = ?13"),
    CONDITION(owned_by_group, "call_group = ?14"),
};
enum {
    IS_IDENTITY = 4,
    IS_OWNER,
    IS_GROUP,
    IS_OWNED_BY_IDENTITY,
    IS_OWNED_BY_OWNER,
    IS_OWNED_BY_GROUP,
    PARAMETER_SINCE = PARAMETER_FILTERS + ARRAY_LEN(conditions),
    PARAMETER_UNTIL,
};
#define SINCE "created_at >= ?15"
#define UNTIL "created_at < ?16"

static const char *filter_text(const struct call_filter *filter, size_t i)
{
    return *(const char *const *)(const void *)((const char *)filter + conditions[i].offset);
}

/* ---- writing the statement ---- */

struct sources {
    const char *conditions[MOST_SOURCES];
    size_t count;
};

static struct sources choose_sources(const struct call_filter *filter)
{
    static const size_t single[] = {IS_IDENTITY, IS_OWNER, IS_GROUP};
    static const size_t either[] = {IS_OWNED_BY_IDENTITY, IS_OWNED_BY_OWNER, IS_OWNED_BY_GROUP};
    struct sources sources = {0};
    for (size_t i = 0; i < ARRAY_LEN(single); i++)
        if (filter_text(filter, single[i]))
            return (struct sources){{conditions[single[i]].sql}, 1};
    for (size_t i = 0; i < ARRAY_LEN(either); i++)
        if (filter_text(filter, either[i]))
            sources.conditions[sources.count++] = conditions[either[i]].sql;
    return sources.count > 0 ? sources : (struct sources){{"1"}, 1};
}

static void write_conditions(struct buf *sql, const struct call_filter *filter)
{
    for (size_t i = 0; i < IS_OWNED_BY_IDENTITY; i++)
        if (filter_text(filter, i))
            buf_printf(sql, " AND %s", conditions[i].sql);
    if (filter->owned_by_identity || filter->owned_by_owner || filter->owned_by_group)
        buf_printf(sql, " AND (%s OR %s OR %s)", conditions[IS_OWNED_BY_IDENTITY].sql,
                   conditions[IS_OWNED_BY_OWNER].sql, conditions[IS_OWNED_BY_GROUP].sql);
    if (filter->since_ms)
        buf_puts(sql, " AND " SINCE);
    if (filter->until_ms)
        buf_puts(sql, " AND " UNTIL);
}

#define RANGE "number < " BEFORE " AND number >= " LOWEST

static void write_source(struct buf *sql, const char *source, const struct call_filter *filter)
{
    buf_printf(sql,
               "SELECT number FROM (SELECT number, account_sid, status, direction, from_address, "
               "to_address, identity, owner, call_group, created_at FROM calls WHERE %s AND " RANGE
               " ORDER BY number DESC LIMIT " SCAN ") WHERE 1",
               source);
    write_conditions(sql, filter);
    buf_puts(sql, " LIMIT " LIMIT);
}

static void
write_list(struct buf *sql, const struct sources *sources, const struct call_filter *filter)
{
    buf_puts(sql, CALL_SELECT "WHERE number IN (");
    for (size_t i = 0; i < sources->count; i++) {
        buf_puts(sql, i > 0 ? " UNION SELECT number FROM (" : "SELECT number FROM (");
        write_source(sql, sources->conditions[i], filter);
        buf_puts(sql, ")");
    }
    /* The last term makes the statement have all parameters. */
    buf_puts(sql, ") AND (?16 IS NOT NULL OR 1) ORDER BY number DESC LIMIT " LIMIT);
}

/* Where a source was left off: its first row, within the range, that was not looked at. */
static void write_floor(struct buf *sql, const char *source)
{
    buf_printf(sql,
               "SELECT number FROM calls WHERE %s AND " RANGE
               " AND (?16 IS NOT NULL OR 1) ORDER BY number DESC LIMIT 1 OFFSET " SCAN,
               source);
}

/* ---- running it ---- */

struct range {
    int64_t before;
    int64_t lowest;
};

static int64_t shifted(int64_t ms)
{
    if (ms <= 0)
        return 0;
    return ms > (INT64_MAX >> NUMBER_SHIFT) ? INT64_MAX : ms << NUMBER_SHIFT;
}

static struct range range_of(const struct call_filter *filter)
{
    struct range range = {INT64_MAX, shifted(filter->since_ms)};
    if (filter->until_ms > 0 && filter->until_ms < INT64_MAX - CLOCK_SLACK_MS)
        range.before = shifted(filter->until_ms + CLOCK_SLACK_MS);
    if (filter->before_number > 0 && filter->before_number < range.before)
        range.before = filter->before_number;
    return range;
}

static void
bind_all(struct statement *statement, const struct call_filter *filter, struct range range)
{
    bind_int64(statement, PARAMETER_BEFORE, range.before);
    bind_int64(statement, PARAMETER_LOWEST, range.lowest);
    bind_int64(statement, PARAMETER_SCAN, SCAN_ROWS);
    bind_int64(statement, PARAMETER_LIMIT, (int64_t)filter->limit + 1);
    for (size_t i = 0; i < ARRAY_LEN(conditions); i++)
        bind_text(statement, PARAMETER_FILTERS + (int)i, filter_text(filter, i));
    bind_int64(statement, PARAMETER_SINCE, filter->since_ms);
    bind_int64(statement, PARAMETER_UNTIL, filter->until_ms);
}

static int
prepare(struct store_session *s, struct buf *sql, struct statement *out, struct error *err)
{
    ASSERT(!sql->overflowed);
    return session_prepare(s, sql->data, out, err);
}

static int run_list(struct store_session *s,
                    const struct sources *sources,
                    const struct call_filter *filter,
                    struct range range,
                    struct arena *arena,
                    struct call_rows *out,
                    struct error *err)
{
    auto_buf struct buf sql;
    auto_statement struct statement statement = {0};
    void *items = NULL;

    buf_init(&sql, SQL_BYTES);
    write_list(&sql, sources, filter);
    if (prepare(s, &sql, &statement, err) < 0)
        return -1;
    bind_all(&statement, filter, range);
    if (rows_collect(&statement, call_read, sizeof *out->items, arena, &items, &out->count, err) <
        0)
        return -1;
    out->items = items;
    return 0;
}

static int run_floor(struct store_session *s,
                     const char *source,
                     const struct call_filter *filter,
                     struct range range,
                     int64_t *floor,
                     struct error *err)
{
    auto_buf struct buf sql;
    auto_statement struct statement statement = {0};

    buf_init(&sql, SQL_BYTES);
    write_floor(&sql, source);
    if (prepare(s, &sql, &statement, err) < 0)
        return -1;
    bind_all(&statement, filter, range);
    int step = statement_step(&statement, err);
    if (step > 0 && sqlite3_column_int64(statement.raw, 0) > *floor)
        *floor = sqlite3_column_int64(statement.raw, 0);
    return step < 0 ? -1 : 0;
}

/*
 * Below the floor of one source its rows are missing, so those of the others must wait as well.
 * A full page of a single source cannot have come to its end.
 */
static int find_floor(struct store_session *s,
                      const struct sources *sources,
                      const struct call_filter *filter,
                      struct range range,
                      const struct call_rows *rows,
                      int64_t *floor,
                      struct error *err)
{
    bool full = rows->count > filter->limit;
    if (full && sources->count == 1)
        return 0;
    if (full)
        range.lowest = rows->items[filter->limit - 1].number;
    for (size_t i = 0; i < sources->count; i++)
        if (run_floor(s, sources->conditions[i], filter, range, floor, err) < 0)
            return -1;
    return 0;
}

static void end_page(struct call_rows *rows, size_t limit, int64_t floor)
{
    if (rows->count > limit) {
        rows->count = limit;
        rows->next_before = rows->items[limit - 1].number;
    }
    if (floor > 0) {
        while (rows->count > 0 && rows->items[rows->count - 1].number <= floor)
            rows->count--;
        rows->next_before = floor + 1;
    }
    rows->more = rows->next_before > 0;
}

int sqlite_list_calls(struct store_session *s,
                      const struct call_filter *filter,
                      struct arena *arena,
                      struct call_rows *out,
                      struct error *err)
{
    struct sources sources = choose_sources(filter);
    struct range range = range_of(filter);
    struct call_rows rows = {0};
    int64_t floor = 0;

    if (run_list(s, &sources, filter, range, arena, &rows, err) < 0 ||
        find_floor(s, &sources, filter, range, &rows, &floor, err) < 0)
        return -1;
    end_page(&rows, filter->limit, floor);
    *out = rows;
    return 0;
}
