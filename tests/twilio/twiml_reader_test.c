/*
 * The TwiML reader: what it keeps of a document, what it complains about, what it refuses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/limits.h"
#include "core/macros.h"
#include "support/cmocka_all.h"
#include "twilio/twiml_reader.h"

static int
read_text(struct arena *arena, const char *xml, struct twiml_document *out, struct error *err)
{
    return twiml_read(xml, strlen(xml), arena, out, err);
}

static void reads_elements_attributes_and_text(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct twiml_document document = {0};
    struct error err = {0};
    const char *xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                      "<!-- menu -->\n"
                      "<Response>\n"
                      "  <Gather numDigits='1' action=\"/menu?a=1&amp;b=2\">\n"
                      "    <Say>Press 1</Say>\n"
                      "  </Gather>\n"
                      "  <Dial callerId=\"+15005550006\">\n"
                      "    <Number> +14155550100\n </Number>\n"
                      "  </Dial>\n"
                      "</Response>\n";
    assert_int_equal(read_text(arena, xml, &document, &err), 0);
    assert_null(document.warnings);

    const struct twiml_node *gather = document.response->children;
    assert_int_equal(document.response->element, TWIML_RESPONSE);
    assert_int_equal(gather->element, TWIML_GATHER);
    assert_int_equal(gather->line, 4);
    assert_string_equal(gather->text, "");
    assert_int_equal(gather->attributes.count, 2);
    assert_string_equal(fields_get(&gather->attributes, "numDigits"), "1");
    assert_string_equal(fields_get(&gather->attributes, "action"), "/menu?a=1&b=2");
    assert_int_equal(gather->children->element, TWIML_SAY);
    assert_string_equal(gather->children->text, "Press 1");
    assert_null(gather->children->next);

    const struct twiml_node *dial = gather->next;
    assert_int_equal(dial->element, TWIML_DIAL);
    assert_string_equal(dial->children->name, "Number");
    assert_string_equal(dial->children->text, "+14155550100");
    assert_null(dial->next);
}

static const struct {
    const char *inside; /* of <Response> */
    const char *text;   /* of its first element */
} texts[] = {
    {"<Say/>",                                                              ""                         },
    {"<Say>a &lt;b&gt; &amp; &#x41;&#10;c</Say>",                           "a <b> & A\nc"             },
    {"<Say><![CDATA[a <b> ]]>c</Say>",                                      "a <b> c"                  },
    {"<Say>a<!-- not this --> b<?nor this?></Say>",                         "a b"                      },
    {"<Say>Hello <break/><emphasis>big <w>wide</w></emphasis> world</Say>", "Hello big wide world"     },
    {"<Play>\n\thttps://example.com/a.mp3\r\n</Play>",                      "https://example.com/a.mp3"},
    {"<Redirect><![CDATA[/next?a=1&b=2]]></Redirect>",                      "/next?a=1&b=2"            },
};

static void reads_text_as_it_is_meant(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        auto_arena struct arena *arena = arena_create();
        struct twiml_document document = {0};
        struct error err = {0};
        const char *xml = arena_printf(arena, "<Response>%s</Response>", texts[i].inside);
        assert_int_equal(read_text(arena, xml, &document, &err), 0);
        assert_string_equal(document.response->children->text, texts[i].text);
        assert_null(document.warnings);
    }
}

static void keeps_prefixes_in_names(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct twiml_document document = {0};
    struct error err = {0};
    const char *xml = "<Response><Say><lang xml:lang=\"fr-FR\">oui</lang></Say></Response>";
    assert_int_equal(read_text(arena, xml, &document, &err), 0);
    assert_null(document.warnings);
    const struct twiml_node *lang = document.response->children->children;
    assert_string_equal(fields_get(&lang->attributes, "xml:lang"), "fr-FR");

    xml = "<Response xmlns:x=\"urn:x\"><x:Say>no</x:Say></Response>";
    assert_int_equal(read_text(arena, xml, &document, &err), 0);
    assert_string_equal(document.response->children->name, "x:Say");
    assert_int_equal(document.response->children->element, TWIML_UNKNOWN);
    assert_non_null(document.warnings);
}

static const struct {
    const char *inside;
    const char *warning;
} complaints[] = {
    {"<say>hi</say>",                                                        "there is no element <say>"                          },
    {"<Pay/>",                                                               "there is no element <Pay>"                          },
    {"<Custom a=\"1\"><Say/></Custom>",                                      "there is no element <Custom>"                       },
    {"<Dial callerID=\"+15005550006\">+14155550100</Dial>",                  "<Dial> has no attribute callerID"                   },
    {"<Dial answerOnBridge=\"yes\">+14155550100</Dial>",
     "answerOnBridge of <Dial> must be true or false"                                                                             },
    {"<Number>+14155550100</Number>",                                        "<Number> may not stand in <Response>"               },
    {"<Gather><Hangup/></Gather>",                                           "<Hangup> may not stand in <Gather>"                 },
    {"<Dial><Conference>a</Conference><Number>+14155550100</Number></Dial>",
     "<Conference> must be alone in <Dial>"                                                                                       },
    {"<Dial/>",                                                              "the text of <Dial> is empty"                        },
    {"<Dial><Number>911</Number></Dial>",                                    "the text of <Number> must be a number in E.164 form"},
    {"<Hangup>now</Hangup>",                                                 "the text of <Hangup> takes no text"                 },
    {"<Response/>",                                                          "<Response> may not stand in <Response>"             },
};

static void reads_on_but_tells_what_twilio_would_warn_of(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(complaints); i++) {
        auto_arena struct arena *arena = arena_create();
        struct twiml_document document = {0};
        struct error err = {0};
        const char *xml = arena_printf(arena, "<Response>\n%s</Response>", complaints[i].inside);
        assert_int_equal(read_text(arena, xml, &document, &err), 0);
        assert_non_null(document.warnings);
        assert_string_equal(document.warnings->text, complaints[i].warning);
        assert_int_equal(document.warnings->line, 2);
        assert_null(document.warnings->next);
    }
}

static void lists_warnings_in_the_order_of_the_document(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct twiml_document document = {0};
    struct error err = {0};
    const char *xml = "<Response a=\"1\">\n<Say b=\"2\"/>\n<Nothing/></Response>";
    assert_int_equal(read_text(arena, xml, &document, &err), 0);
    const struct twiml_warning *warning = document.warnings;
    assert_string_equal(warning->text, "<Response> has no attribute a");
    assert_string_equal(warning->next->text, "<Say> has no attribute b");
    assert_string_equal(warning->next->next->text, "there is no element <Nothing>");
    assert_int_equal(warning->next->next->line, 3);
    assert_null(warning->next->next->next);
}

static const struct {
    const char *xml;
    int code;
} unreadable[] = {
    {"",                                                                               12100},
    {"   ",                                                                            12100},
    {"OK",                                                                             12100},
    {"{\"ok\":true}",                                                                  12100},
    {"<Response>",                                                                     12100},
    {"<Response><Say>hi</Response>",                                                   12100},
    {"<Response/><Response/>",                                                         12100},
    {"<Response/>trailing",                                                            12100},
    {"\n<?xml version=\"1.0\"?><Response/>",                                           12100},
    {"<Response><Say a=\"1\" a=\"2\"/></Response>",                                    12100},
    {"<Response><Say>a & b</Say></Response>",                                          12100},
    {"<Response><Say>&nbsp;</Say></Response>",                                         12100},
    {"<Response><Say>\x01</Say></Response>",                                           12100},
    {"<Response><Say>\xe9</Say></Response>",                                           12100},
    {"<Response><Say>&#0;</Say></Response>",                                           12100},
    {"<?xml version=\"1.0\" encoding=\"UTF-7\"?><Response><Say>\xff</Say></Response>", 12100},
    {"<!DOCTYPE Response><Response/>",                                                 12100},
    {"<!DOCTYPE r [<!ENTITY f SYSTEM "
     "\"file:///etc/hostname\">]><Response><Say>&f;</Say></Response>",            12100},
    {"<!DOCTYPE r [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;\">]>"
     "<Response><Say voice=\"&c;\">&c;</Say></Response>",                         12100},
    {"<response/>",                                                                    12102},
    {"<html><body>502 Bad Gateway</body></html>",                                      12102},
    {"<x:Response xmlns:x=\"urn:x\"/>",                                                12102},
};

static void refuses_what_is_no_twiml_with_twilios_code(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(unreadable); i++) {
        auto_arena struct arena *arena = arena_create();
        struct twiml_document document = {0};
        struct error err = {0};
        if (read_text(arena, unreadable[i].xml, &document, &err) != -1)
            fail_msg("was read: %s", unreadable[i].xml);
        assert_int_equal(err.kind, ERROR_MALFORMED);
        assert_int_equal(err.twilio_code, unreadable[i].code);
        assert_null(strchr(err.message, '\n'));
        assert_null(document.response);
    }
}

static void says_where_the_xml_is_broken(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct twiml_document document = {0};
    struct error err = {0};
    assert_int_equal(read_text(arena, "<Response>\n<Say>hi\n</Response>", &document, &err), -1);
    assert_int_equal(strncmp(err.message, "line 3 of the TwiML: ", 21), 0);
}

static void refuses_a_nul_byte_even_behind_the_document(void **state)
{
    static const char xml[] = "<Response/>\0<Response><Dial>+14155550100</Dial></Response>";

    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct twiml_document document = {0};
    struct error err = {0};
    assert_int_equal(twiml_read(xml, sizeof xml - 1, arena, &document, &err), -1);
    assert_int_equal(err.twilio_code, TWIML_CODE_NOT_XML);
}

static void takes_64_kib_and_no_byte_more(void **state)
{
    static const char head[] = "<Response><Say>";
    static const char tail[] = "</Say></Response>";

    (void)state;
    auto_arena struct arena *arena = arena_create();
    char *xml = arena_alloc(arena, LIMIT_TWIML_BYTES + 1);
    memset(xml, 'a', LIMIT_TWIML_BYTES + 1);
    memcpy(xml, head, sizeof head - 1);
    memcpy(xml + LIMIT_TWIML_BYTES - (sizeof tail - 1), tail, sizeof tail - 1);
    struct twiml_document document = {0};
    struct error err = {0};
    assert_int_equal(twiml_read(xml, LIMIT_TWIML_BYTES, arena, &document, &err), 0);
    assert_int_equal(strlen(document.response->children->text),
                     LIMIT_TWIML_BYTES - (sizeof head - 1) - (sizeof tail - 1));
    xml[LIMIT_TWIML_BYTES] = ' ';
    assert_int_equal(twiml_read(xml, LIMIT_TWIML_BYTES + 1, arena, &document, &err), -1);
    assert_int_equal(err.kind, ERROR_TOO_LARGE);
    assert_int_equal(err.twilio_code, TWIML_CODE_TOO_LARGE);
}

static void refuses_nesting_without_end(void **state)
{
    enum { LEVELS = 8000 };

    (void)state;
    auto_arena struct arena *arena = arena_create();
    auto_buf struct buf xml;
    buf_init(&xml, LIMIT_TWIML_BYTES);
    for (int i = 0; i < LEVELS; i++)
        assert_int_equal(buf_puts(&xml, "<p>"), 0);
    for (int i = 0; i < LEVELS; i++)
        assert_int_equal(buf_puts(&xml, "</p>"), 0);
    struct twiml_document document = {0};
    struct error err = {0};
    assert_int_equal(twiml_read(xml.data, xml.len, arena, &document, &err), -1);
    assert_int_equal(err.twilio_code, TWIML_CODE_NOT_XML);
}

/* What the builder writes is what the reader reads, whatever the text. */
static void reads_back_what_the_builder_writes(void **state)
{
    static const char *const values[] = {
        "plain",
        "<Hangup/>",
        "</Say><Dial>+19005550100</Dial><Say>",
        "\"/><Redirect>//evil.example</Redirect>",
        "]]><![CDATA[",
        "&lt; &#60; &amp;",
        "<!-- --><?php ?>",
        "tab\tline\nreturn\rend",
        "caf\u00e9 \u260e \U0001f4de",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        auto_arena struct arena *arena = arena_create();
        struct error err = {0};
        const char *xml = NULL;
        size_t len = 0;
        struct twiml *t = twiml_create(arena);
        twiml_say(t, NULL, NULL, values[i]);
        twiml_open(t, TWIML_REJECT);
        twiml_parameter(t, "p", values[i]);
        twiml_close(t);
        assert_int_equal(twiml_finish(t, &xml, &len, &err), 0);

        struct twiml_document document = {0};
        assert_int_equal(twiml_read(xml, len, arena, &document, &err), 0);
        assert_null(document.warnings);
        const struct twiml_node *say = document.response->children;
        assert_string_equal(say->text, values[i]);
        assert_null(say->children);
        const struct twiml_node *parameter = say->next->children;
        assert_string_equal(fields_get(&parameter->attributes, "value"), values[i]);
    }
}

/* Documents belong to threads; the library behind them is shared. */
static void *write_and_read(void *failures)
{
    for (int i = 0; i < 200; i++) {
        auto_arena struct arena *arena = arena_create();
        struct twiml_document document = {0};
        struct error err = {0};
        const char *xml = NULL;
        size_t len = 0;
        struct twiml *t = twiml_create(arena);
        twiml_say(t, "alice", NULL, "hello");
        if (twiml_finish(t, &xml, &len, &err) < 0 ||
            twiml_read(xml, len, arena, &document, &err) < 0 ||
            twiml_read("<Response>", 10, arena, &document, &err) == 0 ||
            err.twilio_code != TWIML_CODE_NOT_XML)
            ++*(int *)failures;
    }
    return NULL;
}

static void serves_several_threads_at_once(void **state)
{
    (void)state;
    pthread_t threads[4];
    int failures[ARRAY_LEN(threads)] = {0};
    twiml_setup();
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_and_read, &failures[i]), 0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(failures[i], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_elements_attributes_and_text),
        cmocka_unit_test(reads_text_as_it_is_meant),
        cmocka_unit_test(keeps_prefixes_in_names),
        cmocka_unit_test(reads_on_but_tells_what_twilio_would_warn_of),
        cmocka_unit_test(lists_warnings_in_the_order_of_the_document),
        cmocka_unit_test(refuses_what_is_no_twiml_with_twilios_code),
        cmocka_unit_test(says_where_the_xml_is_broken),
        cmocka_unit_test(refuses_a_nul_byte_even_behind_the_document),
        cmocka_unit_test(takes_64_kib_and_no_byte_more),
        cmocka_unit_test(refuses_nesting_without_end),
        cmocka_unit_test(reads_back_what_the_builder_writes),
        cmocka_unit_test(serves_several_threads_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
