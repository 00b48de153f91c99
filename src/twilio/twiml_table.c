/*
 * The table of TwiML: every element of voice TwiML (without <Pay> and <Prompt>), the parents it may
 * have, its attributes and what each may hold, and what its text may be. The builder and the reader
 * know nothing else.
 *
 * Names, words and nesting are those of Twilio's helper libraries (6.2.0); ranges are those of
 * Twilio's page of each verb and noun. A new attribute is one row here.
 */
#include "twiml_table.h"

#include <string.h>

#include "core/macros.h"

enum { SECONDS_MAX = 24 * 60 * 60 }; /* the longest a call can be made to last */

/* ---- ways to say what an attribute may hold */
/* clang-format off */
#define TEXT(n, most) {n, {.kind = VALUE_TEXT, .max = (most)}}
#define LINE(n, most) {n, {.kind = VALUE_LINE, .max = (most)}}
#define NAME(n, most) {n, {.kind = VALUE_NAME, .max = (most)}}
#define BOOL(n) {n, {.kind = VALUE_BOOL}}
#define INT(n, least, most) {n, {.kind = VALUE_INT, .min = (least), .max = (most)}}
#define INT_OR_AUTO(n, least, most) {n, {.kind = VALUE_INT_OR_AUTO, .min = (least), .max = (most)}}
#define ONE_OF(n, list) {n, {.kind = VALUE_ONE_OF, .words = (list)}}
#define SOME_OF(n, list) {n, {.kind = VALUE_SOME_OF, .words = (list)}}
#define KEYS(n, set, most) {n, {.kind = VALUE_KEYS, .words = (set), .max = (most)}}
#define WORD(n) {n, {.kind = VALUE_WORD}}
#define URL(n) {n, {.kind = VALUE_URL}}
#define WSS(n, without) {n, {.kind = VALUE_WSS, .words = (without)}}
#define CALLER(n) {n, {.kind = VALUE_CALLER}}
#define METHOD(n) ONE_OF(n, "GET POST")
/* clang-format on */

/* ---- words that several elements share */
#define KEYPAD "0123456789*#"
#define DIALLED_KEYS "0123456789*#wWABCDabcd"
#define TRACKS "inbound outbound both"
#define STREAM_TRACKS "inbound_track outbound_track both_tracks"
#define TRIMS "trim-silence do-not-trim"
#define LEG_RECORDS                                                                                \
    "do-not-record record-from-answer record-from-ringing record-from-answer-dual "                \
    "record-from-ringing-dual true false"
#define INTERRUPTIONS "none dtmf speech any true false"
#define RING_TONES                                                                                 \
    "at au bg br be ch cl cn cz de dk ee es fi fr gr hu il in it lt jp mx my nl no nz ph pl pt "   \
    "ru se sg th uk us us-old tw ve za"

/* ---- attributes that several elements share */
#define ACTION URL("action"), METHOD("method")
#define DOCUMENT URL("url"), METHOD("method")
#define STATUS_CALLBACK URL("statusCallback"), METHOD("statusCallbackMethod")
#define LEG_CALLBACK                                                                               \
    STATUS_CALLBACK, SOME_OF("statusCallbackEvent", "initiated ringing answered completed")
#define RECORDING_CALLBACK                                                                         \
    URL("recordingStatusCallback"), METHOD("recordingStatusCallbackMethod"),                       \
        SOME_OF("recordingStatusCallbackEvent", "in-progress completed absent")
#define MACHINE_DETECTION                                                                          \
    ONE_OF("machineDetection", "Enable DetectMessageEnd"), INT("machineDetectionTimeout", 3, 59),  \
        INT("machineDetectionSpeechThreshold", 1000, 6000),                                        \
        INT("machineDetectionSpeechEndThreshold", 500, 5000),                                      \
        INT("machineDetectionSilenceTimeout", 2000, 10000), URL("amdStatusCallback"),              \
        METHOD("amdStatusCallbackMethod")

/* ---- verbs */
static const struct twiml_attribute action_attributes[] = {ACTION};

static const struct twiml_attribute dial_attributes[] = {
    ACTION,
    INT("timeout", 1, 600),
    INT("timeLimit", 0, SECONDS_MAX),
    CALLER("callerId"),
    BOOL("answerOnBridge"),
    BOOL("hangupOnStar"),
    ONE_OF("record", LEG_RECORDS),
    ONE_OF("trim", TRIMS),
    RECORDING_CALLBACK,
    ONE_OF("recordingTrack", TRACKS),
    WORD("recordingConfigurationId"),
    ONE_OF("ringTone", RING_TONES),
    BOOL("sequential"),
    URL("referUrl"),
    METHOD("referMethod"),
    LINE("callReason", 50),
    SOME_OF("events", "call-progress-event"),
    LINE("passports", 0),
};

static const struct twiml_attribute enqueue_attributes[] = {
    ACTION,
    URL("waitUrl"),
    METHOD("waitUrlMethod"),
    WORD("workflowSid"),
    INT("maxQueueSize", 1, 5000),
};

static const struct twiml_attribute gather_attributes[] = {
    ACTION,
    SOME_OF("input", "dtmf speech"),
    INT_OR_AUTO("timeout", 1, SECONDS_MAX),
    INT_OR_AUTO("speechTimeout", 1, SECONDS_MAX),
    INT("maxSpeechTime", 1, SECONDS_MAX),
    INT("numDigits", 1, INT32_MAX),
    KEYS("finishOnKey", KEYPAD, 1),
    BOOL("actionOnEmptyResult"),
    TEXT("hints", 0),
    WORD("language"),
    URL("partialResultCallback"),
    METHOD("partialResultCallbackMethod"),
    BOOL("profanityFilter"),
    WORD("speechModel"),
    BOOL("enhanced"),
    BOOL("bargeIn"),
    BOOL("debug"),
};

static const struct twiml_attribute pause_attributes[] = {INT("length", 1, SECONDS_MAX)};

static const struct twiml_attribute play_attributes[] = {
    INT("loop", 0, 1000),
    KEYS("digits", DIALLED_KEYS, 0),
};

static const struct twiml_attribute queue_attributes[] = {
    DOCUMENT,
    WORD("reservationSid"),
    WORD("postWorkActivitySid"),
};

static const struct twiml_attribute record_attributes[] = {
    ACTION,
    INT("timeout", 0, SECONDS_MAX),
    KEYS("finishOnKey", KEYPAD, 0),
    INT("maxLength", 1, SECONDS_MAX),
    BOOL("playBeep"),
    ONE_OF("trim", TRIMS),
    RECORDING_CALLBACK,
    BOOL("transcribe"),
    URL("transcribeCallback"),
    WORD("recordingConfigurationId"),
};

static const struct twiml_attribute redirect_attributes[] = {METHOD("method")};

static const struct twiml_attribute reject_attributes[] = {ONE_OF("reason", "rejected busy")};

static const struct twiml_attribute say_attributes[] = {
    WORD("voice"),
    WORD("language"),
    INT("loop", 0, 1000),
};

static const struct twiml_attribute sms_attributes[] = {
    NAME("to", 0),
    NAME("from", 0),
    ACTION,
    URL("statusCallback"),
};

/* ---- nouns of <Dial>, <Enqueue> and <Refer> */
static const struct twiml_attribute application_attributes[] = {
    DOCUMENT,
    LEG_CALLBACK,
    LINE("customerId", 0),
    BOOL("copyParentTo"),
};

static const struct twiml_attribute leg_attributes[] = {DOCUMENT, LEG_CALLBACK};

static const struct twiml_attribute conference_attributes[] = {
    BOOL("muted"),
    ONE_OF("beep", "true false onEnter onExit"),
    BOOL("startConferenceOnEnter"),
    BOOL("endConferenceOnExit"),
    LINE("participantLabel", 128),
    ONE_OF("jitterBufferSize", "off small medium large"),
    URL("waitUrl"),
    METHOD("waitMethod"),
    INT("maxParticipants", 2, 250),
    ONE_OF("record", "do-not-record record-from-start"),
    ONE_OF("trim", TRIMS),
    ONE_OF("region", "us1 us2 ie1 de1 sg1 br1 au1 jp1"),
    WORD("coach"),
    SOME_OF("statusCallbackEvent", "start end join leave mute hold modify speaker announcement"),
    STATUS_CALLBACK,
    RECORDING_CALLBACK,
    URL("eventCallbackUrl"),
    WORD("recordingConfigurationId"),
};

static const struct twiml_attribute number_attributes[] = {
    KEYS("sendDigits", DIALLED_KEYS, 0), DOCUMENT, LEG_CALLBACK, WORD("byoc"), MACHINE_DETECTION,
};

static const struct twiml_attribute sip_attributes[] = {
    DOCUMENT, LEG_CALLBACK, MACHINE_DETECTION, LINE("username", 0), LINE("password", 0),
};

static const struct twiml_attribute uri_attributes[] = {
    INT("priority", 0, 65535),
    INT("weight", 0, 65535),
    LINE("username", 0),
    LINE("password", 0),
};

static const struct twiml_attribute header_attributes[] = {NAME("name", 0), LINE("value", 0)};

static const struct twiml_attribute parameter_attributes[] = {NAME("name", 0), TEXT("value", 0)};

static const struct twiml_attribute task_attributes[] = {
    INT("priority", 0, INT32_MAX),
    INT("timeout", 1, INT32_MAX),
};

/* ---- nouns of <Start>, <Stop> and <Connect> */
static const struct twiml_attribute ai_session_attributes[] = {
    LINE("aiConnector", 0),
    TEXT("aiSessionConfiguration", 0),
};

static const struct twiml_attribute conversation_attributes[] = {
    WORD("serviceInstanceSid"),
    BOOL("inboundAutocreation"),
    INT("routingAssignmentTimeout", 0, INT32_MAX),
    INT("inboundTimeout", 0, INT32_MAX),
    DOCUMENT,
    ONE_OF("record", LEG_RECORDS),
    ONE_OF("trim", TRIMS),
    RECORDING_CALLBACK,
    STATUS_CALLBACK,
    SOME_OF("statusCallbackEvent", "call-initiated call-ringing call-answered call-completed"),
};

static const struct twiml_attribute conversation_relay_attributes[] = {
    WSS("url", ""),
    TEXT("welcomeGreeting", 0),
    ONE_OF("welcomeGreetingInterruptible", INTERRUPTIONS),
    WORD("language"),
    WORD("ttsLanguage"),
    WORD("transcriptionLanguage"),
    WORD("ttsProvider"),
    WORD("voice"),
    WORD("transcriptionProvider"),
    WORD("speechModel"),
    ONE_OF("interruptible", INTERRUPTIONS),
    WORD("interruptSensitivity"),
    BOOL("dtmfDetection"),
    ONE_OF("reportInputDuringAgentSpeech", INTERRUPTIONS),
    BOOL("preemptible"),
    BOOL("partialPrompts"),
    TEXT("hints", 0),
    BOOL("profanityFilter"),
    LINE("intelligenceService", 0),
    LINE("debug", 0),
    LINE("events", 0),
    WORD("elevenlabsTextNormalization"),
    WORD("backgroundnoisereduction"),
    WORD("deepgramsmartformat"),
    WORD("ignorebackchannel"),
    WORD("speechtimeout"),
};

static const struct twiml_attribute conversation_relay_session_attributes[] = {
    LINE("connector", 0),
    TEXT("sessionConfiguration", 0),
};

static const struct twiml_attribute language_attributes[] = {
    WORD("code"),        WORD("ttsProvider"), WORD("voice"), WORD("transcriptionProvider"),
    WORD("speechModel"),
};

static const struct twiml_attribute recording_attributes[] = {
    ONE_OF("channels", "mono dual"),
    ONE_OF("track", TRACKS),
    ONE_OF("trim", TRIMS),
    RECORDING_CALLBACK,
    WORD("recordingConfigurationId"),
};

static const struct twiml_attribute room_attributes[] = {NAME("participantIdentity", 0)};

static const struct twiml_attribute siprec_attributes[] = {
    NAME("name", 0),
    NAME("connectorName", 0),
    ONE_OF("track", STREAM_TRACKS),
    STATUS_CALLBACK,
};

static const struct twiml_attribute stream_attributes[] = {
    WSS("url", "?"),    NAME("name", 0),          ONE_OF("track", STREAM_TRACKS),
    STATUS_CALLBACK,    NAME("connectorName", 0), LINE("audioFormat", 0),
    WORD("sampleRate"),
};

static const struct twiml_attribute transcription_attributes[] = {
    NAME("name", 0),
    ONE_OF("track", STREAM_TRACKS),
    URL("statusCallbackUrl"),
    METHOD("statusCallbackMethod"),
    LINE("inboundTrackLabel", 0),
    LINE("outboundTrackLabel", 0),
    BOOL("partialResults"),
    WORD("languageCode"),
    WORD("transcriptionEngine"),
    BOOL("profanityFilter"),
    WORD("speechModel"),
    TEXT("hints", 0),
    BOOL("enableAutomaticPunctuation"),
    LINE("intelligenceService", 0),
};

static const struct twiml_attribute virtual_agent_attributes[] = {
    NAME("connectorName", 0),
    WORD("language"),
    BOOL("sentimentAnalysis"),
    STATUS_CALLBACK,
};

/* ---- SSML in <Say> */
static const struct twiml_attribute break_attributes[] = {
    ONE_OF("strength", "none x-weak weak medium strong x-strong"),
    WORD("time"),
};

static const struct twiml_attribute emphasis_attributes[] = {
    ONE_OF("level", "strong moderate reduced"),
};

static const struct twiml_attribute lang_attributes[] = {WORD("xml:lang")};

static const struct twiml_attribute phoneme_attributes[] = {
    ONE_OF("alphabet",
           "ipa x-sampa x-amazon-jyutping x-amazon-pinyin x-amazon-pron-kana x-amazon-yomigana"),
    LINE("ph", 0),
};

static const struct twiml_attribute prosody_attributes[] = {
    LINE("volume", 0),
    LINE("rate", 0),
    LINE("pitch", 0),
};

static const struct twiml_attribute say_as_attributes[] = {
    ONE_OF("interpret-as",
           "characters spell-out cardinal number ordinal digits fraction unit date time address "
           "expletive telephone"),
    ONE_OF("format", "mdy dmy ymd md dm ym my d m y yyyymmdd"),
};

static const struct twiml_attribute sub_attributes[] = {LINE("alias", 0)};

static const struct twiml_attribute w_attributes[] = {WORD("role")};

/* ---- the elements. The nesting of SSML: <p> and <s> are blocks, <w> holds no <w> and no <lang>.
 */
#define IN TWIML_IN
#define VERB IN(RESPONSE)
#define SPOKEN (IN(RESPONSE) | IN(GATHER))
#define CHANNEL (IN(START) | IN(STOP))
#define SSML_BLOCK (IN(SAY) | IN(LANG) | IN(PROSODY))
#define SSML_LINE (SSML_BLOCK | IN(P) | IN(S) | IN(EMPHASIS))
#define SSML_WORD (SSML_LINE | IN(W))
#define HAS(list) .attributes = list##_attributes, .attribute_count = ARRAY_LEN(list##_attributes)
#define HOLDS(what) .text = {.kind = VALUE_##what}
#define HOLDS_UP_TO(what, most) .text = {.kind = VALUE_##what, .max = (most)}
#define MIXED .mixed = true
#define FILLED .filled = true
#define ALONE(where) .alone_in = IN(where)
#define ROW(name, in, ...) [TWIML_##name] = {.parents = (in), __VA_ARGS__}

enum { SAY_CHARACTERS = 4096, QUEUE_NAME_CHARACTERS = 64, SMS_CHARACTERS = 1600 };

static const struct twiml_rule rules[TWIML_UNKNOWN] = {
    ROW(RESPONSE, 0),

    ROW(CONNECT, VERB, HAS(action)),
    ROW(DIAL, VERB, HAS(dial), HOLDS(TARGET), FILLED),
    ROW(ECHO, VERB),
    ROW(ENQUEUE, VERB, HAS(enqueue), HOLDS_UP_TO(NAME, QUEUE_NAME_CHARACTERS)),
    ROW(GATHER, VERB, HAS(gather)),
    ROW(HANGUP, VERB),
    ROW(LEAVE, VERB),
    ROW(PAUSE, SPOKEN, HAS(pause)),
    ROW(PLAY, SPOKEN, HAS(play), HOLDS(URL)),
    ROW(QUEUE, VERB | IN(DIAL), HAS(queue), HOLDS_UP_TO(NAME, QUEUE_NAME_CHARACTERS), ALONE(DIAL)),
    ROW(RECORD, VERB, HAS(record)),
    ROW(REDIRECT, VERB, HAS(redirect), HOLDS(URL)),
    ROW(REFER, VERB, HAS(action)),
    ROW(REJECT, VERB, HAS(reject)),
    ROW(SAY, SPOKEN, HAS(say), HOLDS_UP_TO(TEXT, SAY_CHARACTERS), MIXED),
    ROW(SMS, VERB, HAS(sms), HOLDS_UP_TO(TEXT, SMS_CHARACTERS)),
    ROW(START, VERB, HAS(action)),
    ROW(STOP, VERB),

    ROW(APPLICATION, IN(DIAL), HAS(application), HOLDS(WORD), FILLED),
    ROW(APPLICATION_SID, IN(APPLICATION), HOLDS(WORD), FILLED),
    ROW(CLIENT, IN(DIAL), HAS(leg), HOLDS(CLIENT_NAME), FILLED),
    ROW(CONFERENCE, IN(DIAL), HAS(conference), HOLDS(NAME), ALONE(DIAL), FILLED),
    ROW(HEADER, IN(HEADERS), HAS(header)),
    ROW(HEADERS, IN(SIP)),
    ROW(IDENTITY, IN(CLIENT), HOLDS(CLIENT_NAME), FILLED),
    ROW(NUMBER, IN(DIAL), HAS(number), HOLDS(PHONE), FILLED),
    ROW(PARAMETER,
        IN(CLIENT) | IN(APPLICATION) | IN(HANGUP) | IN(REJECT) | IN(STREAM) | IN(SIPREC) |
            IN(TRANSCRIPTION) | IN(VIRTUAL_AGENT) | IN(CONVERSATION_RELAY),
        HAS(parameter)),
    ROW(SIM, IN(DIAL), HOLDS(WORD), FILLED),
    ROW(SIP, IN(DIAL) | IN(REFER), HAS(sip), HOLDS(SIP_ADDRESS), FILLED),
    ROW(TASK, IN(ENQUEUE), HAS(task), HOLDS(JSON), FILLED),
    ROW(URI, IN(SIP), HAS(uri), HOLDS(SIP_ADDRESS), FILLED),
    ROW(WHATSAPP, IN(DIAL), HAS(leg), HOLDS(PHONE), FILLED),

    ROW(AI_SESSION, IN(CONNECT), HAS(ai_session)),
    ROW(AUTOPILOT, IN(CONNECT), HOLDS(NAME), FILLED),
    ROW(CONFIG, IN(TRANSCRIPTION) | IN(VIRTUAL_AGENT), HAS(parameter)),
    ROW(CONVERSATION, IN(CONNECT), HAS(conversation)),
    ROW(CONVERSATION_RELAY, IN(CONNECT), HAS(conversation_relay)),
    ROW(CONVERSATION_RELAY_SESSION, IN(CONNECT), HAS(conversation_relay_session)),
    ROW(LANGUAGE, IN(CONVERSATION_RELAY), HAS(language)),
    ROW(RECORDING, IN(START), HAS(recording)),
    ROW(ROOM, IN(CONNECT), HAS(room), HOLDS(NAME), FILLED),
    ROW(SIPREC, CHANNEL, HAS(siprec)),
    ROW(STREAM, CHANNEL | IN(CONNECT), HAS(stream)),
    ROW(TRANSCRIPTION, CHANNEL, HAS(transcription)),
    ROW(VIRTUAL_AGENT, IN(CONNECT), HAS(virtual_agent)),

    ROW(BREAK, SSML_WORD, HAS(break)),
    ROW(EMPHASIS, SSML_WORD, HAS(emphasis), HOLDS(TEXT), MIXED),
    ROW(LANG, SSML_LINE, HAS(lang), HOLDS(TEXT), MIXED),
    ROW(P, SSML_BLOCK, HOLDS(TEXT), MIXED),
    ROW(PHONEME, SSML_WORD, HAS(phoneme), HOLDS(TEXT)),
    ROW(PROSODY, SSML_WORD, HAS(prosody), HOLDS(TEXT), MIXED),
    ROW(S, SSML_BLOCK | IN(P), HOLDS(TEXT), MIXED),
    ROW(SAY_AS, SSML_WORD, HAS(say_as), HOLDS(TEXT)),
    ROW(SUB, SSML_WORD, HAS(sub), HOLDS(TEXT)),
    ROW(W, SSML_LINE, HAS(w), HOLDS(TEXT), MIXED),
};

static const char *const names[] = {
#define X(name, text) [TWIML_##name] = (text),
    TWIML_ELEMENTS(X)
#undef X
        [TWIML_UNKNOWN] = "",
};

_Static_assert(TWIML_UNKNOWN <= 64, "a set of elements is one 64-bit mask");
_Static_assert(ARRAY_LEN(conversation_relay_attributes) <= 64, "so is a set of attributes");

const char *twiml_element_name(enum twiml_element element)
{
    ASSERT((unsigned)element <= TWIML_UNKNOWN);
    return names[element];
}

const struct twiml_rule *twiml_rule(enum twiml_element element)
{
    ASSERT((unsigned)element < TWIML_UNKNOWN);
    return &rules[element];
}

enum twiml_element twiml_element_find(const char *name)
{
    unsigned element = 0;
    while (element < TWIML_UNKNOWN && strcmp(names[element], name) != 0)
        element++;
    return (enum twiml_element)element;
}

int twiml_attribute_find(const struct twiml_rule *rule, const char *name)
{
    for (size_t i = 0; i < rule->attribute_count; i++)
        if (strcmp(rule->attributes[i].name, name) == 0)
            return (int)i;
    return -1;
}
