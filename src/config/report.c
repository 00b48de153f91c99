/* The report: a list that grows, and its print. */
#include <stdarg.h>
#include <string.h>

#include "config/load.h"
#include "core/buf.h"

enum { MISTAKE_BYTES_MAX = 64 * 1024, LABEL_COLUMNS = 10 };

void config_report_init(struct config_report *report)
{
    *report = (struct config_report){.arena = arena_create()};
}

void config_report_release(struct config_report *report)
{
    arena_free(report->arena);
    *report = (struct config_report){0};
}

/** Room for one more: a copy of twice the size whenever the count is a power of two. */
static void *grown(struct arena *arena, const void *items, size_t count, size_t bytes)
{
    if (count != 0 && (count & (count - 1)) != 0)
        return NULL;
    void *bigger = arena_alloc(arena, (count == 0 ? 1 : count * 2) * bytes);
    if (count > 0)
        memcpy(bigger, items, count * bytes);
    return bigger;
}

void config_report_mistake(struct config_report *report, const struct config_mistake *mistake)
{
    struct arena *arena = report->arena;
    void *bigger = grown(arena, report->mistakes, report->mistake_count, sizeof(*report->mistakes));
    if (bigger != NULL)
        report->mistakes = bigger;
    report->mistakes[report->mistake_count++] = (struct config_mistake){
        .variable = arena_strdup(arena, mistake->variable),
        .found = arena_strdup(arena, mistake->found),
        .problem = arena_strdup(arena, mistake->problem),
        .expected = arena_strdup(arena, mistake->expected),
        .where = arena_strdup(arena, mistake->where),
    };
}

void config_report_note(struct config_report *report, const char *format, ...)
{
    void *bigger = grown(report->arena, report->notes, report->note_count, sizeof(*report->notes));
    if (bigger != NULL)
        report->notes = bigger;
    va_list values;
    va_start(values, format);
    report->notes[report->note_count++] = arena_vprintf(report->arena, format, values);
    va_end(values);
}

static void print_line(struct buf *out, const char *label, const char *text)
{
    if (text != NULL)
        buf_printf(out, "    %-*s%s\n", LABEL_COLUMNS, label, text);
}

static void print_mistake(const struct config_mistake *mistake, FILE *out)
{
    auto_buf struct buf text;
    buf_init(&text, MISTAKE_BYTES_MAX);
    buf_printf(&text, "\n  %s\n", mistake->variable != NULL ? mistake->variable : "configuration");
    print_line(&text, "found", mistake->found);
    print_line(&text, "problem", mistake->problem);
    print_line(&text, "expected", mistake->expected);
    print_line(&text, "where", mistake->where);
    (void)fwrite(text.data, 1, text.len, out);
}

void config_report_print(const struct config_report *report, FILE *out)
{
    const size_t count = report->mistake_count;
    if (count > 0)
        (void)fprintf(out, "%zu mistake%s in the configuration:\n", count, count == 1 ? "" : "s");
    for (size_t i = 0; i < count; i++)
        print_mistake(&report->mistakes[i], out);
    if (count > 0 && report->note_count > 0)
        (void)fputs("\n", out);
    for (size_t i = 0; i < report->note_count; i++)
        (void)fprintf(out, "note: %s\n", report->notes[i]);
}
