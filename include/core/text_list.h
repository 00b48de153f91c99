/* Short lists of texts and of pairs of texts, as settings hold them. Read-only once made; searched from the front. */
#ifndef CORE_TEXT_LIST_H
#define CORE_TEXT_LIST_H

#include <stdbool.h>
#include <stddef.h>

/** Texts in the order they were given. {0} is the empty list. */
struct text_list {
    const char *const *items;
    size_t count;
};

/** Is `text`, byte for byte, one of the list? */
bool text_list_has(const struct text_list *list, const char *text);

/** One `name=value`. */
struct text_pair {
    const char *name;
    const char *value;
};

/** Pairs in the order they were given; names are unique. */
struct pair_list {
    const struct text_pair *items;
    size_t count;
};

/** The value of a name, or NULL. */
const char *pair_list_get(const struct pair_list *list, const char *name);

#endif
