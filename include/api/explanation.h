/* A call explained, as JSON: the answer of GET /calls/{id}/timeline and what `switchhook explain --json` prints. */
#ifndef API_EXPLANATION_H
#define API_EXPLANATION_H

#include <jansson.h>

#include "app/explain.h"

/** What whoever asks may see. */
struct explanation_view {
    bool parameters; /**< what came, as it came */
    bool recordings; /**< that there are any, and where */
    bool numbers;    /**< in full in the summaries */
};

/** One entry; a new reference. */
json_t *explanation_entry(const struct timeline_row *row, const struct explanation_view *view);

/** The findings as a list; a new reference. */
json_t *explanation_findings(const struct findings *findings);

#endif
