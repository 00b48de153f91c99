/*
 * The functions of this engine, as the backend's table wants them: insert_call, update_call, ...
 * with the contract of store_insert_call, store_update_call, ...
 */
#ifndef STORE_SQLITE_ENGINE_H
#define STORE_SQLITE_ENGINE_H

#include "session.h"
#include "store/backend.h"

#define X(name, parameters) int sqlite_##name parameters;
STORE_BACKEND_ROWS(X)
#undef X

/** transaction.c: the backend's functions of these names */
int sqlite_begin(struct store_session *session, struct error *err);
int sqlite_commit(struct store_session *session, struct error *err);
bool sqlite_wrote(const struct store_session *session);
int sqlite_check(struct store_session *session, struct error *err);
void sqlite_rollback(struct store_session *session);
int sqlite_unit_begin(struct store_session *session, struct error *err);
int sqlite_unit_keep(struct store_session *session, struct error *err);
int sqlite_unit_drop(struct store_session *session, struct error *err);
int sqlite_touch(struct store_session *session, struct error *err);
int sqlite_read_begin(struct store_session *session, struct error *err);
void sqlite_read_end(struct store_session *session);

#endif
