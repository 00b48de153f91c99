#include "app/dialect.h"

#include <string.h>

#include "core/text.h"
#include "http/problem.h"

const struct dialect_shape *dialect_shape(const struct request *request)
{
    static const struct dialect_shape native = {0};
    const struct dialect *dialect = request->route != NULL ? request->route->dialect : NULL;
    return dialect != NULL && dialect->data != NULL ? dialect->data : &native;
}

/* ---- what comes in ---- */

/* The value at "name" or "object.name", borrowed; NULL if there is none. */
static int find_value(json_t *object, const char *path, json_t **out, struct error *err)
{
    const char *dot = strchr(path, '.');
    *out = NULL;
    if (dot == NULL) {
        *out = json_object_get(object, path);
        return 0;
    }
    char outer[ERROR_FIELD_BYTES];
    (void)snprintf(outer, sizeof(outer), "%.*s", (int)(dot - path), path);
    json_t *inner = json_object_get(object, outer);
    if (inner == NULL || json_is_null(inner))
        return 0;
    if (!json_is_object(inner))
        return error_field(err, outer, "%s must be an object", outer);
    *out = json_object_get(inner, dot + 1);
    return 0;
}

static int
take_renamed(json_t *object, const struct input_name *name, json_t *translated, struct error *err)
{
    json_t *value;
    if (find_value(object, name->theirs, &value, err) < 0)
        return -1;
    if (value == NULL || json_is_null(value))
        return 0;
    json_t *other = json_object_get(translated, name->ours);
    if (other != NULL && !json_is_null(other) && !json_equal(other, value))
        return error_field(err, name->theirs, "%s and %s say different things", name->theirs,
                           name->ours);
    json_object_set(translated, name->ours, value);
    return 0;
}

json_t *dialect_input(json_t *object,
                      const struct input_name *names,
                      bool (*known)(const char *name),
                      struct error *err)
{
    if (names == NULL)
        return json_incref(object);
    json_t *translated = json_object();
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        if (known(name))
            json_object_set(translated, name, value);
    }
    for (; names->theirs != NULL; names++) {
        if (take_renamed(object, names, translated, err) == 0)
            continue;
        json_decref(translated);
        return NULL;
    }
    return translated;
}

/* ---- what goes out ---- */

static json_t *constants_of(const char *text)
{
    if (text == NULL)
        return json_object();
    json_t *object = json_loads(text, 0, NULL);
    ASSERT(object != NULL); /* a literal of ours */
    return object;
}

static void add_names(json_t *resource, const struct output_name *names)
{
    for (; names != NULL && names->theirs != NULL; names++) {
        json_t *value = json_object_get(resource, names->ours);
        if ((value == NULL || json_is_null(value)) && names->otherwise != NULL)
            value = json_object_get(resource, names->otherwise);
        if (value != NULL)
            json_object_set(resource, names->theirs, value);
    }
}

json_t *dialect_envelope(const struct envelope *envelope, json_t *resource)
{
    add_names(resource, envelope->names);
    if (envelope->constants == NULL && envelope->nest == NULL)
        return resource;
    json_t *outer = constants_of(envelope->constants);
    if (envelope->nest != NULL) {
        json_object_set_new(outer, envelope->nest, resource);
        return outer;
    }
    json_object_update(outer, resource);
    json_decref(resource);
    return outer;
}

/* ---- what went wrong ---- */

static const char *text_of(const struct dialect_shape *shape, const struct error *err)
{
    const struct error_text *row = shape->error_texts;
    for (; row != NULL && row->kind != ERROR_NONE; row++) {
        if (row->kind == err->kind && (row->field == NULL || text_equal(row->field, err->field)))
            return row->text;
    }
    const struct error_kind_info *info = error_info(err->kind);
    return info->http_status < 500 || err->twilio_code != 0 ? err->message : info->title;
}

static int status_of(const struct dialect_shape *shape, const struct error *err)
{
    const struct error_status *row = shape->error_statuses;
    for (; row != NULL && row->kind != ERROR_NONE; row++) {
        if (row->kind == err->kind)
            return row->status;
    }
    return error_info(err->kind)->http_status;
}

void dialect_render_error(struct app *app,
                          const struct request *request,
                          const struct error *err,
                          struct response *response)
{
    (void)app;
    const struct dialect_shape *shape = dialect_shape(request);
    json_t *json = constants_of(shape->error_constants);
    json_object_set_new(json, "error", json_string(text_of(shape, err)));
    problem_add_facts(json, request, err);
    response_json(request, response, status_of(shape, err), json);
}
