/* Options: what is asked of Twilio because nobody has told us. */
#include "core/macros.h"
#include "groups.h"
#include "words.h"

static const struct option_word adopt_words[] = {
    WORD_ROW("ours", CONFIG_ADOPT_OURS),
    WORD_ROW("all", CONFIG_ADOPT_ALL),
    WORD_ROW("none", CONFIG_ADOPT_NONE),
    WORD_ROW(NULL, 0),
};

static const struct option reconcile[] = {
    OPTION(.name = "SWITCHHOOK_ADOPT",
           WORD(reconcile.adopt, enum config_adopt, adopt_words),
           .fallback = "ours",
           .about = "Which calls that Twilio lists and nobody has told us of become calls here: "
                    "those of browsers and of numbers that are ours, all of the account, or none."),
    OPTION(.name = "SWITCHHOOK_SWEEP_MS",
           MILLISECONDS(reconcile.sweep_ms, 0, 86400000),
           .fallback = "300000",
           .about = "How often what is stored is compared with Twilio's lists; 0: after a start "
                    "alone."),
    OPTION(.name = "SWITCHHOOK_SWEEP_BACK_MS",
           MILLISECONDS(reconcile.back_ms, 0, 604800000),
           .fallback = "3600000",
           .about = "How much further than the last time it goes back: lists lag behind, and "
                    "prices come later."),
    OPTION(.name = "SWITCHHOOK_SWEEP_LONGEST_MS",
           MILLISECONDS(reconcile.longest_ms, 1000, INT64_C(7776000000)),
           .fallback = "604800000",
           .about = "How far back it goes after a long outage at most."),
    OPTION(.name = "SWITCHHOOK_SWEEP_RATE",
           COUNT(reconcile.per_second, 1, 100),
           .fallback = "5",
           .about = "How many requests a second all that nobody waits for may cost at Twilio."),
    OPTION(.name = "SWITCHHOOK_SETTLE_AFTER_MS",
           MILLISECONDS(reconcile.settle_after_ms, 0, 86400000),
           .fallback = "900000",
           .about = "This long after its end a call is asked about if its price or the like is "
                    "still missing, and then ever more seldom; 0: not."),
    OPTION(.name = "SWITCHHOOK_SETTLE_ATTEMPTS",
           COUNT(reconcile.settle_attempts, 1, 20),
           .fallback = "5",
           .about = "How often that is done: the fifth time four hours after the end."),
    OPTION(.name = "SWITCHHOOK_ALIVE_MS",
           MILLISECONDS(reconcile.alive_ms, 100, 600000),
           .fallback = "10000",
           .about = "How often it is noted that the server is alive: after a start, what happened "
                    "since then is looked for."),
};

const struct option_group group_reconcile = {
    .title = "Asking Twilio about what nobody has told",
    .about = "Webhooks get lost: while the server is away, and on the way. docs/operations.md says "
             "what is done then.",
    .options = reconcile,
    .count = ARRAY_LEN(reconcile),
};
