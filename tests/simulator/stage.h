/*
 * A stage for the engine: the test is the network, the server that is called, and the clock.
 * Webhooks are answered at once from a list of answers, or held until the test says so; time passes
 * when the test says so.
 */
#ifndef SIMULATOR_STAGE_H
#define SIMULATOR_STAGE_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/arena.h"
#include "core/fields.h"
#include "simulator/engine.h"
#include "support/cmocka_all.h"

enum { STAGE_ANSWERS_MAX = 64, STAGE_SEEN_MAX = 2048, STAGE_BROWSERS_MAX = 1200 };

struct browser; /* browsers.h */

#define OURS "+15005550006"
#define THEIRS "+14155550100"
#define SERVER "https://phone.example.com"
#define CALLS "/2010-04-01/Accounts/AC00000000000000000000000000000001/Calls"

/* What the server under test says to whatever has `path` in its URL. Later ones come first. */
struct stage_answer {
    const char *path;
    int left; /* how many times; -1: always */
    struct sim_answer answer;
};

/* A webhook as the server under test saw it. */
struct seen {
    struct delivery *delivery; /* NULL once answered */
    const char *method;
    const char *url;
    struct fields params; /* of the form, or of the query of a GET */
    const char *signature;
    const char *token;
    const char *host;
    int64_t timeout_ms;
};

struct stage {
    struct arena *arena;
    struct sim_settings settings;
    struct sim *sim;
    struct sim_time now;
    struct stage_answer answers[STAGE_ANSWERS_MAX];
    size_t answer_count;
    struct seen seen[STAGE_SEEN_MAX];
    size_t seen_count;
    struct browser *browsers[STAGE_BROWSERS_MAX];
    size_t browser_count;
    bool hold; /* webhooks stay unanswered until stage_answer_held */

    /* the last reply */
    bool replied;
    int status;
    bool aborted;
    bool html;
    bool xml;
    bool has_media;
    struct sim_media media;
    const char *location; /* "" if there is none */
    json_t *json;

    const char *range; /* header of the next requests; NULL: none */
};

#define RECORDINGS "/2010-04-01/Accounts/AC00000000000000000000000000000001/Recordings"

/* Sample settings; change them before stage_open. */
struct stage *stage_create(void);
void stage_open(struct stage *stage);
void stage_free(struct stage *stage);

static inline void auto_stage_release(struct stage **stage)
{
    stage_free(*stage);
}
#define auto_stage __attribute__((cleanup(auto_stage_release)))

/* Sample settings, opened. */
struct stage *stage_ready(void);

/* ---- the server under test ---- */

/* TwiML for URLs with `path` in them: for ever, or once. */
void stage_twiml(struct stage *stage, const char *path, const char *verbs);
void stage_twiml_once(struct stage *stage, const char *path, const char *verbs);

/* Any status and body. `times` -1: for ever. */
void stage_says(struct stage *stage,
                const char *path,
                int times,
                int status,
                const char *type,
                const char *body);

/* No answer of that kind. */
void stage_fails(struct stage *stage, const char *path, int times, enum sim_answer_kind kind);

/* Answer what was held back. */
void stage_answer_held(struct stage *stage);

/* ---- requests ---- */

/* REST with good credentials; `form` is urlencoded text or "". Returns the status; stage->json is
 * the body. */
int stage_rest(struct stage *stage, const char *method, const char *path, const char *form);

/* The same with this Authorization header. */
int stage_rest_as(struct stage *stage,
                  const char *authorization,
                  const char *method,
                  const char *path,
                  const char *form);

/* The control API; `json` is a body or "". */
int stage_control(struct stage *stage, const char *method, const char *path, const char *json);

/* POST Calls.json to THEIRS from OURS with `more` appended ("&Timeout=5"); the SID, asserted to be
 * 201. */
const char *stage_call(struct stage *stage, const char *more);

/* POST /sim/script with one rule for everybody: its members. */
void stage_everybody(struct stage *stage, const char *members);

/* A text member of the last reply, by path with dots ("calls.0.status"); NULL if it is none. */
const char *stage_text(struct stage *stage, const char *path);
json_int_t stage_number(struct stage *stage, const char *path);

/* ---- time ---- */

/* Let simulated time pass, answering webhooks as they come. */
void stage_pass(struct stage *stage, int64_t ms);

/* Until nothing will happen by itself. */
void stage_settle(struct stage *stage);

/* ---- what was seen ---- */

/* Values of `name` in all webhooks to URLs with `path` in them, one space between; "-" where it is
 * missing. */
const char *stage_values(struct stage *stage, const char *path, const char *name);

/* The n-th webhook to such an URL; asserted to exist. */
const struct seen *stage_seen(struct stage *stage, const char *path, size_t n);
size_t stage_count(struct stage *stage, const char *path);

/* A parameter of it, asserted to be that text (NULL: absent). */
void assert_param(const struct seen *seen, const char *name, const char *value);

/* Asserted: the leg's events contain this `what` (and its detail contains `detail`). */
void assert_event(struct stage *stage, const char *call_sid, const char *what, const char *detail);

/* Asserted: a warning with that code exists for the call. */
void assert_warning(struct stage *stage, const char *call_sid, int code);

#endif
