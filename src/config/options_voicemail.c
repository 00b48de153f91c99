/* Options: messages that callers leave, and what is written down of what they say. */
#include "core/macros.h"
#include "groups.h"
#include "words.h"

enum {
    GREETING_BYTES_MAX = 3000, /* Twilio's limit for one <Say> with the newer voices, error 13521 */
    KEYS_MAX = 12,
};

#define X(name, text) WORD_ROW(text, CONFIG_TRIM_##name),
static const struct option_word trim_words[] = {
    CONFIG_TRIMS(X) WORD_ROW(NULL, 0),
};
#undef X

#define X(name, text) WORD_ROW(text, CONFIG_TRACK_##name),
static const struct option_word track_words[] = {
    CONFIG_TRACKS(X) WORD_ROW(NULL, 0),
};
#undef X

#define X(name, text) WORD_ROW(text, 1u << CONFIG_CALLS_##name),
static const struct option_word direction_words[] = {
    WORD_ROW("none", WORD_EMPTY_SET),
    WORD_ROW("all", WORD_FULL_SET),
    CONFIG_CALL_DIRECTIONS(X) WORD_ROW(NULL, 0),
};
#undef X

const char *config_trim_text(enum config_trim trim)
{
    return trim_words[trim].word;
}

const char *config_track_text(enum config_track track)
{
    return track_words[track].word;
}

static const struct option voicemail[] = {
    OPTION(.name = "SWITCHHOOK_VOICEMAIL",
           BOOL(voicemail.on),
           .fallback = "false",
           .reloadable = true,
           .about = "Whether who calls and reaches nobody is asked to leave a message."),
    OPTION(.name = "SWITCHHOOK_VOICEMAIL_GREETING",
           TEXT(voicemail.greeting),
           .max = GREETING_BYTES_MAX,
           .fallback = "Nobody can take your call right now. Please leave a message after the "
                       "tone.",
           .reloadable = true,
           .about = "What the caller hears first: a text, or an https URL of a sound; "
                    "greetings.json in SWITCHHOOK_CONFIG_DIR has others for single numbers and "
                    "identities."),
    OPTION(.name = "SWITCHHOOK_VOICEMAIL_THANKS",
           TEXT(voicemail.thanks),
           .max = GREETING_BYTES_MAX,
           .fallback = "Thank you. Your message was recorded. Goodbye.",
           .reloadable = true,
           .about = "What the caller hears after the message."),
    OPTION(.name = "SWITCHHOOK_VOICEMAIL_NOTHING_HEARD",
           TEXT(voicemail.silence),
           .max = GREETING_BYTES_MAX,
           .fallback = "No message was recorded. Goodbye.",
           .reloadable = true,
           .about = "What the caller hears who said nothing."),
    OPTION(.name = "SWITCHHOOK_VOICEMAIL_LENGTH",
           SECONDS(voicemail.length_max_s, 2, 3600),
           .fallback = "120",
           .reloadable = true,
           .about = "How long a message may be."),
    OPTION(.name = "SWITCHHOOK_VOICEMAIL_SILENCE",
           SECONDS(voicemail.silence_s, 0, 60),
           .fallback = "5",
           .reloadable = true,
           .about = "How much silence ends a message; 0 is none."),
    OPTION(.name = "SWITCHHOOK_VOICEMAIL_KEYS",
           PLAIN(voicemail.finish_on_key, KEYS_MAX),
           .fallback = "#",
           .reloadable = true,
           .about = "Which keys of the telephone end a message."),
    OPTION(.name = "SWITCHHOOK_VOICEMAIL_BEEP",
           BOOL(voicemail.beep),
           .fallback = "true",
           .reloadable = true,
           .about = "Whether a tone is heard before the recording begins."),
    OPTION(.name = "SWITCHHOOK_VOICEMAIL_TRIM",
           WORD(voicemail.trim, enum config_trim, trim_words),
           .fallback = "trim-silence",
           .reloadable = true,
           .about = "Whether silence at both ends of a message is cut off."),
    OPTION(.name = "SWITCHHOOK_VOICEMAIL_TRANSCRIBE",
           BOOL(voicemail.transcribe),
           .fallback = "false",
           .reloadable = true,
           .about = "Whether Twilio writes messages down; English of 2 to 120 seconds, for a "
                    "price."),
};

static const struct option transcripts[] = {
    OPTION(.name = "SWITCHHOOK_TRANSCRIBE",
           WORD_SET(transcripts.directions, direction_words),
           .fallback = "none",
           .reloadable = true,
           .about = "Which calls Twilio writes down while they go on, for a price; mind the law "
                    "where both sides are."),
    OPTION(.name = "SWITCHHOOK_TRANSCRIBE_LANGUAGE",
           NAME(transcripts.language),
           .fallback_note = "Twilio's, en-US",
           .reloadable = true,
           .about = "The language that is spoken, e.g. en-GB."),
    OPTION(.name = "SWITCHHOOK_TRANSCRIBE_TRACK",
           WORD(transcripts.track, enum config_track, track_words),
           .fallback = "both_tracks",
           .reloadable = true,
           .about = "Whose words: inbound_track is who is at the call's first leg, outbound_track "
                    "the one who is dialled."),
    OPTION(.name = "SWITCHHOOK_TRANSCRIBE_PARTIALS",
           BOOL(transcripts.partials),
           .fallback = "false",
           .reloadable = true,
           .about = "Whether words are told before the sentence is over, too."),
};

const struct option_group group_voicemail = {
    "Voicemail",
    NULL,
    voicemail,
    ARRAY_LEN(voicemail),
};

const struct option_group group_transcripts = {
    "Transcripts",
    NULL,
    transcripts,
    ARRAY_LEN(transcripts),
};
