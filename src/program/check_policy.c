/*
 * switchhook check, the policy: what it comes to, what is dangerous about it, and with --destination what it says about
 * one call.
 */
#include <stdio.h>

#include "app/admission.h"
#include "app/greetings_file.h"
#include "app/policy_file.h"
#include "check_internal.h"
#include "core/text.h"
#include "voice/target.h"

/* ---- in words ---- */

static const char *number_of(int64_t cap, struct arena *arena)
{
    return cap < 0 ? "any number" : arena_printf(arena, "%lld", (long long)cap);
}

static const char *caps_text(const struct policy_caps *caps, struct arena *arena)
{
    return arena_printf(arena, "%s at once, %s an hour", number_of(caps->at_once, arena),
                        number_of(caps->per_hour, arena));
}

static const char *word(bool allowed)
{
    return allowed ? "allowed" : "denied";
}

static const char *destinations_text(const struct policy_destinations *destinations,
                                     struct arena *arena)
{
    const char *text = arena_printf(arena, "%zu prefixes, otherwise %s", destinations->prefix_count,
                                    word(destinations->otherwise));
    for (unsigned i = 0; i < POLICY_RANGE_COUNT; i++)
        text = arena_printf(arena, "%s, %s %s", text, policy_range_word((enum policy_range)i),
                            word(destinations->ranges[i]));
    return text;
}

static bool is_unlimited(const struct policy_caps *caps)
{
    return caps->at_once < 0 && caps->per_hour < 0;
}

static void check_caps(struct check *check, const struct policy *policy)
{
    struct arena *arena = check->arena;
    if (is_unlimited(&policy->account) && is_unlimited(&policy->each_identity) &&
        is_unlimited(&policy->each_key)) {
        check_warning(check, "policy",
                      "nothing limits how many calls are made: set account, each_identity and "
                      "each_key (docs/policy.md)");
        return;
    }
    check_ok(
        check, "policy",
        arena_printf(arena, "account: %s; each identity: %s; each key: %s; each group: %s",
                     caps_text(&policy->account, arena), caps_text(&policy->each_identity, arena),
                     caps_text(&policy->each_key, arena), caps_text(&policy->each_group, arena)));
}

static void check_destinations(struct check *check, const struct policy *policy)
{
    const struct policy_destinations *destinations = policy->everybody.destinations;
    bool risky =
        destinations->ranges[POLICY_RANGE_PREMIUM] || destinations->ranges[POLICY_RANGE_SATELLITE];
    const char *text = destinations_text(destinations, check->arena);
    if (destinations->otherwise && risky)
        check_warning(
            check, "policy",
            arena_printf(check->arena, "everybody may call premium rates or satellites: %s", text));
    else
        check_ok(check, "policy", arena_printf(check->arena, "destinations: %s", text));
}

static void check_rules(struct check *check, const struct policy *policy)
{
    size_t blocked = policy->blocked_identities.count + policy->blocked_keys.count +
                     policy->blocked_groups.count;
    check_ok(check, "policy",
             arena_printf(check->arena,
                          "rules for %zu identities, %zu keys, %zu groups; %zu blocked, and %zu "
                          "callers; calls last at most %lld s",
                          policy->identities.count, policy->keys.count, policy->groups.count,
                          blocked, policy->blocked_callers.count,
                          (long long)admission_shorter(policy->everybody.call_seconds,
                                                       check->config->calls.time_limit_s)));
}

void check_policy(struct check *check)
{
    struct config_report report;
    const struct policy *policy = NULL;
    config_report_init(&report);
    if (policy_load(check->config, check->arena, &report, &policy) < 0) {
        check_error(check, "policy", "was changed while this ran and is wrong now; look again");
    } else {
        check_ok(check, "policy",
                 policy->origin != NULL ? policy->origin : "no policy.json: the defaults hold");
        check_caps(check, policy);
        check_destinations(check, policy);
        check_rules(check, policy);
    }
    config_report_release(&report);
}

/* ---- who reaches nobody ---- */

void check_voicemail(struct check *check)
{
    struct config_report report;
    const struct greetings *greetings = NULL;
    const struct config_voicemail *voicemail = &check->config->voicemail;
    config_report_init(&report);
    if (greetings_load(check->config, check->arena, &report, &greetings) < 0)
        check_error(check, "voicemail", "was changed while this ran and is wrong now; look again");
    else if (!voicemail->on)
        check_ok(check, "voicemail", "off: who reaches nobody hears a sentence");
    else
        check_ok(check, "voicemail",
                 arena_printf(check->arena,
                              "on: greetings of %zu numbers and %zu identities, messages of at "
                              "most %lld s",
                              greetings->numbers.count, greetings->identities.count,
                              (long long)voicemail->length_max_s));
    config_report_release(&report);
}

/* ---- one call ---- */

static struct policy_verdict judge(const struct policy *policy,
                                   const struct config *config,
                                   const struct policy_party *party,
                                   const struct check_call *call,
                                   struct arena *arena)
{
    struct policy_verdict verdict = policy_judge_party(policy, party, arena);
    if (verdict.reason == REASON_NONE)
        verdict = policy_judge_destination(policy, party, call->destination, arena);
    if (verdict.reason == REASON_NONE)
        verdict = policy_judge_caller_id(policy, party, call->caller_id,
                                         config->twilio.phone_number, arena);
    return verdict;
}

static void
print_caps(const struct policy *policy, const struct policy_party *party, struct arena *arena)
{
    for (unsigned i = 0; i < USAGE_COUNTER_COUNT; i++) {
        enum usage_counter counter = (enum usage_counter)i;
        if (policy_counter_name(counter, party) == NULL)
            continue;
        struct policy_caps caps = policy_caps_of(policy, counter, party);
        (void)printf("%-8s %-14s %s\n", "cap", usage_counter_word(counter),
                     caps_text(&caps, arena));
    }
}

static bool is_own_number(const struct config *config, const char *number)
{
    return number == NULL || text_equal(number, config->twilio.phone_number) ||
           text_list_has(&config->calls.caller_ids, number);
}

static int refused(const char *code, const char *because)
{
    (void)printf("%-8s %-14s %s\n", "refused", code, because);
    return EXIT_FAILED;
}

int check_one_call(const struct config *config, const struct check_call *call)
{
    auto_arena struct arena *arena = arena_create();
    struct config_report report;
    const struct policy *policy = NULL;
    config_report_init(&report);
    int failed = policy_load(config, arena, &report, &policy);
    config_report_release(&report);
    if (failed < 0)
        return EXIT_FAILED;
    struct target target = target_of(call->destination, &config->calls.emergency_numbers);
    if (target.kind == TARGET_EMERGENCY)
        return refused(reason_code(REASON_EMERGENCY), "emergency numbers are always refused");
    if (target.kind != TARGET_NUMBER)
        return refused(reason_code(REASON_NOT_A_NUMBER), "it is no number: + and 7 to 15 digits");
    struct policy_party party = {
        .identity = call->identity,
        .key = call->key,
        .group = call->group != NULL ? call->group : policy_group_of(policy, call->identity),
    };
    if (!is_own_number(config, call->caller_id))
        return refused(reason_code(REASON_CALLER_ID_NOT_ALLOWED),
                       "it is none of TWILIO_PHONE_NUMBER and SWITCHHOOK_CALLER_IDS");
    struct policy_verdict verdict = judge(policy, config, &party, call, arena);
    if (verdict.reason != REASON_NONE)
        return refused(reason_code(verdict.reason), verdict.because);
    (void)printf("%-8s %-14s shown as %s, at most %lld s\n", "allowed", call->destination,
                 verdict.caller_id,
                 (long long)admission_shorter(policy_call_seconds(policy, &party),
                                              config->calls.time_limit_s));
    print_caps(policy, &party, arena);
    return EXIT_OK;
}
