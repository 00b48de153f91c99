#include "sources.h"

#include <string.h>
#include <unistd.h>

#include "core/macros.h"
#include "core/text.h"
#include "mask.h"
#include "small_file.h"

enum {
    SECRET_FILE_BYTES_MAX = 4096,
    CANDIDATES_MAX = 3 * (1 + OPTION_SYNONYMS_MAX), /* plain, NAME_FILE, credential for each name */
};

/* ---- the environment ---- */

/** The value in the environment, or NULL. */
static const char *environment_get(const struct sources *sources, const char *name)
{
    const char *const *entry = sources->given->environment;
    const size_t len = strlen(name);
    for (; entry != NULL && *entry != NULL; entry++)
        if (strncmp(*entry, name, len) == 0 && (*entry)[len] == '=')
            return *entry + len + 1;
    return NULL;
}

/* ---- the .env file ---- */

/**
 * Did systemd execute this very process? A child of a shell in a desktop session inherits most of
 * systemd's variables, but not this process id. Source: systemd.exec(5), SYSTEMD_EXEC_PID (since
 * 248).
 */
static bool systemd_started_us(const struct sources *sources)
{
    const int64_t self = sources->given->process_id != 0 ? sources->given->process_id : getpid();
    const char *text = environment_get(sources, "SYSTEMD_EXEC_PID");
    int64_t pid;
    return text != NULL && text_to_int64(text, 1, INT64_MAX, &pid) && pid == self;
}

static void report_line(void *context, unsigned line, const char *problem)
{
    const struct sources *sources = context;
    const char *place = arena_printf(sources->arena, "%s, line %u", sources->file_name, line);
    config_report_mistake(sources->report,
                          &(struct config_mistake){.variable = place, .problem = problem});
}

static void read_env_file(struct sources *sources, const char *path, bool must_exist)
{
    struct small_file file;
    struct error err = {0};
    if (small_file_read(path, ENV_FILE_BYTES_MAX, sources->arena, &file, &err) < 0) {
        if (err.kind == ERROR_NOT_FOUND && !must_exist)
            return;
        const char *problem = arena_printf(sources->arena, "the file %s", err.message);
        config_report_mistake(sources->report,
                              &(struct config_mistake){.variable = path, .problem = problem});
        return;
    }
    sources->file_name = path;
    env_file_parse(file.text, file.len, sources->arena, report_line, sources, &sources->file);
    config_report_note(sources->report, "settings are read from %s", path);
    if (file.world_readable)
        config_report_note(sources->report, "every user of this machine can read %s (chmod 600)",
                           path);
}

void sources_open(struct sources *sources,
                  const struct config_sources *given,
                  struct arena *arena,
                  struct config_report *report)
{
    *sources = (struct sources){.given = given, .arena = arena, .report = report};
    if (given->env_file != NULL) {
        read_env_file(sources, given->env_file, true);
        return;
    }
    if (systemd_started_us(sources))
        return;
    const char *path =
        given->directory == NULL ? ".env" : arena_printf(arena, "%s/.env", given->directory);
    read_env_file(sources, path, false);
}

/** The entry of that name; a second one with another value is a mistake. */
static enum source_answer
file_get(const struct sources *sources, const char *name, const struct env_entry **out)
{
    const struct env_entry *found = NULL;
    for (size_t i = 0; i < sources->file.count; i++) {
        const struct env_entry *entry = &sources->file.entries[i];
        if (!text_equal(entry->name, name))
            continue;
        if (found != NULL && !text_equal(found->value, entry->value)) {
            const char *problem =
                arena_printf(sources->arena, "it has different values on lines %u and %u of %s",
                             found->line, entry->line, sources->file_name);
            config_report_mistake(sources->report,
                                  &(struct config_mistake){.variable = name, .problem = problem});
            return SOURCE_IS_WRONG;
        }
        found = entry;
    }
    *out = found;
    return found != NULL && found->value[0] != '\0' ? SOURCE_HAS_ONE : SOURCE_HAS_NONE;
}

/** A plain variable, from the environment or the file. */
static enum source_answer
get_plain(const struct sources *sources, const char *name, struct source_value *out)
{
    const struct env_entry *entry = NULL;
    const char *text = environment_get(sources, name);
    if (text != NULL) {
        *out = (struct source_value){.name = name, .text = text, .from = "from the environment"};
        return text[0] != '\0' ? SOURCE_HAS_ONE : SOURCE_HAS_NONE;
    }
    const enum source_answer answer = file_get(sources, name, &entry);
    if (answer == SOURCE_HAS_ONE)
        *out = (struct source_value){
            .name = name,
            .text = entry->value,
            .from =
                arena_printf(sources->arena, "from %s, line %u", sources->file_name, entry->line),
        };
    return answer;
}

bool sources_get(const struct sources *sources, const char *name, struct source_value *out)
{
    return get_plain(sources, name, out) == SOURCE_HAS_ONE;
}

void sources_each_name(const struct sources *sources, source_name_fn *visit, void *context)
{
    const char *const *entry = sources->given->environment;
    for (; entry != NULL && *entry != NULL; entry++) {
        const char *name = arena_copy(sources->arena, *entry, strcspn(*entry, "="));
        visit(context, name, "the environment");
    }
    for (size_t i = 0; i < sources->file.count; i++) {
        const struct env_entry *line = &sources->file.entries[i];
        if (environment_get(sources, line->name) != NULL)
            continue;
        visit(context, line->name,
              arena_printf(sources->arena, "%s, line %u", sources->file_name, line->line));
    }
}

/* ---- NAME_FILE and credentials ---- */

/** One line break at the end goes; nothing else may be odd. */
static int take_file_value(const struct sources *sources,
                           const struct small_file *file,
                           const char **out,
                           struct error *err)
{
    size_t len = file->len;
    if (len > 0 && file->text[len - 1] == '\n')
        len--;
    if (len > 0 && len < file->len && file->text[len - 1] == '\r')
        len--;
    if (len == 0)
        return error_set(err, ERROR_INVALID, "is empty");
    if (memchr(file->text, '\0', len) != NULL)
        return error_set(err, ERROR_INVALID, "holds a NUL byte");
    *out = arena_copy(sources->arena, file->text, len);
    return 0;
}

/** The path may be the secret itself, put into the wrong variable. */
static const char *show_path(const char *path, struct arena *arena)
{
    return strchr(path, '/') != NULL ? mask_value(path, arena) : mask_secret(path, arena);
}

static enum source_answer read_value_file(struct sources *sources,
                                          const char *name,
                                          const char *path,
                                          bool must_exist,
                                          struct source_value *out)
{
    struct small_file file = {0};
    struct error err = {0};
    const char *text = NULL;
    const char *shown = show_path(path, sources->arena);
    if (small_file_read(path, SECRET_FILE_BYTES_MAX, sources->arena, &file, &err) < 0 &&
        err.kind == ERROR_NOT_FOUND && !must_exist)
        return SOURCE_HAS_NONE;
    if (err.kind != ERROR_NONE || take_file_value(sources, &file, &text, &err) < 0) {
        config_report_mistake(
            sources->report,
            &(struct config_mistake){
                .variable = name,
                .found = arena_printf(sources->arena, "the file %s", shown),
                .problem = arena_printf(sources->arena, "the file %s", err.message),
                .expected = "the path of a file that holds the value and nothing else",
            });
        return SOURCE_IS_WRONG;
    }
    if (file.world_readable)
        config_report_note(sources->report, "every user of this machine can read %s", shown);
    *out = (struct source_value){
        .name = name,
        .text = text,
        .from = arena_printf(sources->arena, "from the file %s", shown),
    };
    return SOURCE_HAS_ONE;
}

static enum source_answer
get_named_file(struct sources *sources, const char *name, struct source_value *out)
{
    struct source_value path;
    const enum source_answer answer = get_plain(sources, name, &path);
    if (answer != SOURCE_HAS_ONE)
        return answer;
    return read_value_file(sources, name, path.text, true, out);
}

static enum source_answer
get_credential(struct sources *sources, const char *name, struct source_value *out)
{
    const char *directory = environment_get(sources, "CREDENTIALS_DIRECTORY");
    if (text_is_empty(directory))
        return SOURCE_HAS_NONE;
    const char *path = arena_printf(sources->arena, "%s/%s", directory, name);
    return read_value_file(sources, name, path, false, out);
}

/* ---- one option ---- */

struct candidates {
    struct source_value items[CANDIDATES_MAX];
    size_t count;
    bool wrong;
};

static void
add_candidate(struct candidates *all, enum source_answer answer, const struct source_value *value)
{
    if (answer == SOURCE_HAS_ONE)
        all->items[all->count++] = *value;
    all->wrong = all->wrong || answer == SOURCE_IS_WRONG;
}

/** NAME, NAME_FILE and the credential NAME. NAME and NAME_FILE together are a mistake even if they
 * agree. */
static void look_under(struct sources *sources,
                       const struct option *option,
                       const char *name,
                       struct candidates *all)
{
    struct source_value value;
    const enum source_answer plain = get_plain(sources, name, &value);
    add_candidate(all, plain, &value);
    if (!option_takes_file(option))
        return;
    const char *file_name = arena_printf(sources->arena, "%s_FILE", name);
    const enum source_answer answer = get_named_file(sources, file_name, &value);
    if (plain == SOURCE_HAS_ONE && answer == SOURCE_HAS_ONE) {
        const char *problem =
            arena_printf(sources->arena, "%s is set as well; keep one", file_name);
        config_report_mistake(sources->report,
                              &(struct config_mistake){.variable = name, .problem = problem});
        all->wrong = true;
        return;
    }
    add_candidate(all, answer, &value);
    add_candidate(all, get_credential(sources, name, &value), &value);
}

static const char *
show(const struct sources *sources, const struct option *option, const struct source_value *value)
{
    const char *shown = option->type->is_secret ? mask_secret(value->text, sources->arena)
                                                : mask_value(value->text, sources->arena);
    return arena_printf(sources->arena, "%s = %s, %s", value->name, shown, value->from);
}

static void report_conflict(struct sources *sources,
                            const struct option *option,
                            const struct source_value *a,
                            const struct source_value *b)
{
    const char *found =
        arena_printf(sources->arena, "%s; %s", show(sources, option, a), show(sources, option, b));
    config_report_mistake(sources->report,
                          &(struct config_mistake){
                              .variable = option->name,
                              .found = found,
                              .problem = "two names of one setting have different values",
                              .expected = "one of them, or the same value in both",
                              .where = option->where,
                          });
}

enum source_answer
sources_get_option(struct sources *sources, const struct option *option, struct source_value *out)
{
    struct candidates all = {.count = 0};
    look_under(sources, option, option->name, &all);
    for (size_t i = 0; i < OPTION_SYNONYMS_MAX && option->synonyms[i] != NULL; i++)
        look_under(sources, option, option->synonyms[i], &all);
    for (size_t i = 1; i < all.count; i++)
        if (!text_equal(all.items[0].text, all.items[i].text)) {
            report_conflict(sources, option, &all.items[0], &all.items[i]);
            return SOURCE_IS_WRONG;
        }
    if (all.wrong)
        return SOURCE_IS_WRONG;
    if (all.count == 0)
        return SOURCE_HAS_NONE;
    *out = all.items[0];
    return SOURCE_HAS_ONE;
}
