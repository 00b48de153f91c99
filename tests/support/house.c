#include "support/house.h"

#include <ftw.h>
#include <jansson.h>
#include <time.h>

#include "app/keys.h"
#include "config/load.h"
#include "core/hex.h"
#include "core/lock.h"
#include "core/text.h"
#include "core/xmalloc.h"
#include "crypto/api_key.h"
#include "twilio/signature.h"

enum { SETTINGS_MAX = 64 };

static const char *const usual[] = {
    "TWILIO_ACCOUNT_SID=" FAKE_ACCOUNT,
    "TWILIO_AUTH_TOKEN=" HOUSE_AUTH_TOKEN,
    "TWILIO_API_KEY_SID=SK00000000000000000000000000000002",
    "TWILIO_API_KEY_SECRET=S3cretS3cretS3cretS3cretS3cret00",
    "TWILIO_TWIML_APP_SID=AP00000000000000000000000000000003",
    "TWILIO_PHONE_NUMBER=" HOUSE_NUMBER,
    "TWILIO_WEBHOOK_BASE_URL=" HOUSE_BASE,
    "SWITCHHOOK_LISTEN=127.0.0.1:0",
    "SWITCHHOOK_ADMIN_LISTEN=127.0.0.1:0",
    "SWITCHHOOK_WORKERS=2",
    "SWITCHHOOK_CONNECTIONS_MAX=64",
    "SWITCHHOOK_JOB_BACKOFF_MS=1",
    "SWITCHHOOK_JOB_BACKOFF_MAX_MS=4",
    "SWITCHHOOK_MEDIA_BACKOFF_MS=1",
    "SWITCHHOOK_MEDIA_BACKOFF_MAX_MS=4",
    "SWITCHHOOK_JOB_POLL_MS=10",
    "SWITCHHOOK_UNKNOWN_RETRY_MS=10",
    "SWITCHHOOK_REFRESH_SWEEP_MS=10",
    "SWITCHHOOK_SWEEP_MS=0",
    "SWITCHHOOK_SWEEP_RATE=100",
    "SWITCHHOOK_SETTLE_AFTER_MS=0",
    "SWITCHHOOK_RECORDINGS_FETCH=false",
    "SWITCHHOOK_LOG_LEVEL=error",
    "SWITCHHOOK_RATE_KEY=0",
    "SWITCHHOOK_RATE_USER=0",
    "SWITCHHOOK_RATE_TOKEN=0",
    "SWITCHHOOK_RATE_CALLS=0",
    "SWITCHHOOK_RATE_ADDRESS=0",
    "SWITCHHOOK_RATE_FAILURES=0",
};

/* ---- opening ------------------------------------------------------------------------------------------------- */

struct settings {
    const char *items[SETTINGS_MAX + 1];
    size_t count;
};

static void set(struct settings *settings, const char *variable)
{
    size_t name_len = strcspn(variable, "=") + 1;
    for (size_t i = 0; i < settings->count; i++) {
        if (strncmp(settings->items[i], variable, name_len) == 0) {
            settings->items[i] = variable;
            return;
        }
    }
    assert_true(settings->count < SETTINGS_MAX);
    settings->items[settings->count++] = variable;
}

static struct config *load(struct house *house, const char *const *more)
{
    struct settings settings = {0};
    for (size_t i = 0; i < ARRAY_LEN(usual); i++)
        set(&settings, usual[i]);
    set(&settings, arena_printf(house->arena, "TWILIO_API_BASE_URL=http://127.0.0.1:%u",
                                fake_twilio_port(house->twilio)));
    set(&settings, arena_printf(house->arena, "SWITCHHOOK_DATABASE=%s/test.db", house->folder));
    for (; more != NULL && *more != NULL; more++)
        set(&settings, *more);
    struct config_sources sources = {.environment = settings.items, .directory = house->folder};
    struct config_report report;
    struct config *config = NULL;
    config_report_init(&report);
    if (config_load(&sources, CONFIG_FOR_SERVE, &config, &report) < 0) {
        config_report_print(&report, stderr);
        fail_msg("the settings are wrong");
    }
    config_report_release(&report);
    return config;
}

static void start(struct house *house, const char *const *settings)
{
    struct error err = {0};
    house->config = load(house, settings);
    if (parts_create(house->config, &house->parts, &err) < 0 || parts_start(house->parts, &err) < 0)
        fail_msg("%s", err.message);
    house->app = parts_app(house->parts);
    house->port = parts_public_port(house->parts);
    house->admin_port = parts_admin_port(house->parts);
}

static void stop(struct house *house)
{
    parts_free(house->parts);
    config_free(house->config);
    house->parts = NULL;
    house->config = NULL;
}

void house_open(struct house *house, const char *const *settings)
{
    static bool prepared;
    if (!prepared) {
        parts_prepare_libraries();
        log_set_threshold(LOG_LEVEL_ERROR);
        prepared = true;
    }
    *house = (struct house){
        .arena = arena_create(), .twilio = fake_twilio_start(), .auth_token = HOUSE_AUTH_TOKEN};
    (void)snprintf(house->folder, sizeof(house->folder), "/tmp/switchhook-house-XXXXXX");
    assert_non_null(mkdtemp(house->folder));
    start(house, settings);
    house->key = house_new_key(house, "test", "all");
}

void house_reopen(struct house *house, const char *const *settings)
{
    stop(house);
    start(house, settings);
}

void house_reload(struct house *house, const char *const *settings)
{
    struct error err = {0};
    if (parts_reload(house->parts, load(house, settings), &err) < 0)
        fail_msg("%s", err.message);
}

static int remove_one(const char *path, const struct stat *facts, int type, struct FTW *place)
{
    (void)facts;
    (void)type;
    (void)place;
    return remove(path);
}

static void remove_folder(const char *folder)
{
    assert_int_equal(nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

void house_close(struct house *house)
{
    fake_release(house->twilio);
    stop(house);
    fake_twilio_stop(house->twilio);
    remove_folder(house->folder);
    arena_free(house->arena);
}

int house_set_up(void **state)
{
    struct house *house = xcalloc(1, sizeof(*house));
    house_open(house, NULL);
    *state = house;
    return 0;
}

int house_tear_down(void **state)
{
    house_close(*state);
    free(*state);
    return 0;
}

static int insert_key(struct store_tx *tx, void *work, struct error *err)
{
    return store_insert_api_key(tx, work, err);
}

const char *house_new_key(struct house *house, const char *name, const char *scopes)
{
    char *text = arena_alloc(house->arena, API_KEY_TEXT_BYTES);
    struct api_key key;
    api_key_generate(text, &key);
    struct api_key_row row = {
        .id = key.id,
        .account_sid = FAKE_ACCOUNT,
        .name = name,
        .scopes = scopes,
        .created_at_ms = 1,
    };
    memcpy(row.secret_sha256, key.hash, sizeof(row.secret_sha256));
    house_apply(house, insert_key, &row);
    parts_reload_keys(house->parts);
    return text;
}

/* ---- as a frontend ------------------------------------------------------------------------------------------- */

struct raw_connection house_send(struct house *house,
                                 const char *key,
                                 const char *method,
                                 const char *target,
                                 const char *json,
                                 const char *more)
{
    auto_arena struct arena *arena = arena_create();
    const char *authorization =
        key != NULL ? arena_printf(arena, "Authorization: Bearer %s\r\n", key) : "";
    const char *body = json != NULL ? arena_printf(arena,
                                                   "Content-Type: application/json\r\n"
                                                   "Content-Length: %zu\r\n\r\n%s",
                                                   strlen(json), json)
                                    : "\r\n";
    struct raw_connection connection = raw_open(house->port);
    raw_send(&connection,
             arena_printf(arena, "%s %s HTTP/1.1\r\nHost: voice.example.com\r\n%s%s%s", method,
                          target, authorization, more != NULL ? more : "", body));
    return connection;
}

struct raw_response house_ask(struct house *house,
                              const char *key,
                              const char *method,
                              const char *target,
                              const char *json,
                              const char *more)
{
    struct raw_connection connection = house_send(house, key, method, target, json, more);
    struct raw_response response = raw_read_as(&connection, strcmp(method, "HEAD") != 0);
    raw_close(&connection);
    return response;
}

json_t *house_json(const struct raw_response *response)
{
    json_t *json = json_loadb(response->body, response->body_len, JSON_REJECT_DUPLICATES, NULL);
    if (json == NULL)
        fail_msg("no JSON: %s", response->body);
    return json;
}

const char *house_text(struct house *house, const struct raw_response *response, const char *name)
{
    json_auto_t *json = house_json(response);
    return arena_strdup(house->arena, json_string_value(json_object_get(json, name)));
}

const char *house_place(struct house *house, const char *to)
{
    const char *body = arena_printf(house->arena, "{\"to\":\"%s\"}", to);
    struct raw_response response = house_ask(house, house->key, "POST", "/calls", body, NULL);
    if (response.status != 201 && response.status != 202)
        fail_msg("%d %s", response.status, response.body);
    return house_text(house, &response, "id");
}

/* ---- as Twilio ----------------------------------------------------------------------------------------------- */

struct fields house_form(struct house *house, ...)
{
    struct fields form = {0};
    va_list pairs;
    fields_add(&form, house->arena, "AccountSid", FAKE_ACCOUNT);
    va_start(pairs, house);
    for (const char *name = va_arg(pairs, const char *); name != NULL;
         name = va_arg(pairs, const char *)) {
        const char *value = va_arg(pairs, const char *);
        if (value != NULL)
            fields_add(&form, house->arena, name, value);
    }
    va_end(pairs);
    return form;
}

static const char *encode(struct house *house, const struct fields *form)
{
    auto_buf struct buf out;
    buf_init(&out, MiB(1));
    assert_int_equal(fields_encode(&out, form), 0);
    return out.data == NULL ? "" : arena_copy(house->arena, out.data, out.len);
}

static struct raw_response
exchange(struct house *house, const char *method, const char *target, const char *rest)
{
    struct raw_connection connection = raw_open(house->port);
    raw_send(&connection,
             arena_printf(house->arena, "%s %s HTTP/1.1\r\nHost: x\r\n%s", method, target, rest));
    struct raw_response response = raw_read(&connection);
    raw_close(&connection);
    return response;
}

static const char *sign(struct house *house, const char *target, const struct fields *form)
{
    char *signature = arena_alloc(house->arena, SIGNATURE_BYTES);
    struct error err = {0};
    const char *url = arena_printf(house->arena, HOUSE_BASE "%s", target);
    assert_int_equal(signature_compute(house->auth_token, url, form, house->arena, signature, &err),
                     0);
    return signature;
}

struct raw_response
house_post(struct house *house, const char *target, const struct fields *form, const char *token)
{
    const char *body = encode(house, form);
    const char *token_line =
        token != NULL ? arena_printf(house->arena, "I-Twilio-Idempotency-Token: %s\r\n", token)
                      : "";
    return exchange(house, "POST", target,
                    arena_printf(house->arena,
                                 "X-Twilio-Signature: %s\r\n%s"
                                 "Content-Type: application/x-www-form-urlencoded\r\n"
                                 "Content-Length: %zu\r\n\r\n%s",
                                 sign(house, target, form), token_line, strlen(body), body));
}

struct raw_response house_get(struct house *house, const char *target, const struct fields *form)
{
    const char *whole = arena_printf(house->arena, "%s%c%s", target,
                                     strchr(target, '?') == NULL ? '?' : '&', encode(house, form));
    return exchange(
        house, "GET", whole,
        arena_printf(house->arena, "X-Twilio-Signature: %s\r\n\r\n", sign(house, whole, NULL)));
}

struct raw_response house_status(struct house *house,
                                 const char *call_id,
                                 const char *sid,
                                 const char *status,
                                 const char *sequence)
{
    struct fields form = house_form(house, "CallSid", sid, "CallStatus", status, "SequenceNumber",
                                    sequence, "CallbackSource", "call-progress-events", NULL);
    const char *target = call_id != NULL
                             ? arena_printf(house->arena, "/webhooks/call-status?call=%s", call_id)
                             : "/webhooks/call-status";
    return house_post(house, target, &form, NULL);
}

/* ---- what is true -------------------------------------------------------------------------------------------- */

struct look {
    struct house *house;
    const char *key;
    struct call_row call;
    struct leg_rows legs;
    struct timeline_rows timeline;
    struct recording_rows recordings;
};

static int find_call(struct store_rx *rx, struct look *look, struct error *err)
{
    struct arena *arena = look->house->arena;
    if (text_starts_with(look->key, "call_"))
        return store_get_call(rx, look->key, arena, &look->call, err);
    return store_get_call_by_sid(rx, look->key, arena, &look->call, err);
}

static int read_all(struct store_rx *rx, void *work, struct error *err)
{
    enum { ALL = 10000 };
    struct look *look = work;
    struct arena *arena = look->house->arena;
    if (find_call(rx, look, err) < 0)
        return -1;
    int64_t number = look->call.number;
    if (store_list_legs(rx, number, arena, &look->legs, err) < 0 ||
        store_list_call_recordings(rx, number, arena, &look->recordings, err) < 0)
        return -1;
    return store_list_timeline(rx, number, 0, ALL, arena, &look->timeline, err);
}

static struct look look_at(struct house *house, const char *key)
{
    struct look look = {.house = house, .key = key};
    struct error err = {0};
    if (store_run_read(house->app->store, read_all, &look, &err) < 0)
        fail_msg("%s: %s", key, err.message);
    return look;
}

struct call_row house_call(struct house *house, const char *key)
{
    return look_at(house, key).call;
}

bool house_has_call(struct house *house, const char *key)
{
    struct look look = {.house = house, .key = key};
    struct error err = {0};
    if (store_run_read(house->app->store, read_all, &look, &err) == 0)
        return true;
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    return false;
}

struct leg_rows house_legs(struct house *house, const char *key)
{
    return look_at(house, key).legs;
}

struct timeline_rows house_timeline(struct house *house, const char *key)
{
    return look_at(house, key).timeline;
}

struct recording_rows house_recordings(struct house *house, const char *key)
{
    return look_at(house, key).recordings;
}

struct jobs_look {
    struct arena *arena;
    struct job_rows rows;
    struct call_rows calls;
    int64_t next_at_ms;
};

/* When some job is due, in whatever lane; 0: there is none. */
static int read_next_at(struct store_rx *rx, void *work, struct error *err)
{
    int64_t *out = work;
    *out = 0;
    for (enum job_lane lane = 0; lane < JOB_LANE_COUNT; lane++) {
        int64_t next_at_ms = 0;
        if (store_next_job_at(rx, lane, &next_at_ms, err) < 0)
            return -1;
        if (next_at_ms != 0 && (*out == 0 || next_at_ms < *out))
            *out = next_at_ms;
    }
    return 0;
}

static int read_jobs(struct store_rx *rx, void *work, struct error *err)
{
    enum { MOST = 200 };
    struct jobs_look *look = work;
    struct call_filter filter = {.limit = MOST};
    const struct job_filter buried = {.dead = true, .limit = MOST};
    if (store_list_jobs(rx, &buried, look->arena, &look->rows, err) < 0 ||
        store_list_calls(rx, &filter, look->arena, &look->calls, err) < 0)
        return -1;
    return read_next_at(rx, &look->next_at_ms, err);
}

static struct jobs_look look_at_jobs(struct house *house)
{
    struct jobs_look look = {.arena = house->arena};
    struct error err = {0};
    assert_int_equal(store_run_read(house->app->store, read_jobs, &look, &err), 0);
    return look;
}

struct job_rows house_dead_jobs(struct house *house)
{
    return look_at_jobs(house).rows;
}

size_t house_call_count(struct house *house)
{
    return look_at_jobs(house).calls.count;
}

void house_apply(struct house *house,
                 int (*apply)(struct store_tx *, void *, struct error *),
                 void *work)
{
    struct error err = {0};
    if (store_apply(house->app->store, apply, work, &err) < 0)
        fail_msg("%s", err.message);
}

/* A few milliseconds between two looks: what is waited for happens in other threads and tells nobody here. */
void house_until(struct house *house, bool (*reached)(struct house *, void *), void *context)
{
    enum { PAUSE_MS = 2 };
    int64_t deadline_ms = monotonic_ms() + RAW_PATIENCE_MS;
    while (!reached(house, context)) {
        if (monotonic_ms() > deadline_ms)
            fail_msg("what was waited for did not happen");
        struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
        nanosleep(&pause, NULL);
    }
}

static bool no_job_is_open(struct house *house, void *context)
{
    (void)context;
    int64_t next_at_ms = 0;
    struct error err = {0};
    return store_run_read(house->app->store, read_next_at, &next_at_ms, &err) == 0 &&
           next_at_ms == 0;
}

void house_settle(struct house *house)
{
    house_until(house, no_job_is_open, NULL);
}

struct wanted {
    const char *key;
    enum call_placement placement;
};

static bool has_placement(struct house *house, void *context)
{
    const struct wanted *wanted = context;
    return house_call(house, wanted->key).placement == wanted->placement;
}

void house_until_placement(struct house *house, const char *key, enum call_placement placement)
{
    struct wanted wanted = {key, placement};
    house_until(house, has_placement, &wanted);
}

long house_metric(struct house *house, const char *line)
{
    auto_buf struct buf out;
    buf_init(&out, MiB(4));
    assert_int_equal(metrics_render(house->app->metrics, &out), 0);
    size_t len = strlen(line);
    for (const char *at = strstr(out.data, line); at != NULL; at = strstr(at + 1, line)) {
        if ((at == out.data || at[-1] == '\n') && at[len] == ' ')
            return strtol(at + len, NULL, 10);
    }
    return 0;
}
