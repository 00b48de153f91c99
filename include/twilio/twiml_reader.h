/*
 * Reading TwiML as Twilio does: bounded, without DTD, entities or network, into a plain tree in an
 * arena. Whoever plays Twilio uses it; a document of our own is never read back in the server.
 *
 * A document that is no XML is an error; one that is XML but not good TwiML is read, and what
 * Twilio would complain about (its warning 12200: unknown elements and attributes, wrong places,
 * values of the wrong type) is listed. It is taken to be UTF-8 whatever its declaration says.
 */
#ifndef TWILIO_TWIML_READER_H
#define TWILIO_TWIML_READER_H

#include <stddef.h>

#include "core/arena.h"
#include "core/error.h"
#include "core/fields.h"
#include "core/macros.h"
#include "twilio/twiml.h"

/** Twilio's codes for what can be wrong with a document; in `twilio_code` of the error. */
enum twiml_reader_code {
    TWIML_CODE_TOO_LARGE = 11750,
    TWIML_CODE_NOT_XML = 12100,
    TWIML_CODE_NOT_RESPONSE = 12102,
    TWIML_CODE_SCHEMA = 12200, /**< the code of every warning */
};

/** One element. Texts are NUL-terminated UTF-8 and never NULL; everything lives in the arena. */
struct twiml_node {
    enum twiml_element element; /**< TWIML_UNKNOWN for a name that is not in the table */
    const char *name;           /**< as written, with its prefix if it has one */
    struct fields attributes;   /**< in the order written, unknown ones too; see fields_get */
    const char *text; /**< without the space around it; in <Say> with the text of its SSML */
    struct twiml_node *children; /**< the first, or NULL */
    struct twiml_node *next;     /**< the next in the same parent, or NULL */
    int line;
};

/** What Twilio would write into its debugger while the call goes on. */
struct twiml_warning {
    const char *text;
    int line;
    struct twiml_warning *next;
};

struct twiml_document {
    struct twiml_node *response;    /**< <Response> */
    struct twiml_warning *warnings; /**< in the order of the document, or NULL */
};

/**
 * Read a document.
 *
 * @param xml  the bytes of the answer, borrowed for the call   @param arena  where the tree will
 * live
 * @param out  written only on success
 * @param err  TOO_LARGE (11750); MALFORMED: no well-formed XML, or one with a DTD (12100), root not
 * <Response> (12102)
 * @return 0 or -1. Any thread.
 */
int twiml_read(const char *xml,
               size_t len,
               struct arena *arena,
               struct twiml_document *out,
               struct error *err) MUST_USE;

#endif
