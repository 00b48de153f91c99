#include "version_watch.h"
#include "engine.h"
#include "statement.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/macros.h"
#include "core/xmalloc.h"

struct version_watch {
    pthread_mutex_t lock;
    struct store_session *session; /* connected when first asked */
    int64_t generation;            /* counts connections: a new one starts counting anew */
};

struct version_watch *version_watch_create(void)
{
    struct version_watch *watch = xcalloc(1, sizeof *watch);
    ASSERT(pthread_mutex_init(&watch->lock, NULL) == 0);
    return watch;
}

void version_watch_rest(struct version_watch *watch)
{
    pthread_mutex_lock(&watch->lock);
    if (watch->session) {
        session_close(steal(&watch->session));
        watch->generation++;
    }
    pthread_mutex_unlock(&watch->lock);
}

void version_watch_free(struct version_watch *watch)
{
    if (!watch)
        return;
    version_watch_rest(watch);
    pthread_mutex_destroy(&watch->lock);
    free(watch);
}

static const char version_sql[] = "PRAGMA data_version";

static int ask_locked(struct version_watch *watch,
                      struct sqlite_context *context,
                      int64_t *out,
                      struct error *err)
{
    auto_statement struct statement statement = {0};

    if (!watch->session && session_open(context, SESSION_READER, &watch->session, err) < 0)
        return -1;
    if (watch->session->reconnect)
        watch->generation++;
    if (session_ready(watch->session, err) < 0 ||
        session_statement(watch->session, version_sql, &statement, err) < 0 ||
        statement_step(&statement, err) < 0)
        return -1;
    *out = (watch->generation << 32) + sqlite3_column_int64(statement.raw, 0);
    return 0;
}

int sqlite_data_version(struct store_session *s, int64_t *out, struct error *err)
{
    struct version_watch *watch = s->context->watch;
    pthread_mutex_lock(&watch->lock);
    int result = ask_locked(watch, s->context, out, err);
    pthread_mutex_unlock(&watch->lock);
    return result;
}
