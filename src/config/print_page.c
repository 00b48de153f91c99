/* docs/configuration.md. Its prose is here, next to the code that it is about; its tables come from
 * the options. */
#include <string.h>

#include "config/print.h"
#include "core/macros.h"
#include "core/text.h"
#include "print_parts.h"

static const char introduction[] =
    "# Configuration\n"
    "\n"
    "<!-- Printed from the table of options: change src/config/options_*.c (or print_page.c), then "
    "run\n"
    "     cmake --build build/dev --target print_docs -->\n"
    "\n"
    "Switchhook is set up by variables. `switchhook check` reads them as the server would, says "
    "everything that is\n"
    "wrong at once and prints what is in effect; `switchhook serve` refuses to start (exit status "
    "2) with the same\n"
    "list. [twilio-setup.md](twilio-setup.md) says where Twilio's values come from.\n"
    "\n"
    "## Where values come from\n"
    "\n"
    "1. **The environment.**\n"
    "2. **One file**: the one named by `--env-file PATH`; without that, `.env` in the working "
    "directory. Where systemd\n"
    "   started the process itself (its `SYSTEMD_EXEC_PID` is ours) `.env` is not looked for: "
    "settings come from the\n"
    "   unit then, and a stray file cannot change them. `--env-file` is read in any case.\n"
    "3. **The default.**\n"
    "\n"
    "An empty value means \"not set\"; an empty one in the environment also hides the file's.\n"
    "\n"
    "**Secrets in files.** For every secret and every `TWILIO_` variable `NAME_FILE` may hold the "
    "path of a file with\n"
    "the value (one line break at its end is dropped), and a systemd credential of that name\n"
    "(`LoadCredential=TWILIO_AUTH_TOKEN:/etc/switchhook/auth-token`) is read as well. `NAME` and "
    "`NAME_FILE` together\n"
    "are a mistake.\n"
    "\n"
    "**Synonyms.** Some settings have several names, so that an existing `.env` goes on working. "
    "Two of them with\n"
    "different values are a mistake.\n"
    "\n"
    "**Misspelt names.** A `SWITCHHOOK_` variable that does not exist is a mistake. Variables of "
    "others are left alone.\n"
    "\n"
    "**Never in a browser.** Build tools copy variables such as `NEXT_PUBLIC_...` into the page "
    "that every visitor\n"
    "downloads. With `NEXT_PUBLIC_TWILIO_AUTH_TOKEN` (or another secret under such a name) set, "
    "the server does not\n"
    "start: that secret is public and must be replaced. Other `NEXT_PUBLIC_TWILIO_` variables are "
    "not read.\n"
    "\n"
    "## The format of .env\n"
    "\n"
    "```sh\n"
    "# a comment\n"
    "NAME=value                 # spaces around the value are dropped\n"
    "export NAME=value          # so that a shell can read the file too\n"
    "NAME='$as #it is'          # nothing is special between single quotes\n"
    "NAME=\"two\\nlines\"         # \\n \\r \\t \\\" \\\\ \\$ between double quotes\n"
    "```\n"
    "\n"
    "Quoted values may span lines. Nothing is interpolated: `$X` stays as it is. The file has at "
    "most 256 KiB.\n"
    "\n"
    "## Reloading\n"
    "\n"
    "`SIGHUP` reads the file and the `NAME_FILE` files again. (A process cannot be given a new "
    "environment, and systemd\n"
    "hands its credentials over once: what comes from there waits for a restart too.) What\n"
    "has a dot in the column ↻ changes then; the rest is named in the log and waits for a restart. "
    "If anything\n"
    "is wrong, everything stays as it was.\n";

/** In a cell of a table: `|` would end it. */
static void append_cell(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++)
        buf_printf(out, *text == '|' ? "\\%c" : "%c", *text);
}

static void append_default(const struct option *option, struct buf *out)
{
    if (print_is_required(option))
        buf_puts(out, "**required**");
    else if (option->fallback_note != NULL)
        append_cell(out, option->fallback_note);
    else if (option->fallback != NULL)
        buf_printf(out, "`%s`", option->fallback);
}

static void append_row(const struct option *option, struct buf *out)
{
    auto_arena struct arena *arena = arena_create();
    buf_printf(out, "| %s | ", print_names(option, "`", arena));
    append_cell(out, option->about);
    if (option->where != NULL) {
        buf_puts(out, " *");
        append_cell(out, option->where);
        buf_puts(out, "*");
    }
    buf_puts(out, " | ");
    append_cell(out, option_expected(option, arena));
    buf_puts(out, " | ");
    append_default(option, out);
    buf_printf(out, " | %s |\n", option->reloadable ? "•" : "");
}

void config_print_markdown(FILE *out)
{
    auto_buf struct buf text;
    buf_init(&text, PRINT_BYTES_MAX);
    buf_puts(&text, introduction);
    for (size_t g = 0; g < option_group_count; g++) {
        const struct option_group *group = option_groups[g];
        buf_printf(&text, "\n## %s\n\n", group->title);
        if (group->about != NULL)
            buf_printf(&text, "%s\n\n", group->about);
        buf_puts(&text, "| Variable | Meaning | Takes | Default | ↻ |\n|---|---|---|---|---|\n");
        for (size_t i = 0; i < group->count; i++)
            append_row(&group->options[i], &text);
    }
    print_out(&text, out);
}
