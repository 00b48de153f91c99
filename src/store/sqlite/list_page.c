#include "list_page.h"

#include "core/buf.h"
#include "core/macros.h"
#include "voice/resource_id.h"

enum {
    SCAN_ROWS = 50000,    /* rows looked at per source and page; 20 ms */
    SQL_BYTES = 8 * 1024, /* the longest statement by far */
    MOST_SOURCES = 3,
    CLOCK_SLACK_MS = 86400000 /* how far numbers may run ahead of a clock that was set back */
};

/* The parameters of every statement here; all are bound whether they are used or not. */
#define BEFORE "?1"
#define LOWEST "?2"
#define SCAN "?3"
#define LIMIT "?4"
enum { PARAMETER_BEFORE = 1, PARAMETER_LOWEST, PARAMETER_SCAN, PARAMETER_LIMIT };

/* A list being read. */
struct list {
    const struct list_shape *shape;
    const void *filter;
    const struct list_range *asked;
    const char *sources[MOST_SOURCES]; /* conditions */
    size_t source_count;
    int64_t before; /* the numbers to look at: below this, */
    int64_t lowest; /* and not below this */
};

static int since_parameter(const struct list_shape *shape)
{
    return LIST_FIRST_PARAMETER + (int)shape->count;
}

static bool is_set(const struct list *list, size_t i)
{
    const struct list_condition *condition = &list->shape->conditions[i];
    const void *member = (const char *)list->filter + condition->offset;
    return condition->type == LIST_TEXT ? *(const char *const *)member != NULL
                                        : *(const int64_t *)member != 0;
}

/* ---- writing the statement ---- */

static void choose_sources(struct list *list)
{
    const struct list_condition *conditions = list->shape->conditions;
    for (size_t i = 0; i < list->shape->count; i++) {
        if (conditions[i].role != LIST_SOURCE || !is_set(list, i))
            continue;
        list->sources[0] = conditions[i].sql;
        list->source_count = 1;
        return;
    }
    for (size_t i = 0; i < list->shape->count; i++) {
        if (conditions[i].role != LIST_EITHER || !is_set(list, i))
            continue;
        ASSERT(list->source_count < MOST_SOURCES);
        list->sources[list->source_count++] = conditions[i].sql;
    }
    if (list->source_count == 0)
        list->sources[list->source_count++] = "1";
}

static void write_conditions(struct buf *sql, const struct list *list)
{
    const struct list_shape *shape = list->shape;
    const char *joint = " AND (";
    for (size_t i = 0; i < shape->count; i++)
        if (shape->conditions[i].role != LIST_EITHER && is_set(list, i))
            buf_printf(sql, " AND %s", shape->conditions[i].sql);
    for (size_t i = 0; i < shape->count; i++) {
        if (shape->conditions[i].role != LIST_EITHER || !is_set(list, i))
            continue;
        buf_printf(sql, "%s%s", joint, shape->conditions[i].sql);
        joint = " OR ";
    }
    if (joint[1] == 'O')
        buf_puts(sql, ")");
    if (list->asked->since_ms)
        buf_printf(sql, " AND created_at >= ?%d", since_parameter(shape));
    if (list->asked->until_ms)
        buf_printf(sql, " AND created_at < ?%d", since_parameter(shape) + 1);
}

#define RANGE "number < " BEFORE " AND number >= " LOWEST

static void write_source(struct buf *sql, const struct list *list, const char *source)
{
    buf_printf(sql,
               "SELECT number FROM (SELECT number, created_at, %s FROM %s WHERE %s AND " RANGE
               " ORDER BY number DESC LIMIT " SCAN ") WHERE 1",
               list->shape->columns, list->shape->table, source);
    write_conditions(sql, list);
    buf_puts(sql, " LIMIT " LIMIT);
}

static void write_list(struct buf *sql, const struct list *list)
{
    buf_printf(sql, "%sWHERE number IN (", list->shape->select);
    for (size_t i = 0; i < list->source_count; i++) {
        buf_puts(sql, i > 0 ? " UNION SELECT number FROM (" : "SELECT number FROM (");
        write_source(sql, list, list->sources[i]);
        buf_puts(sql, ")");
    }
    /* The last term makes the statement have all parameters. */
    buf_printf(sql, ") AND (?%d IS NOT NULL OR 1) ORDER BY number DESC LIMIT " LIMIT,
               since_parameter(list->shape) + 1);
}

/* Where a source was left off: its first row, within the range, that was not looked at. */
static void write_floor(struct buf *sql, const struct list *list, const char *source)
{
    buf_printf(sql,
               "SELECT number FROM %s WHERE %s AND " RANGE
               " AND (?%d IS NOT NULL OR 1) ORDER BY number DESC LIMIT 1 OFFSET " SCAN,
               list->shape->table, source, since_parameter(list->shape) + 1);
}

/* ---- running it ---- */

static int64_t shifted(int64_t ms)
{
    if (ms <= 0)
        return 0;
    return ms > (INT64_MAX >> RESOURCE_NUMBER_TIME_SHIFT) ? INT64_MAX
                                                          : ms << RESOURCE_NUMBER_TIME_SHIFT;
}

static void choose_range(struct list *list)
{
    const struct list_range *asked = list->asked;
    list->before = INT64_MAX;
    list->lowest = shifted(asked->since_ms);
    if (asked->until_ms > 0 && asked->until_ms < INT64_MAX - CLOCK_SLACK_MS)
        list->before = shifted(asked->until_ms + CLOCK_SLACK_MS);
    if (asked->before_number > 0 && asked->before_number < list->before)
        list->before = asked->before_number;
}

static void bind_all(struct statement *statement, const struct list *list)
{
    const struct list_shape *shape = list->shape;
    bind_int64(statement, PARAMETER_BEFORE, list->before);
    bind_int64(statement, PARAMETER_LOWEST, list->lowest);
    bind_int64(statement, PARAMETER_SCAN, SCAN_ROWS);
    bind_int64(statement, PARAMETER_LIMIT, (int64_t)list->asked->limit + 1);
    for (size_t i = 0; i < shape->count; i++) {
        const void *member = (const char *)list->filter + shape->conditions[i].offset;
        if (shape->conditions[i].type == LIST_TEXT)
            bind_text(statement, LIST_FIRST_PARAMETER + (int)i, *(const char *const *)member);
        else
            bind_int64(statement, LIST_FIRST_PARAMETER + (int)i, *(const int64_t *)member);
    }
    bind_int64(statement, since_parameter(shape), list->asked->since_ms);
    bind_int64(statement, since_parameter(shape) + 1, list->asked->until_ms);
}

static int prepare(struct store_session *s,
                   const struct list *list,
                   struct buf *sql,
                   struct statement *out,
                   struct error *err)
{
    ASSERT(!sql->overflowed);
    if (session_prepare(s, sql->data, out, err) < 0)
        return -1;
    bind_all(out, list);
    return 0;
}

static int run_list(struct store_session *s,
                    const struct list *list,
                    struct arena *arena,
                    struct list_page *out,
                    struct error *err)
{
    auto_buf struct buf sql;
    auto_statement struct statement statement = {0};

    buf_init(&sql, SQL_BYTES);
    write_list(&sql, list);
    if (prepare(s, list, &sql, &statement, err) < 0)
        return -1;
    return rows_collect(&statement, list->shape->read, list->shape->row_bytes, arena, &out->items,
                        &out->count, err);
}

static int run_floor(struct store_session *s,
                     const struct list *list,
                     const char *source,
                     int64_t *floor,
                     struct error *err)
{
    auto_buf struct buf sql;
    auto_statement struct statement statement = {0};

    buf_init(&sql, SQL_BYTES);
    write_floor(&sql, list, source);
    if (prepare(s, list, &sql, &statement, err) < 0)
        return -1;
    int step = statement_step(&statement, err);
    if (step > 0 && sqlite3_column_int64(statement.raw, 0) > *floor)
        *floor = sqlite3_column_int64(statement.raw, 0);
    return step < 0 ? -1 : 0;
}

static int64_t number_of(const struct list_shape *shape, const struct list_page *page, size_t i)
{
    const char *row = (const char *)page->items + i * shape->row_bytes;
    return *(const int64_t *)(const void *)(row + shape->number_offset);
}

/*
 * Below the floor of one source its rows are missing, so those of the others must wait as well.
 * A full page of a single source cannot have come to its end.
 */
static int find_floor(struct store_session *s,
                      struct list *list,
                      const struct list_page *page,
                      int64_t *floor,
                      struct error *err)
{
    bool full = page->count > list->asked->limit;
    if (full && list->source_count == 1)
        return 0;
    if (full)
        list->lowest = number_of(list->shape, page, list->asked->limit - 1);
    for (size_t i = 0; i < list->source_count; i++)
        if (run_floor(s, list, list->sources[i], floor, err) < 0)
            return -1;
    return 0;
}

static void
end_page(const struct list_shape *shape, struct list_page *page, size_t limit, int64_t floor)
{
    if (page->count > limit) {
        page->count = limit;
        page->next_before = number_of(shape, page, limit - 1);
    }
    if (floor > 0) {
        while (page->count > 0 && number_of(shape, page, page->count - 1) <= floor)
            page->count--;
        page->next_before = floor + 1;
    }
    page->more = page->next_before > 0;
}

int list_page_read(struct store_session *s,
                   const struct list_shape *shape,
                   const void *filter,
                   const struct list_range *range,
                   struct arena *arena,
                   struct list_page *out,
                   struct error *err)
{
    struct list list = {.shape = shape, .filter = filter, .asked = range};
    struct list_page page = {0};
    int64_t floor = 0;

    choose_sources(&list);
    choose_range(&list);
    if (run_list(s, &list, arena, &page, err) < 0 || find_floor(s, &list, &page, &floor, err) < 0)
        return -1;
    end_page(shape, &page, range->limit, floor);
    *out = page;
    return 0;
}
