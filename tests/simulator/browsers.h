/* Browsers on the stage: what the SDK says, said by the test; what it hears, kept. They answer the beat by themselves. */
#ifndef SIMULATOR_TEST_BROWSERS_H
#define SIMULATOR_TEST_BROWSERS_H

#include "stage.h"

enum { BROWSER_HEARD_MAX = 256 };

struct browser {
    struct stage *stage;
    struct device *device; /* NULL: not connected (any more) */
    json_t *heard[BROWSER_HEARD_MAX];
    size_t heard_count;
    size_t forgotten; /* of those, the test has seen these */
    bool beaten;      /* a beat waits for its answer */
    bool mute;        /* does not answer beats */
    int closed_with;  /* -1: it is open */
};

/* An SDP offer of audio, by somebody of that name. */
const char *browser_offer(struct stage *stage, const char *name);

/* A token as the server mints it; `ttl_s` seconds long. */
const char *browser_token(struct stage *stage, const char *identity, int64_t ttl_s);

/* A socket, that has said nothing. NULL if it is not let in. */
struct browser *browser_open(struct stage *stage);

/* Open, listen, register. */
struct browser *browser_online(struct stage *stage, const char *identity);

/* Say a message; `payload` is JSON with single quotes for double ones. */
void browser_says(struct browser *browser, const char *type, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Any bytes. */
void browser_sends(struct browser *browser, const char *text, size_t len);

/* Place a call to `to` as TJS1, with an offer of `name`. */
void browser_calls(struct browser *browser, const char *to, const char *name);

/* The payload of the next message of that type; asserted to be there. It and what came before are forgotten. */
const json_t *browser_hears(struct browser *browser, const char *type);

/* A text of it. */
const char *browser_hears_text(struct browser *browser, const char *type, const char *name);

/* The code of the next error, also of one within a hangup. */
int browser_hears_error(struct browser *browser, const char *type);

/* Asserted: nothing that it has not seen. */
void browser_heard_nothing(const struct browser *browser);

/* Its socket is closed. */
void browser_goes(struct browser *browser, enum sim_goodbye goodbye);

/* For the stage. */
void browsers_hear(void *context, void *peer, const char *text, size_t len);
void browsers_hang_up(void *context, void *peer, int code);
void browsers_beat(struct stage *stage);
void browsers_free(struct stage *stage);

#endif
