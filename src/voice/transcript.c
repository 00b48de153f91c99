#include "voice/transcript.h"

#include "core/macros.h"
#include "core/text.h"

static const struct {
    const char *text;
    const char *status;
} events[] = {
#define X(name, words, leads_to) [TRANSCRIPT_##name] = {.text = (words), .status = (leads_to)},
    TRANSCRIPT_EVENTS(X)
#undef X
};

bool transcript_event_from_text(const char *text, enum transcript_event *out)
{
    for (size_t i = 0; i < ARRAY_LEN(events); i++) {
        if (text_equal(text, events[i].text)) {
            *out = (enum transcript_event)i;
            return true;
        }
    }
    return false;
}

const char *transcript_event_status(enum transcript_event event)
{
    return events[event].status;
}

const char *transcript_merge_status(const char *known, const char *news)
{
    bool open = text_is_empty(known) || text_equal(known, "started");
    return open ? news : known;
}

const char *
transcript_speaker(enum call_direction direction, enum call_flow flow, const char *track)
{
    bool outside = direction == CALL_DIRECTION_INBOUND;
    bool root_is_ours = direction == CALL_DIRECTION_OUTBOUND_BROWSER ||
                        (direction == CALL_DIRECTION_OUTBOUND_API && flow == CALL_FLOW_BRIDGE);
    bool of_root = !text_equal(track, "outbound_track");
    if (text_is_empty(track))
        return "caller";
    if (of_root == root_is_ours)
        return "agent";
    return outside ? "caller" : "callee";
}
