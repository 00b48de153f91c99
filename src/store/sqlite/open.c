/*
 * Opening a database file, and this engine's table of functions.
 */
#include "store_sqlite/store_sqlite.h"

#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "checkpoint.h"
#include "core/macros.h"
#include "core/xmalloc.h"
#include "engine.h"
#include "file.h"
#include "schema.h"
#include "version_watch.h"

enum { DEFAULT_CHECKPOINT_PAGES = 4000 };

/* ---- the backend's functions ---- */

static int prepare_schema(struct store_session *session, struct error *err)
{
    if (schema_check_small(session, err) < 0 ||
        schema_migrate(session, store_sqlite_migrations, store_sqlite_migration_count, err) < 0)
        return -1;
    return schema_check_tables(session, err);
}

static int open_writer(void *context, struct store_session **out, struct error *err)
{
    struct sqlite_context *sqlite = context;
    struct store_session *session = NULL;

    if (session_open(sqlite, SESSION_WRITER, &session, err) < 0)
        return -1;
    if (prepare_schema(session, err) < 0) {
        session_close(session);
        return -1;
    }
    sqlite->schema_version = store_sqlite_schema_version();
    sqlite->checkpointer = checkpointer_start(sqlite);
    *out = session;
    return 0;
}

/* The writer goes last: only a connection that may write takes the log into the database, and away, when it closes. */
static void close_session(struct store_session *session)
{
    if (session->role == SESSION_WRITER) {
        version_watch_rest(session->context->watch);
        checkpointer_stop(steal(&session->context->checkpointer));
    }
    session_close(session);
}

static int open_reader(void *context, struct store_session **out, struct error *err)
{
    return session_open(context, SESSION_READER, out, err);
}

static void destroy(void *context)
{
    struct sqlite_context *sqlite = context;
    version_watch_free(sqlite->watch);
    if (sqlite->hold >= 0)
        close(sqlite->hold);
    free(sqlite->path);
    free(sqlite->vfs);
    free(sqlite);
}

static int free_bytes(void *context, int64_t *out, struct error *err)
{
    const struct sqlite_context *sqlite = context;
    struct statvfs space;
    if (statvfs(sqlite->path, &space) < 0)
        return error_errno(err, ERROR_UNAVAILABLE, "asking for free space");
    *out = (int64_t)(space.f_bavail * space.f_frsize);
    return 0;
}

/* The rows are the same whoever opens; the writer of one that only looks writes nothing. */
#define BACKEND(writer, starting, after, quiet)                                                    \
    {                                                                                              \
        .name = "sqlite", .open_writer = (writer), .open_reader = open_reader,                     \
        .close_session = close_session, .destroy = destroy, .free_bytes = free_bytes,              \
        .begin = (starting), .commit = sqlite_commit, .wrote = sqlite_wrote,                       \
        .rollback = sqlite_rollback, .check = sqlite_check, .unit_begin = sqlite_unit_begin,       \
        .unit_keep = sqlite_unit_keep, .unit_drop = sqlite_unit_drop, .after_group = (after),      \
        .idle = (quiet), .touch = sqlite_touch, .read_begin = sqlite_read_begin,                   \
        .read_end = sqlite_read_end, STORE_BACKEND_ROWS(ENGINE_ROW)                                \
    }
#define ENGINE_ROW(row, parameters) .row = sqlite_##row,

static const struct store_backend backend =
    BACKEND(open_writer, sqlite_begin, sqlite_after_group, sqlite_idle);

/* ---- opening ---- */

static struct sqlite_context *make_context(const struct store_sqlite_settings *settings,
                                           const struct file_facts *facts)
{
    struct sqlite_context *context = xcalloc(1, sizeof *context);
    context->path = xstrdup(settings->path);
    context->vfs = xstrdup(settings->vfs);
    context->device = facts->device;
    context->inode = facts->inode;
    context->hold = -1;
    context->checkpoint_pages =
        settings->checkpoint_pages > 0 ? settings->checkpoint_pages : DEFAULT_CHECKPOINT_PAGES;
    context->watch = version_watch_create();
    if (!settings->metrics)
        return context;
    context->log_bytes =
        metrics_gauge(settings->metrics, "switchhook_store_log_bytes", "",
                      "Length of the write-ahead log in use after the last commit.");
    context->checkpoints = metrics_counter(settings->metrics, "switchhook_store_checkpoints_total",
                                           "", "Checkpoints that were finished.");
    return context;
}

int store_sqlite_open(const struct store_sqlite_settings *settings,
                      struct store **out,
                      struct error *err)
{
    struct file_facts facts;

    if (file_make(settings->path, err) < 0 || file_look(settings->path, &facts, err) < 0)
        return -1;
    struct sqlite_context *context = make_context(settings, &facts);
    if (settings->alone && file_hold(settings->path, &context->hold, err) < 0) {
        destroy(context);
        return -1;
    }
    struct store_settings plugged = {
        .backend = &backend,
        .context = context,
        .readers = settings->readers,
        .queue_max = settings->queue_max,
        .group_max = settings->group_max,
        .metrics = settings->metrics,
    };
    if (store_create(&plugged, out, err) == 0)
        return 0;
    destroy(context);
    return -1;
}

/* ---- looking only ---- */

/* What stands where a writer would: a reader, which is asked for nothing but refusals. */
static int open_no_writer(void *context, struct store_session **out, struct error *err)
{
    struct store_session *session = NULL;
    int version = 0;
    if (session_open(context, SESSION_READER, &session, err) < 0)
        return -1;
    int failed = schema_version_of(session, &version, err);
    if (failed == 0 && version != store_sqlite_schema_version())
        failed = error_set(err, ERROR_INVALID, "its schema is version %d, this program's is %d",
                           version, store_sqlite_schema_version());
    if (failed < 0) {
        session_close(session);
        return -1;
    }
    *out = session;
    return 0;
}

static int refuse_to_write(struct store_session *session, struct error *err)
{
    (void)session;
    return error_set(err, ERROR_UNAVAILABLE, "the database was opened to be read");
}

static void do_nothing(struct store_session *session)
{
    (void)session;
}

int store_sqlite_open_to_read(const struct store_sqlite_settings *settings,
                              struct store **out,
                              struct error *err)
{
    static const struct store_backend reading =
        BACKEND(open_no_writer, refuse_to_write, do_nothing, do_nothing);
    struct file_facts facts;
    if (access(settings->path, R_OK) < 0)
        return error_errno(err, ERROR_INVALID, "opening it");
    if (file_look(settings->path, &facts, err) < 0)
        return -1;
    struct sqlite_context *context = make_context(settings, &facts);
    struct store_settings plugged = {
        .backend = &reading,
        .context = context,
        .readers = settings->readers,
    };
    if (store_create(&plugged, out, err) == 0)
        return 0;
    destroy(context);
    return -1;
}

int store_sqlite_schema_version(void)
{
    return store_sqlite_migrations[store_sqlite_migration_count - 1].version;
}

/* The version in the log, if there is one, counts; SQLite knows how to read it. */
static int
ask_version(const char *path, const struct file_facts *facts, int *out, struct error *err)
{
    struct sqlite_context *context =
        make_context(&(struct store_sqlite_settings){.path = path}, facts);
    struct store_session *session = NULL;
    int result = session_open(context, SESSION_READER, &session, err);
    if (result == 0) {
        result = schema_version_of(session, out, err);
        session_close(session);
    }
    destroy(context);
    return result;
}

int store_sqlite_file_version(const char *path, int *out, struct error *err)
{
    struct file_facts facts;

    if (file_look(path, &facts, err) < 0)
        return -1;
    if (facts.has_log)
        return ask_version(path, &facts, out, err);
    if (!facts.empty && (facts.application != APPLICATION_ID || facts.version < 1))
        return error_set(err, ERROR_INVALID, "%s belongs to another program", path);
    *out = facts.version;
    return 0;
}
