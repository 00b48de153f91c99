/*
 * Transcription while a call goes on: <Start><Transcription>, or by REST. What is said is in the scripts of the two people
 * (`says_on_call`): the person on the leg that is transcribed is its inbound track, whoever it is joined with the outbound one.
 */
#ifndef SIMULATOR_LIVE_H
#define SIMULATOR_LIVE_H

#include "document.h"
#include "world.h"

/** How it is asked for. Texts are the leg's; NULL where nothing was said. */
struct live_plan {
    const char *name;
    const char *track; /**< inbound_track, outbound_track, both_tracks */
    const char *url;   /**< NULL: nobody is told */
    const char *method;
    const char *language;
    const char *engine;
    const char *inbound_label;
    const char *outbound_label;
    bool partials;
};

struct live;

/** From a <Transcription>. */
struct live_plan live_plan(struct sim *sim, struct leg *leg, const struct twiml_node *node);

struct live *live_start(struct sim *sim, struct leg *leg, const struct live_plan *plan);

/** Harmless if it has ended. */
void live_stop(struct sim *sim, struct live *live);

/** By SID or name, running or not; NULL if there is none. The newest counts. */
struct live *live_find(const struct leg *leg, const char *sid_or_name);

/** Those called so (NULL: all) stop. */
void lives_stop(struct sim *sim, struct leg *leg, const char *name);

/** The leg is joined to somebody: from now on that one is heard. */
void lives_bridged(struct sim *sim, struct leg *leg);

/** The leg is forgotten. */
void lives_forget(struct sim *sim, struct leg *leg);

/** As the REST API shows it, and as the truth does. */
json_t *live_rest_json(const struct sim *sim, const struct live *live);
json_t *lives_json(const struct leg *leg);

#endif
