/* What a Call resource of Twilio's says about a call of ours; a REST answer obeys the same rank rule as a webhook. */
#ifndef JOBS_REST_NEWS_H
#define JOBS_REST_NEWS_H

#include "internal.h"
#include "twilio/rest_answer.h"

/** What the resource says, in the words that webhooks use. What it does not tell happened, at the latest, now. */
struct leg_news news_of_resource(const struct rest_call *resource, int64_t now_ms);

/**
 * Take the root leg's resource into the row: status, times, price, outcome, and the addresses if nobody has told
 * them; sets heard_at and due_at.
 */
enum news_effect call_take_resource(struct call_row *call,
                                    const struct rest_call *resource,
                                    const struct silence_settings *silence,
                                    int64_t now_ms);

#endif
