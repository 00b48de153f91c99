/*
 * The TwiML builder: a stack of open elements over libxml2's writer.
 *
 * The writer checks nothing and escapes in a way of its own, so it is only given names of our table
 * and text that was checked and escaped here, the way Twilio's helper libraries do it.
 */
#include "twilio/twiml.h"

#include <inttypes.h>
#include <libxml/parser.h>
#include <libxml/xmlwriter.h>
#include <stdio.h>
#include <string.h>

#include "core/limits.h"
#include "twiml_table.h"

enum { DEPTH_MAX = 32, FIRST_BYTES = 1024, INT_TEXT_BYTES = 24 };

/* An element that is open. */
struct frame {
    enum twiml_element element;
    const struct twiml_rule *rule;
    uint64_t attributes; /* which of the rule's are written, a bit each */
    size_t children;
    bool has_text;
    bool closed_to_others;  /* a child stands alone */
    size_t parameter_bytes; /* of its <Parameter>s */
};

struct twiml {
    struct arena *arena;
    xmlBuffer *buffer;
    xmlTextWriter *writer; /* NULL once finished or failed */
    size_t bytes;
    size_t depth;
    struct error err;
    struct frame frames[DEPTH_MAX];
};

void twiml_setup(void)
{
    xmlInitParser();
}

void twiml_teardown(void)
{
    xmlCleanupParser();
}

void twiml_free(struct twiml *twiml)
{
    if (twiml == NULL)
        return;
    /* The writer flushes into the buffer when it goes, so it goes first. */
    if (twiml->writer != NULL)
        xmlFreeTextWriter(twiml->writer);
    if (twiml->buffer != NULL)
        xmlBufferFree(twiml->buffer);
    twiml->writer = NULL;
    twiml->buffer = NULL;
}

static bool has_failed(const struct twiml *twiml)
{
    return twiml->err.kind != ERROR_NONE;
}

/* Keep the first mistake (error_set does); nothing is written from here on. */
#define FAIL(twiml, ...) FAIL_BY(twiml, error_set(&(twiml)->err, __VA_ARGS__))
#define FAIL_FIELD(twiml, ...) FAIL_BY(twiml, error_field(&(twiml)->err, __VA_ARGS__))
#define FAIL_BY(twiml, set_error)                                                                  \
    do {                                                                                           \
        (void)(set_error);                                                                         \
        twiml_free(twiml);                                                                         \
    } while (0)

static void fail_too_large(struct twiml *twiml)
{
    FAIL(twiml, ERROR_TOO_LARGE, "a TwiML document has at most %d bytes", LIMIT_TWIML_BYTES);
}

/* Take account of what the writer says it wrote. */
static void count(struct twiml *twiml, int written)
{
    if (written < 0) {
        FAIL(twiml, ERROR_INTERNAL, "the XML writer failed");
        return;
    }
    twiml->bytes += (size_t)written;
    if (twiml->bytes > LIMIT_TWIML_BYTES)
        fail_too_large(twiml);
}

static void write_raw(struct twiml *twiml, const char *text, size_t len)
{
    if (len > 0 && !has_failed(twiml))
        count(twiml, xmlTextWriterWriteRawLen(twiml->writer, (const xmlChar *)text, (int)len));
}

enum place { IN_TEXT, IN_ATTRIBUTE };

/* What stands for a character in that place, or NULL if it stands for itself. */
static const char *escape(char c, enum place place)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '\r':
        return "&#xD;";
    case '>':
        return place == IN_TEXT ? "&gt;" : NULL;
    case '"':
        return place == IN_ATTRIBUTE ? "&quot;" : NULL;
    case '\t':
        return place == IN_ATTRIBUTE ? "&#x9;" : NULL;
    case '\n':
        return place == IN_ATTRIBUTE ? "&#xA;" : NULL;
    default:
        return NULL;
    }
}

static void write_escaped(struct twiml *twiml, const char *text, enum place place)
{
    const char *start = text;
    for (; *text != '\0'; text++) {
        const char *instead = escape(*text, place);
        if (instead == NULL)
            continue;
        write_raw(twiml, start, (size_t)(text - start));
        write_raw(twiml, instead, strlen(instead));
        start = text + 1;
    }
    write_raw(twiml, start, (size_t)(text - start));
}

/* A value is of its type, and not larger than the document may be. The value itself is not told: it
 * may be a secret. */
static bool
value_fits(struct twiml *twiml, const struct value_type *type, const char *field, const char *value)
{
    const char *element = twiml_element_name(twiml->frames[twiml->depth - 1].element);
    if (strnlen(value, LIMIT_TWIML_BYTES + 1) > LIMIT_TWIML_BYTES) {
        fail_too_large(twiml);
        return false;
    }
    const char *problem = value_problem(type, value);
    if (problem != NULL)
        FAIL_FIELD(twiml, field, "%s of <%s> %s", field, element, problem);
    return problem == NULL;
}

static void start_element(struct twiml *twiml, enum twiml_element element)
{
    const char *name = twiml_element_name(element);
    twiml->frames[twiml->depth++] = (struct frame){.element = element, .rule = twiml_rule(element)};
    count(twiml, xmlTextWriterStartElement(twiml->writer, (const xmlChar *)name));
}

struct twiml *twiml_create(struct arena *arena)
{
    static const char declaration[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

    struct twiml *twiml = arena_alloc(arena, sizeof *twiml);
    twiml->arena = arena;
    twiml->buffer = xmlBufferCreateSize(FIRST_BYTES);
    if (twiml->buffer != NULL)
        twiml->writer = xmlNewTextWriterMemory(twiml->buffer, 0);
    if (twiml->writer == NULL) {
        FAIL(twiml, ERROR_INTERNAL, "the XML writer cannot be made");
        return twiml;
    }
    write_raw(twiml, declaration, sizeof declaration - 1);
    start_element(twiml, TWIML_RESPONSE);
    return twiml;
}

/* Whether `element` may stand in `parent` now, beside what is there already; fails if not. */
static bool
may_stand_in(struct twiml *twiml, const struct frame *parent, enum twiml_element element)
{
    const struct twiml_rule *rule = twiml_rule(element);
    uint64_t parent_bit = UINT64_C(1) << parent->element;
    bool alone = (rule->alone_in & parent_bit) != 0;
    const char *problem = NULL;
    if ((rule->parents & parent_bit) == 0)
        problem = "may not stand in";
    else if (parent->has_text && !parent->rule->mixed)
        problem = "may not stand beside the text of";
    else if (parent->closed_to_others || (alone && parent->children > 0))
        problem = "may not stand beside the others in";
    else if (twiml->depth >= DEPTH_MAX)
        problem = "is nested too deeply in";
    if (problem != NULL)
        FAIL(twiml, ERROR_INTERNAL, "<%s> %s <%s>", twiml_element_name(element), problem,
             twiml_element_name(parent->element));
    return problem == NULL;
}

void twiml_open(struct twiml *twiml, enum twiml_element element)
{
    if (has_failed(twiml))
        return;
    if ((unsigned)element >= TWIML_UNKNOWN) {
        FAIL(twiml, ERROR_INTERNAL, "there is no such TwiML element");
        return;
    }
    struct frame *parent = &twiml->frames[twiml->depth - 1];
    if (!may_stand_in(twiml, parent, element))
        return;
    parent->children++;
    parent->closed_to_others =
        (twiml_rule(element)->alone_in & (UINT64_C(1) << parent->element)) != 0;
    start_element(twiml, element);
}

void twiml_close(struct twiml *twiml)
{
    if (has_failed(twiml))
        return;
    if (twiml->depth <= 1) {
        FAIL(twiml, ERROR_INTERNAL, "more TwiML elements are closed than were opened");
        return;
    }
    const struct frame *frame = &twiml->frames[twiml->depth - 1];
    if (frame->rule->filled && !frame->has_text && frame->children == 0) {
        const char *name = twiml_element_name(frame->element);
        FAIL_FIELD(twiml, name, "<%s> may not be empty", name);
        return;
    }
    twiml->depth--;
    count(twiml, xmlTextWriterEndElement(twiml->writer));
}

/* The attribute's place in the row of the open element, or -1 and failed. */
static int attribute_place(struct twiml *twiml, const struct frame *frame, const char *attribute)
{
    int place = twiml_attribute_find(frame->rule, attribute);
    const char *problem = NULL;
    if (place < 0)
        problem = "has no attribute";
    else if (frame->has_text || frame->children > 0)
        problem = "has content already, too late for";
    else if ((frame->attributes & (UINT64_C(1) << place)) != 0)
        problem = "is given twice";
    if (problem == NULL)
        return place;
    FAIL(twiml, ERROR_INTERNAL, "<%s> %s %s", twiml_element_name(frame->element), problem,
         attribute);
    return -1;
}

/* Twilio carries a client's parameters in headers of the call, which have no room for more. */
static void count_parameter(struct twiml *twiml, const struct frame *frame, const char *value)
{
    struct frame *parent = &twiml->frames[twiml->depth - 2];
    if (frame->element != TWIML_PARAMETER || parent->element != TWIML_CLIENT)
        return;
    parent->parameter_bytes += strlen(value);
    if (parent->parameter_bytes > TWIML_CLIENT_PARAMETER_BYTES)
        FAIL(twiml, ERROR_TOO_LARGE, "the parameters of a <Client> have at most %d bytes together",
             TWIML_CLIENT_PARAMETER_BYTES);
}

void twiml_set(struct twiml *twiml, const char *attribute, const char *value)
{
    if (has_failed(twiml) || value == NULL)
        return;
    struct frame *frame = &twiml->frames[twiml->depth - 1];
    int place = attribute_place(twiml, frame, attribute);
    if (place < 0 || !value_fits(twiml, &frame->rule->attributes[place].type, attribute, value))
        return;
    frame->attributes |= UINT64_C(1) << place;
    count_parameter(twiml, frame, value);
    if (has_failed(twiml))
        return;
    count(twiml, xmlTextWriterStartAttribute(twiml->writer, (const xmlChar *)attribute));
    write_escaped(twiml, value, IN_ATTRIBUTE);
    if (!has_failed(twiml))
        count(twiml, xmlTextWriterEndAttribute(twiml->writer));
}

void twiml_set_bool(struct twiml *twiml, const char *attribute, bool value)
{
    twiml_set(twiml, attribute, value ? "true" : "false");
}

void twiml_set_int(struct twiml *twiml, const char *attribute, int64_t value)
{
    char text[INT_TEXT_BYTES];
    (void)snprintf(text, sizeof text, "%" PRId64, value);
    twiml_set(twiml, attribute, text);
}

void twiml_text(struct twiml *twiml, const char *text)
{
    if (has_failed(twiml) || text == NULL || *text == '\0')
        return;
    struct frame *frame = &twiml->frames[twiml->depth - 1];
    if (!frame->rule->mixed && (frame->has_text || frame->children > 0)) {
        FAIL(twiml, ERROR_INTERNAL, "text may not stand beside the content of <%s>",
             twiml_element_name(frame->element));
        return;
    }
    if (!value_fits(twiml, &frame->rule->text, twiml_element_name(frame->element), text))
        return;
    frame->has_text = true;
    write_escaped(twiml, text, IN_TEXT);
}

void twiml_leaf(struct twiml *twiml, enum twiml_element element, const char *text)
{
    twiml_open(twiml, element);
    twiml_text(twiml, text);
    twiml_close(twiml);
}

void twiml_say(struct twiml *twiml, const char *voice, const char *language, const char *text)
{
    twiml_open(twiml, TWIML_SAY);
    twiml_set(twiml, "voice", voice);
    twiml_set(twiml, "language", language);
    twiml_text(twiml, text);
    twiml_close(twiml);
}

void twiml_redirect(struct twiml *twiml, const char *method, const char *url)
{
    twiml_open(twiml, TWIML_REDIRECT);
    twiml_set(twiml, "method", method);
    twiml_text(twiml, url);
    twiml_close(twiml);
}

void twiml_parameter(struct twiml *twiml, const char *name, const char *value)
{
    twiml_open(twiml, TWIML_PARAMETER);
    twiml_set(twiml, "name", name == NULL ? "" : name);
    twiml_set(twiml, "value", value == NULL ? "" : value);
    twiml_close(twiml);
}

void twiml_identity(struct twiml *twiml, const char *identity, const struct fields *parameters)
{
    if (parameters == NULL || parameters->count == 0) {
        twiml_text(twiml, identity);
        return;
    }
    twiml_leaf(twiml, TWIML_IDENTITY, identity);
    for (size_t i = 0; i < parameters->count; i++)
        twiml_parameter(twiml, parameters->items[i].name, parameters->items[i].value);
}

int twiml_finish(struct twiml *twiml, const char **xml, size_t *len, struct error *err)
{
    if (!has_failed(twiml) && twiml->depth != 1)
        FAIL(twiml, ERROR_INTERNAL, "%zu TwiML elements are not closed", twiml->depth - 1);
    if (!has_failed(twiml))
        count(twiml, xmlTextWriterEndElement(twiml->writer));
    if (!has_failed(twiml) && xmlTextWriterFlush(twiml->writer) < 0)
        FAIL(twiml, ERROR_INTERNAL, "the XML writer failed");
    size_t bytes = has_failed(twiml) ? 0 : (size_t)xmlBufferLength(twiml->buffer);
    if (bytes > LIMIT_TWIML_BYTES) /* the writer's own count leaves some brackets out */
        fail_too_large(twiml);
    if (has_failed(twiml)) {
        if (err != NULL && err->kind == ERROR_NONE)
            *err = twiml->err;
        return -1;
    }
    *xml = arena_copy(twiml->arena, xmlBufferContent(twiml->buffer), bytes);
    if (len != NULL)
        *len = bytes;
    FAIL(twiml, ERROR_INTERNAL, "the TwiML document is finished already");
    return 0;
}
