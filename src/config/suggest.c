#include "suggest.h"

#include <string.h>

#include "core/macros.h"
#include "options.h"

enum { NAME_BYTES_MAX = 64 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/** The optimal string alignment distance, three rows of its matrix at a time. */
size_t edit_distance(const char *a, const char *b, size_t enough)
{
    const size_t a_len = strlen(a);
    const size_t b_len = strlen(b);
    size_t rows[3][NAME_BYTES_MAX + 1];
    if (a_len > NAME_BYTES_MAX || b_len > NAME_BYTES_MAX)
        return enough;
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i - 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], rows[(i - 2) % 3][j - 2] + 1);
        }
    }
    return least(rows[a_len % 3][b_len], enough);
}

struct search {
    const char *name;
    const char *best;
    size_t distance; /**< of the best so far, or the first that is too far */
};

static void consider(struct search *search, const char *candidate)
{
    const size_t distance = edit_distance(search->name, candidate, search->distance);
    if (distance >= search->distance)
        return;
    search->distance = distance;
    search->best = candidate;
}

static void consider_option(const struct option *option, void *context)
{
    consider(context, option->name);
    for (size_t i = 0; i < OPTION_SYNONYMS_MAX && option->synonyms[i] != NULL; i++)
        consider(context, option->synonyms[i]);
}

const char *suggest_name(const char *name, size_t distance_max)
{
    struct search search = {.name = name, .distance = distance_max + 1};
    option_each(consider_option, &search);
    return search.best;
}
