/* What a day's work leaves in the log: no secret, no key, no token, no telephone number. */
#include <fcntl.h>

#include "core/log.h"
#include "core/text.h"
#include "support/house.h"

#define CALLEE "+14155550100"
#define BUSY_CALLEE "+14155550177"

static const char *log_text(struct house *house, const char *path)
{
    enum { MOST = 1 << 20 };
    char *text = arena_alloc(house->arena, MOST + 1);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t got = read(fd, text, MOST);
    assert_true(got > 0);
    close(fd);
    return text;
}

static void work(struct house *house, const char **token)
{
    struct raw_response minted =
        house_ask(house, house->key, "POST", "/token", "{\"identity\":\"alice\"}", NULL);
    *token = house_text(house, &minted, "token");
    (void)house_ask(house, "shk_0123456789abcdef_wrong", "GET", "/calls", NULL, NULL);
    (void)house_place(house, CALLEE);
    fake_next(
        house->twilio, FAKE_CREATE,
        (struct fake_answer){
            .status = 400,
            .body = "{\"code\":21219,\"message\":\"The number " BUSY_CALLEE " is unverified.\"}",
        });
    (void)house_ask(house, house->key, "POST", "/calls", "{\"to\":\"" BUSY_CALLEE "\"}", NULL);
    char sid[35];
    fake_new_sid(sid, "CA");
    struct fields dial = house_form(house, "CallSid", sid, "From", "client:alice", "To", CALLEE,
                                    "CallStatus", "ringing", "Direction", "inbound", NULL);
    (void)house_post(house, "/twiml", &dial, NULL);
    struct fields failed =
        house_form(house, "CallSid", sid, "From", "client:alice", "ErrorCode", "11200", "ErrorUrl",
                   HOUSE_BASE "/twiml?To=%2B14155550100", NULL);
    (void)house_post(house, "/twiml/fallback", &failed, NULL);
    struct fields broken = house_form(house, "CallSid", "CA" CALLEE, NULL);
    (void)house_post(house, "/twiml", &broken, NULL);
    house_settle(house);
}

static void holds_no_secret_and_no_number(void **state)
{
    (void)state;
    struct house house;
    const char *token = NULL;
    house_open(&house, NULL);
    const char *path = arena_printf(house.arena, "%s/log", house.folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd > 0);
    log_start(&(struct log_settings){.threshold = LOG_LEVEL_DEBUG, .fd = fd});
    work(&house, &token);
    struct raw_response page = house_ask(&house, house.key, "GET", "/calls", NULL, NULL);
    assert_int_equal(page.status, 200);
    log_stop();
    log_set_threshold(LOG_LEVEL_ERROR);

    const char *text = log_text(&house, path);
    const char *const expected[] = {"http.request", "rest.exchange", "twiml.fallback",
                                    "twiml.apology"};
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        if (strstr(text, expected[i]) == NULL)
            fail_msg("no %s in: %s", expected[i], text);
    }
    const char *const forbidden[] = {
        HOUSE_AUTH_TOKEN,    "S3cretS3cret", strrchr(house.key, '_'), "_wrong",
        strrchr(token, '.'), CALLEE + 1,     BUSY_CALLEE + 1,
    };
    for (size_t i = 0; i < ARRAY_LEN(forbidden); i++) {
        const char *found = strstr(text, forbidden[i]);
        if (found != NULL)
            fail_msg("%s: ...%.200s", forbidden[i], found - 100);
    }
    close(fd);
    house_close(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_no_secret_and_no_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
