/*
 * A store that fails at its n-th step. The house's tests are linked so that every sqlite3_step of the program comes
 * through here: "the first thing a handler asks of the store fails, the second, ... until it passes".
 */
#ifndef SUPPORT_FAULT_STEPS_H
#define SUPPORT_FAULT_STEPS_H

#include <stdbool.h>
#include <stdint.h>

enum fault_where { FAULT_WRITER, FAULT_READERS };

/** The n-th step from now (1: the next) on the writer's connection, or on any reader's, finds the disk full. */
void fault_steps_arm(enum fault_where where, long n);

/** Back to a healthy store. True if a step was made to fail. */
bool fault_steps_disarm(void);

/** A hash of everything that is in the database at `path`, to see that nothing has changed. */
uint64_t fault_steps_hash(const char *path);

#endif
