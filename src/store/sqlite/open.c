/*
 * Opening a database file, and this engine's table of functions.
 */
#include "store_sqlite/store_sqlite.h"

#include "engine.h"
#include "migrate.h"
#include "version_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/macros.h"
#include "core/xmalloc.h"

enum { DEFAULT_CHECKPOINT_PAGES = 4000 };

/* ---- the file
 * ------------------------------------------------------------------------------------------------
 */

/* Make each missing folder above `path`. */
static int make_folders(const char *path, struct error *err)
{
    auto_free char *folder = xstrdup(path);
    for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(folder, 0700) < 0 && errno != EEXIST)
            return error_errno(err, ERROR_INVALID, "making the folder of the database");
        *slash = '/';
    }
    return 0;
}

/* SQLite would create it readable by the group; its log inherits the mode of the file. */
static int make_file(const char *path, struct error *err)
{
    if (make_folders(path, err) < 0)
        return -1;
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        return error_errno(err, ERROR_INVALID, "opening the database");
    close(file);
    return 0;
}

/* ---- the backend's functions
 * --------------------------------------------------------------------------------- */

static int open_writer(void *context, struct store_session **out, struct error *err)
{
    struct store_session *session = NULL;
    if (session_open(context, SESSION_WRITER, &session, err) < 0)
        return -1;
    if (schema_migrate(session, store_sqlite_migrations, store_sqlite_migration_count, err) < 0) {
        session_close(session);
        return -1;
    }
    *out = session;
    return 0;
}

static int open_reader(void *context, struct store_session **out, struct error *err)
{
    return session_open(context, SESSION_READER, out, err);
}

static void destroy(void *context)
{
    struct sqlite_context *sqlite = context;
    version_watch_free(sqlite->watch);
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

static const struct store_backend backend = {.name = "sqlite",
                                             .open_writer = open_writer,
                                             .open_reader = open_reader,
                                             .close_session = session_close,
                                             .destroy = destroy,
                                             .free_bytes = free_bytes,
                                             .begin = sqlite_begin,
                                             .commit = sqlite_commit,
                                             .rollback = sqlite_rollback,
                                             .unit_begin = sqlite_unit_begin,
                                             .unit_keep = sqlite_unit_keep,
                                             .unit_drop = sqlite_unit_drop,
                                             .after_group = sqlite_after_group,
                                             .idle = sqlite_idle,
                                             .touch = sqlite_touch,
                                             .read_begin = sqlite_read_begin,
                                             .read_end = sqlite_read_end,
#define X(name, parameters) .name = sqlite_##name,
                                             STORE_BACKEND_ROWS(X)
#undef X
};

/* ---- opening
 * -------------------------------------------------------------------------------------------------
 */

static struct sqlite_context *make_context(const struct store_sqlite_settings *settings)
{
    struct sqlite_context *context = xcalloc(1, sizeof *context);
    context->path = xstrdup(settings->path);
    context->vfs = xstrdup(settings->vfs);
    context->checkpoint_pages =
        settings->checkpoint_pages > 0 ? settings->checkpoint_pages : DEFAULT_CHECKPOINT_PAGES;
    context->watch = version_watch_create();
    if (settings->metrics) {
        context->log_bytes = metrics_gauge(settings->metrics, "switchhook_store_log_bytes", "",
                                           "Length of the write-ahead log after the last commit.");
        context->checkpoints =
            metrics_counter(settings->metrics, "switchhook_store_checkpoints_total", "",
                            "Checkpoints that were started.");
    }
    return context;
}

int store_sqlite_open(const struct store_sqlite_settings *settings,
                      struct store **out,
                      struct error *err)
{
    if (make_file(settings->path, err) < 0)
        return -1;
    struct store_settings plugged = {
        .backend = &backend,
        .context = make_context(settings),
        .readers = settings->readers,
        .queue_max = settings->queue_max,
        .group_max = settings->group_max,
        .metrics = settings->metrics,
    };
    if (store_create(&plugged, out, err) == 0)
        return 0;
    destroy(plugged.context);
    return -1;
}

int store_sqlite_schema_version(void)
{
    return store_sqlite_migrations[store_sqlite_migration_count - 1].version;
}

int store_sqlite_file_version(const char *path, int *out, struct error *err)
{
    struct store_sqlite_settings settings = {.path = path};
    struct sqlite_context *context = make_context(&settings);
    struct store_session *session = NULL;
    int result = session_open(context, SESSION_READER, &session, err);
    if (result == 0) {
        result = schema_version_of(session, out, err);
        session_close(session);
    }
    destroy(context);
    return result;
}
