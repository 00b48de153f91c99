/* Options: playing recordings. */
#include "core/macros.h"
#include "groups.h"

static const struct option playing[] = {
    OPTION(.name = "SWITCHHOOK_RECORDING_READERS",
           COUNT(playing.readers, 1, 64),
           .fallback = "4",
           .about = "Threads that read recordings from where they are stored, to be played."),
    OPTION(.name = "SWITCHHOOK_RECORDING_PLAYERS_MAX",
           COUNT(playing.at_once_max, 1, 10000),
           .fallback = "64",
           .about = "Recordings that are played at once; who comes then is told to try again. Each "
                    "takes about 300 KB of memory."),
    OPTION(.name = "SWITCHHOOK_RECORDING_LINK_TTL",
           SECONDS(playing.link_ttl_s, 1, 3600),
           .fallback = "300",
           .reloadable = true,
           .about = "How long a link to the sound of a recording is good, if nothing else is asked "
                    "for."),
};

const struct option_group group_playing = {
    "Playing recordings",
    NULL,
    playing,
    ARRAY_LEN(playing),
};
