/* Options: what becomes of the sound of recordings. */
#include "core/macros.h"
#include "groups.h"

static const struct option_word format_words[] = {
    WORD_ROW("wav", CONFIG_AUDIO_WAV),
    WORD_ROW("mp3", CONFIG_AUDIO_MP3),
    WORD_ROW(NULL, 0),
};

static const struct option_word channels_words[] = {
    WORD_ROW("recorded", CONFIG_CHANNELS_RECORDED),
    WORD_ROW("mono", CONFIG_CHANNELS_MONO),
    WORD_ROW(NULL, 0),
};

static const struct option recordings[] = {
    OPTION(.name = "SWITCHHOOK_RECORDINGS_FETCH",
           BOOL(recordings.fetch),
           .fallback = "true",
           .about = "Whether the sound of recordings is brought here as soon as it is complete; "
                    "else it stays at Twilio."),
    OPTION(.name = "SWITCHHOOK_RECORDINGS_FORMAT",
           WORD(recordings.format, enum config_audio, format_words),
           .fallback = "wav",
           .about = "As what it is fetched: wav (16 kB a second and channel) or mp3 (an eighth)."),
    OPTION(.name = "SWITCHHOOK_RECORDINGS_CHANNELS",
           WORD(recordings.channels, enum config_channels, channels_words),
           .fallback = "recorded",
           .about = "recorded fetches two channels of what was recorded in two, mono mixes them."),
    OPTION(.name = "SWITCHHOOK_RECORDINGS_MAX_BYTES",
           BYTES(recordings.bytes_max, 1024, 1099511627776),
           .fallback = "2147483648",
           .about = "The largest recording that is fetched; a larger one is buried as failed."),
    OPTION(.name = "SWITCHHOOK_RECORDINGS_RESERVE_BYTES",
           BYTES(recordings.reserve_bytes, 0, 1099511627776),
           .fallback = "268435456",
           .about = "With less free space than this nothing is fetched until there is more again."),
    OPTION(.name = "SWITCHHOOK_RECORDINGS_ROOM_CHECK_MS",
           MILLISECONDS(recordings.room_check_ms, 10, 3600000),
           .fallback = "30000",
           .about = "How long to wait after the disk was full before it is tried again."),
    OPTION(.name = "SWITCHHOOK_RECORDINGS_TIMEOUT_MS",
           MILLISECONDS(recordings.timeout_ms, 100, 86000000),
           .fallback = "3600000",
           .about = "For the download of one recording."),
    OPTION(.name = "SWITCHHOOK_RECORDINGS_STALL_MS",
           MILLISECONDS(recordings.stall_ms, 50, 3600000),
           .fallback = "60000",
           .about = "A download that brings fewer than 16 KiB in this time is given up, and tried "
                    "again later."),
    OPTION(.name = "SWITCHHOOK_RECORDINGS_READY_MS",
           MILLISECONDS(recordings.ready_ms, 10, 3600000),
           .fallback = "1000",
           .about = "The first pause while Twilio has a recording's sound not ready yet; pauses "
                    "grow with time."),
    OPTION(.name = "SWITCHHOOK_RECORDINGS_READY_MAX_MS",
           MILLISECONDS(recordings.ready_max_ms, 10, 3600000),
           .fallback = "60000",
           .about = "The longest such pause, and how long Twilio may not know of a recording that "
                    "it has told of."),
    OPTION(.name = "SWITCHHOOK_RECORDINGS_READY_WITHIN_MS",
           MILLISECONDS(recordings.ready_within_ms, 10, 604800000),
           .fallback = "3600000",
           .about = "After this long a sound that is not ready is a failure like any other "
                    "(SWITCHHOOK_MEDIA_ATTEMPTS_MAX)."),
};

const struct option_group group_recordings = {
    .title = "Recordings",
    .about = "What becomes of their sound.",
    .options = recordings,
    .count = ARRAY_LEN(recordings),
};
