/* <Dial>: calling other people for the one who is on the line, and joining the first who answers.
 */
#ifndef SIMULATOR_DIAL_H
#define SIMULATOR_DIAL_H

#include "execute.h"

enum step dial_start(struct sim *sim, struct leg *leg, const struct twiml_node *node);

/** A leg that this <Dial> called has answered. */
void dial_member_answered(struct sim *sim, struct leg *member);

/** The document spoken to the called person before the bridge has come to its end. */
void dial_whisper_over(struct sim *sim, struct leg *member);

/** A leg that this <Dial> called is over. */
void dial_member_ended(struct sim *sim, struct leg *member);

/** REST gives the called leg other instructions: it leaves, and its caller goes on. */
void dial_member_leaves(struct sim *sim, struct leg *member);

/** A leg that a <Dial> called is forgotten. */
void dial_forget_member(struct leg *member);

/** The caller is over: whoever was called is dropped, and the action told. */
void dial_caller_gone(struct sim *sim, struct leg *caller);

/** REST gives the caller other instructions: whoever was called is dropped, silently. */
void dial_drop(struct sim *sim, struct leg *caller);

/** Is this the recording of the <Dial> the leg is in? */
bool dial_records(const struct leg *leg, const struct recording *recording);

/** Who this leg talks with, or NULL. */
const struct leg *dial_partner(const struct leg *leg);

#endif
