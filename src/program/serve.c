/*
 * switchhook serve: run the parts until a signal, stop them in the reverse order.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include "app/audit.h"
#include "core/log.h"
#include "core/notify.h"
#include "internal.h"
#include "program/parts.h"

static const char usage[] = "switchhook serve [--env-file FILE]";

static int start(struct parts *parts, const struct config *config, struct error *err)
{
    if (parts_start(parts, err) < 0)
        return -1;
    log_info("server.ready", LOG_TEXT("version", SWITCHHOOK_VERSION),
             LOG_TEXT("listen", config->server.listen.items[0]),
             LOG_INT("port", parts_public_port(parts)),
             LOG_INT("admin_port", parts_admin_port(parts)),
             LOG_TEXT("database", config->store.database));
    return service_notify("READY=1", err);
}

struct serving {
    struct parts *parts;
    struct config *config; /* as we were started */
    const char *env_file;
};

static void note_restarts(const struct config *running, const struct config *fresh)
{
    struct config_report report;
    config_report_init(&report);
    (void)config_note_restarts(running, fresh, &report);
    for (size_t i = 0; i < report.note_count; i++)
        log_warning("config.unchanged", LOG_PHONE("note", report.notes[i]));
    config_report_release(&report);
}

static void tell_audit(const struct serving *serving, bool allowed, const char *detail)
{
    struct app *app = parts_app(serving->parts);
    struct audit_entry entry = {.action = AUDIT_CONFIG_RELOAD,
                                .allowed = allowed,
                                .at_ms = app_now_ms(app),
                                .operator_id = "SIGHUP",
                                .detail = detail};
    audit_later(app->audit, app->config, &entry);
}

/* The option table says what can change while we run; the rest needs a restart. */
static int take_fresh(const struct serving *serving, struct error *err)
{
    struct config *fresh = configuration_load(serving->env_file, CONFIG_FOR_SERVE);
    if (fresh == NULL)
        return error_set(err, ERROR_INVALID, "the settings or the policy are wrong, see above");
    enum log_level level = fresh->log.level;
    note_restarts(serving->config, fresh);
    if (parts_reload(serving->parts, fresh, err) < 0)
        return -1;
    log_set_threshold(level);
    return 0;
}

/* All of it or nothing: settings and policy that were written together must not be half in force. */
static void reload(const struct serving *serving)
{
    const struct app *app = parts_app(serving->parts);
    struct error err = {0};
    (void)service_notify("RELOADING=1", NULL);
    if (take_fresh(serving, &err) < 0) {
        metric_add(app->count.reload_rejected, 1);
        log_error("config.rejected", LOG_PHONE("error", err.message),
                  LOG_TEXT("in_force", "what was before"));
        tell_audit(serving, false, err.message);
    } else {
        metric_add(app->count.reload_applied, 1);
        log_info("config.reloaded", LOG_TEXT("kept", "what needs a restart"),
                 LOG_TEXT("policy", app->policy->origin));
        tell_audit(serving, true, app->policy->origin);
    }
    (void)service_notify("READY=1", NULL);
}

static void wait_for_the_end(const struct serving *serving, const sigset_t *signals)
{
    int signal_number = 0;
    while (sigwait(signals, &signal_number) == 0 && signal_number == SIGHUP)
        reload(serving);
    (void)service_notify("STOPPING=1", NULL);
    log_info("server.stopping", LOG_INT("signal", signal_number));
    unsigned cut = parts_drain(serving->parts);
    log_info("server.drained", LOG_INT("cut_off", cut));
}

static int run(struct config *config, const sigset_t *signals, const char *env_file)
{
    struct serving serving = {.config = config, .env_file = env_file};
    struct error err = {0};
    int failed =
        parts_create(config, &serving.parts, &err) < 0 || start(serving.parts, config, &err) < 0;
    if (failed)
        (void)fprintf(stderr, "switchhook: cannot start: %s\n", err.message);
    else
        wait_for_the_end(&serving, signals);
    parts_free(serving.parts);
    if (!failed)
        return EXIT_OK;
    return err.kind == ERROR_INVALID ? EXIT_BAD_CONFIGURATION : EXIT_FAILED;
}

/*
 * A login shell allows as many open files as there may be connections, and no file for anything else. Up to the hard
 * limit nobody has to be asked.
 */
static void allow_files(void)
{
    enum { FILES_WANTED = 65536 };
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= FILES_WANTED)
        return;
    limit.rlim_cur = limit.rlim_max < FILES_WANTED ? limit.rlim_max : FILES_WANTED;
    (void)setrlimit(RLIMIT_NOFILE, &limit); /* who listens says so if it was not enough */
}

/* Before there are threads, so that all of them inherit it: main alone takes signals. */
static void block_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error like any other */
}

int program_serve(int argc, char **argv)
{
    const char *env_file = NULL;
    const struct argument known[] = {
        {"--env-file", &env_file, NULL}
    };
    sigset_t signals;
    if (arguments_read(argc, argv, known, ARRAY_LEN(known), usage) < 0)
        return EXIT_BAD_CONFIGURATION;
    struct config *config = configuration_load(env_file, CONFIG_FOR_SERVE);
    if (config == NULL)
        return EXIT_BAD_CONFIGURATION;
    block_signals(&signals);
    allow_files();
    parts_prepare_libraries();
    log_start(&(struct log_settings){
        .threshold = config->log.level,
        .show_numbers = config->log.show_numbers,
        .queue_bytes = config->log.queue_bytes,
        .fd = 2,
    });
    int status = run(config, &signals, env_file);
    log_info("server.stopped", LOG_INT("status", status));
    log_stop();
    config_free(config);
    parts_forget_libraries();
    return status;
}
