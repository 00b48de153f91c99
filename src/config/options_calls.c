/* Options: what calls may do, and what callers hear. */
#include "core/macros.h"
#include "groups.h"

enum {
    SPEECH_BYTES_MAX = 3000, /* Twilio's limit for one <Say> with the newer voices, error 13521 */
};

#define X(name, text) WORD_ROW(text, CONFIG_RECORD_##name),
static const struct option_word record_words[] = {
    CONFIG_RECORDS(X) WORD_ROW(NULL, 0),
};
#undef X

const char *config_record_text(enum config_record record)
{
    return record_words[record].word;
}

static const struct option calls[] = {
    OPTION(.name = "SWITCHHOOK_TOKEN_TTL",
           SECONDS(calls.token_ttl_s, 60, 86400),
           .fallback = "3600",
           .reloadable = true,
           .about = "How long an access token is valid."),
    OPTION(.name = "SWITCHHOOK_TOKEN_INCOMING",
           BOOL(calls.token_incoming),
           .fallback = "true",
           .reloadable = true,
           .about = "Whether browsers with our access tokens can be called."),
    OPTION(.name = "SWITCHHOOK_CALLER_IDS",
           E164_LIST(calls.caller_ids),
           .reloadable = true,
           .about = "Further numbers of yours that a caller may ask to be shown as."),
    OPTION(.name = "SWITCHHOOK_INBOUND_IDENTITY",
           IDENTITY(calls.inbound_identity),
           .reloadable = true,
           .about = "Whose browsers ring when one of your numbers is called."),
    OPTION(.name = "SWITCHHOOK_INBOUND_IDENTITIES",
           IDENTITIES(calls.inbound_identities),
           .reloadable = true,
           .about = "The same for single numbers of yours."),
    OPTION(.name = "SWITCHHOOK_RING_TIMEOUT",
           SECONDS(calls.ring_timeout_s, 5, 600),
           .fallback = "30",
           .reloadable = true,
           .about = "How long the other side rings before it counts as not answered."),
    OPTION(.name = "SWITCHHOOK_TIME_LIMIT",
           SECONDS(calls.time_limit_s, 1, 86400),
           .fallback = "14400",
           .reloadable = true,
           .about = "How long a call may last; a forgotten one costs no more than this."),
    OPTION(.name = "SWITCHHOOK_RECORD",
           WORD(calls.record, enum config_record, record_words),
           .fallback = "do-not-record",
           .reloadable = true,
           .about = "Whether calls are recorded; mind the law where both sides are."),
    OPTION(.name = "SWITCHHOOK_RECORD_DIRECTIONS",
           RECORD_DIRECTIONS(calls.record_directions, record_words),
           .reloadable = true,
           .about = "The same for single directions of calls."),
    OPTION(.name = "SWITCHHOOK_RECORDING_ANNOUNCEMENT",
           TEXT(calls.recording_announcement),
           .max = SPEECH_BYTES_MAX,
           .reloadable = true,
           .about = "Said to both sides before a call is recorded; recording begins after it."),
    OPTION(.name = "SWITCHHOOK_TWIML_URL_HOSTS",
           HOSTS(calls.twiml_url_hosts),
           .reloadable = true,
           .about = "Hosts whose TwiML a REST caller may name for a call; none unless listed."),
    OPTION(.name = "SWITCHHOOK_EMERGENCY_NUMBERS",
           SHORT_NUMBERS(calls.emergency_numbers),
           .fallback =
               "911,112,999,000,100,101,102,103,108,110,111,113,114,115,117,118,119,120,122,"
               "133,144,155,158,190,192,193,988,995,997,998",
           .reloadable = true,
           .about = "Refused with a spoken sentence: this phone cannot reach emergency services."),
    OPTION(.name = "SWITCHHOOK_IDEMPOTENCY_TTL_MS",
           MILLISECONDS(calls.idempotency_ttl_ms, 1, 604800000),
           .fallback = "86400000",
           .about = "How long an Idempotency-Key is remembered."),
    OPTION(.name = "SWITCHHOOK_POLICY_HOUR_MS",
           MILLISECONDS(calls.policy_hour_ms, 1200, 3600000),
           .fallback = "3600000",
           .about = "How long an hour is to the policy's calls_per_hour; shorter for tests."),
};

static const struct option speech[] = {
    OPTION(.name = "SWITCHHOOK_SAY_VOICE",
           NAME(speech.voice),
           .fallback_note = "the account's voice",
           .reloadable = true,
           .about = "The voice that speaks, e.g. alice or Polly.Joanna."),
    OPTION(.name = "SWITCHHOOK_SAY_LANGUAGE",
           NAME(speech.language),
           .fallback_note = "the voice's language",
           .reloadable = true,
           .about = "The language it speaks, e.g. en-GB."),
    OPTION(.name = "SWITCHHOOK_GREETING_TEXT",
           TEXT(speech.greeting_text),
           .max = SPEECH_BYTES_MAX,
           .fallback = "Hello! This is a call from KIN Communications Platform.",
           .reloadable = true,
           .about =
               "The first sentence of a call that was placed over REST; a second's pause follows."),
    OPTION(.name = "SWITCHHOOK_GREETING_QUESTION",
           TEXT(speech.greeting_question),
           .max = SPEECH_BYTES_MAX,
           .fallback = "How can I help you today?",
           .reloadable = true,
           .about = "The second sentence of such a call."),
    OPTION(.name = "SWITCHHOOK_MENU_PROMPT",
           TEXT(speech.menu_prompt),
           .max = SPEECH_BYTES_MAX,
           .fallback = "Press 1 for sales, 2 for support, or 3 to speak with an operator.",
           .reloadable = true,
           .about = "Asks the caller to press a key."),
    OPTION(.name = "SWITCHHOOK_MENU_FALLBACK",
           TEXT(speech.menu_fallback),
           .max = SPEECH_BYTES_MAX,
           .fallback = "Sorry, I didn't receive any input. Goodbye!",
           .reloadable = true,
           .about = "Said when no key was pressed."),
    OPTION(.name = "SWITCHHOOK_MENU",
           MENU(speech.menu),
           .fallback = "1=client:sales,2=client:support,3=client:operator",
           .reloadable = true,
           .about = "Whom each key of the menu calls."),
    OPTION(.name = "SWITCHHOOK_APOLOGY_TEXT",
           TEXT(speech.apology_text),
           .max = SPEECH_BYTES_MAX,
           .fallback =
               "We are sorry, this call cannot be completed right now. Please try again later.",
           .reloadable = true,
           .about = "Said when something went wrong here; nobody is dialled then."),
    OPTION(.name = "SWITCHHOOK_EMERGENCY_TEXT",
           TEXT(speech.emergency_text),
           .max = SPEECH_BYTES_MAX,
           .fallback = "This phone cannot reach emergency services. Please hang up and dial the "
                       "emergency number from another phone.",
           .reloadable = true,
           .about = "Said when an emergency number was dialled."),
};

const struct option_group group_calls = {
    "Calls",
    NULL,
    calls,
    ARRAY_LEN(calls),
};

const struct option_group group_speech = {
    "What callers hear",
    NULL,
    speech,
    ARRAY_LEN(speech),
};
