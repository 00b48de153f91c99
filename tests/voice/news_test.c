/* The names of events, and the words that stand for several. */
#include "voice/news.h"

#include <string.h>

#include "core/macros.h"
#include "support/cmocka_all.h"

static void knows_each_name(void **state)
{
    (void)state;
    for (int i = 0; i < NEWS_KIND_COUNT; i++) {
        const char *text = news_kind_text((enum news_kind)i);
        enum news_kind kind = NEWS_LEG_UPDATED;
        uint64_t kinds = 0;
        assert_true(news_kind_from_text(text, strlen(text), &kind));
        assert_int_equal(kind, i);
        assert_true(news_kinds_add(text, strlen(text), &kinds));
        assert_int_equal(kinds, news_kind_bit(kind));
    }
}

static void words_stand_for_several(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        bool known;
        enum news_kind in;
        enum news_kind out;
    } words[] = {
        {"call.*",      true,  NEWS_CALL_ENDED,  NEWS_LEG_ENDED   },
        {"leg.*",       true,  NEWS_LEG_UPDATED, NEWS_CALL_ENDED  },
        {"call.ended",  true,  NEWS_CALL_ENDED,  NEWS_CALL_CREATED},
        {"call.",       false, 0,                0                },
        {"call*",       false, 0,                0                },
        {".*",          false, 0,                0                },
        {"**",          false, 0,                0                },
        {"x.*",         false, 0,                0                },
        {"call.end*",   false, 0,                0                },
        {"call.ended ", false, 0,                0                },
        {"",            false, 0,                0                },
    };
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        uint64_t kinds = 0;
        if (news_kinds_add(words[i].word, strlen(words[i].word), &kinds) != words[i].known)
            fail_msg("\"%s\"", words[i].word);
        if (words[i].known) {
            assert_true((kinds & news_kind_bit(words[i].in)) != 0);
            assert_true((kinds & news_kind_bit(words[i].out)) == 0);
        } else {
            assert_int_equal(kinds, 0);
        }
    }
}

static void a_star_is_everything(void **state)
{
    (void)state;
    uint64_t kinds = 0;
    assert_true(news_kinds_add("*", 1, &kinds));
    for (int i = 0; i < NEWS_KIND_COUNT; i++)
        assert_true((kinds & news_kind_bit((enum news_kind)i)) != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_each_name),
        cmocka_unit_test(words_stand_for_several),
        cmocka_unit_test(a_star_is_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
