/* Every column of every table is known to tell of persons or not, and what names one is found and masked. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../../src/store/sqlite/engine.h"
#include "../../src/store/sqlite/personal.h"
#include "../../src/store/sqlite/schema.h"
#include "core/macros.h"
#include "store/privacy.h"
#include "store_sqlite/store_sqlite.h"
#include "support/cmocka_all.h"
#include "temp_store.h"

#define WHO "+15005550001"

struct fixture {
    char *folder;
    char *path;
    struct sqlite_context context;
    struct store_session *session;
    struct arena *arena;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct error err = {0};
    struct stat facts;
    f->folder = temp_folder();
    f->path = temp_path(f->folder, "test.db");
    f->arena = arena_create();
    temp_write(f->path, "", 0);
    if (stat(f->path, &facts) < 0)
        return -1;
    f->context =
        (struct sqlite_context){.path = f->path, .device = facts.st_dev, .inode = facts.st_ino};
    *state = f;
    return session_open(&f->context, SESSION_WRITER, &f->session, &err) < 0
               ? -1
               : schema_migrate(f->session, store_sqlite_migrations, store_sqlite_migration_count,
                                &err);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    session_close(f->session);
    arena_free(f->arena);
    temp_folder_remove(f->folder);
    free(f->path);
    free(f);
    return 0;
}

static void run(struct fixture *f, const char *sql)
{
    struct error err = {0};
    if (session_exec(f->session, sql, &err) < 0)
        fail_msg("%s: %s", sql, err.message);
}

/* ---- the lists ---- */

static const struct personal_table *table_of(const char *name)
{
    for (size_t i = 0; i < personal_table_count; i++)
        if (strcmp(personal_tables[i].name, name) == 0)
            return &personal_tables[i];
    return NULL;
}

static int count_in(const char *list, const char *column)
{
    int found = 0;
    while (list != NULL && *list != '\0') {
        size_t length = strcspn(list, " ");
        found += length == strlen(column) && strncmp(list, column, length) == 0;
        list += length + (list[length] == ' ' ? 1 : 0);
    }
    return found;
}

static int mentions(const struct personal_table *table, const char *column)
{
    return count_in(table->masked, column) + count_in(table->unset, column) +
           count_in(table->emptied, column) + count_in(table->dropped, column) +
           count_in(table->of_call, column) + count_in(table->settings, column) +
           count_in(table->derived, column) + count_in(table->nothing, column);
}

/* The tables that the full-text index keeps for itself follow transcript_lines (erase.c rewrites them). */
static const char columns_sql[] =
    "SELECT t.name, c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c "
    "WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name NOT LIKE "
    "'transcript_search%'";

static void knows_every_column(void **state)
{
    struct fixture *f = *state;
    sqlite3_stmt *statement = NULL;
    int columns = 0;
    int wrong = 0;
    assert_int_equal(sqlite3_prepare_v2(f->session->db, columns_sql, -1, &statement, NULL), 0);
    for (; sqlite3_step(statement) == SQLITE_ROW; columns++) {
        const char *name = (const char *)sqlite3_column_text(statement, 0);
        const char *column = (const char *)sqlite3_column_text(statement, 1);
        const struct personal_table *table = table_of(name);
        if (table != NULL && mentions(table, column) == 1)
            continue;
        print_error(
            "%s.%s: say in src/store/sqlite/personal.c, once, whether it tells of persons\n", name,
            column);
        wrong++;
    }
    sqlite3_finalize(statement);
    assert_int_equal(wrong, 0);
    assert_true(columns > 150);
}

static void knows_no_column_that_is_not_there(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < personal_table_count; i++) {
        const struct personal_table *table = &personal_tables[i];
        const char *const lists[] = {
            table->masked,   table->unset,   table->emptied, table->dropped, table->of_call,
            table->settings, table->derived, table->nothing, table->key,     table->call};
        for (size_t l = 0; l < ARRAY_LEN(lists); l++) {
            char *list = arena_strdup(f->arena, lists[l] != NULL ? lists[l] : "");
            char *rest = NULL;
            for (char *column = strtok_r(list, " ", &rest); column != NULL;
                 column = strtok_r(NULL, " ", &rest))
                run(f, arena_printf(f->arena, "SELECT \"%s\".\"%s\" FROM %s", table->name, column,
                                    table->name));
        }
    }
}

/* ---- what they do ---- */

/* How many texts of the whole database have this in them. */
static int occurrences(struct fixture *f, const char *what)
{
    sqlite3_stmt *statement = NULL;
    int found = 0;
    assert_int_equal(sqlite3_prepare_v2(f->session->db, columns_sql, -1, &statement, NULL), 0);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        sqlite3_stmt *count = NULL;
        const char *name = (const char *)sqlite3_column_text(statement, 0);
        const char *sql =
            arena_printf(f->arena, "SELECT count(*) FROM %s WHERE instr(\"%s\", ?) > 0", name,
                         (const char *)sqlite3_column_text(statement, 1));
        assert_int_equal(sqlite3_prepare_v2(f->session->db, sql, -1, &count, NULL), 0);
        sqlite3_bind_text(count, 1, what, -1, SQLITE_STATIC);
        assert_int_equal(sqlite3_step(count), SQLITE_ROW);
        found += sqlite3_column_int(count, 0);
        sqlite3_finalize(count);
    }
    sqlite3_finalize(statement);
    return found;
}

static const char somebody[] =
    "INSERT INTO calls (number, id_random, account_sid, direction, placement, status, sequence, "
    "answered_at, ended_at, duration_s, sip_code, outcome, from_address, to_address, identity, "
    "owner, created_at, heard_at, due_at, hangup_wanted, refusal_code, plan, metadata) VALUES "
    "(1, 1, 'AC', 'inbound', 'placed', 'completed', 0, 0, 0, 1, 0, '', '+15005550001', "
    " '+15005550006', NULL, NULL, 1, 1, 0, 0, 0, NULL, '{\"n\":\"+15005550001\"}'),"
    "(2, 1, 'AC', 'outbound-browser', 'placed', 'completed', 0, 0, 0, 1, 0, '', 'client:alice', "
    " '+15005550002', 'alice', 'user:alice', 1, 1, 0, 0, 0, NULL, '{\"n\":\"+15005550001\"}'),"
    "(3, 1, 'AC', 'inbound', 'placed', 'in-progress', 0, 0, 0, 1, 0, '', '+15005550001', "
    " '+15005550006', NULL, NULL, 1, 1, 5, 0, 0, NULL, NULL);"
    "INSERT INTO legs VALUES ('CA2', 2, 'AC', NULL, '+15005550006', 'client:bob', 'completed', 0, "
    "0, "
    " 0, 1, 0, 1);"
    "INSERT INTO timeline (call_number, account_sid, at, kind, answer, raw) VALUES "
    "(1, 'AC', 1, 'status', 'dial', 'From=%2B15005550001'), (2, 'AC', 1, 'status', NULL, "
    " 'To=%2B15005550002'), (NULL, 'AC', 1, 'fact', NULL, 'Body=call+%2B1+500+555+0001&x=1');"
    "INSERT INTO audit (sequence, account_sid, at, action, allowed, actor_kind, actor, identity, "
    "address, subject, number, detail, times) VALUES (1, 'AC', 1, 'call.place', 1, 'jwt', "
    "'user:alice', 'alice', '192.0.2.1', NULL, '+15005550002', 'to +15005550002', 1),"
    "(2, 'AC', 1, 'call.place', 1, 'key', 'k1', NULL, '192.0.2.2', 'alice', '+15005550001', NULL, "
    "1);"
    "INSERT INTO jobs (account_sid, kind, state, run_at, leased_until, attempts, last_error, "
    "created_at) VALUES ('AC', 'refresh_call', 'dead', 1, 0, 1, 'no +15005550001 there', 1);"
    "INSERT INTO idempotency (caller, key, account_sid, request_sha256, status, body, created_at) "
    "VALUES ('user:alice', 'a', 'AC', zeroblob(32), 201, '{}', 1),"
    "('k1', 'b', 'AC', zeroblob(32), 201, '{\"to\":\"+15005550001\"}', 1);"
    "INSERT INTO identity_groups VALUES ('alice', 'sales', 1), ('bob', 'sales', 1);"
    "INSERT INTO usage VALUES ('AC', 'identity', 'alice', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, "
    "0, 0);"
    "INSERT INTO api_keys VALUES ('k1', 'AC', 'of user:alice', 'all', zeroblob(32), 1, 0);";

static struct person_walk walk_all(struct fixture *f, const char *who, int64_t *found)
{
    struct person_walk walk = {.who = who, .limit = 1};
    struct error err = {0};
    for (*found = 0;; person_walk_on(&walk)) {
        assert_int_equal(sqlite_begin(f->session, &err), 0);
        assert_int_equal(sqlite_find_person(f->session, &walk, &err), 0);
        *found += walk.found;
        if (walk.found > 0 && !walk.is_settings && sqlite_mask_person(f->session, &walk, &err) < 0)
            fail_msg("%s: %s", walk.name, err.message);
        assert_int_equal(sqlite_commit(f->session, &err), 0);
        if (walk.name == NULL)
            return walk;
    }
}

static void masks_a_number_wherever_it_is(void **state)
{
    struct fixture *f = *state;
    int64_t found = 0;
    run(f, somebody);
    assert_true(occurrences(f, "15005550001") > 5);
    int others = occurrences(f, "15005550002");
    (void)walk_all(f, WHO, &found);
    assert_true(found > 5);
    assert_int_equal(occurrences(f, "15005550001"), 1); /* of the call that goes on */
    assert_int_equal(occurrences(f, "500+555"), 0);
    assert_int_equal(occurrences(f, "15005550002"), others);
    (void)walk_all(f, WHO, &found);
    assert_int_equal(found, 0);
}

static void masks_an_identity_wherever_it_is(void **state)
{
    struct fixture *f = *state;
    int64_t found = 0;
    run(f, somebody);
    int others = occurrences(f, "15005550001");
    (void)walk_all(f, "alice", &found);
    assert_true(found > 5);
    assert_int_equal(occurrences(f, "alice"),
                     1); /* the name of a key: an operator has written it */
    assert_int_equal(occurrences(f, "192.0.2.1"), 0);
    assert_int_equal(occurrences(f, "bob"), 2);
    assert_int_equal(occurrences(f, "15005550001"), others);
}

static void erases_a_call_and_what_comes_later(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct person_calls calls;
    struct call_erasure work = {.who = WHO, .call_number = 1, .now_ms = 9};
    struct timeline_row late = {
        .call_number = 1, .account_sid = "AC", .raw = "From=%2B15005550001"};
    enum call_erased erased;
    run(f, somebody);
    assert_int_equal(sqlite_list_calls_of_person(f->session, WHO, 0, 10, f->arena, &calls, &err),
                     0);
    assert_int_equal(calls.count, 2);
    assert_false(calls.items[0].going_on);
    assert_true(calls.items[1].going_on);
    assert_int_equal(sqlite_begin(f->session, &err), 0);
    if (sqlite_erase_call(f->session, &work, &err) < 0)
        fail_msg("%s", err.message);
    assert_int_equal(work.entries, 1);
    assert_int_equal(sqlite_append_timeline(f->session, &late, &err), 0);
    assert_int_equal(sqlite_commit(f->session, &err), 0);
    assert_int_equal(sqlite_get_call_erased(f->session, 1, &erased, &err), 0);
    assert_int_equal(erased, CALL_ERASED);
    assert_int_equal(sqlite_get_call_erased(f->session, 2, &erased, &err), 0);
    assert_int_equal(erased, CALL_NOT_ERASED);
    assert_int_equal(occurrences(f, "From=%2B15005550001"), 0);
    assert_int_equal(
        sqlite_list_calls_of_person(f->session, "alice", 0, 10, f->arena, &calls, &err), 0);
    assert_int_equal(calls.count, 1);
    assert_int_equal(calls.items[0].number, 2);
    assert_int_equal(sqlite_list_calls_of_person(f->session, "bob", 0, 10, f->arena, &calls, &err),
                     0);
    assert_int_equal(calls.count, 1); /* by the leg that rang */
}

/* ---- what is left in the file ---- */

static bool file_has(struct fixture *f, const char *word)
{
    struct error err = {0};
    struct stat facts;
    assert_int_equal(store_sqlite_empty_log(f->path, &err), 0);
    assert_int_equal(stat(f->path, &facts), 0);
    FILE *file = fopen(f->path, "rb");
    char *bytes = arena_alloc(f->arena, (size_t)facts.st_size);
    assert_int_equal(fread(bytes, 1, (size_t)facts.st_size, file), facts.st_size);
    (void)fclose(file);
    return memmem(bytes, (size_t)facts.st_size, word, strlen(word)) != NULL;
}

static void overwrite_all(struct fixture *f,
                          int (*step)(struct store_session *, bool *, struct error *))
{
    struct error err = {0};
    for (bool more = true; more;) {
        assert_int_equal(sqlite_begin(f->session, &err), 0);
        if (step(f->session, &more, &err) < 0)
            fail_msg("%s", err.message);
        assert_int_equal(sqlite_commit(f->session, &err), 0);
    }
}

static void overwrites_pages_that_are_free(void **state)
{
    struct fixture *f = *state;
    run(f, "INSERT INTO timeline (account_sid, at, kind, raw) "
           "VALUES ('AC', 1, 'fact', replace(hex(zeroblob(400000)), '00', 'pomegranate '))");
    run(f, "DELETE FROM timeline");
    assert_true(file_has(f, "pomegranate")); /* else this test shows nothing */
    overwrite_all(f, sqlite_fill_free_pages);
    overwrite_all(f, sqlite_drop_filler);
    assert_false(file_has(f, "pomegranate"));
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(knows_every_column),
        EACH(knows_no_column_that_is_not_there),
        EACH(masks_a_number_wherever_it_is),
        EACH(masks_an_identity_wherever_it_is),
        EACH(erases_a_call_and_what_comes_later),
        EACH(overwrites_pages_that_are_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
