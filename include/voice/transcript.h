/*
 * Transcripts: what Twilio calls the events of a transcription, how far one is, and who speaks on which track. Pure.
 * Source: Twilio, "<Transcription>" and "<Record>".
 */
#ifndef VOICE_TRANSCRIPT_H
#define VOICE_TRANSCRIPT_H

#include <stdbool.h>

#include "voice/call.h"
#include "voice/plan.h"

/* TranscriptionEvent: name, Twilio's word, the status that it leads to ("" for none) */
#define TRANSCRIPT_EVENTS(X)                                                                       \
    X(STARTED, "transcription-started", "started")                                                 \
    X(CONTENT, "transcription-content", "started")                                                 \
    X(STOPPED, "transcription-stopped", "stopped")                                                 \
    X(ERROR, "transcription-error", "failed")

enum transcript_event {
#define X(name, text, status) TRANSCRIPT_##name,
    TRANSCRIPT_EVENTS(X)
#undef X
};

/** False, and `out` untouched, for any other text. */
bool transcript_event_from_text(const char *text, enum transcript_event *out);

/** The status that it leads to. */
const char *transcript_event_status(enum transcript_event event);

/**
 * The status of a transcription that was `known` (or NULL) and of which `news` is told: started, then one of stopped,
 * completed (of a recording), failed. The end that was told first stays.
 */
const char *transcript_merge_status(const char *known, const char *news);

/**
 * Who speaks: "agent" is one of ours, "caller" who calls us, "callee" whom we call. The inbound track is what Twilio hears
 * from the leg that is first in the call: who calls from outside, the browser that calls, whoever a call was placed to.
 * "" (of a recording) is the caller, who left a message.
 */
const char *
transcript_speaker(enum call_direction direction, enum call_flow flow, const char *track);

#endif
