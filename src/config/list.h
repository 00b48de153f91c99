/* Lists in an option's text: items separated by commas, spaces or both. */
#ifndef CONFIG_SRC_LIST_H
#define CONFIG_SRC_LIST_H

#include "config/types.h"
#include "core/arena.h"
#include "core/buf.h"
#include "core/error.h"

enum { LIST_ITEMS_MAX = 256 };

/** A check of one item, which may replace it (`*item`) by a better spelling in `arena`. -1 with `err` set. */
typedef int list_item_fn(const char **item, struct arena *arena, struct error *err);

/**
 * Split `text` into items, pass each to `check`. Repeated items are taken once.
 * @param err  INVALID: an item is wrong (the message begins with its place in the list), or there
 * are too many
 */
int list_parse(const char *text,
               list_item_fn *check,
               struct arena *arena,
               struct text_list *out,
               struct error *err);

/** The same for `name=value` items; `check` may look at both. A repeated name is a mistake. */
typedef int list_pair_fn(struct text_pair *pair, struct arena *arena, struct error *err);
int list_parse_pairs(const char *text,
                     list_pair_fn *check,
                     struct arena *arena,
                     struct pair_list *out,
                     struct error *err);

/** Append the items with commas between. */
void list_print(const struct text_list *list, struct buf *out);
void list_print_pairs(const struct pair_list *list, struct buf *out);

#endif
