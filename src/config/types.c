/* What the doors in config/types.h promise about lists. */
#include "config/types.h"

#include "core/text.h"

bool text_list_has(const struct text_list *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++)
        if (text_equal(list->items[i], text))
            return true;
    return false;
}

const char *pair_list_get(const struct pair_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (text_equal(list->items[i].name, name))
            return list->items[i].value;
    return NULL;
}
