#include "input.h"

#include <string.h>

static const struct input_field *
find_field(const struct input_field *fields, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    }
    return NULL;
}

static int
read_text(const struct input_field *field, const json_t *value, void *at, struct error *err)
{
    if (!json_is_string(value))
        return error_field(err, field->name, "%s must be a text", field->name);
    int64_t bytes = (int64_t)json_string_length(value);
    if (bytes < field->min || bytes > field->max)
        return error_field(err, field->name, "%s has %lld bytes; it must have %lld to %lld",
                           field->name, (long long)bytes, (long long)field->min,
                           (long long)field->max);
    *(const char **)at = json_string_value(value);
    return 0;
}

static int
read_int(const struct input_field *field, const json_t *value, void *at, struct error *err)
{
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < field->min || number > field->max)
        return error_field(err, field->name, "%s must be an integer from %lld to %lld", field->name,
                           (long long)field->min, (long long)field->max);
    *(int64_t *)at = number;
    return 0;
}

static int read_array(const struct input_field *field, json_t *value, void *at, struct error *err)
{
    int64_t count = (int64_t)json_array_size(value);
    if (!json_is_array(value) || count < field->min || count > field->max)
        return error_field(err, field->name, "%s must be an array of %lld to %lld items",
                           field->name, (long long)field->min, (long long)field->max);
    *(json_t **)at = value;
    return 0;
}

static int read_field(const struct input_field *field, json_t *value, void *at, struct error *err)
{
    switch (field->type) {
    case INPUT_TEXT:
        return read_text(field, value, at, err);
    case INPUT_INT:
        return read_int(field, value, at, err);
    case INPUT_BOOL:
        if (!json_is_boolean(value))
            return error_field(err, field->name, "%s must be true or false", field->name);
        *(bool *)at = json_is_true(value);
        return 0;
    case INPUT_OBJECT:
        if (!json_is_object(value))
            return error_field(err, field->name, "%s must be an object", field->name);
        *(json_t **)at = value;
        return 0;
    case INPUT_ARRAY:
        return read_array(field, value, at, err);
    }
    return 0;
}

bool input_knows(const struct input_field *fields, size_t count, const char *name)
{
    return find_field(fields, count, name) != NULL;
}

int input_read(
    json_t *object, const struct input_field *fields, size_t count, void *out, struct error *err)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        const struct input_field *field = find_field(fields, count, name);
        if (field == NULL)
            return error_field(err, name, "there is no field %.40s here", name);
        if (json_is_null(value))
            continue;
        if (read_field(field, value, (char *)out + field->offset, err) < 0)
            return -1;
    }
    return 0;
}
