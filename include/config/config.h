/*
 * Everything an operator can set, as one read-only struct. It is made by config_load
 * (config/load.h) from the table of options in src/config/options_*.c, which is also where each
 * member's range, default and meaning are written down. Any thread may read it. Texts that are not
 * set are NULL.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/types.h"
#include "core/arena.h"
#include "core/log.h"

/** The account at Twilio and how it is reached. */
struct config_twilio {
    const char *account_sid;            /**< AC... */
    struct secret auth_token;           /**< signs webhooks */
    struct secret auth_token_secondary; /**< the other one while tokens are being rotated */
    const char *api_key_sid;            /**< SK... */
    struct secret api_key_secret;       /**< signs access tokens, authenticates REST requests */
    const char *twiml_app_sid;          /**< AP... */
    const char *phone_number;           /**< the default caller ID */
    const char *push_credential_sid;    /**< CR..., or NULL */
    const char *region;                 /**< ie1, au1, ...; NULL is Twilio's default, us1 */
    const char *edge;                   /**< dublin, sydney, ... or NULL */
    struct config_url api_base_url;     /**< always set: as given, or Twilio's by region and edge */
    const char *workspace_sid;          /**< WS..., TaskRouter */
    const char *workflow_sid;           /**< WW... */
    const char *task_queue_sid;         /**< WQ... */
};

/** The addresses under which Twilio calls us. */
struct config_hooks {
    /** What stands before the request target when a signature is checked. */
    struct config_url base;

    /*
     * These four replace what we hand to Twilio. The signature base for requests to them is their own origin. Their
     * path must be a known route, which the caller of config_load checks (config_report_mistake is there for that).
     */
    struct config_url voice;
    struct config_url status;
    struct config_url recording;
    struct config_url taskrouter;

    const char *overrides; /**< `rc=3&rp=all`, to be appended after `#`; "" for none */
};

/** Where a trusted proxy says who the client is. One header, because a proxy lets the other one through. */
enum config_forwarded { CONFIG_FORWARDED_X_FORWARDED_FOR, CONFIG_FORWARDED_FORWARDED };

/** The addresses we listen on and what a connection may cost. */
struct config_server {
    struct text_list listen;
    struct text_list admin_listen;
    struct network_list trusted_proxies; /**< whose word on the client's address is believed */
    enum config_forwarded forwarded;     /**< in which header they say it */
    int64_t hsts_s;                      /**< 0: no Strict-Transport-Security */
    struct text_list cors_origins; /**< origins of browsers that may call us with credentials */
    unsigned workers;
    unsigned connections_max; /**< at most 120 * workers */
    size_t body_max_bytes;    /**< of one webhook */
    int64_t idle_timeout_ms;
    int64_t header_deadline_ms;
    int64_t body_deadline_ms;
    int64_t drain_deadline_ms;
    int64_t instruction_deadline_ms;   /**< TwiML; then the apology */
    int64_t fact_deadline_ms;          /**< status and other callbacks; then 503 */
    int64_t place_deadline_ms;         /**< a caller waiting for Twilio to take a call; then 202 */
    unsigned dialects;                 /**< bits 1u << enum config_dialect */
    struct pair_list dialect_prefixes; /**< word of a dialect = path before each of its own */
};

#define CONFIG_DIALECTS(X)                                                                         \
    X(KIN, "kin")                                                                                  \
    X(VOIP_DASHBOARD, "voip-dashboard")                                                            \
    X(KENNEX, "kennex")                                                                            \
    X(KIN_SDK, "kin-sdk")                                                                          \
    X(ASAH, "asah")                                                                                \
    X(QUICKSTART, "quickstart")

enum config_dialect {
#define X(name, word) CONFIG_DIALECT_##name,
    CONFIG_DIALECTS(X)
#undef X
        CONFIG_DIALECT_COUNT
};

/** The word of a dialect, as options and messages spell it. */
const char *config_dialect_text(enum config_dialect dialect);

enum config_auth { CONFIG_AUTH_KEY, CONFIG_AUTH_JWT, CONFIG_AUTH_FORWARD, CONFIG_AUTH_NONE };

enum config_signature { CONFIG_SIGNATURE_ENFORCE, CONFIG_SIGNATURE_OFF };

/** Who may call. */
struct config_access {
    unsigned auth; /**< bits 1u << enum config_auth; NONE stands alone */
    enum config_signature signature;
    int64_t key_reload_ms; /**< how often new and revoked API keys are looked for */
};

#define CONFIG_JWT_ALGORITHMS(X)                                                                   \
    X(HS256, "HS256")                                                                              \
    X(RS256, "RS256")                                                                              \
    X(ES256, "ES256")

enum config_jwt_algorithm {
#define X(name, word) CONFIG_JWT_##name,
    CONFIG_JWT_ALGORITHMS(X)
#undef X
};

/** What of a request may be passed on to the application. */
enum config_credential { CONFIG_CREDENTIAL_COOKIE, CONFIG_CREDENTIAL_AUTHORIZATION };

/** How the application's users say who they are. */
struct config_users {
    struct text_list scopes; /**< of every user; the word none alone is no scope */

    /* jwt */
    struct secret jwt_secret;
    const char *jwt_public_key_file;
    const char *jwks_file;
    struct config_url jwks_url;
    int64_t jwks_age_ms;
    int64_t jwks_refetch_ms;
    unsigned jwt_algorithms; /**< bits 1u << enum config_jwt_algorithm */
    const char *jwt_issuer;
    struct text_list jwt_audiences;
    int64_t jwt_leeway_s;
    int64_t jwt_age_max_s; /**< 0: any */
    const char *jwt_identity_claim;
    const char *jwt_scopes_claim;
    const char *jwt_group_claim;
    const char *jwt_cookie;

    /* forward */
    struct config_url forward_url;
    unsigned forward_send; /**< bits 1u << enum config_credential */
    int64_t forward_timeout_ms;
    int64_t forward_cache_ms; /**< 0: never */
    const char *forward_identity_header;
    const char *forward_scopes_header;
    const char *forward_group_header;

    const char *ca_file; /**< for both addresses; NULL: the system's bundle */
};

#define CONFIG_RECORDS(X)                                                                          \
    X(NEVER, "do-not-record")                                                                      \
    X(FROM_ANSWER, "record-from-answer")                                                           \
    X(FROM_ANSWER_DUAL, "record-from-answer-dual")                                                 \
    X(FROM_RINGING, "record-from-ringing")                                                         \
    X(FROM_RINGING_DUAL, "record-from-ringing-dual")

enum config_record {
#define X(name, word) CONFIG_RECORD_##name,
    CONFIG_RECORDS(X)
#undef X
};

/** Twilio's word for it, as `<Dial record>` takes it. */
const char *config_record_text(enum config_record record);

/** The page that a person opens. */
struct config_phone {
    bool on;
    const char *signaling; /**< host:port on this machine that plays Twilio's signalling, or NULL */
};

/** What calls may do. */
struct config_calls {
    int64_t token_ttl_s;
    bool token_incoming;
    struct text_list caller_ids;  /**< E.164, allowed beside twilio.phone_number */
    const char *inbound_identity; /**< who is rung for a number not in the next list, or NULL */
    struct pair_list inbound_identities; /**< our number (E.164) = identity */
    int64_t ring_timeout_s;
    int64_t time_limit_s;
    enum config_record record;
    struct pair_list record_directions; /**< direction = word of CONFIG_RECORDS, before `record` */
    const char
        *recording_announcement; /**< said to both before anything is recorded; NULL: nothing */
    struct text_list twiml_url_hosts; /**< whose TwiML may be asked for: lower case, port or not */
    struct text_list emergency_numbers; /**< digits; never dialled */
    int64_t idempotency_ttl_ms;
    int64_t policy_hour_ms; /**< how long an hour is to the caps of the policy */
};

/** What callers hear. */
struct config_speech {
    const char *voice;    /**< of <Say>, or NULL: the account's default */
    const char *language; /**< or NULL: the voice's */
    const char *greeting_text;
    const char *greeting_question;
    const char *menu_prompt;
    const char *menu_fallback;
    struct pair_list menu; /**< key (`1`) = target (`client:NAME` or E.164) */
    const char *apology_text;
    const char *emergency_text;
};

#define CONFIG_TRIMS(X)                                                                            \
    X(SILENCE, "trim-silence")                                                                     \
    X(NOTHING, "do-not-trim")

enum config_trim {
#define X(name, word) CONFIG_TRIM_##name,
    CONFIG_TRIMS(X)
#undef X
};

/** Twilio's word for it, as `<Record trim>` takes it. */
const char *config_trim_text(enum config_trim trim);

/** Messages that callers leave when nobody answers. */
struct config_voicemail {
    bool on;
    const char *greeting; /**< said, or played if it is an https URL */
    const char *thanks;
    const char *silence;       /**< said if nothing was recorded */
    int64_t length_max_s;      /**< of a message */
    int64_t silence_s;         /**< how much of it ends a message; 0: none */
    const char *finish_on_key; /**< which keys end it */
    bool beep;
    enum config_trim trim;
    bool transcribe;
};

#define CONFIG_TRACKS(X)                                                                           \
    X(BOTH, "both_tracks")                                                                         \
    X(INBOUND, "inbound_track")                                                                    \
    X(OUTBOUND, "outbound_track")

enum config_track {
#define X(name, word) CONFIG_TRACK_##name,
    CONFIG_TRACKS(X)
#undef X
};

/** Twilio's word for it, as `<Transcription track>` takes it. */
const char *config_track_text(enum config_track track);

/* The ways in which calls come to be, as options name sets of them; in the order of voice/call.h. */
#define CONFIG_CALL_DIRECTIONS(X)                                                                  \
    X(OUTBOUND_BROWSER, "outbound-browser")                                                        \
    X(OUTBOUND_API, "outbound-api")                                                                \
    X(INBOUND, "inbound")

enum config_call_direction {
#define X(name, word) CONFIG_CALLS_##name,
    CONFIG_CALL_DIRECTIONS(X)
#undef X
};

/** What is said, as text, while it is said. */
struct config_transcripts {
    unsigned directions;  /**< bits 1u << enum config_call_direction */
    const char *language; /**< or NULL: Twilio's default */
    enum config_track track;
    bool partials;
};

enum config_audio { CONFIG_AUDIO_WAV, CONFIG_AUDIO_MP3 };
enum config_channels { CONFIG_CHANNELS_RECORDED, CONFIG_CHANNELS_MONO };

/** How the sound of recordings is brought here; where it is kept: config_storage. */
struct config_recordings {
    bool fetch; /**< into the storage; else it stays at Twilio */
    enum config_audio format;
    enum config_channels channels;
    size_t bytes_max;     /**< of one */
    size_t reserve_bytes; /**< that stay free */
    int64_t room_check_ms;
    int64_t timeout_ms; /**< of a download; shorter than jobs.media.lease_ms */
    int64_t stall_ms;
    int64_t
        ready_ms; /**< the first pause while it is not there yet, the longest, and the end of patience */
    int64_t ready_max_ms;
    int64_t ready_within_ms;
};

struct config_store {
    const char *database; /**< path of the file */
    unsigned readers;
    size_t min_free_bytes; /**< below this, not ready */
};

enum config_storage_kind { CONFIG_STORAGE_DIRECTORY, CONFIG_STORAGE_S3 };
enum config_unsealed { CONFIG_UNSEALED_REFUSE, CONFIG_UNSEALED_READ };
enum config_s3_style { CONFIG_S3_PATH, CONFIG_S3_HOST };

/** A store that speaks S3. */
struct config_s3 {
    struct config_url endpoint; /**< no path */
    const char *region;
    const char *bucket;
    const char *prefix; /**< or NULL */
    enum config_s3_style style;
    struct secret access_key_id;
    struct secret secret_access_key;
    struct secret session_token;
    const char *ca_file; /**< or NULL: the system's bundle */
    size_t part_bytes;
    unsigned connections;
    unsigned attempts;
    int64_t retry_ms;
    int64_t connect_timeout_ms;
    int64_t timeout_ms;
};

/** Where the sound of recordings is kept. */
struct config_storage {
    enum config_storage_kind kind;
    const char *directory;
    struct secret keys; /**< as crypto/seal.h reads them; not set: nothing is encrypted */
    enum config_unsealed unsealed;
    struct config_s3 s3;
};

/** Settings that are documents of their own (config/directory.h). */
struct config_files {
    const char *directory; /**< or NULL: there is none, every document has its defaults */
};

/** The REST client. */
struct config_rest {
    int64_t connect_timeout_ms;
    int64_t timeout_ms;
    const char *ca_file;    /**< or NULL: the system's bundle */
    const char *connect_to; /**< as curl's --connect-to, for tests; or NULL */
};

/** Work that is done later by workers of its own. */
struct config_lane {
    unsigned workers;
    unsigned attempts_max;
    int64_t lease_ms; /**< longer than any attempt may take */
    int64_t backoff_ms;
    int64_t backoff_max_ms;
};

/** Work that is done later, and how long silence is believed. */
struct config_jobs {
    struct config_lane calls; /**< lease_ms: longer than rest.timeout_ms */
    struct config_lane media; /**< everything that moves recordings */
    int64_t poll_ms;
    int64_t queued_silence_ms; /**< after this long without news in that state, Twilio is asked */
    int64_t ringing_silence_ms;
    int64_t in_progress_silence_ms;
    int64_t ending_silence_ms;
    int64_t refresh_sweep_ms;
    int64_t unknown_retry_ms;
};

/** Which calls that nobody has told us of become ours; see voice/adoption.h. */
enum config_adopt { CONFIG_ADOPT_OURS, CONFIG_ADOPT_ALL, CONFIG_ADOPT_NONE };

/** Comparing with Twilio's lists. */
struct config_reconcile {
    enum config_adopt adopt;
    int64_t sweep_ms; /**< 0: after a start alone */
    int64_t back_ms;
    int64_t longest_ms;
    unsigned per_second;
    int64_t settle_after_ms; /**< 0: never */
    unsigned settle_attempts;
    int64_t alive_ms;
};

/** Streams of live events. */
struct config_events {
    int64_t heartbeat_ms;
    int64_t retry_ms;    /**< what a browser is told to wait before it comes back */
    int64_t lifetime_ms; /**< of one stream at most */
    size_t queue_bytes;  /**< that may wait for a slow listener */
    unsigned replay_max; /**< timeline entries looked through for one that comes back */
    int64_t ticket_ttl_ms;
};

/** The application's own webhooks. */
struct config_dispatch {
    struct network_list networks; /**< besides public addresses */
    const char *ca_file;
    int64_t timeout_ms;
    int64_t connect_timeout_ms;
    unsigned in_flight;      /**< requests at once, of all subscriptions */
    unsigned in_flight_each; /**< of one */
    unsigned backlog;        /**< deliveries of one subscription that are made ahead */
    int64_t backoff_ms;
    int64_t backoff_max_ms;
    int64_t give_up_ms;
    int64_t disable_after_ms;
    int64_t overlap_ms; /**< for how long a rotated secret is good */
    int64_t delivered_ttl_ms;
    int64_t dead_ttl_ms;
    int64_t sweep_ms;
};

/** How long recordings are kept. */
struct config_keeping {
    struct pair_list rules; /**< voice/retention.h */
    bool release;           /**< delete at Twilio what is stored here */
    int64_t release_after_ms;
    int64_t sweep_ms;
};

/** Playing recordings. */
struct config_playing {
    unsigned readers;
    unsigned at_once_max;
    int64_t link_ttl_s;
};

struct config_log {
    enum log_level level;
    bool show_numbers;
    size_t queue_bytes;
};

/** A token bucket: so many a minute, so many at once. No limit if either is 0. */
struct config_rate {
    unsigned per_minute;
    unsigned burst;
};

/* What is limited. member, in words */
#define CONFIG_RATES(X)                                                                            \
    X(key, "requests with one API key")                                                            \
    X(user, "requests of one user of the application")                                             \
    X(token, "access tokens of one caller for one identity")                                       \
    X(calls, "calls that one caller places")                                                       \
    X(address, "requests of one address that show no credentials")                                 \
    X(failures, "refused credentials of one address")

struct config_rates {
#define X(member, what) struct config_rate member;
    CONFIG_RATES(X)
#undef X
};

/** The audit log. */
struct config_audit {
    int64_t ttl_ms;
    int64_t repeat_ms; /**< the same again within this time is counted, not written */
};

/** How long things are kept; 0: as long as what they belong to, or for ever. */
struct config_retention {
    int64_t call_ms;
    int64_t timeline_ms;
    int64_t raw_ms;
    int64_t transcript_ms;
    int64_t dead_job_ms;
    int64_t identity_group_ms;
};

struct config {
    struct config_twilio twilio;
    struct config_hooks hooks;
    struct config_server server;
    struct config_access access;
    struct config_users users;
    struct config_phone phone;
    struct config_calls calls;
    struct config_speech speech;
    struct config_voicemail voicemail;
    struct config_transcripts transcripts;
    struct config_recordings recordings;
    struct config_store store;
    struct config_storage storage;
    struct config_files files;
    struct config_rest rest;
    struct config_jobs jobs;
    struct config_reconcile reconcile;
    struct config_events events;
    struct config_dispatch dispatch;
    struct config_keeping keeping;
    struct config_playing playing;
    struct config_log log;
    struct config_audit audit;
    struct config_retention retention;
    struct config_rates rates;
    struct arena *arena; /**< owns the texts */
};

static inline bool config_has_dialect(const struct config *config, enum config_dialect dialect)
{
    return (config->server.dialects >> (unsigned)dialect & 1u) != 0;
}

static inline bool config_has_auth(const struct config *config, enum config_auth auth)
{
    return (config->access.auth >> (unsigned)auth & 1u) != 0;
}

/** Wipes the secrets, then frees. Takes NULL. */
void config_free(struct config *config);

#endif
