/* A TwiML document as the interpreter walks it: the reader's tree in an arena of its own, and looks
 * at attributes. */
#ifndef SIMULATOR_DOCUMENT_H
#define SIMULATOR_DOCUMENT_H

#include "twilio/twiml_reader.h"
#include "world.h"

struct document {
    struct arena *arena;
    struct twiml_document tree;
};

/**
 * Read TwiML.
 * @param err  with Twilio's code: 11750 too large, 12100 not XML, 12102 root is not <Response>
 * @return NULL on failure; free with document_free
 */
struct document *document_read(const char *text, size_t len, struct error *err);

/** Takes NULL. */
void document_free(struct document *document);

/** An attribute, or `otherwise`. */
const char *
node_attribute_or(const struct twiml_node *node, const char *name, const char *otherwise);

/** An attribute, or NULL. */
const char *node_attribute(const struct twiml_node *node, const char *name);

/** A decimal attribute within [min, max], or `otherwise`. */
int64_t node_number(
    const struct twiml_node *node, const char *name, int64_t min, int64_t max, int64_t otherwise);

bool node_flag(const struct twiml_node *node, const char *name, bool otherwise);

/** Warn (12200) of every element and attribute Twilio does not know. */
void document_check(struct sim *sim, struct leg *leg, const struct document *document);

#endif
