/* Bodies in and out, without a server: a request is plain facts. */
#include <string.h>

#include "http/body.h"
#include "http/problem.h"
#include "support/cmocka_all.h"

static struct arena *arena;
static struct request request;

static int setup(void **state)
{
    (void)state;
    arena = arena_create();
    request =
        (struct request){.arena = arena, .id = "0123456789abcdef", .media_type = "", .body = ""};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static json_t *render(const struct error *err, struct response *response)
{
    *response = (struct response){.status = 200};
    problem_render(NULL, &request, err, response);
    assert_string_equal(response->content_type, "application/problem+json");
    assert_int_equal(response->status, error_info(err->kind)->http_status);
    json_t *json = json_loadb(response->body, response->body_len, 0, NULL);
    assert_non_null(json);
    assert_int_equal(json_integer_value(json_object_get(json, "status")), response->status);
    return json;
}

static const char *member(const json_t *json, const char *name)
{
    return json_string_value(json_object_get(json, name));
}

static void a_problem_names_the_field_and_what_twilio_said(void **state)
{
    (void)state;
    struct error err = {0};
    struct response response;
    (void)error_field(&err, "to", "\"%s\" is no number", "x");
    error_add_twilio(&err, 21211, "Invalid 'To' Phone Number: x");
    json_auto_t *json = render(&err, &response);
    assert_string_equal(member(json, "code"), "invalid-field");
    assert_string_equal(member(json, "type"), "urn:switchhook:problem:invalid-field");
    assert_string_equal(member(json, "title"), "A field is not valid");
    assert_string_equal(member(json, "detail"), "\"x\" is no number");
    assert_string_equal(member(json, "field"), "to");
    assert_string_equal(member(json, "request_id"), "0123456789abcdef");
    assert_int_equal(json_integer_value(json_object_get(json, "twilio_code")), 21211);
    assert_string_equal(member(json, "twilio_more_info"),
                        "https://www.twilio.com/docs/errors/21211");
    assert_string_equal(member(json, "twilio_message"), "Invalid 'To' Phone Number: x");
}

static void what_twilio_refuses_is_explained_whatever_the_status(void **state)
{
    (void)state;
    struct response response;
    struct error refused = {0};
    (void)error_set(&refused, ERROR_UPSTREAM, "Twilio does not accept the credentials.");
    error_add_twilio(&refused, 20003, "Authenticate");
    json_auto_t *json = render(&refused, &response);
    assert_int_equal(response.status, 502);
    assert_string_equal(member(json, "detail"), "Twilio does not accept the credentials.");
    assert_string_equal(member(json, "twilio_message"), "Authenticate");
}

static void from_500_on_the_log_has_the_detail(void **state)
{
    (void)state;
    struct response response;
    struct error internal = {0};
    (void)error_set(&internal, ERROR_INTERNAL, "the disk at /var is full");
    json_auto_t *json = render(&internal, &response);
    assert_null(json_object_get(json, "detail"));
    assert_null(strstr(response.body, "/var"));
    assert_null(json_object_get(json, "field"));
    assert_null(json_object_get(json, "twilio_code"));
}

static void a_message_that_is_no_text_is_left_out(void **state)
{
    (void)state;
    struct error err = {.kind = ERROR_CONFLICT, .message = "\377\376"};
    struct response response;
    json_auto_t *json = render(&err, &response);
    assert_null(json_object_get(json, "detail"));
    assert_string_equal(member(json, "code"), "conflict");
}

static void json_of_any_size_is_rendered(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 1000, 1013, 1014, 1015, 1016, 1017, 5000, 100000};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        char *text = arena_alloc(arena, sizes[i] + 1);
        memset(text, 'x', sizes[i]);
        struct response response = {.status = 200};
        response_json(&request, &response, 201, json_pack("{s:s}", "a", text));
        assert_int_equal(response.status, 201);
        assert_string_equal(response.content_type, "application/json");
        assert_int_equal(response.body_len, sizes[i] + strlen("{\"a\":\"\"}"));
        assert_int_equal(strlen(response.body), response.body_len);
    }
}

static void json_that_could_not_be_made_is_500(void **state)
{
    (void)state;
    struct response response = {.status = 200};
    response_json(&request, &response, 200, json_pack("{s:s}", "a", "\377"));
    assert_int_equal(response.status, 500);
}

static const struct {
    const char *type;
    const char *body;
    enum error_kind kind;
    const char *in_message;
} bodies[] = {
    {"application/json",                  "{\"a\":[1,2,{\"b\":null}]}", ERROR_NONE,             NULL              },
    {"application/json",                  " {} ",                       ERROR_NONE,             NULL              },
    {"application/json",                  "",                           ERROR_NONE,             NULL              },
    {"",                                  "",                           ERROR_NONE,             NULL              },
    {"application/x-www-form-urlencoded", "",                           ERROR_UNSUPPORTED_TYPE, "application/json"},
    {"",                                  "{}",                         ERROR_UNSUPPORTED_TYPE, "without a type"  },
    {"text/plain",                        "{}",                         ERROR_UNSUPPORTED_TYPE, "text/plain"      },
    {"application/json",                  "{\"a\":1,\n\"a\":2}",        ERROR_MALFORMED,        "line 2"          },
    {"application/json",                  "{\"a\":1",                   ERROR_MALFORMED,        "column"          },
    {"application/json",                  "{} {}",                      ERROR_MALFORMED,        "column"          },
    {"application/json",                  "{\"a\":\"\\u0000\"}",        ERROR_MALFORMED,        "a NUL character" },
    {"application/json",                  "{\"a\":\"\377\"}",           ERROR_MALFORMED,        "not JSON"        },
    {"application/json",                  "\357\273\277{}",             ERROR_MALFORMED,        "not JSON"        },
    {"application/json",                  "{\"a\":NaN}",                ERROR_MALFORMED,        "not JSON"        },
    {"application/json",                  "{'a':1}",                    ERROR_MALFORMED,        "not JSON"        },
    {"application/json",                  "[{}]",                       ERROR_INVALID,          "object"          },
    {"application/json",                  "\"text\"",                   ERROR_INVALID,          "object"          },
    {"application/json",                  "12",                         ERROR_INVALID,          "object"          },
    {"application/json",                  "null",                       ERROR_INVALID,          "object"          },
};

static void a_body_is_a_json_object_or_refused_with_a_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        request.media_type = bodies[i].type;
        request.body = bodies[i].body;
        request.body_len = strlen(bodies[i].body);
        struct error err = {0};
        json_auto_t *json = request_json(&request, &err);
        if (err.kind != bodies[i].kind)
            fail_msg("%s: %s", bodies[i].body, err.message);
        assert_int_equal(json == NULL, err.kind != ERROR_NONE);
        if (json == NULL && strstr(err.message, bodies[i].in_message) == NULL)
            fail_msg("%s: %s", bodies[i].body, err.message);
    }
}

static void nesting_without_end_is_refused(void **state)
{
    (void)state;
    enum { DEPTH = 20000 };
    char *text = arena_alloc(arena, DEPTH + 1);
    memset(text, '[', DEPTH);
    request.media_type = "application/json";
    request.body = text;
    request.body_len = DEPTH;
    struct error err = {0};
    assert_null(request_json(&request, &err));
    assert_int_equal(err.kind, ERROR_MALFORMED);
}

static void webhooks_have_fields_in_query_or_form(void **state)
{
    (void)state;
    static const enum http_method of_query[] = {HTTP_GET, HTTP_HEAD};
    static const enum http_method of_form[] = {HTTP_POST, HTTP_PUT, HTTP_DELETE};
    for (size_t i = 0; i < ARRAY_LEN(of_query); i++) {
        request.method = of_query[i];
        assert_ptr_equal(request_fields(&request), &request.query);
    }
    for (size_t i = 0; i < ARRAY_LEN(of_form); i++) {
        request.method = of_form[i];
        assert_ptr_equal(request_fields(&request), &request.form);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_problem_names_the_field_and_what_twilio_said, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_twilio_refuses_is_explained_whatever_the_status, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(from_500_on_the_log_has_the_detail, setup, teardown),
        cmocka_unit_test_setup_teardown(a_message_that_is_no_text_is_left_out, setup, teardown),
        cmocka_unit_test_setup_teardown(json_of_any_size_is_rendered, setup, teardown),
        cmocka_unit_test_setup_teardown(json_that_could_not_be_made_is_500, setup, teardown),
        cmocka_unit_test_setup_teardown(a_body_is_a_json_object_or_refused_with_a_reason, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(nesting_without_end_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(webhooks_have_fields_in_query_or_form, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
