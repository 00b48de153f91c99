#include "parameters_json.h"

#include <string.h>

#include "core/fields.h"
#include "core/limits.h"
#include "core/text.h"

/* What was said stands in the transcript, for those who may read it; what was kept as it came may hold words as well. */
static json_t *without_words(json_t *parameters)
{
    (void)json_object_del(parameters, "TranscriptionData");
    (void)json_object_del(parameters, "TranscriptionText");
    return parameters;
}

/* What came, readable: JSON as it is, a form as an object whose repeated names are lists. */
json_t *json_of_parameters(const char *raw)
{
    if (text_is_empty(raw))
        return json_null();
    if (raw[strspn(raw, " \t\r\n")] == '{') {
        json_t *object = json_loads(raw, 0, NULL);
        return object != NULL ? without_words(object) : json_string(raw);
    }
    auto_arena struct arena *arena = arena_create();
    struct fields fields;
    struct error ignored = {0};
    if (fields_decode(raw, strlen(raw), LIMIT_FORM_PAIRS, arena, &fields, &ignored) < 0)
        return json_string(raw);
    json_t *object = json_object();
    for (size_t i = 0; i < fields.count; i++) {
        const char *name = fields.items[i].name;
        json_t *value = json_string(fields.items[i].value);
        json_t *earlier = json_object_get(object, name);
        if (earlier == NULL)
            json_object_set_new(object, name, value);
        else if (json_is_array(earlier))
            json_array_append_new(earlier, value);
        else
            json_object_set_new(object, name, json_pack("[O, o]", earlier, value));
    }
    return without_words(object);
}

/* A callback of any kind may say where a recording is. */
void json_without_recordings(json_t *parameters)
{
    const char *name = NULL;
    json_t *value = NULL;
    void *next = NULL;
    json_object_foreach_safe(parameters, next, name, value)
    {
        if (text_starts_with(name, "Recording"))
            json_object_del(parameters, name);
    }
}
