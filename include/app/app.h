/*
 * What handlers work with: borrowed handles, made and connected by program/parts.c. Read-only after the start, but for
 * what a reload replaces: those pointers are atomic, and what they have ever pointed to stays until the end. Who needs
 * two members that belong together reads the pointer once.
 */
#ifndef APP_APP_H
#define APP_APP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "core/metrics.h"
#include "core/wall_clock.h"
#include "events/bus.h"
#include "http/route.h"
#include "jobs/media.h"
#include "jobs/recordings.h"
#include "store/store.h"
#include "twilio/hooks.h"
#include "voice/policy.h"
#include "voice/resource_id.h"
#include "voice/routing.h"
#include "voice/silence.h"
#include "voice/voicemail.h"

struct audit_log;
struct fetched_keys;
struct forward_auth;
struct group_memory;
struct keys;
struct limits;
struct signature_keys;
struct user_settings;
struct waiters;
struct feed;
struct dispatch;
struct recording_links;
struct sound_readers;
struct tickets;
struct runner;
struct sounds;
struct storage;

/* Counters that handlers count. member, name, labels, help */
#define APP_COUNTERS(X)                                                                            \
    X(signature_primary, "switchhook_signatures_total", "token=\"primary\"",                       \
      "Signed requests by the auth token that matched.")                                           \
    X(signature_secondary, "switchhook_signatures_total", "token=\"secondary\"", "")               \
    X(signature_refused, "switchhook_signatures_total", "token=\"none\"", "")                      \
    X(webhook_applied, "switchhook_webhooks_total", "outcome=\"applied\"",                         \
      "Signed webhooks by what became of them.")                                                   \
    X(webhook_nothing_new, "switchhook_webhooks_total", "outcome=\"nothing_new\"", "")             \
    X(webhook_repeat, "switchhook_webhooks_total", "outcome=\"repeat\"", "")                       \
    X(webhook_contradiction, "switchhook_webhooks_total", "outcome=\"contradiction\"", "")         \
    X(webhook_not_stored, "switchhook_webhooks_total", "outcome=\"not_stored\"", "")               \
    X(webhook_malformed, "switchhook_webhooks_total", "outcome=\"malformed\"", "")                 \
    X(apologies, "switchhook_apologies_total", "",                                                 \
      "Instruction requests answered with the apology.")                                           \
    X(voicemail_offered, "switchhook_voicemails_total", "step=\"offered\"",                        \
      "Callers who were asked for a message, and those who left one and heard the thanks.")        \
    X(voicemail_taken, "switchhook_voicemails_total", "step=\"taken\"", "")                        \
    X(transcript_final, "switchhook_transcript_lines_total", "kind=\"final\"",                     \
      "Lines of transcripts by kind; repeated is what was known already.")                         \
    X(transcript_partial, "switchhook_transcript_lines_total", "kind=\"partial\"", "")             \
    X(transcript_repeat, "switchhook_transcript_lines_total", "kind=\"repeated\"", "")             \
    X(searches, "switchhook_searches_total", "", "Searches in transcripts.")                       \
    X(refused_destination, "switchhook_refusals_total", "reason=\"destination-denied\"",           \
      "Calls that the policy refused, by why.")                                                    \
    X(refused_caller_id, "switchhook_refusals_total", "reason=\"caller-id-not-allowed\"", "")      \
    X(refused_at_once, "switchhook_refusals_total", "reason=\"too-many-calls\"", "")               \
    X(refused_hourly, "switchhook_refusals_total", "reason=\"hourly-limit\"", "")                  \
    X(refused_account, "switchhook_refusals_total", "reason=\"account-limit\"", "")                \
    X(refused_blocked, "switchhook_refusals_total", "reason=\"blocked\"", "")                      \
    X(reload_applied, "switchhook_reloads_total", "outcome=\"applied\"",                           \
      "Reloads of settings and policy; a rejected one leaves everything as it was.")               \
    X(reload_rejected, "switchhook_reloads_total", "outcome=\"rejected\"", "")                     \
    X(tokens_minted, "switchhook_tokens_total", "", "Access tokens minted.")                       \
    X(keys_refused, "switchhook_keys_refused_total", "",                                           \
      "Requests with a missing or wrong API key.")                                                 \
    X(auth_nothing, "switchhook_auth_total", "way=\"none\",result=\"refused\"",                    \
      "Requests to frontends' routes by the way in which they said who they are.")                 \
    X(auth_key_known, "switchhook_auth_total", "way=\"key\",result=\"known\"", "")                 \
    X(auth_key_refused, "switchhook_auth_total", "way=\"key\",result=\"refused\"", "")             \
    X(auth_key_failed, "switchhook_auth_total", "way=\"key\",result=\"failed\"", "")               \
    X(auth_jwt_known, "switchhook_auth_total", "way=\"jwt\",result=\"known\"", "")                 \
    X(auth_jwt_refused, "switchhook_auth_total", "way=\"jwt\",result=\"refused\"", "")             \
    X(auth_jwt_failed, "switchhook_auth_total", "way=\"jwt\",result=\"failed\"", "")               \
    X(auth_forward_known, "switchhook_auth_total", "way=\"forward\",result=\"known\"", "")         \
    X(auth_forward_refused, "switchhook_auth_total", "way=\"forward\",result=\"refused\"", "")     \
    X(auth_forward_failed, "switchhook_auth_total", "way=\"forward\",result=\"failed\"", "")

struct app_counters {
#define X(member, name, labels, help) struct metric *member;
    APP_COUNTERS(X)
#undef X
};

struct app {
    const struct config *_Atomic config;
    const struct wall_clock *clock;
    struct metrics *metrics;
    struct app_counters count;
    struct store *store;
    struct bus *bus;
    struct waiters *waiters;
    struct feed *feed;
    struct dispatch *dispatch; /**< the application's own webhooks */
    struct tickets *tickets;
    struct keys *keys;
    struct user_settings *_Atomic users;
    struct fetched_keys *fetched_keys; /**< NULL: no URL is configured */
    struct forward_auth *forward_auth; /**< NULL unless SWITCHHOOK_AUTH has forward */
    struct group_memory *groups;
    struct signature_keys *_Atomic signature_keys; /**< NULL only if signatures are off */
    struct runner *runner;
    struct storage *storage; /**< of recordings' sound; its functions wait for disk and network */
    struct media *media;     /**< jobs/media.h; NULL: recordings stay at Twilio */
    const struct sounds *sounds;         /**< app/sounds.h */
    struct sound_readers *sound_readers; /**< what is played of it */
    struct recording_links *recording_links;
    struct audit_log *audit;
    struct limits *limits;
    const struct router *router; /**< of the public listener, for /openapi.json */
    const struct routing_settings *_Atomic routing;
    const struct hook_settings *_Atomic hooks;
    const struct policy *_Atomic policy;       /**< never NULL */
    const struct greetings *_Atomic greetings; /**< never NULL */
    struct silence_settings silence;
    int64_t retained_before;     /**< how far retention has looked; the clockwork's own */
    int64_t started_ms;          /**< what was under way before that is not any more */
    _Atomic int64_t last_number; /**< of whatever has an id of ours */
    _Atomic int64_t
        mismatch_logged_ms; /**< when a signature mismatch was last explained in the log */
    _Atomic int64_t mismatches_unlogged; /**< since then */
    _Atomic bool hidden_logged;          /**< that a proxy in front of us is not listed */
};

/** Register the counters. */
void app_register_counters(struct app *app);

/** What the configuration says to these. Texts are borrowed from it. */
struct routing_settings app_routing(const struct config *config);
struct silence_settings app_silence(const struct config *config);
struct hook_settings app_hooks(const struct config *config);

/** How what is said of a recording is taken. */
struct recording_intake app_recording_intake(const struct app *app, int64_t now_ms);

/** A fresh id of that kind and its number; `out` has RESOURCE_ID_BYTES. */
int64_t app_new_id(struct app *app, enum resource_kind kind, char *out);

static inline int64_t app_now_ms(const struct app *app)
{
    return wall_clock_now_ms(app->clock);
}

#endif
