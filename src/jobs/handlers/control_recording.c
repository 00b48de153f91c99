/*
 * start_recording: record a call that is in progress. Not repeatable: what may have been done is not done again.
 *
 * pause_recording, resume_recording, stop_recording: change one that runs. Repeatable.
 *
 * Each leaves a timeline entry that says what came of it (jobs/recording_control.h), and publishes it.
 */
#include "../internal.h"
#include "../talk.h"

#include <string.h>

#include "core/text.h"
#include "jobs/recording_control.h"
#include "jobs/recordings.h"
#include "twilio/rest_recordings.h"

struct controlling {
    struct attempt *attempt;
    struct call_row call;
    struct recording_row row; /* of the recording that is to change */
    const struct recording_control *control;
    const struct talk *said;
    int64_t sequence;
};

/* The exchange, and which recording it was about, so that whoever waits finds it. */
static int append_entry(struct store_tx *tx,
                        struct controlling *c,
                        const char *exchange,
                        const char *recording_sid,
                        struct error *err)
{
    struct timeline_row entry = talk_entry(c->attempt, c->said, TIMELINE_REST, exchange);
    entry.leg_sid = c->call.root_sid;
    entry.raw = arena_printf(c->attempt->arena, "%s&recording_sid=%s", c->said->summary,
                             recording_sid == NULL ? "" : recording_sid);
    if (store_append_timeline(tx, &entry, err) < 0)
        return -1;
    c->sequence = entry.sequence;
    return attempt_finish(tx, c->attempt, err);
}

/* 429 and what never left come again; the rest is settled. */
static bool comes_again(const struct talk *said)
{
    return said->result == TALK_THROTTLED || said->result == TALK_NEVER_SENT;
}

static int finish(struct controlling *c,
                  int (*settle)(struct store_tx *, void *, struct error *),
                  struct error *err)
{
    struct attempt *attempt = c->attempt;
    if (store_apply(attempt->with->store, settle, c, err) < 0)
        return -1;
    attempt_count(attempt, c->said->result == TALK_DONE ? "done" : "refused");
    attempt_publish(attempt, EVENT_CALL_RECORDING, c->sequence);
    return 0;
}

/* ---- start ---- */

static int read_call(struct store_rx *rx, void *work, struct error *err)
{
    struct controlling *c = work;
    return store_get_call_by_number(rx, c->attempt->job.call_number, c->attempt->arena, &c->call,
                                    err);
}

/* "channels trim" of a start, "id" or "id behavior" of a pause; "-" or nothing for Twilio's default. */
static const char *wish_of(const char *subject, size_t index, struct arena *arena)
{
    for (; index > 0; index--)
        subject += strcspn(subject, " ") + (strchr(subject, ' ') != NULL);
    const char *word = arena_copy(arena, subject, strcspn(subject, " "));
    return text_equal(word, "-") || *word == '\0' ? NULL : word;
}

static int ask_to_start(const struct controlling *c, struct rest_request *out, struct error *err)
{
    struct attempt *attempt = c->attempt;
    const struct rest_recording_start start = {
        .channels = wish_of(attempt->job.subject, 0, attempt->arena),
        .trim = wish_of(attempt->job.subject, 1, attempt->arena),
        .status_callback = hook_url(attempt->hooks, HOOK_RECORDING, c->call.id, attempt->arena),
        .status_callback_method = "POST",
        .status_callback_events = "in-progress completed absent",
    };
    return rest_start_recording(attempt->with->account, c->call.root_sid, &start, attempt->arena,
                                out, err);
}

/* Its callback may have been quicker: then the row is there, and keeps its id. Nothing is to be fetched yet. */
static int put_started(struct store_tx *tx,
                       struct controlling *c,
                       const struct rest_recording *resource,
                       struct error *err)
{
    struct attempt *attempt = c->attempt;
    char id[RESOURCE_ID_BYTES];
    int64_t now_ms = attempt_now_ms(attempt);
    struct recording_row told = recording_of_resource(resource, now_ms);
    const struct recording_intake intake = {.now_ms = now_ms};
    const struct reconcile_settings *ids = &attempt->with->reconcile;
    told.number = ids->new_id(ids->context, RESOURCE_RECORDING, id);
    told.id = arena_strdup(attempt->arena, id);
    told.call_number = c->call.number;
    if (text_is_empty(told.status))
        told.status = "in-progress";
    return recording_take(tx, &told, &intake, attempt->arena, &c->row, NULL, err);
}

static int settle_start(struct store_tx *tx, void *work, struct error *err)
{
    struct controlling *c = work;
    struct rest_recording resource = {0};
    struct error unread = {0};
    bool told = c->said->result == TALK_DONE &&
                rest_read_recording(c->said->body, c->said->body_len, c->attempt->arena, &resource,
                                    &unread) == 0;
    if (told && put_started(tx, c, &resource, err) < 0)
        return -1;
    return append_entry(tx, c, EXCHANGE_START_RECORDING, told ? resource.sid : NULL, err);
}

int start_recording(struct attempt *attempt, struct error *err)
{
    struct controlling c = {.attempt = attempt};
    struct rest_request request;
    struct talk said = {.result = TALK_UNKNOWN, .summary = "result=unknown", .problem = ""};
    c.said = &said;
    if (store_run_read(attempt->with->store, read_call, &c, err) < 0)
        return -1;
    if (attempt->lease_expired) /* a former worker may have started it */
        return finish(&c, settle_start, err);
    if (ask_to_start(&c, &request, err) < 0 || talk(attempt, &request, &said, err) < 0)
        return -1;
    if (comes_again(&said))
        return talk_must_be_done(&said, err);
    return finish(&c, settle_start, err);
}

/* ---- pause, resume, stop ---- */

static int read_recording(struct store_rx *rx, void *work, struct error *err)
{
    struct controlling *c = work;
    if (store_get_recording_by_id(rx, wish_of(c->attempt->job.subject, 0, c->attempt->arena),
                                  c->attempt->arena, &c->row, err) < 0)
        return -1;
    return read_call(rx, work, err);
}

/* Going on comes after a pause, whatever the ranks of callbacks say; what is over stays over. */
static int settle_control(struct store_tx *tx, void *work, struct error *err)
{
    struct controlling *c = work;
    struct recording_row row;
    if (store_get_recording_by_id(store_tx_reader(tx), c->row.id, c->attempt->arena, &row, err) < 0)
        return -1;
    bool runs = recording_status_rank(row.status) < recording_status_rank("stopped");
    if (c->said->result == TALK_DONE && runs) {
        row.status = c->control->status;
        row.updated_at_ms = attempt_now_ms(c->attempt);
        if (store_put_recording(tx, &row, err) < 0)
            return -1;
    }
    return append_entry(tx, c, EXCHANGE_CONTROL_RECORDING, row.sid, err);
}

int control_recording(struct attempt *attempt, struct error *err)
{
    struct controlling c = {.attempt = attempt, .control = recording_control_of(attempt->job.kind)};
    struct rest_request request;
    struct talk said;
    const struct rest_recording_update update = {
        .status = c.control->status,
        .pause_behavior = wish_of(attempt->job.subject, 1, attempt->arena),
    };
    c.said = &said;
    if (store_run_read(attempt->with->store, read_recording, &c, err) < 0)
        return -1;
    const char *leg = c.row.call_sid != NULL ? c.row.call_sid : c.call.root_sid;
    if (rest_update_recording(attempt->with->account, leg, c.row.sid, &update, attempt->arena,
                              &request, err) < 0 ||
        talk(attempt, &request, &said, err) < 0)
        return -1;
    if (said.result != TALK_DONE && said.result != TALK_REFUSED)
        return talk_must_be_done(&said, err);
    return finish(&c, settle_control, err);
}
