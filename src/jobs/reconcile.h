/* For the runner. */
#ifndef JOBS_RECONCILE_H
#define JOBS_RECONCILE_H

#include "internal.h"

/** Ask for a sweep back to the last sign of life of a former process. Before runner_live is called. Blocks on the store. */
void reconcile_after_start(struct runner *runner);

#endif
