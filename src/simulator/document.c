/* A TwiML document as the interpreter walks it. */
#include "document.h"

#include <stdlib.h>

#include "core/text.h"
#include "core/xmalloc.h"
#include "leg.h"

struct document *document_read(const char *text, size_t len, struct error *err)
{
    struct document *document = xcalloc(1, sizeof(*document));
    document->arena = arena_create();
    if (twiml_read(text, len, document->arena, &document->tree, err) < 0) {
        document_free(document);
        return NULL;
    }
    return document;
}

void document_free(struct document *document)
{
    if (document)
        arena_free(document->arena);
    free(document);
}

const char *node_attribute(const struct twiml_node *node, const char *name)
{
    return fields_get(&node->attributes, name);
}

const char *
node_attribute_or(const struct twiml_node *node, const char *name, const char *otherwise)
{
    const char *value = node_attribute(node, name);
    return value ? value : otherwise;
}

int64_t node_number(
    const struct twiml_node *node, const char *name, int64_t min, int64_t max, int64_t otherwise)
{
    int64_t value = otherwise;
    const char *text = node_attribute(node, name);
    return text && text_to_int64(text, min, max, &value) ? value : otherwise;
}

bool node_flag(const struct twiml_node *node, const char *name, bool otherwise)
{
    const char *text = node_attribute(node, name);
    if (text_equal(text, "true"))
        return true;
    return text_equal(text, "false") ? false : otherwise;
}

void document_check(struct sim *sim, struct leg *leg, const struct document *document)
{
    for (const struct twiml_warning *warning = document->tree.warnings; warning;
         warning = warning->next)
        leg_warn(sim, leg, TWIML_CODE_SCHEMA, "line %d: %s", warning->line, warning->text);
}
