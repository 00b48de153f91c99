/* Whose call is it? */
#include "voice/access.h"

#include "core/macros.h"
#include "support/cmocka_all.h"

static const struct belonging of_key = {.owner = "0123456789abcdef"};
static const struct belonging of_alice = {
    .owner = "user:alice", .identity = "alice", .group = "sales"};
static const struct belonging of_nobody = {.owner = NULL};
static const struct belonging of_empty = {.owner = "", .identity = "", .group = ""};

static const struct {
    const char *what;
    struct viewer viewer;
    bool key;
    bool alice;
    bool nobody;
} cases[] = {
    {"the key itself",          {.owner = "0123456789abcdef"},                true,  false, false},
    {"another key",             {.owner = "fedcba9876543210"},                false, false, false},
    {"alice",                   {.owner = "user:alice", .identity = "alice"}, false, true,  false},
    {"a key that rings alice",
     {.owner = "fedcba9876543210", .identity = "alice"},
     false,                                                                          true,
     false                                                                                       },
    {"a user named like a key", {.owner = "user:0123456789abcdef"},           false, false, false},
    {"bob",                     {.owner = "user:bob", .identity = "bob"},     false, false, false},
    {"bob of her group",        {.owner = "user:bob", .group = "sales"},      false, true,  false},
    {"bob of another group",    {.owner = "user:bob", .group = "sale"},       false, false, false},
    {"a group named like her",  {.owner = "user:bob", .group = "alice"},      false, false, false},
    {"nobody in particular",    {.owner = NULL},                              false, false, false},
    {"the empty one",           {.owner = "", .identity = "", .group = ""},   false, false, false},
    {"who sees all",            {.sees_all = true},                           true,  true,  true },
};

static void only_what_they_have_in_common_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct viewer *viewer = &cases[i].viewer;
        if (access_may_see(viewer, &of_key) != cases[i].key ||
            access_may_see(viewer, &of_alice) != cases[i].alice ||
            access_may_see(viewer, &of_nobody) != cases[i].nobody ||
            access_may_see(viewer, &of_empty) != cases[i].nobody)
            fail_msg("%s", cases[i].what);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_they_have_in_common_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
