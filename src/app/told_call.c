#include "app/told_call.h"

int told_call_read(struct store_rx *rx,
                   int64_t number,
                   struct arena *arena,
                   struct told_call *out,
                   struct error *err)
{
    struct told_call told;
    if (store_get_call_by_number(rx, number, arena, &told.call, err) < 0 ||
        store_list_legs(rx, number, arena, &told.legs, err) < 0 ||
        store_list_call_recordings(rx, number, arena, &told.recordings, err) < 0)
        return -1;
    *out = told;
    return 0;
}

bool told_call_may_hear(const struct caller *caller, enum news_kind kind)
{
    static const struct {
        enum news_kind kind;
        enum scope needs;
    } reserved[] = {
        {NEWS_VOICEMAIL_NEW,         SCOPE_VOICEMAILS_READ },
        {NEWS_VOICEMAIL_READ,        SCOPE_VOICEMAILS_READ },
        {NEWS_VOICEMAIL_DELETED,     SCOPE_VOICEMAILS_READ },
        {NEWS_VOICEMAIL_TRANSCRIBED, SCOPE_VOICEMAILS_READ },
        {NEWS_TRANSCRIPT_FINAL,      SCOPE_TRANSCRIPTS_READ},
    };
    if (kind == NEWS_CALL_RECORDING || kind == NEWS_RECORDING_STORED)
        return caller_may_know_recordings(caller);
    for (size_t i = 0; i < ARRAY_LEN(reserved); i++) {
        if (reserved[i].kind == kind)
            return caller_has(caller, reserved[i].needs);
    }
    return true;
}
