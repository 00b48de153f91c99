/* Why it stopped ringing, as tables: a call with its legs, and what a person is told. */
#include "support/cmocka_all.h"

#include <string.h>

#include "core/macros.h"
#include "voice/news.h"
#include "voice/ring.h"

/* A leg that came to this status at these seconds. */
struct leg {
    const char *to;
    enum call_status status;
    int answered_s;
    int ended_s;
    int sip_code;
};

enum { LEGS_MAX = 3 };

struct row {
    const char *what;
    enum call_direction direction;
    enum call_flow flow;
    struct leg root;
    struct leg legs[LEGS_MAX];
    int hangup_s;
    const char *of_call;
    const char *of_legs[LEGS_MAX];
    int answerer; /* leg, -1: nobody, -2: the root leg */
};

#define RINGING(who)                                                                               \
    {                                                                                              \
        .to = (who), .status = CALL_STATUS_RINGING                                                 \
    }
#define TALKING(who, at)                                                                           \
    {                                                                                              \
        .to = (who), .status = CALL_STATUS_IN_PROGRESS, .answered_s = (at)                         \
    }
#define TALKED(who, at, until)                                                                     \
    {                                                                                              \
        .to = (who), .status = CALL_STATUS_COMPLETED, .answered_s = (at), .ended_s = (until)       \
    }
#define OVER(who, how, at)                                                                         \
    {                                                                                              \
        .to = (who), .status = CALL_STATUS_##how, .ended_s = (at)                                  \
    }
#define IN CALL_DIRECTION_INBOUND
#define OUT CALL_DIRECTION_OUTBOUND_BROWSER
#define API CALL_DIRECTION_OUTBOUND_API
#define US "+15005550006"
#define A "client:alice"
#define B "client:bob"
#define N "+14155550101"

/* clang-format off */
static const struct row rows[] = {
    {"nobody is rung yet", IN, 0, RINGING(US), {{0}}, 0, "", {NULL}, -1},
    {"it rings", IN, 0, RINGING(US), {RINGING(A)}, 0, "", {""}, -1},
    {"she answered", IN, 0, TALKING(US, 5), {TALKING(A, 5)}, 0, "answered", {"answered"}, 0},
    {"she answered, and it is over", IN, 0, TALKED(US, 5, 9), {TALKED(A, 5, 9)}, 0, "answered", {"answered"}, 0},
    {"bob was quicker", IN, 0, TALKING(US, 5), {OVER(A, CANCELED, 5), TALKING(B, 5)}, 0, "answered", {"answered-elsewhere", "answered"}, 1},
    {"bob was quicker, and it is over", IN, 0, TALKED(US, 5, 9), {OVER(A, NO_ANSWER, 5), TALKED(B, 5, 9)}, 0, "answered", {"answered-elsewhere", "answered"}, 1},
    {"she had not answered long before bob was rung", IN, 0, TALKED(US, 40, 50), {OVER(A, NO_ANSWER, 20), TALKED(B, 40, 50)}, 0, "answered", {"timeout", "answered"}, 1},
    {"she declined, bob answered", IN, 0, TALKED(US, 5, 9), {OVER(A, BUSY, 3), TALKED(B, 5, 9)}, 0, "answered", {"rejected", "answered"}, 1},
    {"the caller gave up", IN, 0, OVER(US, CANCELED, 7), {OVER(A, CANCELED, 7)}, 0, "caller-gave-up", {"caller-gave-up"}, -1},
    {"the caller gave up, told as completed", IN, 0, OVER(US, COMPLETED, 7), {OVER(A, CANCELED, 7), OVER(B, CANCELED, 7)}, 0, "caller-gave-up", {"caller-gave-up", "caller-gave-up"}, -1},
    {"nobody answered in time", IN, 0, OVER(US, COMPLETED, 30), {OVER(A, NO_ANSWER, 30)}, 0, "timeout", {"timeout"}, -1},
    {"she declined", IN, 0, OVER(US, COMPLETED, 4), {OVER(A, BUSY, 4)}, 0, "rejected", {"rejected"}, -1},
    {"one declined, then time ran out", IN, 0, OVER(US, COMPLETED, 30), {OVER(A, BUSY, 4), OVER(B, NO_ANSWER, 30)}, 0, "timeout", {"rejected", "timeout"}, -1},
    {"one declined, the other rings on", IN, 0, RINGING(US), {OVER(A, BUSY, 4), RINGING(B)}, 0, "", {"rejected", ""}, -1},
    {"we ended it while it rang", IN, 0, OVER(US, COMPLETED, 8), {OVER(A, CANCELED, 8)}, 8, "canceled-by-us", {"canceled-by-us"}, -1},
    {"stamps are cut to seconds", IN, 0, OVER(US, COMPLETED, 8), {OVER(A, CANCELED, 8)}, 9, "canceled-by-us", {"canceled-by-us"}, -1},
    {"the wish came after the caller had gone", IN, 0, OVER(US, COMPLETED, 8), {OVER(A, CANCELED, 8)}, 20, "caller-gave-up", {"caller-gave-up"}, -1},
    {"nobody was dialled", IN, 0, OVER(US, COMPLETED, 3), {{0}}, 0, "", {NULL}, -1},
    {"a telephone was busy", OUT, 0, OVER(N, COMPLETED, 3), {{.to = N, .status = CALL_STATUS_BUSY, .ended_s = 3, .sip_code = 486}}, 0, "busy", {"busy"}, -1},
    {"a telephone declined", OUT, 0, OVER(N, COMPLETED, 3), {{.to = N, .status = CALL_STATUS_BUSY, .ended_s = 3, .sip_code = 603}}, 0, "rejected", {"rejected"}, -1},
    {"a number that does not exist", OUT, 0, OVER(N, COMPLETED, 3), {OVER(N, FAILED, 3)}, 0, "failed", {"failed"}, -1},
    {"the browser hung up while it rang", OUT, 0, OVER(N, COMPLETED, 3), {OVER(N, CANCELED, 3)}, 0, "caller-gave-up", {"caller-gave-up"}, -1},
    {"a leg nobody knows the callee of", OUT, 0, OVER(N, COMPLETED, 3), {OVER(NULL, BUSY, 3)}, 0, "busy", {"busy"}, -1},
    {"placed, rings", API, CALL_FLOW_GREETING, RINGING(N), {{0}}, 0, "", {NULL}, -1},
    {"placed, answered", API, CALL_FLOW_GREETING, TALKING(N, 2), {{0}}, 0, "answered", {NULL}, -2},
    {"placed, busy", API, CALL_FLOW_MENU, OVER(N, BUSY, 2), {{0}}, 0, "busy", {NULL}, -1},
    {"placed, nobody answered", API, CALL_FLOW_GREETING, OVER(N, NO_ANSWER, 30), {{0}}, 0, "timeout", {NULL}, -1},
    {"placed, ended by us", API, CALL_FLOW_GREETING, OVER(N, CANCELED, 3), {{0}}, 3, "canceled-by-us", {NULL}, -1},
    {"placed, ended at Twilio", API, CALL_FLOW_GREETING, OVER(N, CANCELED, 3), {{0}}, 0, "canceled-by-us", {NULL}, -1},
    {"placed, answered, pressed a key, bob declined", API, CALL_FLOW_MENU, TALKED(N, 2, 20), {OVER(B, BUSY, 19)}, 0, "answered", {"rejected"}, -2},
    {"bridge: our browser rings", API, CALL_FLOW_BRIDGE, RINGING(A), {{0}}, 0, "", {NULL}, -1},
    {"bridge: our browser declined", API, CALL_FLOW_BRIDGE, OVER(A, BUSY, 2), {{0}}, 0, "rejected", {NULL}, -1},
    {"bridge: our browser answered, nobody is dialled yet", API, CALL_FLOW_BRIDGE, TALKING(A, 2), {{0}}, 0, "", {NULL}, -1},
    {"bridge: the number rings", API, CALL_FLOW_BRIDGE, TALKING(A, 2), {RINGING(N)}, 0, "", {""}, -1},
    {"bridge: the number answered", API, CALL_FLOW_BRIDGE, TALKING(A, 2), {TALKING(N, 6)}, 0, "answered", {"answered"}, 0},
    {"bridge: the number did not answer", API, CALL_FLOW_BRIDGE, TALKED(A, 2, 40), {OVER(N, NO_ANSWER, 38)}, 0, "timeout", {"timeout"}, -1},
};
/* clang-format on */

static struct ring_leg leg_of(const struct leg *leg)
{
    struct ring_leg out = {.sid = "CA", .to = leg->to, .state = leg_state_new()};
    out.state.status = leg->status;
    out.state.answered_at_ms = leg->answered_s * 1000;
    out.state.ended_at_ms = leg->ended_s * 1000;
    out.state.sip_code = leg->sip_code;
    return out;
}

static void every_ring_ends_for_a_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *row = &rows[i];
        struct ring_leg legs[LEGS_MAX];
        struct ring_facts facts = {
            .direction = row->direction,
            .flow = row->flow,
            .root = leg_of(&row->root),
            .legs = legs,
            .hangup_asked_at_ms = row->hangup_s * 1000,
        };
        for (; facts.count < LEGS_MAX && row->of_legs[facts.count] != NULL; facts.count++)
            legs[facts.count] = leg_of(&row->legs[facts.count]);
        print_message("%s\n", row->what);
        assert_string_equal(ring_end_text(ring_end_of_call(&facts)), row->of_call);
        for (size_t j = 0; j < facts.count; j++)
            assert_string_equal(ring_end_text(ring_end_of_leg(&facts, &legs[j])), row->of_legs[j]);
        const struct ring_leg *answerer = ring_answerer(&facts);
        assert_ptr_equal(answerer, row->answerer == -1   ? NULL
                                   : row->answerer == -2 ? &facts.root
                                                         : &legs[row->answerer]);
    }
}

/* ---- the names ---- */

static void news_are_read_back_as_they_were_written(void **state)
{
    (void)state;
    const char *rest = "call.created strange.thing leg.ended=CA12 call.ended nonsense";
    struct news_piece piece;
    assert_true(news_next(&rest, &piece));
    assert_int_equal(piece.kind, NEWS_CALL_CREATED);
    assert_null(piece.leg_sid);
    assert_true(news_next(&rest, &piece));
    assert_int_equal(piece.kind, NEWS_LEG_ENDED);
    assert_int_equal(piece.leg_sid_len, 4);
    assert_memory_equal(piece.leg_sid, "CA12", 4);
    assert_true(news_next(&rest, &piece));
    assert_int_equal(piece.kind, NEWS_CALL_ENDED);
    assert_false(news_next(&rest, &piece));
    assert_false(news_next(&rest, &piece));
}

static void a_status_has_a_name_of_its_own(void **state)
{
    (void)state;
    assert_string_equal(news_kind_text(news_of_call_status(CALL_STATUS_IN_PROGRESS)),
                        "call.answered");
    assert_string_equal(news_kind_text(news_of_call_status(CALL_STATUS_NO_ANSWER)), "call.ended");
    assert_string_equal(news_kind_text(news_of_call_status(CALL_STATUS_QUEUED)), "call.updated");
    assert_string_equal(news_kind_text(news_of_leg_status(CALL_STATUS_RINGING)), "leg.ringing");
    enum news_kind kind;
    assert_false(news_kind_from_text("call.endedx", 11, &kind));
    assert_true(news_kind_from_text("call.endedx", 10, &kind));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_ring_ends_for_a_reason),
        cmocka_unit_test(news_are_read_back_as_they_were_written),
        cmocka_unit_test(a_status_has_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
