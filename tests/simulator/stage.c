/* The network, the server and the clock of the engine's tests. */
#include "stage.h"

#include <stdio.h>

#include "browsers.h"
#include "core/buf.h"
#include "core/text.h"
#include "crypto/base64.h"

/* 2026-11-20T19:22:00Z */
static const int64_t opening_ms = INT64_C(1795202520000);

static const struct sim_answer no_content = {.kind = SIM_ANSWERED,
                                             .status = 204,
                                             .content_type = "",
                                             .body = "",
                                             .location = "",
                                             .set_cookie = "",
                                             .problem = ""};

/* ---- ports ---- */

static const char *header(const struct sim_outgoing *outgoing, const char *name)
{
    for (size_t i = 0; i < outgoing->header_count; i++)
        if (strcmp(outgoing->headers[i].name, name) == 0)
            return outgoing->headers[i].value;
    return "";
}

static void send(void *context, const struct sim_outgoing *outgoing)
{
    struct stage *stage = context;
    struct arena *arena = stage->arena;
    assert_true(stage->seen_count < STAGE_SEEN_MAX);
    struct seen *seen = &stage->seen[stage->seen_count++];
    *seen = (struct seen){
        .delivery = outgoing->delivery,
        .method = arena_strdup(arena, outgoing->method),
        .url = arena_strdup(arena, outgoing->url),
        .signature = arena_strdup(arena, header(outgoing, "X-Twilio-Signature")),
        .token = arena_strdup(arena, header(outgoing, "I-Twilio-Idempotency-Token")),
        .host = arena_strdup(arena, header(outgoing, "Host")),
        .timeout_ms = outgoing->timeout_ms,
    };
    const char *query = strchr(seen->url, '?');
    const char *text = outgoing->content_type ? outgoing->body : query ? query + 1 : "";
    struct error err = {0};
    assert_int_equal(0, fields_decode(text, strlen(text), 512, arena, &seen->params, &err));
}

static void on_reply(void *context, const struct sim_reply *reply)
{
    struct stage *stage = context;
    stage->replied = true;
    stage->status = reply->status;
    stage->aborted = reply->abort;
    stage->html = reply->html;
    stage->xml = reply->xml;
    stage->has_media = reply->has_media;
    stage->media = reply->media;
    stage->location = arena_strdup(stage->arena, reply->location ? reply->location : "");
    json_decref(stage->json);
    stage->json = reply->json ? json_deep_copy(reply->json) : NULL;
    json_decref(reply->json);
}

/* ---- opening and closing ---- */

struct stage *stage_create(void)
{
    struct arena *arena = arena_create();
    struct stage *stage = arena_alloc(arena, sizeof(*stage));
    stage->arena = arena;
    stage->now.wall_ms = opening_ms;
    sim_settings_default(arena, &stage->settings);
    stage->settings.numbers[stage->settings.number_count++] = OURS;
    stage->settings.voice_url = SERVER "/voice";
    stage->settings.seed = 1;
    return stage;
}

void stage_open(struct stage *stage)
{
    const struct sim_ports ports = {
        .context = stage, .send = send, .say = browsers_hear, .hang_up = browsers_hang_up};
    stage->sim = sim_create(&stage->settings, &ports, stage->now);
}

struct stage *stage_ready(void)
{
    struct stage *stage = stage_create();
    stage_open(stage);
    return stage;
}

void stage_free(struct stage *stage)
{
    sim_free(stage->sim);
    browsers_free(stage);
    json_decref(stage->json);
    arena_free(stage->arena);
}

/* ---- the server under test ---- */

static struct stage_answer *add_answer(struct stage *stage, const char *path, int times)
{
    assert_true(stage->answer_count < STAGE_ANSWERS_MAX);
    struct stage_answer *answer = &stage->answers[stage->answer_count++];
    *answer = (struct stage_answer){.path = path, .left = times, .answer = no_content};
    return answer;
}

void stage_says(struct stage *stage,
                const char *path,
                int times,
                int status,
                const char *type,
                const char *body)
{
    struct stage_answer *answer = add_answer(stage, path, times);
    answer->answer.status = status;
    answer->answer.content_type = type;
    answer->answer.body = body;
    answer->answer.body_len = strlen(body);
}

static void twiml(struct stage *stage, const char *path, int times, const char *verbs)
{
    const char *text = arena_printf(stage->arena, "<Response>%s</Response>", verbs);
    stage_says(stage, path, times, 200, "text/xml; charset=utf-8", text);
}

void stage_twiml(struct stage *stage, const char *path, const char *verbs)
{
    twiml(stage, path, -1, verbs);
}

void stage_twiml_once(struct stage *stage, const char *path, const char *verbs)
{
    twiml(stage, path, 1, verbs);
}

void stage_fails(struct stage *stage, const char *path, int times, enum sim_answer_kind kind)
{
    struct stage_answer *answer = add_answer(stage, path, times);
    answer->answer.kind = kind;
    answer->answer.status = 0;
    answer->answer.problem = "broken on purpose";
}

static const struct sim_answer *choose(struct stage *stage, const char *url)
{
    for (size_t i = stage->answer_count; i > 0; i--) {
        struct stage_answer *answer = &stage->answers[i - 1];
        if (answer->left == 0 || strstr(url, answer->path) == NULL)
            continue;
        if (answer->left > 0)
            answer->left--;
        return &answer->answer;
    }
    return &no_content;
}

static void answer_all(struct stage *stage)
{
    for (size_t i = 0; i < stage->seen_count; i++) {
        struct delivery *delivery = stage->seen[i].delivery;
        if (delivery == NULL)
            continue;
        stage->seen[i].delivery = NULL;
        sim_answered(stage->sim, stage->now, delivery, choose(stage, stage->seen[i].url));
    }
}

void stage_answer_held(struct stage *stage)
{
    stage->hold = false;
    answer_all(stage);
}

/* ---- requests ---- */

static int ask(struct stage *stage,
               const char *authorization,
               const char *method,
               const char *target,
               const char *type,
               const char *body)
{
    struct fields query = {0};
    struct fields form = {0};
    struct error err = {0};
    const char *mark = strchr(target, '?');
    if (mark)
        assert_int_equal(
            0, fields_decode(mark + 1, strlen(mark + 1), 512, stage->arena, &query, &err));
    if (strcmp(type, "application/x-www-form-urlencoded") == 0)
        assert_int_equal(0, fields_decode(body, strlen(body), 512, stage->arena, &form, &err));
    const struct sim_request request = {
        .method = method,
        .path = arena_copy(stage->arena, target, strcspn(target, "?")),
        .target = target,
        .authorization = authorization,
        .range = stage->range,
        .media_type = type,
        .body = body,
        .body_len = strlen(body),
        .query = &query,
        .form = &form,
    };
    stage->replied = false;
    sim_handle(stage->sim, stage->now, &request, on_reply, stage);
    return stage->replied ? stage->status : 0;
}

int stage_rest_as(struct stage *stage,
                  const char *authorization,
                  const char *method,
                  const char *path,
                  const char *form)
{
    return ask(stage, authorization, method, path, "application/x-www-form-urlencoded", form);
}

int stage_rest(struct stage *stage, const char *method, const char *path, const char *form)
{
    const char *pair = arena_printf(stage->arena, "%s:%s", stage->settings.account_sid,
                                    stage->settings.auth_token);
    char *encoded = arena_alloc(stage->arena, BASE64_BYTES(strlen(pair)));
    (void)base64_encode(encoded, pair, strlen(pair));
    return stage_rest_as(stage, arena_printf(stage->arena, "Basic %s", encoded), method, path,
                         form);
}

int stage_control(struct stage *stage, const char *method, const char *path, const char *json)
{
    return ask(stage, "", method, path, "application/json", json);
}

const char *stage_call(struct stage *stage, const char *more)
{
    const char *form = arena_printf(stage->arena,
                                    "To=%%2B14155550100&From=%%2B15005550006"
                                    "&Url=https://phone.example.com/voice%s",
                                    more);
    assert_int_equal(201, stage_rest(stage, "POST", CALLS ".json", form));
    return arena_strdup(stage->arena, stage_text(stage, "sid"));
}

void stage_everybody(struct stage *stage, const char *members)
{
    const char *json = arena_printf(stage->arena, "{\"match\":\"*\",%s}", members);
    assert_int_equal(200, stage_control(stage, "POST", "/sim/script", json));
}

static json_t *find(json_t *json, const char *path)
{
    char name[64];
    while (json && *path) {
        size_t len = strcspn(path, ".");
        (void)snprintf(name, sizeof(name), "%.*s", (int)len, path);
        int64_t place = 0;
        if (json_is_array(json))
            json = text_to_int64(name, 0, 1000000, &place) ? json_array_get(json, (size_t)place)
                                                           : NULL;
        else
            json = json_object_get(json, name);
        path += len + (path[len] == '.');
    }
    return json;
}

const char *stage_text(struct stage *stage, const char *path)
{
    return json_string_value(find(stage->json, path));
}

json_int_t stage_number(struct stage *stage, const char *path)
{
    return json_integer_value(find(stage->json, path));
}

/* ---- time ---- */

/* Both clocks run alike here. */
static bool next_due(const struct stage *stage, int64_t *due_ms)
{
    int64_t real_ms = 0;
    bool simulated = sim_next_due(stage->sim, due_ms);
    bool real = sim_next_real_due(stage->sim, &real_ms);
    if (real && (!simulated || real_ms < *due_ms))
        *due_ms = real_ms;
    return simulated || real;
}

static void go_to(struct stage *stage, int64_t ms)
{
    stage->now.wall_ms += ms - stage->now.sim_ms;
    stage->now.sim_ms = stage->now.real_ms = ms;
}

static bool step(struct stage *stage, int64_t until_ms)
{
    int64_t due_ms = 0;
    size_t seen = stage->seen_count;
    browsers_beat(stage);
    if (!stage->hold)
        answer_all(stage);
    if (seen != stage->seen_count)
        return true;
    if (!next_due(stage, &due_ms) || due_ms > until_ms)
        return false;
    if (due_ms > stage->now.sim_ms)
        go_to(stage, due_ms);
    sim_advance(stage->sim, stage->now);
    return true;
}

void stage_pass(struct stage *stage, int64_t ms)
{
    int64_t until_ms = stage->now.sim_ms + ms;
    while (step(stage, until_ms))
        ;
    go_to(stage, until_ms);
    sim_advance(stage->sim, stage->now);
}

void stage_settle(struct stage *stage)
{
    while (!sim_at_rest(stage->sim) && step(stage, INT64_MAX))
        ;
}

/* ---- what was seen ---- */

const char *stage_values(struct stage *stage, const char *path, const char *name)
{
    auto_buf struct buf text;
    buf_init(&text, KiB(64));
    for (size_t i = 0; i < stage->seen_count; i++) {
        if (strstr(stage->seen[i].url, path) == NULL)
            continue;
        const char *value = fields_get(&stage->seen[i].params, name);
        assert_int_equal(0, buf_printf(&text, "%s%s", text.len ? " " : "", value ? value : "-"));
    }
    return arena_strdup(stage->arena, text.len ? text.data : "");
}

size_t stage_count(struct stage *stage, const char *path)
{
    size_t count = 0;
    for (size_t i = 0; i < stage->seen_count; i++)
        count += strstr(stage->seen[i].url, path) != NULL;
    return count;
}

const struct seen *stage_seen(struct stage *stage, const char *path, size_t n)
{
    for (size_t i = 0; i < stage->seen_count; i++)
        if (strstr(stage->seen[i].url, path) && n-- == 0)
            return &stage->seen[i];
    fail_msg("no such webhook to %s", path);
    return NULL;
}

void assert_param(const struct seen *seen, const char *name, const char *value)
{
    const char *is = fields_get(&seen->params, name);
    if (value == NULL) {
        assert_null(is);
        return;
    }
    assert_non_null(is);
    assert_string_equal(value, is);
}

static json_t *leg_list(struct stage *stage, const char *call_sid, const char *name)
{
    const char *path = arena_printf(stage->arena, "/sim/calls?call_sid=%s", call_sid);
    assert_int_equal(200, stage_control(stage, "GET", path, ""));
    return find(stage->json, arena_printf(stage->arena, "calls.0.%s", name));
}

void assert_event(struct stage *stage, const char *call_sid, const char *what, const char *detail)
{
    size_t i = 0;
    json_t *event = NULL;
    json_t *events = leg_list(stage, call_sid, "events");
    json_array_foreach(events, i, event)
    {
        const char *text = json_string_value(json_object_get(event, "detail"));
        if (strcmp(json_string_value(json_object_get(event, "what")), what) == 0 &&
            strstr(text ? text : "", detail))
            return;
    }
    fail_msg("no event '%s: %s'", what, detail);
}

void assert_warning(struct stage *stage, const char *call_sid, int code)
{
    size_t i = 0;
    json_t *warning = NULL;
    json_t *warnings = leg_list(stage, call_sid, "warnings");
    json_array_foreach(warnings, i, warning)
    {
        if (json_integer_value(json_object_get(warning, "code")) == code)
            return;
    }
    fail_msg("no warning %d", code);
}
