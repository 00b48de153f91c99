/*
 * "Has anybody written?" SQLite's data_version only compares with earlier answers of the same
 * connection, so there is one connection for this question, shared by all readers under a lock.
 */
#ifndef STORE_SQLITE_VERSION_WATCH_H
#define STORE_SQLITE_VERSION_WATCH_H

#include "session.h"

struct version_watch *version_watch_create(void);
void version_watch_free(struct version_watch *watch);

/** Close its connection; asked again, it opens another. */
void version_watch_rest(struct version_watch *watch);

#endif
