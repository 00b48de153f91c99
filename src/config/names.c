/* The names of variables: ours and unknown, Twilio's and misspelt, secrets on their way into a
 * browser. */
#include <string.h>

#include "core/text.h"
#include "load_state.h"
#include "suggest.h"

/** What stands before a variable that a build tool copies into the JavaScript of a page. */
static const char *const browser_prefixes[] = {
    "NEXT_PUBLIC_", "VITE_", "REACT_APP_", "NUXT_PUBLIC_", "EXPO_PUBLIC_", "GATSBY_", "PUBLIC_"};

enum {
    OUR_DISTANCE_MAX = 4,    /* SWITCHHOOK_ is certain, so generous */
    TWILIO_DISTANCE_MAX = 2, /* Twilio's other products have variables of their own */
    NAME_SHOWN_BYTES = 100,
};

static bool is_known(const char *name)
{
    const size_t len = strlen(name);
    const size_t end = strlen("_FILE");
    if (option_find(name) != NULL)
        return true;
    if (len <= end || !text_equal(name + len - end, "_FILE"))
        return false;
    auto_arena struct arena *arena = arena_create();
    const struct option *option = option_find(arena_copy(arena, name, len - end));
    return option != NULL && option_takes_file(option);
}

static const char *did_you_mean(const struct load *load, const char *name, size_t distance_max)
{
    const char *suggestion = suggest_name(name, distance_max);
    return suggestion != NULL ? arena_printf(load->arena, "did you mean %s?", suggestion) : NULL;
}

static void check_ours(struct load *load, const char *name, const char *where)
{
    if (is_known(name) || text_starts_with(name, "SWITCHHOOK_SIM_")) /* the simulator's */
        return;
    const char *suggestion = did_you_mean(load, name, OUR_DISTANCE_MAX);
    config_report_mistake(
        load->report,
        &(struct config_mistake){
            .variable = arena_printf(load->arena, "%.*s", NAME_SHOWN_BYTES, name),
            .found = arena_printf(load->arena, "set in %s", where),
            .problem = "there is no such option",
            .expected = suggestion != NULL ? suggestion : "a name from `switchhook --help`",
        });
}

static void check_twilios(struct load *load, const char *name, const char *where)
{
    if (is_known(name))
        return;
    const char *suggestion = did_you_mean(load, name, TWILIO_DISTANCE_MAX);
    if (suggestion != NULL)
        config_report_note(load->report, "%.*s (%s) is not read; %s", NAME_SHOWN_BYTES, name, where,
                           suggestion);
}

static void check_public(struct load *load, const char *name, const char *rest, const char *where)
{
    struct source_value value;
    const struct option *option = option_find(rest);
    if (!text_starts_with(rest, "TWILIO_"))
        return;
    if (option == NULL || !option->type->is_secret || !sources_get(&load->sources, name, &value)) {
        config_report_note(load->report, "%.*s (%s) is for the browser and not read here",
                           NAME_SHOWN_BYTES, name, where);
        return;
    }
    config_report_mistake(
        load->report,
        &(struct config_mistake){
            .variable = name,
            .found = arena_printf(load->arena, "a secret, %s", value.from),
            .problem =
                "variables of this name are built into the page that every visitor downloads: "
                "whoever reads it owns the account",
            .expected = arena_printf(load->arena,
                                     "remove it, make a new secret (this one is public), and set "
                                     "%s on the server only",
                                     rest),
            .where = option->where,
        });
}

static void check_name(void *context, const char *name, const char *where)
{
    struct load *load = context;
    if (text_starts_with(name, "SWITCHHOOK_"))
        check_ours(load, name, where);
    else if (text_starts_with(name, "TWILIO_"))
        check_twilios(load, name, where);
    for (size_t i = 0; i < ARRAY_LEN(browser_prefixes); i++)
        if (text_starts_with(name, browser_prefixes[i]))
            check_public(load, name, name + strlen(browser_prefixes[i]), where);
}

void names_check(struct load *load)
{
    sources_each_name(&load->sources, check_name, load);
}
