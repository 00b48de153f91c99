/*
 * Twilio's callbacks come in any order, twice, or never. Whatever comes how often and when, a call ends in the same
 * state; what never came is asked for.
 */
#include "core/text.h"
#include "support/house.h"

#define CALLEE "+14155550100"

enum { ROUNDS = 60, FACTS_MAX = 16 };

enum whose { ROOT, CHILD };

/* One callback; `at` is seconds into the call, which began at BEGAN_MS. */
struct fact {
    const char *route;
    enum whose whose;
    const char *status;
    const char *sequence;
    int at;
    const char *more[8]; /* name, value, ... */
};

static const int64_t BEGAN_MS = 1700000000000;

/* A browser calls, the callee answers, talks for 40 s; the call is recorded. */
static const struct fact answered[] = {
    {"/webhooks/call-status",      CHILD, "initiated",   "0",  1,  {0}                               },
    {"/webhooks/call-status",      CHILD, "ringing",     "1",  2,  {0}                               },
    {"/webhooks/call-status",      CHILD, "in-progress", "2",  10, {0}                               },
    {"/webhooks/call-status",
     CHILD,                               "completed",
     "3",                                                      50,
     {"CallDuration", "40", "SipResponseCode", "200"}                                                },
    {"/webhooks/call-status",      ROOT,  "completed",   "0",  50, {"CallDuration", "50"}            },
    {"/twiml/dial-action",
     ROOT,                                "completed",
     NULL,                                                     0,
     {"DialCallStatus", "completed", "DialCallDuration", "40", "DialBridged", "true"}                },
    {"/webhooks/recording-status", ROOT,  NULL,          NULL, 10, {"RecordingStatus", "in-progress"}},
    {"/webhooks/recording-status",
     ROOT,                                NULL,
     NULL,                                                     52,
     {"RecordingStatus", "completed", "RecordingDuration", "40"}                                     },
};

/* The callee does not answer, and the caller hangs up: three sources, three words. */
static const struct fact unanswered[] = {
    {"/webhooks/call-status", CHILD, "initiated", "0",  1,  {0}                           },
    {"/webhooks/call-status", CHILD, "ringing",   "1",  2,  {0}                           },
    {"/webhooks/call-status",
     CHILD,                          "canceled",
     "2",                                               20,
     {"CallDuration", "0", "SipResponseCode", "487"}                                      },
    {"/webhooks/call-status", ROOT,  "no-answer", "0",  20, {"CallDuration", "0"}         },
    {"/twiml/dial-action",    ROOT,  "no-answer", NULL, 0,  {"DialCallStatus", "canceled"}},
};

struct story {
    const char *name;
    const struct fact *facts;
    size_t count;
    /* what the REST API says afterwards */
    const char *root_status;
    const char *child_status;
    int answered_at; /* of the child; 0: never */
    int ended_at;
    int child_duration;
    int root_duration;
    size_t
        never_lost; /* so many of the first facts: a leg that nobody ever spoke of is not missed if the call's own
                          end says all there is to say */
};

static const struct story stories[] = {
    {"answered",   answered,   ARRAY_LEN(answered),   "completed", "completed", 10, 50, 40, 50, 0},
    {"unanswered", unanswered, ARRAY_LEN(unanswered), "no-answer", "canceled",  0,  20, 0,  0,  1},
};

struct telling {
    struct house *house;
    char root[35];
    char child[35];
    char recording[35];
    const char *id;
};

static void begin(struct house *house, struct telling *telling)
{
    *telling = (struct telling){.house = house};
    fake_new_sid(telling->root, "CA");
    fake_new_sid(telling->child, "CA");
    fake_new_sid(telling->recording, "RE");
    struct fields form = house_form(house, "CallSid", telling->root, "From", "client:alice", "To",
                                    CALLEE, "Direction", "inbound", "CallStatus", "ringing", NULL);
    assert_int_equal(house_post(house, "/twiml", &form, NULL).status, 200);
    telling->id = house_call(house, telling->root).id;
}

static void tell(const struct telling *telling, const struct fact *fact)
{
    struct house *house = telling->house;
    bool child = fact->whose == CHILD;
    char timestamp[TIME_TEXT_BYTES];
    time_to_rfc2822(BEGAN_MS + fact->at * 1000, timestamp);
    struct fields form = house_form(
        house, "CallSid", child ? telling->child : telling->root, "ParentCallSid",
        child ? telling->root : NULL, "From", child ? HOUSE_NUMBER : "client:alice", "To", CALLEE,
        "Direction", child ? "outbound-dial" : "inbound", "CallStatus", fact->status,
        "SequenceNumber", fact->sequence, "Timestamp", fact->at > 0 ? timestamp : NULL, NULL);
    for (size_t i = 0; fact->more[i] != NULL; i += 2)
        fields_add(&form, house->arena, fact->more[i], fact->more[i + 1]);
    if (text_starts_with(fact->route, "/twiml"))
        fields_add(&form, house->arena, "DialCallSid", telling->child);
    if (strstr(fact->route, "recording") != NULL)
        fields_add(&form, house->arena, "RecordingSid", telling->recording);
    const char *target = arena_printf(house->arena, "%s?call=%s", fact->route, telling->id);
    int status = house_post(house, target, &form, NULL).status;
    assert_true(status == 200 || status == 204);
}

/* ---- what a call has come to --------------------------------------------------------------------------------- */

static const char *leg_text(struct house *house, const struct leg_state *leg, bool all)
{
    const char *text = arena_printf(house->arena, "%s duration=%lld", call_status_text(leg->status),
                                    (long long)leg->duration_s);
    if (!all)
        return text;
    return arena_printf(house->arena, "%s ended=%lld answered=%lld sip=%d", text,
                        (long long)leg->ended_at_ms, (long long)leg_answered_at_ms(leg),
                        leg->sip_code);
}

/* What only one callback tells (times to the second, SIP codes, recordings) counts only if none was lost. */
static const char *describe(const struct telling *telling, bool all)
{
    struct house *house = telling->house;
    struct call_row call = house_call(house, telling->root);
    struct leg_rows legs = house_legs(house, telling->root);
    struct recording_rows recordings = house_recordings(house, telling->root);
    const char *recording = "none";
    assert_int_equal(legs.count, 1);
    if (recordings.count > 0)
        recording = arena_printf(house->arena, "%s %lld", recordings.items[0].status,
                                 (long long)recordings.items[0].duration_s);
    return arena_printf(house->arena, "%s/%s root: %s; child: %s -> %s; due %d; recording: %s",
                        call_placement_text(call.placement), call_outcome_text(call.outcome),
                        leg_text(house, &call.root, all),
                        leg_text(house, &legs.items[0].state, all), legs.items[0].to,
                        call.due_at_ms != 0, all ? recording : "-");
}

static const char *in_order(struct house *house, const struct story *story, bool all)
{
    struct telling telling;
    begin(house, &telling);
    for (size_t i = 0; i < story->count; i++)
        tell(&telling, &story->facts[i]);
    return describe(&telling, all);
}

/* The same orders each time, so that a failure can be looked at again (xorshift64). */
static size_t below(size_t count)
{
    static uint64_t seed = 20261120;
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed % count);
}

static size_t shuffled(const struct story *story, const struct fact **out, bool with_losses)
{
    enum { REPEATS = 4, LOSE_ONE_IN = 3 };
    size_t count = 0;
    for (size_t i = 0; i < story->count; i++) {
        if (!with_losses || i < story->never_lost || below(LOSE_ONE_IN) != 0)
            out[count++] = &story->facts[i];
    }
    for (size_t i = 0; count > 0 && i < REPEATS; i++, count++)
        out[count] = out[below(count)];
    for (size_t i = count; i > 1; i--) {
        size_t j = below(i);
        const struct fact *swapped = out[i - 1];
        out[i - 1] = out[j];
        out[j] = swapped;
    }
    return count;
}

static void any_order_and_repeats(void **state)
{
    struct house *house = *state;
    for (size_t s = 0; s < ARRAY_LEN(stories); s++) {
        const char *expected = in_order(house, &stories[s], true);
        for (int round = 0; round < ROUNDS; round++) {
            const struct fact *facts[FACTS_MAX];
            struct telling telling;
            begin(house, &telling);
            size_t count = shuffled(&stories[s], facts, false);
            for (size_t i = 0; i < count; i++)
                tell(&telling, facts[i]);
            assert_string_equal(describe(&telling, true), expected);
            /* a repeat leaves nothing behind: one entry for each fact and one for the first question */
            size_t entries = house_timeline(house, telling.root).count;
            assert_true(entries <= stories[s].count + 1 + count - stories[s].count);
        }
    }
}

/* ---- losses -------------------------------------------------------------------------------------------------- */

static void twilio_knows(const struct telling *telling, const struct story *story, enum whose whose)
{
    bool child = whose == CHILD;
    struct fake_call call = {
        .created_ms = BEGAN_MS,
        .started_ms = child && story->answered_at != 0 ? BEGAN_MS + story->answered_at * 1000 : 0,
        .ended_ms = BEGAN_MS + story->ended_at * 1000,
        .duration_s = child ? story->child_duration : story->root_duration,
    };
    (void)snprintf(call.sid, sizeof(call.sid), "%s", child ? telling->child : telling->root);
    (void)snprintf(call.parent_sid, sizeof(call.parent_sid), "%s", child ? telling->root : "");
    (void)snprintf(call.status, sizeof(call.status), "%s",
                   child ? story->child_status : story->root_status);
    (void)snprintf(call.from, sizeof(call.from), "%s", child ? HOUSE_NUMBER : "client:alice");
    (void)snprintf(call.to, sizeof(call.to), "%s", CALLEE);
    fake_put_call(telling->house->twilio, &call);
}

static int make_due(struct store_tx *tx, void *work, struct error *err)
{
    struct call_row *call = work;
    call->due_at_ms = 1;
    return store_update_call(tx, call, err);
}

/* As if the time of silence had gone by. */
static void wait_long(const struct telling *telling)
{
    struct house *house = telling->house;
    size_t asked = fake_count(house->twilio, FAKE_LIST);
    struct call_row call = house_call(house, telling->root);
    if (call.due_at_ms == 0)
        return; /* it is over, as far as anybody can tell */
    house_apply(house, make_due, &call);
    fake_await(house->twilio, FAKE_LIST, asked + 1);
    house_settle(house);
}

static void any_losses(void **state)
{
    struct house *house = *state;
    for (size_t s = 0; s < ARRAY_LEN(stories); s++) {
        const struct story *story = &stories[s];
        const char *expected = in_order(house, story, false);
        for (int round = 0; round < ROUNDS; round++) {
            const struct fact *facts[FACTS_MAX];
            struct telling telling;
            begin(house, &telling);
            twilio_knows(&telling, story, ROOT);
            twilio_knows(&telling, story, CHILD);
            size_t count = shuffled(story, facts, true);
            for (size_t i = 0; i < count; i++)
                tell(&telling, facts[i]);
            wait_long(&telling);
            assert_string_equal(describe(&telling, false), expected);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, house_set_up, house_tear_down)
        TEST(any_order_and_repeats),
        TEST(any_losses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
