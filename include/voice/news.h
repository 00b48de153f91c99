/*
 * What listeners are told of a change: the names of live events. They are stored with the timeline entry that made the
 * change, so whoever comes back is told the same as whoever stayed. Names are for ever; there may be new ones.
 */
#ifndef VOICE_NEWS_H
#define VOICE_NEWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "voice/call.h"

/* name in C, text in the store and the API */
#define NEWS_KINDS(X)                                                                              \
    X(CALL_CREATED, "call.created")                                                                \
    X(CALL_PLACEMENT, "call.placement")                                                            \
    X(CALL_INITIATED, "call.initiated")                                                            \
    X(CALL_RINGING, "call.ringing")                                                                \
    X(CALL_ANSWERED, "call.answered")                                                              \
    X(CALL_ENDED, "call.ended")                                                                    \
    X(CALL_UPDATED, "call.updated")         /* anything else of the call */                        \
    X(CALL_RECORDING, "call.recording")     /* one of its recordings */                            \
    X(RECORDING_STORED, "recording.stored") /* the sound of one is here */                         \
    X(LEG_INITIATED, "leg.initiated")                                                              \
    X(LEG_RINGING, "leg.ringing")                                                                  \
    X(LEG_ANSWERED, "leg.answered")                                                                \
    X(LEG_ENDED, "leg.ended")                                                                      \
    X(LEG_UPDATED, "leg.updated") /* anything else of a child leg */                               \
    X(VOICEMAIL_NEW, "voicemail.new")                                                              \
    X(VOICEMAIL_READ, "voicemail.read") /* or unread again */                                      \
    X(VOICEMAIL_DELETED, "voicemail.deleted")                                                      \
    X(VOICEMAIL_TRANSCRIBED, "voicemail.transcribed")                                              \
    X(TRANSCRIPT_FINAL, "transcript.final") /* something was said */

enum news_kind {
#define X(name, text) NEWS_##name,
    NEWS_KINDS(X)
#undef X
};

enum {
#define X(name, text) +1
    NEWS_KIND_COUNT = 0 NEWS_KINDS(X)
#undef X
};

/** As the store and the API spell it. */
const char *news_kind_text(enum news_kind kind);

/** Back again, from `len` bytes; false, and `out` untouched, for any other text. */
bool news_kind_from_text(const char *text, size_t len, enum news_kind *out);

/** Sets of kinds are bits. */
static inline uint64_t news_kind_bit(enum news_kind kind)
{
    return (uint64_t)1 << kind;
}

/**
 * Add what a word of `len` bytes stands for: a kind, all kinds of a thing ("leg.*"), or all there are ("*"). False, and
 * `kinds` untouched, for any other text.
 */
bool news_kinds_add(const char *word, size_t len, uint64_t *kinds);

/** What it is called when the root leg, or a child leg, comes to that status. */
enum news_kind news_of_call_status(enum call_status status);
enum news_kind news_of_leg_status(enum call_status status);

/** One piece of news out of the text that a timeline entry holds: `kind kind=sid kind`, in the order of events. */
struct news_piece {
    enum news_kind kind;
    const char *leg_sid; /**< not NUL-terminated; NULL: of the call itself */
    size_t leg_sid_len;
};

/** The next piece; moves `*rest` on. False at the end. Words that we do not know are passed over. */
bool news_next(const char **rest, struct news_piece *out);

#endif
