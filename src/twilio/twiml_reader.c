/*
 * The TwiML reader: libxml2 parses, we copy what we keep into the arena and compare it with the
 * table.
 *
 * The parser is given no chance to look anything up: no network, no DTD (it is stopped at the first
 * one), no other encoding than UTF-8. It stops at 256 nested elements by itself, which bounds the
 * recursion here.
 */
#include "twilio/twiml_reader.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdarg.h>
#include <string.h>

#include "core/buf.h"
#include "core/limits.h"
#include "core/text.h"
#include "twiml_table.h"

static void auto_parser_release(xmlParserCtxt **parser)
{
    xmlFreeParserCtxt(*parser);
}
#define auto_parser __attribute__((cleanup(auto_parser_release)))

static void auto_xml_doc_release(xmlDoc **doc)
{
    xmlFreeDoc(*doc);
}
#define auto_xml_doc __attribute__((cleanup(auto_xml_doc_release)))

static void auto_xml_text_release(xmlChar **text)
{
    xmlFree(*text);
}
#define auto_xml_text __attribute__((cleanup(auto_xml_text_release)))

struct reader {
    struct arena *arena;
    struct twiml_warning *first;
    struct twiml_warning **last;
};

PRINTF_LIKE(3, 4)
static void warn(struct reader *reader, int line, const char *format, ...)
{
    struct twiml_warning *warning = arena_alloc(reader->arena, sizeof *warning);
    va_list values;
    va_start(values, format);
    warning->text = arena_vprintf(reader->arena, format, values);
    va_end(values);
    warning->line = line;
    *reader->last = warning;
    reader->last = &warning->next;
}

/* ---- comparing with the table */

static void
check_attribute(struct reader *reader, const struct twiml_node *node, const struct field *attribute)
{
    const struct twiml_rule *rule = twiml_rule(node->element);
    int place = twiml_attribute_find(rule, attribute->name);
    if (place < 0) {
        warn(reader, node->line, "<%s> has no attribute %s", node->name, attribute->name);
        return;
    }
    const char *problem = value_problem(&rule->attributes[place].type, attribute->value);
    if (problem != NULL)
        warn(reader, node->line, "%s of <%s> %s", attribute->name, node->name, problem);
}

static void check_text(struct reader *reader, const struct twiml_node *node)
{
    const struct twiml_rule *rule = twiml_rule(node->element);
    const char *problem = NULL;
    if (*node->text != '\0')
        problem = value_problem(&rule->text, node->text);
    else if (rule->filled && node->children == NULL)
        problem = "is empty";
    if (problem != NULL)
        warn(reader, node->line, "the text of <%s> %s", node->name, problem);
}

static void
check_place(struct reader *reader, const struct twiml_node *parent, const struct twiml_node *node)
{
    const struct twiml_rule *rule = twiml_rule(node->element);
    uint64_t parent_bit = UINT64_C(1) << parent->element;
    bool has_siblings = parent->children != node || node->next != NULL;
    if ((rule->parents & parent_bit) == 0)
        warn(reader, node->line, "<%s> may not stand in <%s>", node->name, parent->name);
    else if ((rule->alone_in & parent_bit) != 0 && has_siblings)
        warn(reader, node->line, "<%s> must be alone in <%s>", node->name, parent->name);
}

/* Of an unknown element only the element itself is told, not what is in it. */
static void
check(struct reader *reader, const struct twiml_node *parent, const struct twiml_node *node)
{
    if (node->element == TWIML_UNKNOWN) {
        warn(reader, node->line, "there is no element <%s>", node->name);
        return;
    }
    if (parent != NULL)
        check_place(reader, parent, node);
    for (size_t i = 0; i < node->attributes.count; i++)
        check_attribute(reader, node, &node->attributes.items[i]);
    check_text(reader, node);
    for (const struct twiml_node *child = node->children; child != NULL; child = child->next)
        check(reader, node, child);
}

/* ---- copying the tree */

static const char *copy_name(struct arena *arena, const xmlNs *ns, const xmlChar *name)
{
    if (ns == NULL || ns->prefix == NULL)
        return arena_strdup(arena, (const char *)name);
    return arena_printf(arena, "%s:%s", (const char *)ns->prefix, (const char *)name);
}

/* Without the white space of XML around it. */
static const char *copy_trimmed(struct arena *arena, const char *text)
{
    static const char space[] = " \t\r\n";

    if (text == NULL)
        return "";
    const char *start = text + strspn(text, space);
    size_t len = strlen(start);
    while (len > 0 && strchr(space, start[len - 1]) != NULL)
        len--;
    return arena_copy(arena, start, len);
}

static void copy_attributes(struct arena *arena, const xmlNode *xml, struct fields *out)
{
    for (const xmlAttr *attribute = xml->properties; attribute != NULL;
         attribute = attribute->next) {
        auto_xml_text xmlChar *value = xmlNodeListGetString(xml->doc, attribute->children, 1);
        fields_add(out, arena, copy_name(arena, attribute->ns, attribute->name),
                   value == NULL ? "" : arena_strdup(arena, (const char *)value));
    }
}

/* The text that stands directly in an element; the parser has made text of CDATA sections. */
static const char *copy_direct_text(struct arena *arena, const xmlNode *xml)
{
    auto_buf struct buf text;
    buf_init(&text, LIMIT_TWIML_BYTES); /* what is read is never longer than what was written */
    for (const xmlNode *child = xml->children; child != NULL; child = child->next)
        if (child->type == XML_TEXT_NODE)
            (void)buf_puts(&text, (const char *)child->content);
    return copy_trimmed(arena, text.data);
}

static const char *copy_text(struct arena *arena, const xmlNode *xml, enum twiml_element element)
{
    if (element != TWIML_SAY)
        return copy_direct_text(arena, xml);
    auto_xml_text xmlChar *text = xmlNodeGetContent(xml);
    return copy_trimmed(arena, (const char *)text);
}

/* Only the outermost <Say> collects the text of what is in it, so that a text is copied at most
 * twice. */
enum speech { OUTSIDE_SPEECH, INSIDE_SPEECH };

static struct twiml_node *copy_node(struct arena *arena, const xmlNode *xml, enum speech speech)
{
    struct twiml_node *node = arena_alloc(arena, sizeof *node);
    node->name = copy_name(arena, xml->ns, xml->name);
    node->element = twiml_element_find(node->name);
    node->line = xml->line;
    copy_attributes(arena, xml, &node->attributes);
    node->text = copy_text(arena, xml, speech == OUTSIDE_SPEECH ? node->element : TWIML_UNKNOWN);
    if (node->element == TWIML_SAY)
        speech = INSIDE_SPEECH;
    struct twiml_node **last = &node->children;
    for (const xmlNode *child = xml->children; child != NULL; child = child->next) {
        if (child->type != XML_ELEMENT_NODE)
            continue;
        *last = copy_node(arena, child, speech);
        last = &(*last)->next;
    }
    return node;
}

/* ---- parsing */

/* Called at <!DOCTYPE: no TwiML has one, and everything dangerous in XML begins with it. */
static void refuse_doctype(void *context,
                           const xmlChar *name,
                           const xmlChar *external_id,
                           const xmlChar *system_id)
{
    (void)name;
    (void)external_id;
    (void)system_id;
    xmlParserCtxt *parser = context;
    bool *has_doctype = parser->_private;
    *has_doctype = true;
    xmlStopParser(parser);
}

/* The first error wins, with its code. */
static int fail(struct error *err, enum error_kind kind, int code, const char *text)
{
    bool first = err != NULL && err->kind == ERROR_NONE;
    (void)error_set(err, kind, "%s", text);
    if (first)
        err->twilio_code = code;
    return -1;
}

/* The parser's own words, on one line. */
static int fail_parse(struct error *err, struct arena *arena, xmlParserCtxt *parser)
{
    const xmlError *problem = xmlCtxtGetLastError(parser);
    const char *words =
        problem == NULL || problem->message == NULL ? "no document" : problem->message;
    int line = problem == NULL ? 0 : problem->line;
    const char *text =
        arena_printf(arena, "line %d of the TwiML: %.*s", line, (int)strcspn(words, "\r\n"), words);
    return fail(err, ERROR_MALFORMED, TWIML_CODE_NOT_XML, text);
}

static int
copy_document(const xmlDoc *doc, struct arena *arena, struct twiml_document *out, struct error *err)
{
    const xmlNode *root = xmlDocGetRootElement(doc);
    if (root == NULL || root->type != XML_ELEMENT_NODE)
        return fail(err, ERROR_MALFORMED, TWIML_CODE_NOT_XML, "the TwiML has no element");
    struct twiml_node *response = copy_node(arena, root, OUTSIDE_SPEECH);
    if (response->element != TWIML_RESPONSE)
        return fail(err, ERROR_MALFORMED, TWIML_CODE_NOT_RESPONSE,
                    "the root of the TwiML is not <Response>");
    struct reader reader = {.arena = arena};
    reader.last = &reader.first;
    check(&reader, NULL, response);
    *out = (struct twiml_document){.response = response, .warnings = reader.first};
    return 0;
}

int twiml_read(
    const char *xml, size_t len, struct arena *arena, struct twiml_document *out, struct error *err)
{
    enum {
        OPTIONS = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA |
                  XML_PARSE_IGNORE_ENC
    };

    if (len > LIMIT_TWIML_BYTES)
        return fail(err, ERROR_TOO_LARGE, TWIML_CODE_TOO_LARGE, "the TwiML is larger than 64 KiB");
    if (memchr(xml, '\0', len) != NULL)
        return fail(err, ERROR_MALFORMED, TWIML_CODE_NOT_XML, "the TwiML holds a NUL byte");
    auto_parser xmlParserCtxt *parser = xmlNewParserCtxt();
    if (parser == NULL)
        return error_set(err, ERROR_INTERNAL, "the XML parser cannot be made");
    bool has_doctype = false;
    parser->_private = &has_doctype;
    parser->sax->internalSubset = refuse_doctype;
    auto_xml_doc xmlDoc *doc = xmlCtxtReadMemory(parser, xml, (int)len, NULL, "UTF-8", OPTIONS);
    if (has_doctype || (doc != NULL && doc->intSubset != NULL))
        return fail(err, ERROR_MALFORMED, TWIML_CODE_NOT_XML, "the TwiML has a document type");
    if (doc == NULL)
        return fail_parse(err, arena, parser);
    return copy_document(doc, arena, out, err);
}
