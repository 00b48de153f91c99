/*
 * What is to be deleted by itself: recordings whose time is over, and at Twilio those that are stored here. For the ticker;
 * each look is bounded, and blocks on the store.
 */
#ifndef JOBS_RECORDING_AGES_H
#define JOBS_RECORDING_AGES_H

#include "core/text_list.h"
#include "jobs/runner.h"

struct recording_ages {
    const struct pair_list *rules; /**< voice/retention.h */
    bool release;                  /**< delete at Twilio what is stored here */
    int64_t release_after_ms;
};

/**
 * Look at the next recordings: their times follow the rules as they are now, what may go at Twilio gets a job; then
 * delete those whose time is over, but for held ones.
 * @param before_number  where the look before has stopped; 0 to begin with
 */
void runner_age_recordings(struct runner *runner,
                           const struct recording_ages *retention,
                           int64_t *before_number);

#endif
