/*
 * Any bytes as a TwiML document: the reader answers with a tree or an error, and what it answers
 * holds together.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/arena.h"
#include "core/macros.h"
#include "core/text.h"
#include "twilio/twiml_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text)
{
    ASSERT(text != NULL);
    ASSERT(text_is_utf8(text, strlen(text)));
}

static void check_node(const struct twiml_node *node)
{
    check_text(node->name);
    check_text(node->text);
    for (size_t i = 0; i < node->attributes.count; i++) {
        check_text(node->attributes.items[i].name);
        check_text(node->attributes.items[i].value);
    }
    for (const struct twiml_node *child = node->children; child != NULL; child = child->next)
        check_node(child);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_arena struct arena *arena = arena_create();
    struct twiml_document document = {0};
    struct error err = {0};
    if (twiml_read((const char *)data, size, arena, &document, &err) < 0) {
        ASSERT(err.kind == ERROR_MALFORMED || err.kind == ERROR_TOO_LARGE);
        ASSERT(err.twilio_code != 0 && document.response == NULL);
        return 0;
    }
    ASSERT(document.response->element == TWIML_RESPONSE);
    check_node(document.response);
    for (const struct twiml_warning *w = document.warnings; w != NULL; w = w->next)
        check_text(w->text);
    return 0;
}
