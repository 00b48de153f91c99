/*
 * Lists of calls: what can be asked for.
 */
#include "call_columns.h"
#include "engine.h"
#include "list_page.h"

#include "core/macros.h"

#define CONDITION(role, member, sql) LIST_FILTER(role, TEXT, call_filter, member, sql)
static const struct list_condition conditions[] = {
    CONDITION(CONDITION, account_sid, "account_sid = ?5"),
    CONDITION(CONDITION, status, "status = ?6"),
    CONDITION(CONDITION, direction, "direction = ?7"),
    CONDITION(CONDITION, number, "(from_address = ?8 OR to_address = ?8)"),
    CONDITION(SOURCE, identity, "identity = ?9"),
    CONDITION(SOURCE, owner, "owner = ?10"),
    CONDITION(SOURCE, group, "call_group = ?11"),
    CONDITION(EITHER, owned_by_identity, "identity = ?12"),
    CONDITION(EITHER, owned_by_owner, "owner = ?13"),
    CONDITION(EITHER, owned_by_group, "call_group = ?14"),
};

static const struct list_shape shape = {
    .select = CALL_SELECT,
    .table = "calls",
    .columns = "account_sid, status, direction, from_address, to_address, identity, owner, "
               "call_group",
    .conditions = conditions,
    .count = ARRAY_LEN(conditions),
    .read = call_read,
    .row_bytes = sizeof(struct call_row),
    .number_offset = offsetof(struct call_row, number),
};

int sqlite_list_calls(struct store_session *s,
                      const struct call_filter *filter,
                      struct arena *arena,
                      struct call_rows *out,
                      struct error *err)
{
    const struct list_range range = {filter->since_ms, filter->until_ms, filter->before_number,
                                     filter->limit};
    struct list_page page;
    if (list_page_read(s, &shape, filter, &range, arena, &page, err) < 0)
        return -1;
    *out = (struct call_rows){page.items, page.count, page.more, page.next_before};
    return 0;
}
