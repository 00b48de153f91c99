/*
 * How long recordings are kept: rules of a name and a length of time. What is most particular counts: the recording's tag
 * ("tag:training"), then its direction ("inbound"), then "default". Without a rule it is kept for ever. Pure.
 */
#ifndef VOICE_RETENTION_H
#define VOICE_RETENTION_H

#include <stdbool.h>
#include <stdint.h>

#include "core/text_list.h"

/** Before a tag, in the name of a rule. */
#define RETENTION_TAG_PREFIX "tag:"

/** A tag is of these characters, at most so many. */
#define RETENTION_TAG_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
enum { RETENTION_TAG_BYTES_MAX = 64 };

bool retention_is_tag(const char *text);

/**
 * When a recording's time is over, 0 for never.
 * @param direction, tag  NULL where it has none
 */
int64_t retention_expires_at(const struct pair_list *rules,
                             const char *direction,
                             const char *tag,
                             int64_t created_at_ms);

#endif
