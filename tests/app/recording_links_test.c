/* Links to recordings: made, shown, changed. The signature is checked against one computed elsewhere. */
#include "app/recording_links.h"

#include <string.h>

#include "core/fields.h"
#include "core/macros.h"
#include "crypto/sealed_number.h"
#include "support/cmocka_all.h"

#define ID "rec_0t3ynbe8qg000a9x95d695a3qs"
#define OTHER "rec_0t3ynbe8qg000a9x95d695a3qt"

static const unsigned char secret[16] = "0123456789abcdef";

static struct shown_link read_link(const char *query, struct arena *arena)
{
    struct fields fields = {0};
    struct error err = {0};
    assert_int_equal(fields_decode(query, strlen(query), 10, arena, &fields, &err), 0);
    return (struct shown_link){ID, fields_get(&fields, "expires"), fields_get(&fields, "by"),
                               fields_get(&fields, "signature")};
}

static bool is_good(const struct recording_links *links, struct shown_link link, int64_t now_ms)
{
    struct error err = {0};
    int result = recording_links_check(links, &link, now_ms, &err);
    assert_true(result == 0 || err.kind == ERROR_UNAUTHENTICATED);
    return result == 0;
}

static void what_was_made_is_good_until_its_time_and_names_its_maker(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct recording_links *links = recording_links_create(secret, sizeof secret);
    struct shown_link link = read_link(recording_links_make(links, ID, 1000, 77, arena), arena);
    int64_t sequence = 0;
    assert_true(is_good(links, link, 999999));
    assert_false(is_good(links, link, 1000000));
    assert_true(recording_links_maker(links, link.by, &sequence));
    assert_int_equal(sequence, 77);
    assert_false(recording_links_maker(links, "nonsense", &sequence));
    recording_links_free(links);
}

/* HMAC-SHA256 (key: the same over the purpose, keyed with the secret), computed with Python's hmac. */
static void the_signature_is_what_the_door_says(void **state)
{
    (void)state;
    struct recording_links *links = recording_links_create(secret, sizeof secret);
    const struct shown_link link = {ID, "1769860922", "AAAAAAAAAAAAAAAAAAAAAA",
                                    "6OdEIdU2zf0d-qwHL0UgxOxJV7O5-gCM52YEiICBp4U"};
    assert_true(is_good(links, link, 0));
    recording_links_free(links);
}

static void nothing_of_it_may_be_changed(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    static const unsigned char elsewhere[16] = "0123456789abcdeX";
    struct recording_links *links = recording_links_create(secret, sizeof secret);
    struct recording_links *others = recording_links_create(elsewhere, sizeof elsewhere);
    const struct shown_link good =
        read_link(recording_links_make(links, ID, 1000, 77, arena), arena);
    struct shown_link wrong[] = {good, good, good, good, good, good, good, good};
    wrong[0].recording_id = OTHER;
    wrong[1].expires = "1001";
    wrong[2].expires = NULL;
    wrong[3].by = "AAAAAAAAAAAAAAAAAAAAAA";
    wrong[4].by = NULL;
    wrong[5].signature = NULL;
    wrong[6].signature = arena_printf(arena, "%.42s", good.signature);
    wrong[7].recording_id = ID "\n1000\n";
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        if (is_good(links, wrong[i], 0))
            fail_msg("link %zu", i);
    for (size_t i = 0; i < strlen(good.signature); i++) {
        char *changed = arena_strdup(arena, good.signature);
        struct shown_link link = good;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        link.signature = changed;
        assert_false(is_good(links, link, 0));
    }
    assert_false(is_good(others, good, 0));
    assert_true(is_good(links, good, 0));
    recording_links_free(links);
    recording_links_free(others);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_made_is_good_until_its_time_and_names_its_maker),
        cmocka_unit_test(the_signature_is_what_the_door_says),
        cmocka_unit_test(nothing_of_it_may_be_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
