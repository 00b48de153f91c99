/* GET /search, whose row stands with those of transcripts. */
#ifndef API_SEARCH_H
#define API_SEARCH_H

#include "http/route.h"

handler_fn search_get;

extern const struct route_doc search_doc;

#endif
