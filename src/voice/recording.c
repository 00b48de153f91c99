#include "voice/recording.h"

#include "core/macros.h"
#include "core/text.h"

const char *recording_media_text(enum recording_media media)
{
    static const char *const texts[] = {
#define X(name, text) text,
        RECORDING_MEDIA(X)
#undef X
    };
    return texts[media];
}

bool recording_media_from_text(const char *text, enum recording_media *out)
{
#define X(name, word)                                                                              \
    if (text_equal(text, word)) {                                                                  \
        *out = RECORDING_MEDIA_##name;                                                             \
        return true;                                                                               \
    }
    RECORDING_MEDIA(X)
#undef X
    return false;
}

int recording_status_rank(const char *status)
{
    static const struct {
        const char *status;
        int rank;
    } ranks[] = {
        {"in-progress", 1},
        {"paused",      2},
        {"stopped",     3},
        {"processing",  4},
        {"completed",   5},
        {"absent",      5},
        {"failed",      5},
        {"deleted",     6},
    };
    for (size_t i = 0; i < ARRAY_LEN(ranks); i++) {
        if (text_equal(status, ranks[i].status))
            return ranks[i].rank;
    }
    return 0;
}
