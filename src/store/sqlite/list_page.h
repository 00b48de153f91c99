/*
 * Lists of rows that have an id of ours (calls, recordings, ...), newest first, paged by number.
 *
 * A list follows one source: the index of an identity's, an owner's or a group's rows, several of
 * them together (whoever may see them), or the whole table. What else is asked for is looked up in the rows of
 * that source, at most SCAN_ROWS of them per page and source; then the page ends early and says
 * where to go on. So no question can read a million rows at once, and no index is paid for by every
 * webhook because of a question that is rare.
 *
 * The table has the columns `number` (the key: milliseconds shifted, voice/resource_id.h) and `created_at`.
 */
#ifndef STORE_SQLITE_LIST_PAGE_H
#define STORE_SQLITE_LIST_PAGE_H

#include "row.h"
#include "session.h"

enum list_role {
    LIST_CONDITION, /* looked at in each row */
    LIST_SOURCE, /* the same, and it has an index by which the list can go; the first one set is taken */
    LIST_EITHER, /* of those, a row must meet one; each has an index */
};

enum list_type { LIST_TEXT, LIST_INT64 }; /* of the member; NULL and 0 do not filter */

struct list_condition {
    enum list_role role;
    enum list_type type;
    size_t offset;   /* of the member of the filter */
    const char *sql; /* its parameter is LIST_FIRST_PARAMETER + its position in the table */
};

#define LIST_FILTER(role, type, filter, member, sql)                                               \
    {                                                                                              \
        LIST_##role, LIST_##type, offsetof(struct filter, member), sql                             \
    }
enum { LIST_FIRST_PARAMETER = 5 };

struct list_shape {
    const char *select; /* up to and with FROM table */
    const char *table;
    const char *columns; /* those that the conditions look at */
    const struct list_condition *conditions;
    size_t count;
    row_read_fn *read;
    size_t row_bytes;
    size_t number_offset; /* of the number in a row */
};

/* What every filter has. */
struct list_range {
    int64_t since_ms;
    int64_t until_ms;
    int64_t before_number;
    size_t limit;
};

struct list_page {
    void *items;
    size_t count;
    bool more;
    int64_t next_before;
};

/** Read a page. `filter` is the struct whose members the conditions name. */
int list_page_read(struct store_session *s,
                   const struct list_shape *shape,
                   const void *filter,
                   const struct list_range *range,
                   struct arena *arena,
                   struct list_page *out,
                   struct error *err) MUST_USE;

#endif
