/*
 * The rows of a request, applied.
 */
#include "rest_parameters.h"

#include <string.h>

#include "core/macros.h"
#include "core/wall_clock.h"
#include "twilio/rest.h"

/* YYYY-MM-DDTHH:MM:SSZ, which is RFC 3339 without its milliseconds. */
static const char *second_text(struct arena *arena, int64_t ms)
{
    char text[TIME_TEXT_BYTES];
    time_to_rfc3339(ms, text);
    return arena_printf(arena, "%.*sZ", (int)strcspn(text, ".Z"), text);
}

/* Rounded up to the next whole second. */
static int64_t whole_second(int64_t ms)
{
    return (ms + 999) / 1000 * 1000;
}

/* The member as one text, or NULL if it is not given. */
static const char *member_text(const struct parameter *row, const void *input, struct arena *arena)
{
    const char *member = (const char *)input + row->offset;
    const char *text = NULL;
    int number = 0;
    int64_t time_ms = 0;
    enum rest_choice choice = REST_DEFAULT;
    switch (row->form) {
    case PARAMETER_TEXT:
    case PARAMETER_LIST:
        memcpy(&text, member, sizeof text);
        return text;
    case PARAMETER_NUMBER:
        memcpy(&number, member, sizeof number);
        return number == 0 ? NULL : arena_printf(arena, "%d", number);
    case PARAMETER_CHOICE:
        memcpy(&choice, member, sizeof choice);
        return choice == REST_DEFAULT ? NULL : choice == REST_YES ? "true" : "false";
    case PARAMETER_SINCE:
        memcpy(&time_ms, member, sizeof time_ms);
        return time_ms == 0 ? NULL : second_text(arena, time_ms);
    case PARAMETER_UNTIL:
        memcpy(&time_ms, member, sizeof time_ms);
        return time_ms == 0 ? NULL : second_text(arena, whole_second(time_ms));
    }
    return NULL;
}

/* Twilio takes lists as repeated keys. */
static void add_words(struct fields *out, struct arena *arena, const char *name, const char *words)
{
    while (*words != '\0') {
        size_t len = strcspn(words, " ");
        fields_add(out, arena, name, arena_copy(arena, words, len));
        words += len;
        words += *words == ' ';
    }
}

int parameters_collect(const struct parameter *rows,
                       size_t count,
                       const void *input,
                       struct arena *arena,
                       struct fields *out,
                       struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct parameter *row = &rows[i];
        const char *text = member_text(row, input, arena);
        if (text == NULL)
            continue;
        bool typed = row->form == PARAMETER_TEXT || row->form == PARAMETER_LIST ||
                     row->form == PARAMETER_NUMBER;
        const char *problem = typed ? value_problem(&row->type, text) : NULL;
        if (problem != NULL)
            return error_field(err, row->name, "%s %s", row->name, problem);
        if (row->form == PARAMETER_LIST)
            add_words(out, arena, row->name, text);
        else
            fields_add(out, arena, row->name, text);
    }
    return 0;
}
