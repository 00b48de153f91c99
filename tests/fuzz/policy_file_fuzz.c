/*
 * policy.json as anybody may have written it, and then the rules: whatever is taken can be asked without a stumble, and
 * agrees with itself.
 */
#include <stddef.h>
#include <stdint.h>

#include "app/policy_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LONGEST_NUMBER                                                                             \
    "+1"                                                                                           \
    "00000000000000"
static const char *const numbers[] = {"+15005550001", "+19005550100", "+12465550100",
                                      LONGEST_NUMBER};

static void ask(const struct policy *policy, const struct policy_party *party, struct arena *arena)
{
    (void)policy_judge_party(policy, party, arena);
    ASSERT(policy_call_seconds(policy, party) >= 0);
    struct policy_verdict shown =
        policy_judge_caller_id(policy, party, NULL, "+15005550006", arena);
    ASSERT((shown.caller_id != NULL) == (shown.reason == REASON_NONE));
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        struct policy_verdict verdict = policy_judge_destination(policy, party, numbers[i], arena);
        ASSERT((verdict.because != NULL) == (verdict.reason != REASON_NONE));
        (void)policy_blocks_caller(policy, numbers[i]);
    }
    for (unsigned i = 0; i < USAGE_COUNTER_COUNT; i++) {
        struct policy_caps caps = policy_caps_of(policy, (enum usage_counter)i, party);
        ASSERT(caps.at_once >= POLICY_UNLIMITED && caps.per_hour >= POLICY_UNLIMITED);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const caller_ids[] = {"+15005550007"};
    static const struct config config = {
        .twilio.phone_number = "+15005550006", .calls.caller_ids = {caller_ids, 1}
    };
    auto_arena struct arena *arena = arena_create();
    struct config_document document = {"policy.json", arena_copy(arena, data, size), size};
    struct config_report report;
    const struct policy *policy = NULL;
    config_report_init(&report);
    int failed = policy_read(&config, &document, arena, &report, &policy);
    ASSERT((failed < 0) == (report.mistake_count > 0));
    if (failed == 0) {
        const struct policy_party parties[] = {
            {0                },
            {"alice",           "k1", "sales"},
            {.identity = "zoe"         },
            {.key = "k1"},
            {.group = "sales"      }
        };
        for (size_t i = 0; i < ARRAY_LEN(parties); i++) {
            struct policy_party party = parties[i];
            if (party.group == NULL)
                party.group = policy_group_of(policy, party.identity);
            ask(policy, &party, arena);
        }
    }
    config_report_release(&report);
    return 0;
}
