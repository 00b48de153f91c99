/* GET /openapi.json: OpenAPI 3.1, made from the route table that also routes, so the two cannot disagree. */
#include <string.h>

#include "api/api.h"
#include "app/app.h"
#include "app/dialect.h"
#include "core/macros.h"
#include "http/response.h"

static const struct {
    unsigned method;
    const char *name;
} methods[] = {
    {HTTP_GET,    "get"   },
    {HTTP_POST,   "post"  },
    {HTTP_PUT,    "put"   },
    {HTTP_PATCH,  "patch" },
    {HTTP_DELETE, "delete"},
};

static json_t *schema_of(const char *text)
{
    json_t *schema = text != NULL ? json_loads(text, 0, NULL) : json_object();
    ASSERT(schema != NULL); /* a literal of ours */
    return schema;
}

static json_t *content_of(const char *type, const char *schema)
{
    return json_pack("{s:{s:o}}", type, "schema", schema_of(schema));
}

static json_t *problem_response(void)
{
    return json_pack("{s:s, s:{s:{s:{s:s}}}}", "description",
                     "what is wrong, as a problem (RFC 9457)", "content",
                     "application/problem+json", "schema", "$ref", "#/components/schemas/problem");
}

/* A dialect's errors: its constants, a text, and what problems have beside theirs. */
static json_t *error_response(const struct dialect_shape *shape)
{
    static const char schema[] =
        "{\"type\":\"object\",\"required\":[\"error\",\"code\",\"request_id\"],\"properties\":{"
        "\"error\":{\"type\":\"string\"},\"code\":{\"type\":\"string\"},"
        "\"request_id\":{\"type\":\"string\"},\"field\":{\"type\":\"string\"},"
        "\"twilio_code\":{\"type\":\"integer\"},\"twilio_more_info\":{\"type\":\"string\"},"
        "\"twilio_message\":{\"type\":\"string\"}}}";
    json_t *object = schema_of(schema);
    json_auto_t *constants = schema_of(shape->error_constants);
    const char *name;
    json_t *value;
    json_object_foreach(constants, name, value)
    {
        json_object_set_new(json_object_get(object, "properties"), name,
                            json_pack("{s:O}", "const", value));
        json_array_append_new(json_object_get(object, "required"), json_string(name));
    }
    return json_pack("{s:s, s:{s:{s:o}}}", "description", "what is wrong, in the dialect's shape",
                     "content", "application/json", "schema", object);
}

static void
add_response(json_t *responses, int status, const char *description, const struct route_doc *doc)
{
    char name[8];
    (void)snprintf(name, sizeof(name), "%d", status);
    json_t *response = json_pack("{s:s}", "description", description);
    if (doc->response_type != NULL)
        json_object_set_new(response, "content",
                            content_of(doc->response_type, doc->response_schema));
    if (doc->text_type != NULL)
        json_object_set_new(json_object_get(response, "content"), doc->text_type,
                            json_pack("{s:{s:s}}", "schema", "type", "string"));
    json_object_set_new(responses, name, response);
}

static const struct dialect_shape *shape_of(const struct route *row)
{
    return row->dialect != NULL ? row->dialect->data : NULL;
}

static json_t *responses_of(const struct route *row)
{
    const struct route_doc *doc = row->doc;
    const struct dialect_shape *shape = shape_of(row);
    json_t *responses = json_object();
    add_response(responses, doc->success_status != 0 ? doc->success_status : 200, "success", doc);
    if (doc->accepted_status != 0)
        add_response(responses, doc->accepted_status,
                     doc->accepted_status == 206 ? "the part that was asked for"
                                                 : "accepted, and still being done",
                     doc);
    json_object_set_new(responses, "default",
                        shape != NULL ? error_response(shape) : problem_response());
    return responses;
}

/* What stands in the place of {...}: a SID of Twilio's does where it has one. */
static const char *describe_id(const char *path)
{
    static const struct {
        const char *begins;
        const char *description;
    } ids[] = {
        {"/calls/{",         "call_..., or a CallSid of one of its legs"},
        {"/recordings/{",    "rec_..., or a RecordingSid"               },
        {"/voicemails/{",    "vm_..."                                   },
        {"/subscriptions/{", "sub_..."                                  },
        {"/deliveries/{",    "msg_..., as in the header webhook-id"     },
        {"/jobs/{",          "the job's number"                         },
    };
    for (size_t i = 0; i < ARRAY_LEN(ids); i++)
        if (strncmp(path, ids[i].begins, strlen(ids[i].begins)) == 0)
            return ids[i].description;
    return NULL;
}

/* Path parameters, which every operation of that path has, and those of its own. */
static json_t *parameters_of(const struct route *row, const char *path)
{
    json_t *list = row->doc->parameters != NULL ? schema_of(row->doc->parameters) : json_array();
    for (const char *open = strchr(path, '{'); open != NULL; open = strchr(open + 1, '{')) {
        int len = (int)strcspn(open + 1, "}");
        json_array_append_new(list,
                              json_pack("{s:s%, s:s, s:b, s:s*, s:{s:s}}", "name", open + 1,
                                        (size_t)len, "in", "path", "required", 1, "description",
                                        describe_id(path), "schema", "type", "string"));
    }
    return list;
}

static json_t *security_of(const struct guard *guard)
{
    if (strcmp(guard->name, "frontend") == 0)
        return json_pack("[{s:[]}, {s:[]}, {s:[]}]", "key", "token", "application");
    if (strcmp(guard->name, "listener") == 0)
        return json_pack("[{s:[]}, {s:[]}, {s:[]}, {s:[]}]", "key", "token", "application",
                         "ticket");
    if (strcmp(guard->name, "player") == 0)
        return json_pack("[{s:[]}, {s:[]}, {s:[]}, {s:[]}]", "key", "token", "application", "link");
    if (strcmp(guard->name, "twilio") == 0)
        return json_pack("[{s:[]}]", "twilioSignature");
    return json_array();
}

static const char *tag_of(const struct route *row)
{
    return shape_of(row) != NULL ? row->dialect->name : "native";
}

static json_t *operation_of(const struct route *row, const char *path)
{
    return json_pack("{s:s, s:[s], s:o, s:o, s:o}", "summary", row->doc->summary, "tags",
                     tag_of(row), "parameters", parameters_of(row, path), "responses",
                     responses_of(row), "security", security_of(row->guard));
}

static json_t *body_of(const struct route_doc *doc)
{
    return json_pack("{s:o}", "content", content_of(doc->request_type, doc->request_schema));
}

/* The document in the making. */
struct drawing {
    struct arena *arena;
    const char *only; /* rows of this tag, or NULL */
    json_t *paths;
    json_t *tags;
};

/* OpenAPI has no word for "everything below": it becomes a parameter, and the mark x-below says that it has slashes. */
static const char *path_of(const struct route *row, struct arena *arena)
{
    size_t len = strlen(row->path);
    if (row->path[len - 1] != '*')
        return row->path;
    return arena_printf(arena, "%.*s{below}", (int)len - 1, row->path);
}

static json_t *add_path(json_t *paths, const char *path)
{
    json_t *item = json_object_get(paths, path);
    if (item == NULL) {
        item = json_object();
        json_object_set_new(paths, path, item);
    }
    return item;
}

static void add_tag(json_t *tags, const struct route *row)
{
    const struct dialect_shape *shape = shape_of(row);
    size_t i;
    json_t *tag;
    json_array_foreach(tags, i, tag)
    {
        if (strcmp(json_string_value(json_object_get(tag, "name")), tag_of(row)) == 0)
            return;
    }
    json_array_append_new(
        tags, json_pack("{s:s, s:s}", "name", tag_of(row), "description",
                        shape != NULL ? shape->about : "Switchhook's own paths and shapes."));
}

static void add_row(const struct route *row, void *context)
{
    struct drawing *drawing = context;
    if (row->doc == NULL)
        return;
    add_tag(drawing->tags, row);
    if (drawing->only != NULL && strcmp(drawing->only, tag_of(row)) != 0)
        return;
    const char *path = path_of(row, drawing->arena);
    json_t *item = add_path(drawing->paths, path);
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        if (!(row->methods & methods[i].method))
            continue;
        json_t *operation = operation_of(row, path);
        if (path != row->path)
            json_object_set_new(operation, "x-below", json_true());
        if (row->doc->request_type != NULL && methods[i].method != HTTP_GET)
            json_object_set_new(operation, "requestBody", body_of(row->doc));
        json_object_set_new(item, methods[i].name, operation);
    }
}

static json_t *components(void)
{
    static const char text[] =
        "{\"schemas\":{\"problem\":{\"type\":\"object\",\"required\":[\"type\",\"title\","
        "\"status\",\"code\","
        "\"request_id\"],\"properties\":{\"type\":{\"type\":\"string\"},\"title\":{\"type\":"
        "\"string\"},"
        "\"status\":{\"type\":\"integer\"},\"detail\":{\"type\":\"string\"},\"code\":{\"type\":"
        "\"string\"},"
        "\"request_id\":{\"type\":\"string\"},\"field\":{\"type\":\"string\"},"
        "\"limit\":{\"type\":\"integer\"},\"retry_after\":{\"type\":\"integer\",\"description\":"
        "\"seconds\"},"
        "\"twilio_code\":{\"type\":\"integer\"},\"twilio_more_info\":{\"type\":\"string\"},"
        "\"twilio_message\":{\"type\":\"string\"}}}},"
        "\"securitySchemes\":{\"ticket\":{\"type\":\"apiKey\",\"in\":\"query\",\"name\":"
        "\"ticket\",\"description\":\"from POST /events/tickets, good once\"},"
        "\"link\":{\"type\":\"apiKey\",\"in\":\"query\",\"name\":\"signature\",\"description\":"
        "\"from POST /recordings/{id}/link\"},"
        "\"key\":{\"type\":\"http\",\"scheme\":\"bearer\","
        "\"description\":\"an API key, shk_... (SWITCHHOOK_AUTH has key)\"},"
        "\"token\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\","
        "\"description\":\"the application's token, also in a cookie that the operator names "
        "(SWITCHHOOK_AUTH has jwt)\"},"
        "\"application\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"Cookie\","
        "\"description\":\"whatever the application knows its user by, a cookie or an "
        "Authorization (SWITCHHOOK_AUTH has forward)\"},"
        "\"twilioSignature\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"X-Twilio-"
        "Signature\"}}}";
    return schema_of(text);
}

static int
openapi_get(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)err;
    struct drawing drawing = {
        .arena = request->arena,
        .only = fields_get(&request->query, "tag"),
        .paths = json_object(),
        .tags = json_array(),
    };
    router_walk(app->router, add_row, &drawing);
    json_t *document =
        json_pack("{s:s, s:{s:s, s:s, s:s}, s:o, s:o, s:o}", "openapi", "3.1.0", "info", "title",
                  "Switchhook", "version", SWITCHHOOK_VERSION, "description",
                  "A voice backend on Twilio: access tokens, TwiML webhooks, calls and recordings.",
                  "tags", drawing.tags, "paths", drawing.paths, "components", components());
    response_json(request, response, 200, document);
    return 0;
}

static const struct route_doc openapi_doc = {
    .summary = "This document; with ?tag=native or a dialect's name only that part of it.",
    .parameters = "[{\"name\":\"tag\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}}]",
    .response_type = "application/json",
    .response_schema = "{\"type\":\"object\",\"required\":[\"openapi\",\"paths\"]}",
};

static const struct route rows[] = {
    {.methods = HTTP_GET,
     .path = "/openapi.json",
     .guard = &guard_open,
     .handle = openapi_get,
     .doc = &openapi_doc},
};

const struct route_table api_openapi_routes = {"api/openapi", rows, ARRAY_LEN(rows)};
