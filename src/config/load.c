/* Loading: every option from its source, then what is missing, unknown or contradictory. All of it,
 * not the first. */
#include "config/load.h"

#include <string.h>

#include "core/text.h"
#include "core/xmalloc.h"
#include "load_state.h"
#include "mask.h"

void load_mark_bad(struct load *load, const struct option *option)
{
    ASSERT(load->bad_count < LOAD_OPTIONS_MAX);
    load->bad[load->bad_count++] = option->name;
}

bool load_is_bad(const struct load *load, const char *name)
{
    for (size_t i = 0; i < load->bad_count; i++)
        if (text_equal(load->bad[i], name))
            return true;
    return false;
}

/* ---- values ---- */

static void take_default(const struct option *option, struct config *config)
{
    struct error err = {0};
    if (option->fallback == NULL)
        return;
    const int taken = option->type->parse(option, option->fallback, config->arena,
                                          option_member(option, config), &err);
    ASSERT(taken == 0);
}

static void report_value(struct load *load,
                         const struct option *option,
                         const struct source_value *value,
                         const struct error *err)
{
    const char *shown = option->type->is_secret ? mask_secret(value->text, load->arena)
                                                : mask_value(value->text, load->arena);
    config_report_mistake(load->report,
                          &(struct config_mistake){
                              .variable = value->name,
                              .found = arena_printf(load->arena, "%s, %s", shown, value->from),
                              .problem = err->message,
                              .expected = option_expected(option, load->arena),
                              .where = option->where,
                          });
}

static void load_option(const struct option *option, void *context)
{
    struct load *load = context;
    struct source_value value;
    struct error err = {0};
    take_default(option, load->config);
    const enum source_answer answer = sources_get_option(&load->sources, option, &value);
    if (answer == SOURCE_IS_WRONG)
        load_mark_bad(load, option);
    if (answer != SOURCE_HAS_ONE)
        return;
    void *member = option_member(option, load->config);
    if (option->type->parse(option, value.text, load->config->arena, member, &err) == 0)
        return;
    report_value(load, option, &value, &err);
    load_mark_bad(load, option);
}

/* ---- what is missing ---- */

static const char *names_of(const struct option *option, struct arena *arena)
{
    const char *names = option->name;
    for (size_t i = 0; i < OPTION_SYNONYMS_MAX && option->synonyms[i] != NULL; i++)
        names = arena_printf(arena, "%s or %s", names, option->synonyms[i]);
    return names;
}

static void report_missing(const struct option *option, void *context)
{
    struct load *load = context;
    if ((option->needed_for & load->needs) == 0 || option_is_set(option, load->config) ||
        load_is_bad(load, option->name))
        return;
    config_report_mistake(load->report, &(struct config_mistake){
                                            .variable = names_of(option, load->arena),
                                            .problem = "it is not set",
                                            .expected = option_expected(option, load->arena),
                                            .where = option->where,
                                        });
}

/** Without signatures nobody needs the token that checks them. */
static unsigned true_needs(const struct config *config, unsigned needs)
{
    if (config->access.signature == CONFIG_SIGNATURE_OFF)
        needs &= ~(unsigned)CONFIG_NEEDS_SIGNATURES;
    return needs;
}

/* ---- the door ---- */

static struct config *config_create(void)
{
    struct config *config = xcalloc(1, sizeof(*config));
    config->arena = arena_create();
    return config;
}

static void auto_config_release(struct config **config)
{
    config_free(*config);
}

int config_load(const struct config_sources *sources,
                unsigned needs,
                struct config **out,
                struct config_report *report)
{
    const size_t mistakes_before = report->mistake_count;
    auto_arena struct arena *arena = arena_create();
    __attribute__((cleanup(auto_config_release))) struct config *config = config_create();
    struct load load = {.config = config, .report = report, .arena = arena};
    sources_open(&load.sources, sources, arena, report);
    option_each(load_option, &load);
    derive_defaults(&load);
    load.needs = true_needs(config, needs);
    option_each(report_missing, &load);
    names_check(&load);
    checks_run(&load);
    if (report->mistake_count > mistakes_before)
        return -1;
    *out = steal(&config);
    return 0;
}

static void wipe_option(const struct option *option, void *context)
{
    if (!option->type->is_secret)
        return;
    const struct secret *secret = option_value(option, context);
    if (secret_is_set(secret))
        explicit_bzero(secret->hidden, strlen(secret->hidden));
}

void config_free(struct config *config)
{
    if (config == NULL)
        return;
    option_each(wipe_option, config);
    arena_free(config->arena);
    free(config);
}

/* ---- two loads ---- */

struct comparison {
    const struct config *running;
    const struct config *fresh;
    struct config_report *report;
    size_t count;
};

static void compare_option(const struct option *option, void *context)
{
    struct comparison *comparison = context;
    auto_buf struct buf before = {0};
    auto_buf struct buf after = {0};
    if (option->reloadable)
        return;
    buf_init(&before, OPTION_TEXT_BYTES_MAX);
    buf_init(&after, OPTION_TEXT_BYTES_MAX);
    buf_puts(&before, "");
    buf_puts(&after, "");
    option->type->print(option, option_value(option, comparison->running), &before);
    option->type->print(option, option_value(option, comparison->fresh), &after);
    if (text_equal(before.data, after.data))
        return;
    comparison->count++;
    config_report_note(comparison->report, "%s has changed and needs a restart", option->name);
}

size_t config_note_restarts(const struct config *running,
                            const struct config *fresh,
                            struct config_report *report)
{
    struct comparison comparison = {.running = running, .fresh = fresh, .report = report};
    option_each(compare_option, &comparison);
    return comparison.count;
}

struct keeping {
    struct config *fresh;
    const struct config *running;
};

static void keep_option(const struct option *option, void *context)
{
    const struct keeping *keeping = context;
    if (option->reloadable)
        return;
    ASSERT(!option->type->is_secret); /* config_free would wipe it twice */
    memcpy(option_member(option, keeping->fresh), option_value(option, keeping->running),
           option->type->bytes);
}

void config_keep_running(struct config *fresh, const struct config *running)
{
    struct keeping keeping = {fresh, running};
    option_each(keep_option, &keeping);
}
