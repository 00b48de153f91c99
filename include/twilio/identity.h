/*
 * Client identities. Twilio takes letters, digits and `_`; applications have e-mail addresses and
 * names. Any UTF-8 text is mapped to a legal identity and back:
 *
 *     - a run of bytes that are not legal becomes  Qz <two hexadecimal digits per byte> _
 *     - a `Q` in front of a `z` is such a byte too, so a mapped `Qz` always introduces a run
 *     - everything else stays, so a legal identity without `Qz` maps to itself
 *
 *     agent_7            agent_7
 *     j.doe@example.com  jQz2e_doeQz40_exampleQz2e_com
 *     Zoë                ZoQzc3ab_
 *     Qzar               Qz51_zar
 *
 * `Qz` was chosen because no language writes it and few generators make it; runs, because a name in
 * Cyrillic or Chinese is one run and costs two characters per byte. Source: Twilio, "TwiML Voice:
 * Client" (alphanumeric characters and underscore). Pure functions, any thread.
 */
#ifndef TWILIO_IDENTITY_H
#define TWILIO_IDENTITY_H

#include <stdbool.h>

#include "core/error.h"
#include "core/limits.h"

enum { IDENTITY_BYTES = LIMIT_IDENTITY_BYTES + 1 };

/** Not empty, at most LIMIT_IDENTITY_BYTES, letters, digits and `_` only. NULL is false. */
bool identity_is_legal(const char *identity);

/**
 * Map what the application calls somebody to what Twilio may call them.
 *
 * @param out  written only on success
 * @param err  INVALID for the field "identity": empty, not UTF-8, or longer than
 * LIMIT_IDENTITY_BYTES once mapped
 * @return 0 or -1
 */
int identity_encode(const char *identity, char out[IDENTITY_BYTES], struct error *err) MUST_USE;

/**
 * The way back. Only what identity_encode writes is taken, so two texts never mean the same person.
 *
 * @param out  never longer than `mapped`; written only on success
 * @return false if `mapped` is not the mapping of anything: an identity that somebody else named
 */
bool identity_decode(const char *mapped, char out[IDENTITY_BYTES]);

#endif
