#include "core/duration.h"

#include <stddef.h>

#include "core/macros.h"
#include "core/text.h"

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

static const struct {
    const char *name;
    int64_t ms;
} units[] = {
    {"ms", 1             },
    {"s",  1000          },
    {"m",  60 * 1000     },
    {"h",  60 * 60 * 1000},
    {"d",  DAY_MS        },
    {"w",  7 * DAY_MS    },
    {"y",  365 * DAY_MS  },
};

bool duration_from_text(const char *text, int64_t *ms)
{
    static const int64_t most_ms = 100 * 365 * DAY_MS;
    int64_t number = 0;
    size_t digits = 0;
    for (; text[digits] >= '0' && text[digits] <= '9' && number <= most_ms; digits++)
        number = number * 10 + (text[digits] - '0');
    for (size_t i = 0; digits > 0 && i < ARRAY_LEN(units); i++) {
        if (!text_equal(text + digits, units[i].name) || number == 0 ||
            number > most_ms / units[i].ms)
            continue;
        *ms = number * units[i].ms;
        return true;
    }
    return false;
}
