/*
 * Builds the documents that another program describes, for comparison with Twilio's own helper.
 *
 * On standard input a JSON array of verb lists; each element is ["Name", {attributes}, content...]
 * where content is text or another element, and numbers, booleans, lists and null of attributes
 * become what the helper makes of them. On standard output an array of {"xml": ...} or {"kind":
 * ..., "field": ..., "message": ...}.
 */
#include <jansson.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/macros.h"
#include "core/text.h"
#include "twilio/twiml.h"

static enum twiml_element element_of(const char *name)
{
    unsigned element = 0;
    while (element < TWIML_UNKNOWN &&
           !text_equal(name, twiml_element_name((enum twiml_element)element)))
        element++;
    return (enum twiml_element)element;
}

static void set_list(struct twiml *t, const char *name, const json_t *words)
{
    size_t i = 0;
    json_t *word = NULL;
    auto_buf struct buf list;
    buf_init(&list, MiB(1));
    json_array_foreach(words, i, word)(void)
        buf_printf(&list, "%s%s", i > 0 ? " " : "", json_string_value(word));
    twiml_set(t, name, list.data == NULL ? "" : list.data);
}

static void set_attribute(struct twiml *t, const char *name, const json_t *value)
{
    if (json_is_boolean(value))
        twiml_set_bool(t, name, json_is_true(value));
    else if (json_is_integer(value))
        twiml_set_int(t, name, json_integer_value(value));
    else if (json_is_array(value))
        set_list(t, name, value);
    else
        twiml_set(t, name, json_string_value(value)); /* NULL for null */
}

static void build(struct twiml *t, json_t *element)
{
    size_t i = 0;
    json_t *content = NULL;
    const char *name = NULL;
    json_t *value = NULL;
    twiml_open(t, element_of(json_string_value(json_array_get(element, 0))));
    json_object_foreach(json_array_get(element, 1), name, value) set_attribute(t, name, value);
    json_array_foreach(element, i, content)
    {
        if (i < 2)
            continue;
        if (json_is_array(content))
            build(t, content);
        else
            twiml_text(t, json_string_value(content));
    }
    twiml_close(t);
}

static json_t *document(const json_t *verbs)
{
    size_t i = 0;
    json_t *verb = NULL;
    struct error err = {0};
    const char *xml = NULL;
    auto_arena struct arena *arena = arena_create();
    auto_twiml struct twiml *t = twiml_create(arena);
    json_array_foreach(verbs, i, verb) build(t, verb);
    if (twiml_finish(t, &xml, NULL, &err) == 0)
        return json_pack("{s:s}", "xml", xml);
    return json_pack("{s:s, s:s, s:s}", "kind", error_info(err.kind)->name, "field", err.field,
                     "message", err.message);
}

int main(void)
{
    size_t i = 0;
    json_t *verbs = NULL;
    json_error_t problem;
    twiml_setup();
    json_auto_t *input = json_loadf(stdin, 0, &problem);
    json_auto_t *output = json_array();
    if (!json_is_array(input)) {
        (void)fprintf(stderr, "usage: twiml < documents.json\n");
        return 2;
    }
    json_array_foreach(input, i, verbs)(void) json_array_append_new(output, document(verbs));
    (void)json_dumpf(output, stdout, JSON_COMPACT);
    twiml_teardown();
    return 0;
}
