/*
 * Cookies as browsers send them. Source: RFC 6265 sections 4.2.1 and 5.4.
 *
 *     Cookie: theme=dark; session=abc.def.ghi
 */
#ifndef HTTP_COOKIE_H
#define HTTP_COOKIE_H

#include "http/request.h"

/**
 * The value of the cookie of that name, in all Cookie headers of the request.
 *
 * Only this one is read strictly: what other programs on the same origin put into theirs is passed over. Names are
 * compared byte by byte. Quotes around the value are left out.
 *
 * @param out  in the request's arena; NULL if there is no such cookie
 * @param err  MALFORMED if it is there twice (whose would it be?), or its value has characters that none may have
 */
int cookie_find(const struct request *request,
                const char *name,
                const char **out,
                struct error *err) MUST_USE;

#endif
