/*
 * The TwiML builder: what Twilio's own helper writes, byte for byte, and everything that must not
 * get through. Expected documents were made with the npm package twilio 6.2.0.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/arena.h"
#include "core/limits.h"
#include "core/macros.h"
#include "support/cmocka_all.h"
#include "twilio/twiml.h"

#define DECLARATION "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"

typedef void build_fn(struct twiml *t);

/* ---- documents of the official helper
 * ------------------------------------------------------------------------ */

static void build_nothing(struct twiml *t)
{
    (void)t;
}

static void build_say(struct twiml *t)
{
    twiml_open(t, TWIML_SAY);
    twiml_set(t, "voice", "alice");
    twiml_set(t, "language", "en-GB");
    twiml_set_int(t, "loop", 2);
    twiml_text(t, "Tom & Jerry <b> \"q\" 'a' \u00e9 \u260e\ufe0f > done");
    twiml_close(t);
}

static void build_dial(struct twiml *t)
{
    twiml_open(t, TWIML_DIAL);
    twiml_set(t, "callerId", "+15005550006");
    twiml_set_int(t, "timeout", 20);
    twiml_set_bool(t, "answerOnBridge", true);
    twiml_set(t, "record", "record-from-answer-dual");
    twiml_set(t, "recordingStatusCallbackEvent", "in-progress completed");
    twiml_set(t, "action", "https://x.example/a?b=1&c=2'4'");
    twiml_text(t, "+14155550100");
    twiml_close(t);
}

static void build_nouns(struct twiml *t)
{
    struct field pairs[] = {
        {.name = "k&", .value = "v\"<>"}
    };
    const struct fields parameters = {.items = pairs, .count = ARRAY_LEN(pairs)};

    twiml_open(t, TWIML_DIAL);
    twiml_set_bool(t, "answerOnBridge", false);
    twiml_set_int(t, "timeLimit", 0);
    twiml_set(t, "action", "");
    twiml_open(t, TWIML_NUMBER);
    twiml_set(t, "statusCallbackEvent", "initiated ringing");
    twiml_set(t, "statusCallback", "/cb");
    twiml_text(t, "+14155550100");
    twiml_close(t);
    twiml_open(t, TWIML_CLIENT);
    twiml_identity(t, "alice", &parameters);
    twiml_close(t);
    twiml_open(t, TWIML_SIP);
    twiml_set(t, "username", "u");
    twiml_text(t, "sip:a@b.example;transport=tls?x-h=1&y=2");
    twiml_close(t);
    twiml_close(t);
}

static void build_gather(struct twiml *t)
{
    twiml_open(t, TWIML_GATHER);
    twiml_set(t, "input", "dtmf speech");
    twiml_set_int(t, "numDigits", 1);
    twiml_set(t, "finishOnKey", "");
    twiml_set_int(t, "timeout", 5);
    twiml_set_bool(t, "actionOnEmptyResult", true);
    twiml_set(t, "hints", "a, b");
    twiml_say(t, NULL, NULL, "Press 1");
    twiml_open(t, TWIML_PAUSE);
    twiml_set_int(t, "length", 1);
    twiml_close(t);
    twiml_close(t);
    twiml_redirect(t, "POST", "/menu?x=1&y=2");
}

static void build_empties(struct twiml *t)
{
    twiml_leaf(t, TWIML_REJECT, NULL);
    twiml_open(t, TWIML_REJECT);
    twiml_set(t, "reason", "busy");
    twiml_close(t);
    twiml_leaf(t, TWIML_HANGUP, NULL);
    twiml_leaf(t, TWIML_PAUSE, NULL);
    twiml_leaf(t, TWIML_LEAVE, "");
}

static void build_conference(struct twiml *t)
{
    twiml_open(t, TWIML_DIAL);
    twiml_open(t, TWIML_CONFERENCE);
    twiml_set_bool(t, "startConferenceOnEnter", false);
    twiml_set_bool(t, "endConferenceOnExit", true);
    twiml_set(t, "statusCallbackEvent", "start end join leave");
    twiml_set(t, "waitUrl", "");
    twiml_set(t, "beep", "onEnter");
    twiml_set_int(t, "maxParticipants", 10);
    twiml_text(t, "Room 1 & co");
    twiml_close(t);
    twiml_close(t);
}

static void build_enqueue(struct twiml *t)
{
    twiml_open(t, TWIML_ENQUEUE);
    twiml_set(t, "workflowSid", "WW1");
    twiml_set(t, "action", "/e");
    twiml_open(t, TWIML_TASK);
    twiml_set_int(t, "priority", 5);
    twiml_set_int(t, "timeout", 30);
    twiml_text(t, "{\"a\":1,\"b\":\"x<&>\\\"y\"}");
    twiml_close(t);
    twiml_close(t);
    twiml_leaf(t, TWIML_ENQUEUE, "support");
}

static void build_streams(struct twiml *t)
{
    twiml_open(t, TWIML_START);
    twiml_open(t, TWIML_TRANSCRIPTION);
    twiml_set(t, "name", "t");
    twiml_set_bool(t, "partialResults", true);
    twiml_set(t, "statusCallbackUrl", "https://x/y");
    twiml_set(t, "track", "both_tracks");
    twiml_close(t);
    twiml_close(t);
    twiml_open(t, TWIML_CONNECT);
    twiml_set(t, "action", "/x");
    twiml_open(t, TWIML_STREAM);
    twiml_set(t, "url", "wss://x.example/ms");
    twiml_parameter(t, "a", "1");
    twiml_close(t);
    twiml_close(t);
    twiml_open(t, TWIML_STOP);
    twiml_open(t, TWIML_STREAM);
    twiml_set(t, "name", "x");
    twiml_close(t);
    twiml_close(t);
}

static void build_ssml(struct twiml *t)
{
    twiml_open(t, TWIML_SAY);
    twiml_set(t, "voice", "Polly.Joanna");
    twiml_text(t, "Hello ");
    twiml_open(t, TWIML_BREAK);
    twiml_set(t, "strength", "weak");
    twiml_set(t, "time", "100ms");
    twiml_close(t);
    twiml_open(t, TWIML_EMPHASIS);
    twiml_set(t, "level", "strong");
    twiml_text(t, "world");
    twiml_close(t);
    twiml_close(t);
}

static void build_falsy(struct twiml *t)
{
    twiml_open(t, TWIML_PLAY);
    twiml_set_int(t, "loop", 0);
    twiml_text(t, "https://x/y.mp3");
    twiml_close(t);
    twiml_open(t, TWIML_PLAY);
    twiml_set(t, "digits", "ww12");
    twiml_close(t);
    twiml_open(t, TWIML_SAY);
    twiml_set_int(t, "loop", 0);
    twiml_close(t);
    twiml_open(t, TWIML_RECORD);
    twiml_set_bool(t, "playBeep", false);
    twiml_set_int(t, "maxLength", 30);
    twiml_set_bool(t, "transcribe", true);
    twiml_set(t, "recordingStatusCallbackEvent", "completed absent");
    twiml_close(t);
}

static void build_escapes(struct twiml *t)
{
    twiml_open(t, TWIML_STOP);
    twiml_open(t, TWIML_STREAM);
    twiml_parameter(t, "a", "?b=1&c=\"2\"<3>'4'\n\t5\r&amp;");
    twiml_close(t);
    twiml_close(t);
    twiml_say(t, NULL, NULL, "a\tb\nc\rd &amp; ]]> <!-- -->");
}

static void build_absent(struct twiml *t)
{
    twiml_open(t, TWIML_SAY);
    twiml_set(t, "voice", NULL);
    twiml_text(t, NULL);
    twiml_close(t);
    twiml_redirect(t, NULL, NULL);
}

static void build_client(struct twiml *t)
{
    const struct fields none = {0};

    twiml_open(t, TWIML_DIAL);
    twiml_open(t, TWIML_CLIENT);
    twiml_set(t, "url", "/whisper");
    twiml_identity(t, "agent_7", NULL);
    twiml_close(t);
    twiml_open(t, TWIML_CLIENT);
    twiml_identity(t, "agent_8", &none);
    twiml_close(t);
    twiml_close(t);
}

static void build_sip_headers(struct twiml *t)
{
    twiml_open(t, TWIML_DIAL);
    twiml_open(t, TWIML_SIP);
    twiml_leaf(t, TWIML_URI, "sip:alice@example.com");
    twiml_open(t, TWIML_HEADERS);
    twiml_open(t, TWIML_HEADER);
    twiml_set(t, "name", "X-Ticket");
    twiml_set(t, "value", "7");
    twiml_close(t);
    twiml_close(t);
    twiml_close(t);
    twiml_close(t);
}

/* clang-format off: version 14 falls over rows with broken strings */
static const struct {
    build_fn *build;
    const char *xml;
} documents[] = {
    {build_nothing,     "<Response/>"                                                                             },
    {build_say,         "<Response><Say voice=\"alice\" language=\"en-GB\" loop=\"2\">Tom &amp; Jerry "
                "&lt;b&gt; \"q\" 'a' "
                "\u00e9 \u260e\ufe0f &gt; done</Say></Response>"                                   },
    {build_dial,
     "<Response><Dial callerId=\"+15005550006\" timeout=\"20\" answerOnBridge=\"true\" "
     "record=\"record-from-answer-dual\" recordingStatusCallbackEvent=\"in-progress completed\" "
     "action=\"https://x.example/a?b=1&amp;c=2'4'\">+14155550100</Dial></Response>"                               },
    {build_nouns,
     "<Response><Dial answerOnBridge=\"false\" timeLimit=\"0\" action=\"\"><Number "
     "statusCallbackEvent=\"initiated ringing\" "
     "statusCallback=\"/cb\">+14155550100</Number><Client>"
     "<Identity>alice</Identity><Parameter name=\"k&amp;\" value=\"v&quot;&lt;>\"/></Client><Sip "
     "username=\"u\">sip:a@b.example;transport=tls?x-h=1&amp;y=2</Sip></Dial></Response>"                         },
    {build_gather,
     "<Response><Gather input=\"dtmf speech\" numDigits=\"1\" finishOnKey=\"\" timeout=\"5\" "
     "actionOnEmptyResult=\"true\" hints=\"a, b\"><Say>Press 1</Say><Pause length=\"1\"/></Gather>"
     "<Redirect method=\"POST\">/menu?x=1&amp;y=2</Redirect></Response>"                                          },
    {build_empties,
     "<Response><Reject/><Reject reason=\"busy\"/><Hangup/><Pause/><Leave/></Response>"                           },
    {build_conference,
     "<Response><Dial><Conference startConferenceOnEnter=\"false\" endConferenceOnExit=\"true\" "
     "statusCallbackEvent=\"start end join leave\" waitUrl=\"\" beep=\"onEnter\" "
     "maxParticipants=\"10\">Room 1 &amp; co</Conference></Dial></Response>"                                      },
    {build_enqueue,
     "<Response><Enqueue workflowSid=\"WW1\" action=\"/e\"><Task priority=\"5\" timeout=\"30\">"
     "{\"a\":1,\"b\":\"x&lt;&amp;&gt;\\\"y\"}</Task></Enqueue><Enqueue>support</Enqueue></"
     "Response>"                                                                                                  },
    {build_streams,     "<Response><Start><Transcription name=\"t\" partialResults=\"true\" "
                    "statusCallbackUrl=\"https://x/y\" track=\"both_tracks\"/></Start><Connect "
                    "action=\"/x\"><Stream "
                    "url=\"wss://x.example/ms\"><Parameter name=\"a\" "
                    "value=\"1\"/></Stream></Connect><Stop><Stream "
                    "name=\"x\"/></Stop></Response>"                                           },
    {build_ssml,        "<Response><Say voice=\"Polly.Joanna\">Hello <break strength=\"weak\" "
                 "time=\"100ms\"/><emphasis "
                 "level=\"strong\">world</emphasis></Say></Response>"                             },
    {build_falsy,       "<Response><Play loop=\"0\">https://x/y.mp3</Play><Play digits=\"ww12\"/><Say "
                  "loop=\"0\"/><Record "
                  "playBeep=\"false\" maxLength=\"30\" transcribe=\"true\" "
                  "recordingStatusCallbackEvent=\"completed absent\"/></Response>"               },
    {build_escapes,
     "<Response><Stop><Stream><Parameter name=\"a\" "
     "value=\"?b=1&amp;c=&quot;2&quot;&lt;3>'4'&#xA;&#x9;5&#xD;&amp;amp;\"/></Stream></Stop>"
     "<Say>a\tb\nc&#xD;d &amp;amp; ]]&gt; &lt;!-- --&gt;</Say></Response>"                                        },
    {build_absent,      "<Response><Say/><Redirect/></Response>"                                                  },
    {build_client,      "<Response><Dial><Client "
                   "url=\"/whisper\">agent_7</Client><Client>agent_8</Client></Dial></Response>"},
    {build_sip_headers,
     "<Response><Dial><Sip><Uri>sip:alice@example.com</Uri><Headers><Header name=\"X-Ticket\" "
     "value=\"7\"/></Headers></Sip></Dial></Response>"                                                            },
};
/* clang-format on */

static void writes_what_the_official_helper_writes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(documents); i++) {
        auto_arena struct arena *arena = arena_create();
        struct error err = {0};
        const char *xml = NULL;
        size_t len = 0;
        struct twiml *t = twiml_create(arena);
        documents[i].build(t);
        int result = twiml_finish(t, &xml, &len, &err);
        assert_string_equal(err.message, "");
        assert_int_equal(result, 0);
        assert_int_equal(strncmp(xml, DECLARATION, strlen(DECLARATION)), 0);
        assert_string_equal(xml + strlen(DECLARATION), documents[i].xml);
        assert_int_equal(len, strlen(xml));
    }
}

/* ---- values: element, attribute (NULL: its text), value
 * ------------------------------------------------------- */

/* Open an element and before it the parents that it needs; RESPONSE is what all others stand in. */
static void open_in_place(struct twiml *t, enum twiml_element element)
{
    static const enum twiml_element parents[TWIML_UNKNOWN] = {
        [TWIML_NUMBER] = TWIML_DIAL,      [TWIML_CLIENT] = TWIML_DIAL,
        [TWIML_CONFERENCE] = TWIML_DIAL,  [TWIML_SIP] = TWIML_DIAL,
        [TWIML_HEADERS] = TWIML_SIP,      [TWIML_HEADER] = TWIML_HEADERS,
        [TWIML_STREAM] = TWIML_CONNECT,   [TWIML_CONVERSATION_RELAY] = TWIML_CONNECT,
        [TWIML_PARAMETER] = TWIML_REJECT, [TWIML_TASK] = TWIML_ENQUEUE,
        [TWIML_LANG] = TWIML_SAY,
    };

    if (parents[element] != TWIML_RESPONSE)
        open_in_place(t, parents[element]);
    twiml_open(t, element);
}

/* The error of setting one value; kind NONE if it is taken. */
static struct error try_value(enum twiml_element element, const char *attribute, const char *value)
{
    auto_arena struct arena *arena = arena_create();
    auto_twiml struct twiml *t = twiml_create(arena);
    open_in_place(t, element);
    if (attribute != NULL)
        twiml_set(t, attribute, value);
    else
        twiml_text(t, value);
    /* An own mistake at the end, which the value's error must come before. */
    twiml_open(t, TWIML_UNKNOWN);
    struct error err = {0};
    const char *xml = NULL;
    assert_int_equal(twiml_finish(t, &xml, NULL, &err), -1);
    assert_null(xml);
    if (err.kind == ERROR_INTERNAL)
        error_clear(&err);
    return err;
}

struct value_row {
    enum twiml_element element;
    const char *attribute;
    const char *value;
};

static const struct value_row good_values[] = {
    {TWIML_DIAL,               "callerId",                     "+15005550006"                                                                                        },
    {TWIML_DIAL,               "callerId",                     "client:alice"                                                                                        },
    {TWIML_DIAL,               "callerId",                     "alice"                                                                                               },
    {TWIML_DIAL,               "callerId",                     "sip:a@example.com"                                                                                   },
    {TWIML_DIAL,               "timeout",                      "600"                                                                                                 },
    {TWIML_DIAL,               "ringTone",                     "us-old"                                                                                              },
    {TWIML_DIAL,               "record",                       "true"                                                                                                },
    {TWIML_DIAL,               "callReason",                   "12345678901234567890123456789012345678901234567890"                                                  },
    {TWIML_DIAL,               "callReason",                   "éééééééééééééééééééééééééééééééééééééééééééééééééé"},
    {TWIML_DIAL,               "recordingStatusCallbackEvent", ""                                                                                                    },
    {TWIML_DIAL,               "recordingStatusCallbackEvent", "absent"                                                                                              },
    {TWIML_DIAL,               NULL,                           "+14155550100"                                                                                        },
    {TWIML_DIAL,               NULL,                           "sip:bob@example.com;transport=tls"                                                                   },
    {TWIML_DIAL,               NULL,                           "client:alice"                                                                                        },
    {TWIML_DIAL,               "action",                       "https://user:pass@example.com:8443/a?b=1#rc=2&rp=all"                                                },
    {TWIML_DIAL,               "action",                       "https://[2001:db8::1]/x"                                                                             },
    {TWIML_DIAL,               "action",                       "HTTPS://EXAMPLE.COM"                                                                                 },
    {TWIML_DIAL,               "action",                       "dial-action?x=a:b"                                                                                   },
    {TWIML_DIAL,               "action",                       "/p?u=http://other.example/"                                                                          },
    {TWIML_SAY,                "voice",                        "Google.en-US-Chirp3-HD-Aoede"                                                                        },
    {TWIML_SAY,                "loop",                         "1000"                                                                                                },
    {TWIML_GATHER,             "timeout",                      "auto"                                                                                                },
    {TWIML_GATHER,             "finishOnKey",                  "#"                                                                                                   },
    {TWIML_RECORD,             "finishOnKey",                  "1234567890*#"                                                                                        },
    {TWIML_RECORD,             "timeout",                      "0"                                                                                                   },
    {TWIML_NUMBER,             "sendDigits",                   "wwww1928#"                                                                                           },
    {TWIML_NUMBER,             "machineDetectionTimeout",      "59"                                                                                                  },
    {TWIML_CONFERENCE,         "beep",                         "false"                                                                                               },
    {TWIML_CONFERENCE,         "maxParticipants",              "250"                                                                                                 },
    {TWIML_CLIENT,             NULL,                           "agent_7"                                                                                             },
    {TWIML_PARAMETER,          "value",                        ""                                                                                                    },
    {TWIML_PARAMETER,          "value",                        "line\nline\ttab \U0001f4de"                                                                          },
    {TWIML_CONVERSATION_RELAY, "url",                          "wss://example.com/relay?x=1"                                                                         },
    {TWIML_LANG,               "xml:lang",                     "fr-FR"                                                                                               },
    {TWIML_TASK,               NULL,                           "{\"skill\":\"billing\"}"                                                                             },
};

static const struct value_row bad_values[] = {
  /* numbers and addresses */
    {TWIML_DIAL,               NULL,                           "911"                                                },
    {TWIML_DIAL,               NULL,                           "+1"                                                 },
    {TWIML_DIAL,               NULL,                           "+14155550100,+14155550101"                          },
    {TWIML_DIAL,               NULL,                           " +14155550100"                                      },
    {TWIML_DIAL,               NULL,                           "+14155550100 "                                      },
    {TWIML_DIAL,               NULL,                           "client:"                                            },
    {TWIML_DIAL,               NULL,                           "client:a b"                                         },
    {TWIML_DIAL,               NULL,                           "sip:"                                               },
    {TWIML_DIAL,               NULL,                           "sip:a@b.example>"                                   },
    {TWIML_DIAL,               NULL,                           "sip:a@b.example\r\nX: y"                            },
    {TWIML_NUMBER,             NULL,                           "4155550100"                                         },
    {TWIML_NUMBER,             NULL,                           "+0123456789"                                        },
    {TWIML_NUMBER,             NULL,                           "<Number>"                                           },
    {TWIML_DIAL,               "callerId",                     "+1415555010x"                                       },
    {TWIML_DIAL,               "callerId",                     ""                                                   },
    {TWIML_DIAL,               "callerId",                     "a b"                                                },
 /* identities */
    {TWIML_CLIENT,             NULL,                           "user-jane"                                          },
    {TWIML_CLIENT,             NULL,                           "client:alice"                                       },
    {TWIML_CLIENT,             NULL,                           "alice@example.com"                                  },
    {TWIML_CLIENT,             NULL,                           " alice"                                             },
    {TWIML_CLIENT,             NULL,
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaa"                                                                                          },
 /* integers */
    {TWIML_DIAL,               "timeout",                      "0"                                                  },
    {TWIML_DIAL,               "timeout",                      "601"                                                },
    {TWIML_DIAL,               "timeout",                      "20s"                                                },
    {TWIML_DIAL,               "timeout",                      ""                                                   },
    {TWIML_DIAL,               "timeout",                      " 20"                                                },
    {TWIML_DIAL,               "timeout",                      "+20"                                                },
    {TWIML_DIAL,               "timeout",                      "1e2"                                                },
    {TWIML_DIAL,               "timeout",                      "99999999999999999999"                               },
    {TWIML_DIAL,               "timeLimit",                    "-1"                                                 },
    {TWIML_PAUSE,              "length",                       "0"                                                  },
    {TWIML_CONFERENCE,         "maxParticipants",              "251"                                                },
    {TWIML_CONFERENCE,         "maxParticipants",              "1"                                                  },
    {TWIML_GATHER,             "timeout",                      "Auto"                                               },
 /* booleans and words */
    {TWIML_DIAL,               "answerOnBridge",               "yes"                                                },
    {TWIML_DIAL,               "answerOnBridge",               "True"                                               },
    {TWIML_DIAL,               "answerOnBridge",               ""                                                   },
    {TWIML_DIAL,               "record",                       "record-from"                                        },
    {TWIML_DIAL,               "record",                       ""                                                   },
    {TWIML_DIAL,               "record",                       "record-from-answer record-from-ringing"             },
    {TWIML_DIAL,               "method",                       "post"                                               },
    {TWIML_DIAL,               "recordingStatusCallbackEvent", "completed,absent"                                   },
    {TWIML_DIAL,               "recordingStatusCallbackEvent", "completed  absent"                                  },
    {TWIML_DIAL,               "recordingStatusCallbackEvent", "completed "                                         },
    {TWIML_DIAL,               "recordingStatusCallbackEvent", " completed"                                         },
    {TWIML_GATHER,             "input",                        "dtmf voice"                                         },
    {TWIML_SAY,                "voice",                        "alice\""                                            },
    {TWIML_SAY,                "voice",                        ""                                                   },
    {TWIML_SAY,                "language",                     "en GB"                                              },
 /* keys */
    {TWIML_GATHER,             "finishOnKey",                  "12"                                                 },
    {TWIML_GATHER,             "finishOnKey",                  "a"                                                  },
    {TWIML_NUMBER,             "sendDigits",                   "12-34"                                              },
 /* URLs */
    {TWIML_DIAL,               "action",                       "https://x.example/a?b=1&c=\"2\"<3>'4'\n\t5"         },
    {TWIML_DIAL,               "action",                       "https://x.example/a b"                              },
    {TWIML_DIAL,               "action",                       "https://x_y.example/a"                              },
    {TWIML_DIAL,               "action",                       "https:///a"                                         },
    {TWIML_DIAL,               "action",                       "https://"                                           },
    {TWIML_DIAL,               "action",                       "https://:80/"                                       },
    {TWIML_DIAL,               "action",                       "javascript:alert(1)"                                },
    {TWIML_DIAL,               "action",                       "ftp://example.com/a"                                },
    {TWIML_DIAL,               "action",                       "//example.com/a"                                    },
    {TWIML_DIAL,               "action",                       "https://ex\u00e4mple.com/"                          },
    {TWIML_DIAL,               "action",                       "/\x7f"                                              },
    {TWIML_PLAY,               NULL,                           "file:///etc/passwd"                                 },
    {TWIML_STREAM,             "url",                          "https://example.com/"                               },
    {TWIML_STREAM,             "url",                          "wss://example.com/?token=1"                         },
    {TWIML_STREAM,             "url",                          ""                                                   },
    {TWIML_CONVERSATION_RELAY, "url",                          "ws://example.com/"                                  },
 /* text */
    {TWIML_SAY,                NULL,                           "bell \x07"                                          },
    {TWIML_SAY,                NULL,                           "\x1b[0m"                                            },
    {TWIML_SAY,                NULL,                           "latin \xe9"                                         },
    {TWIML_SAY,                NULL,                           "overlong \xc0\xbc"                                  },
    {TWIML_SAY,                NULL,                           "surrogate \xed\xa0\x80"                             },
    {TWIML_SAY,                NULL,                           "noncharacter \xef\xbf\xbf"                          },
    {TWIML_PARAMETER,          "value",                        "\x01"                                               },
    {TWIML_PARAMETER,          "value",                        "\xff"                                               },
    {TWIML_PARAMETER,          "name",                         ""                                                   },
    {TWIML_PARAMETER,          "name",                         "a\nb"                                               },
    {TWIML_HEADER,             "value",                        "a\r\nVia: b"                                        },
    {TWIML_DIAL,               "callReason",                   "123456789012345678901234567890123456789012345678901"},
    {TWIML_CONFERENCE,         NULL,                           "room\n1"                                            },
    {TWIML_CONFERENCE,         NULL,                           "  "                                                 },
    {TWIML_TASK,               NULL,                           "{\"a\":"                                            },
    {TWIML_TASK,               NULL,                           "[1]"                                                },
    {TWIML_TASK,               NULL,                           "{\"a\":1,\"a\":2}"                                  },
    {TWIML_HANGUP,             NULL,                           "text"                                               },
};

static void takes_every_value_of_its_type(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good_values); i++) {
        const struct value_row *row = &good_values[i];
        struct error err = try_value(row->element, row->attribute, row->value);
        assert_string_equal(err.message, "");
    }
}

static void refuses_every_other_value_and_names_the_field(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad_values); i++) {
        const struct value_row *row = &bad_values[i];
        struct error err = try_value(row->element, row->attribute, row->value);
        if (err.kind != ERROR_INVALID)
            fail_msg("%s was taken: %s", twiml_element_name(row->element), row->value);
        const char *field =
            row->attribute == NULL ? twiml_element_name(row->element) : row->attribute;
        assert_string_equal(err.field, field);
    }
}

static void does_not_repeat_a_refused_value_in_the_message(void **state)
{
    (void)state;
    struct error err = try_value(TWIML_SIP, "password", "hunter2\n");
    assert_int_equal(err.kind, ERROR_INVALID);
    assert_null(strstr(err.message, "hunter2"));
}

/* ---- mistakes of the code
 * ------------------------------------------------------------------------------------ */

static void text_and_noun(struct twiml *t)
{
    twiml_open(t, TWIML_DIAL);
    twiml_text(t, "+14155550100");
    twiml_leaf(t, TWIML_NUMBER, "+14155550101");
}

static void noun_and_text(struct twiml *t)
{
    twiml_open(t, TWIML_DIAL);
    twiml_leaf(t, TWIML_NUMBER, "+14155550100");
    twiml_text(t, "+14155550101");
}

static void text_twice(struct twiml *t)
{
    twiml_open(t, TWIML_REDIRECT);
    twiml_text(t, "/a");
    twiml_text(t, "/b");
}

static void unknown_element(struct twiml *t)
{
    twiml_open(t, TWIML_UNKNOWN);
}

static void response_in_response(struct twiml *t)
{
    twiml_open(t, TWIML_RESPONSE);
}

static void noun_as_verb(struct twiml *t)
{
    twiml_leaf(t, TWIML_NUMBER, "+14155550100");
}

static void verb_in_gather(struct twiml *t)
{
    twiml_open(t, TWIML_GATHER);
    twiml_leaf(t, TWIML_HANGUP, NULL);
}

static void ssml_outside_say(struct twiml *t)
{
    twiml_leaf(t, TWIML_BREAK, NULL);
}

static void conference_beside_number(struct twiml *t)
{
    twiml_open(t, TWIML_DIAL);
    twiml_leaf(t, TWIML_NUMBER, "+14155550100");
    twiml_leaf(t, TWIML_CONFERENCE, "room");
}

static void number_beside_conference(struct twiml *t)
{
    twiml_open(t, TWIML_DIAL);
    twiml_leaf(t, TWIML_CONFERENCE, "room");
    twiml_leaf(t, TWIML_NUMBER, "+14155550100");
}

static void unknown_attribute(struct twiml *t)
{
    twiml_open(t, TWIML_DIAL);
    twiml_set(t, "callerID", "+14155550100");
}

static void attribute_of_another_element(struct twiml *t)
{
    twiml_open(t, TWIML_DIAL);
    twiml_set(t, "voice", "alice");
}

static void attribute_of_the_response(struct twiml *t)
{
    twiml_set(t, "action", "/x");
}

static void attribute_twice(struct twiml *t)
{
    twiml_open(t, TWIML_DIAL);
    twiml_set_int(t, "timeout", 1);
    twiml_set_int(t, "timeout", 2);
}

static void attribute_after_text(struct twiml *t)
{
    twiml_open(t, TWIML_SAY);
    twiml_text(t, "x");
    twiml_set(t, "voice", "alice");
}

static void attribute_after_child(struct twiml *t)
{
    twiml_open(t, TWIML_DIAL);
    twiml_leaf(t, TWIML_NUMBER, "+14155550100");
    twiml_set_int(t, "timeout", 1);
}

static void one_close_too_many(struct twiml *t)
{
    twiml_close(t);
}

static void one_close_too_few(struct twiml *t)
{
    twiml_open(t, TWIML_GATHER);
}

static void too_deep(struct twiml *t)
{
    twiml_open(t, TWIML_SAY);
    for (int i = 0; i < 1000; i++)
        twiml_open(t, TWIML_EMPHASIS);
}

static void refuses_documents_that_are_wrongly_put_together(void **state)
{
    static build_fn *const mistakes[] = {
        text_and_noun,
        noun_and_text,
        text_twice,
        unknown_element,
        response_in_response,
        noun_as_verb,
        verb_in_gather,
        ssml_outside_say,
        conference_beside_number,
        number_beside_conference,
        unknown_attribute,
        attribute_of_another_element,
        attribute_of_the_response,
        attribute_twice,
        attribute_after_text,
        attribute_after_child,
        one_close_too_many,
        one_close_too_few,
        too_deep,
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(mistakes); i++) {
        auto_arena struct arena *arena = arena_create();
        struct error err = {0};
        const char *xml = NULL;
        struct twiml *t = twiml_create(arena);
        mistakes[i](t);
        assert_int_equal(twiml_finish(t, &xml, NULL, &err), -1);
        assert_int_equal(err.kind, ERROR_INTERNAL);
        assert_null(xml);
    }
}

static void refuses_elements_that_would_reach_nobody(void **state)
{
    static const enum twiml_element empty[] = {TWIML_NUMBER, TWIML_CLIENT, TWIML_CONFERENCE,
                                               TWIML_SIP, TWIML_SIM};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(empty); i++) {
        auto_arena struct arena *arena = arena_create();
        struct error err = {0};
        const char *xml = NULL;
        struct twiml *t = twiml_create(arena);
        twiml_open(t, TWIML_DIAL);
        twiml_leaf(t, empty[i], "");
        twiml_close(t);
        assert_int_equal(twiml_finish(t, &xml, NULL, &err), -1);
        assert_int_equal(err.kind, ERROR_INVALID);
        assert_string_equal(err.field, twiml_element_name(empty[i]));
    }
}

/* ---- errors stick, limits hold
 * -------------------------------------------------------------------------------- */

static void keeps_the_first_mistake(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct error err = {0};
    const char *xml = NULL;
    size_t len = 77;
    struct twiml *t = twiml_create(arena);
    twiml_open(t, TWIML_DIAL);
    twiml_set(t, "timeout", "soon");
    twiml_set(t, "nonsense", "x");
    twiml_close(t);
    twiml_close(t);
    twiml_close(t);
    assert_int_equal(twiml_finish(t, &xml, &len, &err), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
    assert_string_equal(err.field, "timeout");
    assert_null(xml);
    assert_int_equal(len, 77);
}

static void finishes_only_once(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct error err = {0};
    const char *xml = NULL;
    const char *again = NULL;
    struct twiml *t = twiml_create(arena);
    assert_int_equal(twiml_finish(t, &xml, NULL, &err), 0);
    twiml_leaf(t, TWIML_HANGUP, NULL);
    assert_int_equal(twiml_finish(t, &again, NULL, &err), -1);
    assert_null(again);
    assert_string_equal(xml, DECLARATION "<Response/>");
    twiml_free(t);
}

static void frees_what_is_given_up(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    auto_twiml struct twiml *t = twiml_create(arena);
    twiml_leaf(t, TWIML_HANGUP, NULL);
    twiml_free(NULL);
}

/* A document of about `bytes` bytes: <Play> after <Play>, and a last one to hit the number. */
static int
build_of_size(size_t bytes, const char **xml, size_t *len, struct error *err, struct arena *arena)
{
    static const char around[] = DECLARATION "<Response></Response>";
    char url[1025];
    size_t left = bytes - (sizeof around - 1);
    struct twiml *t = twiml_create(arena);
    while (left > 0) {
        size_t part = left > 1200 ? 1024 : left;
        size_t text = part - strlen("<Play></Play>");
        memset(url, 'a', text);
        url[text] = '\0';
        twiml_leaf(t, TWIML_PLAY, url);
        left -= part;
    }
    return twiml_finish(t, xml, len, err);
}

static void takes_a_document_of_exactly_the_limit_and_no_more(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct error err = {0};
    const char *xml = NULL;
    size_t len = 0;
    assert_int_equal(build_of_size(LIMIT_TWIML_BYTES, &xml, &len, &err, arena), 0);
    assert_int_equal(len, LIMIT_TWIML_BYTES);
    assert_int_equal(build_of_size(LIMIT_TWIML_BYTES + 1, &xml, &len, &err, arena), -1);
    assert_int_equal(err.kind, ERROR_TOO_LARGE);
}

static void counts_escapes_towards_the_limit(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    char text[4097];
    memset(text, '&', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct error err = {0};
    const char *xml = NULL;
    struct twiml *t = twiml_create(arena);
    for (int i = 0; i < 4; i++)
        twiml_say(t, NULL, NULL, text);
    assert_int_equal(twiml_finish(t, &xml, NULL, &err), -1);
    assert_int_equal(err.kind, ERROR_TOO_LARGE);
}

static void refuses_a_text_larger_than_any_document(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    char *text = arena_alloc(arena, LIMIT_TWIML_BYTES + 2);
    memset(text, 'a', LIMIT_TWIML_BYTES + 1);
    struct error err = try_value(TWIML_PARAMETER, "value", text);
    assert_int_equal(err.kind, ERROR_TOO_LARGE);
}

static void refuses_speech_longer_than_twilio_speaks(void **state)
{
    (void)state;
    enum { MOST = 4096 };
    char text[2 * MOST + 2] = "";
    for (size_t i = 0; i < MOST; i++) { /* two bytes, one character */
        text[2 * i] = '\xc3';
        text[2 * i + 1] = '\xa9';
    }
    assert_int_equal(try_value(TWIML_SAY, NULL, text).kind, ERROR_NONE);
    text[sizeof text - 2] = '!';
    assert_int_equal(try_value(TWIML_SAY, NULL, text).kind, ERROR_INVALID);
}

static int dial_client_with(size_t value_bytes, struct error *err)
{
    auto_arena struct arena *arena = arena_create();
    char *value = arena_alloc(arena, value_bytes + 1);
    memset(value, 'v', value_bytes);
    struct field pairs[] = {
        {.name = "one", .value = "1"  },
        {.name = "two", .value = value}
    };
    const struct fields parameters = {.items = pairs, .count = ARRAY_LEN(pairs)};
    const char *xml = NULL;
    struct twiml *t = twiml_create(arena);
    twiml_open(t, TWIML_DIAL);
    twiml_open(t, TWIML_CLIENT);
    twiml_identity(t, "alice", &parameters);
    twiml_close(t);
    twiml_close(t);
    return twiml_finish(t, &xml, NULL, err);
}

static void refuses_more_client_parameters_than_twilio_carries(void **state)
{
    (void)state;
    struct error err = {0};
    size_t room = TWIML_CLIENT_PARAMETER_BYTES - strlen("one1two");
    assert_int_equal(dial_client_with(room, &err), 0);
    assert_int_equal(dial_client_with(room + 1, &err), -1);
    assert_int_equal(err.kind, ERROR_TOO_LARGE);
}

/* Every byte value, in text and in an attribute: refused, or written so that no markup appears. */
static void no_byte_becomes_markup(void **state)
{
    (void)state;
    for (int byte = 1; byte < 256; byte++) {
        auto_arena struct arena *arena = arena_create();
        struct error err = {0};
        const char *xml = NULL;
        char text[] = {'a', (char)byte, 'b', '\0'};
        struct twiml *t = twiml_create(arena);
        twiml_open(t, TWIML_HANGUP);
        twiml_parameter(t, "n", text);
        twiml_close(t);
        twiml_say(t, NULL, NULL, text);
        bool legal = byte == '\t' || byte == '\n' || byte == '\r' || (byte >= ' ' && byte < 0x80);
        assert_int_equal(twiml_finish(t, &xml, NULL, &err), legal ? 0 : -1);
        if (!legal)
            continue;
        size_t brackets = 0;
        for (const char *c = xml; *c != '\0'; c++)
            brackets += *c == '<';
        assert_int_equal(brackets, 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_what_the_official_helper_writes),
        cmocka_unit_test(takes_every_value_of_its_type),
        cmocka_unit_test(refuses_every_other_value_and_names_the_field),
        cmocka_unit_test(does_not_repeat_a_refused_value_in_the_message),
        cmocka_unit_test(refuses_documents_that_are_wrongly_put_together),
        cmocka_unit_test(refuses_elements_that_would_reach_nobody),
        cmocka_unit_test(keeps_the_first_mistake),
        cmocka_unit_test(finishes_only_once),
        cmocka_unit_test(frees_what_is_given_up),
        cmocka_unit_test(takes_a_document_of_exactly_the_limit_and_no_more),
        cmocka_unit_test(counts_escapes_towards_the_limit),
        cmocka_unit_test(refuses_a_text_larger_than_any_document),
        cmocka_unit_test(refuses_speech_longer_than_twilio_speaks),
        cmocka_unit_test(refuses_more_client_parameters_than_twilio_carries),
        cmocka_unit_test(no_byte_becomes_markup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
