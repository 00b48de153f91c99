#include "env_file.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "core/macros.h"
#include "core/text.h"

enum { NAME_BYTES_MAX = 128 };

/** Where we are in the file. `at` never passes `end`; the text may hold NUL. */
struct reader {
    const char *at;
    const char *end;
    unsigned line;
    struct arena *arena;
    env_problem_fn *problem;
    void *context;
    unsigned problems;
};

static void complain(struct reader *reader, unsigned line, const char *problem)
{
    if (reader->problems++ < ENV_FILE_PROBLEMS_MAX)
        reader->problem(reader->context, line, problem);
}

static bool at_char(const struct reader *reader, char c)
{
    return reader->at < reader->end && *reader->at == c;
}

static bool at_line_end(const struct reader *reader)
{
    return reader->at == reader->end || *reader->at == '\n';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void skip_blanks(struct reader *reader)
{
    while (reader->at < reader->end && is_blank(*reader->at))
        reader->at++;
}

static void skip_line(struct reader *reader)
{
    while (!at_line_end(reader))
        reader->at++;
    if (reader->at < reader->end) {
        reader->at++;
        reader->line++;
    }
}

static const char *take_name(struct reader *reader)
{
    const char *start = reader->at;
    while (reader->at < reader->end && (isalnum((unsigned char)*reader->at) || *reader->at == '_' ||
                                        *reader->at == '.' || *reader->at == '-'))
        reader->at++;
    const size_t len = (size_t)(reader->at - start);
    return len == 0 || len > NAME_BYTES_MAX ? NULL : arena_copy(reader->arena, start, len);
}

/** The name before the `=`, which is passed; NULL with a complaint if there is none. */
static const char *take_assignment(struct reader *reader)
{
    const char *name = take_name(reader);
    if (name != NULL && text_equal(name, "export") && reader->at < reader->end &&
        is_blank(*reader->at)) {
        skip_blanks(reader);
        name = take_name(reader);
    }
    skip_blanks(reader);
    if (name == NULL || !at_char(reader, '=')) {
        complain(reader, reader->line, "this is not NAME=value");
        return NULL;
    }
    reader->at++;
    return name;
}

/** Up to the end of the line or a ` #`, without the spaces before it. What stands before `at` is at
 * least a `=`. */
static const char *take_bare(struct reader *reader)
{
    const char *start = reader->at;
    while (!at_line_end(reader)) {
        if (*reader->at == '#' && is_blank(reader->at[-1]))
            break;
        reader->at++;
    }
    const char *end = reader->at;
    while (end > start && is_blank(end[-1]))
        end--;
    return arena_copy(reader->arena, start, (size_t)(end - start));
}

/** What a backslash and this character stand for in double quotes, or 0: the backslash is only a
 * backslash. */
static char escaped(char c)
{
    switch (c) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case '"':
    case '\\':
    case '$':
        return c;
    default:
        return '\0';
    }
}

/** Undo the escapes of a double-quoted text, in place. */
static void unescape(char *text)
{
    char *out = text;
    for (const char *in = text; *in != '\0'; in++) {
        char meant = *in;
        if (*in == '\\' && escaped(in[1]) != '\0')
            meant = escaped(*++in);
        *out++ = meant;
    }
    *out = '\0';
}

/** The end of a quoted text that begins at reader->at, or NULL. */
static const char *find_quote(const struct reader *reader, char quote)
{
    for (const char *c = reader->at; c < reader->end; c++) {
        if (*c == quote)
            return c;
        if (quote == '"' && *c == '\\' && c + 1 < reader->end)
            c++;
    }
    return NULL;
}

static unsigned count_lines(const char *from, const char *to)
{
    unsigned lines = 0;
    for (; from < to; from++)
        lines += *from == '\n';
    return lines;
}

static const char *take_quoted(struct reader *reader)
{
    const unsigned line = reader->line;
    const char quote = *reader->at++;
    const char *close = find_quote(reader, quote);
    if (close == NULL) {
        complain(reader, line, "the quote that begins here does not end");
        reader->at = reader->end; /* all that follows is inside it */
        return NULL;
    }
    char *value = arena_copy(reader->arena, reader->at, (size_t)(close - reader->at));
    reader->line += count_lines(reader->at, close);
    reader->at = close + 1;
    if (quote == '"')
        unescape(value);
    skip_blanks(reader);
    if (!at_line_end(reader) && !at_char(reader, '#')) {
        complain(reader, line, "something follows the closing quote");
        return NULL;
    }
    return value;
}

static const char *
check_value(struct reader *reader, unsigned line, const char *value, size_t raw_len)
{
    if (value == NULL)
        return NULL;
    if (raw_len > ENV_FILE_VALUE_BYTES_MAX) {
        complain(reader, line, "the value is longer than 32 KiB");
        return NULL;
    }
    if (!text_is_utf8(value, strlen(value))) {
        complain(reader, line, "the value is not UTF-8");
        return NULL;
    }
    return value;
}

/** One line that is neither blank nor a comment. False if there is nothing to keep. */
static bool take_entry(struct reader *reader, struct env_entry *out)
{
    const unsigned line = reader->line;
    const char *name = take_assignment(reader);
    if (name == NULL)
        return false;
    skip_blanks(reader);
    const char *start = reader->at;
    const bool quoted = at_char(reader, '"') || at_char(reader, '\'');
    const char *value = quoted ? take_quoted(reader) : take_bare(reader);
    const size_t raw_len = (size_t)(reader->at - start);
    if (memchr(start, '\0', raw_len) != NULL) {
        complain(reader, line, "it holds a NUL byte");
        return false;
    }
    value = check_value(reader, line, value, raw_len);
    *out = (struct env_entry){.name = name, .value = value, .line = line};
    return value != NULL;
}

static void keep(struct reader *reader, struct env_file *file, const struct env_entry *entry)
{
    if (file->count == ENV_FILE_ENTRIES_MAX) {
        complain(reader, entry->line, "there are more than 2000 variables");
        reader->at = reader->end;
        return;
    }
    file->entries[file->count++] = *entry;
}

void env_file_parse(const char *text,
                    size_t len,
                    struct arena *arena,
                    env_problem_fn *problem,
                    void *context,
                    struct env_file *out)
{
    struct reader reader = {
        .at = text,
        .end = text + len,
        .line = 1,
        .arena = arena,
        .problem = problem,
        .context = context,
    };
    if (len > ENV_FILE_BYTES_MAX) {
        complain(&reader, 1, "the file is larger than 256 KiB");
        reader.at = reader.end;
    }
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        reader.at += 3;
    *out = (struct env_file){0};
    out->entries = arena_alloc(arena, ENV_FILE_ENTRIES_MAX * sizeof(*out->entries));
    while (reader.at < reader.end) {
        struct env_entry entry;
        skip_blanks(&reader);
        if (!at_line_end(&reader) && *reader.at != '#' && take_entry(&reader, &entry))
            keep(&reader, out, &entry);
        skip_line(&reader);
    }
}
