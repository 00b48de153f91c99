#include "core/duration.h"

#include "core/macros.h"
#include "support/cmocka_all.h"

static void reads_a_number_and_its_unit(void **state)
{
    static const struct {
        const char *text;
        int64_t ms; /* -1: it is none */
    } cases[] = {
        {"1ms",                   1                     },
        {"45s",                   45000                 },
        {"30m",                   1800000               },
        {"12h",                   43200000              },
        {"90d",                   INT64_C(7776000000)   },
        {"2w",                    INT64_C(1209600000)   },
        {"1y",                    INT64_C(31536000000)  },
        {"100y",                  INT64_C(3153600000000)},
        {"101y",                  -1                    },
        {"0d",                    -1                    },
        {"",                      -1                    },
        {"d",                     -1                    },
        {"90",                    -1                    },
        {"90 d",                  -1                    },
        {"-1d",                   -1                    },
        {"1.5d",                  -1                    },
        {"90D",                   -1                    },
        {"90days",                -1                    },
        {"99999999999999999999d", -1                    },
        {"9223372036854775808ms", -1                    },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t ms = -1;
        bool read = duration_from_text(cases[i].text, &ms);
        if (read != (cases[i].ms >= 0) || ms != cases[i].ms)
            fail_msg("%s", cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_number_and_its_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
