/*
 * The sounds of a phone in a browser, made from a table of tones at the start: WAV, mono, 16 bits, 8000 samples a second.
 * For the `sounds` option of Twilio's Voice SDK.
 */
#ifndef APP_SOUNDS_H
#define APP_SOUNDS_H

#include <stddef.h>

struct sound {
    const char *name; /**< "incoming.wav" */
    const char *wav;
    size_t len;
    const char *etag; /**< with its quotes; changes with the content */
};

struct sounds;

/** Make all of them; never NULL. Free with sounds_free. */
struct sounds *sounds_create(void);
void sounds_free(struct sounds *sounds);

/** The sound of that name, borrowed, or NULL. Any thread. */
const struct sound *sounds_find(const struct sounds *sounds, const char *name);

#endif
