/* Shapes are data: what they make of fields, of answers, of errors. */
#include "app/dialect.h"

#include <string.h>

#include "core/arena.h"
#include "core/text.h"
#include "support/cmocka_all.h"

static bool known(const char *name)
{
    return strcmp(name, "identity") == 0 || strcmp(name, "record") == 0;
}

static const struct input_name inputs[] = {
    {"agentId",        "identity"},
    {"options.record", "record"  },
    {NULL,             NULL      },
};

static const struct {
    const char *sent;
    const char *read;  /* NULL: refused */
    const char *field; /* the one that is to blame */
} bodies[] = {
    {"{}",                                               "{}",                   NULL            },
    {"{\"identity\":\"a\"}",                             "{\"identity\":\"a\"}", NULL            },
    {"{\"agentId\":\"a\"}",                              "{\"identity\":\"a\"}", NULL            },
    {"{\"agentId\":\"a\",\"identity\":\"a\"}",           "{\"identity\":\"a\"}", NULL            },
    {"{\"agentId\":\"a\",\"identity\":null}",            "{\"identity\":\"a\"}", NULL            },
    {"{\"agentId\":null,\"identity\":\"a\"}",            "{\"identity\":\"a\"}", NULL            },
    {"{\"agentId\":\"a\",\"identity\":\"b\"}",           NULL,                   "agentId"       },
    {"{\"options\":{\"record\":true,\"colour\":\"x\"}}", "{\"record\":true}",    NULL            },
    {"{\"options\":{\"record\":true},\"record\":false}", NULL,                   "options.record"},
    {"{\"options\":{}}",                                 "{}",                   NULL            },
    {"{\"options\":null}",                               "{}",                   NULL            },
    {"{\"options\":[]}",                                 NULL,                   "options"       },
    {"{\"whatever\":1}",                                 "{}",                   NULL            },
};

static void fields_get_our_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        struct error err = {0};
        json_auto_t *sent = json_loads(bodies[i].sent, 0, NULL);
        json_auto_t *read = dialect_input(sent, inputs, known, &err);
        json_auto_t *expected = bodies[i].read != NULL ? json_loads(bodies[i].read, 0, NULL) : NULL;
        if (bodies[i].read == NULL) {
            assert_null(read);
            assert_string_equal(err.field, bodies[i].field);
        } else if (!json_equal(read, expected)) {
            fail_msg("%s is read as something else", bodies[i].sent);
        }
    }
}

static void natively_a_body_is_left_as_it_is(void **state)
{
    (void)state;
    json_auto_t *sent = json_pack("{s:i}", "whatever", 1);
    json_auto_t *read = dialect_input(sent, NULL, known, NULL);
    assert_ptr_equal(read, sent);
}

static const struct output_name names[] = {
    {"callSid", "sid",   "id"},
    {"endTime", "ended", NULL},
    {NULL,      NULL,    NULL},
};

static const struct {
    struct envelope envelope;
    const char *resource;
    const char *answer;
} answers[] = {
    {{0},                                                       "{\"id\":1}", "{\"id\":1}"                                                           },
    {{.constants = "{\"success\":true}"},                       "{\"id\":1}", "{\"success\":true,\"id\":1}"                                          },
    {{.constants = "{\"status\":\"success\"}", .nest = "data"},
     "{\"id\":1}",                                                            "{\"status\":\"success\",\"data\":{\"id\":1}}"                         },
    {{.nest = "call"},                                          "{\"id\":1}", "{\"call\":{\"id\":1}}"                                                },
    {{.names = names},
     "{\"id\":1,\"sid\":2,\"ended\":3}",                                      "{\"id\":1,\"sid\":2,\"ended\":3,\"callSid\":2,\"endTime\":3}"         },
    {{.names = names},
     "{\"id\":1,\"sid\":null,\"ended\":null}",                                "{\"id\":1,\"sid\":null,\"ended\":null,\"callSid\":1,\"endTime\":null}"},
};

static void answers_get_an_envelope_and_lose_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        json_auto_t *answer =
            dialect_envelope(&answers[i].envelope, json_loads(answers[i].resource, 0, NULL));
        json_auto_t *expected = json_loads(answers[i].answer, 0, NULL);
        if (!json_equal(answer, expected))
            fail_msg("%s is not answered as %s", answers[i].resource, answers[i].answer);
    }
}

static const struct error_text texts[] = {
    {ERROR_INTERNAL, NULL, "Internal server error"},
    {ERROR_INVALID,  "to", "Whom?"                },
    {ERROR_NONE,     NULL, NULL                   },
};

static const struct error_status statuses[] = {
    {ERROR_INVALID, 400},
    {ERROR_NONE,    0  },
};

static const struct dialect_shape shape = {
    .error_constants = "{\"success\":false}",
    .error_texts = texts,
    .error_statuses = statuses,
};
static const struct dialect dialect = {"test", dialect_render_error, &shape};
static const struct route route = {.path = "/test", .dialect = &dialect};

static const struct {
    enum error_kind kind;
    const char *field;
    int twilio_code;
    int status;
    const char *text;
} errors[] = {
    {ERROR_INTERNAL,    "",     0,     500, "Internal server error"        },
    {ERROR_UNAVAILABLE, "",     0,     503, "Not possible right now"       },
    {ERROR_INVALID,     "to",   0,     400, "Whom?"                        },
    {ERROR_INVALID,     "from", 0,     400, "the disk /secret/path is full"},
    {ERROR_NOT_FOUND,   "",     0,     404, "the disk /secret/path is full"},
    {ERROR_UPSTREAM,    "",     20003, 502, "the disk /secret/path is full"},
};

/* From 500 on a client hears nothing of what happened inside, unless it is Twilio that refused. */
static void errors_have_the_dialects_status_and_text(void **state)
{
    struct arena *arena = arena_create();
    struct request request = {.arena = arena, .id = "0123456789abcdef", .route = &route};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
        struct error err = {.kind = errors[i].kind, .twilio_code = errors[i].twilio_code};
        struct response response = {0};
        (void)snprintf(err.field, sizeof(err.field), "%s", errors[i].field);
        (void)snprintf(err.message, sizeof(err.message), "the disk /secret/path is full");
        dialect_render_error(NULL, &request, &err, &response);
        json_auto_t *json = json_loadb(response.body, response.body_len, 0, NULL);
        assert_int_equal(response.status, errors[i].status);
        assert_string_equal(response.content_type, "application/json");
        assert_string_equal(json_string_value(json_object_get(json, "error")), errors[i].text);
        assert_true(json_is_false(json_object_get(json, "success")));
        assert_string_equal(json_string_value(json_object_get(json, "code")),
                            error_info(errors[i].kind)->code);
        assert_string_equal(json_string_value(json_object_get(json, "request_id")), request.id);
        assert_int_equal(json_integer_value(json_object_get(json, "twilio_code")),
                         errors[i].twilio_code);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_get_our_names),
        cmocka_unit_test(natively_a_body_is_left_as_it_is),
        cmocka_unit_test(answers_get_an_envelope_and_lose_nothing),
        cmocka_unit_test(errors_have_the_dialects_status_and_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
