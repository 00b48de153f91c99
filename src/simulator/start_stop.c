#include "start_stop.h"

#include <string.h>

#include "leg.h"
#include "live.h"
#include "recording.h"

enum { WARNING_NOT_SIMULATED = 12200, WARNING_NO_SUCH = 12200 };

static void record(struct sim *sim, struct leg *leg, const struct twiml_node *node)
{
    const struct recording_plan plan = recording_plan(sim, leg, node);
    const struct recording_way way = {
        .source = "StartCallRecordingTwiML",
        .track = recording_track(node_attribute_or(node, "track", "both")),
        .channels = strcmp(node_attribute_or(node, "channels", "mono"), "dual") == 0 ? 2 : 1,
    };
    (void)recording_start(sim, leg, &way, &plan);
}

static void transcribe(struct sim *sim, struct leg *leg, const struct twiml_node *node)
{
    const struct live_plan plan = live_plan(sim, leg, node);
    (void)live_start(sim, leg, &plan);
}

static void stop(struct sim *sim, struct leg *leg, const struct twiml_node *node)
{
    const char *name = node_attribute(node, "name");
    if (name && live_find(leg, name) == NULL)
        leg_warn(sim, leg, WARNING_NO_SUCH, "<Stop> of a transcription '%s' that never began",
                 name);
    lives_stop(sim, leg, name);
}

static void not_simulated(struct sim *sim, struct leg *leg, const struct twiml_node *node)
{
    leg_warn(sim, leg, WARNING_NOT_SIMULATED, "<%s> is not simulated and was skipped", node->name);
}

enum step start_start(struct sim *sim, struct leg *leg, const struct twiml_node *node)
{
    for (const struct twiml_node *one = node->children; one; one = one->next)
        if (one->element == TWIML_RECORDING)
            record(sim, leg, one);
        else if (one->element == TWIML_TRANSCRIPTION)
            transcribe(sim, leg, one);
        else
            not_simulated(sim, leg, one);
    return STEP_NEXT;
}

enum step stop_start(struct sim *sim, struct leg *leg, const struct twiml_node *node)
{
    for (const struct twiml_node *one = node->children; one; one = one->next)
        if (one->element == TWIML_TRANSCRIPTION)
            stop(sim, leg, one);
        else
            not_simulated(sim, leg, one);
    return STEP_NEXT;
}
