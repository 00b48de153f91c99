/* What was said into a <Record transcribe>, as text, some time after the recording is complete. */
#ifndef SIMULATOR_TRANSCRIBE_H
#define SIMULATOR_TRANSCRIBE_H

#include "recording.h"

/** The recording is ready, and a transcription was asked for: begin. */
void transcribe_begin(struct sim *sim, struct recording *recording);

/** By the transcription's SID; NULL if there is none, or none any more. */
struct recording *transcription_find(const struct sim *sim, const char *sid);

/** Forget it. Harmless if there is none. */
void transcription_forget(struct sim *sim, struct recording *recording);

const char *transcription_status(const struct transcription *transcription);

#endif
