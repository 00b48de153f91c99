/* The table as text, for --help and .env.example, and the values in effect. The Markdown page is in
 * print_page.c. */
#include "config/print.h"

#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/macros.h"
#include "core/text.h"
#include "options.h"
#include "print_parts.h"
#include "wrap.h"

/* ---- parts ---- */

bool print_is_required(const struct option *option)
{
    return option->needed_for != 0 && option->fallback == NULL && option->fallback_note == NULL;
}

const char *print_names(const struct option *option, const char *around, struct arena *arena)
{
    const char *names = arena_printf(arena, "%s%s%s", around, option->name, around);
    for (size_t i = 0; i < OPTION_SYNONYMS_MAX && option->synonyms[i] != NULL; i++)
        names = arena_printf(arena, "%s, %s%s%s", names, around, option->synonyms[i], around);
    return names;
}

void print_out(const struct buf *text, FILE *out)
{
    ASSERT(!text->overflowed);
    (void)fwrite(text->data, 1, text->len, out);
}

/* ---- --help ---- */

static const char *help_facts(const struct option *option, struct arena *arena)
{
    const char *expected = option_expected(option, arena);
    if (print_is_required(option))
        return arena_printf(arena, "Required: %s.", expected);
    if (option->fallback_note != NULL)
        return arena_printf(arena, "Default: %s.", option->fallback_note);
    if (option->fallback != NULL)
        return arena_printf(arena, "Takes %s. Default: %s", expected, option->fallback);
    return arena_printf(arena, "Takes %s. Not set by default.", expected);
}

static void help_option(const struct option *option, struct buf *out)
{
    auto_arena struct arena *arena = arena_create();
    buf_printf(out, "  %s\n", print_names(option, "", arena));
    wrap_append(out, "      ", option->about);
    wrap_append(out, "      ", help_facts(option, arena));
}

void config_print_help(FILE *out)
{
    auto_buf struct buf text;
    buf_init(&text, PRINT_BYTES_MAX);
    for (size_t g = 0; g < option_group_count; g++) {
        buf_printf(&text, "%s%s:\n", g > 0 ? "\n" : "", option_groups[g]->title);
        for (size_t i = 0; i < option_groups[g]->count; i++)
            help_option(&option_groups[g]->options[i], &text);
    }
    print_out(&text, out);
}

/* ---- .env.example ---- */

static const char *const env_introduction[] = {
    "Settings of Switchhook. Copy this file to .env and fill in the first two sections; everything "
    "else has a "
    "default, shown behind its name. docs/configuration.md says more, docs/twilio-setup.md where "
    "to get the values.",
    "The environment wins over this file. For secrets and all TWILIO_ variables NAME_FILE may name "
    "a file that holds "
    "the value. Nothing is interpolated. Keep the copy to yourself: chmod 600 .env",
};

static bool needs_quotes(const char *text)
{
    return strpbrk(text, " #'&;|<>()*?~") != NULL; /* a shell may read the file too */
}

static void env_option(const struct option *option, struct buf *out)
{
    auto_arena struct arena *arena = arena_create();
    const char *value = option->fallback != NULL ? option->fallback : "";
    const char *quote = needs_quotes(value) ? "\"" : "";
    buf_puts(out, "\n");
    wrap_append(out, "# ", option->about);
    wrap_append(out, "# ", arena_printf(arena, "Takes %s.", option_expected(option, arena)));
    if (option->where != NULL)
        wrap_append(out, "# ", arena_printf(arena, "Where: %s.", option->where));
    if (option->synonyms[0] != NULL)
        wrap_append(out, "# ", arena_printf(arena, "Names: %s.", print_names(option, "", arena)));
    if (option->fallback_note != NULL)
        wrap_append(out, "# ", arena_printf(arena, "Default: %s.", option->fallback_note));
    const char *comment = print_is_required(option) ? "" : "#";
    buf_printf(out, "%s%s=%s%s%s\n", comment, option->name, quote, value, quote);
}

void config_print_env_example(FILE *out)
{
    auto_buf struct buf text;
    buf_init(&text, PRINT_BYTES_MAX);
    for (size_t i = 0; i < ARRAY_LEN(env_introduction); i++) {
        buf_puts(&text, i > 0 ? "#\n" : "");
        wrap_append(&text, "# ", env_introduction[i]);
    }
    for (size_t g = 0; g < option_group_count; g++) {
        const struct option_group *group = option_groups[g];
        buf_printf(&text, "\n\n# ======== %s ========\n", group->title);
        if (group->about != NULL)
            wrap_append(&text, "# ", group->about);
        for (size_t i = 0; i < group->count; i++)
            env_option(&group->options[i], &text);
    }
    print_out(&text, out);
}

/* ---- what is in effect ---- */

void config_print_effective(const struct config *config, FILE *out)
{
    auto_buf struct buf text;
    buf_init(&text, PRINT_BYTES_MAX);
    for (size_t g = 0; g < option_group_count; g++)
        for (size_t i = 0; i < option_groups[g]->count; i++) {
            const struct option *option = &option_groups[g]->options[i];
            if (!option_is_set(option, config))
                continue;
            buf_printf(&text, "%s=", option->name);
            option->type->print(option, option_value(option, config), &text);
            buf_puts(&text, "\n");
        }
    print_out(&text, out);
}
