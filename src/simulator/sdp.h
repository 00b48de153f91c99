/*
 * Session descriptions (RFC 8866) of somebody who has no media: a valid partner for a browser that never
 * gets or sends a packet. Pure texts.
 *
 * The section stays open, `inactive`, and we claim to be ICE-lite without candidates. So Chromium has
 * nothing to connect to and nothing that could fail: its ICE state stays `new` for the whole call. (A section
 * that is rejected, with port 0, makes the SDK's gathering run into its timeout, and it "reconnects".) A
 * sender that may not send has no DTMF either, so the SDK sends keys as messages, and a <Gather> hears them.
 */
#ifndef SIMULATOR_SDP_H
#define SIMULATOR_SDP_H

#include <stdbool.h>

#include "core/arena.h"

enum { SDP_SECRETS_BYTES = 256 };

/** What our descriptions need and nobody will ever use. Lines for the end of a section, made once. */
struct sdp_secrets {
    char lines[SDP_SECRETS_BYTES];
};

/** Make up a fingerprint and ICE credentials in their formats. */
void sdp_secrets_make(struct sdp_secrets *out);

/** An offer of one audio section. */
const char *sdp_offer(const struct sdp_secrets *secrets, struct arena *arena);

/**
 * The answer to an offer, section by section: audio as above, everything else rejected.
 * @return NULL if there is no audio in `offer`, or more sections than anybody has
 */
const char *sdp_answer(const struct sdp_secrets *secrets, const char *offer, struct arena *arena);

/** Do both have the same ICE credentials: the same session, not one begun anew? */
bool sdp_same_session(const char *a, const char *b);

#endif
