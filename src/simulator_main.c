/* switchhook-sim: plays Twilio on loopback. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/arena.h"
#include "simulator/simulator.h"
#include "twilio/twiml.h"

enum { EXIT_BAD_SETTINGS = 2 };

static const char *from_environment(const char *name)
{
    return getenv(name); /* NOLINT(concurrency-mt-unsafe): before there are threads */
}

static int fail(const struct error *err)
{
    (void)fprintf(stderr, "switchhook-sim: %s\n", err->message);
    return EXIT_BAD_SETTINGS;
}

/* Blocked here, so every thread inherits it: only sigwait sees them. */
static void block_signals(sigset_t *set)
{
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGTERM);
    (void)sigaddset(set, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

static void greet(const struct sim_settings *settings, const struct simulator *simulator)
{
    printf("switchhook-sim listening on 127.0.0.1:%u\n", simulator_port(simulator));
    if (simulator_signal_port(simulator) != 0)
        printf("  browsers' signalling on ws://127.0.0.1:%u/signal\n",
               simulator_signal_port(simulator));
    if (!settings->quiet)
        printf("  account %s, app %s, number %s\n  voice URL %s, %s\n", settings->account_sid,
               settings->app_sid, settings->numbers[0], settings->voice_method,
               settings->voice_url);
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    auto_arena struct arena *arena = arena_create();
    struct sim_settings settings;
    struct simulator *simulator = NULL;
    struct error err = {0};
    bool help = false;
    sigset_t signals;
    if (sim_settings_parse(argc, (const char *const *)argv, from_environment, arena, &settings,
                           &help, &err) < 0)
        return fail(&err);
    if (help) {
        (void)fputs(sim_settings_help(arena), stdout);
        return EXIT_SUCCESS;
    }
    block_signals(&signals);
    twiml_setup();
    if (simulator_create(&settings, &simulator, &err) < 0)
        return fail(&err);
    greet(&settings, simulator);
    if (simulator_start(simulator, &err) < 0) {
        simulator_free(simulator);
        return fail(&err);
    }
    int number = 0;
    (void)sigwait(&signals, &number);
    simulator_free(simulator);
    twiml_teardown();
    return EXIT_SUCCESS;
}
