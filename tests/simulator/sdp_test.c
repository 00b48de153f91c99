/* Descriptions of somebody without media. */
#include "../src/simulator/sdp.h"

#include <string.h>

#include "core/macros.h"
#include "support/cmocka_all.h"

static struct sdp_secrets secrets;

/* As Chromium writes it. */
static const char chromium[] =
    "v=0\r\no=- 7 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 0 8 126\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n"
    "a=mid:0\r\na=sendrecv\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:63 red/48000/2\r\n"
    "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:126 telephone-event/8000\r\n";

static bool has_line(const char *sdp, const char *line)
{
    const char *at = strstr(sdp, line);
    return at && strncmp(at + strlen(line), "\r\n", 2) == 0;
}

static void the_answer_has_the_sections_of_the_offer(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    const char *answer = sdp_answer(&secrets, chromium, arena);
    assert_non_null(answer);
    static const char *const lines[] = {
        "v=0",
        "a=ice-lite",
        "a=group:BUNDLE 0",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111 0",
        "a=mid:0",
        "a=inactive",
        "a=rtpmap:111 opus/48000/2",
        "a=rtpmap:0 PCMU/8000",
        "a=setup:passive",
        "a=rtcp-mux",
    };
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        assert_true(has_line(answer, lines[i]));
    assert_null(strstr(answer, "candidate"));
    assert_null(strstr(answer, "red/"));
}

static void another_section_is_rejected(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    const char *answer =
        sdp_answer(&secrets,
                   "v=0\nm=video 9 UDP/TLS/RTP/SAVPF 96\na=mid:v\n"
                   "m=audio 9 UDP/TLS/RTP/SAVPF 8\na=mid:a\na=rtpmap:8 PCMA/8000\n",
                   arena);
    assert_non_null(answer);
    assert_true(has_line(answer, "m=video 0 UDP/TLS/RTP/SAVPF 0"));
    assert_true(has_line(answer, "m=audio 9 UDP/TLS/RTP/SAVPF 8"));
    assert_true(has_line(answer, "a=group:BUNDLE a"));
    assert_true(strstr(answer, "m=video") < strstr(answer, "m=audio"));
}

static const char *const no_audio[] = {
    "",
    "x",
    "m=",
    "v=0\r\n",
    "v=0\r\nm=video 9 x 1\r\n",
    "xm=audio 9\r\n",
    "m=audio 9\r\nm=a\r\nm=a\r\nm=a\r\nm=a\r\nm=a\r\nm=a\r\nm=a\r\nm=a\r\n",
};

static void without_audio_there_is_no_answer(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(no_audio); i++)
        assert_null(sdp_answer(&secrets, no_audio[i], arena));
}

static void an_offer_can_be_answered(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    const char *offer = sdp_offer(&secrets, arena);
    assert_true(has_line(offer, "a=setup:actpass"));
    assert_non_null(sdp_answer(&secrets, offer, arena));
}

static void credentials_tell_sessions_apart(void **state)
{
    (void)state;
    assert_true(sdp_same_session(chromium, chromium));
    assert_false(sdp_same_session(chromium, "v=0\r\nm=audio 9 x 0\r\na=ice-ufrag:abcde\r\n"));
    assert_false(sdp_same_session(chromium, "v=0\r\nm=audio 9 x 0\r\n"));
    assert_false(sdp_same_session("", ""));
}

static int make_secrets(void **state)
{
    (void)state;
    sdp_secrets_make(&secrets);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_answer_has_the_sections_of_the_offer),
        cmocka_unit_test(another_section_is_rejected),
        cmocka_unit_test(without_audio_there_is_no_answer),
        cmocka_unit_test(an_offer_can_be_answered),
        cmocka_unit_test(credentials_tell_sessions_apart),
    };
    return cmocka_run_group_tests(tests, make_secrets, NULL);
}
