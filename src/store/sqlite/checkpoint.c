#include "checkpoint.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/macros.h"
#include "core/xmalloc.h"

enum {
    MOST_PASSES = 3,       /* each pass copies what was written during the one before */
    SMALL_REMAINDER = 256, /* pages; the writer copies that many in well under a millisecond */
};

enum phase { RESTING, COPYING, COPIED };

struct checkpointer {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    enum phase phase;
    bool closing;
    struct sqlite_context *context;
    struct store_session *session; /* the thread's */
};

/* ---- the thread ---- */

/*
 * SQLite syncs the database only after a checkpoint that reached the end of the log, which the
 * thread seldom does. Without this the writer's small remainder would pay for the sync of
 * everything.
 */
static int sync_database(struct store_session *session)
{
    sqlite3_file *file = NULL;
    int code = sqlite3_file_control(session->db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (code != SQLITE_OK || !file || !file->pMethods)
        return SQLITE_ERROR;
    return file->pMethods->xSync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
}

/* Never waits for anybody: PASSIVE leaves alone what a reader still needs. */
static void copy_log(struct store_session *session)
{
    int before = 0;
    for (int pass = 0; pass < MOST_PASSES; pass++) {
        int log = 0;
        int copied = 0;
        int code = sqlite3_wal_checkpoint_v2(session->db, "main", SQLITE_CHECKPOINT_PASSIVE, &log,
                                             &copied);
        if (code == SQLITE_OK)
            code = sync_database(session);
        if (code != SQLITE_OK) {
            struct error ignored = {
                0}; /* the log is kept, and the writer will meet the same trouble */
            session_fail(session, code, &ignored);
            return;
        }
        if (copied < log || copied - before < SMALL_REMAINDER)
            return;
        before = copied;
    }
}

static void run_once(struct checkpointer *checkpointer)
{
    struct error ignored = {0};
    if (!checkpointer->session && session_open(checkpointer->context, SESSION_CHECKPOINTER,
                                               &checkpointer->session, &ignored) < 0)
        return;
    if (session_ready(checkpointer->session, &ignored) == 0)
        copy_log(checkpointer->session);
}

static void *checkpointer_main(void *argument)
{
    struct checkpointer *checkpointer = argument;
    pthread_mutex_lock(&checkpointer->lock);
    while (!checkpointer->closing) {
        if (checkpointer->phase != COPYING) {
            pthread_cond_wait(&checkpointer->wake, &checkpointer->lock);
            continue;
        }
        pthread_mutex_unlock(&checkpointer->lock);
        run_once(checkpointer);
        pthread_mutex_lock(&checkpointer->lock);
        checkpointer->phase = COPIED;
    }
    pthread_mutex_unlock(&checkpointer->lock);
    return NULL;
}

struct checkpointer *checkpointer_start(struct sqlite_context *context)
{
    struct checkpointer *checkpointer = xcalloc(1, sizeof *checkpointer);
    checkpointer->context = context;
    ASSERT(pthread_mutex_init(&checkpointer->lock, NULL) == 0);
    ASSERT(pthread_cond_init(&checkpointer->wake, NULL) == 0);
    ASSERT(pthread_create(&checkpointer->thread, NULL, checkpointer_main, checkpointer) == 0);
    return checkpointer;
}

void checkpointer_stop(struct checkpointer *checkpointer)
{
    if (!checkpointer)
        return;
    pthread_mutex_lock(&checkpointer->lock);
    checkpointer->closing = true;
    pthread_cond_signal(&checkpointer->wake);
    pthread_mutex_unlock(&checkpointer->lock);
    pthread_join(checkpointer->thread, NULL);
    if (checkpointer->session)
        session_close(checkpointer->session);
    pthread_cond_destroy(&checkpointer->wake);
    pthread_mutex_destroy(&checkpointer->lock);
    free(checkpointer);
}

/* ---- the writer's part ---- */

/* Whether the thread has something for the writer to finish; if not and it rests, it may be
 * started. */
static bool take_copied(struct checkpointer *checkpointer, bool start)
{
    pthread_mutex_lock(&checkpointer->lock);
    bool copied = checkpointer->phase == COPIED;
    if (copied)
        checkpointer->phase = RESTING;
    else if (start && checkpointer->phase == RESTING)
        checkpointer->phase = COPYING;
    if (checkpointer->phase == COPYING)
        pthread_cond_signal(&checkpointer->wake);
    pthread_mutex_unlock(&checkpointer->lock);
    return copied;
}

/* The remainder. If a reader holds pages back, the next attempt waits until the log has grown as
 * much again. */
static void finish(struct store_session *session)
{
    int log = 0;
    int copied = 0;
    int pages = session->context->checkpoint_pages;
    sqlite3_wal_checkpoint_v2(session->db, "main", SQLITE_CHECKPOINT_PASSIVE, &log, &copied);
    session->checkpoint_at = copied < log ? log + pages : pages;
    if (session->context->checkpoints)
        metric_add(session->context->checkpoints, 1);
}

void sqlite_after_group(struct store_session *session)
{
    enum { FRAME_BYTES = 4096 + 24 };
    if (session->context->log_bytes)
        metric_set(session->context->log_bytes, (int64_t)session->log_pages * FRAME_BYTES);
    bool start = session->log_pages >= session->checkpoint_at;
    if (session->db && take_copied(session->context->checkpointer, start))
        finish(session);
}

/* With nobody writing the thread comes to the end of the log by itself, and the next write starts
 * it over. */
void sqlite_idle(struct store_session *session)
{
    if (session->db && take_copied(session->context->checkpointer, true))
        take_copied(session->context->checkpointer, true);
}
