/*
 * Explicit hook URLs (TWILIO_VOICE_WEBHOOK_URL and its kind) replace what we hand to Twilio, so something of ours must
 * answer at their paths: a typing mistake would lose every callback. Known only where the routes are known.
 */
#include <string.h>

#include "core/macros.h"
#include "internal.h"
#include "routes/routes.h"
#include "webhooks/webhooks.h"

/* A call that asks for instructions where only facts are taken drops (Twilio's error 12300). */
enum purpose { ANY_PURPOSE, INSTRUCTIONS, FACTS };

struct search {
    const char *path;
    enum purpose purpose;
    bool found;
};

static bool serves(const struct route *row, enum purpose purpose)
{
    bool instructs = row->dialect != NULL && row->dialect->render_error == twiml_render_error;
    return row->guard == &guard_twilio &&
           (purpose == ANY_PURPOSE || instructs == (purpose == INSTRUCTIONS));
}

/* A row for everything below has its star, and is meant without its last slash too. */
static bool covers(const char *row, const char *path, size_t len)
{
    size_t row_len = strlen(row);
    if (row[row_len - 1] != '*')
        return row_len == len && strncmp(row, path, len) == 0;
    size_t stem = row_len - strlen("/*");
    return len >= stem && strncmp(row, path, stem) == 0 && (len == stem || path[stem] == '/');
}

static void compare_path(const struct route *row, void *context)
{
    struct search *search = context;
    if (serves(row, search->purpose) &&
        covers(row->path, search->path, strcspn(search->path, "?#")))
        search->found = true;
}

static void check_hook(const char *variable,
                       const struct config_url *url,
                       enum purpose purpose,
                       const struct router *router,
                       struct config_report *report)
{
    if (url->text == NULL)
        return;
    struct search search = {.path = url->path, .purpose = purpose};
    router_walk(router, compare_path, &search);
    if (search.found)
        return;
    config_report_mistake(
        report,
        &(struct config_mistake){
            .variable = variable,
            .found = url->text,
            .problem = purpose == INSTRUCTIONS ? "nothing here gives instructions at its path"
                                               : "nothing here takes facts at its path",
            .expected = "a path of docs/webhooks.md, for example /twiml or /webhooks/call-status; "
                        "those of a dialect only while it is switched on, below its prefix",
        });
}

/* What Twilio calls: without the fragment, which only it reads. */
static bool same_address(const char *a, const char *b)
{
    size_t len = strcspn(a, "#");
    return b != NULL && strcspn(b, "#") == len && strncmp(a, b, len) == 0;
}

bool hooks_lead_here(const struct config *config, const char *url)
{
    const struct config_hooks *hooks = &config->hooks;
    struct router *router;
    struct error err = {0};
    if (same_address(url, hooks->voice.text) || same_address(url, hooks->status.text))
        return true;
    size_t len = strlen(hooks->base.text);
    if (strncmp(url, hooks->base.text, len) != 0 || routes_public(config, &router, &err) < 0)
        return false;
    struct search search = {.path = url + len};
    router_walk(router, compare_path, &search);
    router_free(router);
    return search.found;
}

int hooks_check(const struct config *config, struct config_report *report)
{
    const struct config_hooks *hooks = &config->hooks;
    struct router *router;
    struct error err = {0};
    if (routes_public(config, &router, &err) < 0) {
        config_report_mistake(report, &(struct config_mistake){.problem = err.message});
        return -1;
    }
    size_t before = report->mistake_count;
    check_hook("TWILIO_VOICE_WEBHOOK_URL", &hooks->voice, INSTRUCTIONS, router, report);
    check_hook("TWILIO_STATUS_WEBHOOK_URL", &hooks->status, FACTS, router, report);
    check_hook("TWILIO_RECORDING_WEBHOOK_URL", &hooks->recording, FACTS, router, report);
    check_hook("TWILIO_TASKROUTER_WEBHOOK_URL", &hooks->taskrouter, FACTS, router, report);
    router_free(router);
    return report->mistake_count == before ? 0 : -1;
}
