/* API keys in memory, while the store changes and several threads notice it. */
#include "app/keys.h"

#include <pthread.h>
#include <stdatomic.h>

#include "support/house.h"

enum { ROUNDS = 100 };

struct refresher {
    struct keys *keys;
    _Atomic int *failures;
};

static void *refresh_again_and_again(void *context)
{
    const struct refresher *refresher = context;
    for (int i = 0; i < ROUNDS; i++) {
        struct error err = {0};
        if (keys_refresh(refresher->keys, &err) < 0)
            atomic_fetch_add(refresher->failures, 1);
    }
    return NULL;
}

/* The ticker and SIGHUP ask at the same time; ThreadSanitizer sees it if they get in each other's way. */
static void what_was_read_earlier_never_replaces_what_was_read_later(void **state)
{
    struct house *house = *state;
    struct keys *keys = keys_create(house->app->store);
    _Atomic int failures = 0;
    struct refresher refresher = {keys, &failures};
    pthread_t others[2];
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        assert_int_equal(pthread_create(&others[i], NULL, refresh_again_and_again, &refresher), 0);
    const char *key = NULL;
    for (int i = 0; i < 5; i++)
        key = house_new_key(house, "late", "all");
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        pthread_join(others[i], NULL);
    assert_int_equal(failures, 0);

    const struct caller *caller = NULL;
    struct error err = {0};
    assert_int_equal(keys_refresh(keys, &err), 0);
    assert_int_equal(keys_find(keys, key, house->arena, &caller, &err), 0);
    assert_string_equal(caller->name, "late");
    keys_free(keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_read_earlier_never_replaces_what_was_read_later,
                                        house_set_up, house_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
