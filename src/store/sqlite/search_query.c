#include "search_query.h"

/* A string of the query language: quotation marks are doubled. */
static void write_string(struct buf *out, const char *text)
{
    (void)buf_puts(out, "\"");
    for (const char *c = text; *c != '\0'; c++) {
        (void)buf_append(out, c, 1);
        if (*c == '"')
            (void)buf_append(out, c, 1);
    }
    (void)buf_puts(out, "\"");
}

static void write_terms(struct buf *out, const struct search_terms *terms)
{
    (void)buf_puts(out, "{text} : (");
    for (size_t i = 0; i < terms->count; i++) {
        (void)buf_puts(out, i > 0 ? " AND " : "");
        write_string(out, terms->items[i].text);
        (void)buf_puts(out, terms->items[i].prefix ? " *" : "");
    }
    (void)buf_puts(out, ")");
}

/* A word of the column `scope`: a letter, and the value in hexadecimal; see the migration that made the table. */
static void write_scope_word(struct buf *out, char kind, const char *value)
{
    (void)buf_printf(out, "\"%c", kind);
    for (const unsigned char *c = (const unsigned char *)value; *c != '\0'; c++)
        (void)buf_printf(out, "%02X", (unsigned)*c);
    (void)buf_puts(out, "\"");
}

static void write_one_of(struct buf *out, const char *const values[3], const char kinds[3])
{
    bool first = true;
    for (size_t i = 0; i < 3; i++) {
        if (values[i] == NULL)
            continue;
        (void)buf_puts(out, first ? " AND {scope} : (" : " OR ");
        write_scope_word(out, kinds[i], values[i]);
        first = false;
    }
    if (!first)
        (void)buf_puts(out, ")");
}

void search_query_write(struct buf *out, const struct search_filter *filter)
{
    const char *const owned[] = {filter->owned_by_identity, filter->owned_by_owner,
                                 filter->owned_by_group};
    write_terms(out, filter->terms);
    write_one_of(out, owned, "iog");
    write_one_of(out, (const char *const[3]){filter->identity}, "i  ");
    write_one_of(out, (const char *const[3]){filter->direction}, "d  ");
}
