/*
 * Whatever of a call's callbacks comes late, twice, in another order or never, and whenever Twilio is asked in between: once
 * it has been asked after everything, there is the one true state, and what comes after that, be it an answer of long ago,
 * changes nothing. Recordings, voicemail and transcripts are part of it.
 *
 * A round is a number of calls that begin at the same moment and are told of side by side, each callback at a time of its
 * own. TRUTH_SEED=N plays the rounds of another seed.
 */
#include <limits.h>
#include <stdlib.h>

#include "core/text.h"
#include "jobs/runner.h"
#include "store/store.h"
#include "support/house.h"

#define OTHER "+14155550100"

enum {
    ROUNDS = 3,
    CALLS = 12,
    FACTS_MAX = 12,
    EVENTS_MAX = 400,
    ASKS = 4,          /* at random moments of a round */
    LATE_MAX_S = 60,   /* a callback */
    LAG_MAX_S = 5,     /* an answer of Twilio's */
    ALL_TOLD_S = 1000, /* by then everything is known at Twilio, and it is asked about everything */
    AFTER_ALL = 2, /* one callback in so many comes later than that; and an answer of long ago */
    LOSE_ONE_IN = 3,
    REPEAT_ONE_IN = 3,
    UNHEARD_ONE_IN = 6, /* nobody told us of the whole call */
    NEVER_MS = 12 * 60 * 60 * 1000
};

enum whose { ROOT, CHILD };
enum manner { MAY_FAIL, LATE_AT_MOST, AT_ONCE }; /* how a callback may come */

/* One callback, that many seconds into the call. */
struct fact {
    const char *route;
    enum whose whose;
    int at;
    enum manner manner;
    const char *fields[12]; /* name, value, ... */
};

#define STATUS "/webhooks/call-status"
#define RECORDING "/webhooks/recording-status"
#define TRANSCRIPTION "/webhooks/transcription"

/* A browser calls, the callee talks for 40 s; it is recorded and transcribed.
 * What was said cannot be asked for later. */
static const struct fact answered[] = {
    {STATUS,               CHILD, 1,  MAY_FAIL,     {"CallStatus", "initiated", "SequenceNumber", "0"}                      },
    {STATUS,               CHILD, 2,  MAY_FAIL,     {"CallStatus", "ringing", "SequenceNumber", "1"}                        },
    {STATUS,               CHILD, 10, MAY_FAIL,     {"CallStatus", "in-progress", "SequenceNumber", "2"}                    },
    {STATUS,
     CHILD,                       50,
     MAY_FAIL,                                      {"CallStatus", "completed", "SequenceNumber", "3", "CallDuration", "40"}},
    {STATUS,
     ROOT,                        50,
     MAY_FAIL,                                      {"CallStatus", "completed", "SequenceNumber", "0", "CallDuration", "50"}},
    {"/twiml/dial-action",
     ROOT,                        50,
     MAY_FAIL,                                      {"CallStatus", "completed", "DialCallStatus", "completed", "DialCallDuration", "40",
      "DialBridged", "true"}                                                                                  },
    {RECORDING,
     ROOT,                        10,
     MAY_FAIL,                                      {"RecordingStatus", "in-progress", "RecordingSource", "DialVerb"}       },
    {RECORDING,
     ROOT,                        52,
     MAY_FAIL,                                      {"RecordingStatus", "completed", "RecordingDuration", "40", "RecordingChannels", "2",
      "RecordingSource", "DialVerb"}                                                                          },
    {TRANSCRIPTION,
     ROOT,                        12,
     MAY_FAIL,                                      {"TranscriptionEvent", "transcription-content", "Track", "inbound_track", "SequenceId", "2",
      "Final", "false", "TranscriptionData", "{\"transcript\":\"go\"}"}                                       },
    {TRANSCRIPTION,
     ROOT,                        13,
     LATE_AT_MOST,                                  {"TranscriptionEvent", "transcription-content", "Track", "inbound_track", "SequenceId", "2",
      "Final", "true", "TranscriptionData", "{\"transcript\":\"good day\"}"}                              },
    {TRANSCRIPTION,
     ROOT,                        14,
     LATE_AT_MOST,                                  {"TranscriptionEvent", "transcription-content", "Track", "outbound_track", "SequenceId", "3",
      "Final", "true", "TranscriptionData", "{\"transcript\":\"hello\"}"}                                 },
    {TRANSCRIPTION,        ROOT,  50, LATE_AT_MOST, {"TranscriptionEvent", "transcription-stopped"}                         },
};

/* Somebody calls, nobody answers, a message of 9 s is left. That a message may
 * be left is said in an answer of ours. */
static const struct fact left_message[] = {
    {STATUS,               CHILD, 1,  MAY_FAIL, {"CallStatus", "initiated", "SequenceNumber", "0"}                       },
    {STATUS,               CHILD, 2,  MAY_FAIL, {"CallStatus", "ringing", "SequenceNumber", "1"}                         },
    {STATUS,
     CHILD,                       20,
     MAY_FAIL,                                  {"CallStatus", "no-answer", "SequenceNumber", "2", "CallDuration", "0"}  },
    {"/twiml/dial-action",
     ROOT,                        20,
     AT_ONCE,                                   {"CallStatus", "in-progress", "DialCallStatus", "no-answer"}             },
    {"/twiml/voicemail",
     ROOT,                        35,
     MAY_FAIL,                                  {"CallStatus", "completed", "RecordingDuration", "9", "Digits", "hangup"}},
    {RECORDING,
     ROOT,                        36,
     MAY_FAIL,                                  {"RecordingStatus", "completed", "RecordingDuration", "9", "RecordingChannels", "1",
      "RecordingSource", "RecordVerb"}                                                                     },
    {TRANSCRIPTION,
     ROOT,                        45,
     LATE_AT_MOST,                              {"TranscriptionStatus", "completed", "TranscriptionText", "call me back"}},
    {STATUS,
     ROOT,                        35,
     MAY_FAIL,                                  {"CallStatus", "completed", "SequenceNumber", "0", "CallDuration", "35"} },
};

/* The callee is engaged. */
static const struct fact busy[] = {
    {STATUS,               CHILD, 1, MAY_FAIL, {"CallStatus", "initiated", "SequenceNumber", "0"}                     },
    {STATUS,
     CHILD,                       4,
     MAY_FAIL,                                 {"CallStatus", "busy", "SequenceNumber", "1", "CallDuration", "0"}     },
    {"/twiml/dial-action",
     ROOT,                        4,
     MAY_FAIL,                                 {"CallStatus", "in-progress", "DialCallStatus", "busy"}                },
    {STATUS,
     ROOT,                        6,
     MAY_FAIL,                                 {"CallStatus", "completed", "SequenceNumber", "0", "CallDuration", "6"}},
};

/* How a leg is at Twilio: the last step that is not later. */
struct step {
    int at;
    const char *status;
};

struct story {
    const char *name;
    const char *direction;
    const char *from;
    const char *to;
    const char *leg_from;
    const char *leg_to;
    const struct fact *facts;
    size_t fact_count;
    struct step root[4];
    struct step child[5];
    int root_answered, root_ended, root_duration;
    int child_answered, child_ended, child_duration;
    int recording_began, recording_ended, recording_duration, recording_channels; /* 0: none */
    const char *recording_source;
    const char *truth;
    bool may_be_unheard;
    const char *truth_unheard; /* without what only a callback tells */
};

static const struct story stories[] = {
    {"answered",
     "inbound", "client:alice",
     OTHER,        HOUSE_NUMBER,
     OTHER,        answered,
     ARRAY_LEN(answered),
     {{0, "in-progress"}, {50, "completed"}},
     {{1, "queued"}, {2, "ringing"}, {10, "in-progress"}, {50, "completed"}},
     0, 50,
     50, 10,
     50, 40,
     10, 52,
     40, 2,
     "DialVerb",   "alice placed/answered root: completed 50 s; child: completed 40 s "
     "-> " OTHER "; price -0.0140; recording: completed 40 s, 2 channels; "
     "said: good day, hello; 0 voicemails",                     true,
     "alice placed/answered root: completed 50 s; child: completed 40 s "
     "-> " OTHER "; price -0.0140; recording: completed 40 s, 2 channels; "
     "said: nothing; 0 voicemails"                                  },
    {"voicemail",
     "inbound", OTHER,
     HOUSE_NUMBER, OTHER,
     "client:bob", left_message,
     ARRAY_LEN(left_message),
     {{0, "in-progress"}, {35, "completed"}},
     {{1, "queued"}, {2, "ringing"}, {20, "no-answer"}},
     0, 35,
     35, 0,
     20, 0,
     21, 36,
     9,  1,
     "RecordVerb", "bob placed/voicemail root: completed 35 s; child: no-answer 0 s -> "
     "client:bob"
     "; price -0.0140; recording: completed 9 s, 1 channels; said: call me "
     "back; 1 voicemails",                                    false,
     NULL                                                           },
    {"busy",
     "inbound", "client:alice",
     OTHER,        HOUSE_NUMBER,
     OTHER,        busy,
     ARRAY_LEN(busy),
     {{0, "in-progress"}, {6, "completed"}},
     {{1, "queued"}, {4, "busy"}},
     0, 6,
     6,  0,
     4,  0,
     0,  0,
     0,  0,
     NULL,         "alice placed/busy root: completed 6 s; child: busy 0 s -> " OTHER
     "; price -0.0140; recording: none; said: nothing; 0 voicemails", true,
     "alice placed/busy root: completed 6 s; child: busy 0 s -> " OTHER
     "; price -0.0140; recording: none; said: nothing; 0 voicemails"},
};

struct telling {
    const struct story *story;
    char root[35];
    char child[35];
    char recording[35];
    char transcription[35];
    const char *id;
    bool unheard;
};

struct moment {
    int at;
    struct telling *telling;
    const struct fact *fact;
};

struct round {
    struct house *house;
    int64_t began_ms;
    struct telling tellings[CALLS];
    struct moment events[EVENTS_MAX];
    size_t event_count;
};

/* ---- chance: xorshift64
 * --------------------------------------------------------------------------------------
 */

static uint64_t chance;

static int below(int count)
{
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return (int)(chance % (uint64_t)count);
}

static uint64_t seed_of_this_run(void)
{
    const char *text = getenv("TRUTH_SEED");
    uint64_t seed = text == NULL ? 1 : strtoull(text, NULL, 10);
    return seed == 0 ? 1 : seed;
}

/* ---- as Twilio
 * -----------------------------------------------------------------------------------------------
 */

static void begin(struct round *round, struct telling *telling, const struct story *story)
{
    struct house *house = round->house;
    *telling = (struct telling){.story = story};
    fake_new_sid(telling->root, "CA");
    fake_new_sid(telling->child, "CA");
    fake_new_sid(telling->recording, "RE");
    fake_new_sid(telling->transcription, strcmp(story->name, "voicemail") == 0 ? "TR" : "GT");
    telling->unheard = story->may_be_unheard && below(UNHEARD_ONE_IN) == 0;
    if (telling->unheard)
        return;
    struct fields form =
        house_form(house, "CallSid", telling->root, "From", story->from, "To", story->to,
                   "Direction", "inbound", "CallStatus", "ringing", NULL);
    assert_int_equal(house_post(house, "/twiml", &form, NULL).status, 200);
    telling->id = house_call(house, telling->root).id;
}

static void tell(const struct round *round, const struct telling *telling, const struct fact *fact)
{
    struct house *house = round->house;
    const struct story *story = telling->story;
    bool child = fact->whose == CHILD;
    bool spoken = strcmp(fact->route, TRANSCRIPTION) == 0;
    char timestamp[TIME_TEXT_BYTES];
    time_to_rfc2822(round->began_ms + fact->at * 1000, timestamp);
    struct fields form = house_form(
        house, "CallSid", child ? telling->child : telling->root, "ParentCallSid",
        child ? telling->root : NULL, "From", child ? story->leg_from : story->from, "To",
        child ? story->leg_to : story->to, "Direction", child ? "outbound-dial" : "inbound",
        "Timestamp", spoken ? NULL : timestamp, NULL);
    for (size_t i = 0; fact->fields[i] != NULL; i += 2)
        fields_add(&form, house->arena, fact->fields[i], fact->fields[i + 1]);
    if (fields_get(&form, "DialCallStatus") != NULL)
        fields_add(&form, house->arena, "DialCallSid", telling->child);
    if (spoken)
        fields_add(&form, house->arena, "TranscriptionSid", telling->transcription);
    if (fields_get(&form, "RecordingDuration") != NULL ||
        fields_get(&form, "RecordingStatus") != NULL || telling->transcription[0] == 'T')
        fields_add(&form, house->arena, "RecordingSid", telling->recording);
    const char *target = arena_printf(house->arena, "%s?call=%s", fact->route, telling->id);
    int status = house_post(house, target, &form, NULL).status;
    assert_true(status == 200 || status == 204);
}

static const char *status_at(const struct step *steps, size_t count, int at)
{
    const char *status = NULL;
    for (size_t i = 0; i < count && steps[i].status != NULL && steps[i].at <= at; i++)
        status = steps[i].status;
    return status;
}

static void put_leg(const struct round *round, const struct telling *telling, bool child, int at)
{
    const struct story *story = telling->story;
    const char *status = child ? status_at(story->child, ARRAY_LEN(story->child), at)
                               : status_at(story->root, ARRAY_LEN(story->root), at);
    int answered_at = child ? story->child_answered : story->root_answered;
    int ended_at = child ? story->child_ended : story->root_ended;
    if (status == NULL)
        return; /* there is no such leg yet */
    struct fake_call call = {
        .created_ms = round->began_ms,
        .started_ms =
            answered_at != 0 && at >= answered_at ? round->began_ms + answered_at * 1000 : 0,
        .ended_ms = at >= ended_at ? round->began_ms + ended_at * 1000 : 0,
        .duration_s = at < ended_at ? -1
                      : child       ? story->child_duration
                                    : story->root_duration,
    };
    (void)snprintf(call.sid, sizeof(call.sid), "%s", child ? telling->child : telling->root);
    (void)snprintf(call.parent_sid, sizeof(call.parent_sid), "%s", child ? telling->root : "");
    (void)snprintf(call.status, sizeof(call.status), "%s", status);
    (void)snprintf(call.direction, sizeof(call.direction), "%s",
                   child ? "outbound-dial" : story->direction);
    (void)snprintf(call.from, sizeof(call.from), "%s", child ? story->leg_from : story->from);
    (void)snprintf(call.to, sizeof(call.to), "%s", child ? story->leg_to : story->to);
    (void)snprintf(call.price, sizeof(call.price), "%s",
                   !child && at >= ended_at + LATE_MAX_S ? "-0.0140" : "");
    fake_put_call(round->house->twilio, &call);
}

static void put_recording(const struct round *round, const struct telling *telling, int at)
{
    const struct story *story = telling->story;
    bool over = at >= story->recording_ended;
    if (story->recording_source == NULL || at < story->recording_began)
        return;
    struct fake_recording recording = {
        .created_ms = round->began_ms + story->recording_began * 1000,
        .duration_s = over ? story->recording_duration : -1,
        .channels = story->recording_channels,
    };
    (void)snprintf(recording.sid, sizeof(recording.sid), "%s", telling->recording);
    (void)snprintf(recording.call_sid, sizeof(recording.call_sid), "%s", telling->root);
    (void)snprintf(recording.status, sizeof(recording.status), "%s",
                   over ? "completed" : "in-progress");
    (void)snprintf(recording.source, sizeof(recording.source), "%s", story->recording_source);
    fake_put_recording(round->house->twilio, &recording);
}

/* What Twilio answers from now on: how everything was at that moment. */
static void twilio_is_at(const struct round *round, int at)
{
    for (size_t i = 0; i < CALLS; i++) {
        put_leg(round, &round->tellings[i], false, at);
        put_leg(round, &round->tellings[i], true, at);
        put_recording(round, &round->tellings[i], at);
    }
}

/* ---- asking
 * --------------------------------------------------------------------------------------------------
 */

static int read_next_at(struct store_rx *rx, void *work, struct error *err)
{
    int64_t *out = work;
    return store_next_job_at(rx, JOB_LANE_TRUTH, out, err);
}

/* Jobs that settle wait for a day, unless they are called. */
static bool all_is_quiet(struct house *house, void *context)
{
    (void)context;
    int64_t next_at_ms = 0;
    struct error err = {0};
    assert_int_equal(store_run_read(house->app->store, read_next_at, &next_at_ms, &err), 0);
    return next_at_ms == 0 || next_at_ms > app_now_ms(house->app) + NEVER_MS;
}

static void sweep(struct house *house)
{
    runner_reconcile(house->app->runner);
    house_until(house, all_is_quiet, NULL);
}

static int call_them(struct store_tx *tx, void *work, struct error *err)
{
    const struct job_filter open = {.limit = 1000};
    struct house *house = work;
    struct job_rows rows;
    if (store_list_jobs(store_tx_reader(tx), &open, house->arena, &rows, err) < 0)
        return -1;
    for (size_t i = 0; i < rows.count; i++) {
        if (rows.items[i].kind == JOB_SETTLE_CALL &&
            store_return_job(tx, rows.items[i].number, 1, "", err) < 0)
            return -1;
    }
    return 0;
}

/* As if the time after the end had gone by. */
static void settle(struct house *house)
{
    house_apply(house, call_them, house);
    runner_wake(house->app->runner, JOB_LANE_TRUTH);
    house_until(house, all_is_quiet, NULL);
}

static int make_due(struct store_tx *tx, void *work, struct error *err)
{
    struct call_row *call = work;
    call->due_at_ms = 1;
    return store_update_call(tx, call, err);
}

static bool is_asked_about(struct house *house, void *context)
{
    const struct telling *telling = context;
    return house_call(house, telling->root).due_at_ms != 1;
}

/* As if the time of silence had gone by. */
static void ask_after_silence(struct house *house, struct telling *telling)
{
    if (!house_has_call(house, telling->root))
        return;
    struct call_row call = house_call(house, telling->root);
    if (call.due_at_ms == 0)
        return;
    house_apply(house, make_due, &call);
    house_until(house, is_asked_about, telling);
    house_until(house, all_is_quiet, NULL);
}

static void ask_somehow(struct round *round)
{
    switch (below(3)) {
    case 0:
        sweep(round->house);
        break;
    case 1:
        settle(round->house);
        break;
    default:
        ask_after_silence(round->house, &round->tellings[below(CALLS)]);
    }
}

/* ---- what a call has come to
 * ---------------------------------------------------------------------------------
 */

struct look {
    struct house *house;
    int64_t call_number;
    const char *recording_sid;
    struct transcript_line_rows lines;
    int voicemails;
};

static int read_words(struct store_rx *rx, void *work, struct error *err)
{
    struct look *look = work;
    struct arena *arena = look->house->arena;
    struct voicemail_row voicemail;
    const struct transcript_place first = {0};
    if (store_list_transcript(rx, look->call_number, &first, 100, arena, &look->lines, err) < 0)
        return -1;
    if (store_get_voicemail_of_recording(rx, look->recording_sid, arena, &voicemail, err) == 0)
        look->voicemails =
            voicemail.deleted_at_ms == 0 && voicemail.call_number == look->call_number;
    else if (err->kind != ERROR_NOT_FOUND)
        return -1;
    error_clear(err);
    return 0;
}

static const char *words(struct house *house, const struct transcript_line_rows *lines)
{
    const char *all = "nothing";
    for (size_t i = 0; i < lines->count; i++)
        all = i == 0 ? lines->items[i].text
                     : arena_printf(house->arena, "%s, %s", all, lines->items[i].text);
    return all;
}

static const char *recording_text(struct house *house, const char *root)
{
    struct recording_rows rows = house_recordings(house, root);
    if (rows.count == 0)
        return "none";
    if (rows.count > 1)
        return "too many";
    return arena_printf(house->arena, "%s %lld s, %d channels", rows.items[0].status,
                        (long long)rows.items[0].duration_s, rows.items[0].channels);
}

static const char *leg_text(struct house *house, const struct leg_state *leg)
{
    return arena_printf(house->arena, "%s %lld s", call_status_text(leg->status),
                        (long long)leg->duration_s);
}

static const char *describe(struct house *house, const struct telling *telling)
{
    if (!house_has_call(house, telling->root))
        return "no such call";
    struct call_row call = house_call(house, telling->root);
    struct leg_rows legs = house_legs(house, telling->root);
    struct look look = {house, call.number, telling->recording, {0}, 0};
    struct error err = {0};
    assert_int_equal(store_run_read(house->app->store, read_words, &look, &err), 0);
    if (legs.count != 1 || call.due_at_ms != 0)
        return arena_printf(house->arena, "%zu legs, due %d", legs.count, call.due_at_ms != 0);
    return arena_printf(house->arena,
                        "%s %s/%s root: %s; child: %s -> %s; price %s; "
                        "recording: %s; said: %s; %d voicemails",
                        call.identity, call_placement_text(call.placement),
                        call_outcome_text(call.outcome), leg_text(house, &call.root),
                        leg_text(house, &legs.items[0].state), legs.items[0].to, call.price,
                        recording_text(house, telling->root), words(house, &look.lines),
                        look.voicemails);
}

/* ---- a round
 * -------------------------------------------------------------------------------------------------
 */

static void add(struct round *round, int at, struct telling *telling, const struct fact *fact)
{
    assert_true(round->event_count < EVENTS_MAX);
    size_t i = round->event_count++;
    for (; i > 0 && round->events[i - 1].at > at; i--)
        round->events[i] = round->events[i - 1];
    round->events[i] = (struct moment){at, telling, fact};
}

static int much_later(const struct fact *fact)
{
    return (below(AFTER_ALL) == 0 ? ALL_TOLD_S : fact->at) + below(LATE_MAX_S);
}

/* Many come at once, some much later, so that they overtake each other and what Twilio answers. */
static int late(const struct fact *fact)
{
    return fact->manner == AT_ONCE || below(2) == 0 ? fact->at : much_later(fact);
}

static void plan(struct round *round, struct telling *telling)
{
    const struct story *story = telling->story;
    for (size_t i = 0; !telling->unheard && i < story->fact_count; i++) {
        const struct fact *fact = &story->facts[i];
        if (fact->manner == MAY_FAIL && below(LOSE_ONE_IN) == 0)
            continue;
        add(round, late(fact), telling, fact);
        if (below(REPEAT_ONE_IN) == 0)
            add(round, much_later(fact), telling, fact);
    }
}

static void plan_all(struct round *round)
{
    for (size_t i = 0; i < CALLS; i++) {
        begin(round, &round->tellings[i], &stories[(size_t)below(ARRAY_LEN(stories))]);
        plan(round, &round->tellings[i]);
    }
    for (int i = 0; i < ASKS; i++)
        add(round, below(2 * LATE_MAX_S), NULL, NULL);
}

/* What happens from the `from`th moment on and before `until` seconds; where that ended. */
static size_t play(struct round *round, size_t from, int until)
{
    size_t i = from;
    for (; i < round->event_count && round->events[i].at < until; i++) {
        const struct moment *event = &round->events[i];
        if (event->fact != NULL) {
            tell(round, event->telling, event->fact);
            continue;
        }
        twilio_is_at(round, event->at > LAG_MAX_S ? event->at - below(LAG_MAX_S + 1) : event->at);
        ask_somehow(round);
    }
    return i;
}

/* Twilio knows all there is to know, and is asked as it always is in the end.
 */
static void come_to_an_end(struct round *round)
{
    twilio_is_at(round, ALL_TOLD_S);
    sweep(round->house);
    for (size_t i = 0; i < CALLS; i++)
        ask_after_silence(round->house, &round->tellings[i]);
    settle(round->house);
}

/* Whoever comes now, with whatever is old, changes nothing. */
static void come_too_late(struct round *round, size_t from)
{
    twilio_is_at(round, 1 + below(LATE_MAX_S));
    sweep(round->house);
    (void)play(round, from, INT_MAX);
    sweep(round->house);
}

static void there_is_one_truth(void **state)
{
    static const char *const settings[] = {
        "SWITCHHOOK_VOICEMAIL=true", "SWITCHHOOK_INBOUND_IDENTITIES=" HOUSE_NUMBER "=bob",
        "SWITCHHOOK_SETTLE_AFTER_MS=86400000", "SWITCHHOOK_SETTLE_ATTEMPTS=1", NULL};
    (void)state;
    uint64_t seed = seed_of_this_run();
    static struct house house;
    house_open(&house, settings);
    chance = seed;
    for (int i = 0; i < ROUNDS; i++) {
        static struct round round;
        round = (struct round){.house = &house,
                               .began_ms = (app_now_ms(house.app) / 1000 - 600) * 1000};
        fake_forget(house.twilio);
        plan_all(&round);
        size_t told = play(&round, 0, ALL_TOLD_S);
        come_to_an_end(&round);
        come_too_late(&round, told);
        for (size_t j = 0; j < CALLS; j++) {
            const struct telling *telling = &round.tellings[j];
            const char *truth =
                telling->unheard ? telling->story->truth_unheard : telling->story->truth;
            const char *end = describe(&house, telling);
            if (strcmp(end, truth) != 0)
                fail_msg("TRUTH_SEED=%llu round %d call %zu (%s%s):\n  is     %s\n  "
                         "should %s",
                         (unsigned long long)seed, i, j, telling->story->name,
                         telling->unheard ? ", unheard" : "", end, truth);
        }
    }
    house_close(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_is_one_truth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
