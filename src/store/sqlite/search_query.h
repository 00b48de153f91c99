/* What somebody looks for, as the query language of the full-text index has it (SQLite, "FTS5: full-text query syntax"). */
#ifndef STORE_SQLITE_SEARCH_QUERY_H
#define STORE_SQLITE_SEARCH_QUERY_H

#include "core/buf.h"
#include "store/store.h"

enum { SEARCH_QUERY_MAX_BYTES = 64 * 1024 };

/**
 * Write the query: the words, and who may find them. Whatever was typed stands between quotation marks, so nothing of
 * it is an operator.
 */
void search_query_write(struct buf *out, const struct search_filter *filter);

#endif
