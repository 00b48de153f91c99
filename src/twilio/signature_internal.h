/* What signature.c and signature_diagnosis.c share. Inside the room only. */
#ifndef SIGNATURE_INTERNAL_H
#define SIGNATURE_INTERNAL_H

#include "signature_url.h"
#include "twilio/signature.h"

/** The fields as they are signed: sorted, repeats dropped, concatenated. */
struct span signature_fields_text(const struct fields *fields, struct arena *arena);

/**
 * Was one of the URLs from number `from` on signed with one of the keys?
 *
 * @param header  28 characters
 */
bool signature_find(const struct signature_keys *keys,
                    const struct signature_urls *urls,
                    size_t from,
                    struct span fields_text,
                    const char *header,
                    struct signature_match *out);

/** The base without what does not belong to it: trailing slash, query, fragment. */
struct span signature_trim_base(const char *base);

/** Does the value have the length of a signature? */
bool signature_has_length(const char *header);

#endif
