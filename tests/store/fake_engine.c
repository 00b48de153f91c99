#include "fake_engine.h"

#include <stdlib.h>
#include <string.h>

#include "core/macros.h"
#include "core/xmalloc.h"

struct store_session {
    struct fake_engine *fake;
};

/* Row functions that no test here uses, and the backend's parameters that a fake has no use for. */
#pragma GCC diagnostic ignored "-Wunused-parameter"
/* NOLINTBEGIN(misc-unused-parameters) */
#define X(name, parameters)                                                                        \
    static int unused_##name parameters                                                            \
    {                                                                                              \
        return error_set(err, ERROR_NOT_IMPLEMENTED, "not in the fake");                           \
    }
STORE_BACKEND_ROWS(X)
#undef X

static int insert_call(struct store_session *s, const struct call_row *row, struct error *err)
{
    struct fake_engine *fake = s->fake;
    int result = 0;
    pthread_mutex_lock(&fake->lock);
    ASSERT(fake->pending_count < FAKE_MOST);
    if (row->number == fake->full_at)
        fake->broken = true;
    if (fake->broken)
        result = error_set(err, ERROR_UNAVAILABLE, "full");
    else
        fake->pending[fake->pending_count++] = row->number;
    pthread_mutex_unlock(&fake->lock);
    return result;
}

static int open_session(void *context, struct store_session **out, struct error *err)
{
    struct fake_engine *fake = context;
    if (++fake->opened == fake->fail_opens)
        return error_set(err, ERROR_INVALID, "no session");
    *out = xcalloc(1, sizeof **out);
    (*out)->fake = fake;
    return 0;
}

static void close_session(struct store_session *session)
{
    session->fake->closed++;
    free(session);
}

static void destroy(void *context)
{
    ((struct fake_engine *)context)->destroyed++;
}

static int free_bytes(void *context, int64_t *out, struct error *err)
{
    *out = 42;
    return 0;
}

static int begin(struct store_session *s, struct error *err)
{
    struct fake_engine *fake = s->fake;
    pthread_mutex_lock(&fake->lock);
    fake->begins++;
    fake->pending_count = 0;
    fake->broken = false;
    fake->touched = false;
    fake->wrote = false;
    bool fails = fake->fail_begins > 0;
    fake->fail_begins -= fails;
    pthread_mutex_unlock(&fake->lock);
    return fails ? error_set(err, ERROR_UNAVAILABLE, "cannot begin") : 0;
}

static bool has_poison(const struct fake_engine *fake)
{
    for (int i = 0; i < fake->pending_count; i++)
        if (fake->poison != 0 && fake->pending[i] == fake->poison)
            return true;
    return false;
}

static int commit(struct store_session *s, struct error *err)
{
    struct fake_engine *fake = s->fake;
    pthread_mutex_lock(&fake->lock);
    bool fails = fake->fail_commits > 0 || fake->broken || has_poison(fake);
    fake->fail_commits -= fake->fail_commits > 0;
    if (!fails) {
        fake->commits++;
        fake->wrote = fake->touched || fake->pending_count > 0;
        memcpy(fake->kept + fake->kept_count, fake->pending,
               (size_t)fake->pending_count * sizeof fake->pending[0]);
        fake->kept_count += fake->pending_count;
    }
    pthread_mutex_unlock(&fake->lock);
    return fails ? error_set(err, ERROR_UNAVAILABLE, "cannot commit") : 0;
}

static bool wrote(const struct store_session *s)
{
    return s->fake->wrote;
}

static void rollback(struct store_session *s)
{
    pthread_mutex_lock(&s->fake->lock);
    s->fake->rollbacks++;
    s->fake->pending_count = 0;
    pthread_mutex_unlock(&s->fake->lock);
}

static int check(struct store_session *s, struct error *err)
{
    return s->fake->broken ? error_set(err, ERROR_UNAVAILABLE, "broken") : 0;
}

static int unit_begin(struct store_session *s, struct error *err)
{
    s->fake->units++;
    s->fake->mark = s->fake->pending_count;
    return 0;
}

static int unit_keep(struct store_session *s, struct error *err)
{
    return check(s, err);
}

static int unit_drop(struct store_session *s, struct error *err)
{
    s->fake->pending_count = s->fake->mark;
    return check(s, err);
}

static void after_group(struct store_session *s)
{
    pthread_mutex_lock(&s->fake->lock);
    s->fake->groups++;
    pthread_cond_broadcast(&s->fake->changed);
    pthread_mutex_unlock(&s->fake->lock);
}

static void idle(struct store_session *s)
{
    pthread_mutex_lock(&s->fake->lock);
    s->fake->idles++;
    pthread_cond_broadcast(&s->fake->changed);
    pthread_mutex_unlock(&s->fake->lock);
}

static int touch(struct store_session *s, struct error *err)
{
    s->fake->touches++;
    s->fake->touched = true;
    return 0;
}

static int read_begin(struct store_session *s, struct error *err)
{
    return 0;
}

static void read_end(struct store_session *s)
{
}
/* NOLINTEND(misc-unused-parameters) */

void fake_engine_init(struct fake_engine *fake)
{
    memset(fake, 0, sizeof *fake);
    pthread_mutex_init(&fake->lock, NULL);
    pthread_cond_init(&fake->changed, NULL);
    fake->backend = (struct store_backend){.name = "fake",
                                           .open_writer = open_session,
                                           .open_reader = open_session,
                                           .close_session = close_session,
                                           .destroy = destroy,
                                           .free_bytes = free_bytes,
                                           .begin = begin,
                                           .commit = commit,
                                           .wrote = wrote,
                                           .rollback = rollback,
                                           .check = check,
                                           .unit_begin = unit_begin,
                                           .unit_keep = unit_keep,
                                           .unit_drop = unit_drop,
                                           .after_group = after_group,
                                           .idle = idle,
                                           .touch = touch,
                                           .read_begin = read_begin,
                                           .read_end = read_end,
#define X(name, parameters) .name = unused_##name,
                                           STORE_BACKEND_ROWS(X)
#undef X
    };
    fake->backend.insert_call = insert_call;
}

void fake_engine_release(struct fake_engine *fake)
{
    pthread_cond_destroy(&fake->changed);
    pthread_mutex_destroy(&fake->lock);
}

int fake_engine_count(struct fake_engine *fake, int64_t number)
{
    int count = 0;
    pthread_mutex_lock(&fake->lock);
    for (int i = 0; i < fake->kept_count; i++)
        count += fake->kept[i] == number;
    pthread_mutex_unlock(&fake->lock);
    return count;
}
