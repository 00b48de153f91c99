#include "list_query.h"

#include "core/text.h"
#include "core/wall_clock.h"

int list_since(const char *value, int64_t *since_ms)
{
    return time_from_rfc3339(value, since_ms) ? 0 : -1;
}

/* 0 would be no limit at all. */
int list_until(const char *value, int64_t *until_ms)
{
    int64_t given_ms;
    if (!time_from_rfc3339(value, &given_ms))
        return -1;
    *until_ms = given_ms > 0 ? given_ms : 1;
    return 0;
}

int list_limit(const char *value, size_t *limit)
{
    int64_t given;
    if (!text_to_int64(value, 1, LIST_LIMIT_MAX, &given))
        return -1;
    *limit = (size_t)given;
    return 0;
}

static int take(const struct field *field,
                const struct list_parameter *parameters,
                size_t count,
                void *filter,
                struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!text_equal(field->name, parameters[i].name))
            continue;
        if (parameters[i].set(filter, field->value) == 0)
            return 0;
        return error_field(err, field->name, "%s must be %s", field->name, parameters[i].expected);
    }
    return error_field(err, field->name, "there is no filter %.40s", field->name);
}

int list_query_read(const struct fields *query,
                    const struct list_parameter *parameters,
                    size_t count,
                    void *filter,
                    struct error *err)
{
    for (size_t i = 0; i < query->count; i++) {
        const struct field *field = &query->items[i];
        if (fields_count(query, field->name) > 1)
            return error_field(err, field->name, "%.40s is given more than once", field->name);
        if (take(field, parameters, count, filter, err) < 0)
            return -1;
    }
    return 0;
}
