/* How people behave: rules by number or client identity, first match wins; without one, a patient
 * default. */
#ifndef SIMULATOR_SCRIPT_H
#define SIMULATOR_SCRIPT_H

#include "core/macros.h"
#include "world.h"

/** Answers after 2 s, hangs up after 10 s, presses nothing. */
extern const struct script script_default;

/** The same for whoever calls: stays until the call is over. */
extern const struct script script_caller;

/** Somebody real, in a browser: rings at once, and does nothing by itself. */
extern const struct script script_browser;

/** The script of whoever is reached at `to`, its texts copied into `arena`. */
void script_for(const struct sim *sim, const char *to, struct arena *arena, struct script *out);

/** A script from a JSON object, on top of `out` as it is. Texts are copied into `arena`. INVALID names the member. */
int script_read(const json_t *json,
                struct arena *arena,
                struct script *out,
                struct error *err) MUST_USE;

/** A member in milliseconds, -1 for null; and a value in seconds of sound. What is absent leaves `out` as it is. */
int script_read_ms(const json_t *json, const char *name, int64_t *out, struct error *err) MUST_USE;
int script_read_seconds(const json_t *value,
                        const char *name,
                        int64_t *out,
                        struct error *err) MUST_USE;

/** Put a rule in front of the others. INVALID names what is wrong. */
int rules_add(struct sim *sim, const json_t *json, struct error *err) MUST_USE;

/** Replace all rules by those of a JSON text: an array of rules, or one. */
int rules_load(struct sim *sim, const char *text, size_t len, struct error *err) MUST_USE;

void rules_clear(struct sim *sim);

json_t *rules_json(const struct sim *sim);

#endif
