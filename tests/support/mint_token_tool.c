/*
 * Prints one access token with every grant, for foreign programs to check.
 *
 *     mint_token SECRET IDENTITY TTL_S [NOW_S]
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/text.h"
#include "core/wall_clock.h"
#include "twilio/access_token.h"

int main(int argc, char **argv)
{
    struct error err = {0};
    auto_arena struct arena *arena = arena_create();
    json_auto_t *params = json_pack("{s:s}", "team", "s\xc3\xa4les \"north\"\n");
    json_auto_t *player = json_pack("{s:s, s:{s:i}}", "playbackUrl", "https://player.example.com/1",
                                    "nested", "n", 1);
    const struct voice_grant voice = {
        .incoming_allow = true,
        .outgoing_application_sid = "AP00000000000000000000000000000002",
        .outgoing_params = params,
        .push_credential_sid = "CR00000000000000000000000000000003",
        .endpoint_id = "ep1",
    };
    const struct video_grant video = {.room = "daily"};
    const struct chat_grant chat = {.service_sid = "IS00000000000000000000000000000004"};
    const struct sync_grant sync = {.service_sid = "IS00000000000000000000000000000005"};
    const struct task_router_grant task_router = {
        .workspace_sid = "WS00000000000000000000000000000006",
        .worker_sid = "WK00000000000000000000000000000007",
        .role = "worker",
    };
    struct access_token token = {
        .account_sid = "AC00000000000000000000000000000000",
        .key_sid = "SK00000000000000000000000000000001",
        .key_secret = argc > 1 ? argv[1] : "",
        .identity = argc > 2 ? argv[2] : "",
        .region = "ie1",
        .now_s = wall_clock_now_ms(wall_clock_real()) / 1000,
        .voice = &voice,
        .video = &video,
        .chat = &chat,
        .sync = &sync,
        .task_router = &task_router,
        .player = player,
    };
    if (argc < 4 || !text_to_int64(argv[3], 0, INT32_MAX, &token.ttl_s) ||
        (argc > 4 && !text_to_int64(argv[4], 0, INT32_MAX, &token.now_s))) {
        (void)fprintf(stderr, "usage: mint_token SECRET IDENTITY TTL_S [NOW_S]\n");
        return 2;
    }
    token.with_not_before = true;
    token.not_before_s = token.now_s - 5;
    const char *text = access_token_mint(&token, arena, &err);
    if (text == NULL) {
        (void)fprintf(stderr, "%s %s\n", err.field, err.message);
        return 1;
    }
    (void)printf("%s\n", text);
    return 0;
}
