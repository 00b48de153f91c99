/*
 * How another family of clients wants to be spoken to: what its names for our fields are, what stands around our
 * answers, which statuses and texts it knows. Data over the native handlers, never a second handler; the rows are in
 * src/routes/<dialect>.c. A member that is NULL or 0 means: as natively.
 */
#ifndef APP_DIALECT_H
#define APP_DIALECT_H

#include <jansson.h>

#include "http/request.h"
#include "http/response.h"
#include "voice/decision.h"

/** A field of a request under another name: "agentId", or a member of an object such as "options.record". */
struct input_name {
    const char *theirs;
    const char *ours;
};

/** A member of an answer under a further name. Where `ours` is null, `otherwise` (or NULL) stands in for it. */
struct output_name {
    const char *theirs;
    const char *ours;
    const char *otherwise;
};

/** What stands around the resource that the native answer is. Members are only added. */
struct envelope {
    const char
        *constants;   /**< a JSON object of members that stand beside it: "{\"success\":true}" */
    const char *nest; /**< the member that it becomes; NULL: its members stand at the top */
    const struct output_name *names; /**< ends with a row whose `theirs` is NULL */
};

/** What an error is called: the first row of that kind, and of that field if the row has one. */
struct error_text {
    enum error_kind kind;
    const char *field;
    const char *text;
};

struct error_status {
    enum error_kind kind;
    int status;
};

/** What is spoken when nobody is dialled, for one reason of voice/decision.h. */
struct reason_text {
    enum reason reason;
    const char *sentence;
};

struct dialect_shape {
    const char *about; /**< one sentence for /openapi.json: whose paths these are */

    /* Tables end with a row of NULLs, or whose kind is ERROR_NONE. */
    const struct input_name *token_inputs;
    const struct input_name *call_inputs;
    const char *const *call_requires; /**< native names that a new call must have; ends with NULL */
    const char *call_requires_text;   /**< what is said if one is missing */

    struct envelope token;
    struct envelope new_call;
    struct envelope call;
    struct envelope ended_call;
    int new_call_status; /**< where natively it is 201 */

    const char *error_constants; /**< as in an envelope: "{\"success\":false}" */
    const struct error_text *error_texts;
    const struct error_status *error_statuses;

    const struct reason_text *sentences; /**< ends with REASON_NONE */
    const char *fact_text;               /**< the body of 200 for a stored fact; NULL: 204 */
    const char *recording_field;         /**< by which a browser asks for its call to be recorded */
};

/** The shape of the row that the request is for; the native one has nothing in it. Never NULL. Any thread. */
const struct dialect_shape *dialect_shape(const struct request *request);

/**
 * A request body in our names: members that a dialect knows by another name get ours. A dialect's clients may send what
 * no row here knows; it is left out, as their own servers did. Natively the object itself.
 *
 * @param known  is that a native name?
 * @param err    INVALID naming the field: two names of one field say different things, or the outer member is no object
 * @return a new reference, or NULL with `err`
 */
json_t *dialect_input(json_t *object,
                      const struct input_name *names,
                      bool (*known)(const char *name),
                      struct error *err);

/** Put the resource (whose reference is taken over) into its envelope. A new reference. */
json_t *dialect_envelope(const struct envelope *envelope, json_t *resource);

/** A dialect's render_error_fn: its constants, `error` with the text, and what problems have beside their texts. */
void dialect_render_error(struct app *app,
                          const struct request *request,
                          const struct error *err,
                          struct response *response);

#endif
