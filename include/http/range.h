/*
 * Parts of an answer (RFC 9110, 13.1.5 and 14): what `Range` and `If-Range` ask for. Pure functions, any thread.
 *
 * One range of bytes is answered as a part. Several at once are answered with the whole, which the RFC allows: nobody who
 * plays sound asks for them, and a server that serves many small ones at once works for whoever wants to tire it.
 */
#ifndef HTTP_RANGE_H
#define HTTP_RANGE_H

#include <stdint.h>

#include "http/request.h"
#include "http/response.h"

enum range_wish {
    RANGE_WHOLE,         /**< no Range, or one that is to be passed over: 200 */
    RANGE_PART,          /**< 206 */
    RANGE_UNSATISFIABLE, /**< 416: nothing of it is there */
};

/** Within a representation of known length. Of the whole: first 0. */
struct byte_range {
    int64_t first;
    int64_t bytes;
};

/**
 * What a Range field (NULL: none) wants of `length` bytes.
 * @param out  a part, or the whole with RANGE_WHOLE; untouched if unsatisfiable
 */
enum range_wish range_read(const char *field, int64_t length, struct byte_range *out);

/**
 * The same for a request: only GET has ranges, more than one Range field is none, and If-Range must name this very
 * representation.
 *
 * @param tag  its strong ETag, with quotes   @param modified  its Last-Modified, as it is sent
 */
enum range_wish request_range(const struct request *request,
                              const char *tag,
                              const char *modified,
                              int64_t length,
                              struct byte_range *out);

/** Content-Range of a part, or with NULL of a 416; in the request's arena. */
void response_content_range(const struct request *request,
                            struct response *response,
                            const struct byte_range *part,
                            int64_t length);

#endif
