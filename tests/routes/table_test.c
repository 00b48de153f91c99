/* What is true of every row, whoever adds it. */
#include "routes/routes.h"

#include "api/api.h"
#include "core/text.h"
#include "support/house.h"
#include "webhooks/webhooks.h"

enum { ROWS_MAX = 512 };

static const struct {
    unsigned method;
    const char *name;
} methods[] = {
    {HTTP_GET,    "GET"   },
    {HTTP_POST,   "POST"  },
    {HTTP_PUT,    "PUT"   },
    {HTTP_PATCH,  "PATCH" },
    {HTTP_DELETE, "DELETE"},
};

/* Rows of the public listener that ask nobody who they are, because they hold nothing of anybody's. */
static const char *const open_rows[] = {"/sounds/incoming.wav",
                                        "/sounds/outgoing.wav",
                                        "/sounds/disconnect.wav",
                                        "/openapi.json",
                                        "/phone",
                                        "/phone/*"};

struct rows {
    const struct route *items[ROWS_MAX];
    size_t count;
};

static void collect(const struct route *row, void *context)
{
    struct rows *rows = context;
    assert_true(rows->count < ROWS_MAX);
    rows->items[rows->count++] = row;
}

static struct rows public_rows(struct house *house)
{
    struct rows rows = {0};
    router_walk(house->app->router, collect, &rows);
    assert_true(rows.count > 5);
    return rows;
}

/* Paths that only Twilio calls, also those of dialects: a new one is named here on purpose. */
static const char *const twilio_rows[] = {
    "/voice",
    "/status",
    "/recording",
    "/call-status",
    "/taskrouter",
    "/taskrouter-events",
    "/voice/twiml",
    "/voice/handle-input",
    "/voice/response",
    "/voice/status",
    "/api/voice/twiml",
    "/api/voice/webhooks/call-status",
    "/api/voice/webhooks/recording-status",
    "/api/twilio/voice",
    "/api/calls/twiml",
    "/api/calls/status",
};

static bool is_twilio_s(const char *path)
{
    for (size_t i = 0; i < ARRAY_LEN(twilio_rows); i++) {
        if (strcmp(twilio_rows[i], path) == 0)
            return true;
    }
    return text_starts_with(path, "/twiml") || text_starts_with(path, "/webhook");
}

static bool is_instruction(const struct route *row)
{
    return text_equal(row->doc->response_type, "text/xml");
}

static bool is_open(const char *path)
{
    for (size_t i = 0; i < ARRAY_LEN(open_rows); i++) {
        if (strcmp(open_rows[i], path) == 0)
            return true;
    }
    return false;
}

static void every_row_has_the_guard_that_its_path_asks_for(void **state)
{
    struct rows rows = public_rows(*state);
    for (size_t i = 0; i < rows.count; i++) {
        const struct route *row = rows.items[i];
        const struct guard *expected = is_twilio_s(row->path)              ? &guard_twilio
                                       : is_open(row->path)                ? &guard_open
                                       : strcmp(row->path, "/events") == 0 ? &guard_listener
                                       : strcmp(row->path, "/recordings/{id}/media") == 0
                                           ? &guard_player
                                           : &guard_frontend;
        if (row->guard != expected)
            fail_msg("%s is guarded by %s", row->path, row->guard->name);
        if (row->doc == NULL || text_is_empty(row->doc->summary))
            fail_msg("%s is not documented", row->path);
        bool speaks = row->dialect != NULL && row->dialect->render_error == twiml_render_error;
        if (is_instruction(row) != speaks)
            fail_msg("%s: errors behind the guard must be TwiML for instructions, and only there",
                     row->path);
    }
}

/* A request that every row could be asked with: parameters are ids of nothing. */
static const char *path_with(struct house *house, const char *path, const char *id)
{
    const char *open = strchr(path, '{');
    if (open == NULL)
        return path;
    return arena_printf(house->arena, "%.*s%s%s", (int)(open - path), path, id,
                        strchr(open, '}') + 1);
}

static const char *const any_id = "call_00000000000000000000000001";

static void nobody_gets_in_without_saying_who_he_is(void **state)
{
    struct house *house = *state;
    struct rows rows = public_rows(house);
    for (size_t i = 0; i < rows.count; i++) {
        const struct route *row = rows.items[i];
        const char *target = path_with(house, row->path, any_id);
        for (size_t m = 0; m < ARRAY_LEN(methods); m++) {
            if (!(row->methods & methods[m].method) || row->guard == &guard_open)
                continue;
            int expected = row->guard == &guard_twilio ? 403 : 401;
            int status = house_ask(house, NULL, methods[m].name, target, NULL, NULL).status;
            if (status != expected)
                fail_msg("%s %s: %d", methods[m].name, target, status);
            int wrong = house_ask(house, "shk_0123456789abcdef_nonsense", methods[m].name, target,
                                  NULL, "X-Twilio-Signature: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n")
                            .status;
            if (wrong != expected)
                fail_msg("%s %s with nonsense: %d", methods[m].name, target, wrong);
        }
    }
    assert_int_equal(house_call_count(house), 0);
}

static const char *without_request_id(struct house *house, const struct raw_response *response)
{
    json_auto_t *json = house_json(response);
    json_object_del(json, "request_id");
    char *text = json_dumps(json, JSON_SORT_KEYS);
    const char *copy = arena_strdup(house->arena, text);
    free(text);
    return copy;
}

/* Rows that belong to nobody: a scope of their own is asked for, whatever the id. Begins with. */
static const char *const operators_rows[] = {"/jobs/", "/subscriptions/", "/deliveries/"};

static bool is_operators(const char *path)
{
    for (size_t i = 0; i < ARRAY_LEN(operators_rows); i++)
        if (strncmp(path, operators_rows[i], strlen(operators_rows[i])) == 0)
            return true;
    return false;
}

/* Another key may do everything but see what is not its own: what is there looks like what is not. */
static void a_stranger_finds_nothing(void **state)
{
    struct house *house = *state;
    struct rows rows = public_rows(house);
    const char *stranger = house_new_key(house, "stranger",
                                         "calls:read calls:control calls:place recordings:read "
                                         "recordings:control recordings:delete recordings:hold "
                                         "voicemails:read voicemails:manage transcripts:read");
    const char *id = house_place(house, "+14155550100");
    const char *sid = house_call(house, id).root_sid;
    size_t walked = 0;
    for (size_t i = 0; i < rows.count; i++) {
        const struct route *row = rows.items[i];
        if ((row->guard != &guard_frontend && row->guard != &guard_player) ||
            strchr(row->path, '{') == NULL)
            continue;
        for (size_t m = 0; m < ARRAY_LEN(methods); m++) {
            if (!(row->methods & methods[m].method))
                continue;
            const char *method = methods[m].name;
            struct raw_response mine =
                house_ask(house, stranger, method, path_with(house, row->path, id), NULL, NULL);
            struct raw_response by_sid =
                house_ask(house, stranger, method, path_with(house, row->path, sid), NULL, NULL);
            struct raw_response nothing =
                house_ask(house, stranger, method, path_with(house, row->path, any_id), NULL, NULL);
            int expected = is_operators(row->path) ? 403 : 404;
            assert_int_equal(mine.status, expected);
            assert_int_equal(by_sid.status, expected);
            assert_string_equal(without_request_id(house, &mine),
                                without_request_id(house, &nothing));
            assert_string_equal(without_request_id(house, &by_sid),
                                without_request_id(house, &nothing));
            walked++;
        }
    }
    assert_true(walked >= 2);
    house_settle(house);
    assert_int_equal(fake_count(house->twilio, FAKE_UPDATE), 0);
    struct raw_response list = house_ask(house, stranger, "GET", "/calls", NULL, NULL);
    assert_null(strstr(list.body, id));
}

/* Which id is meant: ours, Twilio's, or either. */
static void must_describe_id(const json_t *operation)
{
    size_t i;
    json_t *parameter;
    json_array_foreach(json_object_get(operation, "parameters"), i, parameter)
    {
        if (strcmp(json_string_value(json_object_get(parameter, "name")), "id") == 0 &&
            json_object_get(parameter, "description") == NULL)
            fail_msg("an id is not described: %s",
                     json_string_value(json_object_get(operation, "summary")));
    }
}

static void the_document_describes_every_row(void **state)
{
    struct house *house = *state;
    struct rows rows = public_rows(house);
    struct raw_response response = house_ask(house, NULL, "GET", "/openapi.json", NULL, NULL);
    assert_int_equal(response.status, 200);
    json_auto_t *document = house_json(&response);
    json_t *paths = json_object_get(document, "paths");
    for (size_t i = 0; i < rows.count; i++) {
        const struct route *row = rows.items[i];
        for (size_t m = 0; m < ARRAY_LEN(methods); m++) {
            if (!(row->methods & methods[m].method))
                continue;
            char lower[8] = {0};
            for (size_t c = 0; methods[m].name[c] != '\0'; c++)
                lower[c] = (char)(methods[m].name[c] - 'A' + 'a');
            const char *star = strstr(row->path, "/*");
            const char *path = star == NULL ? row->path
                                            : arena_printf(house->arena, "%.*s/{below}",
                                                           (int)(star - row->path), row->path);
            json_t *operation = json_object_get(json_object_get(paths, path), lower);
            if (operation == NULL)
                fail_msg("%s %s is missing", lower, row->path);
            assert_int_equal(json_array_size(json_object_get(operation, "security")),
                             row->guard == &guard_open       ? 0
                             : row->guard == &guard_frontend ? 3
                             : row->guard == &guard_listener ? 4
                             : row->guard == &guard_player   ? 4
                                                             : 1);
            assert_true(json_object_size(json_object_get(operation, "responses")) >= 2);
            if (row->dialect == NULL && strstr(row->path, "{id}") != NULL)
                must_describe_id(operation);
        }
    }
}

/* A path may have several rows. */
static bool takes_delete(const struct rows *rows, const char *path)
{
    for (size_t i = 0; i < rows->count; i++)
        if (strcmp(rows->items[i]->path, path) == 0 && (rows->items[i]->methods & HTTP_DELETE))
            return true;
    return false;
}

static void other_methods_are_refused_with_those_there_are(void **state)
{
    struct house *house = *state;
    struct rows rows = public_rows(house);
    for (size_t i = 0; i < rows.count; i++) {
        const char *target = path_with(house, rows.items[i]->path, any_id);
        struct raw_response response = house_ask(house, NULL, "DELETE", target, NULL, NULL);
        if (takes_delete(&rows, rows.items[i]->path))
            continue;
        assert_int_equal(response.status, 405);
        assert_non_null(raw_header(&response, "Allow"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, house_set_up, house_tear_down)
        TEST(every_row_has_the_guard_that_its_path_asks_for),
        TEST(nobody_gets_in_without_saying_who_he_is),
        TEST(a_stranger_finds_nothing),
        TEST(the_document_describes_every_row),
        TEST(other_methods_are_refused_with_those_there_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
