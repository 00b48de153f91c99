/* Looks at the form of a request about a call. For rest_calls*.c alone. */
#ifndef SIMULATOR_REST_FORM_H
#define SIMULATOR_REST_FORM_H

#include "core/text.h"
#include "rest.h"

/* A parameter, "" if it is absent. */
static inline const char *form_value(const struct rest *rest, const char *name)
{
    return fields_text(rest->request->form, name);
}

/* Twilio's default method. */
static inline const char *or_post(const char *method)
{
    return *method ? method : "POST";
}

/* A copy that lives as long as the leg; NULL for "". */
static inline const char *keep_text(struct leg *leg, const char *text)
{
    return *text ? arena_strdup(leg->arena, text) : NULL;
}

/* A parameter in seconds, as milliseconds. */
static inline int64_t seconds_or(const struct rest *rest, const char *name, int64_t otherwise_ms)
{
    int64_t seconds = 0;
    return text_to_int64(form_value(rest, name), 1, 86400, &seconds) ? seconds * 1000
                                                                     : otherwise_ms;
}

#endif
