/* Opening: what is taken, what is refused and left alone, and what happens to the file while it is
 * open. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/store/sqlite/schema.h"
#include "core/macros.h"
#include "core/xmalloc.h"
#include "store_sqlite/store_sqlite.h"
#include "support/cmocka_all.h"
#include "temp_store.h"

struct fixture {
    char *folder;
    char *path;
    struct store *store;
};

static int make_folder(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){.folder = temp_folder()};
    fixture.path = temp_path(fixture.folder, "test.db");
    *state = &fixture;
    return 0;
}

static int remove_folder(void **state)
{
    struct fixture *f = *state;
    store_close(f->store);
    free(f->path);
    temp_folder_remove(f->folder);
    return 0;
}

static int open_store(struct fixture *f, struct error *err)
{
    struct store_sqlite_settings settings = {.path = f->path};
    return store_sqlite_open(&settings, &f->store, err);
}

static void open_and_put(struct fixture *f, int64_t number)
{
    struct error err = {0};
    if (open_store(f, &err) < 0 || put_call(f->store, number, &err) < 0)
        fail_msg("%s", err.message);
}

static void close_store(struct fixture *f)
{
    store_close(f->store);
    f->store = NULL;
}

/* ---- new and known files --------------------------------------------------------------------- */

static void makes_a_new_file_for_its_owner_alone(void **state)
{
    struct fixture *f = *state;
    struct stat facts;
    auto_free char *folder = temp_path(f->folder, "deep");
    auto_free char *deep = temp_path(folder, "test.db");
    free(f->path);
    f->path = xstrdup(deep);
    open_and_put(f, 1);
    assert_int_equal(stat(f->path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    assert_int_equal(stat(folder, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0700);
    auto_free char *log = temp_path(folder, "test.db-wal");
    assert_int_equal(stat(log, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    close_store(f);
    assert_int_equal(unlink(f->path), 0); /* one file is left, and nothing else */
    assert_int_equal(rmdir(folder), 0);
}

static void finds_again_what_was_stored(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    open_and_put(f, 1);
    close_store(f);
    open_and_put(f, 2);
    assert_int_equal(rows_of_call(f->store, 1, &err), 2);
    assert_int_equal(rows_of_call(f->store, 2, &err), 2);
}

static void tells_the_version_of_a_file_without_touching_it(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    int version = -1;
    size_t before_bytes = 0;
    size_t after_bytes = 0;
    assert_int_equal(store_sqlite_file_version(f->path, &version, &err), -1);
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    assert_int_equal(access(f->path, F_OK), -1);
    temp_write(f->path, "", 0);
    error_clear(&err);
    assert_int_equal(store_sqlite_file_version(f->path, &version, &err), 0);
    assert_int_equal(version, 0);

    open_and_put(f, 1);
    assert_int_equal(store_sqlite_file_version(f->path, &version, &err), 0); /* from the log */
    assert_int_equal(version, store_sqlite_schema_version());
    close_store(f);
    auto_free char *before = temp_read(f->path, &before_bytes);
    version = -1;
    assert_int_equal(store_sqlite_file_version(f->path, &version, &err), 0);
    assert_int_equal(version, store_sqlite_schema_version());
    auto_free char *after = temp_read(f->path, &after_bytes);
    assert_int_equal(before_bytes, after_bytes);
    assert_memory_equal(before, after, before_bytes);
    auto_free char *log = temp_path(f->folder, "test.db-wal");
    assert_int_equal(access(log, F_OK), -1);
}

/* ---- files that are refused ------------------------------------------------------------------ */

/* Refused with INVALID and these words, and left as it was. */
static void assert_refused(struct fixture *f, const char *words)
{
    struct error err = {0};
    size_t before_bytes = 0;
    size_t after_bytes = 0;
    auto_free char *before = temp_read(f->path, &before_bytes);
    assert_int_equal(open_store(f, &err), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
    if (!strstr(err.message, words))
        fail_msg("\"%s\" does not say \"%s\"", err.message, words);
    auto_free char *after = temp_read(f->path, &after_bytes);
    assert_int_equal(before_bytes, after_bytes);
    assert_memory_equal(before, after, before_bytes);
}

static void refuses_what_is_no_database(void **state)
{
    struct fixture *f = *state;
    static const char letter[] = "Dear Sir or Madam, this is a letter and has more than a hundred "
                                 "characters, as letters tend to have when they are not postcards.";
    static char zeros[8192];
    temp_write(f->path, letter, sizeof letter);
    assert_refused(f, "not a database");
    temp_write(f->path, letter, 10);
    assert_refused(f, "not a database");
    temp_write(f->path, zeros, sizeof zeros);
    assert_refused(f, "not a database");
}

static void refuses_a_folder_and_an_empty_path(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    auto_free char *path = f->path;
    f->path = xstrdup(f->folder);
    assert_int_equal(open_store(f, &err), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
    free(f->path);
    f->path = xstrdup("");
    error_clear(&err);
    assert_int_equal(open_store(f, &err), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
    free(f->path);
    f->path = temp_path(path, "below-a-file.db");
    temp_write(path, "", 0);
    error_clear(&err);
    assert_int_equal(open_store(f, &err), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
}

static void refuses_another_programs_database(void **state)
{
    struct fixture *f = *state;
    temp_sql(f->path, "CREATE TABLE notes (text); INSERT INTO notes VALUES ('mine');");
    assert_refused(f, "another program");
    temp_sql(f->path, "PRAGMA user_version = 1;");
    assert_refused(f, "another program");
    temp_sql(f->path, "PRAGMA application_id = 12345;");
    assert_refused(f, "another program");
    struct error err = {0};
    int version = -1;
    assert_int_equal(store_sqlite_file_version(f->path, &version, &err), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
    assert_int_equal(version, -1);
}

static void refuses_a_newer_database_and_says_so(void **state)
{
    struct fixture *f = *state;
    open_and_put(f, 1);
    close_store(f);
    temp_sql(f->path, "PRAGMA user_version = 999;");
    assert_refused(f, "999");
    assert_refused(f, "newer");
}

static void refuses_a_database_that_lost_a_table(void **state)
{
    struct fixture *f = *state;
    open_and_put(f, 1);
    close_store(f);
    temp_sql(f->path, "PRAGMA foreign_keys = OFF; DROP TABLE timeline;");
    assert_refused(f, "timeline");
}

static void refuses_a_database_that_was_cut_off(void **state)
{
    struct fixture *f = *state;
    size_t bytes = 0;
    open_and_put(f, 1);
    close_store(f);
    auto_free char *data = temp_read(f->path, &bytes);
    const size_t lengths[] = {bytes - 1, bytes - 4096, 8192, 4096, 200, 50};
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        temp_write(f->path, data, lengths[i]);
        assert_refused(f, "");
    }
}

/* Each page in turn, as an old disk would have it. Whatever is noticed is refused, the rest works;
 * nothing crashes. */
static void stays_whole_whatever_page_is_overwritten(void **state)
{
    struct fixture *f = *state;
    size_t bytes = 0;
    int refused = 0;
    open_and_put(f, 1);
    close_store(f);
    auto_free char *data = temp_read(f->path, &bytes);
    for (size_t page = 0; page * 4096 < bytes; page++) {
        struct error err = {0};
        auto_free char *broken = xmemdup(data, bytes);
        memset(broken + page * 4096 + (page == 0 ? 100 : 0), 0xa5, page == 0 ? 3996 : 4096);
        temp_write(f->path, broken, bytes);
        if (open_store(f, &err) < 0) {
            assert_int_equal(err.kind, ERROR_INVALID);
            refused++;
            continue;
        }
        (void)rows_of_call(f->store, 1, &err);
        close_store(f);
    }
    assert_true(refused > 0);
}

/* As somebody who is not root, for whom permissions would mean nothing. 0: refused with INVALID. */
static int open_as_nobody(struct fixture *f)
{
    enum { NOBODY = 65534 };
    struct error err = {0};
    if (geteuid() == 0 && setuid(NOBODY) < 0)
        return 1;
    if (open_store(f, &err) == 0)
        return 2;
    return err.kind == ERROR_INVALID ? 0 : 3;
}

static void refuses_a_file_it_may_not_write(void **state)
{
    struct fixture *f = *state;
    const mode_t modes[] = {0444, 0000};
    open_and_put(f, 1);
    close_store(f);
    assert_int_equal(chmod(f->folder, 0777), 0);
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        int status = 0;
        assert_int_equal(chmod(f->path, modes[i]), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            _exit(open_as_nobody(f));
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
}

/* ---- while it is open ------------------------------------------------------------------------ */

struct key_list {
    int count;
    int64_t version;
};

static int count_keys(struct store_rx *rx, void *work, struct error *err)
{
    struct key_list *list = work;
    auto_arena struct arena *arena = arena_create();
    struct api_key_rows rows = {0};
    if (store_data_version(rx, &list->version, err) < 0 ||
        store_list_api_keys(rx, arena, &rows, err) < 0)
        return -1;
    list->count = (int)rows.count;
    return 0;
}

static int insert_key(struct store_tx *tx, void *work, struct error *err)
{
    struct api_key_row row = {
        .id = *(const char *const *)work, .account_sid = "", .name = "n", .scopes = "all"};
    return store_insert_api_key(tx, &row, err);
}

static void notices_what_another_process_writes(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct fixture other = *f;
    const char *key = "k1";
    struct key_list before = {0};
    struct key_list after = {0};
    open_and_put(f, 1);
    assert_int_equal(store_run_read(f->store, count_keys, &before, &err), 0);
    assert_int_equal(before.count, 0);
    assert_int_equal(open_store(&other, &err), 0);
    assert_int_equal(store_apply(other.store, insert_key, &key, &err), 0);
    store_close(other.store);
    assert_int_equal(store_run_read(f->store, count_keys, &after, &err), 0);
    assert_int_equal(after.count, 1);
    assert_int_not_equal(before.version, after.version);
    assert_int_equal(put_call(f->store, 2, &err), 0);
}

/* Otherwise whoever copies the file alone after a clean stop has a copy without the latest. */
static void leaves_no_log_behind_when_it_closes(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct key_list keys = {0};
    auto_free char *log = temp_path(f->folder, "test.db-wal");
    open_and_put(f, 1);
    assert_int_equal(store_run_read(f->store, count_keys, &keys, &err), 0);
    assert_int_equal(access(log, F_OK), 0);
    close_store(f);
    assert_int_equal(access(log, F_OK), -1);
}

static void stops_when_its_file_is_replaced_and_goes_on_when_it_is_back(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    auto_free char *aside = temp_path(f->folder, "aside.db");
    open_and_put(f, 1);
    assert_int_equal(rename(f->path, aside), 0);
    assert_int_equal(put_call(f->store, 2, &err), -1);
    assert_int_equal(err.kind, ERROR_UNAVAILABLE);
    temp_write(f->path, "", 0);
    error_clear(&err);
    assert_int_equal(put_call(f->store, 2, &err), -1);
    assert_int_equal(err.kind, ERROR_UNAVAILABLE);
    error_clear(&err);
    assert_int_equal(rows_of_call(f->store, 1, &err), 2);
    assert_int_equal(rename(aside, f->path), 0);
    assert_int_equal(put_call(f->store, 2, &err), 0);
    assert_int_equal(rows_of_call(f->store, 2, &err), 2);
}

static void answers_unavailable_while_somebody_else_holds_the_lock(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    sqlite3 *other = NULL;
    open_and_put(f, 1);
    assert_int_equal(sqlite3_open(f->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(put_call(f->store, 2, &err), -1);
    assert_int_equal(err.kind, ERROR_UNAVAILABLE);
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_int_equal(put_call(f->store, 2, &err), 0);
}

/* ---- lists look at a bounded number of rows ---------------------------------------------------
 */

static int list(struct store_rx *rx, void *work, struct error *err)
{
    auto_arena struct arena *arena = arena_create();
    struct call_filter *filter = work;
    struct call_rows rows = {0};
    if (store_list_calls(rx, filter, arena, &rows, err) < 0)
        return -1;
    filter->limit = rows.count; /* the answer, in the question's place */
    filter->before_number = rows.next_before;
    return 0;
}

static void is_alone_if_it_wants_to_be(void **state)
{
    struct fixture *f = *state;
    struct store_sqlite_settings alone = {.path = f->path, .alone = true};
    struct error err = {0};
    struct store *second = NULL;
    assert_int_equal(store_sqlite_open(&alone, &f->store, &err), 0);
    assert_int_equal(store_sqlite_open(&alone, &second, &err), -1);
    assert_int_equal(err.kind, ERROR_CONFLICT);
    error_clear(&err);

    /* Others come and go beside it. */
    struct store_sqlite_settings beside = {.path = f->path};
    assert_int_equal(store_sqlite_open(&beside, &second, &err), 0);
    assert_int_equal(put_call(second, 1, &err), 0);
    store_close(second);
    assert_int_equal(put_call(f->store, 2, &err), 0);

    close_store(f);
    assert_int_equal(store_sqlite_open(&alone, &f->store, &err), 0);
}

static void pages_through_calls_that_do_not_match(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    open_and_put(f, 1);
    close_store(f);
    temp_sql(
        f->path,
        "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 120000) "
        "INSERT INTO calls (number, id_random, account_sid, root_sid, direction, placement, "
        "status, "
        "sequence, answered_at, ended_at, duration_s, sip_code, outcome, from_address, to_address, "
        "identity, owner, created_at, heard_at, due_at, hangup_wanted, refusal_code, refusal, "
        "price, price_unit, plan, metadata) SELECT i, i, account_sid, NULL, direction, placement, "
        "status, sequence, "
        "answered_at, ended_at, duration_s, sip_code, outcome, "
        "CASE i WHEN 3 THEN '+14155550100' END, to_address, CASE i % 2 WHEN 0 THEN 'alice' END, "
        "CASE i WHEN 4 THEN 'k1' END, created_at, heard_at, due_at, hangup_wanted, refusal_code, "
        "refusal, price, price_unit, plan, metadata FROM n, calls WHERE calls.number = 1;");
    open_and_put(f, 130000);
    const struct call_filter questions[] = {
        {.number = "+14155550100"    },
        {                    .owned_by_identity = "alice",      .owned_by_owner = "k1", .status = "ringing"},
        { .owned_by_identity = "alice", .owned_by_owner = "k1"},
    };
    const size_t expected[] = {1, 0, 60000};
    for (size_t i = 0; i < ARRAY_LEN(questions); i++) {
        size_t found = 0;
        int pages = 0;
        int64_t before = 0;
        do {
            struct call_filter filter = questions[i];
            filter.limit = 200;
            filter.before_number = before;
            assert_int_equal(store_run_read(f->store, list, &filter, &err), 0);
            assert_true(before == 0 || filter.before_number < before);
            before = filter.before_number;
            found += filter.limit;
            pages++;
        } while (before > 0);
        assert_int_equal(found, expected[i]);
        assert_true(pages > 1);
    }
}

/* ---- migrations ------------------------------------------------------------------------------ */

static const struct migration steps[] = {
    {1, "0001_first",  "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (1);"      },
    {2, "0002_second", "ALTER TABLE a ADD COLUMN y INTEGER; UPDATE a SET y = 2;"           },
    {3, "0003_broken", "CREATE TABLE b (x INTEGER) STRICT; INSERT INTO nowhere VALUES (1);"},
};

/* Bring the file to the first `count` steps. */
static int
migrate_with(struct fixture *f, const struct migration *migrations, size_t count, struct error *err)
{
    struct stat facts;
    struct store_session *session = NULL;
    if (access(f->path, F_OK) != 0)
        temp_write(f->path, "", 0);
    assert_int_equal(stat(f->path, &facts), 0);
    struct sqlite_context context = {
        .path = f->path, .device = facts.st_dev, .inode = facts.st_ino};
    assert_int_equal(session_open(&context, SESSION_WRITER, &session, err), 0);
    int result = schema_migrate(session, migrations, count, err);
    session_close(session);
    return result;
}

static int migrate(struct fixture *f, size_t count, struct error *err)
{
    return migrate_with(f, steps, count, err);
}

static void migrates_step_by_step_and_keeps_a_copy(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    auto_free char *copy = temp_path(f->folder, "test.db.bak-v1");
    assert_int_equal(migrate(f, 1, &err), 0);
    assert_int_equal(access(copy, F_OK), -1); /* there was nothing to lose */
    assert_int_equal(temp_sql(f->path, "PRAGMA user_version"), 1);
    assert_int_equal(migrate(f, 2, &err), 0);
    assert_int_equal(temp_sql(f->path, "PRAGMA user_version"), 2);
    assert_int_equal(temp_sql(f->path, "SELECT y FROM a"), 2);
    assert_int_equal(temp_sql(copy, "PRAGMA user_version"), 1);
    assert_int_equal(temp_sql(copy, "SELECT x FROM a"), 1);
    struct stat facts;
    assert_int_equal(stat(copy, &facts), 0);
    assert_int_equal(facts.st_mode & 0077, 0);
    assert_int_equal(migrate(f, 2, &err), 0); /* nothing left to do */
}

static void goes_from_nothing_to_the_newest_at_once(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    assert_int_equal(migrate(f, 2, &err), 0);
    assert_int_equal(temp_sql(f->path, "SELECT y FROM a"), 2);
}

static void leaves_a_whole_version_when_a_step_fails(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    assert_int_equal(migrate(f, 3, &err), -1);
    assert_int_equal(temp_sql(f->path, "PRAGMA user_version"), 2);
    assert_int_equal(temp_sql(f->path, "SELECT count(*) FROM sqlite_schema WHERE name = 'b'"), 0);
    assert_int_equal(temp_sql(f->path, "SELECT y FROM a"), 2);
    error_clear(&err);
    assert_int_equal(migrate(f, 1, &err), -1); /* an older program */
    assert_int_equal(err.kind, ERROR_INVALID);
    assert_non_null(strstr(err.message, "newer"));
}

/* From 0005 to 0006: recordings get ids, and are whose their calls are. */
static void gives_old_recordings_an_id_and_an_owner(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    assert_int_equal(migrate_with(f, store_sqlite_migrations, 5, &err), 0);
    temp_sql(f->path,
             "INSERT INTO calls (number, id_random, account_sid, direction, placement, status, "
             "sequence, answered_at, ended_at, duration_s, sip_code, outcome, identity, owner, "
             "created_at, heard_at, due_at, hangup_wanted, refusal_code, call_group) VALUES "
             "(7, 1, 'AC1', 'inbound', 'placed', 'completed', -1, 0, 0, -1, 0, '', 'alice', "
             "'key1', 1, 1, 0, 0, 0, 'sales')");
    temp_sql(f->path,
             "INSERT INTO recordings (sid, account_sid, call_number, status, url, channels, "
             "duration_s, started_at, error_code, created_at, updated_at) VALUES "
             "('RE1', 'AC1', 7, 'completed', 'u', 2, 12, 3, 4, 1000, 6), "
             "('RE2', 'AC1', NULL, 'absent', NULL, 1, -1, 0, 0, 1000, 6), "
             "('RE3', 'AC1', 7, 'in-progress', NULL, 1, -1, 0, 0, 0, 0)");
    assert_int_equal(migrate_with(f, store_sqlite_migrations, 6, &err), 0);
    static const struct {
        const char *sql;
        int64_t expected;
    } cases[] = {
        {"SELECT count(*) FROM recordings",                                                 3                 },
        {"SELECT number FROM recordings WHERE sid = 'RE1'",                                 1000LL << 20      },
        {"SELECT number FROM recordings WHERE sid = 'RE2'",                                 (1000LL << 20) + 1},
        {"SELECT number FROM recordings WHERE sid = 'RE3'",                                 1LL << 20         },
        {"SELECT count(DISTINCT id_random) FROM recordings",                                3                 },
        {"SELECT count(*) FROM recordings WHERE media = 'none' AND expires_at = 0",         3                 },
        {"SELECT count(*) FROM recordings WHERE identity = 'alice' AND owner = 'key1' "
         "AND call_group = 'sales' AND direction = 'inbound' AND call_number = 7", 2                 },
        {"SELECT count(*) FROM recordings WHERE sid = 'RE1' AND status = 'completed' "
         "AND url = 'u' AND channels = 2 AND duration_s = 12 AND started_at = 3 "
         "AND error_code = 4 AND created_at = 1000 AND updated_at = 6",            1                 },
        {"SELECT count(*) FROM pragma_foreign_key_check",                                   0                 },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (temp_sql(f->path, cases[i].sql) != cases[i].expected)
            fail_msg("%s", cases[i].sql);
}

static void numbers_its_own_migrations_without_a_gap(void **state)
{
    (void)state;
    assert_true(store_sqlite_migration_count > 0);
    for (size_t i = 0; i < store_sqlite_migration_count; i++)
        assert_int_equal(store_sqlite_migrations[i].version, i + 1);
    assert_int_equal(store_sqlite_schema_version(), store_sqlite_migration_count);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(makes_a_new_file_for_its_owner_alone),
        TEST(finds_again_what_was_stored),
        TEST(tells_the_version_of_a_file_without_touching_it),
        TEST(refuses_what_is_no_database),
        TEST(refuses_a_folder_and_an_empty_path),
        TEST(refuses_another_programs_database),
        TEST(refuses_a_newer_database_and_says_so),
        TEST(refuses_a_database_that_lost_a_table),
        TEST(refuses_a_database_that_was_cut_off),
        TEST(stays_whole_whatever_page_is_overwritten),
        TEST(refuses_a_file_it_may_not_write),
        TEST(notices_what_another_process_writes),
        TEST(leaves_no_log_behind_when_it_closes),
        TEST(stops_when_its_file_is_replaced_and_goes_on_when_it_is_back),
        TEST(answers_unavailable_while_somebody_else_holds_the_lock),
        TEST(is_alone_if_it_wants_to_be),
        TEST(pages_through_calls_that_do_not_match),
        TEST(migrates_step_by_step_and_keeps_a_copy),
        TEST(goes_from_nothing_to_the_newest_at_once),
        TEST(leaves_a_whole_version_when_a_step_fails),
        TEST(gives_old_recordings_an_id_and_an_owner),
        TEST(numbers_its_own_migrations_without_a_gap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
