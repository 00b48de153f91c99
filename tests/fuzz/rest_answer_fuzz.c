/*
 * Any bytes as an answer of Twilio's REST API: every reader answers with texts that are there, or
 * with UPSTREAM; and no next page that it names leads away from the account.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/arena.h"
#include "core/macros.h"
#include "core/text.h"
#include "twilio/rest.h"
#include "twilio/rest_answer.h"
#include "twilio/rest_refusal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct rest_account account = {
    .account_sid = "AC00000000000000000000000000000000",
    .base_url = "https://api.twilio.com",
};

static void check_text(const char *text)
{
    ASSERT(text != NULL && text_is_utf8(text, strlen(text)));
}

static void check_call(const struct rest_call *call)
{
    ASSERT(text_is_sid(call->sid, "CA"));
    check_text(call->status);
    check_text(call->to);
    check_text(call->price_unit);
    ASSERT(call->duration_s >= -1 && call->queue_time_ms >= -1);
}

static void check_next_page(const char *uri, struct arena *arena)
{
    static const char prefix[] =
        "https://api.twilio.com/2010-04-01/Accounts/AC00000000000000000000000000000000/";
    struct rest_request request = {0};
    check_text(uri);
    if (rest_next_page(&account, uri, arena, &request, NULL) == 0)
        ASSERT(text_starts_with(request.url, prefix) && strstr(request.url, "..") == NULL);
}

static void check_refusal(const char *body, size_t len, struct arena *arena)
{
    struct rest_refusal refusal = {0};
    struct error err = {0};
    rest_read_refusal(400 + (int)(len % 200), body, len, arena, &refusal);
    check_text(refusal.message);
    check_text(refusal.more_info);
    ASSERT(refusal.code >= 0);
    ASSERT(rest_refusal_error(&refusal, &err) == -1 && err.kind != ERROR_NONE);
    check_text(err.message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_arena struct arena *arena = arena_create();
    const char *body = arena_copy(arena, data, size);
    struct error err = {0};
    struct rest_call call = {0};
    struct rest_call_page calls = {0};
    struct rest_number_page numbers = {0};
    if (rest_read_call(body, size, arena, &call, &err) == 0)
        check_call(&call);
    if (rest_read_calls(body, size, arena, &calls, &err) == 0)
        check_next_page(calls.next_page_uri, arena);
    for (size_t i = 0; i < calls.count; i++)
        check_call(&calls.items[i]);
    if (rest_read_numbers(body, size, arena, &numbers, &err) == 0)
        check_next_page(numbers.next_page_uri, arena);
    ASSERT(err.kind == ERROR_NONE || err.kind == ERROR_UPSTREAM);
    check_refusal(body, size, arena);
    return 0;
}
