/*
 * Checkpoints: what is in the log moves to the database file, so that the log can start over.
 */
#include "engine.h"

static int checkpoint(struct store_session *session, int mode, int *log, int *moved)
{
    sqlite3_busy_timeout(session->db, 0);
    int code = sqlite3_wal_checkpoint_v2(session->db, "main", mode, log, moved);
    sqlite3_busy_timeout(session->db, 2000);
    return code;
}

void sqlite_after_group(struct store_session *session)
{
    int log = 0;
    int moved = 0;
    if (!session->db || session->log_pages < session->checkpoint_at)
        return;
    checkpoint(session, SQLITE_CHECKPOINT_PASSIVE, &log, &moved);
    session->checkpoint_at = session->context->checkpoint_pages;
    if (moved < log)
        session->checkpoint_at += log;
}

void sqlite_idle(struct store_session *session)
{
    int log = 0;
    int moved = 0;
    if (!session->db)
        return;
    checkpoint(session, SQLITE_CHECKPOINT_TRUNCATE, &log, &moved);
    session->checkpoint_at = session->context->checkpoint_pages;
}
