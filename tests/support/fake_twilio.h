/*
 * A Twilio that does what the test says: Calls and Recordings over HTTP, with answers that can be replaced one by one.
 * Left alone it takes every call, knows it ever after, and ends it when told to. The simulator is the realistic one;
 * this one is for what Twilio seldom does.
 */
#ifndef SUPPORT_FAKE_TWILIO_H
#define SUPPORT_FAKE_TWILIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_ACCOUNT "AC00000000000000000000000000000001"

struct fake_twilio;

enum fake_op {
    FAKE_CREATE,
    FAKE_LIST,
    FAKE_FETCH,
    FAKE_UPDATE,
    FAKE_RECORDINGS, /**< a list of them, of a call or of all */
    FAKE_DELETE,     /**< of a recording */
    FAKE_OPS
};

enum fake_way {
    FAKE_ANSWER, /**< with this status and body; nothing is done */
    FAKE_DO,     /**< what was asked is done and answered as usual */
    FAKE_CUT,    /**< what was asked is done, and the connection closed without an answer */
};

/** What becomes of one request. */
struct fake_answer {
    enum fake_way way;
    int status;
    const char *body;        /**< a literal; NULL is {} */
    const char *retry_after; /**< seconds, or NULL */
    bool hold;               /**< not before fake_release */
};

/** A call as this Twilio knows it. Texts are fixed so that tests may change them in place. */
struct fake_call {
    char sid[35];
    char parent_sid[35]; /**< "" for a root leg */
    char to[64];
    char from[64];
    char direction[32];
    char status[16];
    int64_t created_ms;
    int64_t started_ms; /**< 0: not answered */
    int64_t ended_ms;
    int64_t duration_s; /**< -1: not known */
    char price[16];     /**< "": not known */
};

/** A recording as this Twilio knows it. */
struct fake_recording {
    char sid[35];
    char call_sid[35];
    char status[16];
    char source[32];
    int64_t created_ms;
    int64_t duration_s; /**< -1: not known */
    int channels;
};

struct fake_twilio *fake_twilio_start(void);
void fake_twilio_stop(struct fake_twilio *fake);
unsigned fake_twilio_port(const struct fake_twilio *fake);

/** The next request of that kind that has no answer of its own yet gets this one. */
void fake_next(struct fake_twilio *fake, enum fake_op op, struct fake_answer answer);

/** Let go whatever is held. */
void fake_release(struct fake_twilio *fake);

/** How many requests of that kind have come. */
size_t fake_count(struct fake_twilio *fake, enum fake_op op);

/** Wait until that many have come. */
void fake_await(struct fake_twilio *fake, enum fake_op op, size_t count);

/** The form of the latest request of that kind, "" if it had none. Static memory. */
const char *fake_form(struct fake_twilio *fake, enum fake_op op);

/** Who asked in the latest request of that kind: its Authorization header. Static memory. */
const char *fake_credentials(struct fake_twilio *fake, enum fake_op op);

/** The target of the latest request of that kind. Static memory. */
const char *fake_target(struct fake_twilio *fake, enum fake_op op);

/** Add a call, or replace the one with that SID. An empty `sid` is given a new one, which is written back. */
void fake_put_call(struct fake_twilio *fake, struct fake_call *call);

/** The call of that SID; false if there is none. */
bool fake_get_call(struct fake_twilio *fake, const char *sid, struct fake_call *out);

/** Add a recording, or replace the one with that SID. */
void fake_put_recording(struct fake_twilio *fake, const struct fake_recording *recording);

/** Forget every call and recording. */
void fake_forget(struct fake_twilio *fake);

/** A SID nobody has had yet. `out` has 35 bytes. */
void fake_new_sid(char *out, const char *prefix);

#endif
